"""Rows and no repository at all, once round the loop: lessons, training on the seedling, export, HTTP, figures that say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import evaluate, loop, recipe, registry, samples
from tests.dataset.examples import hole, row, written

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> registry.Run:
    folder = tmp_path_factory.mktemp("rows")
    written(folder / "rows.jsonl", [*map(row, range(80)), *map(hole, range(200, 220))])
    values = {
        "name": "tally",
        "effort": "quick",
        "source": [{"path": "rows.jsonl"}],
        "train": {"tokens": 6_000, "seed": 1, "replay": 0.0},
        "evaluate": {"probes": 12},
    }
    return loop.run(recipe.parse(values, folder=folder))[0]


def test_held_out_answers_are_measured_and_cost_less_after_training(report: registry.Run) -> None:
    found = report.metrics
    assert 8 <= found["own"]["base"]["n"] <= 12
    assert 0 < found["own"]["tuned"]["bits_per_byte"] < found["own"]["base"]["bits_per_byte"] < 8
    assert found["own"]["difference"]["bits_per_byte"]["low"] is not None
    assert found["own"]["files"] == found["own"]["base"]["n"]
    assert found["own"]["tuned"]["edit_similarity"] is not None


def test_the_report_says_that_rows_are_not_later_code(report: registry.Run) -> None:
    assert not report.metrics["history"]
    assert report.metrics["what"] == "held-out rows"
    assert "held-out rows, not later code" in evaluate.table(report.metrics)
    page = report.path("report.html").read_text(encoding="utf-8")
    assert "they are not later code" in page
    assert "written after the" not in page
    assert "probes of held-out rows" in report.metrics["gate"]["reasons"][0]["why"]


def test_no_held_out_row_was_learned_from(report: registry.Run) -> None:
    runs = report.folder.parent
    taught = {one.answer for split in ("train", "validation") for one in samples.read(runs / "dataset-1", split)}  # type: ignore[arg-type]
    kept = list(samples.read(runs / "dataset-1", "cluster"))
    assert kept
    assert not taught & {one.answer for one in kept}
    assert not list(Path(runs / "dataset-1" / "time").glob("*"))
