"""What has been parsed is not parsed again by this process: outlines by content."""

from __future__ import annotations

import atexit
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from idiolect.outline import Syntax
from idiolect.pack import Language
from idiolect.syntax.packed import MAX_SPAN, MIN_SPAN, matched, refused, sound
from idiolect.syntax.parsers import ParserProcess, Queries

MAX_BYTES = 1_000_000
MAX_LINE = 20_000
_MOST = 8192
"""Outlines in memory: a few tens of MB."""
Value = TypeVar("Value")
_KEY = 16


class Reader:
    """Outlines by content, and the languages that packs have brought."""

    def __init__(self, languages: Iterable[Language] = ()) -> None:
        self.languages = {language.name: language for language in languages}
        self.memory: OrderedDict[bytes, bytes] = OrderedDict()
        self.own: OrderedDict[bytes, Syntax | str] = OrderedDict()
        self.lock = threading.RLock()
        self.here = False
        """Whether files are parsed in this process."""

    def known(self, name: bytes) -> bytes | None:
        """The packed outline of that `key`, where it has been made before."""
        with self.lock:
            if (answer := self.memory.get(name)) is not None:
                self.memory.move_to_end(name)
        return answer

    def keep(self, name: bytes, answer: bytes) -> None:
        """Remember an outline under its `key`."""
        with self.lock:
            _keep(self.memory, name, answer)

    def answer(self, language: str, data: bytes) -> bytes | None:
        """The packed outline, parsed now if need be; None where it cannot be."""
        name = key(language, data)
        with self.lock:
            if (answer := self.known(name)) is None and can_be_parsed(data):
                answer = parsed(language, data) if self.here else _parser().ask([(language, data, True)])[0]
                self.keep(name, answer)
        return answer if answer and not refused(answer) else None

    def verdict(self, language: str, data: bytes) -> bool | None:
        """Whether a file is sound, None where nobody can say: answers of a model are not worth a place in the cache."""
        name = key(language, data)
        with self.lock:
            answer = self.known(name) or self.memory.get(b"?" + name)
            if answer is None and can_be_parsed(data):
                (answer,) = _parser().ask([(language, data, False)])
                _keep(self.memory, b"?" + name, answer)
        return sound(answer) if answer and not refused(answer) else None

    def matching(self, language: str, data: bytes, queries: Queries) -> tuple[int, ...] | str:
        """Numbers of the queries that have a match, or why nobody can say; kept by those who ask."""
        with self.lock:
            (answer,) = _parser().ask([(language, data, queries)])
        return refused(answer) or matched(answer)

    def of_pack(self, language: str, data: bytes) -> Syntax | str:
        """What a pack's own language finds in a file; or, where its function fails or gives what cannot be, why not."""
        name = key(language, data)
        with self.lock:
            if (found := self.own.get(name)) is None:
                found = _asked(self.languages[language], data)
                _keep(self.own, name, found)
        return found


def can_be_parsed(data: bytes) -> bool:
    """Whether a file is neither too large nor has lines that are too long for a parser."""
    return len(data) <= MAX_BYTES and not _has_long_line(data)


def _has_long_line(data: bytes) -> bool:
    """Whether a line has more than `MAX_LINE` bytes. Such a line fills one of the blocks of half its length, which is soon seen."""
    half = MAX_LINE // 2
    blocks = range(0, len(data) - half + 1, half)
    if all(data.find(b"\n", at, at + half) >= 0 for at in blocks):
        return False
    return max(map(len, data.split(b"\n"))) > MAX_LINE


def key(language: str, data: bytes) -> bytes:
    """The name of an outline in this process."""
    return hashlib.blake2b(data, digest_size=_KEY, key=language.encode()[:64]).digest()


def _asked(language: Language, data: bytes) -> Syntax | str:
    try:
        found = language.spans(data)
        sound = language.parses(data)
    except Exception as error:  # the pack is the team's own code: one file that it fails on is one file
        return f"the pack's language fails: {type(error).__name__}: {error}"
    ranges = [*found.comments, *((span.start, span.end) for span in found.spans)]
    ranges += [(name.start, name.end) for name in (*found.calls, *found.defined, *found.imports)]
    for unit in found.units:
        ranges += [(unit.start, unit.end), (unit.body_start or 0, unit.body_end or 0), unit.doc or (0, 0)]
    if any(
        not 0 <= start <= end <= len(data) or not {data[start : start + 1], data[end : end + 1]}.isdisjoint(_INSIDE)
        for start, end in ranges
    ):
        return "the pack's language gives a range that is none: outside the file, or within a character"
    spans = [span for span in found.spans if MIN_SPAN <= span.end - span.start <= MAX_SPAN]
    return Syntax(
        sound=sound, units=sorted(found.units, key=lambda one: (one.start, -one.end)),
        spans=sorted(spans, key=lambda one: (one.start, -one.end)), comments=sorted(found.comments),
        defined=sorted(found.defined, key=lambda one: one.start), calls=sorted(found.calls, key=lambda one: one.start),
        imports=sorted(found.imports, key=lambda one: one.start),
    )  # fmt: skip


_INSIDE = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))


def _keep(memory: OrderedDict[bytes, Value], name: bytes, value: Value) -> None:
    memory[name] = value
    if len(memory) > _MOST:
        memory.popitem(last=False)


def parsed(language: str, data: bytes) -> bytes:
    """The packed outline, by the grammar in this process, which a hostile file may end."""
    from idiolect.syntax import trees  # the grammar's library stays out of processes that only ask

    return trees.outline(language, data, True)


_PARSERS: list[ParserProcess] = []


def _parser() -> ParserProcess:
    """The parser of this process for single questions: one that was there before a fork belongs to the parent."""
    if not _PARSERS or _PARSERS[0].owner != os.getpid():
        _PARSERS[:] = [ParserProcess()]
        atexit.register(_PARSERS[0].end)
    return _PARSERS[0]
