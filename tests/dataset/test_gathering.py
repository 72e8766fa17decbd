from __future__ import annotations

import pytest

from idiolect.dataset.gathering import Past, of_pairs
from idiolect.dataset.makers.pairs import Together, groups, pairs
from idiolect.dataset.reading import Committed
from idiolect.dataset.stored import Place, Stored
from idiolect.sources.commits import Planned, Side
from idiolect.sources.contents import Stated
from idiolect.types import Change, Edit, Message, Sample, Span
from tests.dataset.corpus import document


def stored(path: str, text: str) -> Stored:
    return Stored(document(path, text), Place(path, lambda: text.encode(), len(text), None))  # type: ignore[arg-type]


def lesson(answer: str, asked: str = "", path: str = "old.py", form: str = "blocks") -> Sample:
    span = Span(source="shop", commit="a" * 40, path=path, start=0, end=1, time=0)
    prompt = (Message(role="user", content=asked),)
    return Sample(prompt=prompt, answer=answer, kind="diff", maker="diff", labels={"form": (form,)}, origins=(span,))


PAST = Past([stored("new.py", "    first line\nsecond line\n")], [("mid.py", "new.py"), ("old.py", "mid.py")])


@pytest.mark.parametrize(
    ("made", "share"),
    [
        (lesson("old.py\n```python\n<<<<<<< SEARCH\nwas\n=======\nfirst line\nsecond line\n>>>>>>> REPLACE\n```", "was"), 1.0),
        (lesson("first line\nthird line\n"), 0.5),
        (lesson("third line\nfourth line\n"), 0.0),
        (lesson("third line\nfirst line\n", asked="third line\n"), 1.0),
        (lesson("```diff\n--- a/old.py\n+++ b/old.py\n@@ @@\n-was here\n+first line\n+third line\n```", "was here", form="hunks"), 0.5),
        (lesson("first line\n", path="gone.py"), 0.0),
        (lesson("end\n}\n"), 1.0),
    ],
)
def test_what_still_stands_of_an_answer_is_looked_up_where_its_file_is_today(made: Sample, share: float) -> None:
    assert PAST.standing(made, "a" * 40) == share


COMMITS = [["tests/test_sums.py", "shop/basket.py"]] * 3 + [["shop/basket.py"], ["tests/test_sums.py", "shop/clock.py"]]


def test_files_that_change_with_a_test_are_its_partners() -> None:
    together = Together([*COMMITS, ["tests/test_sums.py", *(f"shop/{number}.py" for number in range(10))]])
    assert together.share("tests/test_sums.py", "shop/basket.py") == 0.75
    assert together.share("tests/test_sums.py", "shop/clock.py") == 0.0, "one commit is no habit"
    assert together.partners("tests/test_sums.py") == ["shop/basket.py"]


CODE = """class Basket:
    def add_item(self, item):
        self.items += [item]

    def total_price(self):
        return sum(self.items)
"""
TEST = "def test_sums():\n    basket = make()\n    basket.add_item(3)\n    assert basket.total_price() == 3\n"


def test_history_pairs_what_names_do_not() -> None:
    files = [document("shop/basket.py", CODE), document("tests/test_sums.py", TEST), document("shop/clock.py", "def now(): ...\n")]
    assert [group.tested for group in groups(files, Together([]))] == [()]
    assert [group.tested for group in groups(files, Together(COMMITS))] == [("shop/basket.py",)]
    touched = [Change("shop", "team", "", 0, "", "", "", tuple(Edit(path, "", b"", b"") for path in paths)) for paths in COMMITS]
    found, _ = pairs([*files, *touched])
    assert [(pair.tested.path, pair.confidence) for pair in found] == [("shop/basket.py", 1.0)]
    assert pairs(files)[1][0][1] == "no file of that name"


def test_a_group_is_told_the_commits_that_touched_it_by_the_names_of_today() -> None:
    documents = [stored("shop/basket.py", CODE), stored("tests/test_sums.py", TEST)]
    stated = Stated("", False, None, "")

    def committed(paths: list[str], touched: int) -> Committed:
        change = Change("shop", "team", "", 0, "", "", "", ())
        return Committed(Planned(change, tuple(Side(str(number), "", "x", stated) for number in range(touched))), change, tuple(paths))

    commits = [committed(["tests/test_sums.py", "shop/old.py"], 2)] * 3 + [committed(["tests/test_sums.py", "shop/old.py"], 11)]
    (group,) = of_pairs(("spec",), documents, commits, Past(documents, [("shop/old.py", "shop/basket.py")]))
    assert [one.path for one in group.documents] == ["tests/test_sums.py", "shop/basket.py"]
    assert group.together == [["tests/test_sums.py", "shop/basket.py"]] * 3
    assert of_pairs((), documents, commits, Past(documents, [])) == []
