"""What a GGUF makes of held-out samples: the price of each answer in bits, of whatever kind it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idiolect import engine, measure
from idiolect.fitting import within
from idiolect.render import Renderer
from idiolect.types import Hole, Sample


@dataclass
class Answers:
    """What one GGUF makes of every probe and of held-out samples, by id."""

    prices: dict[str, measure.Price]
    exact: dict[str, float]
    own: dict[str, measure.Price] = field(default_factory=dict)
    fills: dict[str, measure.Price] = field(default_factory=dict)
    """Of the probes as an editor asks them, each with its end."""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Answers:
        """From its fields as JSON has them."""
        prices, own, fills = ({name: measure.Price(*price) for name, price in found[one].items()} for one in ("prices", "own", "fills"))
        return cls(prices, found["exact"], own, fills)


def taught(file: Path, renderer: Renderer, held_out: Sequence[Sample], longest: int) -> dict[str, measure.Price]:
    """What each answer costs after its own prompt, rendered as it is in training.

    Of raw text the beginning is priced, of a hole's file what stands nearest to it is shown, as much as of a probe, of a conversation as
    much as goes into `longest` tokens; those are left out whose answers alone are longer.
    """
    rendered = [(one.id, renderer.lesson(_short(renderer, one, longest))) for one in held_out]
    fitting = {name: lesson for name, lesson in rendered if len(lesson.ids) <= longest}
    starts = {name: max(1, lesson.start) for name, lesson in fitting.items()}  # nothing precedes the first token of all
    scored = engine.score(file, [engine.Scored(lesson.ids[:-1], starts[name]) for name, lesson in fitting.items()])
    return {
        name: measure.Price(-float(result.logprobs.sum()) / math.log(2), len(renderer.decode(fitting[name].ids[starts[name] :]).encode()))
        for name, result in zip(fitting, scored, strict=True)
    }


def filled(file: Path, renderer: Renderer, probes: Sequence[Sample]) -> dict[str, measure.Price]:
    """What each answer and its end cost as an editor asks for them, with both sides of the hole."""
    return {name: measure.Price(one.bits, one.bytes) for name, one in measure.filled(file, renderer, probes).items()}


def _short(renderer: Renderer, sample: Sample, longest: int) -> Sample:
    """The sample with full weight on its answer, and as short as it may be made."""
    plain = sample.model_copy(update={"weight": 1.0, "spans": ()})
    ids = renderer.encode(sample.answer or "")
    if isinstance(sample.prompt, Hole) and len(ids) < measure.CONTEXT // 2:
        return plain.model_copy(update={"prompt": measure.window(renderer, sample.prompt, measure.CONTEXT - len(ids) - 1)})
    if sample.prompt is None and len(ids) >= measure.CONTEXT:
        return plain.model_copy(update={"answer": renderer.decode(ids[: measure.CONTEXT - 2])})
    return within(plain, lambda one: len(renderer.lesson(one).ids), longest) if plain.prompt else plain
