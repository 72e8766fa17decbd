"""The cases of a test file: their names as sentences, their code, and what they call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.pairs import called, telling
from idiolect.dataset.makers.windows import lines
from idiolect.syntax import Unit
from idiolect.types import Document

TEST = re.compile(
    r"""^[ \t]*(?:(?:async\ )?def\ test\w*|(?:it|test|specify|scenario|example|should)\b[ (.]|@(?:Parameterized)?Test\b|func\ Test\w+
    |\#\[(?:\w+::)?test\]|(?:public\ )?function\ test\w*)""",
    re.MULTILINE | re.VERBOSE,
)
"""Where a case begins."""
_BYTES = re.compile(TEST.pattern.encode(), re.MULTILINE | re.VERBOSE)
_IMPORT = re.compile(r"^[ \t]*(?:from|import|require\w*|use)\b.*$|^.*\brequire\(.*$", re.MULTILINE)
_NEVER = frozenset({"module", "namespace"})
"""Kinds of units that hold what is tested and are not tested themselves."""
_SPOKEN = re.compile(r"^[ \t]*(?:it|test|specify|scenario|example|should)\b(?:\.\w+)?[ (]+(?P<quote>[\"'`])(?P<name>.{1,200}?)(?P=quote)")
_SPELLED = re.compile(r"(?:def|func|fn|function|void)\s+(?:test_?|Test)?(?P<name>\w+)")
_CLOSES = re.compile(rb"[ \t]*(?:end\b|[)}\]]|\"\"\")")


class Case(NamedTuple):
    """One test."""

    name: str
    """What it says, in words; empty where its name is none."""
    start: int
    end: int
    text: str


def cases(test: Document) -> list[Case]:
    """The cases of a test file by start, each down to the line that closes it."""
    starts = [match.start() for match in _BYTES.finditer(test.data)]
    ends = [*starts[1:], len(test.data)][: len(starts)]
    found = []
    for start, limit in zip(starts, ends, strict=True):
        end = _closed(test.data, start, limit)
        text = test.data[start:end].decode()
        found.append(Case(_name(text), start, end, text))
    return found


def _closed(data: bytes, start: int, limit: int) -> int:
    """Where a case ends that begins on this line: at what closes it, or before the first line that stands no deeper."""
    depth, end = _depth(data[start:limit]), start
    for number, (first, last) in enumerate(lines(data[start:limit])):
        line = data[start + first : start + last]
        if number and line.strip() and _depth(line) <= depth and not _opens(data[start : start + first]):
            return start + last if _CLOSES.match(line) and _depth(line) == depth else end
        end = start + last if line.strip() else end
    return end


def _opens(head: bytes) -> bool:
    """Whether what stands so far is but marks above the case's own line: decorators and attributes."""
    return all(line.lstrip()[:1] in (b"@", b"#", b"") for line in head.splitlines())


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


def _name(text: str) -> str:
    if spoken := _SPOKEN.match(text):
        return " ".join(spoken["name"].split())
    spelled = _SPELLED.search(text.partition("{")[0][:300])
    name = spelled["name"] if spelled else ""
    return " ".join(word for word in re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_") if word)


def mentioned(text: str, found: Sequence[Unit]) -> list[Unit]:
    """The units that the text is about, most often named first.

    A name that says little, or that several units bear, counts only where its class is named too, one of two letters or fewer and a
    function in a function never. A method counts where it is called or named as one, not where a variable or a key has its name.
    """
    words, count, bearers = scope.counted(text), counting(text), Counter(unit.name for unit in found)
    about = []
    for unit in found:
        if unit.kind in _NEVER or len(unit.name) <= 2 or (unit.kind == "function" and unit.parents):
            continue
        owned = bool(unit.parents and words[unit.parents[-1]])
        if count(unit) and (owned or (bearers[unit.name] == 1 and telling(unit.name))):
            about.append((count(unit) + 3 * owned, unit))
    return [unit for _, unit in sorted(about, key=lambda pair: (-pair[0], pair[1].start))]


def counting(text: str) -> Callable[[Unit], int]:
    """How often a text names a unit: imports do not count, and of methods only what looks like one."""
    text = _IMPORT.sub("", text)
    words, found = scope.counted(text), called(text)
    return lambda unit: (found if unit.kind == "method" else words)[unit.name.rpartition(".")[2]]
