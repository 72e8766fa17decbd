"""A map of a pure function over many units, on whatever machines there are; the only place that knows of machines.

    found = compute.task(outlines, grammar="0.24")                  # a function marked `@pure(version)`
    units = (compute.Unit(one.blob, (one.path, one.blob), one.size) for one in files)
    with compute.Processes() as engine:
        for outline in compute.mapped(found, units, store, engine): ...

Results come in the order of the units, however many there are, and memory stays bounded. Each result stands in the store under
the digest of function, code version, parameters and input, so that one table of results is three things at once: the
incremental cache (what lies there is not computed again), the crash safety (after a kill the next start goes on) and the unit of
distribution (who computed it does not matter). Engines have one signature: `Here`, `Processes`, `Ranks`, `compute.on_ray.Ray`.
"""

from idiolect.compute.choice import ENGINES, engine
from idiolect.compute.engines import Engine, Here, Made
from idiolect.compute.mapping import mapped
from idiolect.compute.processes import Processes
from idiolect.compute.ranks import FOLDER, Ranks, work
from idiolect.compute.shuffle import groups, shuffled
from idiolect.compute.store import Store
from idiolect.compute.tasks import Shard, Task, Unit, pure, task
from idiolect.sandbox import Failed, Limits

__all__ = [
    "ENGINES", "FOLDER", "Engine", "Failed", "Here", "Limits", "Made", "Processes", "Ranks", "Shard", "Store", "Task", "Unit",
    "engine", "groups", "mapped", "pure", "shuffled", "task", "work",
]  # fmt: skip
