"""Tests that a commit brings: what they say of the code is what it was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.cases import Case, cases
from idiolect.dataset.makers.edits import is_text, offsets, rows
from idiolect.types import Document, Edit

MOST_ROWS = 60
_ASSERTS = re.compile(r"\b(?:assert\w*|expect\w*|should\w*|must_\w+|wont_\w+|raises|refute\w*|t\.(?:Error|Fatal)\w*|throws?|verify)\b")


def tests(edit: Edit) -> Iterator[Case]:
    """The whole tests of a file after a commit that were not there before, by start."""
    if not (is_text(edit.before) and is_text(edit.after)):
        return
    before, after = rows(edit.before), rows(edit.after)
    at = offsets(after)
    found = blocks.hunks(before, after, near=0) if before else [blocks.Hunk(0, 0, 0, len(after))]
    came = [(at[hunk.new_start], at[min(hunk.new_end + 1, len(after))]) for hunk in found]  # what closes a test may have stood there
    for case in cases(Document("", "team", "", edit.path, edit.language, edit.after, 0)):
        whole = any(start <= case.start and case.end <= end for start, end in came)
        if whole and case.text.count("\n") <= MOST_ROWS and _ASSERTS.search(case.text.partition("\n")[2]):
            yield case
