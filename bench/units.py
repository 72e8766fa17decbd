"""Where many small results should lie: packs (`idiolect.compute.store`) against SQLite and a file for each, in one run.

python bench/units.py --json
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import click

from idiolect.compute import Shard, Store, Task, Unit
from idiolect.files import atomic

SHARD = 128
TASK = Task("bench:outline", 1)
Rows = list[tuple[Unit, bytes]]


def shards(rows: Rows) -> Iterator[Rows]:
    """The rows, so many at a time."""
    for start in range(0, len(rows), SHARD):
        yield rows[start : start + SHARD]


def packs(folder: Path, rows: Rows) -> None:
    """Keep the rows, a pack for each shard."""
    with closing(Store(folder).shelf(TASK)) as shelf:
        for some in shards(rows):
            shelf.keep(Shard(TASK, tuple(unit for unit, _ in some)), [row for _, row in some])


def packs_read(folder: Path, rows: Rows) -> None:
    """Ask for every key and read every row."""
    with closing(Store(folder).shelf(TASK)) as shelf:
        assert all(shelf.has([unit.key for unit, _ in rows]))
        assert all(shelf.get(unit.key) == row for unit, row in rows)


def _database(folder: Path) -> sqlite3.Connection:
    folder.mkdir(exist_ok=True)
    database = sqlite3.connect(folder / "units.sqlite")
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.execute("create table if not exists units (key blob primary key, row blob) without rowid")
    return database


def sqlite(folder: Path, rows: Rows) -> None:
    """Keep the rows, a transaction for each shard."""
    with closing(_database(folder)) as database:
        for some in shards(rows):
            with database:
                database.executemany("insert or replace into units values (?, ?)", [(bytes.fromhex(unit.key), row) for unit, row in some])


def sqlite_read(folder: Path, rows: Rows) -> None:
    """Read every row by its key."""
    with closing(_database(folder)) as database:
        for unit, row in rows:
            assert database.execute("select row from units where key = ?", (bytes.fromhex(unit.key),)).fetchone() == (row,)


def files(folder: Path, rows: Rows) -> None:
    """Keep each row in a file."""
    for unit, row in rows:
        with atomic(folder / unit.key[:2] / unit.key) as temporary:
            temporary.write_bytes(row)


def files_read(folder: Path, rows: Rows) -> None:
    """Read every file."""
    assert all((folder / unit.key[:2] / unit.key).read_bytes() == row for unit, row in rows)


WAYS: dict[str, tuple[Callable[[Path, Rows], None], Callable[[Path, Rows], None]]] = {
    "packs": (packs, packs_read),
    "sqlite": (sqlite, sqlite_read),
    "files": (files, files_read),
}


def measured(work: Callable[[Path, Rows], None], folder: Path, rows: Rows) -> float:
    """Microseconds for each row."""
    begin = time.perf_counter()
    work(folder, rows)
    return round((time.perf_counter() - begin) / len(rows) * 1e6, 1)


@click.command()
@click.option("--count", default=10_000, show_default=True, help="How many results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(count: int, as_json: bool) -> None:
    """Write and read so many results of 200 to 6,000 bytes in each way."""
    dice = random.Random(1)
    rows = [(Unit(dice.randbytes(32).hex(), None), b"v" + dice.randbytes(dice.randrange(200, 6000))) for _ in range(count)]
    found = {}
    for name, (write, read) in WAYS.items():
        folder = Path(tempfile.mkdtemp(prefix="units-"))
        try:
            writing = measured(write, folder / name, rows)
            found[name] = {
                "write_us": writing,
                "read_us": min(measured(read, folder / name, rows) for _ in range(3)),
                "one_more_us": measured(write, folder / name, [(Unit(dice.randbytes(32).hex(), None), b"v" * 3000)]),
                "files": sum(path.is_file() for path in folder.rglob("*")),
            }
        finally:
            shutil.rmtree(folder)
    print(json.dumps(found, indent=1) if as_json else "\n".join(f"{name:8}{row}" for name, row in found.items()))


if __name__ == "__main__":
    main()
