"""How long lessons are, in bytes and in the tokens of the bases that the recipe names, measured on those that were drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from idiolect import markdown, vocabulary, weights
from idiolect.dataset.census import DRAWN, Census, length, texts, upper
from idiolect.dataset.excerpts import Drawn
from idiolect.errors import IdiolectError
from idiolect.recipe import Recipe
from idiolect.render import Renderer
from idiolect.types import Kind, Sample


def measured(recipe: Recipe, census: Census, drawn: Drawn, folder: Path) -> dict[str, Any]:
    """`kinds`: how many of each were measured, and median, ninth decile and longest in `bytes`. `bases`: of each what its tokens say.

    That is the same in `tokens`, `classes` (upper end of the length's class, a power of two -> training lessons, about), and `words`.

    Nothing is fetched, and no base is a reason to fail: of one whose tokenizer cannot be had it is `why`.
    """
    bases: dict[str, Any] = {}
    for base in dict.fromkeys(model.base for model in recipe.models):
        try:
            renderer = Renderer.load(weights.tokenizer(base, recipe.folder))
        except IdiolectError as error:
            bases[base] = {"why": error.what}
            continue
        tokens = {kind: _tokens(renderer, found) for kind, found in drawn.items()}
        bases[base] = {
            "tokens": {kind: _spread(sizes) for kind, sizes in tokens.items()},
            "classes": _classes(census, tokens),
            "words": vocabulary.measured(recipe, folder, renderer),
        }
    sizes = {kind: {"lessons": len(found), "bytes": _spread([length(one) for one in found])} for kind, found in drawn.items()}
    return {"kinds": sizes, "bases": bases}


def section(found: Mapping[str, Any]) -> list[str]:
    """For the card: the lengths of each kind, and why they are not told in tokens where they are not."""
    bases = _known(found)
    rows = [
        (f"**{kind}**", one["lessons"], _told(one["bytes"]), *(_told(base["tokens"][kind]) for base in bases.values()))
        for kind, one in found["kinds"].items()
    ]
    heads = ("kind", "measured", "bytes", *(f"tokens of {markdown.code(base)}" for base in bases))
    said = (
        f"Prompt and answer of at most {DRAWN} lessons of each kind, drawn by lot: the median, what nine of ten stay within, the longest. "
        "Training makes long ones shorter: holes and conversations keep what is nearest to their target, raw text is cut."
    )
    unknown = [
        f"No tokens of {markdown.code(base)}, only bytes: {markdown.line(one['why'])}; the card of a training on it tells."
        for base, one in found["bases"].items()
        if "why" in one
    ]
    return ["## How long they are", said, markdown.table(heads, rows), *unknown] if rows else []


def words(found: Mapping[str, Any]) -> list[str]:
    """For the card: the words of the domain, as each base's tokenizer breaks them."""
    every = [(f"## Words, by the tokenizer of {markdown.code(base)}", one["words"]) for base, one in _known(found).items()]
    return [part for head, one in every for part in vocabulary.section(one, head)]


def _known(found: Mapping[str, Any]) -> dict[str, Any]:
    """The bases whose tokenizers were to be had."""
    return {base: one for base, one in found["bases"].items() if "tokens" in one}


def _tokens(renderer: Renderer, found: Sequence[Sample]) -> list[int]:
    """Tokens of all texts of each; the few that a family sets between them are not counted."""
    every = [texts(one) for one in found]
    encoded = renderer.tokenizer.encode_batch([text for parts in every for text in parts], add_special_tokens=False)
    counts = iter([len(one.ids) for one in encoded])
    return [sum(next(counts) for _ in parts) for parts in every]


def _classes(census: Census, tokens: Mapping[Kind, Sequence[int]]) -> dict[str, int]:
    """Each that was drawn stands for as many of its kind as it was drawn from."""
    found: dict[int, float] = defaultdict(float)
    for kind, sizes in tokens.items():
        for size in sizes:
            found[upper(size)] += census.samples[kind, "train"] / len(sizes)
    return {str(size): round(found[size]) for size in sorted(found)}


def _spread(sizes: Sequence[int]) -> list[int]:
    ordered = sorted(sizes)
    return [ordered[(len(ordered) - 1) // 2], ordered[-(-9 * len(ordered) // 10) - 1], ordered[-1]]


def _told(spread: Sequence[int]) -> str:
    return " / ".join(f"{size:,}" for size in spread)
