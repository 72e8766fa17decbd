"""A real cluster of two Ray nodes on this machine, one of them killed at work. Skips plainly where ray is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from idiolect import compute
from idiolect.compute import Failed, Store, Unit, mapped
from idiolect.compute.on_ray import Ray
from idiolect.errors import ToolError
from tests import work

ROOT = Path(__file__).parent.parent


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # ray's own
def test_a_cluster_that_loses_a_node_at_work_computes_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="skipped: the extra `ray` is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), str(ROOT)]))  # what the nodes inherit
    given = [Unit(str(number), (str(number), 0.02, str(tmp_path)), 1 << 18) for number in range(200)]
    given.insert(100, Unit("segfault", ("segfault", 0.0, str(tmp_path))))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        other = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        with Ray(cluster.address) as engine:
            found = mapped(compute.task(work.noted), given, Store(tmp_path / "units"), engine)
            names: list[Any] = [next(found)]
            until = time.monotonic() + 60
            while len(working(tmp_path)) < 2 and time.monotonic() < until:
                time.sleep(0.02)
            before = working(tmp_path)
            cluster.remove_node(other, allow_graceful=False)
            names += list(found)
    finally:
        cluster.shutdown()
    assert names.pop(100) == Failed("crashed", "SIGSEGV", lasting=True)
    assert names == [str(number) for number in range(200)]
    assert len(before) == 2


def working(folder: Path) -> set[str]:
    """The processes that have computed something."""
    return {file.name.rpartition("-")[2] for file in folder.glob("[0-9]*-*")}


def test_without_ray_a_sentence_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['ray'] = None; from idiolect.compute.on_ray import Ray; Ray()"
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True
    )
    assert f"{ToolError.__name__}: the cluster needs the library 'ray'; install it with: pip install 'idiolect[ray]'" in ended.stderr
