"""finding: what a pack's checks held against code, and the commit that mended it: a review without a reviewer.

A check is a function that is asked here, or a tool, which has looked at the files already. That a finding is gone does not say that
it was mended: most go with the code that they stood in. It counts where what changed is short, like what it was, and about nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz import fuzz

from idiolect.dataset.makers.blocks import Hunk, hunks
from idiolect.dataset.makers.edits import dropped, rows
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.review import NEEDED, NO, PASSED, Remark, lessons
from idiolect.dataset.makers.reviewed import NOT_ACTED_ON, Fix, meets, spans
from idiolect.dataset.makers.scope import fenced
from idiolect.pack import Check, Tool
from idiolect.types import Change, Dropped, Edit, Finding, Hole, Message, Sample

CONFIDENCE = 0.8
AROUND = 10
"""Lines above a finding that are shown."""
MOST_FILES = 5
MOST_MENDED, MOST_DELETED, MOST_TOGETHER = 8, 3, 3
"""Lines that went and came, lines that went without others in their place, and findings that one hunk answers."""
ALIKE = 70.0
"""Least likeness, of 100, of what went and what came."""
FAILED = "check-failed"
DELETED = "code was deleted"
_SUPERFLUOUS = re.compile(
    r"\b(?:unused|never (?:used|read|called)|not (?:used|accessed)|is unnecessary|redundant|useless|superfluous|unreachable|remov\w+"
    r"|duplicate\w*|repeated|extra(?:neous)?)\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"\b(?:rewrite|replace|instead|prefer|use)\b", re.IGNORECASE)
"""Of what says this the code is to be another, not gone."""
_USE = re.compile(r"\buse `([^`]+)`", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_BEYOND = re.compile(
    r"\b(?:un(?:used|defined|reachable|resolved)|never (?:used|read|called)|not (?:used|accessed|defined)|redefin\w+|shadow\w*|already"
    r"|duplicate\w*|outdated|complex\w*|too (?:many|few|large))\b",
    re.IGNORECASE,
)
"""What nobody sees in a few lines: only the fix is asked for."""

Both = tuple[Sequence[Finding], Sequence[Finding]]
"""What was found in a file before a commit, and after it."""


def finding(
    material: Material, *, budget: int = BUDGET, checks: Sequence[Check | Tool] = (), looked: Mapping[str, Sequence[Both]] | None = None
) -> Iterator[Sample | Dropped]:
    """Each finding in a file before a commit that is gone after it, where the commit mended its lines and little else.

    `checks` are those of the packs; of tools, `looked` has by path what each of them found.
    """
    asked = [check for check in checks if not isinstance(check, Tool)]
    for change in changes(material) if asked or looked else ():
        if not change.bot and len(change.edits) <= MOST_FILES:
            for edit in change.edits:
                if edit.before and edit.after:
                    yield from _of_edit(change, edit, [*_found(change, edit, asked), *(looked or {}).get(edit.path, ())], budget)


def gone(found: Both) -> list[Finding]:
    """The findings that are worth a comment and of which nothing is left, the same thing in another line counted."""
    before, after = found
    still = {(one.rule, one.message) for one in after}
    return [one for one in before if (one.rule, one.message) not in still and one.severity != "info" and one.message]


def _found(change: Change, edit: Edit, checks: Sequence[Check]) -> Iterator[Both | Dropped]:
    """What each check says of a file before and after."""
    for check in checks:
        try:
            yield _findings(check, edit, edit.before), _findings(check, edit, edit.after)
        except Exception as error:  # the check is the team's own code, and was made for answers
            yield dropped(change, FAILED, f"{edit.path}: {type(error).__name__}")


def _findings(check: Check, edit: Edit, data: bytes) -> tuple[Finding, ...]:
    """What a check says of a whole file."""
    text = data.decode()
    whole = Sample(
        kind="fim", maker="finding", prompt=Hole(path=edit.path, prefix="", suffix=""), answer=text, labels=labels(edit.language)
    )
    return check(whole, text).findings if text else ()


def _of_edit(change: Change, edit: Edit, found: Sequence[Both | Dropped], budget: int) -> Iterator[Sample | Dropped]:
    before, after = rows(edit.before), rows(edit.after)
    changed = hunks(before, after, near=0) if found else []
    for both in found:
        if isinstance(both, Dropped):
            yield both
            continue
        mended: dict[tuple[Hunk, ...], list[Finding]] = {}
        for one in gone(both):
            line = min(max(one.line, 1), len(before))
            answer = tuple(hunk for hunk in changed if meets(hunk, line - 1, line))
            mended.setdefault(answer, []).append(one.model_copy(update={"line": line}))
        for answer, ours in mended.items():
            if reason := _refusal(before, after, answer, ours):
                yield dropped(change, reason, edit.path)
            else:
                asked = _asked(change, _remark(change, edit, answer[0], ours), budget)
                yield from asked
                yield from _passed(change, edit, answer[0], both[1]) if len(asked) > 1 else ()


def _refusal(before: Sequence[str], after: Sequence[str], hunks: Sequence[Hunk], found: Sequence[Finding]) -> str:
    """Why these hunks are no answer to what was found, or to more than that; empty where they are."""
    if len(hunks) != 1 or not all(hunks[0].start < one.line <= hunks[0].end for one in found):
        return NOT_ACTED_ON
    if len({one.message for one in found}) > MOST_TOGETHER:
        return "several findings at once"
    went, came = before[hunks[0].start : hunks[0].end], after[hunks[0].new_start : hunks[0].new_end]
    if not came:
        told = all(_SUPERFLUOUS.search(one.message) and not _OTHERWISE.search(one.message) for one in found)
        return "" if told and len(went) <= MOST_DELETED else DELETED
    if len(went) + len(came) > MOST_MENDED or fuzz.ratio("".join(went), "".join(came)) < ALIKE:
        return "rewritten"
    return "" if _as_said(_words("".join(went)), _words("".join(came)), [one.message for one in found]) else "mended otherwise"


def _as_said(went: set[str], came: set[str], messages: Sequence[str]) -> bool:
    """Whether the words that came stood there or are said, those among them that are to be used."""
    named = [match[1] for message in messages if (match := _USE.search(message))]
    asked = {word for name in named for word in _words(name) if len(word) > 1}  # `X | None` is said of any X
    return asked <= came <= went | _words("\n".join(messages))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _remark(change: Change, edit: Edit, hunk: Hunk, found: Sequence[Finding]) -> Remark:
    """Findings as the comment that they are, with what mended them; they have no gist where nobody sees them in the lines shown."""
    before, after = rows(edit.before), rows(edit.after)
    around = (max(0, hunk.start - AROUND), hunk.end)
    shown = spans(change, edit, before, [around], before=True)
    came = spans(change, edit, after, [(hunk.new_start, hunk.new_end)])
    text = "\n".join(dict.fromkeys(_said(one.message) for one in found))
    mended = [*before[: hunk.start], *after[hunk.new_start : hunk.new_end], *before[hunk.end :]]
    fix = Fix(Edit(edit.path, edit.language, edit.before, "".join(mended).encode()), came, shown, CONFIDENCE)
    seen = not any(_BEYOND.search(one.message) for one in found)
    return Remark(text, text if seen else "", fenced("".join(before[slice(*around)]).rstrip(), edit.language), shown, fix, "finding")


def _passed(change: Change, edit: Edit, hunk: Hunk, left: Sequence[Finding]) -> Iterator[Sample]:
    """The lines as they were mended need no comment, where nothing else is held against them: else every verdict would be yes."""
    after = rows(edit.after)
    first, last = max(0, hunk.new_start - AROUND), hunk.new_end
    if hunk.new_start < last and not any(first < one.line <= last and one.severity != "info" for one in left):
        shown = fenced("".join(after[first:last]).rstrip(), edit.language)
        request = seeded("finding.passed", change.commit, edit.path, first).choice(NEEDED).format(path=edit.path, hunk=shown)
        yield Sample(
            prompt=(Message(role="user", content=request),), answer=NO, kind="review", maker="finding.passed",
            labels=labels(edit.language), confidence=PASSED, origins=spans(change, edit, after, [(first, last)]),
        )  # fmt: skip


def _said(message: str) -> str:
    text = message[:1].upper() + message[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _asked(change: Change, remark: Remark, budget: int) -> list[Sample | Dropped]:
    """The lessons of a remark: the fix alone where the fault is not to be seen in the lines shown; or why there is none."""
    *asked, fix = lessons(change, remark, budget)
    return [*asked, fix] if remark.gist and isinstance(fix, Sample) else [fix]
