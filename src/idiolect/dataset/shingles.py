"""Token shingles as 64-bit hashes: what near-duplicates are measured on.

A token is a run of [A-Za-z0-9_]; a shingle is five tokens in a row, as in BigCode's deduplication. Everything is done on
whole batches of texts with numpy, and the hashes are the same on every machine and in every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]

WIDTH = 5
_BATCH = 1_000_000
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)
_WORD = np.zeros(256, dtype=bool)
_WORD[[byte for byte in range(128) if chr(byte).isalnum() or chr(byte) == "_"]] = True
_BYTES = np.random.Generator(np.random.PCG64(20)).integers(1, 2**63, 256, dtype=np.uint64)


@dataclass(frozen=True)
class Rows:
    """Hashes of many texts in one array: those of text i stand at `offsets[i]` to `offsets[i + 1]`."""

    hashes: Hashes
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, index: int) -> Hashes:
        """The hashes of one text, in the order of the text."""
        return self.hashes[self.offsets[index] : self.offsets[index + 1]]


def tokens(texts: Sequence[bytes]) -> Rows:
    """The hash of every token of every text, in order."""
    hashes: list[Hashes] = []
    counts: list[Offsets] = []
    for batch in _batches(texts):
        data = np.frombuffer(b"\n".join(batch) + b"\n", dtype=np.uint8)
        word = _WORD[data]
        edges = np.flatnonzero(np.diff(word.astype(np.int8), prepend=np.int8(0)))
        starts, ends = edges[0::2], edges[1::2]
        hashes.append(_words(data, starts, ends))
        begins = np.cumsum([0, *(len(text) + 1 for text in batch)])
        counts.append(np.diff(np.searchsorted(starts, begins)))
    if not hashes:
        return Rows(np.zeros(0, np.uint64), np.zeros(1, np.int64))
    return Rows(np.concatenate(hashes), np.concatenate([np.zeros(1, np.int64), *counts]).cumsum())


def shingles(rows: Rows, width: int = WIDTH) -> Rows:
    """The shingles of every text, in order and with repetitions; a text of fewer tokens has one shingle of all of them."""
    lengths = np.diff(rows.offsets)
    every = windows(rows.hashes, width)
    counts = np.maximum(lengths - width + 1, (lengths > 0).astype(np.int64))
    offsets = np.concatenate([np.zeros(1, np.int64), counts]).cumsum()
    places = np.arange(offsets[-1]) + np.repeat(rows.offsets[:-1] - offsets[:-1], counts)
    short = np.repeat(lengths < width, counts)
    found = np.zeros(len(places), np.uint64)
    found[~short] = every[places[~short]]
    for index in np.flatnonzero((lengths < width) & (lengths > 0)).tolist():
        found[offsets[index]] = windows(rows.row(index), int(lengths[index]))[0]
    return Rows(found, offsets)


def grams(data: bytes, width: int) -> Hashes:
    """The hash of every run of `width` bytes."""
    if len(data) < width:
        return np.zeros(0, np.uint64)
    sums = _running(np.frombuffer(data, dtype=np.uint8))
    count = len(data) - width + 1
    return _mix((sums[width:] - sums[:count]) * _powers(_INVERSE, count))


def jaccard(left: Hashes, right: Hashes) -> float:
    """Shared share of two arrays of hashes, each taken as a set; two empty ones have nothing in common."""
    first, second = np.unique(left), np.unique(right)
    shared = np.intersect1d(first, second, assume_unique=True).size
    union = first.size + second.size - shared
    return float(shared / union) if union else 0.0


def _batches(texts: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch


def _words(data: npt.NDArray[np.uint8], starts: Offsets, ends: Offsets) -> Hashes:
    """Polynomial hash modulo 2^64 of each run, by differences of one running sum, then mixed."""
    sums = _running(data)
    plain = (sums[ends] - sums[starts]) * _powers(_INVERSE, len(data) + 1)[starts]
    return _mix(plain + (ends - starts).astype(np.uint64))


def _running(data: npt.NDArray[np.uint8]) -> Hashes:
    """Running sums of byte * base^place, from 0."""
    return np.concatenate([np.zeros(1, np.uint64), np.cumsum(_BYTES[data] * _powers(_BASE, len(data)), dtype=np.uint64)])


_TABLES: dict[int, Hashes] = {}


def _powers(base: int, count: int) -> Hashes:
    """base^0 to base^(count - 1) modulo 2^64; the longest table asked for so far is kept."""
    table = _TABLES.get(base)
    if table is None or len(table) < count:
        factors = np.full(max(count, _BATCH + 2), base, dtype=np.uint64)
        factors[0] = 1
        table = _TABLES[base] = np.cumprod(factors, dtype=np.uint64)
    return table[:count]


def windows(hashes: Hashes, width: int) -> Hashes:
    """One hash for every `width` hashes in a row, their order counted; runs over the ends of texts are not left out."""
    if len(hashes) < width:
        return np.zeros(0, np.uint64)
    total = np.full(len(hashes) - width + 1, width, dtype=np.uint64)
    for place in range(width):
        total = total * np.uint64(_BASE) + hashes[place : len(hashes) - width + 1 + place]
    return _mix(total)


def _mix(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele et al. 2014): every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
