"""Files of rows that a forge's own command line wrote, as JSON objects with the bytes they stand in.

A file is one array, several after one another (`--paginate`), arrays in an array (`--slurp`), or one object a line. All of it is
strangers' text: what cannot be read is `Dropped` with file, row and line, and reading goes on with the next object that can be.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from idiolect.errors import SourceError
from idiolect.files import digest_file
from idiolect.types import Dropped

SUFFIXES = (".json", ".jsonl", ".ndjson")
MOST_BYTES = 200_000_000
"""Of one file."""
MOST_ROWS = 1_000_000
MOST_FAULTS = 100
"""Of one file; what comes after more of them is not looked at."""
UNREADABLE = "unreadable-row"
_BETWEEN = re.compile(r"[\s,\[\]]*+")
_NEXT_LINE = re.compile(r"\n[^\S\n]*+(?=\{)")
_NEXT = re.compile(r"\}\s{0,100}+,?\s{0,100}+(?=\{)|\n[^\S\n]*+(?=\{)")
_MEND = "name files or folders of .json or .jsonl that `gh` or `glab` wrote, relative to the recipe"


class Row(NamedTuple):
    """An object of an export."""

    file: str
    """A label: the path as the recipe's folder sees it."""
    number: int
    """From 1."""
    line: int
    start: int
    """First byte in the file."""
    end: int
    value: dict[str, Any]

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        return f"{self.file} row {self.number}, line {self.line}"


def files(folder: Path, names: Iterable[str]) -> list[tuple[str, Path]]:
    """Label and path of every file that is meant: of each name, which may be a glob or a folder, by name, each once.

    A name that fits nothing is a SourceError.
    """
    found: dict[str, Path] = {}
    for name in names:
        paths = _meant(folder, name)
        if not paths:
            raise SourceError("there is no forge export here", where=str(folder / name), next=_MEND)
        found.update((_label(folder, path), path) for path in paths)
    return sorted(found.items())


def digests(paths: Iterable[tuple[str, Path]]) -> dict[str, str]:
    """What a run's key holds of them."""
    return {label: digest_file(path) for label, path in paths}


def rows(label: str, path: Path) -> Iterator[Row | Dropped]:
    """Every object of a file, in order, and what could not be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path), next=_MEND) from None
    if len(data) > MOST_BYTES:
        yield Dropped(reason="oversized-export", what=label, detail=f"more than {MOST_BYTES:,} bytes: export it in several files")
        return
    yield from _rows(label, data.decode("utf-8", "surrogateescape").removeprefix("\ufeff"), 3 * data.startswith(b"\xef\xbb\xbf"))


def _rows(label: str, text: str, first: int) -> Iterator[Row | Dropped]:
    """`first` is the byte in the file at which the text begins."""
    decoder, resumed = json.JSONDecoder(), _NEXT_LINE if label.endswith((".jsonl", ".ndjson")) else _NEXT
    at, line, byte, faults = 0, 1, first, 0
    for number in range(1, MOST_ROWS + 1):
        start = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # which matches nothing, too
        line, byte = line + text.count("\n", at, start), byte + _size(text[at:start])
        if start == len(text):
            return
        value, end, why = _value(decoder, text, start)
        if why and end > start:
            yield Dropped(reason=UNREADABLE, what=label, detail=f"row {number}, line {line}: {why}")
        elif why:
            faults += 1
            following = resumed.search(text, start + 1) if faults < MOST_FAULTS else None
            rest = "" if following else "; the rest of the file is not read"
            yield Dropped(reason=UNREADABLE, what=label, detail=f"row {number}, line {line}: {why}{rest}")
            if not following:
                return
            end = following.end()
        size = _size(text[start:end])
        if not why:
            yield Row(label, number, line, byte, byte + size, value)
        at, line, byte = end, line + text.count("\n", start, end), byte + size
    yield Dropped(reason="oversized-export", what=label, detail=f"more than {MOST_ROWS:,} rows: export them in several files")


def _value(decoder: json.JSONDecoder, text: str, start: int) -> tuple[Any, int, str]:
    """The object that begins there, where it ends, and what is wrong with it."""
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return None, start, f"no JSON ({error.msg})"
    except RecursionError:
        return None, start, "nested too deeply"
    except ValueError:  # a number of thousands of digits
        return None, start, "holds a number that is none"
    return value, end, "" if isinstance(value, dict) else "not an object"


def _meant(folder: Path, name: str) -> list[Path]:
    path = folder / name
    if path.is_dir():
        return sorted(one for one in path.iterdir() if one.is_file() and one.name.endswith(SUFFIXES))
    if path.is_file():
        return [path]
    try:
        return sorted(one for one in folder.glob(name) if one.is_file())
    except (ValueError, NotImplementedError):  # an absolute pattern, or none at all
        return []


def _label(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
