"""Public benchmarks, which no lesson may hold: read from where the recipe says, looked for in every lesson.

A file of rows (`.jsonl`, `.json`, also compressed with gzip) gives every text that stands in a row, any other file its text.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from idiolect.dataset import leaks
from idiolect.dataset.contamination import Wanted
from idiolect.errors import RecipeError
from idiolect.files import digest_file
from idiolect.types import Dropped, Sample

MOST_BYTES = 500_000_000
"""Of one file, unpacked."""
_PORTION = 500
_NEXT = "name files of rows (.jsonl, .json, .gz) or of text, or folders of them, relative to the recipe"


class Passage(NamedTuple):
    """A text of a benchmark."""

    file: str
    row: int
    """From 1."""
    text: bytes


def files(folder: Path, names: Iterable[str]) -> list[Path]:
    """The files that are meant: each named one, and of each named folder those right in it, by name."""
    found: list[Path] = []
    for name in names:
        path = folder / name
        if not path.exists():
            raise RecipeError("there is no benchmark here", where=str(path), next=_NEXT)
        found += sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]
    return found


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """What a run's key holds of them."""
    return {f"benchmark {number}:{path.name}": digest_file(path) for number, path in enumerate(paths, 1)}


def read(path: Path) -> list[Passage]:
    """The texts of a benchmark, each once, in order; a file that cannot be read is a RecipeError."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        rows = _rows(path.name.removesuffix(".gz"), data)
        return [Passage(path.name, number, text) for text, number in _texts(rows).items()]
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise RecipeError(f"cannot be read as a benchmark ({error})", where=str(path), next=_NEXT) from None


def without(samples: Iterable[Sample], passages: Sequence[Passage]) -> Iterator[Sample | Dropped]:
    """The samples that hold nothing of a benchmark; the others are dropped with its file, row and how it was found."""
    names = sorted({passage.file for passage in passages})
    wanted = Wanted([passage.text for passage in passages], [names.index(passage.file) for passage in passages])
    rest = iter(samples)
    while portion := list(islice(rest, _PORTION)):
        pieces = [[(_digest(text), text) for text in leaks.texts(sample)] for sample in portion]
        new = {digest: text.encode("utf-8", "surrogatepass") for texts in pieces for digest, text in texts}
        known = dict(zip(new, _searched(wanted, passages, list(new.values())), strict=True))
        for sample, texts in zip(portion, pieces, strict=True):
            detail = next((known[digest] for digest, _ in texts if known[digest]), "")
            source = sample.origins[0].source if sample.origins else ""
            yield Dropped(reason="benchmark", what=sample.id, source=source, detail=detail) if detail else sample


def _searched(wanted: Wanted, passages: Sequence[Passage], texts: Sequence[bytes]) -> list[str]:
    """Of each text what it holds, or nothing."""
    found = [""] * len(texts)
    for text, one, how in wanted.search(texts) if texts else ():
        found[text] = found[text] or f"{passages[one].file} row {passages[one].row} ({how})"
    return found


def _rows(name: str, data: bytes) -> list[Any]:
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    if name.endswith(".json"):
        value = json.loads(data)
        return value if isinstance(value, list) else [value]
    return [data.decode("utf-8")]


def _texts(rows: Iterable[Any]) -> dict[bytes, int]:
    """Every text with the number of the first row that it stands in."""
    found: dict[bytes, int] = {}
    for number, row in enumerate(rows, 1):
        for text in _leaves(row):
            found.setdefault(text.encode("utf-8", "surrogatepass"), number)
    return found


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
