import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from idiolect.errors import DataError
from idiolect.train import checkpoint, report
from idiolect.train.fit import Course, fit
from idiolect.train.step import Batch, Learner

from . import child, tiny

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The folder and the adapter of a run that nothing disturbed."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("straight")
    return folder, child.train(folder)[1]


def lines(folder: Path) -> int:
    file = folder / "metrics.jsonl"
    return file.read_text().count("\n") if file.exists() else 0


def killed(folder: Path, step: int) -> None:
    """Start the same training in a process of its own and kill it once it has done `step` steps."""
    process = subprocess.Popen([sys.executable, "-m", "tests.train.child", str(folder)], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while lines(folder) < step:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()


def curve(folder: Path) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in report.rows(folder / "metrics.jsonl")]


def check_kill(folder: Path, straight: tuple[Path, bytes], seed: int) -> None:
    step = random.Random(seed).randint(1, 40)
    sys.stdout.write(f"seed {seed}: killed after step {step}\n")  # shown where the test fails
    killed(folder, step)
    assert child.train(folder)[1] == straight[1]
    assert curve(folder) == curve(straight[0])
    assert report.rows(folder / "validation.jsonl") == report.rows(straight[0] / "validation.jsonl")


def test_a_killed_run_goes_on_to_the_same_adapter_bit_for_bit(tmp_path: Path, straight: tuple[Path, bytes]) -> None:
    check_kill(tmp_path, straight, random.SystemRandom().randrange(2**32))


def test_what_was_noted_before_anything_was_saved_is_noted_once(tmp_path: Path, straight: tuple[Path, bytes]) -> None:
    begun = report.rows(straight[0] / "validation.jsonl")[0]
    assert begun["step"] == 0
    report.Curve(tmp_path / "validation.jsonl", -1).add(**begun)
    assert child.train(tmp_path)[1] == straight[1]
    assert report.rows(tmp_path / "validation.jsonl") == report.rows(straight[0] / "validation.jsonl")


@pytest.mark.long
def test_kills_at_twenty_random_steps_change_nothing(tmp_path: Path, straight: tuple[Path, bytes]) -> None:
    for turn in range(20):
        check_kill(tmp_path / str(turn), straight, random.SystemRandom().randrange(2**32))


def test_a_damaged_checkpoint_costs_a_step_and_nothing_else(
    tmp_path: Path, straight: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fit(Interrupted(signal.SIGINT, at=6), child.course(), child.SETTINGS, tmp_path)
    newest = sorted((tmp_path / "checkpoints").iterdir())[-1] / "tensors.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert child.train(tmp_path)[1] == straight[1]
    assert "is damaged" in capsys.readouterr().err


class Interrupted(Learner):
    """Sends its own process a signal while it learns."""

    def __init__(self, number: signal.Signals, at: int) -> None:
        plain = tiny.model()
        plain.set_attn_implementation("idiolect_texts")
        super().__init__(plain, child.SETTINGS)
        self.number, self.left = number, at

    def learn(self, batches: Sequence[Batch], rate: float) -> tuple[float, float]:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.number)
        return super().learn(batches, rate)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_step_saves_and_leaves(
    number: signal.Signals, code: int, tmp_path: Path, straight: tuple[Path, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as left:
        fit(Interrupted(number, at=3), child.course(), replace(child.SETTINGS, save_seconds=1e9), tmp_path)
    assert left.value.code == code
    assert signal.getsignal(number) is before
    saved = checkpoint.newest(tmp_path / "checkpoints", str)
    assert saved is not None
    assert saved.step == 3
    assert f"stopped by {number.name} after step 3 of" in capsys.readouterr().err
    assert child.train(tmp_path)[1] == straight[1]


def test_the_best_adapter_is_kept_and_not_the_last(tmp_path: Path) -> None:
    settings = replace(child.SETTINGS, learning_rate=0.3, evaluations=8)
    ended = fit(child.learner(settings), child.course(settings=settings), settings, tmp_path)
    judged = {row["step"]: row["loss"] for row in report.rows(tmp_path / "validation.jsonl") if row["step"]}
    assert ended.best_step == min(judged, key=lambda step: judged[step])
    assert ended.best_loss == pytest.approx(min(judged.values()), abs=1e-6)
    assert max(judged) == ended.step


def test_without_validation_the_last_adapter_is_kept(tmp_path: Path) -> None:
    subject = child.learner()
    ended = fit(subject, Course(child.course().steps, {}), child.SETTINGS, tmp_path)
    assert ended.best_step == ended.step
    assert all(torch.equal(one, subject.masters[name]) for name, one in ended.best.items())


def test_a_checkpoint_of_other_lessons_or_settings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        fit(Interrupted(signal.SIGINT, at=2), child.course(), child.SETTINGS, tmp_path)
    for course, settings in ((child.course(tokens=10_000), child.SETTINGS), (child.course(), replace(child.SETTINGS, learning_rate=2e-2))):
        with pytest.raises(DataError, match="other lessons or other settings"):
            fit(child.learner(), course, settings, tmp_path)


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_samples(tmp_path: Path) -> None:
    settings = replace(child.SETTINGS, learning_rate=1e36, evaluations=1)
    with pytest.raises(DataError, match="lower \\[train\\] learning_rate"):
        fit(child.learner(settings), child.course(settings=settings, judged=0), settings, tmp_path)
    assert json.loads((tmp_path / "nan.json").read_text())["samples"]


def test_a_damaged_base_is_found_before_the_first_step(tmp_path: Path) -> None:
    subject = child.learner()
    with torch.no_grad():
        subject.base.get_input_embeddings().weight[5] = float("nan")
    with pytest.raises(DataError, match="the base is damaged"):
        fit(subject, child.course(), child.SETTINGS, tmp_path)
    assert not lines(tmp_path)
