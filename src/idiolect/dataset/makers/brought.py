"""Tests that a commit brings: what they say of the code is what it was written for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from idiolect.dataset.makers import blocks, edits
from idiolect.dataset.makers.cases import Case, cases
from idiolect.dataset.makers.edits import is_text, offsets, rows, span_of
from idiolect.dataset.makers.layers import layer
from idiolect.dataset.makers.scope import Piece
from idiolect.types import Change, Document, Edit, Span

MOST_ROWS = 60
PASSING = "{request}\n\nIt is right when these tests pass:\n\n{tests}"
"""Where tests are shown, and not asked for."""
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


def shown(change: Change, found: Iterable[Edit], room: int) -> Piece:
    """The tests among a commit's files, as many as `room` bytes hold; a new file of them is shown as a whole where it fits."""
    texts: list[str] = []
    origins: list[Span] = []
    for edit in (one for one in found if layer(one.path, one.language) == "test"):
        spans = [(case.start, case.end) for case in tests(edit)]
        if spans and not edit.before and len(edit.after) <= room:
            spans = [(0, len(edit.after))]
        fitting = []
        for start, end in spans:
            if end - start <= room:
                fitting.append((start, end))
                room -= end - start
        if fitting:
            texts.append(edits.file(edit, "\n\n".join(edit.after[start:end].decode().strip("\n") for start, end in fitting)))
            origins += [span_of(change, edit, start, end) for start, end in fitting]
    return Piece("\n\n".join(texts), tuple(origins))
