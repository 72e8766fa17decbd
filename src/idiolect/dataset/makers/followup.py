"""followup: a commit that reworks what another has just written, as the review that it is: its message says what was wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks, editing, remarks, reviewed
from idiolect.dataset.makers.blocks import Hunk
from idiolect.dataset.makers.commits import Wish, wish
from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.material import BUDGET, Material, changes
from idiolect.dataset.makers.review import Remark, lessons
from idiolect.dataset.makers.reviewed import Fix
from idiolect.dataset.makers.scope import fenced
from idiolect.dataset.makers.sections import PROSE
from idiolect.types import Change, Dropped, Edit, Sample

OVERLAP = 0.8
"""Share of what a follow-up changes that the commit before must have written."""
CONFIDENCE = 0.6
AROUND = 8
"""Lines above and below that are shown."""
NOTHING = "message says nothing"
DATA = frozenset({"json", "yaml", "toml", "ini", "xml", "csv", "go module", "terraform template"})
"""Of which a message says what is in it, not how it is written."""
_OF_ANOTHER = re.compile(r"(?:fixup|squash|amend)!", re.IGNORECASE)
"""How git marks a commit whose words are those of the one that it mends."""
_VAGUE = re.compile(
    r"""(?:fix(?:es|ed|ing|up)?\ (?:the\ |some\ |broken\ |failing\ )*(?:tests?|specs?|ci|build|(?:code\ |standard\ )?styles?|lint\w*|rubocop
    |standard|format\w*|[0-9a-f]{7,})|updat|improv|reword|clean|touch|tweak|polish|expand|edit|adjust|modif|chang|minor|small|more
    |another|some|address|incorporat|refactor)\w*\b(?!.{0,60}\b(?:to|so|from|because|instead|not|when|with|into)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""How a message begins that says of the code no more than that it was worked on."""
_REPORT = re.compile(r"\w+ed\b(?:[\s,]+[^\s,]+){0,4}", re.IGNORECASE)
"""A few words on what was done, by which nobody sees what was wanted."""


class Rework(NamedTuple):
    """Two commits to one file."""

    now: list[str]
    """The file after the first."""
    new: list[str]
    """And after the second."""
    wrote: list[Hunk]
    """What the first wrote."""
    redone: list[Hunk]
    """What the second made of it."""
    around: range
    """Lines of the file after the first that are worth showing."""


def followup(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """The three tasks of a review, of a commit that changes little but what the one before it wrote."""
    for change in changes(material):
        if len(change.edits) == 2 and change.edits[0].path == change.edits[1].path:
            found = _remark(change, *change.edits)
            yield from lessons(change, found, budget) if isinstance(found, Remark) else [dropped(change, found)]


def _remark(change: Change, first: Edit, second: Edit) -> Remark | str:
    """What a follow-up wants, or why it is none."""
    request = _wanted(change, second.language)
    if isinstance(request, str):
        return request
    if reason := editing.refused([second], 1) or editing.refused([first], 1):
        return reason
    found = _rework(*(data.decode().splitlines(keepends=True) for data in (first.before, first.after, second.after)))
    if isinstance(found, str):
        return found
    text = remarks.impersonal(editing.words(request))
    shown = reviewed.spans(change, second, found.now, [(found.around.start, found.around.stop)], before=True)
    came = reviewed.spans(change, second, found.new, [(one.new_start, one.new_end) for one in found.redone])
    wrote = [one._replace(start=0, end=0) for one in found.wrote]  # what it took away stood before it, where nobody looks
    hunk = fenced(reviewed.drawn([], found.now, wrote, found.around), "diff")
    return Remark(text, remarks.gist(text), hunk, shown, Fix(second, came, shown, CONFIDENCE), "followup") if text else NOTHING


def _wanted(change: Change, language: str) -> Wish | str:
    """The message as a wish, or why it says nothing of the code."""
    if _OF_ANOTHER.match(change.subject):
        return "no words of a review"
    if language in PROSE or language in DATA:
        return "prose or data"
    request = wish(change)
    empty = isinstance(request, Wish) and not request.body and (_VAGUE.match(request.subject) or _REPORT.fullmatch(request.subject))
    return NOTHING if empty else request


def _rework(old: Sequence[str], now: list[str], new: list[str]) -> Rework | str:
    """What the second commit changes of what the first wrote, or why that is no rework."""
    wrote, redone = blocks.hunks(old, now, near=0), blocks.hunks(now, new, near=0)
    came = {at for one in wrote for at in range(one.new_start, one.new_end)}
    touched = [min(at, len(now) - 1) for one in redone for at in range(one.start, max(one.end, one.start + 1))]
    if sum(at in came for at in touched) < OVERLAP * len(touched):
        return "other lines"
    if not any(one.start < one.end for one in redone):
        return "only adds"
    if len(touched) + sum(one.new_end - one.new_start for one in redone) > reviewed.MOST_CHANGED:
        return "rewritten"
    around = range(max(0, touched[0] - AROUND), min(len(now), touched[-1] + AROUND + 1))
    return Rework(now, new, wrote, redone, around) if len(around) <= reviewed.MOST_SHOWN else "far apart"
