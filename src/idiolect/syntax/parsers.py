"""The children that parse (`trees`): one batch of files at a time each, ended and replaced where they die or hang.

A file is one that cannot be parsed when the process that was at it died of its processor time, or died twice: once may have
been somebody else's doing. The files after it are asked of the next child, so that one file costs itself alone.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from idiolect.errors import ToolError
from idiolect.syntax.packed import refusal

MAX_SECONDS = 3.0
"""Of processor time for one file. Real files take a tenth or two a megabyte."""
PATIENCE = 30.0
"""By the clock on the wall: a child that says nothing for so many seconds hangs, whatever its processor time."""
_START_SECONDS = 120.0
_LARGEST = 64 << 20
"""Bytes of an answer; a child that announces more is in a stranger's hands."""

Queries = tuple[tuple[str, str], ...]
"""Each with its language."""
Question = tuple[str, bytes, bool | Queries]
"""Language, bytes, and whether more than the verdict is wanted; or the queries of which the numbers that have a match are."""


class ParserProcess:
    """One child; a new one takes the place of one that died."""

    def __init__(self, seconds: float = MAX_SECONDS, patience: float = PATIENCE) -> None:
        self.seconds, self.patience = seconds, patience
        self.owner = os.getpid()
        self.child: subprocess.Popen[bytes] | None = None
        self.ended = False
        """Whether the child has closed its end of the pipe, as it does when it dies."""

    def ask(self, files: Sequence[Question]) -> list[bytes]:
        """A packed outline of each file, or why it has none."""
        answers: list[bytes] = []
        retried = -1
        while len(answers) < len(files):
            answers += self._answers(files[len(answers) :])
            if len(answers) < len(files):
                why = self.end()
                if retried == len(answers) or why == _SLOW:
                    answers.append(refusal(why))
                else:
                    retried = len(answers)
        return answers

    def end(self) -> str:
        """End the child, if it is this process's, and say what it died of."""
        child, self.child = self.child, None
        if child is None or self.owner != os.getpid():
            return ""
        if not self.ended:
            child.kill()
        child.communicate()
        return f"the parser died with {_died_of(child.returncode)}" if self.ended and child.returncode != -signal.SIGPROF else _SLOW

    def _answers(self, files: Sequence[Question]) -> list[bytes]:
        """The answers until the child falls silent."""
        child = self.child if self.child and self.child.poll() is None else self._start()
        assert child.stdin
        answers: list[bytes] = []
        try:
            message = marshal.dumps(list(files))
            child.stdin.write(len(message).to_bytes(8, "big") + message)
            child.stdin.flush()
        except OSError:
            self.ended = True
            return answers
        for _ in files:
            if (answer := self._receive(self.patience)) is None:
                break
            answers.append(answer)
        return answers

    def _start(self) -> subprocess.Popen[bytes]:
        self.end()
        command = [sys.executable, "-c", f"{_ALONE}; from idiolect.syntax.trees import main; main({self.seconds})"]
        environment = {"PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path), "PATH": os.defpath, "LC_ALL": "C"}
        self.ended = False
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=environment, cwd="/"
        )
        if self._receive(_START_SECONDS) is None:
            self.end()
            raise ToolError(
                "the parser does not start", where=sys.executable, next="install idiolect anew: tree-sitter is missing or damaged"
            )
        return self.child

    def _receive(self, seconds: float) -> bytes | None:
        """The next message; None where the child ends, or is silent for so long."""
        until = time.monotonic() + seconds
        head = self._read(8, until)
        size = int.from_bytes(head, "big") if head else _LARGEST
        return self._read(size, until) if size < _LARGEST else None

    def _read(self, size: int, until: float) -> bytes | None:
        assert self.child
        assert self.child.stdout
        descriptor, data = self.child.stdout.fileno(), bytearray()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while len(data) < size:
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                return None
            if not (piece := os.read(descriptor, size - len(data))):
                self.ended = True
                return None
            data += piece
        return bytes(data)


_SLOW = "takes too long to parse"
_ALONE = (
    "import sys, types; package = types.ModuleType('idiolect.syntax'); "
    f"package.__path__ = [{str(Path(__file__).absolute().parent)!r}]; sys.modules[package.__name__] = package"
)
"""The package without what its `__init__` imports: a child needs the grammars alone, and starts in a fifth of the time."""


def _died_of(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
