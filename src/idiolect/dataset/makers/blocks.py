"""Search/replace blocks: the form in which an answer edits files.

    path/of/file.py
    ```python
    <<<<<<< SEARCH
    lines that stand there, exactly once
    =======
    lines that shall stand there
    >>>>>>> REPLACE
    ```

An empty SEARCH makes a new file. The format is aider's; what it means is `apply`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from idiolect.dataset.makers.scope import fenced

SEARCH, MIDDLE, REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"
_MARK = re.compile(rf"^(?:{SEARCH}|{MIDDLE}|{REPLACE})$", re.MULTILINE)
_BLOCK = re.compile(rf"^{SEARCH}\n(.*?)^{MIDDLE}\n(.*?)^{REPLACE}$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^(?P<path>[^\n`]+)\n(?P<fence>`{3,})[^\n]*\n(?P<blocks>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
NEAR = 3
"""Changes with at most so many equal lines between them are one hunk."""
CONTEXT = 1
"""Unchanged lines on either side of a block, where the file has them."""
MOST_CONTEXT = 40
"""Lines on either side beyond which a block that stands there twice is given up."""
MOST_LINES = 20_000
"""Of a file that is compared in full; of a longer one all from the first difference to the last is one hunk."""


class Hunk(NamedTuple):
    """Lines `start` to `end` of the file before become lines `new_start` to `new_end` of the file after."""

    start: int
    end: int
    new_start: int
    new_end: int


def hunks(before: Sequence[str], after: Sequence[str], near: int = NEAR) -> list[Hunk]:
    """What differs, in order, so that most lines stay; neighbours are joined."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if max(len(old), len(new)) > MOST_LINES:
        return [Hunk(head, head + len(old), head, head + len(new))]
    found: list[Hunk] = []
    for step in LCSseq.opcodes(old, new):
        if step.tag == "equal":
            continue
        hunk = Hunk(step.src_start + head, step.src_end + head, step.dest_start + head, step.dest_end + head)
        if found and hunk.start - found[-1].end <= near:
            hunk = Hunk(found[-1].start, hunk.end, found[-1].new_start, hunk.new_end)
            found.pop()
        found.append(hunk)
    return found


def regions(before: Sequence[str], found: Sequence[Hunk], context: int = CONTEXT) -> list[Hunk]:
    """The hunks, each with `context` lines around it, or as many more as make its lines stand in the file exactly once.

    Those that meet are joined.
    """
    grown: list[tuple[int, int]] = []
    for hunk in found:
        start, end = _widen(before, hunk, context)
        while grown and start <= grown[-1][1]:
            last = grown.pop()
            start, end = min(last[0], start), max(last[1], end)
        grown.append((start, end))
    return [_moved(found, start, end) for start, end in grown]


def _moved(found: Sequence[Hunk], start: int, end: int) -> Hunk:
    """Lines `start` to `end` of the file before, which cut no hunk, with those that they become."""
    above = next((hunk.new_end - hunk.end for hunk in reversed(found) if hunk.start < start), 0)
    below = next((hunk.new_end - hunk.end for hunk in reversed(found) if hunk.end <= end), 0)
    return Hunk(start, end, start + above, end + below)


def _widen(before: Sequence[str], hunk: Hunk, margin: int) -> tuple[int, int]:
    """The lines of a hunk with at least `margin` around them, and more where the same lines stand elsewhere too."""
    places: list[int] | None = None if len(before) <= MOST_LINES else []
    wide = hunk.start, hunk.end
    for around in range(margin, max(margin, MOST_CONTEXT) + 1):
        up, down = min(around, hunk.start), min(around, len(before) - hunk.end)
        last, wide = wide, (hunk.start - up, hunk.end + down)
        places = _places(before, before[slice(*wide)]) if places is None else _still(before, places, last, wide)
        if len(places) <= 1 or (up == hunk.start and down == len(before) - hunk.end):
            break
    return wide


def _still(before: Sequence[str], places: Sequence[int], last: tuple[int, int], wide: tuple[int, int]) -> list[int]:
    """Of the places of the lines of `last` those, moved up, where the lines of `wide` stand too."""
    up, size = last[0] - wide[0], wide[1] - wide[0]
    above, below = before[wide[0] : last[0]], before[last[1] : wide[1]]
    moved = (place - up for place in places if place >= up and place - up + size <= len(before))
    return [at for at in moved if before[at : at + up] == above and before[at + size - len(below) : at + size] == below]


def write(path: str, language: str, before: Sequence[str], after: Sequence[str], parts: Sequence[Hunk]) -> str:
    """The blocks of one file; lines keep their newlines."""
    texts = [_block("".join(before[part.start : part.end]), "".join(after[part.new_start : part.new_end])) for part in parts]
    return f"{path}\n{fenced(chr(10).join(texts), language)}"


def _block(search: str, replace: str) -> str:
    return f"{SEARCH}\n{search}{MIDDLE}\n{replace}{REPLACE}"


def readable(answer: str, count: int) -> bool:
    """Whether `answer` holds the marks of so many blocks and no line of their text looks like one."""
    return len(_MARK.findall(answer)) == 3 * count


def apply(answer: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files after the blocks of `answer`; a block whose lines do not stand there exactly once is a ValueError."""
    result = dict(files)
    for file in _FILE.finditer(answer):
        path = file["path"].strip()
        for block in _BLOCK.finditer(file["blocks"]):
            result[path] = replaced(result.get(path, ""), block[1], block[2], path)
    return result


def replaced(text: str, search: str, replace: str, path: str) -> str:
    """The text with the lines of `search`, which must stand in it exactly once, replaced; a ValueError where they do not."""
    if not search:
        if text:
            raise ValueError(f"{path}: SEARCH is empty, but the file is not")
        return replace
    rows, wanted = text.splitlines(keepends=True), search.splitlines(keepends=True)
    places = _places(rows, wanted)
    if len(places) != 1:
        raise ValueError(f"{path}: the lines of SEARCH stand there {len(places)} times")
    return "".join([*rows[: places[0]], replace, *rows[places[0] + len(wanted) :]])


def _places(rows: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Line numbers where `wanted` stands in `rows`."""
    if not wanted:
        return []
    first, size = wanted[0], len(wanted)
    return [at for at in range(len(rows) - size + 1) if rows[at] == first and list(rows[at : at + size]) == list(wanted)]
