"""Parsing: units (functions, classes), nodes worth a hole, comments and names of a file, each file once.

    found = syntax.outline("python", data)      # in a worker, and kept by whoever asked
    syntax.know("python", data, found)          # in another: from now on nothing is parsed for it
    units = syntax.units("python", data)

Grammars are single-grammar wheels, and a pack may bring a language of its own. A language with neither has no units and no spans,
and an unknown verdict; callers fall back to `line_units`, and `remarks` says so. All offsets are bytes. What the team's files hold
may be hostile: large files and long lines are not parsed, and whoever asks without an outline is answered by a child process
(`parsers`), where a file that ends its parser costs itself alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from idiolect.outline import Marked, Name, Syntax, Unit
from idiolect.pack import Language
from idiolect.syntax import grammars, packed
from idiolect.syntax.parsers import Queries
from idiolect.syntax.reader import Reader, can_be_parsed, key, parsed
from idiolect.types import Document

__all__ = [
    "Marked", "Name", "Syntax", "Unit", "bring", "brought", "comments", "faulty", "has_grammar", "here", "know", "line_units",
    "matching", "outline", "parses", "ranges", "read", "reading", "remarks", "spans", "units",
]  # fmt: skip

_READERS = [Reader()]


@contextmanager
def reading(languages: Iterable[Language] = ()) -> Iterator[Reader]:
    """Within this, the languages that packs bring are known."""
    reader = Reader(languages)
    _READERS.append(reader)
    try:
        yield reader
    finally:
        _READERS.remove(reader)


def bring(languages: Iterable[Language]) -> None:
    """Know the languages that packs bring, for as long as this process lives: for workers."""
    chosen = {language.name: language for language in languages}
    if chosen.keys() != _READERS[-1].languages.keys():
        _READERS.append(Reader(chosen.values()))


@contextmanager
def here() -> Iterator[None]:
    """Within this, files are parsed in this process: for workers, whose limits are those of a whole unit of work."""
    reader = _READERS[-1]
    was, reader.here = reader.here, True
    try:
        yield
    finally:
        reader.here = was


def outline(language: str, data: bytes) -> bytes:
    """What reading a file finds, as numbers without any text, parsed in this process: for workers.

    Empty where there is no grammar or the file is not to be parsed; of a language that a pack brings it is empty, or says why the
    pack fails.
    """
    if language in _READERS[-1].languages:
        found = _READERS[-1].of_pack(language, data)
        return packed.refusal(found) if isinstance(found, str) else b""
    return parsed(language, data) if grammars.has_grammar(language) and can_be_parsed(data) else b""


def know(language: str, data: bytes, found: bytes) -> None:
    """Remember an outline that was made elsewhere."""
    _READERS[-1].keep(key(language, data), found)


def brought() -> Collection[Language]:
    """The languages that packs have brought."""
    return _READERS[-1].languages.values()


def has_grammar(language: str) -> bool:
    """Whether files of this language can be parsed here."""
    return language in _READERS[-1].languages or grammars.has_grammar(language)


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


def matching(language: str, data: bytes, queries: Queries) -> tuple[int, ...] | None:
    """Numbers of the queries that have a match in a file, or in what it holds of their language; None where they take too long.

    None of them has one where the file cannot be parsed.
    """
    if language in _READERS[-1].languages or not grammars.has_grammar(language) or not can_be_parsed(data):
        return ()
    held = {language, *(layer.language for layer in grammars.GRAMMARS[language].layers)}
    if held.isdisjoint(of for of, _ in queries):
        return ()
    found = _READERS[-1].matching(language, data, queries)
    return None if isinstance(found, str) else found


def faulty(language: str, query: str) -> str:
    """Why a query cannot be asked; empty where it can."""
    if language in _READERS[-1].languages or not grammars.has_grammar(language):
        return f"no grammar for '{language}'"
    found = _READERS[-1].matching(language, b"", ((language, query),))
    return found if isinstance(found, str) else ""


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


def _of_pack(language: str, data: bytes) -> Syntax | None:
    found = _READERS[-1].of_pack(language, data)
    return found if isinstance(found, Syntax) else None


def _answer(language: str, data: bytes) -> bytes | None:
    """A packed outline, or None where there is none."""
    return _READERS[-1].answer(language, data) if grammars.has_grammar(language) else None
