"""Engines: who computes a shard. All have the signature of `Engine`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from idiolect.compute.tasks import Shard
from idiolect.errors import IdiolectError
from idiolect.sandbox import Failed, encoded
from idiolect.sandbox_child import found


@dataclass(frozen=True)
class Made:
    """A shard that is done."""

    shard: Shard
    rows: list[bytes] | None
    """One answer for each unit, as `sandbox.encoded` writes it; None where they stand in the store already."""


class Engine(Protocol):
    """Computes shards. Errors that the user can mend (IdiolectError) leave `collect`; all else is a Failed in its row."""

    @property
    def room(self) -> bool:
        """Whether another shard would find somebody free soon."""
        ...

    def submit(self, shard: Shard) -> None:
        """Take a shard; returns at once, except where the engine is this process."""
        ...

    def collect(self) -> Made:
        """Wait for the next shard that is done, in any order; only while one is submitted."""
        ...

    def stop(self) -> None:
        """Forget all that was submitted."""
        ...


class Here:
    """Computes in this process: for tests, debuggers and work that is not worth a process. No limits."""

    def __init__(self) -> None:
        self._done: deque[Made] = deque()

    @property
    def room(self) -> bool:
        """One shard at a time."""
        return not self._done

    def submit(self, shard: Shard) -> None:
        """Compute it."""
        self._done.append(Made(shard, list(_computed(shard))))

    def collect(self) -> Made:
        """The oldest."""
        return self._done.popleft()

    def stop(self) -> None:
        """Forget what was not collected."""
        self._done.clear()


def _computed(shard: Shard) -> Iterator[bytes]:
    work = found(shard.task.function)
    for unit in shard.units:
        try:
            yield encoded(next(work(iter([unit.value]), **shard.task.parameters)))
        except IdiolectError:
            raise
        except StopIteration:
            yield encoded(Failed("error", "gave no result"))
        except Exception as error:  # a fault in one unit is data
            yield encoded(Failed("error", f"{type(error).__name__}: {error}"))
