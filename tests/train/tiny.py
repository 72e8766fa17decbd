"""A two-layer base with a tokenizer of bytes, and lessons for it: small enough to train in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from idiolect.train.data import Text
from idiolect.types import Hole, Kind, Message, Sample

SPECIALS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|repo_name|>", "<|file_sep|>",
]  # fmt: skip
VOCABULARY = 256 + len(SPECIALS)


def tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    built = Tokenizer(models.BPE({letter: at for at, letter in enumerate(letters)}, []))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    built.add_special_tokens(SPECIALS)
    return built


def model(seed: int = 0, dtype: torch.dtype = torch.float32, **more: object) -> PreTrainedModel:
    """Weights ten times as large as usual, so that every token has an opinion that a fault would change."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=256, tie_word_embeddings=True, initializer_range=0.2, **more,
    )  # fmt: skip
    return Qwen2ForCausalLM(config).to(dtype)


def base(folder: Path, seed: int = 0) -> Path:
    model(seed).save_pretrained(folder)
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def text(length: int, seed: int = 0, kind: Kind = "raw", share: float = 1.0) -> Text:
    """Random tokens of which about `share` are learned."""
    source = np.random.default_rng(seed)
    weights = (source.random(length) < share).astype(np.float32)
    return Text(source.integers(0, 200, length, dtype=np.int32), weights, f"sample-{seed}", kind)


def lessons(count: int = 12) -> list[Sample]:
    """Raw text, holes and conversations that a small model can learn something from."""
    made = []
    for at in range(count):
        body = f"def total_{at}(rows):\n    return sum(row.amount for row in rows)\n"
        made.append(Sample(answer=body * 2, kind="raw", maker="raw"))
        made.append(Sample(prompt=Hole(path="a.py", prefix=body[:20], suffix=body[30:]), answer=body[20:30], kind="fim", maker="fim"))
        asked = (Message(role="user", content=f"Write total_{at}."),)
        made.append(Sample(prompt=asked, answer=body, kind="write", maker="write"))
    return made
