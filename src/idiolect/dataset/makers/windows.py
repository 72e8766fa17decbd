"""Cutting bytes where a reader would: on units, paragraphs and lines, and never inside a character."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from idiolect.fitting import ELIDED

NEWLINE = re.compile(rb"\r\n|\n|\r")
_BRACKET = re.compile(rb"[(\[{]|([)\]}])")
_PARAGRAPH = re.compile(rb"(?:\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))+")


def lines(data: bytes) -> list[tuple[int, int]]:
    """Start and end of every line, without its newline; all three kinds of newline count."""
    marks = [(match.start(), match.end()) for match in NEWLINE.finditer(data)]
    starts = [0, *(end for _, end in marks)]
    ends = [*(start for start, _ in marks), len(data)]
    return list(zip(starts, ends, strict=True))


def line_start(data: bytes, at: int) -> int:
    """Where the line that holds `at` begins."""
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1


def line_end(data: bytes, at: int) -> int:
    """Where the line that holds `at` ends, before its newline."""
    match = NEWLINE.search(data, at)
    return match.start() if match else len(data)


def closed(data: bytes, start: int, limit: int) -> int:
    """The end of the line of `start`, or of the one on which the brackets close that it opens; past `limit` bytes where they do not."""
    last = line_end(data, max(start, *(data.rfind(sign, start, start + limit) for sign in (b")", b"]", b"}"))))
    end, depth = line_end(data, start), 0
    for bracket in _BRACKET.finditer(data, start, min(last, start + limit)):  # what is opened below the last that closes stays open
        if bracket.start() > end and depth <= 0:
            break
        depth += -1 if bracket[1] else 1
        end = max(end, line_end(data, bracket.start()))
    return end if depth <= 0 else start + limit + 1


def indented(data: bytes, at: int) -> int:
    """The start of the line of `at` where only blanks stand between; else `at`: what is cut there keeps its indentation."""
    start = line_start(data, at)
    return at if data[start:at].strip() else start


def on_character(data: bytes, at: int) -> int:
    """The nearest cut at or before `at` that splits neither a UTF-8 character nor a CRLF."""
    while 0 < at < len(data) and (data[at] & 0xC0 == 0x80 or data[at - 1 : at + 1] == b"\r\n"):
        at -= 1
    return at


def before(data: bytes, at: int, budget: int) -> int:
    """Where a window of at most `budget` bytes that ends at `at` begins: on a line start if there is one."""
    if at <= budget:
        return 0
    low = at - budget
    match = NEWLINE.search(data, low - 1, at)
    if match and match.end() <= at:
        return match.end()
    return next(cut for cut in range(low, at + 1) if on_character(data, cut) == cut)


def after(data: bytes, at: int, budget: int) -> int:
    """Where a window of at most `budget` bytes that begins at `at` ends: on a line start if there is one, else on a character."""
    if len(data) - at <= budget:
        return len(data)
    start = line_start(data, at + budget)
    return start if start > at else max(at, on_character(data, at + budget))


def cut(data: bytes, limit: int, preferred: Sequence[Sequence[int]] = ()) -> list[tuple[int, int]]:
    """Tile `data` into windows of at most `limit` bytes and about equal size.

    `preferred` lists offsets to cut at, the dearest kind first; paragraphs (the least indented first), lines and characters come after.
    """
    paragraphs: dict[int, list[int]] = defaultdict(list)
    for match in _PARAGRAPH.finditer(data):
        paragraphs[_indentation(data, match.end())].append(match.end())
    levels = [sorted(level) for level in preferred] + [paragraphs[depth] for depth in sorted(paragraphs)] + [[at for at, _ in lines(data)]]
    tiles, start = [], 0
    while (rest := len(data) - start) > limit:
        goal = start + rest // -(-rest // limit)
        stop = _nearest(levels, goal, start + limit // 4, start + limit) or on_character(data, start + limit)
        tiles.append((start, stop))
        start = stop
    return [*tiles, (start, len(data))]


def _indentation(data: bytes, at: int) -> int:
    """Blanks at the beginning of the line that begins at `at`."""
    end = at
    while data[end : end + 1] in (b" ", b"\t"):
        end += 1
    return end - at


def _nearest(levels: Sequence[Sequence[int]], goal: int, low: int, high: int) -> int | None:
    """The offset in (low, high] closest to `goal`, of the first level that has one there."""
    found = (level[bisect_right(level, low) : bisect_right(level, high)] for level in levels)
    return next((min(near, key=lambda at: abs(at - goal)) for near in found if near), None)


def elided(data: bytes, spans: Sequence[tuple[int, int]]) -> str:
    """The text of `spans` (sorted, on line starts), with a line `ELIDED` wherever bytes were left out."""
    pieces: list[str] = []
    stop = 0
    for start, end in chain(spans, [(len(data), len(data))]):
        if data[stop:start].strip():
            pieces.append(ELIDED + "\n")
        pieces.append(data[start:end].decode())
        if start < end and not pieces[-1].endswith(("\n", "\r")):
            pieces.append("\n")
        stop = end
    return "".join(pieces)
