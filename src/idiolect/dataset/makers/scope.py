"""What stands around a unit in its file, as a prompt can show it: path, imports, enclosing headers, signature."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence, Set
from functools import lru_cache
from heapq import nsmallest
from typing import NamedTuple

from idiolect import markdown
from idiolect.dataset.makers import defined
from idiolect.dataset.makers.windows import closed, indented, line_start, lines
from idiolect.syntax import Unit
from idiolect.types import Document, Span

HOLDERS = frozenset({"class", "module", "interface", "struct", "trait", "enum", "namespace", "impl"})
"""Kinds of units that hold others."""

_IMPORT = re.compile(
    rb"(?:import|from|require|require_relative|use|using|package|load|include)\b[ (\"']|#\s*include\b|(?:const|let|var)\s.*\brequire\("
)
_VISIBILITY = re.compile(rb"[ \t]*(?:private|protected|public|private_class_method|module_function)[ \t]+")
_SEPARATORS = {"ruby": ("::", "#"), "rust": ("::", "::"), "c++": ("::", "::")}
_NAME = re.compile(r"[A-Za-z_]\w*[?!]?")
NO_NAME = frozenset(
    {"as", "const", "from", "import", "include", "let", "load", "package", "require", "require_relative", "use", "using", "var"}
)
"""Words of an import that name nothing."""
_OWN_METHOD = re.compile(rb"def\s+self\.")
IMPORTS = 600
SIBLINGS, MOST_SIBLINGS = 400, 12


class Piece(NamedTuple):
    """Text of a prompt and the bytes of the team's that stand in it."""

    text: str
    origins: tuple[Span, ...]


def code(document: Document, spans: Sequence[tuple[int, int]], between: str = "\n") -> Piece:
    """The bytes of `spans` with `between` between them, without the blanks around each."""
    texts = [document.data[start:end].decode().strip("\r\n").rstrip() for start, end in spans]
    return Piece(between.join(text for text in texts if text), tuple(document.span(start, end) for start, end in spans))


def header(document: Document, unit: Unit) -> Piece:
    """A unit down to its body: its signature."""
    return code(document, [defined.head(document.data, unit)])


def beginning(document: Document, unit: Unit) -> Piece:
    """A unit's signature, and its docstring where that stands within it: what it promises."""
    start, end = defined.head(document.data, unit)
    return code(document, [(start, max(end, unit.doc[1] if unit.doc and unit.doc[0] >= unit.start else end))])


def around(document: Document, unit: Unit, found: Sequence[Unit]) -> Piece:
    """Imports of the file, the headers of what encloses the unit and of what stands beside it, and the definitions that it stands on."""
    used = named(document.data, unit)
    outer = [other for other in found if other.start <= unit.start and unit.end <= other.end and other != unit]
    headers = [defined.head(document.data, other) for other in (*outer, *_bases(unit, found, used))]
    known = defined.around(document, unit, found, used)
    beside = [(start, end) for start, end in _siblings(document.data, unit, found, used) if all(end <= a or b <= start for a, b in known)]
    above, here = code(document, imports(document.data, used)), code(document, sorted({*headers, *known, *beside}))
    return Piece("\n\n".join(piece.text for piece in (above, here) if piece.text), above.origins + here.origins)


def named(data: bytes, unit: Unit) -> frozenset[str]:
    """Every identifier of a unit's code; words of its docstring are none."""
    start, end = unit.doc if unit.doc and unit.doc[0] >= unit.start else (unit.end, unit.end)
    return frozenset(_NAME.findall((data[unit.start : start] + b"\n" + data[end : unit.end]).decode()))


def _bases(unit: Unit, found: Sequence[Unit], used: Collection[str]) -> list[Unit]:
    """The classes of a file that a class of it names: what it inherits from is among them."""
    return [one for one in found if unit.kind in HOLDERS and one.kind in HOLDERS and one.name in used and one != unit]


def _siblings(data: bytes, unit: Unit, found: Sequence[Unit], used: Collection[str]) -> list[tuple[int, int]]:
    """The headers of methods and functions that stand beside a unit, in at most `SIBLINGS` bytes: those that it names, then the nearest.

    What a class offers belongs to the task, as in methods2test: without it nobody could know the names of what is called. Of what stands
    elsewhere in the file, functions and the methods of a class that it inherits from are offered too, where the unit names them.
    """
    bases = {one.name for one in _bases(unit, found, used)}

    def offered(one: Unit) -> bool:
        called = one.name in used and (not one.parents or one.parents == unit.parents)
        own = one.parents == unit.parents and unit.kind in defined.CALLABLE
        return called or own or bool(one.parents and one.parents[-1] in bases)

    beside = [one for one in found if one.kind in defined.CALLABLE and one != unit and offered(one)]
    apart = [one for one in beside if one.end <= unit.start or unit.end <= one.start]
    kept: list[tuple[int, int]] = []
    for one in nsmallest(MOST_SIBLINGS, apart, key=lambda one: (one.name not in used, abs(one.start - unit.start))):
        start, end = defined.head(data, one)
        whole_name = one.name.rpartition(".")[2].encode() in data[start:end]  # of a long one the first line may be but a decorator
        if whole_name and sum(stop - begun for begun, stop in kept) + end - start <= SIBLINGS:
            kept.append((start, end))
    return sorted(kept)


def imports(data: bytes, used: Set[str] = frozenset()) -> list[tuple[int, int]]:
    """Lines at the left margin that bring in other code, up to `IMPORTS` bytes in all: those that name what is `used`, else all."""
    every = _imports(data)
    kept, size = [], 0
    for start, stop in [span for span, names in every.items() if not used.isdisjoint(names)] or every:
        if size + stop - start <= IMPORTS:
            kept.append((start, stop))
            size += stop - start
    return sorted(kept)


@lru_cache(maxsize=4)
def _imports(data: bytes) -> dict[tuple[int, int], Set[str]]:
    """The imports of a file that are short enough to be shown, in order, with what each names."""
    begun = [start for start, end in lines(data) if _IMPORT.match(data, start, end)]
    found = [(start, end) for start in begun if (end := closed(data, start, IMPORTS)) <= start + IMPORTS]
    return {span: set(_NAME.findall(data[slice(*span)].decode())) - NO_NAME for span in found}


def wraps(unit: Unit, found: Sequence[Unit]) -> bool:
    """Whether a unit is but a wrapper, so that the comment above it is about what it holds: a namespace, the one entry of a data file."""
    inner = [one for one in found if one != unit and one.parents == (*unit.parents, unit.name)]
    if unit.kind == "entry":
        return not unit.parents and sum(not one.parents for one in found) == 1
    return unit.kind == "module" and len(inner) == 1 and inner[0].kind in ("module", "class")


def whole(unit: Unit, data: bytes) -> tuple[int, int]:
    """The bytes of a unit, with the indentation of its first line, the `private` before it and the semicolon after it."""
    margin = line_start(data, unit.start)
    start = margin if _VISIBILITY.fullmatch(data, margin, unit.start) else indented(data, unit.start)
    return start, unit.end + (data[unit.end : unit.end + 1] == b";")


def qualified(unit: Unit, language: str, data: bytes) -> str:
    """The name that a reader of that language would use; a class's own method of Ruby is known by `data`, its file."""
    between, last = _SEPARATORS.get(language, (".", "."))
    last = "." if last == "#" and _OWN_METHOD.match(data, unit.start) else last
    parents = between.join(unit.parents)
    return f"{parents}{last if unit.kind in ('method', 'function') else between}{unit.name}" if parents else unit.name


def fenced(text: str, language: str) -> str:
    """A Markdown block of code of a language; its fence is longer than any in the text."""
    return markdown.fenced(text, tag(language))


def tag(language: str) -> str:
    """What stands after a fence for this language."""
    return {"html+erb": "erb", "c++": "cpp", "c#": "csharp"}.get(language, language.split()[0] if language else "")


def counted(text: str) -> Counter[str]:
    """How often each identifier stands in a text."""
    return Counter(_NAME.findall(text))
