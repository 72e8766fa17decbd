"""From repositories to lessons: the dataset stage.

`build` makes the dataset of a recipe, `lessons_from` the lessons of any documents. Both import their parts when they are
called, so that the command line stays quick.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.types import Document, Sample

if TYPE_CHECKING:
    from pathlib import Path

    from idiolect.dataset.examples_check import Looked
    from idiolect.dataset.forgetting import Holding
    from idiolect.recipe import Recipe
    from idiolect.registry import Run


def build(recipe: Recipe, engine: str = "processes") -> Run:
    """Make the dataset of a recipe: Samples in Parquet, `dropped.jsonl`, a card, and counts that add up; see `building.build`."""
    from idiolect.dataset import building

    return building.build(recipe, engine)


def forget(file: Path, words: Sequence[str]) -> list[Holding]:
    """Take authors, paths or sources out of a recipe for good, and say what still holds them; see `forgetting.forget`."""
    from idiolect.dataset import forgetting

    return forgetting.forget(file, words)


def check(paths: Iterable[Path], recipe: Recipe | None, packs: Sequence[str] = (), folder: Path | None = None) -> Looked:
    """What is to be said of files of rows, by the checks of these packs, else of the recipe's; see `examples_check.check`."""
    from pathlib import Path

    from idiolect.dataset import examples_check, labelling, scrubbing
    from idiolect.rows.reading import MAX_ROW
    from idiolect.scrub import Scrubber, rules

    known = scrubbing.known(recipe) if recipe else rules.together()
    most = recipe.dataset.max_file_bytes if recipe else MAX_ROW
    chosen = examples_check.packs_of(recipe, packs, folder or Path())
    table = labelling.Vocabulary(recipe.labels if recipe else (), chosen).table()
    return examples_check.check(paths, chosen, table, Scrubber(known), most)


def calibrate(recipe: Recipe, file: Path) -> dict[str, Any]:
    """Compare the labels that signs decide with those that a person gave by hand; see `calibration.calibrate`."""
    from idiolect.dataset import calibration

    return calibration.calibrate(recipe, file)


def lessons_from(
    documents: Iterable[Document], budget: Mapping[str, int] | None = None, makers: Collection[str] = ("raw", "fim")
) -> list[Sample]:
    """Lessons of any documents, with a budget of distinct bytes per language; see `lessons.lessons_from`."""
    from idiolect.dataset import lessons

    return lessons.lessons_from(documents, budget, makers)
