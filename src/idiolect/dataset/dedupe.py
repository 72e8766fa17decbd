"""Exact and near duplicates among texts.

Exact: equal after CRLF, trailing space and blank ends are levelled. Near: Jaccard of 5-token shingles; candidates come from
MinHash bands (Broder 1997; 32 bands of 8 rows find 92 % of the pairs at 0.7 and all at 0.85), and each is verified exactly, so
that what is called a near-duplicate is one.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from idiolect.dataset import shingles
from idiolect.dataset.splits import Key
from idiolect.types import Document, Dropped

NEAR = 0.7
"""Jaccard from which on two texts are near-duplicates."""
RELATED = 0.5
"""Jaccard from which on two files may not stand on both sides of the validation split."""
_PERMUTATIONS = 256
_SEED = 42
_PORTION = 2000
_CROWD = 24
"""In a bucket larger than this, each text is compared with the first one and its neighbour only."""
_TRAILING = re.compile(rb"[ \t\f\v\r]+(?=\n|\Z)")


@dataclass(frozen=True)
class Pair:
    """Two texts by index, the first lower, and how near they are."""

    first: int
    second: int
    jaccard: float


@dataclass(frozen=True)
class Deduped:
    """What is left of some documents, and how they hang together."""

    kept: list[Document]
    """In the order given."""
    dropped: list[Dropped]
    edges: list[tuple[Key, Key]]
    """Files, kept or not, of which no two may stand on both sides of a split."""


def normal(data: bytes) -> bytes:
    """A text with its line ends, trailing space and blank ends levelled."""
    return _TRAILING.sub(b"", data.replace(b"\r\n", b"\n")).strip(b"\n")


def exact_key(data: bytes) -> bytes:
    """Equal for texts that are equal once normalised."""
    return hashlib.blake2b(normal(data), digest_size=16).digest()


def dedupe(documents: Sequence[Document]) -> Deduped:
    """Keep one of each set of duplicates: the team's own before others', then the newest, then the first by source and path."""
    kept, dropped, edges = _without_exact(documents)
    pairs = near_pairs([document.data for document in kept], RELATED)
    losers = _losers(kept, pairs)
    dropped += [_duplicate("near-duplicate", kept[loser], kept[winner]) for loser, winner in sorted(losers.items())]
    edges += [(_key(kept[pair.first]), _key(kept[pair.second])) for pair in pairs]
    return Deduped([document for index, document in enumerate(kept) if index not in losers], dropped, edges)


def near_pairs(texts: Sequence[bytes], threshold: float) -> list[Pair]:
    """Every pair that shares a band and whose exact Jaccard reaches `threshold`, in order."""
    rows = shingles.shingles(shingles.tokens(texts))
    full = np.flatnonzero(np.diff(rows.offsets) > 0)
    if len(full) < 2:
        return []
    signatures = _signatures(rows)
    bands = (42, 6) if threshold < NEAR else (32, 8)
    sets = {}
    found = []
    for first, second in sorted(_candidates(signatures, full, bands)):
        for index in (first, second):
            if index not in sets:
                sets[index] = np.unique(rows.row(index))
        small, large = sorted((sets[first].size, sets[second].size))
        if small >= threshold * large:
            jaccard = shingles.jaccard(sets[first], sets[second])
            if jaccard >= threshold:
                found.append(Pair(first, second, jaccard))
    return found


def _signatures(rows: shingles.Rows) -> npt.NDArray[np.uint32]:
    """The MinHash of every text, a row each; in portions, because they pass through Python numbers."""
    found = np.zeros((len(rows), _PERMUTATIONS), dtype=np.uint32)
    for start in range(0, len(rows), _PORTION):
        offsets = rows.offsets[start : start + _PORTION + 1]
        hashes = rows.hashes[offsets[0] : offsets[-1]]
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, (offsets - offsets[0]).astype(np.uint64), _PERMUTATIONS, _SEED)
        found[start : start + _PORTION] = matrix.to_rows()
    return found


def _candidates(signatures: npt.NDArray[np.uint32], full: npt.NDArray[np.int64], bands: tuple[int, int]) -> set[tuple[int, int]]:
    """Pairs of texts with an equal band; texts without a shingle have none."""
    count, rows = bands
    pairs: set[tuple[int, int]] = set()
    for band in range(count):
        buckets = defaultdict(list)
        block = np.ascontiguousarray(signatures[full, band * rows : (band + 1) * rows])
        for index, key in zip(full.tolist(), block.view(f"V{rows * 4}").ravel().tolist(), strict=True):
            buckets[key].append(index)
        for members in buckets.values():
            pairs.update(_paired(members))
    return pairs


def _paired(members: list[int]) -> Iterator[tuple[int, int]]:
    for place, second in enumerate(members[1:], 1):
        firsts = members[:place] if len(members) <= _CROWD else {members[0], members[place - 1]}
        yield from ((first, second) for first in firsts)


def _without_exact(documents: Sequence[Document]) -> tuple[list[Document], list[Dropped], list[tuple[Key, Key]]]:
    best: dict[bytes, Document] = {}
    keys = [exact_key(document.data) for document in documents]
    for index in sorted(range(len(documents)), key=lambda i: _preference(documents[i])):
        best.setdefault(keys[index], documents[index])
    kept, dropped, edges = [], [], []
    for document, key in zip(documents, keys, strict=True):
        winner = best[key]
        if winner is document:
            kept.append(document)
        else:
            dropped.append(_duplicate("duplicate", document, winner))
            edges.append((_key(document), _key(winner)))
    return kept, dropped, edges


def _losers(documents: Sequence[Document], pairs: Sequence[Pair]) -> dict[int, int]:
    """Who is dropped, and for whom: each text is compared with those kept before it, best first, so nothing is dropped through a chain."""
    near = defaultdict(list)
    for pair in pairs:
        if pair.jaccard >= NEAR:
            near[pair.first].append(pair.second)
            near[pair.second].append(pair.first)
    losers: dict[int, int] = {}
    kept: set[int] = set()
    for index in sorted(near, key=lambda i: _preference(documents[i])):
        winner = next((other for other in near[index] if other in kept), None)
        if winner is None:
            kept.add(index)
        else:
            losers[index] = winner
    return losers


def _preference(document: Document) -> tuple[bool, int, str, str]:
    return document.role not in ("team", "reference"), -document.time, document.source, document.path


def _key(document: Document) -> Key:
    return document.source, document.path


def _duplicate(reason: str, loser: Document, winner: Document) -> Dropped:
    return Dropped(reason=reason, what=loser.path, source=loser.source, detail=f"of {winner.source}/{winner.path}")
