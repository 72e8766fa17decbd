"""Measure one GGUF: ask it over HTTP, price the wanted answers on the file itself, grade, write down."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from idiolect import general, pack, registry, syntax
from idiolect.client import Client
from idiolect.evaluate import ask, figures, probes
from idiolect.evaluate.figures import Grade, Part
from idiolect.evaluate.probes import Chosen
from idiolect.files import digest_json, write_jsonl
from idiolect.measure import CONTEXT, Filled, Price, bits, edit_similarity, exact_match, filled
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Dropped, Hole, Model, Sample

VERSION = 4
_Graded = tuple[list[Grade], list[Grade]]
CHECKED = 100
"""Own holes that are priced and checked with both sides as well, token for token: that costs as much again as the plain price."""
_EVERY = 10.0
"""Seconds between lines that tell how far it is."""
_ANSWERS = "answers.jsonl"
"""Answers as they come, so that a start after an interruption does not ask again."""


def evaluate(recipe: Recipe, model: Model, url: str, lessons: Run) -> Run:
    """See `idiolect.evaluate.evaluate`."""
    asking = _asking(recipe, model, lessons)
    context = asking["values"]["context"]
    with registry.begin(recipe, "evaluate", **asking) as run, syntax.reading(languages=pack.brought(recipe.packs, recipe.folder)):
        if run.done:
            return run
        started = time.monotonic()
        renderer = Renderer.load(Path(model.folder))
        chosen = probes.choose(recipe, lessons, renderer)
        with Client(url, key=recipe.serve.key) as client:
            wanted = [one for one in (*chosen.own, *chosen.general) if probes.asked(one, renderer)]
            said = _ask(client, renderer, wanted, run, context)
        own, other = _graded(Path(model.folder) / model.file, renderer, chosen, said, context)
        dropped = [*chosen.dropped, *(Dropped(reason="longer_than_context", what=id) for id, text in said.items() if text is None)]
        write_jsonl(run.path("scores.jsonl"), (one.model_dump(mode="json") for one in (*own, *other)))
        write_jsonl(run.path("dropped.jsonl"), (one.model_dump(mode="json") for one in dropped))
        metrics = {
            "own": figures.figures(own).model_dump(mode="json"), "general": figures.figures(other).model_dump(mode="json"),
            "forced_exact_match": _share([one.forced_exact for one in own]), "dropped": probes.reasons(dropped),
            "test": {"split": chosen.split, "rows": sum(one.maker == probes.ROW for one in chosen.own)},
            "seconds": round(time.monotonic() - started, 1),
        }  # fmt: skip
        asked = digest_json(sorted(one.id for one in (*chosen.own, *chosen.general)))
        return run.finish(metrics, model=model.model_dump(mode="json", exclude={"folder"}), probes=asked)


def done(recipe: Recipe, model: Model, lessons: Run) -> Run | None:
    """See `idiolect.evaluate.done`."""
    return registry.finished(recipe, "evaluate", **_asking(recipe, model, lessons))


def _asking(recipe: Recipe, model: Model, lessons: Run) -> dict[str, Any]:
    """All that the figures of a model hang on: the version, values and inputs of its run."""
    context = min(CONTEXT, recipe.serve.context or model.context or CONTEXT)
    inputs = {
        "model": model.digest, "lessons": lessons.key, "general": general.digest(recipe), "seen": probes.seen_digest(),
    }  # fmt: skip
    return {"version": VERSION, "values": {"probes": recipe.evaluate.probes, "context": context}, "inputs": inputs}


def _graded(
    file: Path, renderer: Renderer, chosen: Chosen, said: Mapping[str, str | None], context: int
) -> tuple[list[Grade], list[Grade]]:
    """Every answer graded and every wanted one priced, own and general; a probe that the context cannot hold has no grade."""
    _say(f"{len(said):,} probes asked; pricing the wanted answers on {file.name}")
    prices = bits(file, renderer, [*chosen.own, *chosen.general], context=context)
    holes = [one for one in chosen.own if isinstance(one.prompt, Hole)]
    fills = filled(file, renderer, holes[:CHECKED], context=context)

    def graded(part: Part, some: Sequence[Sample]) -> list[Grade]:
        held = [probe for probe in some if said.get(probe.id, "") is not None]
        return [grade(probe, part, said.get(probe.id), prices[probe.id], fills.get(probe.id)) for probe in held]

    return graded("own", chosen.own), graded("general", chosen.general)


def grade(probe: Sample, part: Part, answer: str | None, price: Price, fill: Filled | None = None) -> Grade:
    """Grade one answer; `None`: the model was not asked, and only its price counts."""
    wanted = probe.answer or ""
    before, after = _around(probe)
    return Grade(
        id=probe.id, part=part, file=probes.file_of(probe), language=probes.language_of(probe), wanted=wanted, answer=answer,
        before=_last_lines(before), after=_first_lines(after),
        exact_match=None if answer is None else exact_match(answer, wanted),
        edit_similarity=None if answer is None else edit_similarity(answer, wanted),
        parses=None if answer is None else _parses(probe, answer),
        bits=price.bits, bytes=price.bytes, fill_bits=fill.bits if fill else None, forced_exact=fill.exact if fill else None,
    )  # fmt: skip


def read_grades(run: Run) -> list[Grade]:
    """The graded answers of a finished run."""
    with run.path("scores.jsonl").open(encoding="utf-8") as lines:
        return [Grade.model_validate_json(line) for line in lines]


def _around(probe: Sample) -> tuple[str, str]:
    """What stands before and after an answer: the file around a hole, or the last turn."""
    if isinstance(probe.prompt, Hole):
        return probe.prompt.prefix + probe.prompt.typed, probe.prompt.suffix
    return (probe.prompt[-1].content + "\n" if probe.prompt else ""), ""


def _parses(probe: Sample, answer: str) -> float | None:
    """Whether the file parses with the answer in it; unknown where it does not even parse with the wanted one, and of a conversation."""
    if not isinstance(probe.prompt, Hole):
        return None
    (before, after), language = _around(probe), probes.language_of(probe)
    if not syntax.parses(language, f"{before}{probe.answer}{after}".encode()):
        return None
    return float(bool(answer.strip()) and bool(syntax.parses(language, f"{before}{answer}{after}".encode())))


def _ask(client: Client, renderer: Renderer, asked: Sequence[Sample], run: Run, context: int) -> dict[str, str | None]:
    """The answer to every probe; those of an earlier start are taken as they are."""
    said = _earlier(run.path(_ANSWERS))
    with run.path(_ANSWERS).open("a", encoding="utf-8") as out:
        told = time.monotonic()
        for probe, text in ask.answers(client, renderer, ask.unasked(asked, said), context=context):
            said[probe.id] = text
            if time.monotonic() - told >= _EVERY:
                _say(f"{len(said):,} of {len(asked):,} probes asked")
                told = time.monotonic()
            out.write(json.dumps({"id": probe.id, "text": text}, ensure_ascii=True) + "\n")
            out.flush()
    return said


def _say(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"evaluate: {text}\n")
    sys.stderr.flush()


def _earlier(path: Path) -> dict[str, str | None]:
    """The whole lines of an answers file; a line that was cut off by an interruption is removed."""
    if not path.is_file():
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        path.write_bytes(whole)
    rows: list[Mapping[str, Any]] = [json.loads(line) for line in whole.splitlines()]
    return {row["id"]: row["text"] for row in rows}


def _share(values: Sequence[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _last_lines(text: str, lines: int = 4, most: int = 320) -> str:
    return "\n".join(text.split("\n")[-lines:])[-most:]


def _first_lines(text: str, lines: int = 3, most: int = 160) -> str:
    return "\n".join(text.split("\n")[:lines])[:most]
