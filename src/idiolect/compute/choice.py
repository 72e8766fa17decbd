"""Which engine: by one word, as the command line has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from idiolect.compute.engines import Engine, Here
from idiolect.compute.processes import Processes
from idiolect.compute.ranks import Ranks
from idiolect.compute.store import Store
from idiolect.errors import UsageError
from idiolect.sandbox import Limits

ENGINES = ("processes", "ranks", "ray", "here")


@contextmanager
def engine(name: str, store: Store, *, cores: int = 0, limits: Limits | None = None) -> Iterator[Engine]:
    """An engine that works until the block ends: one of ENGINES, or `ray:ADDRESS` for a cluster that runs already."""
    kind, _, address = name.partition(":")
    if kind not in ENGINES or (address and kind != "ray"):
        raise UsageError(f"there is no engine '{name}'", where="--engine", next=f"there are: {', '.join(ENGINES)} and ray:ADDRESS")
    if kind == "here":
        yield Here()
    elif kind == "ray":
        from idiolect.compute.on_ray import Ray

        with Ray(address, cores=cores) as cluster:
            yield cluster
    else:
        with Processes(cores, limits) as own:
            yield own if kind == "processes" else Ranks(store, own)
