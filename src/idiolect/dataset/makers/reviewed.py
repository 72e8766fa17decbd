"""What became of the lines that a review spoke of: found in the file as it was merged, also where git has lost what was reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from idiolect.dataset.makers import blocks, edits
from idiolect.dataset.makers.blocks import Hunk
from idiolect.dataset.makers.edits import span_of
from idiolect.types import Change, Edit, Said, Span

MOST_CHANGED = 40
"""Lines that went or came in answer to a comment; more is a rewrite, of which nobody knows what it answers."""
MOST_SHOWN = 40
"""Rows of a diff that are shown."""
ALIKE = 60.0
"""Least likeness, of 100, of lines that were rewritten."""
GROWS = 6
"""Lines by which those that were rewritten may have grown."""
IN_GIT, LOST, SUGGESTED = 0.9, 0.6, 1.0
NOT_ACTED_ON = "not acted on"


class Fix(NamedTuple):
    """The edit that answers a comment."""

    edit: Edit
    """The file, or as much of it as the forge showed, as it was reviewed, and the same with nothing changed but for the comment."""
    origins: tuple[Span, ...]
    """Bytes of the file as it was merged that stand in it."""
    reviewed: tuple[Span, ...]
    """Bytes of the file as it was reviewed, around the lines in question; none where git has lost them."""
    confidence: float


def fix(change: Change, comment: Said, suggested: str | None) -> Fix | str:
    """What was done about a comment, by a change from what was reviewed to what was merged; or why nothing was, that anybody could tell."""
    edit = change.edits[0]
    try:
        before, after = (edits.rows(data) for data in (edit.before, edit.after))
    except UnicodeDecodeError:
        return "not UTF-8"
    return _in_git(change, comment, before, after) if before else _lost(change, comment, after, suggested)


def _in_git(change: Change, comment: Said, before: list[str], after: list[str]) -> Fix | str:
    first, last = comment.lines
    shown = new_side(comment.hunk)
    if last > len(before) or (shown and shown[-1].rstrip("\r\n") != before[last - 1].rstrip("\r\n")):
        return "commented lines not found"
    patched = only(before, after, first - 1, last)
    if not patched.hunks:
        return NOT_ACTED_ON
    if patched.changed > MOST_CHANGED:
        return "rewritten"
    edit = change.edits[0]
    origins = spans(change, edit, after, [(one.new_start, one.new_end) for one in patched.hunks])
    reviewed = spans(change, edit, before, [(max(0, first - max(1, len(shown))), last)], before=True)
    return Fix(Edit(edit.path, edit.language, edit.before, "".join(patched.rows).encode()), origins, reviewed, IN_GIT)


class Patched(NamedTuple):
    """A file with some of what came later."""

    rows: list[str]
    hunks: list[Hunk]
    """What was taken over."""

    @property
    def changed(self) -> int:
        """Lines that went and lines that came."""
        return sum(one.end - one.start + one.new_end - one.new_start for one in self.hunks)


def only(before: Sequence[str], after: Sequence[str], start: int, end: int) -> Patched:
    """The file before with what happened to lines `start` to `end`, and nothing else."""
    chosen = [one for one in blocks.hunks(before, after, near=0) if meets(one, start, end)]
    return Patched(edits.applied(before, after, chosen)[0], chosen)


def meets(hunk: Hunk, start: int, end: int) -> bool:
    """Whether it changes one of these lines, or puts others right before, between or behind them."""
    return start <= hunk.start <= end if hunk.start == hunk.end else hunk.start < end and start < hunk.end


def _lost(change: Change, comment: Said, after: list[str], suggested: str | None) -> Fix | str:
    rows = new_side(comment.hunk)
    count = min(comment.lines[1] - comment.lines[0] + 1, len(rows))
    if not count:
        return "commented lines not found"
    wanted = suggested.splitlines(keepends=True) if suggested else []
    place = _taken_over(rows[:-count], wanted, after) if wanted and wanted != rows[-count:] else None
    found = place or _alike(rows[:-count], rows[-count:], after)
    if isinstance(found, str):
        return found
    edit = change.edits[0]
    text, patched = "".join(rows), "".join([*rows[:-count], *after[slice(*found)]])
    origins = spans(change, edit, after, [found])
    confidence = SUGGESTED if place else LOST
    return Fix(Edit(edit.path, edit.language, text.encode(), patched.encode()), origins, (), confidence)


def _taken_over(context: Sequence[str], wanted: Sequence[str], after: Sequence[str]) -> tuple[int, int] | None:
    """Where the lines of a suggestion stand: once, or below the same line as before."""
    places = _places(after, wanted)
    below = [at for at in places if context and at and after[at - 1] == context[-1]]
    best = below if len(below) == 1 else places
    return (best[0], best[0] + len(wanted)) if len(best) == 1 else None


def _alike(context: Sequence[str], lines: Sequence[str], after: Sequence[str]) -> tuple[int, int] | str:
    """The lines below the same context that resemble these most; or why there are none."""
    places: list[int] = []
    for size in (1, 2, 3):
        above = list(context[-size:])
        if len(above) == size and any(row.strip() for row in above):
            places = [at + size for at in _places(after, above)]
            if len(places) == 1:
                break
    if len(places) != 1:
        return "commented lines not found"
    start = places[0]
    if list(after[start : start + len(lines)]) == list(lines):
        return NOT_ACTED_ON
    text = "".join(lines)
    ends = range(start + 1, min(len(after), start + len(lines) + GROWS) + 1)
    whole = [end for end in ends if _indent(after[end - 1]) == _indent(lines[-1])]  # elsewhere a block would be cut in two
    scored = [(fuzz.ratio(text, "".join(after[start:end])), -end) for end in whole]
    best, end = max(scored, default=(0.0, 0))
    return (start, -end) if ALIKE <= best < 100 else "fix not found"


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _places(rows: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Line numbers where `wanted` stands in `rows`; blanks at the end of lines do not count."""
    sought, size = [row.rstrip() for row in wanted], len(wanted)
    stripped = [row.rstrip() for row in rows]
    return [at for at in range(len(rows) - size + 1) if stripped[at] == sought[0] and stripped[at : at + size] == sought] if sought else []


def new_side(hunk: str) -> list[str]:
    """The lines of a forge's hunk as they stood in the file that was reviewed."""
    return [f"{row[1:]}\n" for row in hunk.split("\n")[1:] if not row.startswith(("-", "\\"))]


def tail(hunk: str) -> str:
    """The end of a forge's hunk, as a diff, without its header."""
    rows = [row for row in hunk.split("\n")[1:] if not row.startswith("\\")]
    return "\n".join(rows[-MOST_SHOWN:])


def drawn(before: Sequence[str], after: Sequence[str], found: Sequence[Hunk], around: range) -> str:
    """Lines `around` of the file after as a diff, with what stood in their place before."""
    begins = {one.new_start: one for one in found if around.start <= one.new_start <= around.stop}
    came = {at for one in found for at in range(one.new_start, one.new_end)}
    rows = []
    for at in range(around.start, min(around.stop, len(after))):
        if at in begins:
            rows += [f"-{row}" for row in before[begins[at].start : begins[at].end]]
        rows.append(f"{'+' if at in came else ' '}{after[at]}")
    if around.stop in begins:
        rows += [f"-{row}" for row in before[begins[around.stop].start : begins[around.stop].end]]
    return "".join(row if row.endswith("\n") else f"{row}\n" for row in rows).rstrip("\n")


def spans(change: Change, edit: Edit, rows: Sequence[str], lines: Sequence[tuple[int, int]], *, before: bool = False) -> tuple[Span, ...]:
    """The bytes of some ranges of lines, empty ones left out."""
    offsets = edits.offsets(rows)
    places = [(offsets[start], offsets[min(end, len(rows))]) for start, end in lines]
    return tuple(span_of(change, edit, start, end, before=before) for start, end in places if start < end)


def of_forge(change: Change, said: Said) -> Span:
    """The row of an export as the origin of what it says."""
    return Span(
        source=change.source, commit="", path=said.path, start=said.start, end=said.end, time=said.time or change.time,
        authors=(said.author or change.author,), licence=change.licence,
    )  # fmt: skip
