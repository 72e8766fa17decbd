"""Migrations from one generation of a program to another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from idiolect import dataset, recipe, samples
from idiolect.dataset.labelling import Vocabulary
from idiolect.dataset.makers import grounds
from idiolect.dataset.makers.migrate import SEVERAL, superseded
from idiolect.errors import RecipeError
from idiolect.types import Dropped, Sample
from tests.dataset.corpus import text
from tests.dataset.history_of import repository
from tests.golden.generations import FOLDER, documents, lessons, made
from tests.golden.generations.shop import LABELLED, NEW, OLD, PAGE, TERMINAL, WINDOW


def named(label: int, **values: object) -> list[dict[str, object]]:
    """The labels of the shop, one of them changed."""
    return [{**one, **values} if number == label else one for number, one in enumerate(LABELLED)]


def test_three_generations_give_the_lessons_that_stand_beside_them() -> None:
    assert made() == (FOLDER / "superseded.txt").read_text(encoding="utf-8")


def test_answers_are_of_the_newest_generation_and_every_line_has_its_origin() -> None:
    files = {(one.source, one.path): one.data for one in documents()}
    found = [one for one in lessons(documents()) if isinstance(one, Sample)]
    assert len(found) == 4
    for one in found:
        new, old = one.origins
        assert (new.source, old.source, one.labels["generation"]) == ("new", "old", ("page",))
        assert files["new", new.path][new.start : new.end].decode() in (one.answer or "")
        assert isinstance(one.prompt, tuple) and files["old", old.path][old.start : old.end].decode() in one.prompt[0].content


def test_without_an_order_nobody_knows_what_is_old() -> None:
    assert lessons(documents(), [{**one, "supersedes": []} for one in LABELLED]) == []


def test_a_file_of_two_generations_is_of_none_and_one_that_is_itself_superseded_answers_nothing() -> None:
    terminal, window = documents()[:2]
    both = replace(terminal, path="both.py", data=(TERMINAL + WINDOW).encode())
    assert [one.reason for one in lessons([terminal, both]) if isinstance(one, Dropped)] == ["of several generations"]
    again = replace(
        window,
        source="new",
        role="team",
        data=TERMINAL.replace("terminal import at", "window import open_window").replace("at(", "open_window(").encode(),
    )
    assert lessons([terminal, again]) == []


def test_of_two_older_forms_neither_is_taken() -> None:
    again = [replace(one, path="again.py") for one in documents() if one.path == "orders.py"]
    found = lessons([*documents(), *again])
    told = [one.detail for one in found if isinstance(one, Dropped) and one.reason == SEVERAL]
    assert told == ["list_orders", "print_label", "print_label"]


def test_of_two_older_forms_the_one_at_the_same_path_is_taken() -> None:
    old, new = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    found = list(superseded([new, replace(old, path="again.py"), old]))
    assert [one.origins[1].path for one in found if isinstance(one, Sample)] == ["till.py"] * 3


def test_legacy_code_is_never_an_answer() -> None:
    old, new = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    assert [one.kind for one in superseded([new, old]) if isinstance(one, Sample)] == ["migrate"] * 3
    assert list(superseded([replace(new, role="legacy"), old])) == []
    (alone,) = superseded([new, replace(old, language="ruby")])
    assert isinstance(alone, Dropped) and alone.reason == "has no older form"


def test_what_did_not_change_is_no_migration() -> None:
    new = next(one for one in documents() if one.path == "till.py" and one.source == "new")
    found = list(superseded([new, replace(new, path="old.py", data=PAGE.replace("price", "cost").encode())]))
    assert {one.reason for one in found if isinstance(one, Dropped)} == {"is written as it was", "too short to tell"} and len(found) == 5


def test_what_a_new_form_takes_from_its_object_and_neither_form_shows_cannot_be_known() -> None:
    old, new = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    told = {one.detail: one for one in superseded([new, old]) if isinstance(one, Dropped)}
    assert grounds.REASON not in {one.reason for one in told.values()}
    other = replace(
        new, data=PAGE.replace("page = get_page(self)\n        page.on_pay", "page = self.pages.first\n        page.on_pay").encode()
    )
    assert [one.detail for one in superseded([other, old]) if isinstance(one, Dropped) and one.reason == grounds.REASON] == ["pay"]
    method = replace(
        new, data=PAGE.replace("page = get_page(self)\n        page.on_pay", "page = self.shown()\n        page.on_pay").encode()
    )
    assert [one.detail for one in superseded([method, old]) if isinstance(one, Dropped) and one.reason == grounds.REASON] == ["pay"]


@pytest.mark.parametrize("number", [0, 1])
def test_files_that_only_declare_are_neither_side(number: int) -> None:
    pair = [next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("new", "old")]
    pair[number] = replace(pair[number], path="till.pyi")
    assert [one.reason for one in superseded(pair) if isinstance(one, Dropped)] == [["only declares"], ["has no older form"]][number]


def test_a_parameter_that_the_old_form_does_not_know_cannot_be_known() -> None:
    old, new = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    known = PAGE.replace("def show_stock(shelf, limit):", "def show_stock(limit: int, shelf):  # type: ignore")
    other = PAGE.replace("def show_stock(shelf, limit)", "def show_stock(shelf, limit, page)").replace(
        "page = get_page(shelf)", "page.clear()"
    )
    for text_of, reasons in ((known, []), (other, ["takes what it did not take"])):
        found = superseded([replace(new, data=text_of.encode()), old])
        assert [one.reason for one in found if isinstance(one, Dropped) and one.detail == "show_stock"] == reasons


def test_what_three_new_forms_of_a_file_take_from_their_object_is_the_way() -> None:
    shown = "at(1, 1, order.{0}, order.customer)", "at(2, 1, self.total)", "at(3, 1, order.town)"
    method = "    def show_{0}(self, order):\n        " + "\n        ".join(shown) + "\n\n"
    old = "class Till:\n" + "".join(method.format(name) for name in ("title", "price", "count"))
    new = (
        old.replace("at(1, 1, ", "self.page.append_row(")
        .replace("at(2, 1, ", "self.page.set_text(")
        .replace("at(3, 1, ", "self.page.set_text(")
    )
    (was, is_now) = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    found = list(superseded([replace(is_now, data=new.encode()), replace(was, data=old.encode())]))
    assert [one.kind for one in found if isinstance(one, Sample)] == ["migrate"] * 3


def test_a_lesson_over_the_budget_is_dropped() -> None:
    old, new = (next(one for one in documents() if one.path == "till.py" and one.source == source) for source in ("old", "new"))
    assert "over budget" in {one.reason for one in superseded([new, old], budget=100) if isinstance(one, Dropped)}


@pytest.mark.parametrize(
    ("label", "values", "said"),
    [
        (0, {"supersedes": ["page"]}, "supersedes itself"),
        (1, {"supersedes": ["screen"]}, "no value of 'generation'"),
        (2, {"implies": ["window"]}, "every file of it would be of two generations"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(label: int, values: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        recipe.parse({"name": "shop", "label": named(label, **values)}, folder=Path())


def test_the_order_goes_all_the_way_back() -> None:
    known = Vocabulary(recipe.parse({"name": "shop", "label": LABELLED}, folder=Path()).labels)
    assert known.generations() == {"generation": {"page": {"window", "terminal"}}}


def test_a_build_finds_them_in_two_repositories_that_have_the_same_paths(tmp_path: Path) -> None:
    more = {f"part_{number}.py": text(number) for number in range(12)}
    repository(tmp_path / "old", [("Begin", {**OLD, "other.py": text(99)})])
    repository(tmp_path / "new", [("Begin", {**NEW, **more})])
    sources = [
        {"path": "old", "name": "old", "role": "legacy", "licence": "MIT"},
        {"path": "new", "name": "new", "licence": "MIT", "weight": 0.5},
    ]
    told = {"name": "shop", "source": sources, "label": LABELLED}
    run = dataset.build(recipe.parse(told, folder=tmp_path), "here")
    rows = [one for split in ("train", "validation") for one in samples.read(run.folder, split, kinds=["migrate"])]
    assert {(one.maker, one.labels["generation"], one.origins[0].source, one.origins[1].source) for one in rows} == {
        ("superseded", ("page",), "new", "old")
    }
    assert all("difficulty" in one.labels for one in rows)
    step = next(one for one in run.metrics["funnel"] if one["step"] == "make superseded")
    assert step["kept"] >= len(rows) and step["dropped"]["of several generations"] == 1
