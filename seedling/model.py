"""The seedling's network: Qwen2 written out for fast training on a CPU.

The attribute names are those of transformers' `Qwen2ForCausalLM`, so that `state_dict()` loads there one to one;
a test compares the logits.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The sizes of the network, under the names that transformers' `Qwen2Config` uses."""

    vocab_size: int = 8192
    hidden_size: int = 256
    intermediate_size: int = 768
    num_hidden_layers: int = 8
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    max_position_embeddings: int = 2048
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-6

    @property
    def head_dim(self) -> int:
        """The width of one attention head."""
        return self.hidden_size // self.num_attention_heads

    def config(self) -> dict[str, Any]:
        """Return the contents of a `config.json` of this shape."""
        return {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            **asdict(self),
            "tie_word_embeddings": True,
            "hidden_act": "silu",
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
            "torch_dtype": "bfloat16",
            "use_cache": True,
            "use_sliding_window": False,
        }


class Norm(nn.Module):
    """Root mean square normalisation (Zhang & Sennrich 2019, arXiv:1910.07467)."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis; the result is float32 under no autocast and else what the next product asks for."""
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn `x` (batch, heads, length, head) by its positions (Su et al. 2021, arXiv:2104.09864; the half-split layout of Qwen2)."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def attend(q: Tensor, k: Tensor, v: Tensor, block: int = 128) -> Tensor:
    """Causal attention of (batch, heads, length, head), one block of queries after the other.

    On a CPU this is half the cost of `scaled_dot_product_attention` at 512 positions: keys behind a block are never multiplied.
    """
    batch, heads, length, head = q.shape
    q, k, v = (t.reshape(batch * heads, length, head) for t in (q, k, v))
    out = []
    for start in range(0, length, block):
        stop = min(length, start + block)
        mask = torch.full((stop - start, stop), float("-inf"), dtype=q.dtype).triu(start + 1)
        scores = torch.baddbmm(mask.expand(batch * heads, -1, -1), q[:, start:stop], k[:, :stop].transpose(1, 2), alpha=head**-0.5)
        out.append(scores.softmax(-1).to(q.dtype) @ v[:, :stop])
    return torch.cat(out, 1).view(batch, heads, length, head)


class Attention(nn.Module):
    """Grouped-query attention with biases on q, k and v."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.s = s
        self.q_proj = nn.Linear(s.hidden_size, s.num_attention_heads * s.head_dim)
        self.k_proj = nn.Linear(s.hidden_size, s.num_key_value_heads * s.head_dim)
        self.v_proj = nn.Linear(s.hidden_size, s.num_key_value_heads * s.head_dim)
        self.o_proj = nn.Linear(s.num_attention_heads * s.head_dim, s.hidden_size, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Attend causally over the whole row: packed documents see those before them."""
        batch, length, _ = x.shape
        heads = [p(x).view(batch, length, -1, self.s.head_dim).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj)]
        q, k = rotate(heads[0], cos, sin), rotate(heads[1], cos, sin)
        group = self.s.num_attention_heads // self.s.num_key_value_heads
        k, v = k.repeat_interleave(group, 1), heads[2].repeat_interleave(group, 1)
        y = attend(q, k, v, 128 if length <= 1024 else 512)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """The gated feed-forward block (SwiGLU, Shazeer 2020, arXiv:2002.05202)."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(s.hidden_size, s.intermediate_size, bias=False)
        self.up_proj = nn.Linear(s.hidden_size, s.intermediate_size, bias=False)
        self.down_proj = nn.Linear(s.intermediate_size, s.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's change to the residual stream."""
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))  # type: ignore[no-any-return]


class Layer(nn.Module):
    """One pre-norm layer."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(s)
        self.mlp = Mlp(s)
        self.input_layernorm = Norm(s.hidden_size, s.rms_norm_eps)
        self.post_attention_layernorm = Norm(s.hidden_size, s.rms_norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return the residual stream after this layer."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))  # type: ignore[no-any-return]


class Body(nn.Module):
    """Everything below the output layer; transformers calls it `model`."""

    def __init__(self, s: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(s.vocab_size, s.hidden_size)
        self.layers = nn.ModuleList(Layer(s) for _ in range(s.num_hidden_layers))
        self.norm = Norm(s.hidden_size, s.rms_norm_eps)


class Seedling(nn.Module):
    """The whole network; the embedding is also the output layer."""

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = s = shape or Shape()
        self.model = Body(s)
        angles = torch.outer(
            torch.arange(s.max_position_embeddings).float(), s.rope_theta ** (-torch.arange(0, s.head_dim, 2) / s.head_dim)
        )
        angles = torch.cat((angles, angles), -1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                narrow = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(p, std=0.02 / (2 * s.num_hidden_layers) ** 0.5 if narrow else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def hidden(self, ids: Tensor) -> Tensor:
        """Return the final normalised states (batch, length, hidden) of token ids (batch, length)."""
        x = self.model.embed_tokens(ids)
        dtype = torch.bfloat16 if torch.is_autocast_enabled("cpu") else x.dtype
        cos, sin = self.cos[: ids.shape[1]].to(dtype), self.sin[: ids.shape[1]].to(dtype)
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        normed: Tensor = self.model.norm(x)
        return normed

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits (batch, length, vocabulary)."""
        return functional.linear(self.hidden(ids), self.model.embed_tokens.weight)

    def loss(self, ids: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the mean cross-entropy in nats, weighted where weights (batch, length) are given.

        Under bfloat16 autocast the value is rounded to three digits; its gradient is as near to float32's as with float32 logits.
        """
        hidden, weight = self.hidden(ids), self.model.embed_tokens.weight
        if torch.is_autocast_enabled("cpu"):
            hidden, weight = hidden.bfloat16(), weight.bfloat16()
        logits = functional.linear(hidden.flatten(0, 1), weight)
        with torch.autocast("cpu", enabled=False):
            if weights is None:
                return functional.cross_entropy(logits, labels.flatten())
            each = functional.cross_entropy(logits, labels.flatten(), reduction="none").float()
            return (each * weights.flatten()).sum() / weights.sum()
