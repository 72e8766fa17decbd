"""followup: a commit that reworks what another has just written, as the answer to a review: its message says what was wanted.

Only the fix is asked for. Whether a hunk needs a comment, and which, cannot be told from such commits: their messages lean on what happened
since, and nobody wrote down which hunks needed none, so that every answer would be yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks, editing, remarks, reviewed
from idiolect.dataset.makers.blocks import Hunk
from idiolect.dataset.makers.commits import Wish, wish
from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.material import BUDGET, Material, changes, seeded
from idiolect.dataset.makers.review import FIXES, Remark, fixed
from idiolect.dataset.makers.reviewed import Fix
from idiolect.dataset.makers.sections import PROSE
from idiolect.types import Change, Dropped, Edit, Sample

OVERLAP = 0.8
"""Share of what a follow-up changes that the commit before must have written."""
CONFIDENCE = 0.6
AROUND = 8
"""Lines above and below that belong to it."""
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
_FAULTY = re.compile(
    r"(?:fix(?:es)?|correct|tidy)\W+(?:(?:an?|the|some|small|minor|silly|stupid)\ )*(?:errors?|bugs?|issues?|problems?|mistakes?|up)\b",
    re.IGNORECASE,
)
"""How a message begins that says that something is wrong, and not what."""
_MISSPELT = re.compile(r"\btypos?\b|\b(?:mis)?spell\w*|\bgrammar\b", re.IGNORECASE)
_REPORT = re.compile(r"(?!(?:need|feed|embed|speed|seed|exceed|proceed|succeed)\b)(?:\w+ed|made|wrote|took|got|gave|did)\b", re.IGNORECASE)
"""How a message begins that says what was done, and not what is wanted."""
_NAME = re.compile(r"[a-z_]\w{2,}", re.IGNORECASE)


class Rework(NamedTuple):
    """Two commits to one file."""

    now: list[str]
    """The file after the first."""
    new: list[str]
    """And after the second."""
    redone: list[Hunk]
    """What the second made of what the first wrote."""
    around: range
    """Lines of the file after the first that this is about."""

    @property
    def words(self) -> set[str]:
        """What stands in the lines that went or in those that came, and not in both."""
        went = _names("".join(row for one in self.redone for row in self.now[one.start : one.end]))
        return went ^ _names("".join(row for one in self.redone for row in self.new[one.new_start : one.new_end]))


def followup(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """The fix of a commit that changes little but what the one before it wrote."""
    for change in changes(material):
        if len(change.edits) == 2 and change.edits[0].path == change.edits[1].path:
            yield _lesson(change, budget)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    found = _remark(change, *change.edits)
    if isinstance(found, str):
        return dropped(change, found)
    frame = seeded("followup", change.commit, found.fix.edit.path).choice(FIXES)
    made = fixed(change, found, frame, budget)
    if isinstance(made, Sample) and _fresh(made):
        return dropped(change, "holds what cannot be known")
    return made


def _fresh(sample: Sample) -> set[str]:
    """The names of an answer that the request does not hold."""
    assert isinstance(sample.prompt, tuple)
    said = "".join(turn.content for turn in sample.prompt)
    return _names(sample.answer or "") - _names(said)


def _names(text: str) -> set[str]:
    return {name.lower() for name in _NAME.findall(text)}


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
    if _MISSPELT.search(request.subject) and not _names(request.subject) & found.words:
        return NOTHING
    text = remarks.impersonal(editing.words(request))
    shown = reviewed.spans(change, second, found.now, [(found.around.start, found.around.stop)], before=True)
    came = reviewed.spans(change, second, found.new, [(one.new_start, one.new_end) for one in found.redone])
    return Remark(text, "", "", (), Fix(second, came, shown, CONFIDENCE), "followup") if text else NOTHING


def _wanted(change: Change, language: str) -> Wish | str:
    """The message as a wish, or why it says nothing of the code."""
    if _OF_ANOTHER.match(change.subject):
        return "no words of a review"
    if language in PROSE or language in DATA:
        return "prose or data"
    request = wish(change)
    if isinstance(request, Wish) and _REPORT.match(request.subject):
        return "reports what was done"
    empty = isinstance(request, Wish) and not request.body and (_VAGUE.match(request.subject) or _FAULTY.match(request.subject))
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
    return Rework(now, new, redone, around) if len(around) <= reviewed.MOST_SHOWN else "far apart"
