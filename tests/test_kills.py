"""SIGKILL at any time, of the process or of its workers: the next start goes on and comes to the same digest."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from idiolect.compute import Here
from tests import kills

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from tests.kills import main; main()", str(folder)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what a shell started in the background does not hear it
    )  # fmt: skip


def workers(of: int) -> list[int]:
    """The workers of a process."""
    folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [
        int(folder.name)
        for folder in folders
        if f"\nPPid:\t{of}\n" in read(folder / "status") and "sandbox_child" in read(folder / "cmdline")
    ]


def read(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def gone(process: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (working := "sandbox_child" in read(Path(f"/proc/{process}/cmdline"))) and time.monotonic() < until:
        time.sleep(0.01)
    return not working


def ended(process: subprocess.Popen[str]) -> str:
    """What a build that was left alone prints."""
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0
    return said.strip()


def killed(folder: Path, times: int) -> None:
    """Kill builds at random times; one in three goes on from nothing, the others from what the kills before left."""
    seed = random.randrange(1 << 30)
    sys.stdout.write(f"seed {seed}\n")
    dice, expected = random.Random(seed), kills.build(folder / "whole", Here())
    begin = time.monotonic()
    assert ended(start(folder / "first")) == expected
    longest = time.monotonic() - begin
    for _ in range(times):
        process = start(folder / "killed")
        time.sleep(dice.uniform(0.0, longest))
        left = workers(process.pid)
        process.kill()
        assert process.communicate()[0].strip() in ("", expected)
        assert all(gone(worker, 1.0) for worker in left)
        if dice.random() < 1 / 3:
            assert ended(start(folder / "killed")) == expected
            shutil.rmtree(folder / "killed")
    assert ended(start(folder / "killed")) == expected


def test_after_five_kills_the_digest_is_the_same(tmp_path: Path) -> None:
    killed(tmp_path, 5)


@pytest.mark.long
def test_after_a_hundred_kills_the_digest_is_the_same(tmp_path: Path) -> None:
    killed(tmp_path, 100)


def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path: Path) -> None:
    expected = kills.build(tmp_path / "whole", Here())
    process = start(tmp_path / "build")
    while not (found := workers(process.pid)):
        assert process.poll() is None
        time.sleep(0.005)
    os.kill(found[0], signal.SIGKILL)
    assert ended(process) == expected


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_interrupted_ends_its_workers(tmp_path: Path, sent: signal.Signals) -> None:
    process = start(tmp_path / "build")
    while not (found := workers(process.pid)):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(sent)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert all(gone(worker, 1.0) for worker in found)
