"""A small build over `compute` that does real work, to be killed; `main` prints the digest of what it made.

It parses every module of idiolect, brings the names of their units together over a shuffle, and counts them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from idiolect import compute
from idiolect.files import atomic, digest_file, digest_json
from idiolect.syntax import units

SOURCES = sorted((Path(__file__).parent.parent / "src" / "idiolect").glob("*.py"))


@compute.pure(version=1)
def names(files: Iterator[str]) -> Iterator[list[str]]:
    """The names of the functions and classes of a file."""
    for file in files:
        yield [unit.name for unit in units("python", Path(file).read_bytes())]


@compute.pure(version=1)
def counts(parts: Iterator[str]) -> Iterator[list[tuple[str, int]]]:
    """How often each name of a part stands in all files."""
    for part in parts:
        yield [(name.decode(), len(rows)) for name, rows in compute.groups(part)]


def build(folder: Path, engine: compute.Engine) -> str:
    """Make `names.json` in the folder; its digest."""
    store = compute.Store(folder / "units")
    files = [compute.Unit(digest_file(file), str(file), file.stat().st_size) for file in SOURCES]
    found = compute.mapped(compute.task(names), files, store, engine)
    pairs = ((name.encode(), file.value.encode()) for file, some in zip(files, found, strict=True) for name in some)
    parts = compute.shuffled(pairs, folder / "shuffle", 8)
    rows = sorted(row for some in compute.mapped(compute.task(counts), parts, store, engine) for row in some)
    with atomic(folder / "names.json") as temporary:
        temporary.write_text(json.dumps(rows))
    return hashlib.sha256(digest_json(rows).encode()).hexdigest()


def main() -> None:
    """Build in the folder that is named."""
    with compute.Processes(2) as engine:
        sys.stdout.write(build(Path(sys.argv[1]), engine) + "\n")
