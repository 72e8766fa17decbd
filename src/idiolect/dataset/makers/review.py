"""review: does this need a comment, which one, and the fix; from review threads that were acted on.

The three tasks are CodeReviewer's (Li et al. 2022, arXiv 2203.09095). A comment counts where it asks for something and the lines that it is
about were changed before the merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from idiolect.dataset.makers import blocks, editing, remarks, reviewed
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.reviewed import Fix
from idiolect.dataset.makers.scope import fenced
from idiolect.types import Change, Dropped, Edit, Message, Said, Sample, Span

NEEDED = (
    "Does this change to `{path}` need a comment in review?\n\n{hunk}",
    "{hunk}\n\nThis is a change to `{path}`. Would we ask for something before it is merged? Say what, in a sentence.",
    "Would a reviewer of ours stop at this hunk of `{path}`?\n\n{hunk}",
    "`{path}`\n{hunk}\n\nYes or no: does this need another look, and why?",
)
COMMENTS = (
    "Review this change to `{path}`.\n\n{hunk}",
    "What would we say of this in review?\n\n`{path}`\n{hunk}",
    "{hunk}\n\nComment on the last lines of this change to `{path}` as a reviewer.",
    "You review a change to `{path}`:\n\n{hunk}\n\nWrite the comment.",
)
FIXES = (
    "A reviewer of `{path}` says:\n\n{comment}\n\n{code}\n\nMake the change, as search/replace blocks.",
    "{code}\n\nReview comment: {comment}\n\nAnswer it with search/replace blocks.",
    "Apply this review comment and give the edit as search/replace blocks.\n\n{comment}\n\n{code}",
    "What did the review ask for? {comment}\n\nThe code:\n\n{code}\n\nEdit it in SEARCH/REPLACE form.",
)
ROOM = 3_000
"""Bytes of code that stand around a fix."""
LONGEST_TEXT = 6_000
"""Characters of a comment as it came; more is not looked at."""
PASSED = 0.6
NO = "No."
FEWEST_ROWS = 3


class Remark(NamedTuple):
    """A comment, what it is about, and what was done."""

    text: str
    gist: str
    """Its first sentence; empty where it only suggests code."""
    hunk: str
    """What was reviewed, in a fence."""
    origins: tuple[Span, ...]
    """Of the comment and the hunk."""
    fix: Fix
    maker: str


def review(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Each review thread that was acted on: whether a comment was needed, the comment, and its fix."""
    for change in changes(material):
        comment = next((said for said in change.said if said.form == "comment"), None)
        if comment and change.edits:
            found = _thread(change, comment)
            yield from lessons(change, found, budget) if isinstance(found, Remark) else [_dropped(change, found)]


def passed(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A hunk that a review saw and let pass: it needs no comment."""
    for change in changes(material):
        found = [edit for edit in change.edits if edit.path in change.passed and edit.after]
        if found and not any(said.form == "comment" for said in change.said):
            yield _quiet(change, seeded("passed", change.commit).choice(found), budget)


def _thread(change: Change, comment: Said) -> Remark | str:
    """What a comment says, or why nothing is learned from it."""
    if len(comment.text) > LONGEST_TEXT:
        return "comment too long"
    text = remarks.clean(comment.text)
    if reason := remarks.refusal(text):
        return reason
    edit = change.edits[0]
    found = reviewed.fix(change, comment, remarks.suggestion(text))
    if isinstance(found, str):
        return found
    hunk = fenced(reviewed.tail(comment.hunk), "diff") if comment.hunk else _window(edit, comment.lines)
    return Remark(text, remarks.gist(text), hunk, (*(found.reviewed or found.origins), reviewed.of_forge(change, comment)), found, "review")


def _window(edit: Edit, lines: tuple[int, int]) -> str:
    """The code down to the last of these lines, where the forge shows no hunk."""
    rows = edit.before.decode().splitlines()
    return fenced("\n".join(rows[max(0, lines[0] - 1) : lines[1]]), edit.language)


def lessons(change: Change, remark: Remark, budget: int) -> Iterator[Sample | Dropped]:
    """The three tasks of a comment, as far as it has words for them."""
    path = remark.fix.edit.path
    if len(remark.hunk.encode()) > budget * 2 // 3:
        yield _dropped(change, "touched code over budget")
        return
    choose = seeded(remark.maker, change.commit, path, remark.text)
    if remark.gist:
        request = choose.choice(NEEDED).format(path=path, hunk=remark.hunk)
        yield _sample(remark, (request, f"Yes. {remark.gist}"), "needed", remark.origins)
    request = choose.choice(COMMENTS).format(path=path, hunk=remark.hunk)
    yield _sample(remark, (request, remark.text), "comment", remark.origins)
    yield fixed(change, remark, choose.choice(FIXES), budget)


def fixed(change: Change, remark: Remark, frame: str, budget: int) -> Sample | Dropped:
    """The fix of a comment, asked for in these words (of `FIXES`)."""
    answer = editing.answered([remark.fix.edit], budget * 2 // 3)
    if isinstance(answer, str):
        return _dropped(change, answer)
    code = editing.shown(change, answer.parts, min(ROOM, budget - len(answer.text.encode()) - len(remark.text.encode())))
    if code is None:
        return _dropped(change, "touched code over budget")
    request = frame.format(path=remark.fix.edit.path, comment=remark.text, code=code.text)
    seen = code.origins if remark.fix.reviewed else ()  # what git has lost stands in the forge's row alone
    return _sample(remark, (request, answer.text), "fix", (*seen, *remark.fix.origins, *remark.origins))


def _sample(remark: Remark, said: tuple[str, str], task: str, origins: tuple[Span, ...]) -> Sample:
    return Sample(
        prompt=(Message(role="user", content=said[0]),),
        answer=said[1],
        kind="review",
        maker=f"{remark.maker}.{task}",
        labels=labels(remark.fix.edit.language),
        confidence=remark.fix.confidence,
        origins=tuple(dict.fromkeys(origins)),
    )


def _quiet(change: Change, edit: Edit, budget: int) -> Sample | Dropped:
    if reason := editing.refused([edit], 1):
        return _dropped(change, reason)
    before, after = (data.decode().splitlines(keepends=True) for data in (edit.before, edit.after))
    found = blocks.hunks(before, after, near=0) if before else [blocks.Hunk(0, 0, 0, len(after))]
    fit = [one for one in found if FEWEST_ROWS <= one.end - one.start + one.new_end - one.new_start <= reviewed.MOST_SHOWN]
    if not fit:
        return _dropped(change, "no hunk of a fair size")
    one = seeded("hunk", change.commit, edit.path).choice(fit)
    around = range(max(0, one.new_start - 3), min(len(after), one.new_end + 3))
    hunk = fenced(reviewed.drawn(before, after, found, around), "diff")
    if len(hunk.encode()) > budget // 2:
        return _dropped(change, "touched code over budget")
    gone = [(other.start, other.end) for other in found if other.new_start in around or other.new_start == around.stop]
    origins = reviewed.spans(change, edit, after, [(around.start, around.stop)]) + reviewed.spans(change, edit, before, gone, before=True)
    request = seeded("passed", change.commit, edit.path).choice(NEEDED).format(path=edit.path, hunk=hunk)
    return Sample(
        prompt=(Message(role="user", content=request),), answer=NO, kind="review", maker="passed", labels=labels(edit.language),
        confidence=PASSED, origins=origins,
    )  # fmt: skip


def _dropped(change: Change, reason: str) -> Dropped:
    return Dropped(
        reason=reason, what=change.commit, source=change.source, detail=change.edits[0].path if change.edits else change.subject[:120]
    )
