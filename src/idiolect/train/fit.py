"""The loop: steps in a fixed order, the best adapter by validation loss, checkpoints to go on from."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from idiolect.errors import DataError
from idiolect.files import digest_json, write_json
from idiolect.train import checkpoint
from idiolect.train.data import Pack, Step, digest
from idiolect.train.plan import Settings, evaluated, rate
from idiolect.train.report import Curve, Meter, Say, say, spell
from idiolect.train.step import Learner, batch

_EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}


@dataclass(frozen=True)
class Course:
    """What is learned, in order, and what the learning is judged by."""

    steps: tuple[Step, ...]
    validation: Mapping[str, Sequence[Pack]]
    """By kind."""

    @property
    def tokens(self) -> int:
        """Of all steps."""
        return sum(step.tokens for step in self.steps)

    def digest(self, settings: Settings) -> str:
        """Names the lessons and the numbers that the result depends on."""
        numbers = {key: value for key, value in vars(settings).items() if key != "save_seconds"}
        judged = digest([Step("pretrain", tuple(packs)) for packs in self.validation.values()])
        return digest_json([digest(self.steps), judged, numbers])


@dataclass
class Progress:
    """Where a run stands; all of it goes into a checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Spent learning, evaluating and saving, in all sittings."""
    best_step: int = -1
    best_loss: float = math.inf
    """Mean validation loss in nats per token, at `best_step`."""
    first_loss: float = math.nan
    """The same before the first step: that of the base."""
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    """The adapter at `best_step`."""

    def facts(self) -> dict[str, Any]:
        """All but the tensors, as JSON."""
        return {key: value for key, value in vars(self).items() if key != "best"}


def fit(learner: Learner, course: Course, settings: Settings, folder: Path) -> Progress:
    """Go through the course, from the newest sound checkpoint in `folder` if there is one; return where it ended.

    SIGINT or SIGTERM end the step, save, and leave with SystemExit 130 or 143; a second signal leaves at once. A loss that is no number
    is a DataError, its samples are named in `nan.json`; the last checkpoint stands.
    """
    return _Fit(learner, course, settings, folder).run()


class _Fit:
    """One sitting of a training run."""

    def __init__(self, learner: Learner, course: Course, settings: Settings, folder: Path) -> None:
        self.learner, self.course, self.settings = learner, course, settings
        self.folder, self.checkpoints = folder, folder / "checkpoints"
        self.name = course.digest(settings)
        self.progress = self._resumed(say)
        kept = self.progress.step or -1  # where nothing was saved, even what was noted of the base is noted again
        self.metrics, self.losses = Curve(folder / "metrics.jsonl", kept), Curve(folder / "validation.jsonl", kept)
        self.begun = time.monotonic() - self.progress.seconds
        self.saved = time.monotonic()

    def run(self) -> Progress:
        """Every step that is left."""
        steps, progress = len(self.course.steps), self.progress
        evaluations = evaluated(self.settings, steps)
        with _signals() as caught, Meter(steps) as meter:
            if progress.step == 0 and math.isnan(progress.first_loss):
                self._validate()
            while progress.step < steps:
                loss = self._step(steps)
                if progress.step in evaluations:
                    self._validate()
                self._tell(meter, loss)
                if progress.step in evaluations or caught or time.monotonic() - self.saved >= self.settings.save_seconds:
                    self._save()
                if caught:
                    self._leave(caught[0], steps)
        return progress

    def _step(self, steps: int) -> float:
        progress = self.progress
        step = self.course.steps[progress.step]
        speed = rate(self.settings, progress.step + 1, steps)
        batches = [batch(pack, self.learner.device) for pack in step.packs]
        loss, norm = self.learner.learn(batches, speed)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._refuse(step, loss, norm)
        progress.step += 1
        progress.tokens += step.tokens
        progress.seconds = time.monotonic() - self.begun
        self.metrics.add(
            step=progress.step, phase=step.phase, loss=round(loss, 6), norm=round(norm, 6), rate=speed,
            tokens=progress.tokens, seconds=round(progress.seconds, 2),
        )  # fmt: skip
        return loss

    def _refuse(self, step: Step, loss: float, norm: float) -> None:
        """Stop at a loss or a gradient that is no number, and say on which samples; the weights are untouched by it."""
        samples = sorted({text.sample for pack in step.packs for text in pack})
        write_json(self.folder / "nan.json", {"step": self.progress.step + 1, "loss": str(loss), "norm": str(norm), "samples": samples})
        raise DataError(
            f"at step {self.progress.step + 1} the loss is {loss} and its gradient {norm}",
            where=str(self.folder / "nan.json"),
            next=f"lower [train] learning_rate (now {self.settings.learning_rate:g}); the samples of that step stand in the file",
        )

    def _validate(self) -> None:
        """Take the validation loss and keep the adapter where it is the best so far; without validation lessons the newest is kept."""
        progress = self.progress
        if not self.course.validation:
            progress.best, progress.best_step = self.learner.adapter(), progress.step
            return
        sums = self.learner.evaluate(self.course.validation)
        loss = sum(part for part, _ in sums.values()) / sum(weight for _, weight in sums.values())
        if not math.isfinite(loss):
            raise DataError(
                f"the validation loss is {loss} after step {progress.step}",
                where=str(self.folder),
                next=f"lower [train] learning_rate (now {self.settings.learning_rate:g})"
                if progress.step
                else "the base is damaged; get it anew",
            )
        kinds = {kind: round(part / weight, 6) for kind, (part, weight) in sums.items()}
        self.losses.add(step=progress.step, loss=round(loss, 6), kinds=kinds, tokens=progress.tokens)
        if progress.step == 0:
            progress.first_loss = loss
        elif loss < progress.best_loss or not progress.best:
            progress.best, progress.best_step, progress.best_loss = self.learner.adapter(), progress.step, loss

    def _save(self) -> None:
        progress = self.progress
        progress.seconds = time.monotonic() - self.begun
        tensors = {**self.learner.state(), **{f"best.{name}": one for name, one in progress.best.items()}, "random": torch.get_rng_state()}
        checkpoint.save(self.checkpoints, progress.step, tensors, {**progress.facts(), "course": self.name})
        self.saved = time.monotonic()

    def _resumed(self, warn: Say) -> Progress:
        found = checkpoint.newest(self.checkpoints, warn)
        if found is None:
            return Progress()
        if found.facts.pop("course") != self.name:
            raise DataError(
                "the checkpoint is of other lessons or other settings",
                where=str(self.checkpoints),
                next="delete this folder to train anew",
            )
        self.learner.restore(found.tensors)
        torch.set_rng_state(found.tensors["random"])
        best = {name.removeprefix("best."): one for name, one in found.tensors.items() if name.startswith("best.")}
        warn(f"going on after step {found.step}")
        return Progress(**found.facts, best=best)

    def _tell(self, meter: Meter, loss: float) -> None:
        progress = self.progress
        speed = progress.tokens / max(progress.seconds, 1e-9)
        meter.step(progress.step, loss, speed, (self.course.tokens - progress.tokens) / max(speed, 1e-9))

    def _leave(self, number: signal.Signals, steps: int) -> None:
        step, seconds = self.progress.step, spell(self.progress.seconds)
        say(f"stopped by {number.name} after step {step} of {steps} ({seconds}); it is saved: the same command goes on from there")
        raise SystemExit(_EXIT[number])


@contextmanager
def _signals() -> Iterator[list[signal.Signals]]:
    """A list that the first SIGINT or SIGTERM is put into; a second one does what it always does."""
    caught: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught  # only the main thread may listen
        return
    before = {number: signal.getsignal(number) for number in _EXIT}

    def catch(number: int, _: FrameType | None) -> None:
        caught.append(signal.Signals(number))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    for number in _EXIT:
        signal.signal(number, catch)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
