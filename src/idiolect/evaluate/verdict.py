"""Base against tuned: the same probes, the paired differences, the gate, the report in its two forms."""

from __future__ import annotations

import json
from typing import Any

from idiolect import registry
from idiolect.errors import DataError
from idiolect.evaluate import figures, page
from idiolect.evaluate.figures import Grade
from idiolect.evaluate.gate import judge
from idiolect.evaluate.report import Cut, Own, Report, Side, Training
from idiolect.evaluate.stage import read_grades
from idiolect.files import read_jsonl, write_json, write_text
from idiolect.recipe import Recipe
from idiolect.registry import Run

VERSION = 3


def compare(recipe: Recipe, lessons: Run, base: Run, tuned: Run) -> Run:
    """See `idiolect.evaluate.compare`."""
    _refuse_unlike(base, tuned)
    values = {"max_general_drop": recipe.evaluate.max_general_drop, "train": recipe.train.model_dump(mode="json"), "effort": recipe.effort}
    inputs = {"base": base.key, "tuned": tuned.key, "lessons": lessons.key}
    with registry.begin(recipe, "evaluate", version=VERSION, values=values, inputs=inputs) as run:
        if run.done:
            return run
        pairs = figures.paired(read_grades(base), read_grades(tuned))
        ours, theirs = [before for before, _ in pairs], [after for _, after in pairs]
        training = _training(recipe, tuned)
        report = _report(recipe, lessons, (base, tuned), (ours, theirs), training)
        values = report.model_dump(mode="json")
        write_json(run.path("report.json"), values)
        write_text(run.path("report.html"), page.html(report, pairs, _curves(training), recipe.name))
        return run.finish(values)


def _report(recipe: Recipe, lessons: Run, runs: tuple[Run, Run], grades: tuple[list[Grade], list[Grade]], training: Run | None) -> Report:
    own = figures.compared(*grades, "own")
    general = figures.compared(*grades, "general")
    cuts = lessons.metrics.get("cuts", {})
    test = runs[0].metrics["test"]
    return Report(
        own=Own(**dict(own), languages=figures.languages(*grades)), general=general, gate=judge(recipe, own, general, what=said(test)),
        limit=recipe.evaluate.max_general_drop, base=_side(runs[0]), tuned=_side(runs[1]), dataset=lessons.name,
        training=_training_record(training), cuts={name: _cut(cut) for name, cut in cuts.items()},
        dropped=runs[0].metrics["dropped"], history=test["split"] == "time", what=said(test),
    )  # fmt: skip


def said(test: dict[str, Any]) -> str:
    """What the team's probes are, in words: only those after a cut are later code."""
    if test["split"] == "time":
        return "later code"
    return "held-out rows" if test["rows"] else "held-out files" if test["split"] == "cluster" else "a held-out source"


def _refuse_unlike(base: Run, tuned: Run) -> None:
    """Figures of two models can be compared only where they were asked the same."""
    for what in ("values", "inputs", "version", "probes"):
        ours, theirs = base.info.get(what), tuned.info.get(what)
        if what == "inputs":
            ours, theirs = ({key: value for key, value in (found or {}).items() if key != "model"} for found in (ours, theirs))
        if ours != theirs:
            message = f"{base.name} and {tuned.name} were not measured alike: other {what}"
            raise DataError(message, where=str(tuned.folder.parent), next="run `idiolect evaluate` again")


def _side(run: Run) -> Side:
    model = run.info["model"]
    return Side(
        run=run.name, model=model["name"], digest=model["digest"], type=model["type"], forced_exact_match=run.metrics["forced_exact_match"]
    )


def _cut(found: dict[str, Any]) -> Cut:
    return Cut(commit=str(found.get("commit", "")), time=int(found.get("time") or 0), note=str(found.get("note", "")))


def _training(recipe: Recipe, tuned: Run) -> Run | None:
    """The run that made the adapter in the tuned file."""
    digest = tuned.info["model"].get("adapter_digest")
    found = (run for run in registry.runs(recipe) if run.stage == "train" and run.done)
    return next((run for run in found if digest and digest in json.dumps(run.info)), None)


def _training_record(run: Run | None) -> Training | None:
    if run is None:
        return None
    tokens, steps, seconds = (run.metrics.get(key) for key in ("tokens", "steps", "seconds"))
    return Training(run=run.name, tokens=tokens, steps=steps, seconds=seconds)


def _curves(run: Run | None) -> page.Curves:
    """The loss over the steps that a training run left, of the lessons and of those kept for validation."""
    found: page.Curves = {}
    for title, name in (("training", "metrics.jsonl"), ("validation", "validation.jsonl")):
        if run and run.path(name).is_file():
            rows = [(row.get("step"), row.get("loss")) for row in read_jsonl(run.path(name))]
            found[title] = [(step, loss) for step, loss in rows if isinstance(step, int) and isinstance(loss, float)]
    return {title: line for title, line in found.items() if len(line) > 1}
