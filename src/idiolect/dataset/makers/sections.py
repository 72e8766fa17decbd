"""The sections of a prose file: Markdown and reStructuredText headings, and what stands beneath them."""

from __future__ import annotations

import re
from typing import NamedTuple

from idiolect.dataset.makers.windows import lines

PROSE = frozenset({"markdown", "restructuredtext", "text", "rdoc", "asciidoc", "textile", "org"})
"""Languages whose files are read for their words."""

_FENCE = re.compile(rb"\s{0,3}(```|~~~)")
_HASHES = re.compile(rb"(#{1,6})\s+(.*?)\s*#*\s*$")
_RULE = re.compile(rb"([=\-~^\"'`*+#])\1{2,}\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]+>")


class Section(NamedTuple):
    """A heading and its body, down to the next heading of any level."""

    title: str
    start: int
    """Where the heading begins."""
    body: int
    """Where the text beneath it begins."""
    end: int


def sections(data: bytes) -> list[Section]:
    """The sections of a prose file in order; what stands before the first heading belongs to none."""
    found = _headings(data)
    ends = [*(start for _, start, _ in found[1:]), len(data)]
    return [Section(title, start, body, end) for (title, start, body), end in zip(found, ends, strict=True)]


def _headings(data: bytes) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    rows = lines(data)
    fenced = False
    for number, (start, end) in enumerate(rows):
        line = data[start:end]
        if _FENCE.match(line):
            fenced = not fenced
        if fenced:
            continue
        following = rows[number + 1] if number + 1 < len(rows) else (end, end)
        if match := _HASHES.match(line):
            found.append((title(match[2].decode()), start, following[0]))
        elif _underlined(line, data[slice(*following)]):
            body = rows[number + 2][0] if number + 2 < len(rows) else len(data)
            found.append((title(line.decode()), start, body))
    return [heading for heading in found if heading[0]]


def _underlined(line: bytes, below: bytes) -> bool:
    words = line.strip()
    return bool(words and words[0:1].isalnum() and _RULE.match(below) and len(below.strip()) >= min(len(words), 3) and b"|" not in line)


def title(text: str) -> str:
    """A heading in plain words: links keep their text, images and tags go."""
    return _LINK.sub(lambda match: match[1] or "", text).strip(" `*_:#\t")
