"""Faults that idiolect put there beside those that a team made: real fixes first, and never more mutants than fixes."""

from __future__ import annotations

from dataclasses import dataclass, field

from idiolect.dataset.sent import Sent
from idiolect.types import Dropped, Sample

LABEL = "synthetic"
"""On every lesson whose fault nobody made."""


@dataclass
class Mutants:
    """Fixes and mutants of a dataset, counted as they are met; then which mutants are too many, whatever their order."""

    fixes: int = 0
    ids: list[str] = field(default_factory=list)
    surplus: frozenset[str] = frozenset()

    def meet(self, lesson: Sent | Sample) -> None:
        """Count a lesson, where it mends a fault."""
        if lesson.kind == "bugfix":
            if LABEL in lesson.labels:
                self.ids.append(lesson.id)
            else:
                self.fixes += 1

    def compare(self) -> None:
        """As many as there are fixes stay: an id is a hash, so that the choice is as good as drawn and the same each time."""
        self.surplus = frozenset(sorted(self.ids)[self.fixes :])

    def judged(self, sample: Sample) -> Sample | Dropped:
        """The lesson, or that it is one mutant too many."""
        if sample.id not in self.surplus:
            return sample
        return Dropped(reason="more mutants than fixes", what=sample.id, source=sample.origins[0].source if sample.origins else "")
