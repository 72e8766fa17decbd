"""Trains the tiny model in a folder: run as a program, so that it can be killed for real."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from idiolect.train.attention import NAME
from idiolect.train.data import draw, pack, steps, validation
from idiolect.train.fit import Course, Progress, fit
from idiolect.train.plan import Settings
from idiolect.train.step import Learner

from . import tiny

SETTINGS = Settings(
    rank=4, alpha=8, learning_rate=1e-2, length=48, batch_tokens=96, step_tokens=192, validation_tokens=150, evaluations=5, save_seconds=0.0
)


def course(tokens: int = 12_000, settings: Settings = SETTINGS, judged: int = 10) -> Course:
    own = [tiny.text(8 + at % 40, at, share=0.8) for at in range(60)]
    first = steps("pretrain", pack(draw([(own, 1.0)], tokens // 2, "p"), settings.batch_tokens, "p"), settings.step_tokens)
    second = steps("instruct", pack(draw([(own[:20], 1.0)], tokens // 2, "i"), settings.batch_tokens, "i"), settings.step_tokens)
    return Course((*first, *second), validation(own[:judged], settings.validation_tokens, settings.batch_tokens, "v"))


def learner(settings: Settings = SETTINGS) -> Learner:
    base = tiny.model()
    base.set_attn_implementation(NAME)
    return Learner(base, settings)


def train(folder: Path, settings: Settings = SETTINGS) -> tuple[Progress, bytes]:
    """Train, or go on; return where it ended and the bytes of the best adapter's file."""
    subject = learner(settings)
    ended = fit(subject, course(), settings, folder)
    return ended, subject.save(ended.best, folder / "adapter", "tiny").read_bytes()


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(Path(sys.argv[1]))
