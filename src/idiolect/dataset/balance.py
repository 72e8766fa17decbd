"""How often lessons are to be met in training, so that no source and nobody drowns the others: weights, and nothing is thrown away.

The share of a source grows with the square root of its bytes. Then no source, author, kind or language has more than its cap, as far as
there are enough of them: with an effective number n of groups (1 / the sum of their squared shares), none has less room than 2 / n. A
lesson counts at most MOST times as much as it would, and at least a MOSTth: what is rare is not learned by heart, what is large not lost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from idiolect.dataset.sent import Sent, opened
from idiolect.recipe import DatasetRecipe
from idiolect.types import Sample

MOST = 4.0
_ROUNDS = 8
"""Caps are kept one after the other, and each moves the others a little."""


class Cell(NamedTuple):
    """What lessons are weighed by; those of one cell weigh the same."""

    source: str
    authors: tuple[str, ...]
    """Of all its bytes; each is given an equal part."""
    kind: str
    language: str


Factors = Mapping[Cell, float]


@dataclass
class Scales:
    """Bytes of answer of each cell: as they are, and by what the lessons weigh until now."""

    size: Counter[Cell] = field(default_factory=Counter)
    weight: dict[Cell, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, lesson: Sent | Sample) -> None:
        """Count a lesson. One that is made of files need not be opened for it."""
        known = lesson if isinstance(lesson, Sent) and not lesson.judge else opened(lesson)
        cell, size = of(known), len((known.answer or known.rejected or "").encode("utf-8", "surrogatepass"))
        self.size[cell] += size
        self.weight[cell] += size * known.weight

    def factors(self, told: DatasetRecipe) -> Factors:
        """What the weight of a lesson of each cell is multiplied by; in all, they weigh as much as before."""
        weight = {cell: one for cell, one in self.weight.items() if one > 0}
        before = sum(weight.values())
        wanted = _rooted(self.size, weight, told.max_source_share)
        factors = dict.fromkeys(weight, 1.0)
        caps: list[tuple[Callable[[Cell], tuple[str, ...]], float]] = [
            (lambda cell: cell.authors, told.max_author_share),
            (lambda cell: (cell.kind,), told.max_kind_share),
            (lambda cell: (cell.language,), told.max_language_share),
        ]
        for _ in range(_ROUNDS if weight else 0):
            _move(factors, weight, lambda cell: (cell.source,), lambda _: wanted)
            for groups, cap in caps:
                _move(factors, weight, groups, lambda shares, cap=cap: capped(shares, cap))  # type: ignore[misc]  # cap is bound now
        bounded = {cell: min(MOST, max(1 / MOST, factor)) for cell, factor in factors.items()}
        scale = before / sum(weight[cell] * factor for cell, factor in bounded.items()) if bounded else 1.0
        return {cell: factor * scale for cell, factor in bounded.items()}


def of(lesson: Sent | Sample) -> Cell:
    """The cell of a lesson."""
    spans = lesson.files if isinstance(lesson, Sent) else lesson.origins
    source = spans[0].source if spans else ""
    authors = tuple(sorted({author for span in spans for author in span.authors}))
    return Cell(source, authors, lesson.kind, next(iter(lesson.labels.get("language", ())), ""))


def shares(amounts: Mapping[str, float]) -> dict[str, float]:
    """What part of the whole each has."""
    total = sum(amounts.values())
    return {name: one / total for name, one in amounts.items()}


def effective(parts: Iterable[float]) -> float:
    """How many equal ones would be as spread out as these shares: 1 over the Herfindahl index."""
    squares = sum(one * one for one in parts)
    return 1 / squares if squares else 0.0


def capped(parts: Mapping[str, float], cap: float) -> dict[str, float]:
    """The shares with none over `cap`, or over twice an equal part where there are few; what the large give up goes to the others."""
    limit = max(cap, 2 / effective(parts.values())) if parts else 1.0
    over = {name for name, one in parts.items() if one > limit}
    while over and limit < 1:
        rest = sum(one for name, one in parts.items() if name not in over)
        scale = (1 - limit * len(over)) / rest
        more = {name for name, one in parts.items() if name not in over and one * scale > limit}
        if not more:
            return {name: limit if name in over else one * scale for name, one in parts.items()}
        over |= more
    return dict(parts)


def _rooted(size: Mapping[Cell, int], weight: Mapping[Cell, float], cap: float) -> dict[str, float]:
    """The share of each source: what its bytes weigh on average, times the root of how many there are."""
    bytes_of, weight_of = Counter[str](), Counter[str]()
    for cell, one in weight.items():
        bytes_of[cell.source] += size[cell]
        weight_of[cell.source] += one  # type: ignore[assignment]  # a Counter of floats
    return capped(shares({name: weight_of[name] / bytes_of[name] ** 0.5 for name in weight_of}), cap) if weight else {}


def _move(
    factors: dict[Cell, float],
    weight: Mapping[Cell, float],
    groups: Callable[[Cell], Sequence[str]],
    wanted: Callable[[Mapping[str, float]], Mapping[str, float]],
) -> None:
    """Change the factors so that groups have the shares that are wanted; a cell of several moves by their mean."""
    amounts: dict[str, float] = defaultdict(float)
    for cell, one in weight.items():
        for group in groups(cell):
            amounts[group] += one * factors[cell] / len(groups(cell))
    now = shares(amounts) if amounts else {}
    goal = wanted(now)
    for cell in factors:
        ratios = [goal[group] / now[group] for group in groups(cell)]
        factors[cell] *= sum(ratios) / len(ratios) if ratios else 1.0
