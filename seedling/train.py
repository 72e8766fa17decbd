"""Train the seedling: Muon for matrices, AdamW for the rest, constant rate and then a linear fall to zero.

The first part runs on short rows, the last half of the fall on rows of the full length, so that late positions are learned too.
A file `finish` in the state folder begins the fall at once; the token counts stand in the log, and `--stable` and `--fall` repeat them.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seedling.model import Seedling
from seedling.tokenizer import SPECIALS, VOCABULARY

SHORT, LONG = 512, 2048
STEP_TOKENS = 4096
MICRO_TOKENS = 2048
END, FIM_MIDDLE = (VOCABULARY - len(SPECIALS) + SPECIALS.index(t) for t in ("<|endoftext|>", "<|fim_middle|>"))
CHECKPOINT_SECONDS = 300
WARMUP = 60


@dataclass
class Plan:
    """How long training lasts, in steps of `STEP_TOKENS`, and how fast it goes."""

    stable: int
    """Steps at the full rate."""
    fall: int
    """Steps of the linear fall; the second half of them on long rows."""
    matrix_rate: float = 0.02
    other_rate: float = 0.003
    seed: int = 0
    middle: float = 1.0
    """The weight of tokens that fill a hole, their end included; all other tokens weigh 1."""

    def rate(self, step: int) -> float:
        """Return the factor on both rates at a step counted from 0."""
        if step < self.stable:
            return min(1.0, (step + 1) / WARMUP)
        return max(0.0, 1 - (step + 1 - self.stable) / self.fall)

    def long(self, step: int) -> bool:
        """Whether a step takes long rows."""
        return step >= self.stable + self.fall // 2


def optimizers(model: Seedling, plan: Plan) -> list[torch.optim.Optimizer]:
    """Return Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) for the layers' matrices and AdamW for all else."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers" in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "layers" not in n]
    return [
        torch.optim.Muon(matrices, lr=plan.matrix_rate, momentum=0.95, nesterov=True, weight_decay=0.05),
        torch.optim.AdamW(others, lr=plan.other_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0),
    ]


def middle_weights(ids: Tensor, weight: float) -> Tensor | None:
    """Return what the token after each of `ids` (rows, length) weighs: `weight` between a hole's marker and the end of its text."""
    if weight == 1.0:
        return None
    place = torch.arange(1, ids.shape[1] + 1).expand_as(ids)
    opened = torch.where(ids == FIM_MIDDLE, place, 0).cummax(1).values
    ended = torch.where(ids == END, place, 0).cummax(1).values
    return torch.where(opened > ended, weight, 1.0)


class Feed:
    """Rows in an order drawn from the seed, again from the start in another order when they end."""

    def __init__(self, path: Path, seed: int) -> None:
        self.rows = np.load(path, mmap_mode="r")
        self.seed, self.taken = seed, 0

    def take(self, count: int) -> Tensor:
        """Return the next `count` rows (count, length + 1)."""
        picked = []
        for _ in range(count):
            epoch, place = divmod(self.taken, len(self.rows))
            if place == 0 or not hasattr(self, "order"):
                self.order = np.random.default_rng((self.seed, epoch)).permutation(len(self.rows))
            picked.append(self.rows[self.order[place]])
            self.taken += 1
        return torch.from_numpy(np.stack(picked).astype(np.int64))


class Training:
    """The state of a training run: everything in it goes into a checkpoint."""

    def __init__(self, state: Path, plan: Plan, compiled: bool) -> None:
        torch.manual_seed(plan.seed)
        self.state, self.plan, self.step, self.seconds = state, plan, 0, 0.0
        self.model = Seedling()
        self.loss = torch.compile(self.model.loss, dynamic=False) if compiled else self.model.loss
        self.optimizers = optimizers(self.model, plan)
        self.feeds = [Feed(state / "rows" / f"train-{n}.npy", plan.seed) for n in (SHORT, LONG)]
        self.checkpoint = state / "checkpoint.pt"

    def save(self) -> None:
        """Replace the checkpoint in one rename."""
        values: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self.optimizers],
            "taken": [f.taken for f in self.feeds],
            "step": self.step,
            "seconds": self.seconds,
            "plan": asdict(self.plan),
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(values, part)
        part.replace(self.checkpoint)

    def resume(self) -> None:
        """Go on from the checkpoint where there is one; a run that is in its fall keeps the plan that it has."""
        if not self.checkpoint.exists():
            return
        values = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(values["model"])
        for optimizer, saved in zip(self.optimizers, values["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for feed, taken in zip(self.feeds, values["taken"], strict=True):
            feed.taken = taken
        self.step, self.seconds = values["step"], values["seconds"]
        if self.step > values["plan"]["stable"]:
            self.plan = Plan(**values["plan"])

    def advance(self) -> float:
        """Make one step and return its loss in nats per token."""
        long = self.plan.long(self.step)
        length, feed = (LONG, self.feeds[1]) if long else (SHORT, self.feeds[0])
        parts = STEP_TOKENS // MICRO_TOKENS
        total = 0.0
        for _ in range(parts):
            rows = feed.take(MICRO_TOKENS // length)
            with torch.autocast("cpu", torch.bfloat16):
                loss = self.loss(rows[:, :-1], rows[:, 1:], middle_weights(rows[:, :-1], self.plan.middle)) / parts
            torch.autograd.backward(loss)
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, rate in zip(self.optimizers, (self.plan.matrix_rate, self.plan.other_rate), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * self.plan.rate(self.step)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return total


def train(state: Path, plan: Plan, threads: int, *, compiled: bool = False) -> None:
    """Train to the end of the plan, writing `checkpoint.pt` and a line to `train.log` now and then.

    Compiled, a step takes two thirds of the time, after a minute or two; it needs a C++ compiler.
    """
    torch.set_num_threads(threads)
    run = Training(state, plan, compiled)
    run.resume()
    saved, losses = time.monotonic(), []
    with (state / "train.log").open("a", encoding="utf-8") as log:
        while run.step < run.plan.stable + run.plan.fall:
            _finish(run)
            started = time.monotonic()
            losses.append(run.advance())
            run.seconds += time.monotonic() - started
            if not np.isfinite(losses[-1]):
                raise SystemExit(f"seedling: the loss is {losses[-1]} at step {run.step}")
            if run.step % 20 == 0:
                facts = {
                    "step": run.step,
                    "tokens": run.step * STEP_TOKENS,
                    "loss": round(float(np.mean(losses)), 4),
                    "seconds": round(run.seconds),
                }
                log.write(json.dumps({**facts, "rate": round(run.plan.rate(run.step - 1), 3)}) + "\n")
                log.flush()
                losses = []
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                run.save()
                saved = time.monotonic()
        run.save()
    sys.stderr.write(f"seedling: {run.step * STEP_TOKENS:,} tokens in {run.seconds / 60:.0f} minutes\n")


def _finish(run: Training) -> None:
    """Begin the fall now where a file asks for it; its text is the number of steps of the fall."""
    wish = run.state / "finish"
    if wish.exists() and run.step < run.plan.stable:
        run.plan.stable, run.plan.fall = run.step, int(wish.read_text())
        wish.unlink()
        sys.stderr.write(f"seedling: the fall begins: {asdict(run.plan)}\n")
        run.save()
