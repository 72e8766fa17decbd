"""Which files are for what: whole clusters of related files, chosen before any lesson is made.

Two files are related where they are near each other (Jaccard >= 0.5), duplicates, or one file under two names. Commits tie no
files together here: followed through whole files their ties leave one cluster with nearly everything in it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from idiolect.types import Document

Key = tuple[str, str]
"""Source and path."""
Side = Literal["train", "validation", "cluster", "source"]
"""The last two are for tests: nothing is learned from them."""

SHARE = 0.05
"""Share of the bytes that is for validation, and of the team's own that is for the cluster test set."""
MOST_BYTES = 1_000_000
"""More than this shows nothing new, and takes time at every checkpoint."""
LEAST_BYTES = 20_000
"""A cluster test set of fewer gives not even 50 probes, and says nothing; a team of less code than that needs learns from all of it."""
LEAST_SOURCE = 100_000
"""Bytes: a held-out source of fewer says nothing."""
MANY = 3
"""Sources of the team from which on one can be spared."""
_LARGEST = 0.2
"""In a small source one file may be more than SHARE; it is taken where it is no more than this."""

Name = TypeVar("Name", bound=Hashable)


class Clusters(Generic[Name]):
    """Things tied together by pairs; each cluster is named by one of its members."""

    def __init__(self) -> None:
        self.parents: dict[Name, Name] = {}

    def root(self, name: Name) -> Name:
        """The name of the cluster."""
        self.parents.setdefault(name, name)
        while self.parents[name] != name:
            self.parents[name] = self.parents[self.parents[name]]
            name = self.parents[name]
        return name

    def tie(self, first: Name, second: Name) -> None:
        """Make the clusters of two things one, named by the lesser of their names."""
        low, high = sorted((self.root(first), self.root(second)))  # type: ignore[type-var]  # names of one kind can be compared
        self.parents[high] = low


@dataclass(frozen=True)
class Splits:
    """The side of every file, under each name that it ever had."""

    roots: Mapping[Key, Key] = field(default_factory=dict)
    validation: frozenset[Key] = frozenset()
    """Roots of the clusters that are for validation."""
    cluster: frozenset[Key] = frozenset()
    """Roots of the clusters that are the cluster test set."""
    held_out: str = ""
    """The source that is a test set as a whole."""

    def side(self, source: str, path: str) -> Side:
        """Where lessons made of this file go; a file that is not known is for training."""
        root = self.roots.get((source, path), (source, path))
        if source == self.held_out:
            return "source"
        return "validation" if root in self.validation else "cluster" if root in self.cluster else "train"


def assign(documents: Sequence[Document], edges: Iterable[tuple[Key, Key]], held_out: str = "") -> Splits:
    """Put about 5 % of the bytes on the validation side and as much of the team's own on the cluster side.

    Clusters are taken in the order of a hash, which stays as files come and go. One that would exceed the share is passed over;
    where all do, the one nearest to it is for validation, unless it is over a fifth of everything. The held-out source counts nowhere.
    """
    roots = _united([_key(document) for document in documents], edges)
    known = [document for document in documents if document.source != held_out]
    sizes = _sizes(known, roots)
    validation = _chosen(sizes, min(sum(sizes.values()) * SHARE, MOST_BYTES), _rank("")) or _nearest(sizes)
    own = _sizes([one for one in known if one.role in ("team", "reference") and roots[_key(one)] not in validation], roots)
    target = min(sum(own.values()) * SHARE, MOST_BYTES)
    cluster = _chosen(own, target, _rank("cluster")) if target >= LEAST_BYTES else set()
    return Splits(roots, frozenset(validation), frozenset(cluster), held_out)


def held_out(wanted: str, team: Mapping[str, int], apart: Collection[str]) -> str:
    """The source that is a test set as a whole, or nothing.

    `wanted` is a name, `none`, or `auto`: of three or more sources of the `team` (name -> bytes) the smallest that is large enough
    to say something, is no fork and has none (`apart` names those).
    """
    if wanted != "auto":
        return "" if wanted == "none" else wanted
    fit = [(size, name) for name, size in team.items() if size >= LEAST_SOURCE and name not in apart]
    return min(fit)[1] if len(team) >= MANY and fit else ""


def _chosen(sizes: Mapping[Key, int], target: float, rank: Callable[[Key], bytes]) -> set[Key]:
    chosen: set[Key] = set()
    taken = 0
    for root in sorted(sizes, key=rank):
        if 0 < sizes[root] <= target - taken:
            chosen.add(root)
            taken += sizes[root]
    return chosen


def _nearest(sizes: Mapping[Key, int]) -> set[Key]:
    total = sum(sizes.values())
    target, rank = min(total * SHARE, MOST_BYTES), _rank("")
    nearest = min(sizes, key=lambda root: (abs(sizes[root] - target), rank(root)), default=None)
    return {nearest} if nearest and sizes[nearest] <= total * _LARGEST else set()


def _sizes(documents: Iterable[Document], roots: Mapping[Key, Key]) -> dict[Key, int]:
    sizes: dict[Key, int] = defaultdict(int)
    for document in documents:
        sizes[roots[_key(document)]] += document.size
    return sizes


def _key(document: Document) -> Key:
    return document.source, document.path


def _rank(salt: str) -> Callable[[Key], bytes]:
    return lambda key: hashlib.sha256("\0".join((*key, *([salt] if salt else []))).encode("utf-8", "surrogateescape")).digest()


def _united(keys: Iterable[Key], edges: Iterable[tuple[Key, Key]]) -> dict[Key, Key]:
    """Each key's cluster, named by its least member."""
    clusters: Clusters[Key] = Clusters()
    for key in keys:
        clusters.root(key)
    for first, second in edges:
        clusters.tie(first, second)
    return {key: clusters.root(key) for key in list(clusters.parents)}
