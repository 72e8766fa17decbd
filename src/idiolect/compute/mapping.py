"""The map itself: which units have a result already, who computes the others, and everything in its order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from idiolect.compute.engines import Engine
from idiolect.compute.store import Shelf, Store
from idiolect.compute.tasks import Shard, Task, Unit
from idiolect.errors import ResourceError
from idiolect.sandbox import Failed, decoded

SHARD_UNITS = 128
SHARD_BYTES = 1 << 20
"""A shard is closed when it has this many units or so much work: long enough to be worth a message, short enough to lose."""
MOST_WAITING = 1 << 14
"""Units that may wait for one before them; their values are held, their results are not."""
_LOOK = 128
"""Units whose keys are looked up at once, and whose inputs may be loaded before anybody has room for them."""


Load = Callable[[Sequence[Any]], Iterable[Any]]
"""The inputs that the values of some units stand for, for instance the blobs of ids, read in one go."""


def mapped(task: Task, units: Iterable[Unit], store: Store, engine: Engine, load: Load | None = None) -> Iterator[Any]:
    """The result of each unit, or the Failed in its place, in the order of the units.

    What lies in the store is not computed again. Units are taken from the iterable as they are needed. With `load`, units carry
    references: it is called with those of a shard that has to be computed, and gives what the function gets in their place.
    """
    state = _Map(task, store, engine, load)
    try:
        yield from state.results(iter(units))
    finally:
        engine.stop()
        state.shelf.close()


class _Map:
    """One call of `mapped`."""

    def __init__(self, task: Task, store: Store, engine: Engine, load: Load | None) -> None:
        self.task, self.store, self.engine, self.load = task, store, engine, load
        self.shelf: Shelf = store.shelf(task)
        self.waiting: deque[Unit] = deque()
        """Units without a place in the output yet, in order."""
        self.asked: set[str] = set()
        """Keys that are being computed, or are about to be."""
        self.missing: list[Unit] = []
        """The next shard."""
        self.submitted = 0
        self.again: set[str] = set()
        """Keys whose result was damaged and is computed once more."""

    def results(self, units: Iterator[Unit]) -> Iterator[Any]:
        more = True
        while True:
            while more and self.engine.room and len(self.waiting) < MOST_WAITING:
                more = self._look(list(islice(units, _LOOK)))
            yield from self._ready()
            if self.asked:
                self._collect(flush=not more or not self.submitted)
            elif not more:
                return

    def _look(self, units: list[Unit]) -> bool:
        """Sort the next units into those that are there and those to compute; whether there may be others."""
        known = self.shelf.has([unit.key for unit in units]) if units else []
        for unit, there in zip(units, known, strict=True):
            self.waiting.append(unit)
            if there or unit.key in self.asked:
                self.store.counts["found"] += 1
            else:
                self._ask(unit)
        return bool(units)

    def _ask(self, unit: Unit) -> None:
        self.asked.add(unit.key)
        self.missing.append(unit)
        if len(self.missing) >= SHARD_UNITS or sum(one.size for one in self.missing) >= SHARD_BYTES:
            self._submit()

    def _submit(self) -> None:
        units, self.missing = self.missing, []
        if self.load:
            inputs = self.load([unit.value for unit in units])
            units = [unit._replace(value=value) for unit, value in zip(units, inputs, strict=True)]
        self.engine.submit(Shard(self.task, tuple(units)))
        self.submitted += 1

    def _collect(self, *, flush: bool) -> None:
        """Wait for a shard, and keep its results."""
        if flush and self.missing:
            self._submit()
        made = self.engine.collect()
        if made.shard.task != self.task:
            raise RuntimeError(f"two maps at once on one engine: {self.task.function} and {made.shard.task.function}")
        self.submitted -= 1
        self.shelf.keep(made.shard, made.rows)
        self.asked.difference_update(unit.key for unit in made.shard.units)
        self.store.counts["computed"] += len(made.shard.units)

    def _ready(self) -> Iterator[Any]:
        """The results that nothing before them holds up."""
        while self.waiting and self.waiting[0].key not in self.asked:
            unit = self.waiting[0]
            row = self.shelf.get(unit.key)
            if row is None:
                self._damaged(unit)
                return
            self.waiting.popleft()
            outcome = decoded(row)
            self.store.counts["failed"] += isinstance(outcome, Failed)
            yield outcome

    def _damaged(self, unit: Unit) -> None:
        """A result that was there cannot be read: compute it once more."""
        if unit.key in self.again:
            raise ResourceError("results that were just written cannot be read", where=str(self.shelf.folder), next="check the disk")
        self.again.add(unit.key)
        self.store.counts["found"] -= 1
        self._ask(unit)
