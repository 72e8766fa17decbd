"""Token shingles as 64-bit hashes: what near-duplicates are measured on.

A token is a run of [A-Za-z0-9_]; a shingle is five tokens in a row, as in BigCode's deduplication. Everything is done on
whole batches of texts by numpy's compiled loops, token by token rather than byte by byte: a token's first eight bytes are
one load. The hashes are the same on every machine and in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]

WIDTH = 5
BATCH = 200_000
"""Bytes of text that are worked on at once: what is made of them stays in the cache of one core, and in memory that is used again."""
_LOAD = 8
_WORD = bytes(chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) == "_") for byte in range(256))
_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(_LOAD + 1)], dtype=np.uint64)
_BASE, _FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


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


def tokens(texts: Iterable[bytes]) -> Rows:
    """The hash of every token of every text, in order."""
    return joined([_tokens(batch) for batch in batches(texts)])


def shingles(rows: Rows, width: int = WIDTH) -> Rows:
    """The shingles of every text, in order and with repetitions; a text of fewer tokens has one shingle of all of them."""
    lengths = np.diff(rows.offsets)
    counts = np.maximum(lengths - width + 1, (lengths > 0).astype(np.int64))
    offsets = _offsets(counts)
    every = windows(rows.hashes, width)
    if (lengths >= width).all():
        inside = np.ones(len(every), dtype=bool)
        for step in range(1, width):  # the windows that begin within the last tokens of a text run over its end
            inside[rows.offsets[1:-1] - step] = False
        return Rows(every[inside], offsets)
    found = np.zeros(offsets[-1], np.uint64)
    places = np.arange(offsets[-1]) + np.repeat(rows.offsets[:-1] - offsets[:-1], counts)
    whole = ~np.repeat(lengths < width, counts)
    found[whole] = every[places[whole]]
    for index in np.flatnonzero((lengths < width) & (lengths > 0)).tolist():
        found[offsets[index]] = windows(rows.row(index), int(lengths[index]))[0]
    return Rows(found, offsets)


def of(texts: Iterable[bytes], width: int = WIDTH) -> Rows:
    """The shingles of every text, batch by batch."""
    return joined([shingles(_tokens(batch), width) for batch in batches(texts)])


def windows(hashes: Hashes, width: int) -> Hashes:
    """One hash for every `width` hashes in a row, their order counted; runs over the ends of texts are not left out."""
    count = len(hashes) - width + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    total = hashes[:count] + np.uint64(width)
    for place in range(1, width):
        total *= _BASE
        total += hashes[place : place + count]
    return _mix(total)


def grams(data: bytes, width: int) -> Hashes:
    """The hash of every run of `width` bytes."""
    count = len(data) - width + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    loads = _loads(data)
    total = loads[:count] & _MASKS[min(width, _LOAD)]
    for place in range(_LOAD, width, _LOAD):
        total *= _BASE
        total += loads[place : place + count] & _MASKS[min(width - place, _LOAD)]
    return _mix(total)


def jaccard(left: Hashes, right: Hashes) -> float:
    """Shared share of two arrays of hashes, each taken as a set; two empty ones have nothing in common."""
    return overlap(np.unique(left), np.unique(right))


def overlap(left: Hashes, right: Hashes) -> float:
    """The Jaccard of two sets of hashes, each without repetitions."""
    both = np.concatenate([left, right])
    both.sort()
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    union = len(both) - shared
    return shared / union if union else 0.0


def batches(texts: Iterable[bytes], size: int = BATCH) -> Iterator[list[bytes]]:
    """Texts in order, about `size` bytes at a time, whole texts only."""
    batch: list[bytes] = []
    held = 0
    for text in texts:
        if batch and held + len(text) > size:
            yield batch
            batch, held = [], 0
        batch.append(text)
        held += len(text) + 1
    if batch:
        yield batch


def joined(parts: list[Rows]) -> Rows:
    """Rows one after another as one."""
    if len(parts) == 1:
        return parts[0]
    counts = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.offsets) for part in parts)])
    return Rows(np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)]), _offsets(counts))


def _tokens(batch: list[bytes]) -> Rows:
    data = b"\n".join(batch) + b"\n"
    word = np.frombuffer(data.translate(_WORD), dtype=bool)
    change = np.empty(len(data), dtype=bool)
    change[0] = word[0]
    np.not_equal(word[1:], word[:-1], out=change[1:])
    edges = np.flatnonzero(change)
    starts, ends = edges[0::2], edges[1::2]
    begins = _offsets(np.fromiter((len(text) + 1 for text in batch), np.int64, len(batch)))
    return Rows(words(data, starts, ends - starts), np.searchsorted(starts, begins))


def words(data: bytes, starts: Offsets, lengths: Offsets) -> Hashes:
    """The hash of each of these runs of bytes: eight at a time, those of a longer run folded in one after another."""
    loads = _loads(data)
    total = loads[starts]
    total &= _MASKS[np.minimum(lengths, _LOAD)]
    total *= _BASE
    total ^= total >> np.uint64(32)
    total *= _FIRST
    rest, place = np.flatnonzero(lengths > _LOAD), _LOAD
    while len(rest):
        more = loads[starts[rest] + place] & _MASKS[np.minimum(lengths[rest] - place, _LOAD)]
        more ^= total[rest]
        more *= _BASE
        total[rest] = more ^ (more >> np.uint64(29))
        place += _LOAD
        rest = rest[lengths[rest] > place]
    return total


def _loads(data: bytes) -> Hashes:
    """The eight bytes from each place on, as a number, the first one lowest; a view that copies nothing."""
    return np.ndarray(shape=(len(data),), dtype="<u8", buffer=data + bytes(_LOAD), strides=(1,))


def _offsets(counts: Offsets) -> Offsets:
    return np.concatenate([np.zeros(1, np.int64), counts]).cumsum()


def _mix(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele et al. 2014), in place: every input bit reaches every output bit."""
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        values ^= values >> np.uint64(shift)
        values *= factor
    values ^= values >> np.uint64(31)
    return values
