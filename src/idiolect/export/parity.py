"""How far the file that ships is from the same model in 16 bits: the same prompts through both, on llama.cpp."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from idiolect.engine import scorer
from idiolect.render import Renderer

PROMPTS = (
    'def read_json(path):\n    """The value in a JSON file."""\n    with open(path, encoding="utf-8") as stream:\n'
    "        return json.load(stream)\n",
    "class Order < ApplicationRecord\n  belongs_to :customer\n  has_many :lines, dependent: :destroy\n\n"
    "  def total\n    lines.sum(&:amount)\n  end\nend\n",
    "export async function fetchUser(id) {\n  const response = await fetch(`/users/${id}`);\n  if (!response.ok) {\n"
    "    throw new Error(response.statusText);\n  }\n  return response.json();\n}\n",
    "for (int i = 0; i < count; i++) {\n    if (items[i] == NULL) {\n        continue;\n    }\n    total += items[i]->size;\n}\n",
    "# Installing\n\nRun `make setup`, then start the server:\n\n    make serve\n\nIt listens on port 8080.\n",
)
"""Code and prose of our own writing in several languages."""


def parity(reference: Path, shipped: Path, renderer: Renderer) -> dict[str, Any]:
    """`shipped` against `reference`: mean Kullback-Leibler divergence in nats, and the share of positions with the same top token."""
    divergence: list[float] = []
    agreed: list[bool] = []
    with scorer(reference) as first, scorer(shipped) as second:
        for prompt in PROMPTS:
            ids = renderer.text(prompt)
            ours, theirs = first.logits(ids), second.logits(ids)
            divergence += (np.exp(ours) * (ours - theirs)).sum(axis=1, dtype=np.float64).tolist()
            agreed += (ours.argmax(axis=1) == theirs.argmax(axis=1)).tolist()
    return {"tokens": len(agreed), "mean_kl": float(np.mean(divergence)), "top1_agreement": float(np.mean(agreed))}
