"""Probes: holes in what the team wrote after the cut and has kept since, and in files that nothing was learned from.

A candidate is a syntactic unit that fills whole lines, for a time probe all of them written after the cut: a statement, a
definition, a run of them. At most one is taken from every ten such lines, and no two overlap.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from idiolect import syntax
from idiolect.types import Document, Hole, Sample

SHORTEST = 20
"""Characters, each run of white space as one, below which a text may stand anywhere by chance."""
LONGEST = 400
"""Bytes."""
PER_LINES = 10
"""At most one candidate from so many added lines."""
_SAYS_NOTHING = re.compile(
    r"""\s*(?:
        [\W_]*                                                     # blank, or brackets only
      | (?:end|else|begin|ensure|try|finally|do|then|pass|fi|done|esac)[\W_]*
      | (?:\#|//|/\*|\*|<!--|<%\#|--|\"\"\"|'''|=begin).*                  # comments and docstrings
      | (?:import|from|require|require_relative|include|extend|using|use|package|load)\b.*
      | \#include.*
    )""",
    re.VERBOSE,
)
_WORD = re.compile(r"\w{2}")
_PINNED = re.compile(r"\b[0-9a-f]{20,}\b|\buses:\s*\S+@")

Doc = TypeVar("Doc", bound=Document)
Found = Mapping[str, tuple[range, ...]]
"""Added lines by path, numbered from 0."""


@dataclass(frozen=True)
class Unit:
    """Whole lines of a file that are one syntactic unit."""

    start: int
    """First byte, after the indentation."""
    end: int
    """Byte after the last one, before the line end."""
    first: int
    """Line of `start` in the file as git has it, from 0."""
    last: int
    """Line of the last byte."""
    rank: bytes
    """The lowest is taken."""


def units(document: Document) -> tuple[Unit, ...]:
    """Every unit of a file that could become a probe; none where the file does not parse, or has no grammar."""
    data = document.data
    starts = [0, *(match.end() for match in re.finditer(rb"\n", data))]
    shifts = [(here, line - bisect_right(starts, here) + 1) for here, _, _, line in reversed(document.pieces)]
    found: dict[tuple[int, int], Unit] = {}
    parsed = syntax.read(document.language, data)
    if parsed is None or not parsed.sound:
        return ()
    for start, stop, _ in parsed.spans:
        end = start + len(data[start:stop].rstrip())
        if not 6 <= end - start <= LONGEST or (start, end) in found:
            continue
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        line_end = starts[last + 1] if last + 1 < len(starts) else len(data)
        if data[starts[first] : start].strip() or data[end:line_end].strip() or not says_something(data[start:end].decode()):
            continue
        more = next((lines for at, lines in shifts if at <= start), 0)
        found[start, end] = Unit(start, end, first + more, last + more, _rank(document.path, data[start:end]))
    return tuple(found.values())


def says_something(text: str) -> bool:
    """Whether at least one line is more than a comment, an import or a closer, and the whole is long enough to be recognised.

    A digest, or the version of an action that a workflow uses, is nothing that anybody could say.
    """
    enough = len(" ".join(text.split())) >= SHORTEST and not _PINNED.search(text)
    return enough and text[0] not in "\"'`" and any(_WORD.search(line) and not _SAYS_NOTHING.fullmatch(line) for line in text.split("\n"))


def choose(added: Found, units_of: Callable[[str], Sequence[Unit]]) -> list[tuple[str, Unit]]:
    """At most one unit from every ten added lines, by path and place; the same lines give the same choice."""
    slots: dict[int, list[tuple[str, Unit]]] = defaultdict(list)
    running = 0
    for path in sorted(added):
        ranges = sorted(added[path], key=lambda lines: lines.start)
        begins = [lines.start for lines in ranges]
        before = [running + sum(len(lines) for lines in ranges[:place]) for place in range(len(ranges))]
        for unit in units_of(path):
            place = bisect_right(begins, unit.first) - 1
            if place >= 0 and unit.last < ranges[place].stop:
                slots[(before[place] + unit.first - begins[place]) // PER_LINES].append((path, unit))
        running += sum(len(lines) for lines in ranges)
    chosen: list[tuple[str, Unit]] = []
    for slot in sorted(slots):
        free = [(path, unit) for path, unit in slots[slot] if not (chosen and chosen[-1][0] == path and unit.first <= chosen[-1][1].last)]
        chosen += sorted(free, key=lambda one: one[1].rank)[:1]
    return chosen


def everywhere(found: Sequence[tuple[Doc, tuple[Unit, ...]]], most: int) -> list[tuple[Doc, Unit]]:
    """Of the units of files that nothing was learned from at most one from every ten lines and `most` in all, by a hash's order."""
    files = {document.path: document for document, _ in found}
    units_of = {document.path: units for document, units in found}
    lines = {path: (range(max((unit.last for unit in units), default=0) + 1),) for path, units in units_of.items()}
    chosen = choose(lines, units_of.__getitem__)
    least = sorted(chosen, key=lambda one: (one[1].rank, one[0]))[:most]
    return [(files[path], unit) for path, unit in sorted(least, key=lambda one: (one[0], one[1].start))]


def probe(document: Document, unit: Unit, maker: str = "time_probe") -> Sample:
    """The unit as a hole in its file as it stands there."""
    data = document.data
    hole = Hole(path=document.path, prefix=data[: unit.start].decode(), suffix=data[unit.end :].decode())
    return Sample(
        prompt=hole,
        answer=data[unit.start : unit.end].decode(),
        kind="fim",
        maker=maker,
        labels={"language": (document.language,)},
        origins=(document.span(unit.start, unit.end),),
    )


def _rank(path: str, text: bytes) -> bytes:
    return hashlib.blake2b(path.encode("utf-8", "surrogateescape") + b"\0" + text, digest_size=8).digest()
