"""What went into each step of the build, what came out, and why the rest did not: in = kept + dropped, always."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

from idiolect.files import atomic
from idiolect.types import Dropped

Item = TypeVar("Item")


@dataclass
class Step:
    """One step's counts."""

    name: str
    unit: str
    """What is counted: documents, commits, candidates, samples."""
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """What went in."""
        return self.kept + self.dropped.total()


@dataclass
class Funnel:
    """All steps of one build, in the order they were taken."""

    steps: dict[str, Step] = field(default_factory=dict)
    told: Callable[[str, Dropped], None] = lambda *_: None
    """Hears of everything that is dropped, with the step."""

    def expect(self, unit: str, *steps: str) -> None:
        """Steps that will be taken, in the order in which they are to be told, whatever comes first."""
        for step in steps:
            self.steps.setdefault(step, Step(step, unit))

    def count(self, step: str, unit: str, kept: int, dropped: Iterable[Dropped] = ()) -> None:
        """Add to a step."""
        row = self.steps.setdefault(step, Step(step, unit))
        row.kept += kept
        for one in dropped:
            self.drop(step, unit, one)

    def drop(self, step: str, unit: str, one: Dropped) -> None:
        """Record one that was not kept."""
        self.steps.setdefault(step, Step(step, unit)).dropped[one.reason] += 1
        self.told(step, one)

    def sift(self, step: str, unit: str, items: Iterable[Item | Dropped]) -> Iterator[Item]:
        """Pass on what is kept, and count both."""
        row = self.steps.setdefault(step, Step(step, unit))
        for item in items:
            if isinstance(item, Dropped):
                self.drop(step, unit, item)
            else:
                row.kept += 1
                yield item

    def table(self) -> list[dict[str, Any]]:
        """One row for each step: step, unit, in, kept, dropped per reason."""
        return [
            {"step": row.name, "unit": row.unit, "in": row.total, "kept": row.kept, "dropped": dict(sorted(row.dropped.items()))}
            for row in self.steps.values()
        ]

    def dropped(self) -> dict[str, int]:
        """All that was dropped, per reason."""
        return dict(sorted(sum((row.dropped for row in self.steps.values()), Counter[str]()).items()))


class Ledger:
    """What was dropped, on disk at once: there may be more of it than memory holds."""

    def __init__(self) -> None:
        self._spool = tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115  closed with the ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, step: str, one: Dropped) -> None:
        """Note something that was dropped in a step."""
        self._spool.write(json.dumps({"step": step, **vars(one)}, ensure_ascii=False, sort_keys=True) + "\n")

    def write(self, path: Path) -> None:
        """Write everything so far, one JSON value a line."""
        self._spool.seek(0)
        with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
            shutil.copyfileobj(self._spool, stream)
