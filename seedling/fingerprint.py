"""Build the index of what the seedling was trained on, for `evaluate` to refuse probes by."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from idiolect.fingerprints import build as build_index
from seedling.corpus import read


def build(state: Path, folder: Path) -> int:
    """Write `fingerprints.bin` over every document that training took anything from; return the number of fingerprints."""
    used = set(json.loads((state / "rows" / "used.json").read_text(encoding="utf-8")))
    documents = (d for d in read(state / "corpus" / "train.jsonl") if f"{d.ecosystem}/{d.package}/{d.path}" in used)
    count = build_index(folder / "fingerprints.bin", (d.text for d in documents))
    sys.stderr.write(f"seedling: {count:,} fingerprints of {len(used):,} documents\n")
    return count
