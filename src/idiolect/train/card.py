"""The card of a training run: what this model learned, and what its tokenizer makes of the team's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
        parts.append(_table((label, "lessons", "tokens"), [(value, row["lessons"], row["tokens"]) for value, row in rows.items()]))
    if metrics["lengths"]:
        parts.append("![Texts by their number of tokens](lengths.svg)")
    return "\n\n".join([*parts, *_words(metrics["vocabulary"])]) + "\n"


def _words(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return ["## Words", "The dataset counted no words: unknown."]
    general = "unknown, as no general code is installed" if found["general"] is None else f"{found['general']:.2f}"
    own = "none" if found["own"] is None else f"{found['own']:.2f}"
    said = (
        f"Tokens per word: {found['tokens_per_word']:.2f} in the lessons, {own} of the words that public code has not, "
        f"{general} in public code."
        if found["tokens_per_word"]
        else "There are no words in the lessons."
    )
    worst = [(f"`{row['word']}`", row["tokens"], row["times"]) for row in found["worst"]]
    added = [(f"`{row['word']}`", row["tokens"], row["times"], row["saved"]) for row in found["to_add"]]
    gain = f"Tokens that it would pay to add: these {len(added)} would save at most {found['saved']:.1%} of the tokens of all words."
    return [
        "## Words",
        said,
        *(["Broken worst:", _table(("word", "tokens", "times"), worst)] if worst else []),
        *([gain, _table(("word", "tokens", "times", "tokens saved"), added)] if added else []),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    body = [[f"{one:,}" if isinstance(one, int) else one for one in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *body])
