"""Checkpoints that survive a kill at any instant.

A checkpoint is written into a temporary folder, every file flushed, the manifest of names, sizes and digests last; then the folder is
renamed. What does not match its manifest is never read. Nothing is pickled: tensors are safetensors, the rest is JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from safetensors.torch import save as serialised

from idiolect.errors import DataError
from idiolect.files import digest_file, disk_errors, read_json

_KEEP = 2
_MANIFEST, _TENSORS, _FACTS = "MANIFEST.json", "tensors.safetensors", "state.json"


@dataclass(frozen=True)
class Saved:
    """What a checkpoint holds."""

    step: int
    tensors: dict[str, torch.Tensor]
    facts: dict[str, Any]
    """JSON values."""


def save(root: Path, step: int, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> Path:
    """Write the checkpoint of a step, then remove all but the newest two."""
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        building = root / f".tmp-{step}-{uuid.uuid4().hex}"
        building.mkdir()
        try:
            # Written by Python, so that a full disk is an OSError and not a library's own.
            (building / _TENSORS).write_bytes(serialised({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))
            (building / _FACTS).write_text(json.dumps({**facts, "step": step}, sort_keys=True), encoding="utf-8")
            _write_manifest(building)
            final = root / f"step-{step:08d}"
            if final.exists():  # of this very step, but refused when it was read
                shutil.rmtree(final)
            building.rename(final)
            _flush(root)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    for old in _found(root)[:-_KEEP]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def newest(root: Path, warn: Callable[[str], None]) -> Saved | None:
    """The newest checkpoint that matches its manifest; each that does not is named through `warn`, and left where it is."""
    for left in root.glob(".tmp-*"):
        shutil.rmtree(left, ignore_errors=True)
    for folder in reversed(_found(root)):
        fault = _fault(folder)
        if not fault:
            facts = read_json(folder / _FACTS)
            return Saved(int(facts["step"]), load_file(str(folder / _TENSORS)), facts)
        warn(f"the checkpoint {folder.name} is damaged ({fault}); going back to the one before it")
    return None


def _found(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("step-*") if folder.is_dir())


def _write_manifest(folder: Path) -> None:
    rows = []
    for name in (_FACTS, _TENSORS):
        _flush(folder / name)
        rows.append({"name": name, "size": (folder / name).stat().st_size, "sha256": digest_file(folder / name)})
    (folder / _MANIFEST).write_text(json.dumps({"files": rows}, indent=1), encoding="utf-8")
    _flush(folder / _MANIFEST)
    _flush(folder)


def _fault(folder: Path) -> str:
    """What keeps a checkpoint from being trusted, or nothing."""
    try:
        rows = read_json(folder / _MANIFEST)["files"]
        for row in rows:
            file = folder / row["name"]
            if file.stat().st_size != row["size"] or digest_file(file) != row["sha256"]:
                return f"{row['name']} is not what its manifest says"
        if {row["name"] for row in rows} != {_FACTS, _TENSORS}:
            return "its manifest names other files"
    except (OSError, DataError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _flush(path: Path) -> None:
    """Have the disk hold a file, or a folder's list of names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
