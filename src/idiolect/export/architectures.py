"""Model architectures, as tables: which tensor of a Hugging Face model becomes which tensor of a GGUF file.

A new architecture of the same layout is a row here. Names on the right are those of llama.cpp's loader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, RopeScalingType

from idiolect.errors import DataError
from idiolect.files import read_json

_LAYER = {
    "input_layernorm.weight": "attn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}
_BIASES = {f"self_attn.{part}_proj.bias": f"attn_{part}.bias" for part in "qkv"}
_HEAD_NORMS = {f"self_attn.{part}_norm.weight": f"attn_{part}_norm.weight" for part in "qk"}
_NEEDED = (
    "hidden_size", "intermediate_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers", "rms_norm_eps", "vocab_size",
)  # fmt: skip


@dataclass(frozen=True)
class Architecture:
    """One layout of a decoder-only transformer."""

    name: str
    """As llama.cpp calls it."""
    layer: dict[str, str]
    """Tensors of a layer: name in the Hugging Face model to name in the GGUF file."""


ARCHITECTURES = {
    "Qwen2ForCausalLM": Architecture("qwen2", {**_LAYER, **_BIASES}),
    "Qwen3ForCausalLM": Architecture("qwen3", {**_LAYER, **_HEAD_NORMS}),
}
"""Class name in `config.json` to architecture."""


def read_config(base: Path) -> dict[str, Any]:
    """`config.json` of a Hugging Face folder."""
    file = base / "config.json"
    if not file.is_file():
        raise DataError("there is no config.json here", where=str(base), next="name a folder of a Hugging Face model")
    config: dict[str, Any] = read_json(file)
    missing = [key for key in _NEEDED if not isinstance(config.get(key), int | float)]
    if missing:
        raise DataError(f"{missing[0]} is missing or no number", where=str(file), next="download the model again")
    return config


def architecture_of(config: dict[str, Any], where: Path) -> Architecture:
    """The architecture of a config; an unknown one is a DataError that names the known."""
    names = config.get("architectures") or ["none"]
    if names[0] not in ARCHITECTURES:
        raise DataError(f"the architecture {names[0]} is not supported", where=str(where), next=f"supported: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[names[0]]


def tensor_names(architecture: Architecture, config: dict[str, Any], found: set[str], where: Path) -> dict[str, str]:
    """Each tensor of the file in the order it is written: Hugging Face name to GGUF name.

    A tensor that the layout asks for and the folder lacks, and one that the folder holds and the layout does not know, is a DataError:
    neither is ever left out silently.
    """
    names = {"model.embed_tokens.weight": "token_embd.weight"}
    for layer in range(config["num_hidden_layers"]):
        names |= {f"model.layers.{layer}.{ours}": f"blk.{layer}.{theirs}" for ours, theirs in architecture.layer.items()}
    names["model.norm.weight"] = "output_norm.weight"
    if not tied(config):
        names["lm_head.weight"] = "output.weight"
    missing, extra = sorted(set(names) - found), sorted(found - set(names) - {"lm_head.weight"})
    if missing or extra:
        what = f"lacks the tensor {missing[0]}" if missing else f"holds the tensor {extra[0]}, which {architecture.name} does not have"
        raise DataError(f"the model {what}", where=str(where), next="download the model again, or choose another base")
    return names


def tied(config: dict[str, Any]) -> bool:
    """Whether the output layer is the token embedding."""
    return bool(config.get("tie_word_embeddings", False))


def write_hyperparameters(writer: GGUFWriter, config: dict[str, Any], where: Path) -> None:
    """The sizes and constants of the model, from its config."""
    heads = config["num_attention_heads"]
    head = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    if config.get("use_sliding_window"):
        raise DataError("the model attends through a sliding window", where=str(where), next="choose a base with full attention")
    _write_rope(writer, config, where)


def _write_rope(writer: GGUFWriter, config: dict[str, Any], where: Path) -> None:
    """Rotary positions: the base frequency, and YaRN (arXiv 2309.00071) where the config asks for it."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0))
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "yarn":
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(float(rope["factor"]))
        writer.add_rope_scaling_orig_ctx_len(int(rope.get("original_max_position_embeddings") or config["max_position_embeddings"]))
    elif kind != "default":
        raise DataError(f"rotary positions of the kind '{kind}' are not supported", where=str(where), next="choose a base without, or yarn")
