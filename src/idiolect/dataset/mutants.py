"""Faults that idiolect put there beside those that a team made: real fixes first, and never more mutants than fixes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from idiolect.dataset.sent import Sent
from idiolect.types import Dropped, Sample

LABEL = "synthetic"
"""On every lesson whose fault nobody made."""


@dataclass
class Mutants:
    """Fixes and mutants of a dataset, counted as they are met; then which mutants are too many, whatever their order."""

    fixes: set[int] = field(default_factory=set)
    """Numbers of the lessons, as they were met."""
    ids: list[str] = field(default_factory=list)
    surplus: frozenset[str] = frozenset()

    def meet(self, lesson: Sent | Sample, number: int) -> None:
        """Count a lesson, where it mends a fault."""
        if lesson.kind == "bugfix":
            if LABEL in lesson.labels:
                self.ids.append(lesson.id)
            else:
                self.fixes.add(number)

    def compare(self, may_leave: Collection[int]) -> None:
        """As many as fixes are sure to stay do: an id is a hash, so that the choice is as good as drawn and the same each time.

        `may_leave` are the numbers of lessons that may yet turn out to be near-duplicates; what leaves as a benchmark's leaves later still.
        """
        self.surplus = frozenset(sorted(self.ids)[len(self.fixes.difference(may_leave)) :])

    def judged(self, sample: Sample) -> Sample | Dropped:
        """The lesson, or that it is one mutant too many."""
        if sample.id not in self.surplus:
            return sample
        return Dropped(reason="more mutants than fixes", what=sample.id, source=sample.origins[0].source if sample.origins else "")
