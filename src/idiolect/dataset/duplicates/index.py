"""A multimap from hashes to numbers that is asked for many hashes at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idiolect.dataset.duplicates.shingles import Hashes, Offsets

_BITS = 26
"""At most, of the table; one bit in sixteen is set."""


class Index:
    """Hashes, each with a number; most questions end at a table of one bit for the low bits of each hash."""

    def __init__(self, hashes: Hashes, numbers: Offsets) -> None:
        order = np.argsort(hashes, kind="stable")
        self.hashes, self.numbers = hashes[order], numbers[order]
        self.low = np.uint64((1 << min(_BITS, (16 * len(hashes)).bit_length())) - 1)
        self.mask = np.zeros(int(self.low) + 1, dtype=bool)
        self.mask[(hashes & self.low).astype(np.int64)] = True

    def find(self, asked: Hashes) -> tuple[Offsets, Offsets]:
        """Places in `asked` and the numbers found there, one row for each number."""
        maybe = np.flatnonzero(self.mask[(asked & self.low).astype(np.int64)])
        left = np.searchsorted(self.hashes, asked[maybe], "left")
        counts = np.searchsorted(self.hashes, asked[maybe], "right") - left
        inner = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(maybe, counts), self.numbers[np.repeat(left, counts) + inner]


def numbered(rows: Sequence[Hashes], numbers: Sequence[int]) -> Index:
    """An index of several arrays, all hashes of one array under its number."""
    hashes = np.concatenate([np.zeros(0, np.uint64), *rows])
    return Index(hashes, np.repeat(np.array(numbers, dtype=np.int64), [len(row) for row in rows]))
