"""Parsing: units (functions, classes), nodes worth a hole, comments and names of a file, each file once.

    with syntax.reading(cache, languages):
        kept = list(syntax.read_all(documents))     # several parsers at once
        units = syntax.units("python", data)        # found again, here and in the next run

Grammars are single-grammar wheels, and a pack may bring a language of its own. A language with neither has no units and no spans,
and an unknown verdict; callers fall back to `line_units`, and `remarks` says so. All offsets are bytes. What the team's files hold
may be hostile: large files and long lines are not parsed, and grammars work in child processes (`parsers`), where a file that ends
its parser costs itself alone. What was found is kept by content in the private cache (`shelf`), as numbers without any text.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from idiolect.outline import Marked, Name, Syntax, Unit
from idiolect.pack import Language
from idiolect.syntax import grammars, packed
from idiolect.syntax.parsers import Question, side_by_side
from idiolect.syntax.reader import Reader, can_be_parsed, key
from idiolect.types import Document, Dropped

__all__ = [
    "Marked", "Name", "Syntax", "Unit", "brought", "comments", "has_grammar", "line_units", "parses", "ranges", "read",
    "read_all", "reading", "remarks", "spans", "units",
]  # fmt: skip

DIED = "parser-died"
"""Why a document is dropped that cannot be read without the loss of the reader; the detail says of what."""
_BATCH_BYTES, _BATCH_FILES = 1 << 18, 64
"""What one question to a parser holds at most."""
_READERS = [Reader()]


@contextmanager
def reading(cache: Path | None = None, languages: Iterable[Language] = ()) -> Iterator[Reader]:
    """Within this, outlines are kept in `cache`/parsed, and the languages that packs bring are known."""
    reader = Reader(cache / "parsed" if cache else None, languages)
    _READERS.append(reader)
    try:
        yield reader
    finally:
        _READERS.remove(reader)
        reader.close()


def brought() -> Collection[Language]:
    """The languages that packs have brought."""
    return _READERS[-1].languages.values()


def has_grammar(language: str) -> bool:
    """Whether files of this language can be parsed here."""
    return language in _READERS[-1].languages or grammars.has_grammar(language)


def read_all(documents: Iterable[Document], workers: int | None = None) -> Iterator[Document | Dropped]:
    """Parse documents side by side, so that whoever asks later finds the answer; order is kept, and each is parsed once.

    A document comes back when all about it is known, or as Dropped with the reason `parser-died`. `workers` is the number of
    parsers, by default one for each core that this process may use.
    """
    reader = _READERS[-1]
    pending: deque[_Batch] = deque()

    def questions() -> Iterator[list[Question]]:
        for batch in _batches(documents, reader):
            pending.append(batch)
            yield [(document.language, document.data, True) for document in batch.unknown.values()]

    for answers in side_by_side(questions(), workers or len(os.sched_getaffinity(0))):
        batch = pending.popleft()
        for name, answer in zip(batch.unknown, answers, strict=True):
            reader.keep(name, answer)
        for document, name in batch.documents:
            why = _why_not(document, name, reader)
            yield Dropped(reason=DIED, what=document.path, source=document.source, detail=why) if why else document


def remarks(documents: Iterable[Document], but: Collection[str] = ()) -> list[str]:
    """Which languages have no grammar here, with the number of their files, as a sentence; `but` are languages that need none."""
    counts = Counter(document.language for document in documents if document.language not in but and not has_grammar(document.language))
    named = ", ".join(f"{language} ({count:,})" for language, count in sorted(counts.items()))
    return [f"no grammar for {named}: such files are cut by lines, unless a pack brings the language"] if named else []


def read(language: str, data: bytes) -> Syntax | None:
    """All that one reading finds. None without a grammar, for files over 1 MB or lines over 20,000 bytes, and where parsing fails."""
    if language in _READERS[-1].languages:
        return _of_pack(language, data)
    answer = _answer(language, data)
    return packed.unpack(answer, data) if answer else None


def units(language: str, data: bytes) -> list[Unit]:
    """Functions, methods, classes and the like by start; empty where the file cannot be parsed."""
    if language in _READERS[-1].languages:
        return (_of_pack(language, data) or Syntax()).units
    answer = _answer(language, data)
    return packed.units(answer, data) if answer else []


def spans(language: str, data: bytes) -> list[Marked]:
    """Nodes of 6 to 4000 bytes without an error within, by start, outer before inner; empty where the file cannot be parsed."""
    if language in _READERS[-1].languages:
        return (_of_pack(language, data) or Syntax()).spans
    answer = _answer(language, data)
    return packed.spans(answer) if answer else []


def ranges(language: str, data: bytes) -> list[tuple[int, int]]:
    """Start and end of the `spans`, at half their price."""
    if language in _READERS[-1].languages:
        return [(span.start, span.end) for span in (_of_pack(language, data) or Syntax()).spans]
    answer = _answer(language, data)
    return packed.ranges(answer) if answer else []


def comments(language: str, data: bytes) -> list[tuple[int, int]]:
    """Byte ranges of the comments by start; empty where the file cannot be parsed."""
    if language in _READERS[-1].languages:
        return (_of_pack(language, data) or Syntax()).comments
    answer = _answer(language, data)
    return packed.comments(answer) if answer else []


def parses(language: str, data: bytes) -> bool | None:
    """Whether the text is well formed; None where nobody can say: no grammar, too large, too slow."""
    if language in _READERS[-1].languages:
        found = _of_pack(language, data)
        return found.sound if found else None
    return _READERS[-1].verdict(language, data) if grammars.has_grammar(language) else None


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


def _lines(data: bytes, start: int, end: int) -> Unit:
    stop = start + len(data[start:end].rstrip())
    return Unit("lines", "", start, stop, body_start=start, body_end=stop)


@dataclass
class _Batch:
    """Documents in their order, with their keys where a grammar knows their language, and those a parser has to be asked about."""

    documents: list[tuple[Document, bytes]] = field(default_factory=list)
    unknown: dict[bytes, Document] = field(default_factory=dict)
    size: int = 0
    """Bytes of the unknown ones."""


def _batches(documents: Iterable[Document], reader: Reader) -> Iterator[_Batch]:
    batch = _Batch()
    asked: set[bytes] = set()
    for document in documents:
        grammar = document.language not in reader.languages and grammars.has_grammar(document.language)
        name = key(document.language, document.data) if grammar else b""
        batch.documents.append((document, name))
        if name and name not in asked and reader.known(name) is None and can_be_parsed(document.data):
            asked.add(name)
            batch.unknown[name] = document
            batch.size += len(document.data)
        if batch.size >= _BATCH_BYTES or len(batch.unknown) == _BATCH_FILES or len(batch.documents) == 16 * _BATCH_FILES:
            yield batch
            batch = _Batch()
    yield batch


def _why_not(document: Document, name: bytes, reader: Reader) -> str:
    """Why a document cannot be read; empty where it was, or where nobody tried."""
    if document.language in reader.languages:
        found = reader.of_pack(document.language, document.data)
        return found if isinstance(found, str) else ""
    answer = reader.known(name) if name else None
    return packed.refused(answer) if answer else ""


def _of_pack(language: str, data: bytes) -> Syntax | None:
    found = _READERS[-1].of_pack(language, data)
    return found if isinstance(found, Syntax) else None


def _answer(language: str, data: bytes) -> bytes | None:
    """A packed outline, or None where there is none."""
    return _READERS[-1].answer(language, data) if grammars.has_grammar(language) else None
