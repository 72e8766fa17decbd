"""finding: what a pack's checks held against code, and the commit that mended it: a review without a reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels
from idiolect.dataset.makers.review import Remark, lessons
from idiolect.dataset.makers.reviewed import MOST_CHANGED, NOT_ACTED_ON, Fix, only, spans
from idiolect.dataset.makers.scope import fenced
from idiolect.pack import Check, Tool
from idiolect.types import Change, Dropped, Edit, Finding, Hole, Sample

CONFIDENCE = 0.8
AROUND = 6
"""Lines above and below a finding that are shown."""
MOST_FILES = 5
FAILED = "check-failed"


def finding(material: Material, *, budget: int = BUDGET, checks: Sequence[Check | Tool] = ()) -> Iterator[Sample | Dropped]:
    """Each finding in a file before a commit that is gone after it, where the commit changed its line.

    `checks` are those of the packs; tools are left out: they would have to run twice over every commit.
    """
    known = [check for check in checks if not isinstance(check, Tool)]
    for change in changes(material) if known else ():
        if not change.bot and len(change.edits) <= MOST_FILES:
            for edit in change.edits:
                yield from _of_edit(change, edit, known, budget) if edit.before and edit.after else ()


def _of_edit(change: Change, edit: Edit, checks: Sequence[Check], budget: int) -> Iterator[Sample | Dropped]:
    before, after = (data.decode().splitlines(keepends=True) for data in (edit.before, edit.after))
    for check in checks:
        try:
            found, left = (_findings(check, edit, rows) for rows in (before, after))
        except Exception as error:  # the check is the team's own code, and was made for answers
            yield Dropped(reason=FAILED, what=change.commit, source=change.source, detail=f"{edit.path}: {type(error).__name__}")
            continue
        still = {(one.rule, one.message) for one in left}
        for one in found:
            if (one.rule, one.message) not in still and one.severity != "info" and one.message:
                remark = _remark(change, edit, one, before, after)
                refused = dropped(change, remark, edit.path) if isinstance(remark, str) else None
                yield from [refused] if refused else lessons(change, remark, budget) if isinstance(remark, Remark) else ()


def _findings(check: Check, edit: Edit, rows: Sequence[str]) -> tuple[Finding, ...]:
    """What a check says of a whole file."""
    text = "".join(rows)
    whole = Sample(
        kind="fim", maker="finding", prompt=Hole(path=edit.path, prefix="", suffix=""), answer=text, labels=labels(edit.language)
    )
    return check(whole, text).findings if text else ()


def _remark(change: Change, edit: Edit, found: Finding, before: Sequence[str], after: Sequence[str]) -> Remark | str:
    """A finding as the comment that it is, with what mended it; or why nothing did."""
    line = min(max(found.line, 1), len(before))
    patched = only(before, after, line - 1, line)
    if not patched.hunks:
        return NOT_ACTED_ON
    if patched.changed > MOST_CHANGED:
        return "rewritten"
    around = (max(0, line - 1 - AROUND), min(len(before), line + AROUND))
    shown = spans(change, edit, before, [around], before=True)
    came = spans(change, edit, after, [(one.new_start, one.new_end) for one in patched.hunks])
    message = found.message[:1].upper() + found.message[1:]
    text = message if message.endswith((".", "!", "?")) else f"{message}."
    fix = Fix(Edit(edit.path, edit.language, edit.before, "".join(patched.rows).encode()), came, shown, CONFIDENCE)
    return Remark(text, text, fenced("".join(before[slice(*around)]).rstrip(), edit.language), shown, fix, "finding")
