"""Many machines under any scheduler: they meet in the store's folder, which all of them see, and nowhere else.

The coordinator writes a job file for each shard beside the results. `idiolect worker --rank i --world n` computes the shards whose
digest leaves i when divided by n, and shows each second that it lives. What nobody alive would compute, the coordinator does.
"""

from __future__ import annotations

import marshal
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from idiolect.compute.engines import Engine, Made
from idiolect.compute.processes import Processes
from idiolect.compute.store import Store, row_key, write_pack
from idiolect.compute.tasks import Shard, Task, Unit, same_code
from idiolect.errors import UsageError
from idiolect.files import atomic

FOLDER = "units"
"""Where in the private cache of a recipe the store is."""
BEAT = 1.0
PATIENCE = 10.0
"""Seconds without a sign of life after which a rank counts as gone."""
_AHEAD = 8
"""Shards that are out for each core: they fall to ranks by chance, and none should wait for work."""
_POLL = 0.05


def work(folder: Path, rank: int, world: int, *, cores: int = 0, idle: float = 600.0) -> int:
    """Compute the shards of this rank until none came for `idle` seconds; return how many those were."""
    if not 0 <= rank < world:
        raise UsageError(f"there is no rank {rank} of {world}", where="--rank", next=f"ranks are 0 to {world - 1}")
    store = Store(folder)
    with Processes(cores) as engine, _alive(folder / "ranks" / f"{rank}-of-{world}", engine.count):
        return _worked(store, rank, world, engine, idle)


def _worked(store: Store, rank: int, world: int, engine: Processes, idle: float) -> int:
    taken: set[str] = set()
    done, out, last = 0, 0, time.monotonic()
    while out or time.monotonic() - last < idle:
        for file in _jobs(store.folder, rank, world):
            if engine.room and file.stem not in taken and (shard := _read(file)):
                taken.add(file.stem)
                same_code(shard.task)
                engine.submit(shard)
                out += 1
        if not out:
            time.sleep(_POLL)
            continue
        made = engine.collect()
        file = store.folder / made.shard.task.folder / f"{made.shard.digest}.pack"
        write_pack(file, [(row_key(unit.key), row) for unit, row in zip(made.shard.units, made.rows or (), strict=True)])
        file.with_suffix(".job").unlink(missing_ok=True)
        taken.discard(file.stem)
        done, out, last = done + 1, out - 1, time.monotonic()
    return done


def _jobs(folder: Path, rank: int, world: int) -> list[Path]:
    """The jobs that fall to a rank, in the order of their digests."""
    return sorted((file for file in folder.glob("*/*.job") if _falls_to(file.stem, world) == rank), key=lambda file: file.stem)


def _falls_to(digest: str, world: int) -> int:
    return int(digest[:8], 16) % world


def _read(file: Path) -> Shard | None:
    """The shard of a job; None where it is gone already."""
    try:
        function, version, parameters, units = marshal.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    return Shard(Task(function, version, parameters), tuple(map(Unit._make, units)))


def _write(file: Path, shard: Shard) -> None:
    task = shard.task
    data = marshal.dumps((task.function, task.version, dict(task.parameters), [tuple(unit) for unit in shard.units]))
    with atomic(file) as temporary:
        temporary.write_bytes(data)


@contextmanager
def _alive(file: Path, cores: int) -> Iterator[None]:
    """Show in `file` that this process lives, as long as it does."""
    ended = threading.Event()
    file.parent.mkdir(exist_ok=True)

    def beat() -> None:
        count = 0
        while True:
            count += 1
            with atomic(file) as temporary:
                temporary.write_text(f"{cores} {os.getpid()} {count}")
            if ended.wait(BEAT):
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        file.unlink(missing_ok=True)


class _Sign(NamedTuple):
    """The last sign of life of a rank."""

    text: str
    seen: float
    rank: int
    world: int
    cores: int


class Ranks:
    """The coordinator's side: gives shards to the ranks that live, computes by its `own` engine what falls to none of them.

    To be used with the store that is given to `mapped`.
    """

    def __init__(self, store: Store, own: Engine, *, patience: float = PATIENCE) -> None:
        self._store, self._own, self._patience = store, own, patience
        self._out: OrderedDict[str, Shard] = OrderedDict()
        """Shards that a rank should be computing, by digest."""
        self._mine = 0
        """Shards that our own engine has."""
        self._signs: dict[str, _Sign] = {}
        self._looked = 0.0

    @property
    def room(self) -> bool:
        """Whether the ranks could run out of work, or our own engine has."""
        living = self._living()
        return len(self._out) < _AHEAD * sum(sign.cores for sign in living) if living else self._own.room and len(self._out) < _AHEAD

    def submit(self, shard: Shard) -> None:
        """Write the job; results that stand there already were no good, or nobody would ask."""
        self._file(shard, ".pack").unlink(missing_ok=True)
        _write(self._file(shard, ".job"), shard)
        self._out[shard.digest] = shard

    def collect(self) -> Made:
        """A shard that a rank or our own engine has done."""
        while True:
            for shard in self._out.values():
                if self._file(shard, ".pack").is_file():
                    del self._out[shard.digest]
                    return self._settled(Made(shard, None))
            self._take_over()
            if self._mine:
                self._mine -= 1
                return self._settled(self._own.collect())
            time.sleep(_POLL)

    def stop(self) -> None:
        """Take back the jobs that nobody has done."""
        for shard in self._out.values():
            self._file(shard, ".job").unlink(missing_ok=True)
        self._out.clear()
        self._own.stop()
        self._mine = 0

    def _settled(self, made: Made) -> Made:
        self._file(made.shard, ".job").unlink(missing_ok=True)
        return made

    def _take_over(self) -> None:
        """Compute here what falls to no rank that lives."""
        living = self._living()
        for shard in list(self._out.values()):
            if not self._own.room:
                return
            if not any(_falls_to(shard.digest, sign.world) == sign.rank for sign in living):
                del self._out[shard.digest]
                self._own.submit(shard)
                self._mine += 1

    def _living(self) -> list[_Sign]:
        """The ranks whose sign of life changed a short time ago, by our own clock: those of other machines may differ."""
        now = time.monotonic()
        if now - self._looked > BEAT / 4:
            self._looked = now
            for file in (self._store.folder / "ranks").glob("[0-9]*-of-*"):
                with suppress(FileNotFoundError, ValueError):
                    text = file.read_text()
                    if file.name not in self._signs or self._signs[file.name].text != text:
                        rank, _, world = file.name.partition("-of-")
                        self._signs[file.name] = _Sign(text, now, int(rank), int(world), int(text.split()[0]))
        return [sign for sign in self._signs.values() if now - sign.seen < self._patience]

    def _file(self, shard: Shard, suffix: str) -> Path:
        return self._store.folder / shard.task.folder / f"{shard.digest}{suffix}"
