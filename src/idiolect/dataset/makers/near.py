"""near: holes whose answers name what other files define, in a file that is shown together with these definitions.

The repository-level half of the fill-in-the-middle mixture (Qwen2.5-Coder, arXiv 2409.12186, section 3.2): dependencies first, in 30 % of
the lessons in random order, as nobody promises an order when the model is asked. What the answer needs stands among other definitions
that the hole's file uses, so that being shown does not yet say being needed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from random import Random
from typing import NamedTuple

from idiolect.dataset.makers.fim import NO_SUFFIX, Cut, cuts, holes, sample
from idiolect.dataset.makers.macros import declared
from idiolect.dataset.makers.material import BUDGET, Material, choices_of, dropped, files, seeded
from idiolect.dataset.makers.pairs import Names, telling
from idiolect.dataset.makers.scope import HOLDERS, counted
from idiolect.dataset.makers.windows import line_end, line_start, lines
from idiolect.outline import Unit
from idiolect.syntax import comments, units
from idiolect.types import Document, Dropped, File, Hole, Sample, Span

OWN = 0.6
"""Share of the bytes of prompt and answer that the hole's own file takes."""
WAYS = ("node", "aligned", "cursor")
"""How a hole may be cut; what a run of characters takes beside a name, nobody can tell."""
RANDOM_ORDER = 0.3
TRIED = 8
"""So many holes are looked at for one."""
LONGEST = 320
"""Bytes of an answer: of what is longer most is not said by any file."""
NEAR_BEFORE, NEAR_AFTER = 600, 300
"""Bytes on either side of a hole in which a name counts as used near it."""
WHOLE_UNIT, WHOLE_FILE = 400, 800
"""Bytes up to which a definition, or a file, is shown with all that is in it."""
ENOUGH = 1_200
"""Bytes beyond which nothing is added that is not used near the hole."""
_CALLED = re.compile(r"[.&:]([A-Za-z_]\w*[?!]?)|([A-Za-z_]\w*[?!]?)\(")
_PLACED = re.compile(r"(?:([\w$]++|\))?(\.))?([A-Za-z_$][\w$]*+)")
_CLOSING = (b"end", b"}", b")", b"]")
_STRING = re.compile(rb"\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'")


class Definition(NamedTuple):
    """A unit of a file around, and the whole lines that stand for it."""

    unit: Unit
    span: tuple[int, int]

    @property
    def name(self) -> str:
        """Its own name."""
        return self.unit.name.rpartition(".")[2]


class Around(Names):
    """A file that may stand around a hole."""

    @cached_property
    def definitions(self) -> list[Definition]:
        """All that it defines, in its order."""
        inner: dict[tuple[str, ...], int] = {}
        for unit in reversed(self.units):
            inner[unit.parents] = min(unit.start, unit.doc[0] if unit.doc else unit.start)
        data = self.document.data
        found = [Definition(unit, _lines_of(data, unit, inner.get((*unit.parents, unit.name)))) for unit in self.units]
        said = [one for unit in self.units for one in _declared(data, unit)] if self.document.language == "ruby" else []
        if not said:
            return found
        opening = {one.unit.parents for one in said}
        heads = [one._replace(span=_header(data, one.unit)) if (*one.unit.parents, one.unit.name) in opening else one for one in found]
        return sorted([*heads, *said], key=lambda one: one.span)

    @cached_property
    def headers(self) -> dict[tuple[str, ...], tuple[int, int]]:
        """The first lines of its classes and modules, by their names."""
        return {(*one.unit.parents, one.unit.name): _header(self.document.data, one.unit) for one in self.definitions}


class Asking:
    """A file that gets holes, and what it uses of others."""

    def __init__(self, document: Document, others: Sequence[Around]) -> None:
        self.document = document
        self.code = _code(document)
        self.units = units(document.language, document.data)
        own = {unit.name.rpartition(".")[2] for unit in self.units}
        words = frozenset(counted(document.text))
        self.used = [(one, [two for two in one.definitions if two.name not in own and _usable(two, words)]) for one in others]

    def asks(self, cut: Cut) -> bool:
        """Whether an answer can be known by what other files define: it means some of it, and begins no function or class of its own."""
        begun = any(cut.prefix <= unit.start < cut.end for unit in self.units)
        return cut.how in WAYS and not begun and bool(self.named(cut.start, cut.end))

    def named(self, start: int, end: int) -> set[Definition]:
        """The definitions that these bytes of it surely mean."""
        text = self.code[start:end].decode(errors="replace")
        words = {word for word in counted(text) if not word.islower() or "_" in word}
        words |= {match[1] or match[2] for match in _CALLED.finditer(text)}
        placed = {(match[3], match[1] or match[2] or "") for match in _PLACED.finditer(text)}
        return {two for one, found in self.used for two in found if two.name in words and _said(two, one.path.stem, placed)}


def near(material: Material, *, budget: int = BUDGET, per: int = 1250, most: int = 4) -> Iterator[Sample | Dropped]:
    """Given a file and, after it, those around it (`neighbours.around`): one hole of the first per `per` bytes, at most `most`.

    Each answer names something that a file around defines.
    """
    held = list(files(material))
    if not held:
        return
    document, *others = held
    asking = Asking(document, [Around(one) for one in others])
    if not any(found for _, found in asking.used):
        yield dropped(document, "uses nothing of the files around it")
        return
    count = holes(document, per, most)
    found = cuts(document, TRIED * count, LONGEST, "near", 0)
    found += [cut for cut in cuts(document, TRIED, LONGEST, "near an end", 1) if not cut.suffix]  # where no end is found it gives others
    naming = [cut for cut in found if asking.asks(cut)]
    if not naming:
        yield dropped(document, "no hole that needs the files around it" if found else "no place for a hole")
        return
    for cut in sorted(_picked(naming, count, choices_of(document, "near that name")), key=lambda cut: cut.start):
        yield _lesson(asking, cut, budget)


def _picked(naming: Sequence[Cut], count: int, choose: Random) -> Iterator[Cut]:
    """So many of the holes, one in twenty of them with nothing after it."""
    drawn = choose.sample(naming, len(naming))
    last, others = ([cut for cut in drawn if cut.suffix is with_suffix] for with_suffix in (False, True))
    for _ in range(min(count, len(naming))):
        if pool := last if choose.random() < NO_SUFFIX and last else others:
            yield pool.pop()


def _lesson(asking: Asking, cut: Cut, budget: int) -> Sample:
    own = int(budget * OWN)
    made = sample(asking.document, cut, own)
    choose = seeded("near", asking.document.path, cut.start, cut.end, made.answer)
    ordered = _shown(asking, cut, budget - own)
    if choose.random() < RANDOM_ORDER:
        choose.shuffle(ordered)
    assert isinstance(made.prompt, Hole)
    return made.model_copy(
        update={
            "maker": f"near.{cut.how}",
            "prompt": made.prompt.model_copy(update={"files": tuple(file for file, _ in ordered)}),
            "origins": (*made.origins, *(span for _, spans in ordered for span in spans)),
        }
    )


def _shown(asking: Asking, cut: Cut, room: int) -> list[tuple[File, tuple[Span, ...]]]:
    """The definitions that the answer needs, those that are used near it, and a few of the others, by file in the files' order."""
    needed = asking.named(cut.start, cut.end)
    close = asking.named(max(0, cut.start - NEAR_BEFORE), cut.start) | asking.named(cut.end, cut.end + NEAR_AFTER)
    everything = [(one, two) for one, found in asking.used for two in found]
    ranked = sorted(everything, key=lambda pair: 0 if pair[1] in needed else 1 if pair[1] in close else 2)
    kept: dict[str, list[tuple[int, int]]] = {}
    taken = 0
    for one, two in ranked:
        spans = kept.get(one.document.path, [])
        most = room if two in needed or two in close else min(room, ENOUGH)
        adding = [span for span in _with_header(one, two, whole=two in needed or two in close) if not _within(span, spans)]
        size = sum(end - start + 2 for start, end in adding)
        if adding and taken + size <= most:
            kept[one.document.path] = sorted(span for span in {*spans, *adding} if not _within(span, {*spans, *adding} - {span}))
            taken += size
    return [_of_file(one.document, kept[one.document.path]) for one, _ in asking.used if one.document.path in kept]


def _with_header(one: Around, two: Definition, *, whole: bool) -> list[tuple[int, int]]:
    """The lines of a definition, below the first lines of what holds it; of a short file all, where it is used near the hole."""
    if whole and len(one.document.data) <= WHOLE_FILE:
        return [(0, len(one.document.data))]
    outer = [two.unit.parents[:size] for size in range(1, len(two.unit.parents) + 1)]
    return [*(one.headers[names] for names in outer if names in one.headers), two.span]


def _within(span: tuple[int, int], others: Sequence[tuple[int, int]] | set[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)


def _of_file(document: Document, spans: Sequence[tuple[int, int]]) -> tuple[File, tuple[Span, ...]]:
    """Runs of whole lines with a blank one where others stood between them."""
    data, pieces, stop = document.data, [], spans[0][0]
    for start, end in spans:
        pieces.append("\n" * min(2, len(lines(data[stop:start])) - 1) + data[start:end].decode())
        stop = end
    text = "".join(pieces)
    return File(path=document.path, text=text if text.endswith("\n") else text + "\n"), tuple(document.span(*span) for span in spans)


def _code(document: Document) -> bytes:
    """The bytes of a file with blanks for its comments, docstrings and strings: a name in prose is not surely meant."""
    data = bytearray(document.data)
    prose = [*comments(document.language, document.data), *(unit.doc for unit in units(document.language, document.data) if unit.doc)]
    for start, end in [*prose, *(_between_tags(document.data) if document.language == "html+erb" else ())]:
        data[start:end] = b" " * (end - start)
    return _STRING.sub(lambda match: b" " * len(match[0]), bytes(data))


def _between_tags(data: bytes) -> Iterator[tuple[int, int]]:
    """What a template holds but code."""
    start = 0
    while (end := data.find(b"<%", start)) >= 0:
        yield start, end
        start = data.find(b"%>", end)
        if start < 0:
            return
    yield start, len(data)


def _usable(one: Definition, words: frozenset[str]) -> bool:
    """Whether a definition is named, and the class that it stands in, and can be shown; a name that says little counts for nothing."""
    held = not one.unit.parents or one.unit.parents[-1] in words
    short = one.span[1] - one.span[0] <= 2 * WHOLE_UNIT
    return one.name in words and (one.unit.kind in HOLDERS or telling(one.name)) and held and short


def _declared(data: bytes, unit: Unit) -> Iterator[Definition]:
    """The statements at the margin of a class's body that define something by a symbol: associations, attributes, scopes."""
    if unit.kind not in HOLDERS or unit.body_start is None:
        return
    begin = line_start(data, unit.body_start)
    rows = [(begin + first, begin + stop) for first, stop in lines(data[begin : unit.end]) if data[begin + first : begin + stop].strip()]
    margins = [stop - first - len(data[first:stop].lstrip()) for first, stop in rows]
    for at, (first, stop) in enumerate(rows):
        if margins[at] != margins[0] or not (macro := next(declared(data, first, stop), None)):
            continue
        last = next((row for row in range(at + 1, len(rows)) if margins[row] <= margins[0]), len(rows))
        last += last < len(rows) and margins[last] == margins[0] and data[slice(*rows[last])].strip().startswith(_CLOSING)
        end = rows[last - 1][1]
        for name in macro.names:
            yield Definition(Unit("entry", name, first, end, parents=(*unit.parents, unit.name)), (first, end))


def _said(one: Definition, stem: str, placed: Container[tuple[str, str]]) -> bool:
    """Whether what is put on something by its name (`app.use = ...`) is named there; what a file exports alone, or on the file."""
    holder = one.unit.name.rpartition(".")[0].rpartition(".")[2]
    allowed = ("", ")", stem) if holder == "exports" else (holder,)
    return not holder or any((one.name, place) in placed for place in allowed)


def _header(data: bytes, unit: Unit) -> tuple[int, int]:
    """The whole lines down to the body of a unit."""
    start = line_start(data, unit.start)
    stop = unit.body_start or line_end(data, unit.start)
    return start, line_end(data, start + len(data[start:stop].rstrip()))


def _lines_of(data: bytes, unit: Unit, inner: int | None) -> tuple[int, int]:
    """Whole lines that stand for a unit: a short one's all, of a longer one its head.

    That is what comes before the first unit in it (`inner`), as many statements of it as are short enough; where a docstring stands
    there that is too long to be shown, or no unit, the header alone.
    """
    start, most = line_start(data, unit.start), unit.start + WHOLE_UNIT
    header = _header(data, unit)[1]
    documented = unit.doc[1] if unit.doc and unit.start < unit.doc[0] else header
    stop = next((stop for stop in (unit.end, inner, documented) if stop is not None and header <= stop <= most), header)
    if inner is not None and most < inner and documented == header:
        stop = max(header, _statements(data, header, most))
    return start, line_end(data, start + len(data[start:stop].rstrip()))


def _statements(data: bytes, start: int, most: int) -> int:
    """The end of the last whole statement before `most`: below it stands a line that is indented as the first is."""
    rows = [(first, data[start + first : start + stop]) for first, stop in lines(data[start:most])]
    margins = [(first, len(row) - len(row.lstrip()), row.strip().startswith(_CLOSING)) for first, row in rows if row.strip()]
    begun = [first for first, margin, closing in margins[1:] if margin == margins[0][1] and not closing]
    return start + begun[-1] if begun else start
