from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from idiolect import dataset, recipe, samples
from idiolect.dataset.gathering import Past, of_neighbours, of_pairs
from idiolect.dataset.lessons import current
from idiolect.dataset.makers.pairs import Together, groups, pairs
from idiolect.dataset.makers.pointers import NO_LINKS, Links, links
from idiolect.dataset.reading import Committed
from idiolect.dataset.stored import Place, Stored
from idiolect.sources.commits import Planned, Side
from idiolect.sources.contents import Stated
from idiolect.types import Change, Dropped, Edit, Message, Sample, Span
from tests.dataset.corpus import document
from tests.dataset.history_of import grown, repository


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


def test_a_unit_that_was_added_and_thrown_away_is_no_lesson() -> None:
    half, gone = lesson("first line\nthird line\n"), lesson("third line\nfourth line\n")
    assert current("added", half, PAST, "a" * 40) is half and current("diff", gone, PAST, "a" * 40) is gone
    (reason,) = [one.reason for one in [current("added", gone, PAST, "a" * 40)] if isinstance(one, Dropped)]
    assert reason == "not current"


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


def test_a_file_that_nobody_can_say_anything_of_stands_among_its_folder_and_around_others() -> None:
    class Knowing:
        def pointed(self, documents: Sequence[Stored]) -> Iterator[Links]:
            return (NO_LINKS if one.path == "m/a.py" else links(one) for one in documents)

    files = [stored("m/a.py", "from . import c\n"), stored("m/b.py", "from . import a\n"), stored("m/c.py", "x = 1\n")]
    found = of_neighbours(("near",), files, Knowing())  # type: ignore[arg-type]
    assert [[one.path for one in group.documents] for group in found] == [
        ["m/a.py", "m/c.py", "m/b.py"], ["m/b.py", "m/a.py"], ["m/c.py", "m/a.py", "m/b.py"],
    ]  # fmt: skip
    assert {group.names for group in found} == {("near",)}
    assert of_neighbours((), files, Knowing()) == []  # type: ignore[arg-type]


def test_an_edit_of_which_nothing_stands_any_more_counts_less(tmp_path: Path) -> None:
    files = grown(files=8, functions=6)
    first = files[0][1]["src/part_0.py"] or ""
    doubted = first.replace("\n\n\ndef ", "\n    # a courier may be late\n    couriers.wait(late)\n    couriers.call(late)\n\n\ndef ", 1)
    kept = first.replace("\n\n\ndef ", "\n    # a parcel may be wet\n    parcels.dry(wet)\n    parcels.send(wet)\n\n\ndef ", 1)
    later = [("Wait for couriers that are late", doubted), ("Undo what was too slow there", first), ("Dry parcels that are wet", kept)]
    shop = repository(tmp_path / "shop", [*files, *((subject, {"src/part_0.py": text}) for subject, text in later)])
    told = {"name": "acme", "source": [{"path": str(shop)}], "dataset": {"makers": ["diff"]}}
    run = dataset.build(recipe.parse(told, folder=tmp_path), "here")
    weights = {
        turn.content: one.weight for one in samples.read(run.folder, "train") for turn in one.prompt or () if isinstance(turn, Message)
    }
    (gone,) = [weight for said, weight in weights.items() if "Wait for couriers that are late" in said]
    (stands,) = [weight for said, weight in weights.items() if "Dry parcels that are wet" in said]
    assert 0.28 < gone < 0.32 and stands > 0.95
