from pathlib import Path

import pytest

from idiolect import dataset, recipe
from idiolect.dataset import finishing, lessons
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.labelling import Vocabulary
from idiolect.dataset.reading import Committed
from idiolect.dataset.splits import Side, Splits
from idiolect.errors import DataError
from idiolect.pack import Pack
from idiolect.recipe import DatasetRecipe
from idiolect.sources.commits import Planned
from idiolect.types import Change, Dropped, Sample
from tests.dataset.corpus import document, text

FILES = [document(f"part_{number}.py", text(number)) for number in range(80)]


def size(path: str) -> int:
    return next(len(one.data) for one in FILES if one.path == path)


def test_lessons_of_any_documents_keep_a_budget_of_distinct_bytes() -> None:
    made = dataset.lessons_from([*FILES, *FILES], {"python": 50_000})
    paths = {span.path for one in made for span in one.origins}
    assert 47_500 <= sum(size(path) for path in paths) <= 50_000
    assert {one.kind for one in made} == {"raw", "fim"}
    raw = dataset.lessons_from(FILES[::-1], {"python": 50_000}, makers=["raw"])
    assert [one.id for one in raw] == [one.id for one in made if one.kind == "raw"]


def test_too_little_code_for_the_budget_is_an_error_that_names_the_language() -> None:
    with pytest.raises(DataError, match="distinct bytes of ruby"):
        dataset.lessons_from(FILES, {"python": 40_000, "ruby": 50_000})
    assert len({span.path for one in dataset.lessons_from(FILES) for span in one.origins}) == len(FILES)


def test_equal_samples_are_merged_and_their_origins_unite() -> None:
    first = Sample(answer="x", kind="raw", maker="raw", origins=(FILES[0].span(),), labels={"language": ("python",)})
    second = first.model_copy(update={"origins": (FILES[1].span(),), "labels": {"area": ("a",)}, "weight": 2.0})
    given: dict[Side, list[Sample]] = {"train": [first, second], "validation": [second]}
    funnel = Funnel()
    known = finishing.merged(lambda side, _: iter(given[side]), DatasetRecipe(), Vocabulary([]), funnel)
    (kept,) = finishing.finished(lambda side, _: iter(given[side]), "train", known, [], funnel)
    assert [span.path for span in kept.origins] == ["part_0.py", "part_1.py"]
    assert (kept.weight, kept.labels) == (2.0, {"language": ("python",), "area": ("a",)})
    assert not list(finishing.finished(lambda side, _: iter(given[side]), "validation", known, [], funnel))
    assert (funnel.steps["merge"].kept, funnel.dropped()) == (1, {"merged": 2})


def test_a_lesson_that_stands_for_files_whose_labels_conflict_has_none_of_that_name() -> None:
    told = [{"value": "old", "conflicts": ["new"], "sign": [{"text": "a"}]}, {"value": "new", "sign": [{"text": "b"}]}]
    known = Vocabulary(recipe.parse({"name": "a", "label": told}, folder=Path()).labels)
    first = Sample(answer="x", kind="raw", maker="raw", origins=(FILES[0].span(),), labels={"generation": ("old",), "area": ("a",)})
    second = first.model_copy(update={"origins": (FILES[1].span(),), "labels": {"generation": ("new",), "area": ("b",)}})
    merged = finishing.merged(lambda side, _: iter([first, second] if side == "train" else []), DatasetRecipe(), known, Funnel())
    (kept,) = finishing.finished(lambda side, _: iter([first, second]), "train", merged, [], Funnel())
    assert kept.labels == {"area": ("a", "b")}


def test_two_packs_may_say_something_under_one_name() -> None:
    house = Pack("house", label=lambda _: {"area": ("shop",), "style": ("new",)})
    vendor = Pack("vendor", label=lambda _: {"area": ("web",)})
    sample = Sample(answer="x", kind="raw", maker="raw", origins=(FILES[0].span(),))
    (labelled,) = lessons._labelled([sample], FILES[:1], [house, vendor])
    assert labelled.labels == {"area": ("shop", "web"), "style": ("new",)}


def test_a_commit_goes_where_its_files_go_and_one_that_touches_both_sides_is_dropped() -> None:
    splits = Splits({("shop", "old.py"): ("shop", "b.py")}, frozenset({("shop", "b.py")}))

    def committed(*paths: str) -> Committed:
        change = Change("shop", "team", " ".join(paths), 0, "a-1", "subject", "", ())
        return Committed(Planned(change, ()), change, paths)

    given = [committed("a.py"), committed("b.py"), committed("old.py", "b.py"), committed("a.py", "b.py")]
    out = list(lessons.sided(given, splits))
    assert [one[0] for one in out if not isinstance(one, Dropped)] == ["train", "validation", "validation"]
    assert [(one.reason, one.what) for one in out if isinstance(one, Dropped)] == [("crosses-split", "a.py b.py")]
