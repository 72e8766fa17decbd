"""What git says of trees and of histories, as values; what git would not say is a SourceError.

Paths are labels: text that may hold anything, bytes that are no UTF-8 as surrogates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import IO, NamedTuple

from idiolect.errors import SourceError

MAX_ENTRIES = 1_000_000
"""Of one tree, or of one commit; more is a tree that refers to itself many times over."""
FILE_MODES = ("100644", "100755", "100664")
MENDS = "run `git fsck --full` in it; a fresh, full clone mends most damage"
_LATEST = 253_402_300_799
"""The last second of the year 9999: no calendar of ours goes further."""
_MAX_TOKEN = 64_000_000


class Entry(NamedTuple):
    """One line of a tree."""

    mode: str
    oid: str
    size: int | None
    """Bytes; None where the object is missing or no blob."""
    path: str


class Touch(NamedTuple):
    """What a commit did to one file, against its first parent; links and submodules are left out."""

    status: str
    """A (added), M (changed), D (deleted), R (renamed)."""
    old: str
    """Blob id before; empty where it was added."""
    new: str
    """Blob id after; empty where it was deleted."""
    old_path: str
    path: str
    """Path after; the same as `old_path` but for a rename."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, and what it did to its first parent's files."""

    id: str
    parents: tuple[str, ...]
    name: str
    email: str
    time: int
    """Author time, seconds since the epoch, UTC."""
    committed: int
    """Committer time."""
    subject: str
    body: str
    touches: tuple[Touch, ...]


def tokens(stream: IO[bytes], where: str) -> Iterator[bytes]:
    """What stands between NULs; what comes after the last is not whole and left out."""
    return chain.from_iterable(_split(stream, where))


def _split(stream: IO[bytes], where: str) -> Iterator[list[bytes]]:
    """The same, many at a time."""
    rest = b""
    while chunk := stream.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield whole
        if len(rest) > _MAX_TOKEN:
            raise SourceError("holds a name or a message of more than 64 MB", where=where, next="take it out of the recipe")


def read_tree(parts: Iterable[bytes], where: str, most: int = MAX_ENTRIES) -> Iterator[Entry]:
    """Read `ls-tree -r -l -z`; what git would not say, and more than `most` entries, are a SourceError."""
    for number, token in enumerate(parts, 1):
        about, _, path = token.partition(b"\t")
        words = about.decode("ascii", "replace").split()
        if len(words) != 4:
            raise _garbled(token, where)
        mode, kind, oid, size = words
        if number > most:
            raise SourceError(f"has more than {most:,} files", where=where, next="take it out of the recipe")
        yield Entry(mode, oid, _number(size) if kind == "blob" else None, _label(path))


def read_log(parts: Iterator[bytes], where: str) -> Iterator[Commit]:
    """Read `log --raw -z`: seven fields a commit, then its files; what git would not say is a SourceError."""
    about: list[bytes] = []
    touches: list[Touch] = []
    names = cache(_label)  # few paths, many touches
    for token in parts:
        if token.startswith(b"\x01"):
            if about:
                yield _commit(about, touches)
            about, touches = [token[1:], *(next(parts, b"") for _ in range(6))], []
        elif token.lstrip(b"\n").startswith(b":"):
            words = token.decode("ascii", "replace").split()
            if len(words) != 5 or not about:
                raise _garbled(token, where)
            first = next(parts, b"")
            second = next(parts, b"") if words[4][0] in "RC" else first
            if touch := _touch(words, names(first), names(second)):
                touches.append(touch)
            if len(touches) > MAX_ENTRIES:
                what = f"commit {about[0].decode('ascii', 'replace')} has more than {MAX_ENTRIES:,} files"
                raise SourceError(what, where=where, next="take it out of the recipe")
    if about:
        yield _commit(about, touches)


def _garbled(token: bytes, where: str) -> SourceError:
    return SourceError(f"git says what cannot be read ({token[:40]!r})", where=where, next=MENDS)


def _commit(about: Sequence[bytes], touches: Sequence[Touch]) -> Commit:
    oid, parents, name, email, time, committed, message = (field.decode("utf-8", "replace") for field in about)
    subject, _, body = message.strip("\n").partition("\n")
    return Commit(oid, tuple(parents.split()), name, email, _seconds(time), _seconds(committed), subject, body.strip("\n"), tuple(touches))


def _seconds(text: str) -> int:
    return min(_number(text) or 0, _LATEST)


def _number(text: str) -> int | None:
    """Digits as a number; None where it is none, or none that a repository could mean."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _touch(words: Sequence[str], old_path: str, path: str) -> Touch | None:
    """A file's part; a file that becomes a link is deleted, a link that becomes a file is added."""
    was, became = words[0].lstrip(":") in FILE_MODES, words[1] in FILE_MODES
    old, new = words[2] if was else "", words[3] if became else ""
    if was and became:
        return Touch("R" if old_path != path else "M", old, new, old_path, path)
    if became:
        return Touch("A", "", new, path, path)
    return Touch("D", old, "", old_path, old_path) if was else None


def _label(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
