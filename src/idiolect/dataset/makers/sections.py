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
_LABEL = re.compile(rb"\.\. _[^\n]*:\s*$|\s*<a\s+(?:name|id)=[^<>\n]*>(?:</a>)?\s*$")
"""A name that other pages link to: it belongs to the heading that comes after it."""
_MATTER = re.compile(rb"---[ \t]*\r?\n.{0,4000}?\n(?:---|\.\.\.)[ \t]*\r?\n", re.DOTALL)
"""Fields for a generator of pages, or of forms, at the head of a file."""
_VAGUE = re.compile(
    r"usage|examples?|options|notes?|parameters|arguments|overview|introduction|installation|features|background|summary|other|misc\w*"
    r"|configuration|details|basics|advanced|tests?|setup|requirements|context|decision|status|consequences|alternatives|motivation|added|changed"
    r"|fixed|removed|deprecated|security|unreleased",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)|<[^<>]+>")
_LITERAL = re.compile(r"``([^`]+)``")
_WORD = re.compile(r"[^\W\d]\w*\W*")


class Section(NamedTuple):
    """A heading and its body, down to the next heading of any level."""

    title: str
    """The heading; one that says little, that the file has twice, or that is one word, together with the one above it."""
    start: int
    """Where the heading begins, with its label."""
    body: int
    """Where the text beneath it begins."""
    end: int


def sections(data: bytes, language: str = "markdown") -> list[Section]:
    """The sections of a prose file in order; what stands before the first heading belongs to none."""
    found = _hashed(data) if language == "markdown" else _ruled(data)
    ends = [*(heading.start for heading in found), len(data)][1:]
    often = Counter(heading.title for heading in found)
    path: list[_Heading] = []
    result = []
    for heading, end in zip(found, ends, strict=True):
        while path and path[-1].level >= heading.level:
            path.pop()
        vague = often[heading.title] > 1 or _VAGUE.fullmatch(heading.title) or _WORD.fullmatch(heading.title)
        title = f"{path[-1].title}: {heading.title}" if path and vague else heading.title
        path.append(heading)
        result.append(Section(title, heading.start, heading.body, end))
    return result


class _Heading(NamedTuple):
    title: str
    level: int
    start: int
    body: int


def _hashed(data: bytes) -> list[_Heading]:
    """The headings of Markdown: hashes, or a line beneath, outside of what is fenced and of the fields at the head."""
    found: list[_Heading] = []
    rows = lines(data)
    head = matter.end() if (matter := _MATTER.match(data)) else 0
    fenced = False
    for number, (start, end) in enumerate(rows):
        line = data[start:end]
        if _FENCE.match(line):
            fenced = not fenced
        if fenced or start < head:
            continue
        following = rows[number + 1] if number + 1 < len(rows) else (end, end)
        if match := _HASHES.match(line):
            found.append(
                _Heading(title(match[2].rstrip().rstrip(b"#").decode()), len(match[1]), _labelled(data, rows, number), following[0])
            )
        elif line.strip()[:1].isalnum() and (rule := data[slice(*following)])[:1] in (b"=", b"-") and _underlined(line, rule):
            level = 1 if rule.startswith(b"=") else 2
            found.append(_Heading(title(line.decode()), level, _labelled(data, rows, number), _next(rows, number + 1, data)))
    return [heading for heading in found if heading.title]


def _ruled(data: bytes) -> list[_Heading]:
    """The headings of reStructuredText and plain text: a line beneath, perhaps one above; the order of first use is the level."""
    found: list[_Heading] = []
    marks: list[bytes] = []
    rows = lines(data)
    for number, (start, end) in enumerate(rows[:-1]):
        line, rule = data[start:end], data[slice(*rows[number + 1])]
        if line[:1].isspace() or _RULE.match(line) or not _underlined(line, rule):
            continue
        over = number > 0 and data[slice(*rows[number - 1])].rstrip() == rule.rstrip()
        mark = rule[:1] * (1 + over)
        marks += [mark] * (mark not in marks)
        found.append(
            _Heading(title(line.decode()), marks.index(mark) + 1, _labelled(data, rows, number - over), _next(rows, number + 1, data))
        )
    return [heading for heading in found if heading.title]


def _labelled(data: bytes, rows: list[tuple[int, int]], number: int) -> int:
    """Where line `number` begins, or the first of the labels that stand right before it."""
    start = rows[number][0]
    while number and (not (above := data[slice(*rows[number - 1])]).strip() or _LABEL.match(above)):
        number -= 1
        if above.strip():
            start = rows[number][0]
    return start


def _next(rows: list[tuple[int, int]], number: int, data: bytes) -> int:
    return rows[number + 1][0] if number + 1 < len(rows) else len(data)


def _underlined(line: bytes, below: bytes) -> bool:
    words = line.strip()
    return bool(words and _RULE.match(below) and len(below.strip()) >= min(len(words), 3) and b"|" not in line)


def title(text: str) -> str:
    """A heading in plain words: links keep their text, images and tags go."""
    plain = _LITERAL.sub(r"`\1`", _LINK.sub(lambda match: match[1] or "", _IMAGE.sub("", text))).strip(" *_:#\t")
    return plain.strip("`") if plain.count("`") < 3 and plain.startswith("`") and plain.endswith("`") else plain
