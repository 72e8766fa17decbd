"""From the one dial, the lessons and the size of the base to every number of a training run, and what it will cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from idiolect import weights
from idiolect.errors import DataError, ResourceError
from idiolect.files import read_json
from idiolect.hardware import Compute
from idiolect.recipe import Effort, Recipe

PhaseName = Literal["pretrain", "instruct"]
_MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Dial:
    """What an effort stands for where the recipe does not say."""

    epochs: float
    tokens: int
    """Most tokens, both phases and replay together."""
    rank: int
    length: int
    """Longest lesson in tokens."""


DIALS: dict[Effort, Dial] = {
    "quick": Dial(epochs=3, tokens=250_000, rank=16, length=2048),
    "standard": Dial(epochs=3, tokens=20_000_000, rank=32, length=4096),
    "thorough": Dial(epochs=5, tokens=200_000_000, rank=64, length=8192),
}

HOLE = 768
"""Most tokens of a hole's own file in training, where its lines are many: the loss is on the answer alone, so that a shorter context
gives more answers for the same work. Long contexts are learned from raw text, and what validates is not narrowed."""
INSTRUCT = 0.5
"""Most of the tokens that the second phase has where there are too few for one pass over all lessons: edits come with their files before
them and would take nearly all, though completing is what a model is asked most (docs/lab.md)."""
REHEARSAL = 0.25
"""Share of the second phase that is lessons of the first: without it, filling holes fades while answering is learned."""
LEARNED = 4.0
"""How often a line of a file may be learned beyond its answers (docs/lab.md): up to four times a line is worth about as much as a new one,
and ever less after that (Muennighoff et al. 2023)."""
_AROUND = 5.0
"""Times that a pass shows a line around holes: there is one for every 500 bytes, with at most 768 tokens of its file."""
_SMALL, _SMALL_RANK = 200_000_000, 64
"""A base of fewer parameters gets this rank at every effort: it costs little there, and gains more than a higher learning rate."""
_STEPS = 120
"""Optimiser steps to aim at: fewer learn in leaps, more only cost time."""
_MOST_STEP_TOKENS = 32_768
_EVALUATIONS = 8
_VALIDATION_SHARE = 0.0375
"""Validation tokens as a share of the training tokens: eight passes, forward only, then cost about a tenth of the run."""
_MOST_VALIDATION = 40_000
_WARM_UP = 0.06
_FLOOR = 0.05
"""The learning rate ends at this share of its peak."""


@dataclass(frozen=True)
class Shape:
    """Of a base model, as its configuration tells."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    """Width of the feed-forward part."""
    queries: int
    """Width of all query heads together."""
    keys: int
    """Width of all key heads together."""
    vocabulary: int
    context: int
    """Longest text in tokens that it attends to in full."""


@dataclass(frozen=True)
class Settings:
    """Every number that the loop reads."""

    rank: int
    alpha: int
    learning_rate: float
    length: int
    batch_tokens: int
    """Most tokens in one forward pass."""
    step_tokens: int
    """Tokens of one optimiser step, about."""
    validation_tokens: int
    seed: int = 0
    evaluations: int = _EVALUATIONS
    warm_up: float = _WARM_UP
    """Share of the steps."""
    save_seconds: float = 60.0
    """A checkpoint is written where the last is older, and after each evaluation."""
    recompute: bool = False
    """Activations are computed again in the backward pass: a third slower, a fraction of the memory."""


@dataclass(frozen=True)
class Budget:
    """Tokens of each phase, replay and rehearsal included."""

    pretrain: int
    instruct: int
    epochs: float
    """Passes over the lessons that this makes, over those of the phase that is met more often."""

    @property
    def tokens(self) -> int:
        """Of both phases."""
        return self.pretrain + self.instruct


def shape(folder: Path) -> Shape:
    """Read `config.json` and the headers of the weights; no tensor is loaded."""
    config: dict[str, Any] = read_json(folder / "config.json")
    try:
        hidden, layers, vocabulary = (config[key] for key in ("hidden_size", "num_hidden_layers", "vocab_size"))
    except KeyError as error:
        raise DataError(
            f"the configuration has no {error}", where=str(folder / "config.json"), next="choose a decoder-only text model"
        ) from None
    heads = config.get("num_attention_heads") or 1
    width = config.get("head_dim") or hidden // heads
    context = config.get("max_position_embeddings") or 2048
    if config.get("use_sliding_window", True) and config.get("sliding_window"):
        context = min(context, config["sliding_window"])
    return Shape(
        parameters=weights.parameters(folder),
        layers=layers,
        hidden=hidden,
        inner=config.get("intermediate_size") or 4 * hidden,
        queries=heads * width,
        keys=(config.get("num_key_value_heads") or heads) * width,
        vocabulary=vocabulary,
        context=context,
    )


def length(recipe: Recipe, base: Shape) -> int:
    """Longest lesson in tokens: the recipe's, else the effort's, never more than the base attends to."""
    return min(recipe.train.length or DIALS[recipe.effort].length, base.context)


def learning_rate(parameters: int) -> float:
    """Peak rate by size: 2e-4 for seven thousand million parameters (LoRA's usual rate), falling with the cube root of the size."""
    return float(f"{min(3e-3, 2e-4 * (7e9 / max(parameters, 1)) ** (1 / 3)):.2g}")


def budget(recipe: Recipe, pretrain: int, instruct: int, replay: float) -> Budget:
    """Split the tokens between the phases so that each lesson is seen equally often; where not all can be, see `INSTRUCT`.

    `pretrain` and `instruct` are the tokens of one pass over the lessons of each phase; `replay` is the share of general code.
    """
    dial = DIALS[recipe.effort]
    rehearsal = REHEARSAL if pretrain else 0.0
    first = pretrain / (1 - replay)
    second = instruct / ((1 - replay) * (1 - rehearsal))
    cap = recipe.train.tokens or dial.tokens
    wanted = recipe.train.epochs or (dial.epochs if recipe.train.tokens is None else math.inf)
    epochs = min(wanted, cap / max(first + second, 1))
    total = (first + second) * epochs
    later = max(min(second * epochs, INSTRUCT * total), total - first) if epochs < 1 else second * epochs
    passes = (total - later) / first if first else epochs
    return Budget(round(total - later), round(later), round(max(passes, epochs), 4))


def whole(epochs: float) -> float:
    """Share of the holes of which all of their file is learned, not the answer alone: what raw text leaves of `LEARNED` times."""
    return min(1.0, max(0.0, (LEARNED / max(epochs, 1e-9) - 1) / _AROUND))


def settings(recipe: Recipe, base: Shape, tokens: int, compute: Compute) -> Settings:
    """Every number of the loop; `tokens` is the whole budget."""
    rank = recipe.train.rank or (_SMALL_RANK if base.parameters < _SMALL else DIALS[recipe.effort].rank)
    longest = length(recipe, base)
    batch = max(longest, 2048 if compute.device == "cpu" else 16_384)
    chosen = Settings(
        rank=rank,
        alpha=2 * rank,
        learning_rate=recipe.train.learning_rate or learning_rate(base.parameters),
        length=longest,
        batch_tokens=batch,
        step_tokens=min(max(tokens // _STEPS, 1), _MOST_STEP_TOKENS),
        validation_tokens=min(_MOST_VALIDATION, max(round(tokens * _VALIDATION_SHARE), longest)),
        seed=recipe.train.seed,
    )
    return chosen if memory(base, chosen, compute) <= 0.9 * compute.memory else _recomputing(base, chosen, compute)


def _recomputing(base: Shape, chosen: Settings, compute: Compute) -> Settings:
    """The same with activations computed twice; where that does not fit either, say so before anything is loaded."""
    smaller = Settings(**{**vars(chosen), "recompute": True})
    needed = memory(base, smaller, compute)
    if needed > 0.95 * compute.memory:
        raise ResourceError(
            f"training would take about {needed:,} MiB of memory, and {compute.memory:,} MiB are free",
            where=compute.name or compute.device,
            next="choose a smaller base, or lower [train] length or rank",
        )
    return smaller


def adapter_parameters(base: Shape, rank: int) -> int:
    """Of LoRA on the seven linear layers of each block."""
    attention = 2 * (base.hidden + base.queries) + 2 * (base.hidden + base.keys)
    return rank * base.layers * (attention + 3 * (base.hidden + base.inner))


def memory(base: Shape, chosen: Settings, compute: Compute) -> int:
    """Estimate of the most memory that training holds, MiB.

    Per block and token the backward pass needs: two norms in float32, the inputs of the linear layers, query, key, value and
    output of the attention, and four widths of the feed-forward part.
    """
    size = 2 if compute.dtype == "bfloat16" else 4
    block = 16 * base.hidden + size * (4 * base.hidden + 3 * base.queries + 2 * base.keys + 4 * base.inner)
    kept = size * base.hidden * base.layers + block if chosen.recompute else block * base.layers
    activations = chosen.batch_tokens * (kept + size * 4 * base.hidden)
    head = 3 * 4 * min(chosen.batch_tokens * base.vocabulary, max(HEAD_ELEMENTS, 32 * base.vocabulary))
    # Adapter: computed, its gradient, float32 master and its gradient, two moments of Adam, the best so far, a checkpoint being written.
    adapter = adapter_parameters(base, chosen.rank) * (2 * size + 4 * 8)
    program = 600 * _MEBIBYTE
    return math.ceil((base.parameters * size + activations + head + adapter + program) / _MEBIBYTE)


HEAD_ELEMENTS = 1 << 24
"""Logits that are held at once when the loss is taken."""


def rate(chosen: Settings, step: int, steps: int) -> float:
    """Learning rate of step 1 to `steps`: a linear warm-up, then a cosine down to a twentieth."""
    warm = max(1, round(chosen.warm_up * steps))
    if step <= warm:
        return chosen.learning_rate * step / warm
    share = (step - warm) / max(1, steps - warm)
    return chosen.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * share)))


def evaluated(chosen: Settings, steps: int) -> frozenset[int]:
    """After which steps the validation loss is taken; the last is always among them."""
    return frozenset(max(1, round(steps * part / chosen.evaluations)) for part in range(1, chosen.evaluations + 1))
