"""Parsing: units (functions, classes), nodes worth a hole, and comments of a file, by tree-sitter and one walk.

Grammars are single-grammar wheels; a language without one has no units, no spans and an unknown verdict, and callers fall
back to `line_units`. All offsets are bytes. What the team's files hold may be hostile: large files and long lines are not
parsed, and the parser (`trees`) works in a child process, which is ended and replaced where it takes too long or dies.
"""

from __future__ import annotations

import atexit
import importlib.util
import marshal
import os
import select
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from idiolect.errors import ToolError
from idiolect.trees import GRAMMARS, Outline, receive, send

MAX_BYTES = 1_000_000
MAX_LINE = 20_000
MAX_SECONDS = 10.0
"""By the clock on the wall; then the parser is ended, and the file is one that cannot be parsed."""
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Unit:
    """A function, method, class, module or type; without a grammar a run of lines."""

    kind: str
    """function, method, class, module, interface, enum, struct, type or lines."""
    name: str
    start: int
    """First byte, decorators and `export` included, the comment above it not."""
    end: int
    body_start: int | None = None
    """First byte of the body's first statement, within the braces; None where there is no body."""
    body_end: int | None = None
    doc: tuple[int, int] | None = None
    """The docstring (a Python string node, in the body) or the comment lines right above (before `start`)."""
    parents: tuple[str, ...] = ()
    """Names of the units around it, outermost first."""
    sound: bool = True
    """No syntax error within."""


class Marked(NamedTuple):
    """A node that a hole may take."""

    start: int
    end: int
    kind: str
    """arguments, expression, statement, block, method, class, literal, string or tag."""


@dataclass(frozen=True)
class Syntax:
    """What one walk of a file's tree found, each list by start."""

    sound: bool
    """The whole file parses: no ERROR and no MISSING node."""
    units: list[Unit]
    spans: list[Marked]
    comments: list[tuple[int, int]]


@cache
def has_grammar(language: str) -> bool:
    """Whether files of this language can be parsed here."""
    return language in GRAMMARS and importlib.util.find_spec(GRAMMARS[language][0]) is not None


def read(language: str, data: bytes) -> Syntax | None:
    """Units, spans and comments of a file.

    None without a grammar, for files over 1 MB or lines over 20,000 bytes, and where the parser took too long or died.
    """
    answer = _ask(language, data, True)
    if answer is None:
        return None
    sound, units, spans, comments = answer
    return Syntax(sound, [Unit(*unit) for unit in units], list(map(Marked._make, spans)), comments)


def units(language: str, data: bytes) -> list[Unit]:
    """Functions, methods, classes and the like by start; empty where the file cannot be parsed."""
    answer = _ask(language, data, True)
    return [Unit(*unit) for unit in answer[1]] if answer else []


def spans(language: str, data: bytes) -> list[Marked]:
    """Nodes of 6 to 4000 bytes without an error within, by start, outer before inner; empty where the file cannot be parsed."""
    answer = _ask(language, data, True)
    return list(map(Marked._make, answer[2])) if answer else []


def comments(language: str, data: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the comments by start; empty where the file cannot be parsed."""
    answer = _ask(language, data, True)
    return answer[3] if answer else []


def parses(language: str, data: bytes) -> bool | None:
    """Whether the text is well formed; None where nobody can say: no grammar, too large, too slow."""
    answer = _ask(language, data, False)
    return None if answer is None else answer[0]


def line_units(data: bytes, rows: int = 32) -> list[Unit]:
    """The fallback for languages without a grammar: runs of lines between blank ones, at most `rows` lines each."""
    found: list[Unit] = []
    start, end, count = 0, 0, 0
    for line in data.splitlines(keepends=True):
        if line.strip():
            start, count = (start, count + 1) if count else (end, 1)
        if count and (not line.strip() or count == rows):
            stop = end + len(line) if line.strip() else end
            found.append(_lines(data, start, stop))
            count = 0
        end += len(line)
    return [*found, _lines(data, start, end)] if count else found


def longest_line(data: bytes) -> int:
    """Bytes of the longest line, its end not counted."""
    longest, start = 0, 0
    while (end := data.find(b"\n", start)) >= 0:
        if end - start > longest:
            longest = end - start
        start = end + 1
    return max(longest, len(data) - start)


def _lines(data: bytes, start: int, end: int) -> Unit:
    stop = start + len(data[start:end].rstrip())
    return Unit("lines", "", start, stop, body_start=start, body_end=stop)


def _ask(language: str, data: bytes, marks: bool) -> Outline | None:
    if not has_grammar(language) or len(data) > MAX_BYTES or longest_line(data) > MAX_LINE:
        return None
    answer: Outline | None = marshal.loads(_answer(language, data, marks))
    return answer


@lru_cache(maxsize=8192)
def _answer(language: str, data: bytes, marks: bool) -> bytes:
    """The parser's answer as it came: a tenth of the memory of what it means, so that every maker can ask about every file."""
    with _LOCK:
        return _parser().ask(language, data, marks)


class ParserProcess:
    """The child process that parses; a new one takes the place of one that died."""

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self.seconds = seconds
        self.owner = os.getpid()
        self.child: subprocess.Popen[bytes] | None = None

    def ask(self, language: str, data: bytes, marks: bool = True) -> bytes:
        """An `Outline`, marshalled; None where the child does not give one in time."""
        child = self.child if self.child and self.child.poll() is None else self._start()
        assert child.stdin
        assert child.stdout
        try:
            send(child.stdin, marshal.dumps((language, data, marks)))
            if self._speaks(self.seconds) and (answer := receive(child.stdout)) is not None:
                return answer
        except OSError:
            pass
        self.end()
        return marshal.dumps(None)

    def end(self) -> None:
        """End the child, if it is this process's."""
        child, self.child = self.child, None
        if child and self.owner == os.getpid():
            child.kill()
            child.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        self.end()
        command = [sys.executable, "-c", "from idiolect.trees import main; main()"]
        environment = {"PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path), "PATH": os.defpath, "LC_ALL": "C"}
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/"
        )
        self.child = child
        assert child.stdout
        if not self._speaks(_START_SECONDS) or receive(child.stdout) is None:
            self.end()
            raise ToolError(
                "the parser does not start", where=sys.executable, next="install idiolect anew: tree-sitter is missing or damaged"
            )
        return child

    def _speaks(self, seconds: float) -> bool:
        """Whether the child says something, or ends, in that time."""
        assert self.child
        assert self.child.stdout
        poll = select.poll()
        poll.register(self.child.stdout, select.POLLIN)
        return bool(poll.poll(seconds * 1000))


_LOCK = threading.Lock()
_PARSERS: list[ParserProcess] = []


def _parser() -> ParserProcess:
    """The parser of this process: one that was there before a fork belongs to the parent."""
    if not _PARSERS or _PARSERS[0].owner != os.getpid():
        _PARSERS[:] = [ParserProcess()]
        atexit.register(_PARSERS[0].end)
    return _PARSERS[0]
