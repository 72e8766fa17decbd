"""One function, one child, its limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from idiolect.errors import ResourceError
from idiolect.sandbox import Failed, Limits, limited, path_of
from tests import work

ROOT = Path(__file__).parent.parent


def test_a_function_is_done_in_a_child_and_its_result_comes_back() -> None:
    assert limited(work.squares, 12, plus=1) == 145


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("segfault", Failed("crashed", "SIGSEGV", lasting=True)),
        ("allocate", Failed("out-of-memory", lasting=True)),
        ("spin", Failed("too-slow", "processor time", lasting=True)),
        ("sleep", Failed("too-slow", "by the clock")),
        ("kill", Failed("killed", "SIGKILL")),
        ("leave", Failed("ended", "exit code 0")),
    ],
)
def test_what_happens_to_the_child_is_told(fault: str, failed: Failed) -> None:
    assert limited(work.hostile, fault, Limits(memory=1 << 30, seconds=0.3, wall=0.5 if fault == "sleep" else 30)) == failed


def test_a_file_that_grows_too_large_is_a_fault_of_its_unit(tmp_path: Path) -> None:
    found = limited(work.hostile, f"write:{tmp_path / 'large'}", Limits(file_bytes=10 << 20))
    assert (found.reason, found.detail[:7]) == ("error", "OSError")
    assert (tmp_path / "large").stat().st_size <= 10 << 20


def test_an_error_that_the_user_can_mend_is_raised_here() -> None:
    with pytest.raises(ResourceError) as caught:
        limited(work.hostile, "full")
    assert (caught.value.what, caught.value.where, caught.value.next) == ("the disk is full", "somewhere", "free some space")


def test_a_function_that_has_no_name_for_others_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be found by name"):
        path_of(lambda inputs: inputs)


def test_a_child_that_is_at_work_ends_with_its_parent() -> None:
    code = (
        "from idiolect.sandbox import Limits, Worker, path_of; from tests import work; worker = Worker(Limits()); worker.take(); "
        "worker.give(path_of(work.hostile), {}, ['spin']); print(worker.process.pid, flush=True); worker.take()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 2
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{child}").exists()
