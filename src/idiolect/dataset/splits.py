"""Which files are for validation: whole clusters of related files, chosen before any lesson is made.

Two files are related where they are near each other (Jaccard >= 0.5), duplicates, or one file under two names.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from idiolect.types import Document

Key = tuple[str, str]
"""Source and path."""
Side = Literal["train", "validation"]

SHARE = 0.05
"""Share of the bytes that is for validation."""
MOST_BYTES = 1_000_000
"""More than this shows nothing new, and takes time at every checkpoint."""
_LARGEST = 0.2
"""In a small source one file may be more than SHARE; it is taken where it is no more than this."""


@dataclass(frozen=True)
class Splits:
    """The side of every file, under each name that it ever had."""

    roots: dict[Key, Key] = field(default_factory=dict)
    validation: frozenset[Key] = frozenset()
    """Roots of the clusters that are for validation."""

    def side(self, source: str, path: str) -> Side:
        """Where lessons made of this file go; a file that is not known is for training."""
        key = (source, path)
        return "validation" if self.roots.get(key, key) in self.validation else "train"


def assign(documents: Sequence[Document], edges: Iterable[tuple[Key, Key]]) -> Splits:
    """Put about 5 % of the bytes on the validation side, by cluster and in the order of a hash, which stays as files come and go.

    A cluster that would exceed the share is passed over; where all do, the one nearest to it is taken, unless it is over a fifth of
    everything.
    """
    roots = _united([_key(document) for document in documents], edges)
    sizes: dict[Key, int] = defaultdict(int)
    for document in documents:
        sizes[roots[_key(document)]] += len(document.data)
    total = sum(sizes.values())
    target = min(total * SHARE, MOST_BYTES)
    chosen: set[Key] = set()
    taken = 0
    for root in sorted(sizes, key=_rank):
        if 0 < sizes[root] <= target - taken:
            chosen.add(root)
            taken += sizes[root]
    if not chosen:
        nearest = min(sizes, key=lambda root: (abs(sizes[root] - target), _rank(root)), default=None)
        chosen = {nearest} if nearest and sizes[nearest] <= total * _LARGEST else set()
    return Splits(roots, frozenset(chosen))


def _key(document: Document) -> Key:
    return document.source, document.path


def _rank(key: Key) -> bytes:
    return hashlib.sha256("\0".join(key).encode("utf-8", "surrogateescape")).digest()


def _united(keys: Iterable[Key], edges: Iterable[tuple[Key, Key]]) -> dict[Key, Key]:
    """Each key's cluster, named by its least member."""
    parents: dict[Key, Key] = {}

    def root(key: Key) -> Key:
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    for key in keys:
        root(key)
    for first, second in edges:
        low, high = sorted((root(first), root(second)))
        parents[high] = low
    return {key: root(key) for key in list(parents)}
