"""What git says about the way from one commit to another: who added how many lines, what was renamed, which lines are new.

Git runs in the sanitised copy only, and only its plumbing; no attribute, filter or driver of the repository has a say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Git = Callable[..., bytes]
"""Runs git with these arguments in the sanitised copy and returns its output; a failure is a SourceError."""
Admits = Callable[[str], bool]
"""Whether a path is one that the source would be read at."""

_PLAIN = ("--no-ext-diff", "--no-textconv", "-M", "-l2000")
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


@dataclass(frozen=True)
class Step:
    """A commit of the first-parent chain and what its diff from its first parent adds."""

    commit: str
    time: int
    """Committer time, seconds since the epoch, UTC."""
    added: int
    """Lines added to admitted files; a file that was only moved adds none."""


def chain(git: Git, head: str, admits: Admits) -> list[Step]:
    """The first-parent chain of `head`, oldest first."""
    data = git("log", "--first-parent", "-m", "--numstat", "-z", *_PLAIN, "--format=%x01%H%x00%ct", head, "--")
    tokens = iter(data.split(b"\0"))
    steps: list[Step] = []
    for token in tokens:
        if token.startswith(b"\1"):
            steps.append(Step(token[1:].decode("ascii"), int(next(tokens)), 0))
        elif token.count(b"\t") >= 2:
            count, _, path = token.lstrip(b"\n").split(b"\t", 2)
            if not path:
                next(tokens)
                path = next(tokens)
            if count != b"-" and admits(path.decode("utf-8", "surrogateescape")):
                steps[-1] = Step(steps[-1].commit, steps[-1].time, steps[-1].added + int(count))
    return steps[::-1]


def new_lines(git: Git, old: str, new: str, admits: Admits) -> dict[str, tuple[range, ...]]:
    """Lines of each file at commit `new` that are not in it at `old`, renames followed: ranges of line numbers from 0, by path."""
    if old == new:
        return {}
    data = git("diff-tree", "-r", "--raw", "-p", "-U0", "--text", "--no-color", "--diff-filter=AMR", *_PLAIN, old, new, "--")
    raw, _, patch = data.partition(b"\n\n")
    paths = [_path(line) for line in raw.split(b"\n") if line.startswith(b":")]
    found = {}
    for path, ranges in zip(paths, _sections(patch), strict=True):
        if ranges and admits(path):
            found[path] = ranges
    return found


def _path(line: bytes) -> str:
    """The last path of a line of --raw, unquoted."""
    path = line.rsplit(b"\t", 1)[1]
    if path.startswith(b'"') and path.endswith(b'"'):
        path = _ESCAPE.sub(_unescaped, path[1:-1])
    return path.decode("utf-8", "surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    letter = match.group(1)
    return bytes([int(letter, 8)]) if len(letter) == 3 else _LETTERS.get(letter, letter)


def _sections(patch: bytes) -> Iterator[tuple[range, ...]]:
    """The added ranges of each file's part of a patch without context; the bodies of hunks are skipped by their counts."""
    lines = iter(patch.split(b"\n"))
    ranges: list[range] | None = None
    for line in lines:
        if line.startswith(b"diff --git "):
            if ranges is not None:
                yield tuple(ranges)
            ranges = []
        elif ranges is not None and (hunk := _HUNK.match(line)):
            removed, start, count = (1 if part is None else int(part) for part in hunk.groups())
            for _ in range(removed + count):
                next(lines, None)
            if count:
                ranges.append(range(start - 1, start - 1 + count))
    if ranges is not None:
        yield tuple(ranges)
