"""Evaluate: base and tuned as the files that ship, on what the team wrote after the cut; a report and a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.types import Model, Sample

if TYPE_CHECKING:
    from idiolect.render import Renderer


def evaluate(recipe: Recipe, model: Model, url: str, lessons: Run) -> Run:
    """Measure one GGUF, served at `url`, on the time probes of `lessons` and on general code.

    Gives `scores.jsonl`, one graded answer a line. What was measured already is returned at once; what was interrupted keeps the answers
    that it has. An engine that dies is a ToolError, lessons without time probes are measured on general code alone.
    """
    from idiolect.evaluate import stage  # numpy, rapidfuzz and httpx are imported there

    return stage.evaluate(recipe, model, url, lessons)


def done(recipe: Recipe, model: Model, lessons: Run) -> Run | None:
    """The finished run that `evaluate` would return for this model, where there is one: then nothing needs to be served."""
    from idiolect.evaluate import stage

    return stage.done(recipe, model, lessons)


def compare(recipe: Recipe, lessons: Run, base: Run, tuned: Run) -> Run:
    """Base against tuned: `report.json` (also the run's metrics), `report.html`, and the gate's verdict in both.

    Runs that were measured on other probes, general code or settings are a DataError.
    """
    from idiolect.evaluate import verdict

    return verdict.compare(recipe, lessons, base, tuned)


def fim_exact(url: str, renderer: Renderer, probes: Sequence[Sample], *, key: str = "") -> dict[str, float]:
    """1 where the model served at `url` fills a probe's hole exactly, else 0, by id: the same question as `evaluate` asks."""
    from idiolect.evaluate import ask

    return ask.fim_exact(url, renderer, probes, key=key)


def table(report: Mapping[str, Any]) -> str:
    """A report as plain text: base against tuned, the drop, the verdict and what to change."""
    from idiolect.evaluate import report as made

    return made.table(made.Report.model_validate(report))


def reasons(report: Mapping[str, Any]) -> list[str]:
    """Why the gate of a report did not pass, each a sentence with the key to change and the value to try."""
    from idiolect.evaluate import gate

    return [reason.sentence for reason in gate.Gate.model_validate(report["gate"]).reasons]
