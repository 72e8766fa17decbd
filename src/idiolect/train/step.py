"""One step of learning: LoRA on every linear layer, the loss on what is to be learned and nowhere else."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError
from torch.nn.functional import cross_entropy, pad
from transformers import PreTrainedModel

from idiolect import weights
from idiolect.errors import DataError
from idiolect.train.attention import borders
from idiolect.train.data import Pack
from idiolect.train.plan import HEAD_ELEMENTS, Settings

_CLIP = 1.0
_ROUND = 256
"""A pack and its labels are filled up to a multiple of this, for the same reason as `GRAIN`."""
_ROUNDING = {torch.float32: 1e-4, torch.bfloat16: 0.05}
"""Of a logit."""


@dataclass(frozen=True)
class Batch:
    """A pack as tensors."""

    ids: torch.Tensor
    """[tokens]"""
    positions: torch.Tensor
    """[tokens], from 0 in each text."""
    lengths: tuple[int, ...]
    """Room of each text."""
    at: torch.Tensor
    """[labels] positions whose next token is learned."""
    labels: torch.Tensor
    """[labels] those next tokens."""
    weights: torch.Tensor
    """[labels] how much each counts, float32; zero for what only fills up."""
    weight: float
    """Their sum."""
    tokens: int
    """Of the texts themselves."""


def batch(pack: Pack, device: str = "cpu") -> Batch:
    """Texts one behind the other, each filled up to its room, the whole and its labels to a round number.

    What fills up is never learned and, standing last in its text, never seen; the last token of a text predicts nothing.
    """
    ids, at, weights = [], [], []
    lengths = [text.room for text in pack]
    if rest := -sum(lengths) % _ROUND:
        lengths.append(rest)
    for text, start in zip(pack, accumulate(lengths, initial=0), strict=False):
        learned = torch.from_numpy(text.weights[1:].nonzero()[0])
        ids.append(pad(torch.from_numpy(text.ids).long(), (0, text.room - len(text))))
        at.append(learned + start)
        weights.append(torch.from_numpy(text.weights)[learned + 1])
    stream = pad(torch.cat(ids), (0, rest))
    positions = [torch.arange(length) for length in lengths]
    places, counts = torch.cat(at), torch.cat(weights)
    labels, fill = stream[places + 1], (0, -len(places) % _ROUND)
    tensors = (stream, torch.cat(positions), pad(places, fill), pad(labels, fill), pad(counts, fill))
    stream, order, places, labels, counts = (one.to(device) for one in tensors)
    return Batch(stream, order, tuple(lengths), places, labels, counts, float(counts.sum()), sum(map(len, pack)))


class _Head(torch.autograd.Function):
    """Weighted cross entropy through a frozen output layer: its gradient is taken with the loss, a few rows of logits at a time."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, output: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        losses = torch.empty_like(weights)
        rows = max(32, HEAD_ELEMENTS // output.shape[0])
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            logits = (hidden[part] @ output.T).float()
            chosen = labels[part, None]
            scale = logits.logsumexp(1, keepdim=True)
            losses[part] = (scale - logits.gather(1, chosen))[:, 0]
            if gradient is not None:
                slope = logits.sub_(scale).exp_()
                slope.scatter_add_(1, chosen, torch.full_like(scale, -1.0))
                torch.mm(slope.mul_(weights[part, None]).to(hidden.dtype), output, out=gradient[part])
        if gradient is not None:
            ctx.save_for_backward(gradient)
        return losses @ weights

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[0].to(gradient.dtype), None, None, None


class Learner:
    """A base model with one LoRA adapter on all its linear layers, and the optimiser of that adapter.

    The adapter is computed in the number format of the base (half as long a step as in float32 on a CPU); what is learned accumulates
    in float32 masters, and those are what is saved.
    """

    def __init__(self, base: PreTrainedModel, settings: Settings, device: str = "cpu") -> None:
        # Before the adapter's first random number: the same seed must give the same initial weights.
        torch.manual_seed(settings.seed)
        self.device = device
        base.config.use_cache = False
        wanted = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
        with weights.old_names():
            self.model = cast(PeftModel, get_peft_model(base, wanted))
            if settings.recompute:
                base.gradient_checkpointing_enable({"use_reentrant": False})  # type: ignore[no-untyped-call]  # untyped in transformers
                base.enable_input_require_grads()  # type: ignore[no-untyped-call]  # as above
        self.base: PreTrainedModel = base.to(device)  # type: ignore[arg-type]  # transformers wraps `to` and loses its self
        self.decoder: Any = base.get_decoder()  # type: ignore[no-untyped-call]  # untyped in transformers
        self.output: Any = base.get_output_embeddings()  # type: ignore[no-untyped-call]  # as above
        self.computed = {name: one for name, one in self.model.named_parameters() if one.requires_grad}
        self.masters = {name: one.detach().float().clone().requires_grad_() for name, one in self.computed.items()}
        self.optimizer = torch.optim.AdamW(self.masters.values(), weight_decay=0.0, fused=True)
        for parameter in self.computed.values():
            parameter.data = parameter.data.to(base.dtype)
        self.model.train()
        self.is_plain_head = self._check()

    def loss(self, one: Batch) -> torch.Tensor:
        """Sum of weight times cross entropy in nats over the labelled positions."""
        if self.is_plain_head:
            summed = _Head.apply(self._hidden(one)[one.at], self.output.weight, one.labels, one.weights)  # type: ignore[no-untyped-call]  # untyped in torch
            return cast(torch.Tensor, summed)
        logits = self.base(**self._inputs(one), logits_to_keep=one.at).logits[0]
        return cross_entropy(logits.float(), one.labels, reduction="none") @ one.weights

    def learn(self, batches: Sequence[Batch], rate: float) -> tuple[float, float]:
        """Update the adapter once; return the mean loss in nats and the norm of the gradient before clipping."""
        total = self.gradient(batches)
        norm = float(torch.nn.utils.clip_grad_norm_(self.masters.values(), _CLIP))
        if math.isfinite(total) and math.isfinite(norm):
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            self.optimizer.step()
            self._publish(self.masters)
        self.optimizer.zero_grad()
        return total, norm

    def gradient(self, batches: Sequence[Batch]) -> float:
        """Add the gradient of the mean loss to the masters; return that loss."""
        weight = sum(one.weight for one in batches)
        total = 0.0
        for one in batches:
            loss = self.loss(one) / weight
            loss.backward()  # type: ignore[no-untyped-call]  # untyped in torch
            total += float(loss.detach())
            for name, parameter in self.computed.items():
                self._collect(self.masters[name], parameter)
        return total

    @staticmethod
    def _collect(master: torch.Tensor, parameter: torch.nn.Parameter) -> None:
        """Move a gradient to its master, in float32, so that small ones add up."""
        if parameter.grad is None:
            return
        slope = parameter.grad.float()
        master.grad = slope if master.grad is None else master.grad.add_(slope)
        parameter.grad = None

    def evaluate(self, packs: Mapping[str, Sequence[Pack]]) -> dict[str, tuple[float, float]]:
        """Summed loss and summed weight of each kind, without learning anything."""
        self.model.eval()
        sums = {}
        with torch.no_grad():
            for kind, found in packs.items():
                batches = [batch(one, self.device) for one in found]
                sums[kind] = (sum(float(self.loss(one)) for one in batches), sum(one.weight for one in batches))
        self.model.train()
        return sums

    def state(self) -> dict[str, torch.Tensor]:
        """Masters and both moments of Adam by name; empty moments before the first step."""
        tensors = {f"adapter.{name}": master.detach() for name, master in self.masters.items()}
        for name, master in self.masters.items():
            moments = self.optimizer.state[master]
            tensors |= {f"{key}.{name}": moments[key] for key in ("step", "exp_avg", "exp_avg_sq") if moments}
        return tensors

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from a `state`, bit for bit."""
        for name, master in self.masters.items():
            master.data.copy_(tensors[f"adapter.{name}"])
            if f"step.{name}" in tensors:
                moments = {key: tensors[f"{key}.{name}"].clone() for key in ("step", "exp_avg", "exp_avg_sq")}
                self.optimizer.state[master] = {key: one.to(master.device) for key, one in moments.items()}
        self._publish(self.masters)

    def adapter(self) -> dict[str, torch.Tensor]:
        """A copy of the masters by name."""
        return {name: master.detach().cpu().clone() for name, master in self.masters.items()}

    def save(self, adapter: Mapping[str, torch.Tensor], folder: Path, base: str) -> Path:
        """Write an adapter as peft does, in float32, made from `base`; return its weights file."""
        for name, parameter in self.computed.items():
            parameter.data = adapter[name].to(parameter.device)
        config = cast(LoraConfig, self.model.peft_config["default"])
        config.base_model_name_or_path = base
        config.target_modules = sorted(config.target_modules or ())
        with _system_errors():
            self.model.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
        return folder / "adapter_model.safetensors"

    def _publish(self, masters: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.computed.items():
                parameter.copy_(masters[name])

    def _inputs(self, one: Batch) -> dict[str, Any]:
        kept_apart = borders(str(self.base.config._attn_implementation), one.lengths, self.device)
        return {"input_ids": one.ids[None], "position_ids": one.positions[None], "use_cache": False, **kept_apart}

    def _hidden(self, one: Batch) -> torch.Tensor:
        """[tokens, width] before the output layer."""
        return cast(torch.Tensor, self.decoder(**self._inputs(one)).last_hidden_state[0])

    def _check(self) -> bool:
        """Prove on this very model that packed texts do not see each other; return whether its output layer is a plain product."""
        limit = min(512, int(self.base.config.vocab_size))
        first, second, other = (torch.arange(start, start + 12) * 7919 % limit for start in (1, 101, 301))
        with torch.no_grad(), _evaluating(self.model):
            pair, changed = self._logits([first, second]), self._logits([other, second])
            plain = self._hidden(_unlabelled([first, second], self.device)) @ self.output.weight.T
        # The same shapes in the same order round alike, so that any difference is something seen in the neighbour; only mixtures of
        # experts group their tokens differently and are allowed their rounding.
        if not torch.allclose(pair[12:].float(), changed[12:].float(), rtol=0, atol=_ROUNDING[pair.dtype]):
            raise DataError("in this architecture packed texts see each other", next="choose another base; it would learn from a mixture")
        size = float(pair.float().abs().max())
        return self.output.bias is None and bool(torch.allclose(plain.float(), pair.float(), rtol=0, atol=0.005 * size))

    def _logits(self, texts: list[torch.Tensor]) -> torch.Tensor:
        return cast(torch.Tensor, self.base(**self._inputs(_unlabelled(texts, self.device))).logits[0])


def _unlabelled(texts: list[torch.Tensor], device: str) -> Batch:
    ids = torch.cat(texts).to(device)
    positions = torch.cat([torch.arange(len(text)) for text in texts]).to(device)
    nothing = ids[:0]
    return Batch(ids, positions, tuple(map(len, texts)), nothing, nothing, nothing.float(), 0.0, len(ids))


@contextmanager
def _system_errors() -> Iterator[None]:
    """A full disk is told by safetensors as an error of its own that only quotes the system's number; make it an OSError again."""
    try:
        yield
    except SafetensorError as error:
        if number := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(number[1]), str(error)) from error
        raise


@contextmanager
def _evaluating(model: PeftModel) -> Iterator[None]:
    model.eval()
    yield
    model.train()
