"""The sections of a prose file: Markdown and reStructuredText headings, and what stands beneath them."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from idiolect.dataset.makers.windows import lines

PROSE = frozenset({"markdown", "restructuredtext", "text", "rdoc", "asciidoc", "textile", "org"})
"""Languages whose files are read for their words."""

CHANGELOG = re.compile(r"(?:^|/)(?:(?:\w+[-_.])?(?:changelog|changes|release[-_ ]?notes)|history|news|releases?)(?:\.\w+)?$", re.IGNORECASE)
"""Paths of files that say what changed, release by release."""
_FENCE = re.compile(rb"\s{0,3}(```|~~~)")
_HASHES = re.compile(rb"(#{1,6})\s+(.*)", re.DOTALL)
_RULE = re.compile(rb"([=\-~^\"'`*+#])\1{2,}\s*$")
_VAGUE = re.compile(
    r"usage|examples?|options|notes?|parameters|arguments|overview|introduction|installation|features|background|summary|other|misc\w*"
    r"|configuration|details|basics|advanced|tests?|setup|requirements|context|decision|status|consequences|alternatives|motivation|added|changed"
    r"|fixed|removed|deprecated|security|unreleased",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)|<[^<>]+>")


class Section(NamedTuple):
    """A heading and its body, down to the next heading of any level."""

    title: str
    """The heading; one that says little, or that the file has twice, together with the one above it."""
    start: int
    """Where the heading begins."""
    body: int
    """Where the text beneath it begins."""
    end: int


def sections(data: bytes) -> list[Section]:
    """The sections of a prose file in order; what stands before the first heading belongs to none."""
    found = _headings(data)
    ends = [*(heading.start for heading in found), len(data)][1:]
    often = Counter(heading.title for heading in found)
    path: list[_Heading] = []
    result = []
    for heading, end in zip(found, ends, strict=True):
        while path and path[-1].level >= heading.level:
            path.pop()
        vague = often[heading.title] > 1 or _VAGUE.fullmatch(heading.title)
        title = f"{path[-1].title}: {heading.title}" if path and vague else heading.title
        path.append(heading)
        result.append(Section(title, heading.start, heading.body, end))
    return result


class _Heading(NamedTuple):
    title: str
    level: int
    start: int
    body: int


def _headings(data: bytes) -> list[_Heading]:
    found: list[_Heading] = []
    marks = ""
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
            found.append(_Heading(title(match[2].rstrip().rstrip(b"#").decode()), len(match[1]), start, following[0]))
        elif _underlined(line, rule := data[slice(*following)]):
            mark = rule[:1].decode()
            marks += mark * (mark not in marks)  # in reStructuredText the order of first use is the level
            body = rows[number + 2][0] if number + 2 < len(rows) else len(data)
            found.append(_Heading(title(line.decode()), marks.index(mark) + 1, start, body))
    return [heading for heading in found if heading.title]


def _underlined(line: bytes, below: bytes) -> bool:
    words = line.strip()
    return bool(words and words[0:1].isalnum() and _RULE.match(below) and len(below.strip()) >= min(len(words), 3) and b"|" not in line)


def title(text: str) -> str:
    """A heading in plain words: links keep their text, images and tags go."""
    return _LINK.sub(lambda match: match[1] or "", text).strip(" `*_:#\t")
