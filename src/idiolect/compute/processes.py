"""The engine of one machine: a pool of workers, each a child process within limits."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

from idiolect.compute.engines import Made
from idiolect.compute.tasks import Shard
from idiolect.errors import ToolError
from idiolect.sandbox import FAULT, Failed, Limits, Worker, decoded, encoded

_TICK = 1.0
"""Seconds between two looks at the clock."""
_KILLS = 3
"""Times that a unit alone may be killed from outside, which may be chance, before it has failed."""
_LIFE = 256
"""Shards that a worker does before another takes its place: what libraries and the allocator keep grows with what went through them."""
_TRIES = 3
"""Workers that may fail to start, one after the other; more of them is no accident."""


@dataclass
class _Job:
    """A shard on its way."""

    shard: Shard
    rows: dict[int, bytes] = field(default_factory=dict)
    """The answers that are there, by the unit's place."""


@dataclass
class _Piece:
    """Units of a job that one worker does in one go."""

    job: _Job
    places: range
    at: int = 0
    """How many of them are there."""
    since: float = 0.0
    """When the last answer came."""
    deaths: int = 0
    """Workers that died over it."""


class Processes:
    """Computes in child processes of this machine, by default one for each core, each within limits.

    A unit that brings its worker down is computed once more, alone in a fresh one; where that one dies too, the unit is Failed.
    """

    def __init__(self, count: int = 0, limits: Limits | None = None) -> None:
        self.count = count or cores()
        self.limits = limits or Limits()
        self._queue: deque[_Piece] = deque()
        self._starting: set[Worker] = set()
        self._busy: dict[Worker, _Piece] = {}
        self._idle: list[Worker] = []
        self._lives: Counter[Worker] = Counter()
        """How many shards each worker has done, or pieces of them."""
        self._done: deque[Made] = deque()
        self._stillborn = 0
        """Workers in a row that died before they said that they were ready."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def room(self) -> bool:
        """Whether there is less in the queue than there are workers."""
        return len(self._queue) < self.count

    def submit(self, shard: Shard) -> None:
        """Give it to an idle worker, or put it in the queue."""
        self._queue.append(_Piece(_Job(shard), range(len(shard.units))))
        self._feed()

    def collect(self) -> Made:
        """Wait until a shard has all its rows."""
        while not self._done:
            self._listen()
        return self._done.popleft()

    def stop(self) -> None:
        """Forget the queue and what is done, and end the workers that are at work."""
        self._queue.clear()
        self._done.clear()
        for worker in [*self._busy, *self._starting]:
            self._end(worker)

    def close(self) -> None:
        """End every worker."""
        self.stop()
        while self._idle:
            self._idle.pop().close()

    def _feed(self) -> None:
        """Give the queue to idle workers, and start others up to the count."""
        while self._queue and self._idle:
            worker, piece = self._idle.pop(), self._queue.popleft()
            shard = piece.job.shard
            inputs = [shard.units[place].value for place in piece.places]
            worker.give(shard.task.function, shard.task.parameters, inputs, careful=piece.deaths > 0)
            piece.since = time.monotonic()
            self._busy[worker] = piece
        places = self.count - len(self._busy) - len(self._idle) - len(self._starting)
        for _ in range(min(places, len(self._queue) - len(self._starting))):
            self._starting.add(Worker(self.limits))

    def _listen(self) -> None:
        """Wait for workers to say something, and end those that have been silent for too long."""
        self._feed()
        if not self._busy and not self._starting:
            raise RuntimeError("nothing was submitted")
        spoke = set(wait([worker.connection for worker in (*self._busy, *self._starting)], timeout=min(_TICK, self.limits.wall / 4)))
        for worker in [one for one in self._starting if one.connection in spoke]:
            self._started(worker)
        for worker, piece in list(self._busy.items()):
            if worker.connection in spoke:
                self._heard(worker, piece)
            elif time.monotonic() - piece.since > self.limits.wall:
                self._end(worker)
                self._died(piece, Failed("too-slow", "by the clock"))
        self._feed()

    def _started(self, worker: Worker) -> None:
        if worker.take() is None:
            why = worker.why()
            self._end(worker)
            self._stillborn += 1
            if self._stillborn == _TRIES:
                raise ToolError(f"workers do not start ({why.reason}, {why.detail})", next="see what they printed above")
            return
        self._stillborn = 0
        self._starting.discard(worker)
        self._idle.append(worker)

    def _heard(self, worker: Worker, piece: _Piece) -> None:
        rows = worker.take()
        if rows is None:
            why = worker.why()
            self._end(worker)
            self._died(piece, why)
            return
        for row in rows:
            if row[:1] == FAULT:
                decoded(row)
            self._came(piece, row)
        if piece.at == len(piece.places):
            self._over(worker)

    def _over(self, worker: Worker) -> None:
        """It has done its piece: it waits for the next, or has done enough."""
        self._lives[worker] += 1
        if self._lives[worker] >= _LIFE:
            self._end(worker)
        else:
            del self._busy[worker]
            self._idle.append(worker)

    def _came(self, piece: _Piece, row: bytes) -> None:
        """One more answer is there."""
        job = piece.job
        job.rows[piece.places[piece.at]] = row
        piece.at, piece.since = piece.at + 1, time.monotonic()
        if len(job.rows) == len(job.shard.units):
            self._done.append(Made(job.shard, [job.rows[place] for place in range(len(job.rows))]))

    def _died(self, piece: _Piece, why: Failed) -> None:
        """A worker is gone: what it had not answered is computed again, the first of it alone, which then tells who was to blame."""
        if len(piece.places) == 1 and piece.deaths >= (_KILLS if why.reason == "killed" else 1):
            self._came(piece, encoded(why))
            return
        rest = piece.places[piece.at :]
        deaths = piece.deaths + 1 if len(piece.places) == 1 else 1
        self._queue.extendleft(_Piece(piece.job, places, deaths=deaths) for places in (rest[1:], rest[:1]) if places)

    def _end(self, worker: Worker) -> None:
        self._busy.pop(worker, None)
        self._starting.discard(worker)
        self._lives.pop(worker, None)
        worker.close()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
