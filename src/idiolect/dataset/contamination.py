"""Whether texts hold something that they must not hold: public benchmarks, or our own probes.

Two texts overlap where
- ten words in a row stand in both (Qwen2.5-Coder's rule for all of its training data): `words`; or
- half of the patterns of one, and at least ten, stand in the other: runs of twenty tokens with every name put alike, so that a
  copy whose names were changed is found: `syntax`.

A near-duplicate needs no search of its own: at a Jaccard of 0.5 of 5-word shingles two thirds of the shingles are shared, and
where they are, ten words in a row are too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from idiolect.dataset.duplicates import patterns, shingles
from idiolect.dataset.duplicates.index import Index
from idiolect.dataset.duplicates.shingles import Hashes, Offsets, Rows

WORDS = 10
VARIED = 5
"""Different words that ten in a row must have, all numbers taken as one: a table of numbers says nothing."""
FEWEST = 10
"""Patterns: a text of fewer is too short to be known by its syntax."""
SHARE = 0.5
TEMPLATE = 0.05
"""Share of the texts of a group from which on what stands in them is its template, and no content of any of them."""
MANY = 50
"""Texts that a group must have for that."""


_NUMBER = re.compile(rb"\b[0-9]+\b")


class Overlap(NamedTuple):
    """A text that holds a wanted one."""

    text: int
    """Its place in the batch that was searched."""
    wanted: int
    """Place of the wanted text."""
    how: str
    """`words` or `syntax`."""


class Wanted:
    """Texts that are looked for, prepared; `groups` says which of them have a template in common."""

    def __init__(self, texts: Sequence[bytes], groups: Sequence[int] = ()) -> None:
        owners = np.array(groups or range(len(texts)), dtype=np.int64)
        words = _distinct(_words(texts))
        syntax = _distinct(patterns.of(texts))
        self.words = _without_templates(words, owners)
        syntax = _without_templates(syntax, owners)
        self.sizes = np.bincount(syntax[1], minlength=len(texts))
        enough = self.sizes[syntax[1]] >= FEWEST
        self.syntax = Index(syntax[0][enough], syntax[1][enough])
        self.runs = Index(*self.words)

    def search(self, texts: Sequence[bytes]) -> Iterator[Overlap]:
        """Every wanted text that one of these holds, each pair at most once for each way."""
        for text, one, _ in _found(self.runs, _windows(shingles.tokens(texts))):
            yield Overlap(text, one, "words")
        for text, one, count in _found(self.syntax, patterns.of(texts)):
            if count >= SHARE * self.sizes[one]:
                yield Overlap(text, one, "syntax")


def _words(texts: Sequence[bytes]) -> Rows:
    """Ten words in a row of every text, as far as they are varied enough."""
    plain = shingles.tokens(_NUMBER.sub(b"0", text) for text in texts).hashes
    if len(plain) < WORDS:
        return Rows(np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64))
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(plain, WORDS), axis=1)
    return _windows(shingles.tokens(texts), (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1) + 1 >= VARIED)


def _windows(rows: Rows, good: npt.NDArray[np.bool_] | None = None) -> Rows:
    """Ten words in a row of every text; `good` says of each place whether it counts."""
    runs = shingles.windows(rows.hashes, WORDS)
    owners = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))[: len(runs)]
    whole = np.arange(WORDS, WORDS + len(runs)) <= rows.offsets[1:][owners]
    kept = whole if good is None else whole & good
    return Rows(runs[kept], np.concatenate([np.zeros(1, np.int64), np.bincount(owners[kept], minlength=len(rows)).cumsum()]))


def _tagged(rows: Rows) -> tuple[Hashes, Offsets]:
    return rows.hashes, np.repeat(np.arange(len(rows)), np.diff(rows.offsets))


def _distinct(rows: Rows) -> tuple[Hashes, Offsets]:
    """Hashes with the text of each, none twice in a text."""
    hashes, owners = _tagged(rows)
    order, first = _ordered(hashes, owners)
    return hashes[order][first], owners[order][first]


def _ordered(hashes: Hashes, numbers: Offsets) -> tuple[Offsets, npt.NDArray[np.bool_]]:
    """An order by both, and where in it something new begins."""
    order = np.lexsort((numbers, hashes))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(hashes[order]) != 0) | (np.diff(numbers[order]) != 0)
    return order, first


def _without_templates(found: tuple[Hashes, Offsets], groups: Offsets) -> tuple[Hashes, Offsets]:
    """Without the hashes that stand in many texts of one group."""
    hashes, owners = found
    if not len(hashes):
        return found
    order, first = _ordered(hashes, groups[owners])
    counts = np.diff(np.append(np.flatnonzero(first), len(order)))
    sizes = np.bincount(groups)[groups[owners][order][first]]
    common = np.unique(hashes[order][first][(sizes >= MANY) & (counts > TEMPLATE * sizes)])
    kept = ~np.isin(hashes, common)
    return hashes[kept], owners[kept]


def _found(index: Index, rows: Rows) -> Iterator[tuple[int, int, int]]:
    """Each pair of text and wanted text with how many different hashes they share."""
    hashes, texts = _tagged(rows)
    places, wanted = index.find(hashes)
    width = int(wanted.max(initial=0)) + 1
    pairs = texts[places] * width + wanted
    order, first = _ordered(hashes[places], pairs)
    pairs, counts = np.unique(pairs[order][first], return_counts=True)
    yield from zip((pairs // width).tolist(), (pairs % width).tolist(), counts.tolist(), strict=True)
