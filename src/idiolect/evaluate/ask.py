"""Ask a served model to fill holes and to answer: greedy text over HTTP, as an editor gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from idiolect.client import Client, Sampling, TooLongError
from idiolect.measure import CONTEXT, exact_match, window
from idiolect.render import Renderer
from idiolect.types import Hole, Message, Sample

AT_ONCE = 4
"""Questions in flight: as many as idiolect's own server answers at a time."""


class Question(NamedTuple):
    """What is sent for a probe."""

    prompt: Hole | tuple[Message, ...]
    """What an editor would send: the nearest lines around the hole; a conversation as it is."""
    budget: int
    """Most tokens of the answer: half as many again as the wanted one has, so that a wrong one may differ in length."""


def question(renderer: Renderer, probe: Sample, context: int) -> Question:
    """The hole cut to `context` tokens together with its answer's budget, or the conversation; raw text cannot be asked."""
    assert probe.prompt is not None
    wanted = len(renderer.encode(probe.answer or ""))
    budget = wanted + wanted // 2 + 8
    if not isinstance(probe.prompt, Hole):
        return Question(probe.prompt, budget)
    return Question(window(renderer, probe.prompt, context - budget), budget)


def answers(client: Client, renderer: Renderer, probes: Sequence[Sample], *, context: int = CONTEXT) -> Iterator[tuple[Sample, str | None]]:
    """Each probe with the greedy answer, in order, as they come; `None` where the server's context is too short for the question."""

    def ask(probe: Sample) -> str | None:
        prompt, budget = question(renderer, probe, context)
        sampling = Sampling(max_tokens=budget)
        try:
            return (client.infill(prompt, sampling) if isinstance(prompt, Hole) else client.chat(prompt, sampling)).text
        except TooLongError:
            return None

    yield from _in_order(ask, probes)


def fim_exact(url: str, renderer: Renderer, probes: Sequence[Sample], *, key: str = "", context: int = CONTEXT) -> dict[str, float]:
    """1 where the served model's greedy answer is exact, else 0, by id; a question that the server's context cannot hold is not."""
    with Client(url, key=key) as client:
        asked = list(answers(client, renderer, probes, context=context))
    return {probe.id: exact_match(text or "", probe.answer or "") for probe, text in asked}


def _in_order(ask: Callable[[Sample], str | None], probes: Iterable[Sample]) -> Iterator[tuple[Sample, str | None]]:
    """Ask a few at a time; the first error ends it, and nothing more is asked."""
    rest = iter(probes)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [(probe, pool.submit(ask, probe)) for probe in islice(rest, 2 * AT_ONCE)]
        try:
            while waiting:
                probe, future = waiting.pop(0)
                yield probe, future.result()
                waiting += [(probe, pool.submit(ask, probe)) for probe in islice(rest, 1)]
        finally:
            for _, future in waiting:
                future.cancel()


def unasked(probes: Sequence[Sample], known: Mapping[str, object]) -> list[Sample]:
    """The probes without an answer so far."""
    return [probe for probe in probes if probe.id not in known]
