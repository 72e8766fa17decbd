"""Files of rows as values, each with the line and the bytes that it stands at; what cannot be read is a Fault, and the rest goes on."""

from __future__ import annotations

import io
import json
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from idiolect.errors import SourceError
from idiolect.files import real
from idiolect.recipe import Source
from idiolect.rows import yaml_rows
from idiolect.rows.yaml_rows import Fault, Row
from idiolect.sources import gitcopy, globs

LINES = (".jsonl", ".ndjson")
LISTS = (".json", ".yaml", ".yml")
COLUMNS = (".parquet",)
SUFFIXES = (*LINES, *LISTS, *COLUMNS)
MAX_ROW = 1_000_000
"""Bytes of a row; a longer one is left out unread."""
MAX_JSON = 256_000_000
"""Bytes of a JSON file that is one value: it is read whole. JSON lines and Parquet have no such limit."""
MAX_GROUP = 2_000_000_000
"""Bytes that a row group of Parquet may unpack to, as it says itself."""
MAX_FILES = 10_000
LISTED = ("data", "rows", "examples", "train", "samples")
"""Keys under which a file keeps its list of rows."""
_BOM = b"\xef\xbb\xbf"
_BATCH = 64
_CHUNK = 1 << 16
_BLANK = re.compile(r"[ \t\r\n]*")


class _RepeatedKeyError(ValueError):
    """A key stands twice in one object."""


def told(source: Source, folder: Path) -> bool:
    """Whether a source is one of rows: the recipe says so, or it is no folder and its name ends as those of their files do.

    A folder is never guessed to be one: `package.json` is no row.
    """
    path = real(folder / source.path)
    return source.form == "rows" or (path.suffix.lower() in SUFFIXES and not path.is_dir())


def files(source: Source, folder: Path) -> list[Path]:
    """The files of a source of rows by name, those that are not hidden; links below a folder are not followed.

    Raises SourceError where there is none.
    """
    path = real(folder / source.path)
    with gitcopy.readable():
        found = [path] if path.is_file() else sorted(_below(path)) if path.is_dir() else []
    kept = [one for one in found if _wanted(source, label(path, one))]
    if not kept:
        why = "there is nothing here" if not path.exists() else f"no file of rows is here ({', '.join(SUFFIXES)})"
        raise SourceError(why, where=str(path), next="name a file of rows, or a folder of them")
    return kept


def label(root: Path, file: Path) -> str:
    """What a file is called in origins: its name, or its path within the folder."""
    return file.name if file == root else file.relative_to(root).as_posix()


def _below(folder: Path) -> Iterator[Path]:
    for number, one in enumerate(folder.rglob("*")):
        if number > 100 * MAX_FILES:
            raise SourceError(f"holds more than {100 * MAX_FILES:,} files", where=str(folder), next="name a folder of rows alone")
        hidden = any(part.startswith(".") for part in one.relative_to(folder).parts)
        if not hidden and one.suffix.lower() in SUFFIXES and stat.S_ISREG(one.lstat().st_mode):
            yield one


def _wanted(source: Source, name: str) -> bool:
    return (not source.include or globs.matches(name, source.include)) and not globs.matches(name, source.exclude)


def read(path: Path, most: int = MAX_ROW) -> Iterator[Row | Fault]:
    """Every row of a file, in order, none longer than `most` bytes. Raises SourceError where the file may not be read."""
    with gitcopy.readable(), open(path, "rb", opener=gitcopy.without_links) as stream:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError("is no regular file", where=str(path), next="name a file of rows")
        if not (reader := _READERS.get(path.suffix.lower())):
            raise SourceError(
                "its name ends like no file of rows", where=str(path), next=f"give it one of the endings {', '.join(SUFFIXES)}"
            )
        yield from reader(stream, most)


def _lines(stream: IO[bytes], most: int) -> Iterator[Row | Fault]:
    """A value a line; a line that is too long is passed over without being held."""
    number = at = 0
    while line := stream.readline(most + 1):
        number, start = number + 1, at
        at += len(line)
        if len(line) > most and not line.endswith(b"\n"):
            while (more := stream.readline(_CHUNK)) and not more.endswith(b"\n"):
                at += len(more)
            at += len(more)
            yield Fault(number, "oversized-row", f"more than {most:,} bytes")
            continue
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            yield _value(text.strip(), number, start, at)


def _value(data: bytes, line: int, start: int, end: int) -> Row | Fault:
    try:
        return Row(line, start, end, _DECODER.decode(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        return Fault(line, "not-utf8", f"byte {start + error.start}")
    except _RepeatedKeyError as error:
        return Fault(line, "repeated-key", str(error))
    except (ValueError, RecursionError) as error:
        return Fault(line, "not-json", _why(error))


def _json(stream: IO[bytes], most: int) -> Iterator[Row | Fault]:
    """A list of rows, one under a key of LISTED, a single row, or JSON lines under another name."""
    first, more = stream.readline(most).removeprefix(_BOM).strip(), stream.read(_CHUNK)
    stream.seek(0)
    if first.startswith(b"{") and more.strip() and isinstance(_value(first, 1, 0, 0), Row):
        yield from _lines(stream, most)
        return
    data = stream.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        yield Fault(1, "oversized-file", f"more than {MAX_JSON:,} bytes; write it as JSON lines")
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield Fault(data.count(b"\n", 0, error.start) + 1, "not-utf8", f"byte {error.start}; nothing of the file is read")
        return
    yield from _listed(text, most)


def _listed(text: str, most: int) -> Iterator[Row | Fault]:
    at = _past(text, 1 if text.startswith("\ufeff") else 0)
    if text[at : at + 1] == "[":
        yield from _elements(text, at + 1, most)
        return
    row = _value(text[at:].rstrip().encode(), text.count("\n", 0, at) + 1, len(text[:at].encode()), len(text.encode()))
    inner = [name for name in LISTED if isinstance(row, Row) and isinstance(row.value, dict) and isinstance(row.value.get(name), list)]
    if not inner or isinstance(row, Fault):
        yield row
        return
    yield from _elements(text, _list_of(text, at, inner[0]) + 1, most)


def _list_of(text: str, at: int, name: str) -> int:
    """Where the list under a key of a sound object begins."""
    key = ""
    while key != name:
        key, at = _DECODER.raw_decode(text, _past(text, at + 1))
        at = _past(text, _past(text, at) + 1)
        if key != name:
            at = _past(text, _DECODER.raw_decode(text, at)[1])
    return at


def _elements(text: str, at: int, most: int) -> Iterator[Row | Fault]:
    """The elements of a list, from behind its bracket; behind one that is none nobody knows where the next begins."""
    line, size, counted = 1, 0, 0
    while (at := _past(text, at)) < len(text) and text[at] != "]":
        line, size, counted = line + text.count("\n", counted, at), size + len(text[counted:at].encode()), at
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            reason = "repeated-key" if isinstance(error, _RepeatedKeyError) else "not-json"
            yield Fault(line, reason, f"{_why(error)}; the rest of the file is not read")
            return
        length = len(text[at:end].encode())
        yield Fault(line, "oversized-row", f"more than {most:,} bytes") if length > most else Row(line, size, size + length, value)
        at = _past(text, end)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "]":
            yield Fault(line, "not-json", "no comma behind this row; the rest of the file is not read")
            return


def _past(text: str, at: int) -> int:
    """The next place that is not blank."""
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # an empty run fits anywhere


def _parquet(stream: IO[bytes], most: int) -> Iterator[Row | Fault]:
    """Rows of Parquet; a line is the number of the row, and its bytes are those of the file."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    number = 0
    try:
        table = pq.ParquetFile(stream)
        groups = [table.metadata.row_group(place).total_byte_size for place in range(table.num_row_groups)]
        if any(not 0 <= one <= MAX_GROUP for one in groups):
            raise ValueError(f"a row group of more than {MAX_GROUP:,} bytes")
        for batch in table.iter_batches(batch_size=_BATCH):
            for value in batch.to_pylist():
                number += 1
                given = {name: one for name, one in value.items() if one is not None}
                long = len(repr(given)) > 2 * most
                yield Fault(number, "oversized-row", f"more than {most:,} bytes") if long else Row(number, 0, size, given)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        yield Fault(number + 1, "not-parquet", _why(error))


def _yaml(stream: IO[bytes], most: int) -> Iterator[Row | Fault]:
    return yaml_rows.read(stream.read(yaml_rows.MAX_YAML + 1), most, LISTED)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise _RepeatedKeyError(f"'{name[:80]}' stands twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_READERS: dict[str, Callable[[IO[bytes], int], Iterator[Row | Fault]]] = {
    **dict.fromkeys(LINES, _lines), ".json": _json, ".yaml": _yaml, ".yml": _yaml, ".parquet": _parquet,
}  # fmt: skip
