"""Near-duplicates among many texts, in three steps that can be spread over shards.

    keys  = bands(texts, FINE)            a row for each text; rows of shards are put one under another
    pairs = candidates(keys)              who shares a band: one sort for each band, no table of Python objects
    found = verified(texts, pairs, 0.7)   exact Jaccard of 5-token shingles; any portion of the pairs, anywhere

MinHash of 256 permutations (Broder 1997), in bands (Indyk and Motwani 1998): 32 bands of 8 rows find 92 % of the pairs at
0.7 and all at 0.85; 42 bands of 6 find three quarters of those at 0.5. What is kept of a text is 8 bytes for each band.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rensa import RMinHash

from idiolect.dataset.duplicates import shingles
from idiolect.dataset.duplicates.shingles import Hashes, Offsets, Rows

PERMUTATIONS = 256
CROWD = 128
"""In a crowd of texts that share a band, each is compared with the first and with so many before it."""
_SEED = 42
_PORTION = 64_000_000
"""Bytes of text whose shingles are held at once while pairs are verified."""
_MOST = 16_000_000
"""Pairs that are held before those found twice are struck out."""

Needed = Callable[[int, int], bool]
"""Whether a pair is still worth comparing, by the two indices."""


class Bands(NamedTuple):
    """How a signature is cut."""

    number: int
    rows: int
    permutations: int = PERMUTATIONS
    """Of the signature; what the bands do not use of it is for nothing."""


FINE = Bands(32, 8)
"""For near-duplicates."""
COARSE = Bands(42, 6)
"""For relatives: more pairs, more of them for nothing."""


class Pair(NamedTuple):
    """Two texts by index, the first lower, and how near they are."""

    first: int
    second: int
    jaccard: float


def near_pairs(texts: Sequence[bytes], threshold: float, shape: Bands = FINE) -> list[Pair]:
    """Every pair that shares a band and whose exact Jaccard reaches `threshold`, in order."""
    return list(verified(texts, candidates(bands(texts, shape)), threshold))


def bands(texts: Iterable[bytes], shape: Bands) -> Hashes:
    """A key for each band of each text, shape (texts, bands); all zero where a text has no token."""
    found = [_keys(shingles.of(batch), shape) for batch in shingles.batches(texts)]
    return np.concatenate([np.zeros((0, shape.number), np.uint64), *found])


def candidates(keys: Hashes) -> Offsets:
    """Pairs of rows with an equal key in some band, each once and in order: shape (pairs, 2), the lower row first.

    A crowd counts its members by row: who is to be compared with everybody comes first.
    """
    rows = np.arange(len(keys))
    found: list[Offsets] = [np.zeros(0, np.int64)]
    for band in range(keys.shape[1]):
        found.append(joined(np.ascontiguousarray(keys[:, band]), rows))
        if sum(map(len, found)) > _MOST:
            found = [np.unique(np.concatenate(found))]
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs // max(len(keys), 1), pairs % max(len(keys), 1)], axis=1)


def joined(keys: Hashes, rows: Offsets) -> Offsets:
    """Pairs of rows with an equal key that is not zero, as first * rows + second: the join of one band, or of one partition of it."""
    order = np.argsort(keys, kind="stable")
    order = order[np.searchsorted(keys[order], np.uint64(0), "right") :]
    sorted_keys, members = keys[order], rows[order]
    same = np.zeros(len(order) + 1, dtype=bool)
    np.equal(sorted_keys[1:], sorted_keys[:-1], out=same[1:-1])
    crowded = same[:-1] | same[1:]
    sorted_keys, members, opens = sorted_keys[crowded], members[crowded], ~same[:-1][crowded]
    heads = members[np.maximum.accumulate(np.where(opens, np.arange(len(members)), 0))] if len(members) else members
    found = [heads[~opens] * len(keys) + members[~opens]]
    for step in range(1, min(CROWD, len(members) - 1) + 1):
        equal = sorted_keys[step:] == sorted_keys[:-step]
        if not equal.any():
            break
        found.append(members[:-step][equal] * len(keys) + members[step:][equal])
    return np.unique(np.concatenate(found))


def verified(texts: Sequence[bytes], pairs: Offsets, threshold: float, needed: Needed | None = None) -> Iterator[Pair]:
    """The pairs whose exact Jaccard is `threshold` or more, in the order given; `needed` is asked right before each is compared."""
    for portion in _portions(texts, pairs):
        involved = np.unique(portion)
        rows = shingles.of(texts[index] for index in involved.tolist())
        sets = {index: np.unique(rows.row(place)) for place, index in enumerate(involved.tolist())}
        for first, second in portion.tolist():
            if needed and not needed(first, second):
                continue
            small, large = sorted((sets[first].size, sets[second].size))
            if small >= threshold * large and (jaccard := shingles.overlap(sets[first], sets[second])) >= threshold:
                yield Pair(first, second, jaccard)


def _portions(texts: Sequence[bytes], pairs: Offsets) -> Iterator[Offsets]:
    """Pairs in order, as many at a time as have no more than `_PORTION` bytes of text together."""
    held: set[int] = set()
    size, start = 0, 0
    for place, (first, second) in enumerate(pairs.tolist()):
        if first not in held:
            held.add(first)
            size += len(texts[first])
        if second not in held:
            held.add(second)
            size += len(texts[second])
        if size > _PORTION:
            yield pairs[start : place + 1]
            held, size, start = set(), 0, place + 1
    if start < len(pairs):
        yield pairs[start:]


def _keys(rows: Rows, shape: Bands) -> Hashes:
    """The band keys of some texts."""
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(rows.hashes, rows.offsets.astype(np.uint64), shape.permutations, _SEED)
    numbers = struct.Struct(f"{shape.permutations}I")
    packed = b"".join(numbers.pack(*row) for row in matrix.to_rows())  # half the time of np.array(rows)
    signatures = np.frombuffer(packed, dtype=np.uint32).reshape(len(rows), shape.permutations)
    words = signatures[:, : shape.number * shape.rows].astype(np.uint64).reshape(len(rows) * shape.number, shape.rows)
    keys = shingles.windows(words.ravel(), shape.rows)[:: shape.rows].reshape(len(rows), shape.number)
    return np.where(np.diff(rows.offsets)[:, None] > 0, np.maximum(keys, np.uint64(1)), np.uint64(0))
