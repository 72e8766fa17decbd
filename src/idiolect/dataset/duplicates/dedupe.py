"""Exact and near duplicates among documents, and which one of them is kept.

Exact: equal after CRLF, trailing space and blank ends are levelled. Near: Jaccard of 5-token shingles of 0.7 or more, verified
exactly, so that what is called a near-duplicate is one. What is kept does not depend on the order of the documents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from idiolect.dataset.duplicates import near
from idiolect.dataset.duplicates.shingles import Hashes
from idiolect.dataset.splits import Clusters, Key
from idiolect.sources.testpaths import stem_tested
from idiolect.types import Document, Dropped

NEAR = 0.7
"""Jaccard from which on two texts are near-duplicates."""
RELATED = 0.5
"""Jaccard from which on two files may not stand on both sides of a split."""
_BLANK = b" \t\f\v\r"
_TRAILING = tuple((bytes([blank]), bytes([blank]) + b"\n") for blank in _BLANK)
_MAYBE_TEST = re.compile(r"test|spec|e2e|[._-]cy\b|it\b", re.IGNORECASE)


Doc = TypeVar("Doc", bound=Document)


@dataclass(frozen=True)
class Standing:
    """What is known of the sources when the best of some duplicates is chosen."""

    cuts: Mapping[str, str] = field(default_factory=dict)
    """Commit of each source's cut: a file as it stood there is better than one of any other commit."""
    aside: Collection[str] = ()
    """Sources that are forks of others, or held out: theirs are dropped rather than the others'."""


class Print(NamedTuple):
    """What a text is compared by before anybody looks at it."""

    exact: bytes
    """Equal for texts that are equal once normalised."""
    bands: bytes
    """Its keys in the bands of `near.COARSE`, 8 bytes each."""


@dataclass(frozen=True)
class Deduped(Generic[Doc]):
    """What is left of some documents, and how they hang together."""

    kept: list[Doc]
    """In the order given."""
    dropped: list[Dropped]
    edges: list[tuple[Key, Key]]
    """Files, kept or not, of which no two may stand on both sides of a split: enough of them to tie each cluster together."""


def normal(data: bytes) -> bytes:
    """A text with its line ends, trailing space and blank ends levelled."""
    if any(blank in data and pair in data for blank, pair in _TRAILING):  # most have none, and one byte is found fastest
        data = b"\n".join(line.rstrip(_BLANK) for line in data.split(b"\n"))
    return data.rstrip(_BLANK + b"\n").lstrip(b"\n")


def exact_key(data: bytes) -> bytes:
    """Equal for texts that are equal once normalised."""
    return hashlib.blake2b(normal(data), digest_size=16).digest()


def printed(data: bytes) -> Print:
    """The print of a text."""
    return Print(exact_key(data), near.bands([data], near.COARSE).tobytes())


def dedupe(documents: Sequence[Doc], standing: Standing | None = None, print_of: Callable[[Doc], Print] | None = None) -> Deduped[Doc]:
    """Keep the best of each set of duplicates; `print_of` tells the prints that are known already.

    Better is: as it stood at the cut; the team's own; not of a fork; newer; tested; then the first by source, path and commit.
    Nothing is dropped through a chain: what is dropped is a duplicate of what is kept. Of one of today's a legacy file must be the same.
    """
    preference = _preference(documents, standing or Standing())
    order = sorted(range(len(documents)), key=lambda index: preference(documents[index]))
    prints = [print_of(documents[index]) for index in order] if print_of else None
    exact = [one.exact for one in prints] if prints else [exact_key(documents[index].data) for index in order]
    ranked, dropped, edges = _without_exact([documents[index] for index in order], exact)
    texts = _Texts([documents[order[place]] for place in ranked])
    known = b"".join(prints[place].bands for place in ranked) if prints else near.bands(texts, near.COARSE).tobytes()
    losers, ties = near_duplicates(texts, np.frombuffer(known, np.uint64).reshape(len(ranked), near.COARSE.number))
    names = [order[place] for place in ranked]
    losers = {place: winner for place, winner in losers.items() if not _older(documents[names[place]], documents[names[winner]])}
    dropped += [_duplicate("near-duplicate", documents[names[place]], documents[names[winner]]) for place, winner in losers.items()]
    edges += [(_key(documents[names[one]]), _key(documents[names[other]])) for one, other in ties]
    kept = sorted(name for place, name in enumerate(names) if place not in losers)
    return Deduped([documents[index] for index in kept], dropped, edges)


class _Texts(Sequence[bytes]):
    """The bytes of documents, read when they are looked at."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents

    def __len__(self) -> int:
        return len(self.documents)

    def __getitem__(self, index: Any) -> Any:
        return self.documents[index].data


def _without_exact(ranked: Sequence[Document], exact: Sequence[bytes]) -> tuple[list[int], list[Dropped], list[tuple[Key, Key]]]:
    """Places of the first of each set of equal texts, and what the others are."""
    first: dict[bytes, int] = {}
    kept, dropped, edges = [], [], []
    for place, (document, key) in enumerate(zip(ranked, exact, strict=True)):
        winner = ranked[first.setdefault(key, place)]
        if first[key] == place:
            kept.append(place)
        else:
            dropped.append(_duplicate("duplicate", document, winner))
            edges.append((_key(winner), _key(document)))
    return kept, dropped, edges


def near_duplicates(texts: Sequence[bytes], bands: Hashes) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """Which texts, best first, are near-duplicates of which better ones that are kept, and pairs that tie all relatives together.

    `bands` are their keys in the bands of `near.COARSE`.

    Pairs come in the order of their better member, so that whether that one is kept is known by then; a pair that can
    neither drop anybody nor tie two clusters is not compared.
    """
    losers: dict[int, int] = {}
    clusters: Clusters[int] = Clusters()

    def needed(better: int, worse: int) -> bool:
        return (better not in losers and worse not in losers) or clusters.root(better) != clusters.root(worse)

    ties = []
    for better, worse, jaccard in near.verified(texts, near.candidates(bands), RELATED, needed):
        clusters.tie(better, worse)
        ties.append((better, worse))
        if jaccard >= NEAR and better not in losers and worse not in losers:
            losers[worse] = better
    return losers, ties


def _preference(documents: Iterable[Document], standing: Standing) -> Callable[[Document], tuple[bool | int | str, ...]]:
    tested = _tested(documents)

    def preference(document: Document) -> tuple[bool | int | str, ...]:
        return (
            document.commit != standing.cuts.get(document.source, document.commit),
            document.role not in ("team", "reference"),
            document.source in standing.aside,
            -document.time,
            _key(document) not in tested,
            document.source, document.path, document.commit,
        )  # fmt: skip

    return preference


def _tested(documents: Iterable[Document]) -> set[Key]:
    """Files that a test of the same source points to by its name."""
    maybe = (document for document in documents if _MAYBE_TEST.search(document.path))
    tests = {(document.source, stem) for document in maybe if (stem := stem_tested(document.path))}
    if not tests:
        return set()
    return {_key(document) for document in documents if (document.source, PurePosixPath(document.path).stem) in tests}


def _older(loser: Document, winner: Document) -> bool:
    """Whether a file is nearly one of today's, but of a legacy source: what differs there are its migrations, and it answers nothing."""
    return loser.role == "legacy" and winner.role != "legacy"


def _key(document: Document) -> Key:
    return document.source, document.path


def _duplicate(reason: str, loser: Document, winner: Document) -> Dropped:
    return Dropped(reason=reason, what=loser.path, source=loser.source, detail=f"of {winner.source}/{winner.path}")
