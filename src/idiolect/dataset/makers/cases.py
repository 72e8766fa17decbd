"""The cases of a test file: their names as sentences, their code, what stands around them, and what they call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import scope
from idiolect.dataset.makers.pairs import called, telling
from idiolect.dataset.makers.receivers import strangers
from idiolect.dataset.makers.windows import lines
from idiolect.syntax import Unit
from idiolect.types import Document

TEST = re.compile(
    r"""^[ \t]*(?:(?:async\ )?def\ test\w*|(?:it|test|specify|scenario|example)(?:\.(?:only|skip|each|todo|concurrent|failing))?[ (]
    |should\ ["']|@(?:Parameterized)?Test\b|func\ Test\w+
    |["']test\ [^"'\n]{1,120}["']:\ *function|\#\[(?:\w+::)?test\]|(?:public\ )?function\ test\w*)""",
    re.MULTILINE | re.VERBOSE,
)
"""Where a case begins."""
_BYTES = re.compile(TEST.pattern.encode(), re.MULTILINE | re.VERBOSE)
_IMPORT = re.compile(r"^[ \t]*(?:from|import|require\w*|use)\b.*$|^.*\brequire\(.*$", re.MULTILINE)
_NEVER = frozenset({"module", "namespace"})
"""Kinds of units that hold what is tested and are not tested themselves."""
_SPOKEN = re.compile(r"^[ \t]*(?:it|test|specify|scenario|example|should)\b(?:\.\w+)?[ (]+(?P<quote>[\"'`])(?P<name>.{1,200}?)(?P=quote)")
_SPELLED = re.compile(r"(?:def|func|fn|function|void)\s+(?:test_?|Test)?(?P<name>\w+)")
_GROUP = re.compile(rb"[ \t]*(?:\w+\.)?(?:describe|context|suite|feature|class)\b[ (]+(?P<name>[^\n]{1,200})")
_FUNCTION = re.compile(rb"(?:async )?(?:def|function)\b")
_MARKS = (b"@", b"#", b"")
"""What lines above a case's own begin with: decorators and attributes."""
_CLOSES = re.compile(rb"[ \t]*(?:end\b|[)}\]]|\"\"\")")
_MOST_AROUND = 40


class Case(NamedTuple):
    """One test."""

    name: str
    """What it says, in words; empty where its name is none."""
    start: int
    """First byte, decorators included."""
    end: int
    text: str
    group: str = ""
    """What the headers around it say, as they stand."""
    groups: tuple[tuple[int, int], ...] = ()
    """The blocks of these headers, the outermost first."""
    around: tuple[tuple[int, int], ...] = ()
    """What stands before it and is in force for it: imports, helpers, what is set up; the nearest last."""


class _Row(NamedTuple):
    start: int
    end: int
    depth: int
    """Of its first sign; -1 of a blank line."""


class _Held(NamedTuple):
    depth: int
    span: tuple[int, int]
    name: str = ""


def cases(test: Document) -> list[Case]:
    """The cases of a test file by start, with their decorators, each down to the line that closes it."""
    rows = [_Row(start, end, _depth(test.data[start:end])) for start, end in lines(test.data)]
    at = {row.start: number for number, row in enumerate(rows)}
    own = [at[match.start()] for match in _BYTES.finditer(test.data)]
    first = [_marked(test.data, rows, number) for number in own]
    limits = [*first[1:], len(rows)][: len(first)]
    spans = [(begun, _closed(test.data, rows, number, limit)) for begun, number, limit in zip(first, own, limits, strict=True)]
    found, below = list(_placed(test.data, rows, spans)), _below(test.data, rows, spans)
    return [case._replace(around=(*below, *case.around)) for case in found] if below else found


def _below(data: bytes, rows: Sequence[_Row], spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The functions at the margin beneath all cases, which are in force above too."""
    found: list[tuple[int, int]] = []
    number = spans[-1][1] + 1 if spans else len(rows)
    while number < len(rows) and len(found) < _MOST_AROUND:
        last = _closed(data, rows, number, len(rows)) if rows[number].depth >= 0 else number
        if rows[number].depth == 0 and _FUNCTION.match(data, rows[number].start):
            found.append((rows[number].start, rows[last].end))
        number = last + 1
    return found


def _marked(data: bytes, rows: Sequence[_Row], number: int) -> int:
    """The first row of the decorators that stand right above a case, some of them over several lines."""
    begun, depth = number, rows[number].depth
    for above in range(number - 1, -1, -1):
        row = rows[above]
        line = data[row.start : row.end].strip()
        if row.depth < depth or not (row.depth > depth or line[:1] in (b"@", b")", b"]")):
            break
        begun = above if row.depth == depth and line[:1] == b"@" else begun
    return begun


def _closed(data: bytes, rows: Sequence[_Row], first: int, limit: int) -> int:
    """The last row of what begins on row `first`: what closes it, or the last before one that stands no deeper."""
    depth, last, begun = rows[first].depth, first, False
    for number in range(first, limit):
        row = rows[number]
        line = data[row.start : row.end]
        if begun and row.depth >= 0 and row.depth <= depth:
            return number if _CLOSES.match(line) and row.depth == depth else last
        last = number if row.depth >= 0 else last
        begun = begun or line.lstrip()[:1] not in _MARKS
    return last


def _placed(data: bytes, rows: Sequence[_Row], spans: Sequence[tuple[int, int]]) -> Iterator[Case]:
    """Each case with the headers around it and with what stands before it and is in force there."""
    held: list[_Held] = []
    groups: list[_Held] = []
    number, coming = 0, 0
    while number < len(rows) and coming < len(spans):
        row = rows[number]
        if row.depth >= 0:
            held = [one for one in held[-_MOST_AROUND:] if one.depth <= row.depth]
            groups = [one for one in groups if one.depth < row.depth]
        if number == spans[coming][0]:
            last = spans[coming][1]
            text = data[row.start : rows[last].end].decode()
            group, blocks = " ".join(one.name for one in groups), tuple(one.span for one in groups)
            yield Case(_name(text), row.start, rows[last].end, text, group, blocks, tuple(one.span for one in held))
            number, coming = last + 1, coming + 1
            continue
        last = _closed(data, rows, number, spans[coming][0] + 1) if row.depth >= 0 else number
        if row.depth >= 0 and last < spans[coming][0]:
            if not _CLOSES.match(data, row.start, row.end):
                held.append(_Held(row.depth, (row.start, rows[last].end)))
            number = last + 1
            continue
        if match := _GROUP.match(data, row.start, row.end):
            closed = rows[_closed(data, rows, number, len(rows))]
            groups.append(_Held(row.depth, (row.start, closed.end), match["name"].decode()))
        number += 1


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t")) if line.strip() else -1


def _name(text: str) -> str:
    if spoken := _SPOKEN.match(text):
        return " ".join(spoken["name"].split())
    spelled = _SPELLED.search(_undecorated(text).partition("{")[0][:300])
    name = spelled["name"] if spelled else ""
    return " ".join(word for word in re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower().split("_") if word)


def _undecorated(text: str) -> str:
    match = TEST.search(text)
    return text[match.start() :] if match else text


def mentioned(text: str, found: Sequence[Unit], whole: str = "") -> list[Unit]:
    """The units that the text is about, most often named first.

    A name that says little, or that several units bear, counts only where its class is named too, one of two letters or fewer and a
    function in a function never. A method counts where it is called or named as one, not where a variable or a key has its name, or
    where what it is called on is something else, as far as the text, or the `whole` of the file, tells.
    """
    words, count, bearers = scope.counted(text), counting(text, whole), Counter(unit.name for unit in found)
    about = []
    for unit in found:
        if unit.kind in _NEVER or len(unit.name) <= 2 or (unit.kind == "function" and unit.parents):
            continue
        owned = bool(unit.parents and words[unit.parents[-1]])
        if (owned or (bearers[unit.name] == 1 and telling(unit.name))) and (often := count(unit)):
            about.append((often + 3 * owned, unit))
    return [unit for _, unit in sorted(about, key=lambda pair: (-pair[0], pair[1].start))]


def counting(text: str, whole: str = "") -> Callable[[Unit], int]:
    """How often a text names a unit: imports do not count, and of methods only what looks like one and is called on nothing else.

    What is assigned to an attribute names the method that sets it, `body=`, and not the one that gets it.
    """
    text = _IMPORT.sub("", text)
    words, found = scope.counted(text), called(text)

    def count(unit: Unit) -> int:
        owner, _, name = unit.name.rpartition(".")
        if unit.kind == "method" or owner:
            bare = name.removesuffix("=")
            put = len(re.findall(rf"\.{re.escape(bare)}[ \t]*=(?![=~>])", text)) if f".{bare}" in text else 0
            if name.endswith("=") or found[name] <= put:
                return put if name.endswith("=") else 0
            return max(0, found[name] - put - strangers(text, whole or text, unit))
        return words[name]

    return count
