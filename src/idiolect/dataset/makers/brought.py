"""Tests that a commit brings: what it says about the code around them is what the code was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.edits import offsets
from idiolect.types import Edit

MOST_ROWS = 60
_TEST = re.compile(
    r"""(?P<indent>[ \t]*)(?:(?:async\ )?def\ test\w*|(?:it|test|specify|scenario|example|should)\b[ (.]|func\ Test\w+|\#\[(?:\w+::)?test\]
    |["']test\ [^"'\n]{1,120}["']:\ *function|@(?:Parameterized)?Test\b|(?:public\ )?function\ test\w*)""",
    re.VERBOSE,
)
_ASSERTS = re.compile(r"\b(?:assert\w*|expect\w*|should\w*|must_\w+|wont_\w+|raises|refute\w*|t\.(?:Error|Fatal)\w*|throws?|verify)\b")


class Test(NamedTuple):
    """A whole test that was not there before."""

    edit: Edit
    text: str
    start: int
    """Byte of the file after."""
    end: int


def tests(edit: Edit) -> Iterator[Test]:
    """Those that a commit brings into a file, by start."""
    try:
        before, after = (data.decode().splitlines(keepends=True) for data in (edit.before, edit.after))
    except UnicodeDecodeError:
        return
    at = offsets(after)
    found = blocks.hunks(before, after, near=0) if before else [blocks.Hunk(0, 0, 0, len(after))]
    for hunk in found:
        for start in range(hunk.new_start, hunk.new_end):
            if match := _TEST.match(after[start]):
                end = _block_end(after, start, len(match["indent"].expandtabs()))
                text = "".join(after[start:end])
                if end <= hunk.new_end + 1 and end - start <= MOST_ROWS and _ASSERTS.search(text.partition("\n")[2]):
                    yield Test(edit, text.rstrip(), at[start], at[end])


def _block_end(rows: Sequence[str], start: int, indent: int) -> int:
    """The line behind the block that begins at `start`: what is deeper, and the bracket or `end` that closes it."""
    at = last = start + 1
    while at < len(rows):
        row = rows[at].expandtabs()
        depth = len(row) - len(row.lstrip())
        if row.strip() and depth <= indent:
            closes = depth == indent and row.strip().startswith(("end", "}", ")"))
            opens = depth == indent and at == start + 1  # the header goes on: an annotation above, a brace of its own
            if closes or not opens:
                return at + 1 if closes else last
        if row.strip():
            last = at + 1
        at += 1
    return last
