"""Turn the newest checkpoint into the package data: a Hugging Face folder in bfloat16."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from seedling.model import Seedling

SEEDLING = Path(__file__).parent.parent / "src" / "idiolect" / "data" / "seedling"


def export(state: Path, folder: Path) -> int:
    """Write weights, configuration and tokenizer; each file is replaced in one rename. Return the step of the checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    values = torch.load(state / "checkpoint.pt", weights_only=True)
    model = Seedling()
    model.load_state_dict(values["model"])
    words = Tokenizer.from_file(str(state / "tokenizer.json"))
    ends = [words.token_to_id("<|endoftext|>"), words.token_to_id("<|im_end|>")]
    config = {**model.shape.config(), "bos_token_id": None, "eos_token_id": ends[0], "pad_token_id": ends[0]}
    generation = {"do_sample": False, "eos_token_id": ends, "pad_token_id": ends[0]}
    for name, content in (("config.json", config), ("generation_config.json", generation)):
        _replace(folder / name, json.dumps(content, indent=2) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(state / name, folder / f"{name}.part")
        (folder / f"{name}.part").replace(folder / name)
    part = folder / "model.safetensors.part"
    save_file({n: p.to(torch.bfloat16).contiguous() for n, p in model.state_dict().items()}, part, metadata={"format": "pt"})
    part.replace(folder / "model.safetensors")
    return int(values["step"])


def _replace(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
