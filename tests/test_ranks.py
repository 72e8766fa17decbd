"""Workers of any scheduler: real processes that meet in a folder, one of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idiolect import compute
from idiolect.compute import Here, Processes, Ranks, Store, Unit, mapped
from idiolect.errors import ToolError, UsageError
from tests import work

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "idiolect.toml").write_text('name = "acme"\n')
    return Store(tmp_path / ".idiolect" / "cache" / compute.FOLDER)


@contextmanager
def workers(folder: Path, world: int) -> Iterator[list[subprocess.Popen[str]]]:
    """All ranks of a world, at work on one core each."""
    words = [sys.executable, "-m", "idiolect", "worker", "--world", str(world), "--cores", "1", "--idle", "60", "--recipe", str(folder)]
    started = [subprocess.Popen([*words, "--rank", str(rank)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) for rank in range(world)]
    try:
        until = time.monotonic() + 30
        while len(list(folder.glob(".idiolect/cache/units/ranks/[0-9]*"))) < world and time.monotonic() < until:
            time.sleep(0.05)
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def units(count: int, folder: Path, seconds: float) -> list[Unit]:
    folder.mkdir()
    return [Unit(str(number), (str(number), seconds, str(folder)), 1 << 18) for number in range(count)]


def test_two_workers_compute_and_one_that_is_killed_is_replaced(tmp_path: Path, store: Store) -> None:
    given = units(160, tmp_path / "noted", 0.02)
    with workers(tmp_path, 2) as (first, second), Processes(1) as own:
        found = mapped(compute.task(work.noted), given, store, Ranks(store, own, patience=2.5))
        names = [next(found)]
        first.send_signal(signal.SIGKILL)
        names += list(found)
        assert second.poll() is None
    assert names == [unit.value[0] for unit in given]
    assert store.counts["computed"] == len(given)
    computed = [file.name.split("-") for file in (tmp_path / "noted").iterdir()]
    assert {name for name, _ in computed} == set(names)
    assert len({process for _, process in computed}) == 3
    assert not list(store.folder.rglob("*.job"))


def test_without_any_worker_the_coordinator_computes_all_itself(tmp_path: Path, store: Store) -> None:
    given = units(20, tmp_path / "noted", 0.0)
    assert list(mapped(compute.task(work.noted), given, store, Ranks(store, Here()))) == [str(number) for number in range(20)]


def test_a_worker_with_another_version_of_the_code_says_so_and_leaves(tmp_path: Path, store: Store) -> None:
    newer = compute.Task("tests.work:squares", 2)
    ranks = Ranks(store, Here())
    ranks.submit(compute.Shard(newer, (Unit("1", 1),)))
    with pytest.raises(ToolError, match="has version 1 here, and version 2 where the work comes from; install the same code"):
        compute.work(store.folder, 0, 1, cores=1, idle=0.1)


def test_a_worker_without_work_leaves_and_takes_its_sign_away(store: Store) -> None:
    assert compute.work(store.folder, 1, 2, cores=1, idle=0.05) == 0
    assert not list((store.folder / "ranks").iterdir())


def test_a_rank_that_the_world_does_not_have_is_a_misuse(store: Store) -> None:
    with pytest.raises(UsageError, match="there is no rank 2 of 2; ranks are 0 to 1"):
        compute.work(store.folder, 2, 2)


def test_a_failure_that_may_not_come_again_is_given_to_the_workers_again(tmp_path: Path, store: Store) -> None:
    failing = compute.task(work.hostile)
    for _ in range(2):
        thread = threading.Thread(target=compute.work, args=(store.folder, 0, 1), kwargs={"cores": 1, "idle": 1.0})
        thread.start()
        while not list(store.folder.glob("ranks/0-of-1")):
            time.sleep(0.01)
        found = list(mapped(failing, [Unit("raise", "raise")], store, Ranks(store, Here())))
        thread.join()
        assert [one.reason for one in found] == ["error"]
    assert store.counts["computed"] == 2
