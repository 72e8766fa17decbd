"""Copyright headers: the comment at the top of a file that says whose it is and under which licence.

Repeated headers are what a model remembers best, and they teach nothing. They are left out of what becomes lessons, while the rest
of the file keeps its bytes, and `Document.pieces` says where each stood.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

Piece = tuple[int, int, int, int]
"""Offset in the text, offset in the file, bytes, line of the file from 0."""

_SAYS = re.compile(
    rb"copyright\b|\(c\)[ \t]|\xc2\xa9|all rights reserved|licen[cs]ed? (?:under|to)|\blicen[cs]es?\b|spdx-|warrant(?:y|ies)|redistribut"
    rb"|permission is hereby|free software foundation|without fee|this (?:program|software|library) is|in all copies|liable for",
    re.IGNORECASE,
)
_CLAIM = re.compile(rb"copyright\b|\(c\)[ \t]|\xc2\xa9|all rights reserved|licen[cs]ed under|spdx-|permission is hereby", re.IGNORECASE)
_OPENING = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:#!.*\n|<\?php\s*\n|<\?xml.*\n|<!doctype.*\n|(?:#|--|;;?|//|/\*|<!--)[ \t]*(?:-\*-|frozen_string_literal|"
    rb"(?:en)?coding[:=]|typed:|vim?:|warn_indent|@flow|@ts-|eslint|shellcheck|pylint|rubocop|jsx?int|go:build|\+build).*\n|[ \t]*\r?\n)*",
    re.IGNORECASE,
)
_BLOCK = re.compile(rb"[ \t]*(?:/\*.*?\*/|<!--.*?-->|\{-.*?-\}|\(\*.*?\*\)|=begin\b.*?\n=end\b|<%#.*?%>|\{#.*?#\})[ \t]*\r?\n?", re.DOTALL)
_MARKS = {
    rb"#(?!!)": """python ruby shell yaml toml perl r elixir makefile dockerfile cmake nix nim crystal julia tcl powershell graphql
        coffeescript gherkin hcl groovy ini gdscript haml slim php""",
    rb"//": """c c++ c# java javascript typescript tsx go rust swift kotlin scala dart php groovy css scss less sass stylus d zig solidity
        objective-c cuda pascal f# protocol-buffer verilog vue svelte astro""",
    rb"--": "sql lua haskell elm ada vhdl pl/sql eiffel",
    rb";": "lisp clojure scheme assembly ini batchfile",
    rb"%": "erlang prolog tex",
    rb"'|rem\b": "vb.net basic batchfile",
    rb".{6}\*|\*": "cobol",
    rb"\.\.[ ]": "restructuredtext",
}
"""Line comments, and the languages that have them; what opens a heading in one language is a comment in another."""
_GAP = re.compile(rb"(?<=\n)[ \t]*+(?:#+|//+|--+|;+|%+|\*>|'+)?[ \t]*\r?\n")
_REACH = 16_000
"""Bytes at the top in which a header is looked for: the longest licence that people paste there takes 12,000."""


@cache
def _lines_of(known: str) -> re.Pattern[bytes]:
    """A run of line comments of a language; of one without them nothing."""
    marks = [mark for mark, names in _MARKS.items() if known in names.split()]
    return re.compile(rb"(?:[ \t]*(?:%s)[^\n]*(?:\n|\Z))+" % b"|".join(marks) if marks else rb"(?!)", re.IGNORECASE)


def header(data: bytes, known: str) -> tuple[int, int]:
    """Where the copyright header of a file begins and ends, after a `#!` line and magic comments; an empty range where there is none.

    Of a run of line comments the paragraphs down to the last that speaks of rights go; a block comment that also says
    something else stays whole: half a comment would not parse.
    """
    start = end = at = _opened(data)
    rows = _lines_of(known)
    while comment := _BLOCK.match(data, at, at + _REACH) or rows.match(data, at, at + _REACH):
        stop = _lines(comment[0], at) if rows.match(comment[0]) else _block(comment[0], at)
        if stop <= at:
            break
        end = stop
        if stop < comment.end():
            break
        at = _blank(data, comment.end())
    return (start, _blank(data, end)) if end > start else (0, 0)


def stripped(data: bytes, known: str) -> tuple[bytes, tuple[Piece, ...]]:
    """The text without its copyright header, and the pieces of the file that it is made of; no pieces where nothing went."""
    start, end = header(data, known)
    if start == end:
        return data, ()
    pieces = [piece for piece in ((0, 0, start, 0), (start, end, len(data) - end, data.count(b"\n", 0, end))) if piece[2]]
    return data[:start] + data[end:], tuple(pieces)


def _opened(data: bytes) -> int:
    match = _OPENING.match(data, 0, _REACH)
    return match.end() if match else 0


def _blank(data: bytes, at: int) -> int:
    """Past the blank lines at `at`."""
    match = re.compile(rb"(?:[ \t]*\r?\n)*").match(data, at)
    return match.end() if match else at


def _block(comment: bytes, at: int) -> int:
    """Where a block comment about rights ends; `at` where it is none, or says more than that."""
    if not _CLAIM.search(comment):
        return at
    paragraphs = [one for one in re.split(rb"\n[ \t]*\**[ \t]*\r?\n", comment) if re.search(rb"\w", one)]
    return at + len(comment) if all(_SAYS.search(one) for one in paragraphs) else at


def _lines(comment: bytes, at: int) -> int:
    """Where the last paragraph about rights of a run of line comments ends."""
    if not _CLAIM.search(comment):
        return at
    ends = [0, *(match.end() for match in _GAP.finditer(comment)), len(comment)]
    last = 0
    for start, end in pairwise(ends):
        paragraph = comment[start:end]
        if not _SAYS.search(paragraph) and re.search(rb"\w", paragraph):
            break
        last = end
    return at + last
