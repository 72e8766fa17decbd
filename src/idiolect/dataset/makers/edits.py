"""A commit's files as lines and hunks: what makers of edits show, write and name the origins of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.blocks import Hunk
from idiolect.dataset.makers.scope import fenced
from idiolect.types import Change, Dropped, Edit, Span, original


class Part(NamedTuple):
    """One file of an edit, as lines with their newlines."""

    edit: Edit
    before: list[str]
    after: list[str]
    """With the chosen hunks alone: the file after the commit, where that is all of them."""
    hunks: list[Hunk]
    """The chosen ones, in lines of the commit's own two files."""
    regions: list[Hunk]
    """What an answer touches, in lines of `before` and `after`."""


def hunks(edit: Edit) -> list[Hunk]:
    """What a commit does to a file; a new one is one hunk."""
    before, after = rows(edit.before), rows(edit.after)
    return blocks.hunks(before, after) if before else [Hunk(0, 0, 0, len(after))]


def part(edit: Edit, chosen: Sequence[Hunk], context: int) -> Part:
    """The file with the chosen hunks, and `context` unchanged lines around each that an answer touches."""
    before = rows(edit.before)
    after, moved = applied(before, rows(edit.after), chosen)
    return Part(edit, before, after, list(chosen), blocks.regions(before, moved, context) if before else moved)


def rows(data: bytes) -> list[str]:
    """The lines of a text with their newlines."""
    return data.decode().splitlines(keepends=True)


def applied(before: Sequence[str], after: Sequence[str], chosen: Sequence[Hunk]) -> tuple[list[str], list[Hunk]]:
    """The file before with these hunks alone, and where they stand in it."""
    made: list[str] = []
    moved, at = [], 0
    for hunk in chosen:
        made += before[at : hunk.start]
        start = len(made)
        made += after[hunk.new_start : hunk.new_end]
        moved.append(Hunk(hunk.start, hunk.end, start, len(made)))
        at = hunk.end
    return [*made, *before[at:]], moved


def file(edit: Edit, text: str) -> str:
    """Text of a file as a prompt shows it, beneath its path."""
    return f"`{edit.path}`\n{fenced(text.rstrip(chr(10)), edit.language)}"


def windows(one: Part, margin: int) -> list[tuple[int, int]]:
    """Byte ranges of the file before that hold every region and `margin` lines around it."""
    at = offsets(one.before)
    found: list[tuple[int, int]] = []
    for region in one.regions:
        start, end = at[max(0, region.start - margin)], at[min(len(one.before), region.end + margin)]
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found


def taken(change: Change, edit: Edit, chosen: Sequence[Hunk]) -> list[Span]:
    """The bytes of the file before that hunks take away."""
    at = offsets(rows(edit.before))
    return [span_of(change, edit, at[hunk.start], at[hunk.end], before=True) for hunk in chosen if hunk.start < hunk.end]


def written(change: Change, edit: Edit, chosen: Sequence[Hunk]) -> list[Span]:
    """The bytes of the file after that hunks put in; the lines around them stood there before."""
    at = offsets(rows(edit.after))
    return [span_of(change, edit, at[hunk.new_start], at[hunk.new_end]) for hunk in chosen if hunk.new_start < hunk.new_end]


def offsets(lines: Sequence[str]) -> list[int]:
    """Byte offset of every line, and of the end."""
    return list(accumulate((len(line.encode()) for line in lines), initial=0))


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def span_of(change: Change, edit: Edit, start: int, end: int, *, before: bool = False) -> Span:
    """The origin of bytes of a file before or after: the former were read at the parent, and are not later than the commit."""
    first, stop = original(edit.replaced_before if before else edit.replaced_after, start, end)
    return Span(
        source=change.source, commit=change.parent if before else change.commit, path=edit.path, start=first, end=stop,
        time=change.time, authors=(change.author,), licence=change.licence,
    )  # fmt: skip


def dropped(change: Change, reason: str, detail: str = "") -> Dropped:
    """A commit, or what a detail names of it, that was not kept."""
    return Dropped(reason=reason, what=change.commit, source=change.source, detail=detail or change.subject[:120])
