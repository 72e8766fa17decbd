"""The last of a build: lessons that are equal or alike become one, none drown the others, and what is left is written as it comes.

The lessons are gone through twice: once to see which stand for several and how they are spread, once to write them. What memory
holds of each is its id and a sketch of 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from idiolect import samples
from idiolect.dataset import balance, benchmarks, lessons
from idiolect.dataset.alike import Alike
from idiolect.dataset.benchmarks import Passage
from idiolect.dataset.census import Census, length
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.labelling import Vocabulary
from idiolect.dataset.lessons import SIDES
from idiolect.dataset.makers import wanted
from idiolect.dataset.mutants import Mutants
from idiolect.dataset.openers import Openers
from idiolect.dataset.quality import Signs
from idiolect.dataset.sent import Sent, opened
from idiolect.dataset.splits import Side
from idiolect.dataset.words import Words
from idiolect.recipe import DatasetRecipe
from idiolect.types import Dropped, Sample, Span, Split

FEWEST, MOST = 250, 20_000
"""Lessons of one file."""
_LARGEST = 16_000_000
"""Characters of one file, about: a probe may hold all of its own file."""
_EDGE = 32
"""A file may end where a path's digest divides by this: so it does at the same paths whatever was added before them."""


Of = Callable[[Side, Funnel], Iterator[Sent | Sample]]
"""Gives the lessons of a side, the same ones each time; what became of the others goes to the funnel."""


@dataclass
class Merged:
    """What is known of all lessons once they have been gone through."""

    vocabulary: Vocabulary
    ids: set[bytes] = field(default_factory=set)
    """Half as large as they are written."""
    again: dict[str, tuple[dict[str, tuple[str, ...]], list[Span], float]] = field(default_factory=dict)
    """Of lessons of equal id, the labels, origins and greatest weight of those after the first."""
    alike: Alike = field(default_factory=Alike)
    openers: Openers = field(default_factory=Openers)
    """Of training lessons, as are the factors."""
    factors: balance.Factors = field(default_factory=dict)
    mutants: Mutants = field(default_factory=Mutants)
    """Of both sides; none is too many where a recipe asks for mutants and not for fixes."""


def merged(lessons_of: Of, told: DatasetRecipe, vocabulary: Vocabulary, funnel: Funnel) -> Merged:
    """Go through all lessons once. Training comes first: of equal ones on both sides its own is kept."""
    found, scales = Merged(vocabulary), balance.Scales()
    for side in SIDES:
        for lesson in lessons_of(side, funnel):
            name = bytes.fromhex(lesson.id)
            if name not in found.ids:
                found.mutants.meet(lesson, len(found.ids))
                found.ids.add(name)
                funnel.count("merge", "samples", 1)
                found.alike.meet(lesson)
                if side == "train":
                    found.openers.meet(lesson)
                    scales.add(lesson)
                continue
            sample = opened(lesson)
            labels, origins, weight = found.again.get(sample.id, ({}, [], 0.0))
            origins += sample.origins
            found.again[sample.id] = lessons.both(labels, sample.labels), origins, max(weight, sample.weight)
            source = sample.origins[0].source if sample.origins else ""
            funnel.drop("merge", "samples", Dropped(reason="merged", what=sample.id, source=source))
    found.alike.compare()
    if "bugfix" in wanted(told.makers):
        found.mutants.compare(found.alike.doubted())
    found.factors = scales.factors(told)
    return found


def finished(lessons_of: Of, side: Side, known: Merged, passages: list[Passage], funnel: Funnel) -> Iterator[Sample]:
    """The lessons of a side as they are written; `known.ids` loses each as it comes. Sides come in the order of `SIDES`."""
    mutants, openers = ["mutants"] if known.mutants.surplus else [], ["openers"] if side == "train" else []
    funnel.expect("samples", "near-duplicates", *mutants, *openers)  # the last of them is asked first
    kept = funnel.sift("near-duplicates", "samples", map(known.alike.first, _united(lessons_of, side, known)))
    if mutants:
        kept = funnel.sift("mutants", "samples", map(known.mutants.judged, kept))
    if openers:
        kept = funnel.sift("openers", "samples", map(known.openers.judged, kept))
    if passages:
        kept = funnel.sift("decontaminate", "samples", benchmarks.without(kept, passages))
    return kept


def _united(lessons_of: Of, side: Side, known: Merged) -> Iterator[Sample]:
    for lesson in lessons_of(side, Funnel()):
        name = bytes.fromhex(lesson.id)
        if name in known.ids:
            known.ids.remove(name)
            sample = opened(lesson)
            factor = known.factors.get(balance.of(sample), 1.0) if side == "train" else 1.0
            yield _weighed(_together(sample, known) if sample.id in known.again else sample, factor)


def _together(sample: Sample, known: Merged) -> Sample:
    """A lesson that stands for several, of which nothing is said where they conflict."""
    together = lessons.united(sample, *known.again[sample.id])
    return together.model_copy(update={"labels": known.vocabulary.agreed(together.labels)})


def _weighed(sample: Sample, factor: float) -> Sample:
    """Two digits: one more file moves all factors a little, and need not change every row."""
    return sample if factor == 1 else sample.model_copy(update={"weight": float(f"{sample.weight * factor:.2g}")})


class Writer:
    """Writes samples as they come, counts them, and remembers what they come to."""

    def __init__(self, folder: Path, census: Census) -> None:
        self.folder, self.census = folder, census
        self.digests = bytearray()
        """Of each sample, one after another."""
        self.signs, self.words = Signs(), Words()

    def write(self, split: Split, found: Iterable[Sample]) -> list[Path]:
        """Write a split; return its files."""
        return [samples.write_part(self.folder, split, number, part) for number, part in enumerate(_parts(self._counted(split, found)))]

    def _counted(self, split: Split, found: Iterable[Sample]) -> Iterator[Sample]:
        for sample in found:
            self.census.add(split, sample)
            if split == "train":
                self.signs.add(sample)
                self.words.add(sample)
            self.digests += samples.digest(split, sample)
            yield sample

    def digest(self) -> str:
        """Of all that was written, whatever its order."""
        halves = np.frombuffer(self.digests, dtype=">u8").reshape(-1, 2)
        return hashlib.sha256(halves[np.lexsort((halves[:, 1], halves[:, 0]))].tobytes()).hexdigest()


def _parts(found: Iterator[Sample]) -> Iterator[list[Sample]]:
    """Samples in order, cut where the paths that they come from say."""
    part: list[Sample] = []
    before, size = "", 0
    for sample in found:
        path = sample.origins[0].path if sample.origins else ""
        ended = path != before and len(part) >= FEWEST and hashlib.blake2b(path.encode("utf-8", "surrogateescape")).digest()[0] % _EDGE == 0
        if part and (ended or len(part) == MOST or size > _LARGEST):
            yield part
            part, size = [], 0
        part.append(sample)
        before, size = path, size + length(sample)
    if part:
        yield part
