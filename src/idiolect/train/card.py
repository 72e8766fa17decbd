"""The card of a training run: what this model learned, and what its tokenizer makes of the team's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from idiolect import markdown, vocabulary
from idiolect.train.data import Shelf


def learned(shelves: Iterable[Shelf]) -> dict[str, dict[str, dict[str, int]]]:
    """Lessons and tokens of one pass by kind, language and label: what stands on the shelves that a model learns from."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for shelf in shelves:
        for (name, value), (count, tokens) in shelf.learned.items():
            row = found.setdefault(name, {}).setdefault(value, {"lessons": 0, "tokens": 0})
            row["lessons"], row["tokens"] = row["lessons"] + count, row["tokens"] + tokens
    return {name: dict(sorted(rows.items())) for name, rows in sorted(found.items())}


def lengths(shelves: Iterable[Shelf]) -> dict[str, int]:
    """How many of the texts that a model learns from have how many tokens, by powers of two: the upper end of each class."""
    found = Counter(1 << max(4, (len(text) - 1).bit_length()) for shelf in shelves for text in shelf.texts)
    return {str(size): found[size] for size in sorted(found)}


def page(name: str, base: str, metrics: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    parts = [f"# {name}, on {base}", "What this model learned; tokens of one pass over its lessons."]
    for label, rows in metrics["learned"].items():
        parts.append(markdown.table((label, "lessons", "tokens"), [(value, row["lessons"], row["tokens"]) for value, row in rows.items()]))
    if metrics["lengths"]:
        parts.append("![Texts by their number of tokens](lengths.svg)")
    return "\n\n".join([*parts, *vocabulary.section(metrics["vocabulary"])]) + "\n"
