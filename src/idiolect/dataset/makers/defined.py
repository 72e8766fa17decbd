"""What a unit's code stands on in its own file: lines that define the names it uses, and short functions that it calls or is beside."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from idiolect.dataset.makers.macros import declared
from idiolect.dataset.makers.windows import after, closed, indented, line_end, line_start
from idiolect.syntax import Unit, units
from idiolect.types import Document

MOST = 800
"""Bytes that are shown of it in all."""
LONGEST = 240
"""Of one definition: of a longer one nobody can tell from its beginning what it is."""
BESIDE = 2
"""Short functions shown that it does not call: how its neighbours are written says how it is to be."""
CALLABLE = ("function", "method")
_BINDING = re.compile(
    rb"^[ \t]*(?:(?:export|const|let|var|static|final|public|private|protected|readonly)[ \t]+)*"
    rb"(?P<of>self\.|this\.|@{1,2})?(?P<name>[A-Za-z_]\w*)[ \t]*(?::[^=\n]{1,80})?(?:\|\||\?\?)?=(?![=~>])",
    re.MULTILINE,
)
_REQUIRES = re.compile(rb"=[ \t]*(?:require|import)\b")
_COMMENT = re.compile(rb"[ \t]*(?:#|//|/\*|\*)")


class Binding(NamedTuple):
    """A line, or several in brackets, that gives a name its meaning."""

    name: str
    start: int
    end: int
    holder: Unit | None
    """The innermost unit that it stands in."""


def around(document: Document, unit: Unit, found: Sequence[Unit], used: Collection[str]) -> list[tuple[int, int]]:
    """Byte ranges of definitions of the names that a unit uses, in the order of the file, and of whole short functions.

    `found` are all units of its file. Names bound outside of functions, attributes that its class sets, where it sets them; functions
    that it calls, of its class or of the file, then those that stand nearest. What is nearest before it comes first.
    """
    data, homes = document.data, ((), unit.parents)
    within = [one for one in found if one.kind in CALLABLE and one.parents in homes and one.start != unit.start]
    short = [one for one in within if one.end - one.start <= LONGEST]

    def distance(span: tuple[int, int]) -> tuple[bool, int, int]:
        return span[0] > unit.start, abs(unit.start - span[0]), span[1]

    known = bindings(document.language, data)
    wanted = [(one.start, one.end) for name in used for one in known.get(name, ()) if _reaches(one, unit)]
    wanted += [_whole(data, one) for one in short if plain(one) in used]
    beside = ((one.start, one.end, one) for one in short if one.parents == unit.parents and plain(one) not in used)
    nearest = nsmallest(BESIDE, beside, key=lambda span: distance(span[:2])) if unit.kind in CALLABLE else []
    kept = _fitting([*sorted(wanted, key=distance), *(_whole(data, one) for _, _, one in nearest)], (unit.start, unit.end))
    setting = [one for one in within if any(one.start < start and end < one.end for start, end in kept)]
    return sorted({*(head(data, one) for one in setting), *kept})


def head(data: bytes, unit: Unit) -> tuple[int, int]:
    """The unit down to its body, or its first line, in at most `LONGEST` bytes."""
    start = indented(data, unit.start)
    stop = unit.body_start if unit.body_start else line_end(data, unit.start)
    while (last := line_start(data, start + len(data[start:stop].rstrip()))) > unit.start and _COMMENT.match(data, last, stop):
        stop = last
    return start, min(stop if stop - start <= LONGEST else line_end(data, unit.start), after(data, start, LONGEST))


def plain(unit: Unit) -> str:
    """The last part of a unit's name."""
    return unit.name.rpartition(".")[2]


@lru_cache(maxsize=4)
def bindings(language: str, data: bytes) -> Mapping[str, Sequence[Binding]]:
    """The bindings of a file by name, that are short enough to be shown; what a function binds for itself, or `require` brings, is none."""
    found: dict[str, list[Binding]] = defaultdict(list)
    opened: list[Unit] = []
    waiting = sorted(units(language, data), key=lambda one: (-one.start, one.end))
    for start, end, owned, names in sorted(_spans(language, data), key=itemgetter(0)):
        while waiting and waiting[-1].start <= start:
            opened.append(waiting.pop())
        opened = [one for one in opened if start < one.end]
        holder = next((one for one in reversed(opened) if end <= one.end), None)
        if (owned or holder.kind not in CALLABLE) if holder else not (owned or data[start : start + 1].isspace()):
            for name in names:
                found[name].append(Binding(name, start, end, holder))
    return found


def _spans(language: str, data: bytes) -> Iterator[tuple[int, int, bool, list[str]]]:
    """Where something short is bound, whether to the object or by its class, and what."""
    bound = ((match.start(), match.end(), bool(match["of"]), [match["name"].decode()]) for match in _BINDING.finditer(data))
    made = ((one.start, one.end, True, one.names) for one in (declared(data) if language == "ruby" else ()))
    for start, stop, owned, names in chain(bound, made):
        end = max(closed(data, start, LONGEST), line_end(data, stop))
        if end - start <= LONGEST and not _REQUIRES.search(data, start, end):
            yield start, end, owned, names


def _reaches(one: Binding, unit: Unit) -> bool:
    """Whether what is bound there is what the unit means by the name."""
    if one.holder is None:
        return True
    if one.holder.kind in CALLABLE:
        return one.holder.parents == unit.parents
    return one.holder.start <= unit.start and unit.end <= one.holder.end


def _whole(data: bytes, unit: Unit) -> tuple[int, int]:
    return indented(data, unit.start), unit.end


def _fitting(spans: Sequence[tuple[int, int]], unit: tuple[int, int]) -> list[tuple[int, int]]:
    """Those of the spans, dearest first, that fit together into what may be shown, apart from the unit and from one another."""
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        apart = all(end <= begun or stop <= start for begun, stop in (*kept, unit))
        if apart and sum(stop - begun for begun, stop in kept) + end - start <= MOST:
            kept.append((start, end))
    return kept
