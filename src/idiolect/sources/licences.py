"""Under which licence a file stands, and whether one is among those allowed.

A file's own `SPDX-License-Identifier` counts first, then the licence text in the nearest folder, then what the recipe says of the
source. A licence text is recognised by phrases that no other has, by the absence of those of its relatives, and by its length, so
that a text with a rider (`Commons Clause`) is none of the known ones. Nothing here is legal advice: what is not recognised is
empty, and a gate lets nothing unknown through.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

PERMISSIVE = frozenset(
    {"MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-4-Clause", "0BSD", "ISC", "Zlib", "Unlicense", "CC0-1.0", "BSL-1.0",
     "PSF-2.0", "Python-2.0", "Ruby", "PostgreSQL", "NCSA", "Artistic-2.0", "X11", "WTFPL", "BlueOak-1.0.0", "UPL-1.0", "CC-BY-4.0",
     "CC-BY-3.0", "Unicode-3.0", "HPND", "curl", "libpng-2.0"}
)  # fmt: skip
"""Licences that ask for no more than credit."""
_FILE = re.compile(
    r"(?:^|/)(?:(?:un)?licen[cs]e|copying|copyright|mit-licen[cs]e|licen[cs]e-(?:mit|apache|bsd)|(?:mit|apache|bsd)[-_.]licen[cs]e)"
    r"(?:[-_.](?:mit|apache|bsd|apache-?2(?:\.0)?|lesser))?(?:\.(?:txt|md|rst|markdown|adoc))?$",
    re.IGNORECASE,
)
_PAGE = re.compile(r"(?:^|/)docs?/.*\.(?:md|rst|markdown|adoc)$", re.IGNORECASE)
"""A page of documentation about the licence, which says nothing of its folder unless it is the text itself."""
_SPDX = re.compile(rb"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() \t-]{2,200})")
_MOST_TOKENS = 100
"""Of a licence expression; nobody means a longer one."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
_HEAD = 4000
"""Bytes at the beginning of a file in which an identifier is looked for."""
_COPYRIGHT = re.compile(r"^[^\w\n]*(?:copyright\b|\(c\)|©|all rights reserved).*$", re.IGNORECASE | re.MULTILINE)
_BEFORE = 60
"""Words that may stand before a licence: a title, names, the notice of a foundation."""
_NO_WORD = re.compile(r"[^a-z0-9.]+")


class _Known(NamedTuple):
    id: str
    words: tuple[int, int]
    """Fewest and most words from the first phrase to the end: names vary, a rider is longer than what is let through."""
    phrases: tuple[str, ...]
    without: tuple[str, ...] = ()


_MIT = "permission is hereby granted free of charge to any person obtaining a copy"
_NOTICE = "the above copyright notice and this permission notice shall be included"
_BSD = "redistribution and use in source and binary forms with or without modification are permitted"
_KNOWN = (
    _Known("MIT", (145, 172), (_MIT, _NOTICE, "provided as is"), ("except as contained in this notice",)),
    _Known("MIT-0", (108, 132), (_MIT, "provided as is"), (_NOTICE,)),
    _Known("X11", (190, 212), (_MIT, _NOTICE, "except as contained in this notice")),
    _Known(
        "BSD-2-Clause",
        (172, 190),
        (_BSD, "redistributions in binary form must reproduce"),
        ("neither the name", "acknowledgement", "names of its"),
    ),
    _Known(
        "BSD-3-Clause",
        (195, 222),
        (_BSD, "redistributions in binary form must reproduce", "endorse or promote products"),
        ("acknowledgement",),
    ),
    _Known("BSD-4-Clause", (215, 265), (_BSD, "must display the following acknowledgement")),
    _Known("ISC", (100, 114), ("permission to use copy modify and or distribute this software for any purpose", "appear in all copies")),
    _Known(
        "0BSD", (94, 106), ("permission to use copy modify and or distribute this software for any purpose",), ("appear in all copies",)
    ),
    _Known(
        "Zlib",
        (118, 142),
        (
            "this software is provided as is without any express or implied warranty",
            "altered source versions must be plainly marked",
            "may not be removed or altered",
        ),
    ),
    _Known("BSL-1.0", (205, 222), ("boost software license version 1.0", "machine executable object code")),
    _Known("Unlicense", (190, 225), ("this is free and unencumbered software released into the public domain",)),
    _Known("PostgreSQL", (110, 220), ("without fee and without a written agreement is hereby granted",)),
    _Known("WTFPL", (20, 130), ("do what the fuck you want to public license",)),
    _Known("Apache-2.0", (1380, 1600), ("apache license version 2.0", "grant of patent license", "limitation of liability")),
    _Known("Apache-2.0", (76, 96), ("licensed under the apache license version 2.0", "as is basis")),
    _Known("MPL-2.0", (2330, 2380), ("mozilla public license version 2.0", "secondary licenses")),
    _Known("EPL-2.0", (1700, 2700), ("eclipse public license v 2.0",)),
    _Known("CC0-1.0", (1050, 1100), ("cc0 1.0 universal", "affirmer")),
    _Known("CC-BY-4.0", (2000, 3600), ("attribution 4.0 international",), ("noncommercial", "sharealike", "noderivatives")),
    _Known("Artistic-2.0", (1380, 1430), ("the artistic license 2.0",)),
    _Known("GPL-2.0", (2900, 3000), ("gnu general public license version 2 june 1991",)),
    _Known(
        "GPL-3.0", (4800, 6400), ("gnu general public license version 3 29 june 2007",), ("gnu affero general public license version 3 19",)
    ),
    _Known("AGPL-3.0", (4800, 6400), ("gnu affero general public license version 3 19 november 2007",)),
    _Known("LGPL-2.1", (4300, 4400), ("gnu lesser general public license version 2.1 february 1999",)),
    _Known("LGPL-3.0", (1200, 1250), ("gnu lesser general public license version 3 29 june 2007",)),
)


class Licences:
    """The licence texts of one tree, by folder."""

    def __init__(self, stated: str = "", texts: Mapping[str, bytes] | None = None) -> None:
        self.stated = stated
        """What the recipe says of the source: it stands for the folder at the top."""
        self.folders: dict[str, str] = {}
        for path in sorted(texts or {}):
            folder = path.rpartition("/")[0]
            found = recognised((texts or {})[path])
            if found or not _PAGE.search(path):
                self.folders[folder] = found or self.folders.get(folder, "")

    @property
    def top(self) -> str:
        """The licence of the source as a whole."""
        return self.stated or self.folders.get("", "")

    def of(self, path: str, data: bytes = b"") -> str:
        """The licence of one file: its own header, the nearest folder with a licence text, the source; empty where nobody says."""
        if own := header(data):
            return own
        folder = path.rpartition("/")[0]
        while folder:
            if folder in self.folders:
                return self.folders[folder]
            folder = folder.rpartition("/")[0]
        return self.top


def is_text(path: str) -> bool:
    """Whether a file of this name holds a licence."""
    return bool(_FILE.search(path))


def header(data: bytes) -> str:
    """The expression after `SPDX-License-Identifier:` in the first lines; empty where there is none, or none that can be read."""
    match = _SPDX.search(data, 0, _HEAD)
    if not match:
        return ""
    words = match[1].decode("ascii").split()
    while words and (words[-1] in ("OR", "AND", "WITH") or not _ID.fullmatch(words[-1].strip("()"))):
        words.pop()
    ended = next((place for place, word in enumerate(words[1:], 1) if not _joins(words[place - 1], word)), len(words))
    return " ".join(words[:ended])


def recognised(text: bytes) -> str:
    """The SPDX id of a licence text; empty where it is none that is known word for word, or not that alone."""
    plain = _COPYRIGHT.sub(" ", text[:200_000].decode("utf-8", "replace")).lower()
    words = [word for word in _NO_WORD.sub(" ", plain.replace("'", "")).split() if word.strip(".")]
    said = " ".join(word.rstrip(".") for word in words)
    return next((known.id for known in _KNOWN if _is(known, said)), "")


def _is(known: _Known, said: str) -> bool:
    """Whether a normalised text is this licence, with no more than a title and names before it and nothing added after it."""
    if not all(phrase in said for phrase in known.phrases) or any(one in said for one in known.without):
        return False
    at = said.index(known.phrases[0])
    low, high = known.words
    return said.count(" ", 0, at) <= _BEFORE and low <= said.count(" ", at) + 1 <= high


def allowed(expression: str, among: Collection[str]) -> bool:
    """Whether a licence expression is satisfied by those allowed: any side of OR, every side of AND; nothing is not.

    An exception (`WITH`) only adds rights. A word such as `private` is allowed where it is listed.
    """
    if expression in among:
        return True
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    if len(tokens) > _MOST_TOKENS:
        return False
    known = {one.lower() for one in among}
    return bool(tokens) and _either(tokens, known) and not tokens


def _either(tokens: list[str], among: Collection[str]) -> bool:
    """`a OR b OR ...`; takes what it reads from `tokens`."""
    found = _all(tokens, among)
    while tokens and tokens[0].upper() == "OR":
        tokens.pop(0)
        found = _all(tokens, among) or found
    return found


def _all(tokens: list[str], among: Collection[str]) -> bool:
    found = _one(tokens, among)
    while tokens and tokens[0].upper() == "AND":
        tokens.pop(0)
        found = _one(tokens, among) and found
    return found


def _one(tokens: list[str], among: Collection[str]) -> bool:
    if not tokens:
        return False
    if (token := tokens.pop(0)) == "(":
        found = _either(tokens, among)
        if tokens[:1] == [")"]:
            tokens.pop(0)
        return found
    if tokens[:1] and tokens[0].upper() == "WITH":
        del tokens[:2]
    plain = token.lower()
    return plain in among or plain.removesuffix("+") in among or re.sub(r"-(?:only|or-later)$", "", plain) in among


def _joins(before: str, word: str) -> bool:
    """Whether two words of an expression belong together: an operator stands between any two ids."""
    operators = ("OR", "AND", "WITH")
    return (before in operators) != (word in operators) or before.endswith("(") or word.startswith(")")
