"""The compact form of an outline: numbers only, no text of the file, the same whoever packs it.

This is what the parser sends and what the cache keeps. Names are byte ranges, so whoever unpacks needs the file's bytes; and
whatever a damaged cache or a parser in a stranger's hands may send, unpacking ends in values or a ValueError.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import add

from idiolect.outline import MARK_KINDS, UNIT_KINDS, Marked, Name, Syntax, Unit

MIN_SPAN, MAX_SPAN = 6, 4000
"""Bytes of a node that a hole may take."""
_HEADER = 7
_UNIT = 11
_SOUND, _REFUSED = 1, 2
Range = tuple[int, int]


@dataclass
class Found:
    """What a walk collects: flat arrays of offsets."""

    sound: bool = True
    units: array[int] = field(default_factory=lambda: array("I"))
    """Kind, name start and end, start, end, body start + 1 and end, doc start + 1 and end, parent's row + 1, sound: 0 is none."""
    comments: array[int] = field(default_factory=lambda: array("I"))
    """Pairs of start and end, as the three that follow."""
    defined: array[int] = field(default_factory=lambda: array("I"))
    calls: array[int] = field(default_factory=lambda: array("I"))
    imports: array[int] = field(default_factory=lambda: array("I"))
    starts: array[int] = field(default_factory=lambda: array("I"))
    """Of the spans."""
    lengths: array[int] = field(default_factory=lambda: array("H"))
    kinds: array[int] = field(default_factory=lambda: array("B"))
    """Places in `MARK_KINDS`."""

    def sort(self) -> None:
        """Put what several trees of one file gave in one order."""
        spans = sorted(zip(self.starts, self.lengths, self.kinds, strict=True), key=lambda one: (one[0], -one[1]))
        self.starts, self.lengths, self.kinds = (array(code, [one[place] for one in spans]) for place, code in enumerate("IHB"))
        for name in ("comments", "defined", "calls", "imports"):
            ranges = getattr(self, name)
            setattr(self, name, array("I", (at for pair in sorted(zip(ranges[::2], ranges[1::2], strict=True)) for at in pair)))


def pack(found: Found) -> bytes:
    """The bytes of an outline."""
    pairs = (found.comments, found.defined, found.calls, found.imports)
    counts = (len(found.units) // _UNIT, len(found.starts), *(len(one) // 2 for one in pairs))
    parts = (array("I", (_SOUND if found.sound else 0, *counts)), found.units, *pairs, found.starts, found.lengths, found.kinds)
    return b"".join(part.tobytes() for part in parts)


def numbers(found: Sequence[int]) -> bytes:
    """The bytes of an answer that is numbers alone: those of the queries that have a match."""
    return array("I", (0, *found)).tobytes()


def matched(packed: bytes) -> tuple[int, ...]:
    """The numbers of such an answer."""
    return tuple(_numbers(packed, 1, len(packed) // 4 - 1))


def refusal(why: str) -> bytes:
    """The bytes that stand for a file which cannot be parsed, and why."""
    return array("I", (_REFUSED,)).tobytes() + why.encode()


def refused(packed: bytes) -> str:
    """Why the file cannot be parsed; empty where it was."""
    return packed[4:].decode(errors="replace") if _flags(packed) & _REFUSED else ""


def sound(packed: bytes) -> bool:
    """Whether the file has no syntax error."""
    return bool(_flags(packed) & _SOUND)


def units(packed: bytes, data: bytes) -> list[Unit]:
    """The units, by start."""
    rows = _numbers(packed, _HEADER, _counts(packed)[0] * _UNIT)
    found: list[Unit] = []
    for at in range(0, len(rows), _UNIT):
        kind, name, name_end, start, end, body, body_end, doc, doc_end, parent, is_sound = rows[at : at + _UNIT]
        if kind >= len(UNIT_KINDS) or parent > len(found):
            raise ValueError("an outline with a unit of no kind or of parents to come")
        outer = found[parent - 1] if parent else None
        found.append(
            Unit(
                kind=UNIT_KINDS[kind], name=_text(data, name, name_end), start=start, end=end,
                body_start=body - 1 if body else None, body_end=body_end if body else None,
                doc=(doc - 1, doc_end) if doc else None, parents=(*outer.parents, outer.name) if outer else (), sound=bool(is_sound),
            )
        )  # fmt: skip
    return found


def ranges(packed: bytes) -> list[Range]:
    """Start and end of the spans, by start, outer before inner."""
    starts, lengths, _ = _spans(packed)
    return list(zip(starts, map(add, starts, lengths), strict=True))


def spans(packed: bytes) -> list[Marked]:
    """The spans with their kinds."""
    starts, lengths, kinds = _spans(packed)
    if max(kinds, default=0) >= len(MARK_KINDS):
        raise ValueError("an outline with a span of no kind")
    return [Marked(start, start + length, MARK_KINDS[kind]) for start, length, kind in zip(starts, lengths, kinds, strict=True)]


def comments(packed: bytes) -> list[Range]:
    """Byte ranges of the comments."""
    return _pairs(packed, 0)


def unpack(packed: bytes, data: bytes) -> Syntax:
    """All of it."""
    named = [
        [Name(_text(data, start, end), start, end) for start, end in found] for found in (_defined(packed), calls(packed), imports(packed))
    ]
    return Syntax(sound(packed), units(packed, data), spans(packed), comments(packed), *named)


def calls(packed: bytes) -> list[Range]:
    """Where the names stand that are called."""
    return sorted(_pairs(packed, 2))


def imports(packed: bytes) -> list[Range]:
    """Where the names stand that are brought in."""
    return sorted(_pairs(packed, 3))


def _defined(packed: bytes) -> list[Range]:
    """Names of units, and of what else is defined."""
    rows = _numbers(packed, _HEADER, _counts(packed)[0] * _UNIT)
    named = {(start, end) for start, end in zip(rows[1::_UNIT], rows[2::_UNIT], strict=True) if start < end}
    return sorted(named.union(_pairs(packed, 1)))


def _flags(packed: bytes) -> int:
    return int.from_bytes(packed[:4], sys.byteorder)


def _counts(packed: bytes) -> Sequence[int]:
    """Units, spans, comments, defined, calls, imports."""
    counts = _numbers(packed, 1, _HEADER - 1)
    if len(packed) != 4 * (_HEADER + _UNIT * counts[0] + 2 * sum(counts[2:])) + 7 * counts[1]:
        raise ValueError("an outline of another length than it says")
    return counts


def _numbers(packed: bytes, first: int, count: int) -> array[int]:
    """So many numbers of four bytes."""
    found = array("I")
    found.frombytes(packed[4 * first : 4 * (first + count)])
    if len(found) != count:
        raise ValueError("an outline that ends too soon")
    return found


def _pairs(packed: bytes, number: int) -> list[Range]:
    counts = _counts(packed)
    first = _HEADER + _UNIT * counts[0] + 2 * sum(counts[2 : 2 + number])
    numbers = _numbers(packed, first, 2 * counts[2 + number])
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _spans(packed: bytes) -> tuple[array[int], array[int], bytes]:
    counts = _counts(packed)
    first, count = _HEADER + _UNIT * counts[0] + 2 * sum(counts[2:]), counts[1]
    lengths = array("H")
    lengths.frombytes(packed[4 * (first + count) : 4 * (first + count) + 2 * count])
    return _numbers(packed, first, count), lengths, packed[4 * (first + count) + 2 * count :]


def _text(data: bytes, start: int, end: int) -> str:
    return data[start:end].decode(errors="replace")
