"""What the base's tokenizer makes of the team's words: how many tokens each takes, against public code, and which would pay to be added.

A word of five tokens costs five steps to write and takes five places of the context. The figures are those of each word on its own,
after a space; what is saved is at most that, as words stand within other words too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from idiolect import general, markdown
from idiolect.files import read_json
from idiolect.recipe import Recipe
from idiolect.render import Renderer

FILE = "words.json"
"""In the folder of a dataset run: `words` (word -> times), `total`, `share` of the lessons that were read."""
FEWEST = 10
"""Times that a word must stand there."""
ADDED, WORST = 50, 20
WORD = re.compile(r"[^\W\d]\w{2,63}")
_MOST = 5_000
"""Words of public code that are looked at, the commonest."""


def measured(recipe: Recipe, lessons: Path, renderer: Renderer) -> dict[str, Any]:
    """Tokens per word of the team's and of public code, the words that are broken worst, and those that would save most.

    `lessons` is the folder of a dataset run. Empty where the dataset counted no words. Without general code installed there is nothing
    to compare with, and `general` is None.
    """
    if not (lessons / FILE).is_file():
        return {}
    found = read_json(lessons / FILE)
    words: Mapping[str, int] = found["words"]
    public = Counter(word for one in general.general_files(recipe, "probe") for word in WORD.findall(one.text))
    tokens = lengths(renderer, words)
    own = {word: count for word, count in words.items() if count >= FEWEST and word not in public}
    saved = {word: round(count * (tokens[word] - 1) / found["share"]) for word, count in own.items() if tokens[word] > 1}
    added = sorted(saved, key=lambda word: (-saved[word], word))[:ADDED]
    in_all = sum(count * tokens[word] for word, count in words.items()) / found["share"]
    return {
        "words": len(words),
        "tokens_per_word": _mean(words, tokens),
        "general": _mean(common, lengths(renderer, common)) if (common := dict(public.most_common(_MOST))) else None,
        "own": _mean(own, tokens),
        "worst": [_row(word, own, tokens) for word in sorted(own, key=lambda word: (-tokens[word], -own[word], word))[:WORST]],
        "to_add": [{**_row(word, own, tokens), "saved": saved[word]} for word in added],
        "saved": round(sum(saved[word] for word in added) / in_all, 4) if in_all else 0.0,
    }


def section(found: Mapping[str, Any], head: str = "## Words") -> list[str]:
    """For a card: what `measured` found."""
    if not found:
        return [head, "The dataset counted no words: unknown."]
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
    gain = f"Tokens that it would pay to add: {len(added)} would save at most {found['saved']:.1%} of the tokens of all words."
    return [
        head,
        said,
        *(["Broken worst:", markdown.table(("word", "tokens", "times"), worst)] if worst else []),
        *(
            [gain, markdown.folded(f"These {len(added)}", markdown.table(("word", "tokens", "times", "tokens saved"), added))]
            if added
            else []
        ),
    ]


def lengths(renderer: Renderer, words: Mapping[str, int]) -> dict[str, int]:
    """How many tokens each word takes after a space."""
    encoded = renderer.tokenizer.encode_batch([f" {word}" for word in words], add_special_tokens=False)
    return {word: len(one.ids) for word, one in zip(words, encoded, strict=True)}


def _mean(words: Mapping[str, int], tokens: Mapping[str, int]) -> float | None:
    times = sum(words.values())
    return round(sum(count * tokens[word] for word, count in words.items()) / times, 3) if times else None


def _row(word: str, words: Mapping[str, int], tokens: Mapping[str, int]) -> dict[str, Any]:
    return {"word": word, "times": words[word], "tokens": tokens[word]}
