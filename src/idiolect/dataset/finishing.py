"""The last of a build: equal lessons become one, no source drowns the others, and what is left is written as it comes.

The lessons are gone through twice: once to see which stand for several and which are too many, once to write them. What memory
holds of each is its id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from idiolect import samples
from idiolect.dataset import balance, benchmarks, lessons
from idiolect.dataset.benchmarks import Passage
from idiolect.dataset.census import Census
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.lessons import SIDES
from idiolect.dataset.sent import Sent, opened
from idiolect.dataset.splits import Side
from idiolect.types import Dropped, Sample, Span, Split

FEWEST, MOST = 250, 20_000
"""Lessons of one file."""
_EDGE = 32
"""A file may end where a path's digest divides by this: so it does at the same paths whatever was added before them."""


Of = Callable[[Side, Funnel], Iterator[Sent | Sample]]
"""Gives the lessons of a side, the same ones each time; what became of the others goes to the funnel."""


@dataclass
class Merged:
    """What is known of all lessons once they have been gone through."""

    ids: set[str] = field(default_factory=set)
    again: dict[str, tuple[dict[str, tuple[str, ...]], list[Span], float]] = field(default_factory=dict)
    """Of lessons of equal id, the labels, origins and greatest weight of those after the first."""
    over: set[str] = field(default_factory=set)
    """Ids of those that would give a source more than its share."""


def merged(lessons_of: Of, share: float | None, funnel: Funnel, rows: Collection[str] = ()) -> Merged:
    """Go through all lessons once. Training comes first: of equal ones on both sides its own is kept.

    `share` is the most that one source may give, where there are several. Sources of `rows` bring no repository down, however few they
    are, and are held against all repositories together.
    """
    found = Merged()
    weighed: list[balance.Weighed] = []
    for side in SIDES:
        for lesson in lessons_of(side, funnel):
            if lesson.id not in found.ids:
                found.ids.add(lesson.id)
                funnel.count("merge", "samples", 1)
                if share is not None and side == "train":
                    weighed.append(balance.weighed(opened(lesson)))
                continue
            sample = opened(lesson)
            labels, origins, weight = found.again.get(sample.id, ({}, [], 0.0))
            found.again[sample.id] = lessons.both(labels, sample.labels), [*origins, *sample.origins], max(weight, sample.weight)
            source = sample.origins[0].source if sample.origins else ""
            funnel.drop("merge", "samples", Dropped(reason="merged", what=sample.id, source=source))
    if share is not None:
        code = [one for one in weighed if one.source not in rows]
        given = [one for one in weighed if one.source in rows]
        found.over = balance.over(code, share) | (balance.above(given, share, sum(one.size for one in code)) if code else set())
    return found


def finished(lessons_of: Of, side: Side, known: Merged, passages: list[Passage], funnel: Funnel) -> Iterator[Sample]:
    """The lessons of a side as they are written; `known.ids` loses each as it comes."""
    kept = _united(lessons_of, side, known)
    if side == "train":
        kept = funnel.sift("balance", "samples", (_within(sample, known.over) for sample in kept))
    if passages:
        kept = funnel.sift("decontaminate", "samples", benchmarks.without(kept, passages))
    return kept


def _united(lessons_of: Of, side: Side, known: Merged) -> Iterator[Sample]:
    for lesson in lessons_of(side, Funnel()):
        if lesson.id in known.ids:
            known.ids.remove(lesson.id)
            sample = opened(lesson)
            yield lessons.united(sample, *known.again[sample.id]) if sample.id in known.again else sample


def _within(sample: Sample, over: set[str]) -> Sample | Dropped:
    if sample.id not in over:
        return sample
    return Dropped(reason="over-share", what=sample.id, source=sample.origins[0].source if sample.origins else "")


class Writer:
    """Writes samples as they come, counts them, and remembers what they come to."""

    def __init__(self, folder: Path, census: Census) -> None:
        self.folder, self.census = folder, census
        self.digests: list[bytes] = []

    def write(self, split: Split, found: Iterable[Sample]) -> list[Path]:
        """Write a split; return its files."""
        return [samples.write_part(self.folder, split, number, part) for number, part in enumerate(_parts(self._counted(split, found)))]

    def _counted(self, split: Split, found: Iterable[Sample]) -> Iterator[Sample]:
        for sample in found:
            self.census.add(split, sample)
            self.digests.append(samples.digest(split, sample))
            yield sample

    def digest(self) -> str:
        """Of all that was written, whatever its order."""
        return hashlib.sha256(b"".join(sorted(self.digests))).hexdigest()


def _parts(found: Iterator[Sample]) -> Iterator[list[Sample]]:
    """Samples in order, cut where the paths that they come from say."""
    part: list[Sample] = []
    before = ""
    for sample in found:
        path = sample.origins[0].path if sample.origins else ""
        ended = path != before and len(part) >= FEWEST and hashlib.blake2b(path.encode("utf-8", "surrogateescape")).digest()[0] % _EDGE == 0
        if part and (ended or len(part) == MOST):
            yield part
            part = []
        part.append(sample)
        before = path
    if part:
        yield part
