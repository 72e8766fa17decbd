"""The `.gitattributes` of a tree, read as data: what the team says of its own files in linguist's words.

Only the files of the commit's own tree count, never `info/attributes`, and no filter, driver or macro does anything. As in git
(gitattributes(5)) the file in the nearest folder decides, and in it the last line that fits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from idiolect.sources import globs

FILE = ".gitattributes"
MAX_BYTES = 1_000_000
MAX_RULES = 10_000
"""Of one tree; the rest is not read."""
_MAX_LINE = 2048
_NAMES = {
    "linguist-vendored": "vendored",
    "linguist-generated": "generated",
    "linguist-documentation": "documentation",
    "linguist-language": "language",
    "gitlab-language": "language",
}
_ESCAPE = re.compile(r"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True)
class Said:
    """What the attributes say of one path; None where they say nothing."""

    vendored: bool | None = None
    generated: bool | None = None
    documentation: bool | None = None
    language: str = ""
    """As written there, in lower case."""


NOTHING = Said()


class _Rule(NamedTuple):
    glob: str
    values: dict[str, str]
    """Name -> `true`, `false`, the value, or empty where it is unspecified again."""


class Attributes:
    """The rules of all attribute files of one tree."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._rules: dict[str, list[_Rule]] = {}
        left = MAX_RULES
        for path in sorted(files or {}):
            folder = path.removesuffix(FILE).rstrip("/")
            found = _rules((files or {})[path])[:left]
            left -= len(found)
            if found:
                self._rules[folder] = found
        self.of = lru_cache(maxsize=100_000)(self._of)

    def _of(self, path: str) -> Said:
        """What is said of a path: nearest folder first, in each file the last line that fits, attribute by attribute."""
        if not self._rules:
            return NOTHING
        said: dict[str, str] = {}
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            inner = path[len(folder) + 1 :] if folder else path
            for rule in reversed(self._rules.get(folder, ())):
                if not rule.values.keys() <= said.keys() and globs.pattern(rule.glob).fullmatch(inner):
                    for name, value in rule.values.items():
                        said.setdefault(name, value)
        vendored, generated, documentation = (_truth(said.get(name, "")) for name in ("vendored", "generated", "documentation"))
        return Said(vendored, generated, documentation, said.get("language", "").lower())


NONE = Attributes()


def _truth(value: str) -> bool | None:
    return None if not value else value.lower() not in ("false", "0", "no")


def _rules(data: bytes) -> list[_Rule]:
    """The lines that say something about us; comments, macros, negative patterns and long lines say nothing."""
    found = []
    for line in data[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff").split("\n"):
        glob, words = _split(line.strip(" \t\r"))
        if not glob or glob.startswith(("#", "[attr]", "!")) or len(line) > _MAX_LINE or glob.endswith("/"):
            continue
        values = dict(pair for word in words if (pair := _value(word)))
        if values:
            found.append(_Rule(_whole(glob), values))
    return found


def _split(line: str) -> tuple[str, Sequence[str]]:
    """The pattern, unquoted, and the attributes."""
    if quoted := re.match(r'"((?:[^"\\]|\\.)*)"(?=[ \t]|$)', line):
        return _ESCAPE.sub(_unescaped, quoted[1]), line[quoted.end() :].split()
    glob, *words = line.split() or [""]
    return glob, words


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 8)) if len(match[1]) == 3 else _LETTERS.get(match[1], match[1])


def _whole(glob: str) -> str:
    """A pattern without a slash fits a name in any folder; any other begins at the folder of its file."""
    return f"**/{glob}" if "/" not in glob else glob.lstrip("/")


def _value(word: str) -> tuple[str, str] | None:
    name, equals, value = word.lstrip("-!").partition("=")
    known = _NAMES.get(name)
    if not known:
        return None
    if word.startswith("!"):
        return known, ""
    if word.startswith("-"):
        return known, "false" if known != "language" else ""
    return known, value if equals else ("true" if known != "language" else "")
