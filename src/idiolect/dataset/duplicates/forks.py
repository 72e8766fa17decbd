"""Repositories that are copies of others: of two that began with the same commit, or share most of their files, one is a fork.

Found before files are compared, so that of a file that both hold the original's is kept, whichever is newer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from idiolect.types import Role

SHARED = 0.5
"""Share of the smaller repository's files that stand in the other, from which on one is a copy."""
FEWEST = 10
"""Files: with fewer in common, two small repositories may share a licence and a configuration."""


@dataclass(frozen=True)
class Holding:
    """What a repository is recognised by."""

    name: str
    role: Role
    roots: frozenset[str]
    """Ids of its commits without a parent."""
    texts: frozenset[bytes]
    """Keys of its files' normalised texts."""
    newest: int
    """Time of its latest commit, seconds since the epoch, UTC."""


@dataclass(frozen=True)
class Fork:
    """A repository that is a copy of another."""

    name: str
    of: str
    why: str
    """As the rest of a sentence that begins with the fork's name."""


def forks(holdings: Sequence[Holding]) -> list[Fork]:
    """Every fork with its original, by name.

    The original is the team's own, else the one worked on last, else the first by name; of three copies two are forks of the same one.
    """
    ranked = sorted(holdings, key=lambda one: (one.role not in ("team", "reference"), -one.newest, one.name))
    found: dict[str, Fork] = {}
    for original, other in combinations(ranked, 2):
        why = _why(original, other)
        if why and other.name not in found and original.name not in found:
            found[other.name] = Fork(
                other.name, original.name, f"is a fork of {original.name} ({why}): of files in both, that one's are kept"
            )
    return [found[name] for name in sorted(found)]


def _why(original: Holding, other: Holding) -> str:
    shared = len(original.texts & other.texts)
    fewer = min(len(original.texts), len(other.texts))
    if original.roots & other.roots:
        return f"both begin with commit {min(original.roots & other.roots)[:12]}"
    if shared >= max(FEWEST, SHARED * fewer):
        return f"{shared:,} of {fewer:,} files are the same"
    return ""
