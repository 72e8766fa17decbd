"""What every maker works with: the stream it reads, and choices that are the same on every machine."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator

from idiolect.types import Change, Document, Dropped, Sample

Material = Iterable[Document | Change]
"""Files as they stood at the cut, and commits up to it, of one source or of several."""
Maker = Callable[[Material], Iterator[Sample | Dropped]]
"""Reads what it understands of the material, passes over the rest; says why where a candidate became no Sample."""

BUDGET = 6000
"""Bytes that prompt and answer of one Sample may take together; about 2,000 tokens."""


def files(material: Material) -> Iterator[Document]:
    """The files that may become answers: a legacy source is context only."""
    return (item for item in material if isinstance(item, Document) and item.role != "legacy")


def changes(material: Material) -> Iterator[Change]:
    """The commits that may become answers."""
    return (item for item in material if isinstance(item, Change) and item.role != "legacy")


def seeded(*parts: object) -> random.Random:
    """A generator of choices that depends on `parts` alone, so that a build can be repeated and unchanged files keep their lessons."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return random.Random(int.from_bytes(digest, "big"))


def choices_of(document: Document, maker: str) -> random.Random:
    """The choices that `maker` makes in this file: they change with its path and text, not with the commit."""
    return seeded(maker, document.path, hashlib.blake2b(document.data, digest_size=16).hexdigest())


def dropped(document: Document, reason: str, detail: str = "") -> Dropped:
    """A candidate of this file that was not kept."""
    return Dropped(reason=reason, what=document.path, source=document.source, detail=detail)


def labels(language: str) -> dict[str, tuple[str, ...]]:
    """The labels that makers themselves know."""
    return {"language": (language,)}
