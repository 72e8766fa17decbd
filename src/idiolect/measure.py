"""Figures that can be believed: how close an answer is, how many bits a byte costs, and how sure a difference is.

Every figure here is a sum divided by a sum (bits over bytes, exact answers over answers), so that one bootstrap serves them all
and long probes count for what they are. Whole files are resampled, never single probes: probes of one file resemble one another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from idiolect import engine
from idiolect.errors import DataError
from idiolect.render import Renderer
from idiolect.types import Hole, Record, Sample

RESAMPLES = 2000
CONTEXT = 512
"""Most tokens that a probe is asked and priced on, its answer included; twice as many cost more than twice the time, minutes on a CPU."""


_WIDEST = 8
"""Characters that a token may stand for: more of a long file need not be encoded."""
_SLACK = 4
"""Tokens that cutting a text may add at its new ends."""


class Interval(Record):
    """A value and where it lies with 95 % confidence; `None` where the data cannot tell."""

    value: float | None
    low: float | None
    high: float | None


class Term(NamedTuple):
    """What one probe adds to a figure under one seed: the figure is the sum of `amount` over the sum of `weight`."""

    file: str
    """What is resampled as a whole."""
    amount: float
    weight: float = 1.0
    seed: int = 0


class Price(NamedTuple):
    """What an answer costs under a model."""

    bits: float
    """-log2 of its probability given what precedes it."""
    bytes: int


class Filled(NamedTuple):
    """What a hole's answer and its end cost under a model that is asked as an editor asks."""

    bits: float
    """-log2 of the probability of both."""
    bytes: int
    """Of the answer."""
    exact: bool
    """Every token is the model's first choice."""


# ---- one answer


def exact_match(answer: str, wanted: str) -> float:
    """1 where the answer is the wanted text up to white space at the very end, else 0; an empty answer is wrong.

    Leading white space counts: an editor inserts it.
    """
    return float(bool(answer.strip()) and answer.rstrip() == wanted.rstrip())


def edit_similarity(answer: str, wanted: str) -> float:
    """1 minus the Levenshtein distance over the longer length, white space at the very end aside; an empty answer scores 0."""
    if not answer.strip():
        return 0.0
    return Levenshtein.normalized_similarity(answer.rstrip(), wanted.rstrip())


# ---- one model file


def bits(model_file: Path, renderer: Renderer, probes: Sequence[Sample], *, context: int = CONTEXT) -> dict[str, Price]:
    """What each probe's answer costs under a GGUF file, given what precedes it in its file or its conversation; by id.

    A hole is raw text, without fill-in-the-middle tokens: the end of the prefix, then the answer, at most `context` tokens together. Of an
    answer that alone is longer, its first tokens are priced, over their own bytes. A conversation is rendered as it is served; at least
    half of the context is the answer's, and of a longer conversation its end is what precedes it.
    """
    texts = [_continuation(renderer, probe, context) for probe in probes]
    scored = engine.score(model_file, [engine.Scored([*before, *answer], len(before)) for before, answer, _ in texts])
    found = zip(probes, texts, scored, strict=True)
    return {probe.id: Price(_bits(result), size) for probe, (_, _, size), result in found}


def filled(model_file: Path, renderer: Renderer, probes: Sequence[Sample], *, context: int = CONTEXT) -> dict[str, Filled]:
    """What each hole's answer and its end cost as an editor asks for them, with both sides, and whether they are what comes first; by id.

    One forward pass and no generation: greedy text equals the reference iff every teacher-forced argmax does, under the same
    tokenisation. That only cross-checks `exact_match`, which is of text.
    """
    lessons = [renderer.lesson(_plain(renderer, probe, context)) for probe in probes]
    scored = engine.score(model_file, [engine.Scored(lesson.ids, lesson.start) for lesson in lessons])
    found = zip(probes, scored, strict=True)
    sizes = {probe.id: len((probe.answer or "").encode()) for probe in probes}
    return {probe.id: Filled(_bits(result), sizes[probe.id], bool(result.top.all())) for probe, result in found}


def _bits(result: engine.ScoredTokens) -> float:
    return -float(result.logprobs.sum(dtype=np.float64)) / math.log(2)


def window(renderer: Renderer, hole: Hole, room: int) -> Hole:
    """What an editor would send of a hole: the nearest whole lines that render to at most `room` tokens, three before for one after.

    Where that is all of its file, the files around it that there is room for, the nearest first.
    """
    bare = hole.model_copy(update={"prefix": "", "suffix": "", "files": ()})
    left = room - len(renderer.hole(bare)) - _SLACK
    before = renderer.tokenizer.encode(_tail(hole.prefix, _WIDEST * room), add_special_tokens=False)
    after = renderer.tokenizer.encode(hole.suffix[: _WIDEST * room], add_special_tokens=False)
    behind = min(len(after.ids), max(left // 4, left - len(before.ids)))
    ahead = min(len(before.ids), left - behind)
    prefix, suffix = _tail(hole.prefix, _WIDEST * room), hole.suffix[: _WIDEST * room]
    if ahead < len(before.ids):
        prefix = _tail(prefix, len(prefix) - before.offsets[-ahead][0]) if ahead > 0 else ""
    if behind < len(after.ids):
        suffix = _head(suffix, after.offsets[behind][0])
    cut = bare.model_copy(update={"prefix": prefix, "suffix": suffix})
    wider = (cut.model_copy(update={"files": hole.files[first:]}) for first in range(len(hole.files)))
    return next((one for one in wider if len(renderer.hole(one)) <= room), cut)


def _plain(renderer: Renderer, probe: Sample, context: int) -> Sample:
    """The probe as it is asked, with full weight on its whole answer."""
    if not isinstance(probe.prompt, Hole):
        raise DataError("only a hole can be checked token for token", where=probe.id)
    room = context - len(renderer.encode(probe.answer or "")) - 1
    return probe.model_copy(update={"prompt": window(renderer, probe.prompt, room), "weight": 1.0, "spans": ()})


def _continuation(renderer: Renderer, probe: Sample, context: int) -> tuple[list[int], list[int], int]:
    """Token ids before the answer, those of the answer, and how many bytes are priced."""
    prefix = probe.prompt.prefix + probe.prompt.typed if isinstance(probe.prompt, Hole) else ""
    wanted = probe.answer or ""
    first = renderer.text("")
    answer = renderer.encode(wanted)
    size = len(wanted.encode())
    chat = renderer.chat(probe.prompt) if isinstance(probe.prompt, tuple) else []
    room = context - (min(len(chat), context // 2) if chat else len(first) + 1)
    if len(answer) > room:
        answer = answer[:room]
        size = len(renderer.decode(answer).encode())
    if chat:
        return chat[-(context - len(answer)) :], answer, size
    before = renderer.encode(_tail(prefix, _WIDEST * context))[-(context - len(first) - len(answer)) :]
    # Where nothing precedes it, the first token follows the end of another text.
    return [*first, *before] or [renderer.special(renderer.family.end)], answer, size


def _tail(text: str, most: int) -> str:
    """The last `most` characters, from the start of a line where there is one."""
    if len(text) <= most:
        return text
    end = text[len(text) - most :]
    return end[end.find("\n") + 1 :]


def _head(text: str, most: int) -> str:
    """The first `most` characters, to the end of a line where there is one."""
    if len(text) <= most:
        return text
    return text[: text.rfind("\n", 0, most) + 1 or most]


# ---- intervals


def interval(terms: Iterable[Term], *, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The figure of `terms` with its 95 % bootstrap interval, files and seeds resampled crosswise.

    Paired: give the difference of two models as `amount`. Percentiles are widened for the number of files (Hesterberg, What teachers
    should know about the bootstrap, 2015, section 3.4), as plain ones are too narrow for few. Fewer than two files: no interval.
    """
    amounts, weights = _tables(terms)
    total = weights.sum()
    if not total:
        return Interval(value=None, low=None, high=None)
    value = float(amounts.sum() / total)
    seeds, files = amounts.shape
    if files < 2:
        return Interval(value=value, low=None, high=None)
    random = np.random.default_rng(seed)
    by_seed = random.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples)
    by_file = random.multinomial(files, np.full(files, 1 / files), size=resamples)
    over = np.einsum("rs,sf,rf->r", by_seed, amounts, by_file, optimize=True)
    under = np.einsum("rs,sf,rf->r", by_seed, weights, by_file, optimize=True)
    means = over[under > 0] / under[under > 0]
    tail = _tail_share(files)
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(value=value, low=float(low), high=float(high))


def wilson(successes: float, n: int) -> Interval:
    """A share of `n` independent trials with Wilson's 95 % interval (1927), which stays honest at 0 and at 1."""
    if not n:
        return Interval(value=None, low=None, high=None)
    z = NormalDist().inv_cdf(0.975)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = 0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half
    return Interval(value=share, low=low, high=high)


def _tables(terms: Iterable[Term]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of amount and of weight, seeds by files."""
    rows = sorted(terms)  # the same sums in whatever order the terms come
    seeds = {name: at for at, name in enumerate(sorted({row.seed for row in rows}))}
    files = {name: at for at, name in enumerate(sorted({row.file for row in rows}))}
    amounts, weights = np.zeros((len(seeds), len(files))), np.zeros((len(seeds), len(files)))
    for row in rows:
        amounts[seeds[row.seed], files[row.file]] += row.amount
        weights[seeds[row.seed], files[row.file]] += row.weight
    return amounts, weights


def _tail_share(n: int) -> float:
    """The share to cut from each end for 95 %, widened for `n` resampled units."""
    return NormalDist().cdf(-math.sqrt(n / (n - 1)) * _student(n - 1))


def _student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else by Cornish and Fisher's expansion (error < 0.01)."""
    if freedom == 1:
        return math.tan(math.pi * 0.475)
    if freedom == 2:
        return 0.95 / math.sqrt(2 * 0.975 * 0.025)
    z = NormalDist().inv_cdf(0.975)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(sum(term / freedom**power for power, term in enumerate(terms)))
