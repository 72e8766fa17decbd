"""diff: a commit's message and the code before it, answered by the edit that the team made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.commits import Wish, format_only, intent, numbers_only, wish
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.scope import fenced
from idiolect.dataset.makers.sections import CHANGELOG
from idiolect.dataset.makers.windows import elided
from idiolect.types import Change, Dropped, Edit, Message, Sample, Span, original

FEWEST_LINES, MOST_LINES = 3, 200
MOST_FILES, MOST_HUNKS = 5, 3
LONGEST_FILE = 200_000
CONTEXTS = (blocks.CONTEXT, 4, 12)
"""Unchanged lines around each block: more where an earlier block makes the lines of a later one stand there twice."""
MARGINS = (1000, 40, 20, 10, 5, 2, 0)
"""Lines shown around what is touched: the most that the budget carries."""
FRAMES = (
    "{wish}\n\nEdit these files with search/replace blocks.\n\n{code}",
    "{code}\n\n{wish} Answer with search/replace blocks.",
    "Change our code as search/replace blocks: {wish}\n\n{code}",
    "{wish}\n\nHere is the code as it stands:\n\n{code}\n\nGive the edit as search/replace blocks.",
    "Please make this change and answer in SEARCH/REPLACE form.\n\n{wish}\n\n{code}",
)


HALF_LIFE = 2 * 365 * 86_400
"""Seconds after which a commit counts half: what stood before an old one is yesterday's style, and often what came after it too."""
LEAST_WEIGHT = 0.1


class Part(NamedTuple):
    """One file of an edit, as lines with their newlines."""

    edit: Edit
    before: list[str]
    after: list[str]
    hunks: list[blocks.Hunk]
    regions: list[blocks.Hunk]


def diff(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """One edit per commit, in search/replace blocks that were applied and gave the file after, byte for byte."""
    for change in changes(material):
        yield _lesson(change, budget)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    request = wish(change)
    if isinstance(request, str):
        return _dropped(change, request)
    if reason := _unfit(change.edits):
        return _dropped(change, reason)
    for context in CONTEXTS:
        parts = [_part(edit, context) for edit in change.edits]
        if reason := _too_much(parts):
            return _dropped(change, reason)
        answer = "\n\n".join(blocks.write(part.edit.path, part.edit.language, part.before, part.after, part.regions) for part in parts)
        if len(answer.encode()) > budget * 2 // 3:
            return _dropped(change, "answer over budget")
        if _proved(answer, parts):
            return _sample(change, request, parts, answer, budget)
    return _dropped(change, "blocks do not apply")


def weight(age: int) -> float:
    """What a commit counts that is so many seconds older than the newest one."""
    return round(max(LEAST_WEIGHT, math.pow(0.5, age / HALF_LIFE)), 3)


def _unfit(edits: Sequence[Edit]) -> str | None:
    """Why these files are no lesson, before anything is compared."""
    if not edits:
        return "no file of a known language"
    if len(edits) > MOST_FILES:
        return "too many files"
    if not any(edit.before for edit in edits):
        return "only new files"
    if any(not edit.after for edit in edits):
        return "deletes a file"
    if any(max(len(edit.before), len(edit.after)) > LONGEST_FILE for edit in edits):
        return "file too long"
    if format_only(edits):
        return "format only"
    if numbers_only(edits):
        return "only numbers"
    if all(CHANGELOG.search(edit.path) for edit in edits):
        return "only a changelog"  # names what was done elsewhere
    return None if all(_is_text(data) for edit in edits for data in (edit.before, edit.after)) else "not UTF-8"


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _part(edit: Edit, context: int) -> Part:
    before, after = (data.decode().splitlines(keepends=True) for data in (edit.before, edit.after))
    found = blocks.hunks(before, after) if before else [blocks.Hunk(0, 0, 0, len(after))]
    return Part(edit, before, after, found, blocks.regions(before, found, context) if before else found)


def _too_much(parts: Sequence[Part]) -> str | None:
    lines = sum(_changed(part) for part in parts)
    if lines < FEWEST_LINES:
        return "too few lines"
    if lines > MOST_LINES:
        return "too many lines"
    return "too many hunks" if any(len(part.hunks) > MOST_HUNKS for part in parts) else None


def _changed(part: Part) -> int:
    """Lines taken away and lines put in; equal lines inside a joined hunk do not count."""
    apart = blocks.hunks(part.before, part.after, near=0)
    return sum(hunk.end - hunk.start + hunk.new_end - hunk.new_start for hunk in apart)


def _proved(answer: str, parts: Sequence[Part]) -> bool:
    """Whether the blocks, applied to the files before, give the files after."""
    before = {part.edit.path: "".join(part.before) for part in parts}
    if not blocks.readable(answer, sum(len(part.regions) for part in parts)):
        return False
    try:
        return blocks.apply(answer, before) == {part.edit.path: "".join(part.after) for part in parts}
    except ValueError:
        return False


def _sample(change: Change, request: Wish, parts: Sequence[Part], answer: str, budget: int) -> Sample | Dropped:
    message = request.subject + ("" if request.subject.endswith((".", "!", "?")) else ".") + (f" {request.body}" if request.body else "")
    room = budget - len(answer.encode()) - len(message.encode())
    shown = _shown(change, [part for part in parts if part.before], room)
    if shown is None:
        return _dropped(change, "touched code over budget")
    code, origins = shown
    frame = seeded("diff", change.commit).choice(FRAMES)
    language = max(parts, key=_changed).edit.language
    return Sample(
        prompt=(Message(role="user", content=frame.format(wish=message, code=code)),),
        answer=answer,
        kind="diff",
        maker="diff",
        labels={**labels(language), "intent": (intent(request.subject),)},
        confidence=request.confidence,
        origins=(*origins, *(span for part in parts for span in _written(change, part))),
    )


def _shown(change: Change, parts: Sequence[Part], room: int) -> tuple[str, tuple[Span, ...]] | None:
    """The files before, each cut to what is touched and as much around it as `room` bytes allow."""
    for margin in MARGINS:
        cuts = [_windows(part, margin) for part in parts]
        texts = [
            f"`{part.edit.path}`\n{fenced(elided(part.edit.before, spans).rstrip(chr(10)), part.edit.language)}"
            for part, spans in zip(parts, cuts, strict=True)
        ]
        code = "\n\n".join(texts)
        if len(code.encode()) <= room:
            paired = [(part.edit, span) for part, cut in zip(parts, cuts, strict=True) for span in cut]
            return code, tuple(_span(change, edit, *span, before=True) for edit, span in paired)
    return None


def _windows(part: Part, margin: int) -> list[tuple[int, int]]:
    """Byte ranges of the file before that hold every region and `margin` lines around it."""
    offsets = _offsets(part.before)
    found: list[tuple[int, int]] = []
    for region in part.regions:
        start, end = offsets[max(0, region.start - margin)], offsets[min(len(part.before), region.end + margin)]
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _written(change: Change, part: Part) -> list[Span]:
    """The bytes of the file after that stand in the answer."""
    offsets = _offsets(part.after)
    return [_span(change, part.edit, offsets[region.new_start], offsets[region.new_end]) for region in part.regions]


def _offsets(rows: Sequence[str]) -> list[int]:
    """Byte offset of every line, and of the end."""
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row.encode()))
    return offsets


def _span(change: Change, edit: Edit, start: int, end: int, *, before: bool = False) -> Span:
    # What stood there before was read at the parent; its own time is not later than the commit's.
    first, stop = original(edit.replaced_before if before else edit.replaced_after, start, end)
    return Span(
        source=change.source, commit=change.parent if before else change.commit, path=edit.path, start=first, end=stop,
        time=change.time, authors=(change.author,), licence=change.licence,
    )  # fmt: skip


def _dropped(change: Change, reason: str) -> Dropped:
    return Dropped(reason=reason, what=change.commit, source=change.source, detail=change.subject[:120])
