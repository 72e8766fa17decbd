"""An edit of several files as a lesson: blocks that were applied and gave the files after, and the code before, cut to what is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import asking, blocks, edits, forms, grounds
from idiolect.dataset.makers.commits import FEWEST_WORDS, Wish, format_only, numbers_only, wish
from idiolect.dataset.makers.edits import Part as Part
from idiolect.dataset.makers.edits import is_text, span_of
from idiolect.dataset.makers.edits import offsets as offsets_of
from idiolect.dataset.makers.scope import Piece
from idiolect.dataset.makers.sections import CHANGELOG
from idiolect.dataset.makers.windows import elided
from idiolect.syntax import Unit, comments, units
from idiolect.types import Change, Edit, Span

LONGEST_FILE = 200_000
MARGINS = (1000, 40, 20, 10, 5, 2, 0)
"""Lines shown around what is touched: the most that the budget carries."""
CONTEXTS = (blocks.CONTEXT, 4, 12)
"""Unchanged lines around each block: more where an earlier block makes the lines of a later one stand there twice."""
NEAR = 10
"""Lines shown on both sides of what is touched where no unit holds it."""
MOST_NAMED, LONGEST_NAMED = 3, 1_000
"""Places shown besides, where names stand that an edit brings in."""
_VERSION = re.compile(r"(?:^|/)(?:_*version_*|__about__|__init__|package|pyproject|setup|Cargo)\.\w+$|\.gemspec$", re.IGNORECASE)
_UNFINISHED = re.compile(
    r"(?:\b(?:via|with|by|for|to|like|as|of|in|on|and|or|the|an?|from|using|following|below|example|that|is|are)[^\w.!?]*|\b(?:e\.g|i\.e)\.?|[:,(])$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]+")


class Answer(NamedTuple):
    """Blocks that make of the files before the files after."""

    text: str
    parts: list[Part]


Windows = list[tuple[int, int]]
"""Byte ranges of a file before, on line starts, in order."""
View = Callable[[Part], Windows]


class Asked(NamedTuple):
    """What a commit asks for, and the edits that are meant."""

    request: Wish
    edits: list[Edit]


def asked(change: Change, most: int) -> Asked | str:
    """A commit as a request that its files, `most` at most, can answer; or why it is none."""
    request = wish(change)
    if isinstance(request, str):
        return request
    if asking.elsewhere(request.subject):
        return "speaks of what is not shown"
    if len(_WORD.findall(asking.plain(request.subject))) < FEWEST_WORDS:
        return "message says nothing"
    edits = meant(change.edits)
    return refused(edits, most) or Asked(request, edits)


def refused(edits: Sequence[Edit], most: int) -> str | None:
    """Why these files are no lesson, whatever was done to them; `most` files may be in it."""
    if not edits:
        return "nothing but blanks or a changelog"
    if len(edits) > most:
        return "too many files"
    if any(max(len(edit.before), len(edit.after)) > LONGEST_FILE for edit in edits):
        return "file too long"
    if not all(is_text(data) for edit in edits for data in (edit.before, edit.after)):
        return "not UTF-8"
    return "only numbers" if numbers_only(map(_middle, edits)) else None


def meant(edits: Iterable[Edit]) -> list[Edit]:
    """The edits that say something of what was done: changelogs, versions and files in which only blanks differ stay out."""
    return [edit for edit in edits if not CHANGELOG.search(edit.path) and not format_only([_middle(edit)]) and not _version(edit)]


def answered(found: Sequence[Edit], limit: int) -> Answer | str:
    """The blocks of these files, in their order, in at most `limit` bytes; or why there are none."""
    for context in CONTEXTS:
        parts = [part(edit, context) for edit in found]
        text = forms.BLOCKS.write(parts)
        if len(text.encode()) > limit:
            return "answer over budget"
        if forms.proved(forms.BLOCKS, text, parts):
            return Answer(text, parts)
    return "blocks do not apply"


def part(edit: Edit, context: int = blocks.CONTEXT) -> Part:
    """A file with all that was done to it."""
    return edits.part(edit, edits.hunks(edit), context)


def bare(language: str, data: bytes, start: int = 0, end: int | None = None) -> bytes:
    """The words of a file, or of bytes of it, without comments and docstrings, a blank between them."""
    stop, end = start, len(data) if end is None else end
    said = [*comments(language, data), *(unit.doc for unit in units(language, data) if unit.doc)]
    kept = []
    for first, last in sorted(said):
        if first < end:
            kept.append(data[stop : max(stop, first)])
            stop = max(stop, min(last, end))
    return b" ".join(b"".join([*kept, data[stop:end]]).split())


def lines(one: Part) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came, without the equal ones inside a joined hunk."""
    apart = blocks.hunks(one.before, one.after, near=0)
    gone = [row for hunk in apart for row in one.before[hunk.start : hunk.end]]
    return gone, [row for hunk in apart for row in one.after[hunk.new_start : hunk.new_end]]


def language(parts: Iterable[Part]) -> str:
    """That of the file that changed most."""
    return max(parts, key=lambda one: sum(map(len, lines(one)))).edit.language


def words(request: Wish) -> str:
    """A commit's words as sentences that ask for something."""
    body = asking.plain(request.body)
    if _UNFINISHED.search(body):  # announces a list or an example that is not shown
        body = body[: max(body.rfind(". ") + 1, 0)]
    return " ".join(
        text if text.endswith((".", "!", "?", ":")) else f"{text}."
        for text in (asking.imperative(asking.plain(request.subject)), body.strip())
        if text
    )


def around(margin: int) -> View:
    """Shows every region with so many lines around it."""
    return lambda one: edits.windows(one, margin)


def enclosing(one: Part) -> Windows:
    """Shows every region with the innermost units around it, or with what stands nearby where there is none."""
    found = units(one.edit.language, one.edit.before)
    offsets = offsets_of(one.before)
    inner = [_rows(one.edit.before, unit) for unit in found if unit.body_start]
    spans = []
    for at in one.regions:
        start, end = offsets[at.start], offsets[at.end]
        held = [(first, stop) for first, stop in inner if first <= start and end <= stop]
        touched = [(first, stop) for first, stop in inner if start < stop and first < end] if not held else []
        best = min(held, key=lambda span: span[1] - span[0], default=None)
        nearby = (offsets[max(0, at.start - NEAR)], offsets[min(len(one.before), at.end + NEAR)])
        spans += [best] if best else [nearby, *touched[:2]]
    return _joined(sorted((min(start, len(one.edit.before)), end) for start, end in spans))


def naming(one: Part) -> Windows:
    """Shows what `enclosing` shows, and besides where the file has names that the edit brings in from elsewhere in it."""
    spans = enclosing(one)
    data, shown_now = one.edit.before, b"".join(one.edit.before[start:end] for start, end in spans)
    defined = {unit.name.rpartition(".")[2]: unit for unit in units(one.edit.language, data)}
    found = []
    for name in brought(one):
        word = re.compile(rb"\b" + name.encode() + rb"\b")
        if not word.search(shown_now) and (place := word.search(data)):
            unit = defined.get(name)
            rows = _rows(data, unit) if unit and unit.end - unit.start <= LONGEST_NAMED else None
            found.append(rows or (data.rfind(b"\n", 0, place.start()) + 1, data.find(b"\n", place.end()) + 1 or len(data)))
    return _joined(sorted([*spans, *found[:MOST_NAMED]]))


def brought(one: Part) -> list[str]:
    """Names of a team's own making in the lines that come and in none that goes, in order: with an underscore or a capital within."""
    gone, came = lines(one)
    had = set(grounds.OWN.findall("".join(gone)))
    return [name for name in dict.fromkeys(grounds.OWN.findall("".join(came))) if name not in had]


def baseless(parts: Iterable[Part], prompt: str) -> bool:
    """Whether an edit uses much that its prompt does not show (`grounds.baseless`)."""
    return grounds.baseless(_came(parts), prompt)


def coined(parts: Iterable[Part], prompt: str) -> set[str]:
    """The names of an edit that its prompt does not show, those that it brings itself too (`grounds.coined`)."""
    return grounds.coined(_came(parts), prompt)


def _came(parts: Iterable[Part]) -> str:
    """The lines that come, without their remarks."""
    return "".join(grounds.plain("".join(lines(one)[1]), one.edit.language) for one in parts)


def shown(change: Change, parts: Iterable[Part], room: int, first: Sequence[View] = ()) -> Piece | None:
    """The files before, in the widest of the views that `room` bytes allow: `first`, then ever fewer lines around what is touched.

    None where even what is touched is too much.
    """
    old = [one for one in parts if one.before]
    for view in (*first, *map(around, MARGINS)):
        cuts = [view(one) for one in old]
        texts = [edits.file(one.edit, elided(one.edit.before, spans)) for one, spans in zip(old, cuts, strict=True)]
        code = "\n\n".join(texts)
        if len(code.encode()) <= room:
            paired = [(one.edit, span) for one, spans in zip(old, cuts, strict=True) for span in spans]
            return Piece(code, tuple(span_of(change, edit, *span, before=True) for edit, span in paired))
    return None


def written(change: Change, parts: Iterable[Part]) -> tuple[Span, ...]:
    """The bytes of the files after that stand in the blocks."""
    found = []
    for one in parts:
        offsets = offsets_of(one.after)
        found += [span_of(change, one.edit, offsets[at.new_start], offsets[at.new_end]) for at in one.regions if at.new_end > at.new_start]
    return tuple(found)


def _version(edit: Edit) -> bool:
    return bool(edit.before and edit.after and _VERSION.search(edit.path)) and numbers_only([_middle(edit)])


def _middle(edit: Edit) -> Edit:
    """The edit without the lines at the top and at the end that are the same: most of a long file."""
    old, new = edit.before, edit.after
    start = old.rfind(b"\n", 0, _common(old, new)) + 1
    old, new = old[start:], new[start:]
    tail = _common(old[::-1], new[::-1])
    end = old.find(b"\n", len(old) - tail) if tail else -1
    cut = len(old) - end if end >= 0 else 0
    return Edit(edit.path, edit.language, old[: len(old) - cut], new[: len(new) - cut])


def _common(data: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same."""
    low, high = 0, min(len(data), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if data[:middle] == other[:middle] else (low, middle - 1)
    return low


def _rows(data: bytes, unit: Unit) -> tuple[int, int]:
    """The whole lines that a unit stands in."""
    end = data.find(b"\n", max(unit.start, unit.end - 1))
    return data.rfind(b"\n", 0, unit.start) + 1, end + 1 if end >= 0 else len(data)


def _joined(spans: Iterable[tuple[int, int]]) -> Windows:
    found: Windows = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            start, last = found.pop()
            end = max(end, last)
        found.append((start, end))
    return found
