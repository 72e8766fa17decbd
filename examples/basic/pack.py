"""Tally, a BASIC that nobody else speaks: how a pack brings a language that no grammar knows.

Two functions suffice. `spans` says what stands in a file: units with the comment above them, nodes worth a hole, names. `parses` says
whether it is well formed. With them the language gets structured holes, requests, seams between units and a verdict on every
answer, as the languages with a grammar do.

    rem What the customer pays.
    function Total#(prices#)
      let sum# = 0
      each price# in prices#
        let sum# = sum# + price#
      end each
      give sum#
    end function
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from idiolect.labels import Label, Sign
from idiolect.outline import Marked, Name, Syntax, Unit
from idiolect.pack import Language, Pack
from idiolect.types import Finding, Hole, Sample, Score

_TOKEN = re.compile(
    rb"""(?P<comment>(?:'|rem\b)[^\n]*) | (?P<string>"(?:[^"\n]|"")*") | (?P<number>\d+(?:\.\d+)?) | (?P<name>[a-z_]\w*[$\#]?)
    | (?P<sign><>|<=|>=|[-+*/=<>(),.&]) | (?P<blank>[ \t\r]+) | (?P<wrong>.)""",
    re.IGNORECASE | re.VERBOSE,
)
_UNITS = {"function": "function", "routine": "function", "record": "struct"}
_BLOCKS = frozenset({*_UNITS, "if", "while", "each"})
_VERBS = _BLOCKS | {"let", "give", "print", "call", "use", "field", "stop", "else", "end"}


@dataclass
class Line:
    """A line without its comment: offsets and words."""

    start: int
    end: int
    tokens: list[tuple[str, int, int]]
    """Kind, start and end."""
    words: list[str]
    """What the tokens say, in lower case."""
    comment: tuple[int, int] | None = None


@dataclass
class Block:
    """A block that is still open."""

    word: str
    line: Line
    above: tuple[int, int] | None
    """The comment on the lines right above."""
    parents: tuple[str, ...]
    name: str = ""


@dataclass
class Reading:
    """What has been found, and where we are."""

    data: bytes
    found: Syntax = field(default_factory=Syntax)
    open: list[Block] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    """Offsets of what is wrong."""


def spans(data: bytes) -> Syntax:
    """Units, nodes, comments and names of a file."""
    return _read(data).found


def parses(data: bytes) -> bool:
    """Whether a file is well formed: its words are known, brackets and blocks close."""
    return not _read(data).faults


def _read(data: bytes) -> Reading:
    reading = Reading(data)
    above: tuple[int, int] | None = None
    last = Line(0, 0, [], [])
    for line in _lines(data):
        if line.comment:
            reading.found.comments.append(line.comment)
        if line.tokens:
            _statement(reading, line, above)
            above, last = None, line
        elif line.comment:
            above = (above[0] if above else line.comment[0], line.comment[1])
        else:
            above = None
    reading.faults += [block.line.start for block in reading.open]
    for block in reading.open:
        _close(reading, block, last)
    return reading


def _lines(data: bytes) -> Iterator[Line]:
    for match in re.finditer(rb"[^\n]*\n|[^\n]+", data):
        start, stop = match.start(), match.end() - match[0].endswith(b"\n")
        tokens = [(one.lastgroup or "", one.start(), one.end()) for one in _TOKEN.finditer(data, start, stop) if one.lastgroup != "blank"]
        comment = next(((first, end) for kind, first, end in tokens if kind == "comment"), None)
        tokens = [token for token in tokens if token[0] != "comment"]
        words = [data[first:end].decode(errors="replace").lower() for _, first, end in tokens]
        yield Line(tokens[0][1] if tokens else start, tokens[-1][2] if tokens else start, tokens, words, comment)


def _statement(reading: Reading, line: Line, above: tuple[int, int] | None) -> None:
    first = line.words[0]
    if any(kind == "wrong" for kind, _, _ in line.tokens) or first not in _VERBS or not _brackets(reading, line):
        reading.faults.append(line.start)
    _names(reading, line)
    reading.found.spans.append(Marked(line.start, line.end, "statement"))
    if first == "end":
        _end(reading, line)
    elif first in _BLOCKS and (first != "if" or line.words[-1] == "then"):
        named = len(line.words) > 1 and first in _UNITS
        name = reading.data[slice(*line.tokens[1][1:])].decode() if named else ""
        parents = tuple(block.name for block in reading.open if block.name)
        reading.open.append(Block(first, line, above, parents, name))
        if first in _UNITS and not name:
            reading.faults.append(line.start)


def _brackets(reading: Reading, line: Line) -> bool:
    """Whether the brackets of a line close; what stands within is a node, as are strings and what comes after `=`."""
    depth: list[int] = []
    for number, (kind, start, end) in enumerate(line.tokens):
        word = line.words[number]
        if word == "(":
            depth.append(start)
        elif word == ")":
            if not depth:
                return False
            reading.found.spans.append(Marked(depth.pop(), end, "arguments"))
        elif kind == "string":
            reading.found.spans.append(Marked(start, end, "string"))
        elif word == "=" and line.words[0] == "let" and number + 1 < len(line.tokens):
            reading.found.spans.append(Marked(line.tokens[number + 1][1], line.end, "expression"))
    return not depth


def _names(reading: Reading, line: Line) -> None:
    """What the line defines, calls and brings in."""
    found, names = reading.found, [(kind, start, end) for kind, start, end in line.tokens]
    for number, (kind, start, end) in enumerate(names):
        name = Name(reading.data[start:end].decode(errors="replace"), start, end)
        before = line.words[number - 1] if number else ""
        if kind == "string" and before == "use":
            found.imports.append(Name(name.name.strip('"'), start + 1, end - 1))
        elif kind == "name" and before in (*_UNITS, "field") and line.words[0] != "end":
            found.defined.append(name)
        elif kind == "name" and line.words[number + 1 : number + 2] == ["("] and name.name.lower() not in _VERBS:
            found.calls.append(name)


def _end(reading: Reading, line: Line) -> None:
    """Close the innermost block, if it is of that name."""
    if len(line.words) != 2 or not reading.open or reading.open[-1].word != line.words[1]:
        reading.faults.append(line.start)
        return
    _close(reading, reading.open.pop(), line)


def _close(reading: Reading, block: Block, line: Line) -> None:
    start, end = block.line.start, line.end
    body = reading.data[block.line.end : line.start]
    inside = block.line.end + len(body) - len(body.lstrip()), line.start - len(body) + len(body.rstrip())
    kind = _UNITS.get(block.word)
    if inside[0] < inside[1]:
        reading.found.spans.append(Marked(*inside, "block"))
    reading.found.spans.append(Marked(start, end, "method" if kind else "statement"))
    if kind and block.name:
        body_start, body_end = inside if inside[0] < inside[1] else (None, None)
        reading.found.units.append(
            Unit(kind, block.name, start, end, body_start, body_end, doc=block.above, parents=block.parents, sound=True)
        )


def well_formed(sample: Sample, answer: str) -> Score:
    """1 where prefix + answer + suffix parses and the answer says something, else 0."""
    hole = sample.prompt if isinstance(sample.prompt, Hole) else Hole(path="", prefix="", suffix="")
    text = hole.prefix + hole.typed + answer + hole.suffix
    if answer.strip() and parses(text.encode()):
        return Score(value=1.0, answer=answer)
    finding = Finding(rule="parses", severity="error", line=hole.prefix.count("\n") + 1, message="not valid Tally here")
    return Score(value=0.0, answer=answer, findings=(finding,))


_PROBES = (
    Sample(
        kind="fim", maker="tally", labels={"language": ("tally",)}, answer="give price# * count#",
        prompt=Hole(path="price.tly", prefix="function Cost#(price#, count#)\n  ", suffix="\nend function\n"),
    ),
    Sample(
        kind="fim", maker="tally", labels={"language": ("tally",)}, answer="if stock# < 1 then\n  call Reorder(name$)\nend if",
        prompt=Hole(path="stock.tly", prefix='use "stock"\n', suffix="\nprint name$\n"),
    ),
)  # fmt: skip

_GENERATIONS = (
    Label(value="spool", files=("**/*.tly",), sign=(Sign(text=r"(?im)^\s*print\b"), Sign(calls="Repeat", weight=0.5))),
    Label(
        value="record", files=("**/*.tly",),
        sign=(
            Sign(text=r"(?im)^\s*record\b"), Sign(imports="basket"), Sign(imports="boxes", weight=0.5),
            Sign(text=r"\.lines\b", weight=0.5),
        ),
    ),
    Label(value="all", files=("**/*.tly",), rest=True),
)  # fmt: skip
"""Tally was first written to a spool of paper, and later kept its things in records; what does neither runs everywhere."""

pack = Pack(
    name="tally",
    description="Tally BASIC: units, holes and a verdict without a grammar",
    languages=(Language("tally", ("**/*.tly",), spans=spans, parses=parses),),
    vocabulary=_GENERATIONS,
    checks=(well_formed,),
    probes=_PROBES,
)
