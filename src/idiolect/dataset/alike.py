"""Lessons that say nearly the same: of several the first is kept.

Files were freed of duplicates before lessons were made of them; what is left comes from functions that were copied, commits that were
made twice, and rows that somebody imports. Two lessons of one kind are alike where the Jaccard of the 5-token shingles of their answers
is 0.7 or more, and that of what they are asked too: of a conversation all of it, of a hole what stands nearest to it, of raw text nothing.

A lesson is met twice. The first time 32 bytes are kept of it: eight keys of four MinHash values (Broder 1997), which find nine of ten
pairs at 0.7. The second time those that share a key are compared exactly; of a lesson that others may be alike to, the shingles are held
until the last of these has passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from idiolect.dataset.duplicates import near, shingles
from idiolect.dataset.duplicates.dedupe import NEAR
from idiolect.dataset.duplicates.near import Bands
from idiolect.dataset.duplicates.shingles import Hashes, Offsets
from idiolect.dataset.sent import Sent
from idiolect.types import Dropped, Hole, Sample

SHAPE = Bands(8, 4, permutations=32)
BEFORE, AFTER = 300, 150
"""Characters around a hole that tell it from others."""


class Told(NamedTuple):
    """The shingles of a lesson, each set without repetitions."""

    answer: Hashes
    asked: Hashes
    id: str


def asked(sample: Sample) -> str:
    """What a lesson is asked, as far as it tells it from others."""
    prompt = sample.prompt
    if isinstance(prompt, Hole):
        return f"{prompt.prefix[-BEFORE:]}\n{prompt.typed}\n{prompt.suffix[:AFTER]}"
    return "\n".join(turn.content for turn in prompt or ())


def sketches(samples: Sequence[Sample]) -> list[bytes]:
    """32 bytes of each lesson; lessons that are alike have four bytes in the same place in common, most likely."""
    texts = [_bytes(f"{one.answer or one.rejected}\n{asked(one)}") for one in samples]
    salts = np.array([int.from_bytes(blake2b(one.kind.encode(), digest_size=4).digest()) for one in samples], np.uint32)
    found = (near.bands(texts, SHAPE) >> np.uint64(32)).astype("<u4") ^ salts[:, None]
    return [row.tobytes() for row in found]


@dataclass
class Alike:
    """Finds lessons that are alike: `meet` each in order, `compare`, then ask `first` of each in the same order."""

    met: bytearray = field(default_factory=bytearray)
    """Sketches, one after another."""
    pairs: Offsets = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    """Numbers of lessons that share a key, by the second."""
    passed: int = 0
    """Lessons that were asked for."""
    needed: set[int] = field(default_factory=set)
    """Lessons that a later one is compared with."""
    held: dict[int, Told] = field(default_factory=dict)
    ends: dict[int, list[int]] = field(default_factory=dict)
    """Number of a lesson -> those that need not be held any longer once it has passed."""

    def meet(self, lesson: Sent | Sample) -> None:
        """See a lesson for the first time."""
        self.met += sketches([lesson])[0] if isinstance(lesson, Sample) else lesson.sketch

    def compare(self) -> None:
        """All have been met: see which share a key."""
        keys = np.frombuffer(bytes(self.met), dtype="<u4").reshape(-1, SHAPE.number)
        self.met = bytearray()
        rows = np.arange(len(keys))
        found = [near.joined(keys[:, band].astype(np.uint64), rows) for band in range(SHAPE.number)]
        pairs = np.unique(np.concatenate(found))
        first, second = pairs // max(len(keys), 1), pairs % max(len(keys), 1)
        order = np.lexsort((first, second))
        self.pairs = np.stack([first[order], second[order]], axis=1)
        last: dict[int, int] = dict(self.pairs.tolist())  # the pairs are by the second: the last one stays
        ends = defaultdict(list)
        for one, end in last.items():
            ends[end].append(one)
        self.ends = dict(ends)
        self.needed = set(last)

    def doubted(self) -> set[int]:
        """Numbers of the lessons that share a key with an earlier one, and may leave for it."""
        return set(self.pairs[:, 1].tolist())

    def first(self, sample: Sample) -> Sample | Dropped:
        """The lesson, unless one that came before and was kept is alike."""
        number, self.passed = self.passed, self.passed + 1
        start, end = np.searchsorted(self.pairs[:, 1], [number, number + 1]).tolist()
        if start == end and number not in self.needed:
            return sample
        own = _told(sample)
        before = (self.held[one] for one in self.pairs[start:end, 0].tolist() if one in self.held)
        other = next((one.id for one in before if _same(one, own)), "")
        for one in self.ends.get(number, ()):
            self.held.pop(one, None)
        if other:
            source = sample.origins[0].source if sample.origins else ""
            return Dropped(reason="near-duplicate", what=sample.id, source=source, detail=f"of {other}")
        if number in self.needed:
            self.held[number] = own
        return sample


def _told(sample: Sample) -> Told:
    rows = shingles.of([_bytes(sample.answer or sample.rejected or ""), _bytes(asked(sample))])
    return Told(np.unique(rows.row(0)), np.unique(rows.row(1)), sample.id)


def _same(one: Told, other: Told) -> bool:
    return _near(one.answer, other.answer) and _near(one.asked, other.asked)


def _bytes(text: str) -> bytes:
    """A text whose every sign beyond ASCII is a token of its own: translations of one page share their code, and nothing else."""
    return text.encode("ascii", "xmlcharrefreplace")


def _near(left: Hashes, right: Hashes) -> bool:
    """Whether two sets are; two empty ones are equal."""
    small, large = sorted((len(left), len(right)))
    return not large or (small >= NEAR * large and shingles.overlap(left, right) >= NEAR)
