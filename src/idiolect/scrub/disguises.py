"""Other spellings of a text in which a secret may stand: literals put together, and base64.

Each is a run of bytes with a map back to where they came from, so that what is found in it can be taken out of the text itself.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from idiolect.scrub.filters import Piece
from idiolect.scrub.rules import compiled

LONGEST = 4_000
"""Bytes of one disguise; secrets are shorter, and pictures in base64 are longer."""
_QUOTED = r"""(?:"[^"\n\\]+"|'[^'\n\\]+')"""
_JOINT = r"[ \t]*(?:\+|\.\.?|&|<<|\|\|)?[ \t]*[\\_]?(?:\r?\n[ \t]*(?:\+|\.\.?|&|<<)?[ \t]*)?"
_ENCODED = r"[A-Za-z0-9+/]{24,}={0,2}"
_EITHER = compiled(f"{_QUOTED}(?:{_JOINT}{_QUOTED})+|{_ENCODED}")
"""A chain of literals or a run of base64: one pass over the text for both. No run begins outside of a chain and ends in it."""
_LITERAL = re.compile(rb"\"([^\"\n\\]+)\"|'([^'\n\\]+)'")
_BASE64 = compiled(_ENCODED)
_SHORTEST = 24
_DIGIT, _CAPITAL = re.compile(rb"[0-9]"), re.compile(rb"[A-Z]")
_TEXT = re.compile(rb"[\t\n\r -~]+")


@dataclass(frozen=True)
class Disguise:
    """A text that stands behind another one."""

    data: bytes
    pieces: tuple[Piece, ...]
    """Where its parts stand, in order."""
    whole: bool
    """Whether all of it goes where anything in it does: half of an encoding means nothing."""

    def places(self, start: int, end: int) -> tuple[Piece, ...]:
        """Where bytes `start` to `end` stand in the text behind; none where they stand in one part, which is found without us."""
        if self.whole:
            return self.pieces
        offsets = [0]
        for one, other in self.pieces:
            offsets.append(offsets[-1] + other - one)
        first, last = bisect_right(offsets, start) - 1, bisect_right(offsets, end - 1) - 1
        if first == last:
            return ()
        cut = [(max(start, offsets[at]) - offsets[at], min(end, offsets[at + 1]) - offsets[at]) for at in range(first, last + 1)]
        return tuple(
            (self.pieces[at][0] + one, self.pieces[at][0] + other) for at, (one, other) in zip(range(first, last + 1), cut, strict=True)
        )


def disguises(data: bytes) -> Iterator[Disguise]:
    """Every run of literals that are put together, and everything in base64 that is text."""
    for found in _EITHER.finditer(data):
        start, end = found.span()
        if data[start] not in b"\"'":
            yield from _encoded(data, start, end)
            continue
        spans = [literal.span(1 if literal[1] is not None else 2) for literal in _LITERAL.finditer(data, start, end)]
        if len(spans) > 1 and sum(end - start for start, end in spans) <= LONGEST:
            yield Disguise(b"".join(data[start:end] for start, end in spans), tuple(spans), whole=False)
        if end - start > _SHORTEST:
            for run in _BASE64.finditer(data, start, end):
                yield from _encoded(data, *run.span())


def _encoded(data: bytes, start: int, end: int) -> Iterator[Disguise]:
    if end - start <= LONGEST and (decoded := _decoded(data[start:end])):
        yield Disguise(decoded, ((start, end),), whole=True)


def _decoded(text: bytes) -> bytes:
    """What stands behind, where that is text."""
    if not _DIGIT.search(text) or not _CAPITAL.search(text):
        return b""
    try:
        said = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
    return said if _TEXT.fullmatch(said) else b""
