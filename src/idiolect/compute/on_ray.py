"""The engine of a Ray cluster: Ray core tasks, one for each shard. The only module that imports ray.

Results come back through Ray and are kept by the coordinator, so that the machines need no folder in common for them. Ray
computes a shard again whose node has gone. On each node a shard is done by a worker within limits, as on one machine.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import Any, Self

from idiolect.compute.engines import Made
from idiolect.compute.processes import Processes
from idiolect.compute.tasks import Shard, same_code
from idiolect.errors import IdiolectError, ToolError

_RETRIES = 10
"""How often a shard is begun again whose node or process has gone."""
_AHEAD = 2
"""Shards that are out for each core of the cluster."""


class Ray:
    """Computes on the Ray cluster at `address`; without one, on a cluster of this machine alone that ends with it."""

    def __init__(self, address: str = "", *, cores: int = 0) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ToolError(f"the cluster needs the library '{error.name}'", next="install it with: pip install 'idiolect[ray]'") from None
        self._ray: Any = ray
        where: dict[str, Any] = {"address": address} if address else {"include_dashboard": False, "num_cpus": cores or None}
        try:
            ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
        except ConnectionError as error:
            raise ToolError(f"no Ray cluster answers ({error})", where=address, next="start one with: ray start --head") from error
        self._compute = ray.remote(num_cpus=1, max_retries=_RETRIES)(computed)
        self._out: dict[Any, Shard] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def room(self) -> bool:
        """Whether there are fewer shards out than the cluster could work on soon."""
        return len(self._out) < _AHEAD * max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def submit(self, shard: Shard) -> None:
        """Hand a shard to the cluster."""
        self._out[self._compute.remote(shard)] = shard

    def collect(self) -> Made:
        """Wait for a shard. A cluster that has lost it for good is a ToolError."""
        (done,), _ = self._ray.wait(list(self._out), num_returns=1)
        shard = self._out.pop(done)
        try:
            return Made(shard, self._ray.get(done))
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(cause := error.cause, IdiolectError):
                raise cause from error
            raise
        except self._ray.exceptions.RayError as error:
            raise ToolError(
                f"the Ray cluster lost a shard ({type(error).__name__})", next="look at its nodes, then start again; finished work is kept"
            ) from error

    def stop(self) -> None:
        """Cancel what is out."""
        for reference in self._out:
            self._ray.cancel(reference, force=True)
        self._out.clear()

    def close(self) -> None:
        """Leave the cluster."""
        self.stop()
        self._ray.shutdown()


def computed(shard: Shard) -> list[bytes]:
    """The rows of a shard, computed on this node."""
    same_code(shard.task)
    engine = _engine()
    engine.submit(shard)
    return engine.collect().rows or []


@cache
def _engine() -> Processes:
    """One worker for each process of Ray's, which ends with it."""
    return Processes(1)
