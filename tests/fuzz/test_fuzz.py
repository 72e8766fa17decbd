"""Nothing that a stranger wrote brings a reader down, or keeps it busy without end.

IDIOLECT_FUZZ_SECONDS=30 pytest tests/fuzz -m long        # a shorter long run; it takes ten minutes with each of two fuzzers else
"""

from __future__ import annotations

import base64
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.inputs import inputs, own_words, seeds, words
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parent.parent.parent
SECONDS = float(os.environ.get("IDIOLECT_FUZZ_SECONDS", "600"))
"""That all targets take together, with each fuzzer."""
LONGEST = 10.0
"""Seconds of processor time that one input may take."""
READERS = [name for name in TARGETS if name not in ("tar", "tgz", "txz", "zip", "parquet", "columns")]
"""Of text."""


def timed(name: str, data: bytes, most: float = LONGEST) -> None:
    start = time.process_time()
    TARGETS[name](data)
    assert (took := time.process_time() - start) < most, f"{name} took {took:.1f} s for {data[:80]!r}, {len(data)} bytes"


def fuzzed(name: str, count: int, seed: int) -> None:
    """So many inputs, drawn from the seed; what fails is made small and shown."""
    quiet = settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
    )
    given(inputs(name))(quiet(hypothesis.seed(seed)(lambda data: timed(name, data))))()


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_damaged_inputs_are_read_or_refused(name: str) -> None:
    for seed in seeds(name):
        timed(name, seed)
    fuzzed(name, 25, seed=int.from_bytes(os.urandom(4)))


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_inputs_for_ten_minutes_are_read_or_refused(name: str) -> None:
    until, count = time.monotonic() + SECONDS / len(TARGETS), 0
    while time.monotonic() < until:
        seed = int.from_bytes(os.urandom(4))
        fuzzed(name, 200, seed)
        count += 200
    print(f"{name}: {count:,} inputs")  # noqa: T201


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_inputs_found_by_coverage_for_ten_minutes_are_read_or_refused(name: str, tmp_path: Path) -> None:
    if not importlib.util.find_spec("atheris"):
        pytest.skip("skipped: atheris is not installed (`pip install atheris`)")
    for number, seed in enumerate(seeds(name)):
        (tmp_path / str(number)).write_bytes(seed)
    place = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), *sys.path[1:]])}
    command = [sys.executable, "-m", "tests.fuzz", name, str(max(1, round(SECONDS / len(TARGETS)))), str(tmp_path)]
    ended = subprocess.run(command, env=place, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    failed = [base64.b64encode(file.read_bytes()) for file in tmp_path.glob("*-*") if file.name.startswith(("crash-", "timeout-", "oom-"))]
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\nthe input in base64: {failed}\n{ended.stderr[-500:]}"
    print(f"{name}: {ended.stderr[-200:]}")  # noqa: T201


def repeated(name: str, leads: Sequence[bytes], size: int) -> None:
    """Runs of each word, behind each lead, so long that whatever grows faster than they do is seen."""
    for word in words(name):
        for lead in leads:
            run = word * (size // len(word))
            timed(name, lead + (run if word != b"\0" else b"") + b'\n"x\xc3\xa9', LONGEST * size / 100_000)


@pytest.mark.parametrize("name", [name for name in READERS if name != "lessons"])
def test_no_run_of_a_word_keeps_a_reader_busy(name: str) -> None:
    repeated(name, [b"# a "], 6_000)


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
def test_no_long_run_of_a_word_behind_another_keeps_a_reader_busy(name: str) -> None:
    repeated(name, [b"", b"# a ", b"a = ", *own_words(name)], 30_000)
