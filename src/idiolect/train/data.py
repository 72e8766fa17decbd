"""From Samples to packs of tokens: rendered once, drawn by share, packed so that no position is wasted."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from idiolect.errors import DataError
from idiolect.fitting import within
from idiolect.render import Lesson
from idiolect.train import control
from idiolect.train.plan import PhaseName
from idiolect.types import Dropped, Hole, Kind, Sample

GRAIN = 32
"""Texts take room in multiples of so many tokens. oneDNN compiles kernels for each length that it meets, a quarter of a MiB each, and
keeps them: with every length its own, a process grows by tens of MiB a step."""
_WINDOW = 64
"""Packs that are filled at once: enough for a good fit, few enough that an epoch stays an epoch."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A rendered lesson: what the model reads at once and attends to."""

    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    """Of each token for being predicted; 0: not learned."""
    sample: str
    """Id of the Sample."""
    kind: Kind
    weight: float = 1.0
    """How often it is drawn, against the others."""
    start: int = 0
    """Index of its answer's first token; 0 where it has no prompt, or the prompt stands in a piece before."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def room(self) -> int:
        """Tokens that it takes in a pack."""
        return -(-len(self.ids) // GRAIN) * GRAIN

    @property
    def supervised(self) -> int:
        """Tokens that the loss is taken on; the first is never predicted."""
        return int(np.count_nonzero(self.weights[1:]))


Pack = tuple[Text, ...]
"""Texts that go through the model in one pass, none seeing another."""


@dataclass(frozen=True)
class Step:
    """What one update of the weights learns from."""

    phase: PhaseName
    packs: tuple[Pack, ...]

    @property
    def tokens(self) -> int:
        """Of all its texts."""
        return sum(len(text) for pack in self.packs for text in pack)

    @property
    def supervised(self) -> int:
        """Tokens that its loss is taken on."""
        return sum(text.supervised for pack in self.packs for text in pack)


@dataclass
class Shelf:
    """The texts of one source of lessons, and why others are not there."""

    texts: list[Text] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    read: int = 0
    """Samples, kept or dropped."""
    learned: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Of those that are kept, by name and value of a label, and by kind: samples and tokens."""

    @property
    def tokens(self) -> int:
        """Of one pass."""
        return sum(map(len, self.texts))

    def counts(self) -> dict[str, Any]:
        """Samples read, kept and dropped by reason, and the texts they made."""
        reasons = dict(sorted(Counter(one.reason for one in self.dropped).items()))
        return {"read": self.read, "kept": self.read - len(self.dropped), "dropped": reasons, "texts": len(self.texts)}


def shelve(samples: Iterable[Sample], render: Callable[[Sample], Lesson], length: int, hole: int = 0) -> Shelf:
    """Render samples for texts of at most `length` tokens.

    Raw text that is longer is cut into pieces. A hole of more than `hole` tokens (default: `length`) keeps what stands nearest to it in
    its file, and of the files around it as many as `length` allows; a conversation what stands nearest to what its answer repeats. What
    then is still longer is dropped. Every sample is kept or dropped with a reason.
    """
    shelf = Shelf()
    for sample in samples:
        shelf.read += 1
        try:
            texts = [piece for piece in _pieces(sample, render, length, hole or length) if piece.supervised]
            reason, detail = "nothing to learn", ""
        except _TooLongError:
            texts, reason, detail = [], "too long", ""
        except DataError as error:  # no answer; a family without holes, or without conversations
            texts, reason, detail = [], "not rendered", str(error)
        shelf.texts += texts
        for label in _labels(sample) if texts else ():
            count, tokens = shelf.learned.get(label, (0, 0))
            shelf.learned[label] = count + 1, tokens + sum(map(len, texts))
        if not texts:
            shelf.dropped.append(Dropped(reason=reason, what=sample.id, detail=detail))
    return shelf


def _labels(sample: Sample) -> Iterator[tuple[str, str]]:
    yield "kind", sample.kind
    yield from ((name, value) for name, values in sample.labels.items() for value in values)


class _TooLongError(Exception):
    """A lesson that cannot be made to fit."""


def _pieces(sample: Sample, render: Callable[[Sample], Lesson], length: int, hole: int) -> Iterator[Text]:
    if not 0 <= sample.weight < math.inf:
        raise DataError("its weight is negative or no number")
    lesson = render(sample)
    if len(lesson.ids) > hole and isinstance(sample.prompt, Hole):
        lesson = _fitted(sample, sample.prompt, render, length, hole)
    elif len(lesson.ids) > length and sample.prompt:
        lesson = render(within(sample, lambda one: len(render(one).ids), length))
    if len(lesson.ids) > length and sample.prompt is not None:
        raise _TooLongError
    ids, weights = np.asarray(lesson.ids, dtype=np.int32), np.asarray(lesson.weights, dtype=np.float32)
    weights *= sample.weight > 0
    # A last piece of one token has nothing to predict; the end token is learned elsewhere.
    for start in range(0, max(1, len(ids) - 1), length):
        end = start + length
        yield Text(ids[start:end], weights[start:end], sample.id, sample.kind, sample.weight, max(0, lesson.start - start))


def _fitted(sample: Sample, asked: Hole, render: Callable[[Sample], Lesson], length: int, hole: int) -> Lesson:
    """The lesson with at most `hole` tokens of its own file, and with the files around it, less the most distant, up to `length`."""
    told = tuple(file for file in asked.files if file.path == control.PATH)
    around = asked.files[len(told) :]
    own = asked.model_copy(update={"files": told})
    lesson = render(sample.model_copy(update={"prompt": own}))
    if len(lesson.ids) > hole:
        own = _narrowed(sample, own, hole / len(lesson.ids))
        lesson = render(sample.model_copy(update={"prompt": own}))
    for first in range(len(around)):
        wider = render(sample.model_copy(update={"prompt": own.model_copy(update={"files": (*told, *around[first:])})}))
        if len(wider.ids) <= length:
            return wider
    return lesson


def _narrowed(sample: Sample, hole: Hole, share: float) -> Hole:
    """The same hole with about `share` of its characters: whole lines, those nearest to it."""
    fixed = len(sample.answer or "") + len(hole.typed)
    room = max(0.0, 0.9 * share * (fixed + len(hole.prefix) + len(hole.suffix)) - fixed)
    ratio = min(1.0, room / max(1, len(hole.prefix) + len(hole.suffix)))
    before, after = int(len(hole.prefix) * ratio), int(len(hole.suffix) * ratio)
    prefix, suffix = hole.prefix[len(hole.prefix) - before :], hole.suffix[:after]
    if before < len(hole.prefix):
        prefix = prefix[prefix.find("\n") + 1 :]
    if after < len(hole.suffix):
        suffix = suffix[: suffix.rfind("\n") + 1]
    return hole.model_copy(update={"prefix": prefix, "suffix": suffix})


def answers(texts: Iterable[Text], whole: float) -> Iterator[Text]:
    """The texts with the loss on their answers alone, but for a share of `whole`, by their ids: these stay as they are."""
    for text in texts:
        kept = not text.start or int(text.sample[:8], 16) < whole * 2**32
        yield text if kept else replace(text, weights=np.where(np.arange(len(text)) < text.start, np.float32(0), text.weights))


def draw(shares: Sequence[tuple[Sequence[Text], float]], tokens: int, seed: str) -> list[Text]:
    """A sequence of about `tokens` tokens that mixes sources by their shares at every point of it.

    Each source is shuffled anew for every pass over it; in a pass a text comes as often as its weight says, against the mean of its
    source. Empty sources give their share to the others.
    """
    sources = [(_endless(texts, f"{seed}/{at}"), share) for at, (texts, share) in enumerate(shares) if texts and share > 0]
    taken = [0.0] * len(sources)
    drawn: list[Text] = []
    total = 0
    while sources and total < tokens:
        at = min(range(len(sources)), key=lambda one: (taken[one] / sources[one][1], one))
        text = next(sources[at][0])
        drawn.append(text)
        taken[at] += len(text)
        total += len(text)
    return drawn


def _endless(texts: Sequence[Text], seed: str) -> Iterator[Text]:
    order, passes, often = list(range(len(texts))), 0, _often(texts, seed)
    while True:
        random.Random(f"{seed}/{passes}").shuffle(order)
        for at in order:
            rate, offset = often[at]
            # over n passes it comes n times its rate, up to one: the remainders are carried over, not drawn anew
            for _ in range(math.floor((passes + 1) * rate + offset) - math.floor(passes * rate + offset)):
                yield texts[at]
        passes += 1


def _often(texts: Sequence[Text], seed: str) -> list[tuple[float, float]]:
    """How often each text comes in a pass, and where it stands in its turn; a pass has about as many tokens as the texts together."""
    mean = sum(text.weight * len(text) for text in texts) / sum(map(len, texts))
    offsets = random.Random(f"{seed}/offsets")
    return [(round(text.weight / mean, 9), offsets.random()) for text in texts]


def pack(texts: Sequence[Text], size: int, seed: str = "") -> list[Pack]:
    """Put texts into packs with room for `size` tokens: best fit, the longest first, window by window; packs of a window are shuffled."""
    packs: list[Pack] = []
    window: list[Text] = []
    held = 0
    for text in texts:
        if held + text.room > size * _WINDOW:
            packs += _shuffled(_best_fit(window, size), f"{seed}/{len(packs)}")
            window, held = [], 0
        window.append(text)
        held += text.room
    return packs + _shuffled(_best_fit(window, size), f"{seed}/{len(packs)}")


def _best_fit(texts: Sequence[Text], size: int) -> list[Pack]:
    """Each text, the longest first, goes where the least room is left (best-fit decreasing; arXiv 2404.10830)."""
    packs: list[list[Text]] = []
    room: list[tuple[int, int]] = []  # free tokens and number of a pack, sorted
    for text in sorted(texts, key=len, reverse=True):
        at = bisect_left(room, (text.room, -1))
        if at == len(room):
            packs.append([text])
            insort(room, (size - text.room, len(packs) - 1))
        else:
            free, number = room.pop(at)
            packs[number].append(text)
            insort(room, (free - text.room, number))
    return [tuple(one) for one in packs]


def _shuffled(packs: list[Pack], seed: str) -> list[Pack]:
    random.Random(seed).shuffle(packs)
    return packs


def steps(phase: PhaseName, packs: Sequence[Pack], tokens: int) -> list[Step]:
    """Group packs into updates of about `tokens` tokens; a last group of less than half a step joins the one before."""
    if not packs:
        return []
    size = sum(len(text) for one in packs for text in one) / len(packs)
    each = max(1, round(tokens / size))
    groups = [packs[start : start + each] for start in range(0, len(packs), each)]
    if len(groups) > 1 and 2 * len(groups[-1]) < each:
        groups[-2:] = [[*groups[-2], *groups[-1]]]
    return [Step(phase, tuple(group)) for group in groups]


def validation(texts: Sequence[Text], tokens: int, size: int, seed: str) -> dict[Kind, list[Pack]]:
    """About `tokens` tokens of the validation lessons, drawn at random, at least one text of each kind, packed by kind."""
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)
    kept: dict[Kind, list[Text]] = {}
    total = 0
    for text in (texts[at] for at in order):
        if text.kind in kept and total + len(text) > tokens:
            continue
        kept.setdefault(text.kind, []).append(text)
        total += len(text)
    return {kind: pack(found, size) for kind, found in sorted(kept.items())}


def digest(course: Sequence[Step]) -> str:
    """SHA-256 over every token, weight and border of a course, in order."""
    state = sha256()
    for step in course:
        state.update(f"\n{step.phase} {[[len(text) for text in pack] for pack in step.packs]}".encode())
        for text in (text for pack in step.packs for text in pack):
            state.update(text.ids.tobytes())
            state.update(text.weights.tobytes())
    return state.hexdigest()
