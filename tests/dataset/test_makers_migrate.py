from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import dataset, recipe
from idiolect import samples as lessons
from idiolect.dataset import migrations
from idiolect.dataset.makers.migrate import DIRECTIONS, MOST_OF_COMMIT, directions, migrate
from idiolect.types import Change, Document, Dropped, Edit, Message, Sample
from tests.dataset.history_of import repository

HEAD = "import shop\n\n\n"


def old(name: str) -> str:
    checks = "    self.assertEquals(found.size, 3)\n    self.assertEquals(found.name, 'x')\n"
    return f"def test_{name}(self):\n    found = shop.{name}()\n{checks}\n\n"


def new(name: str) -> str:
    return f"def test_{name}(self):\n    found = shop.{name}()\n    assert found.size == 3\n    assert found.name == 'x'\n\n\n"


def edit(names: str, path: str = "tests/test_shop.py") -> Edit:
    before, after = (HEAD + "".join(map(form, names)) for form in (old, new))
    return Edit(path, "python", before.encode(), after.encode())


def change(subject: str, *edits: Edit, commit: str = "a") -> Change:
    return Change("shop", "team", commit * 40, 1_700_000_000, "p1", subject, "", edits, parent="b" * 40)


def samples(*changes: Change) -> list[Sample]:
    return [one for one in migrate(changes) if isinstance(one, Sample)]


def reasons(*changes: Change) -> list[str]:
    return [one.reason for one in migrate(changes) if isinstance(one, Dropped)]


def test_a_function_that_was_rewritten_another_way_is_asked_for_by_its_old_form() -> None:
    (made,) = samples(change("Use plain asserts in tests", edit("a")))
    assert isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    assert old("a").strip() in made.prompt[0].content and "plain asserts" in made.prompt[0].content
    assert made.answer == f"```python\n{new('a').strip()}\n```"
    assert (made.kind, made.maker, made.confidence) == ("migrate", "migrate", 0.7)
    assert [span.commit[:1] for span in made.origins] == ["a", "b"]


def test_three_functions_that_go_the_same_way_need_no_words_and_are_surer_with_them() -> None:
    assert [one.confidence for one in samples(change("Reword it all at last", edit("abc")))] == [0.7] * 3
    assert [one.confidence for one in samples(change("Use plain asserts in tests", edit("abc")))] == [0.9] * 3
    assert reasons(change("Reword it all at last", edit("ab"))) == ["says nothing of another way"] * 2


def test_of_a_sweep_a_few_are_taken() -> None:
    found = change("Use plain asserts in tests", edit("abcdefgh"))
    assert len(samples(found)) == MOST_OF_COMMIT and reasons(found) == ["enough of this commit"] * (8 - MOST_OF_COMMIT)


def body(text: str) -> Edit:
    before = (
        "def go(self, rows):\n    for row in rows:\n        self.send(row.name, row.size)\n    self.done = True\n    return self.done\n"
    )
    return Edit("shop/a.py", "python", before.encode(), text.encode())


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (change("Fix the tests of it", edit("a")), "changes what it does"),
        (change("Use another thing here", body("def go(self, rows):\n    return self.send_all(rows)\n")), "nothing was written anew"),
        (change("Use another thing here", Edit("new.py", "python", b"", new("a").encode())), "nothing but blanks or a changelog"),
        (
            change(
                "Use another thing here",
                body(
                    "def go(self, rows):\n    for row in rows:\n        log.warn('row sent to them')\n"
                    "        self.send(row.size, row.name)\n"
                    "    self.done = bool(rows)\n"
                ),
            ),
            "says something new",
        ),
        (
            change(
                "Use one more send",
                body(body("").before.decode().replace("self.done = True", "self.done = True\n" + "    self.end(rows)\n" * 5)),
            ),
            "only adds",
        ),
        (
            change("Use them all", body("def go(self, rows):\n    for row in rows:\n        a.b(c.d, e.f(g, h))\n    self.done = True\n")),
            "holds what cannot be known",
        ),
        (change("Merge branch 'x'", edit("a")), "merge"),
    ],
)
def test_every_other_rewriting_has_its_reason(one: Change, why: str) -> None:
    assert reasons(one) == [why] and not samples(one)


def document(text: str, path: str = "tests/test_shop.py") -> Document:
    return Document("shop", "team", "c" * 40, path, "python", text.encode(), 9, authors=("p9",))


def judged(items: list[Sample | Dropped], *documents: Document, renames: tuple[tuple[str, str], ...] = ()) -> list[Sample | Dropped]:
    return [one for _, one in migrations.judged((("migrate", item) for item in items), documents, renames)]


def test_the_answer_is_what_stands_there_today() -> None:
    today = HEAD + new("a").replace("'x'", '"x"')
    (then,) = samples(change("Use plain asserts in tests", edit("a")))
    then = then.model_copy(update={"labels": {**then.labels, "difficulty": ("basic",)}})
    then.__dict__["id"] = "known"  # as it comes from a worker
    (made,) = judged([then], document(today))
    assert isinstance(made, Sample) and '"x"' in (made.answer or "")
    assert made.id == Sample.model_validate(made.model_dump()).id != then.id
    assert "difficulty" not in made.labels
    assert [(span.commit[:1], span.authors) for span in made.origins] == [("c", ("p9",)), ("b", ("p1",))]
    assert today.encode()[made.origins[0].start : made.origins[0].end].decode() in (made.answer or "")


def test_what_has_been_rewritten_again_is_not_current_and_a_file_is_followed() -> None:
    found = list(migrate([change("Use plain asserts in tests", edit("a"))]))
    (gone,) = judged(found, document(HEAD + old("a")))
    assert isinstance(gone, Dropped) and gone.reason == "not current"
    assert isinstance(judged(found, document(HEAD + new("a"), "t/shop.py"))[0], Dropped)
    renames = (("t/a.py", "t/shop.py"), ("tests/test_shop.py", "t/a.py"))
    assert isinstance(judged(found, document(HEAD + new("a"), "t/shop.py"), renames=renames)[0], Sample)


def test_a_form_that_has_since_come_to_name_other_things_is_not_what_the_commit_asked_for() -> None:
    found = list(migrate([change("Use plain asserts in tests", edit("a"))]))
    name, _, rest = new("a").partition("(")
    assert isinstance(judged(found, document(HEAD + f"@slow\n{name}({rest}"))[0], Dropped)


def test_a_noun_is_no_way() -> None:
    assert reasons(change("Better replacement of checks in tests", edit("a"))) == ["says nothing of another way"]


def test_commits_that_go_the_same_way_make_each_other_surer() -> None:
    changes = [change("Use plain asserts in tests", edit(name, f"tests/{name}.py"), commit=name) for name in "acdef"[:DIRECTIONS]]
    documents = [document(HEAD + new(name), f"tests/{name}.py") for name in "acdef"]
    made = judged(list(migrate(changes)), *documents)
    assert [one.confidence for one in made if isinstance(one, Sample)] == [0.9] * DIRECTIONS
    assert directions(old("a"), new("a")) == {("assertEquals", "assert")}


def test_other_lessons_pass_as_they_are() -> None:
    other = Sample(answer="x", kind="raw", maker="raw")
    assert judged([other]) == [other]


def test_a_migration_counts_as_much_as_its_source_does(tmp_path: Path) -> None:
    files = [{"tests/test_shop.py": HEAD + "".join(map(form, "abc")), "shop.py": "PRICE = 3\n"} for form in (old, new)]
    repository(tmp_path / "shop", [("Begin", files[0]), ("Use plain asserts in tests", files[1])])
    shares = set()
    for weight in (1.0, 0.25):
        told = {"name": "shop", "source": [{"path": str(tmp_path / "shop"), "weight": weight}], "dataset": {"makers": ["raw", "migrate"]}}
        (folder := tmp_path / str(weight)).mkdir()
        run = dataset.build(recipe.parse(told, folder=folder), "here")
        found = [*lessons.read(run.folder, "train"), *lessons.read(run.folder, "validation")]
        counted = {one.kind: one.weight for one in found}
        shares.add(round(counted["migrate"] / counted["raw"], 6))
    assert len(shares) == 1
