"""Results on disk: many small ones in few files, each file written once, whole, and never changed.

A folder for each task; in it packs. A pack holds the results of one shard and is named by the shard's digest:

    magic, count and checksum of the index | index: key, place, size, checksum, kind of each row | rows

so processes on one machine or many can write at once without a lock, and a kill loses the shard at most. A pack whose index is
damaged is thrown away, a row whose checksum is wrong counts as absent. The folder is private: results hold unscrubbed text.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
import time
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from idiolect.compute.tasks import Shard, Task
from idiolect.errors import ResourceError
from idiolect.files import alone, atomic, digest_bytes, disk_errors, write_json
from idiolect.sandbox import PASSING

_MAGIC = b"idiolect-rows-1\n"
_HEAD = struct.Struct("<16sQI")
_ROW = np.dtype([("key", "V32"), ("at", "<u8"), ("size", "<u4"), ("sum", "<u4"), ("passing", "<u4")])
_PLACED = np.dtype([("key", "V32"), ("pack", "<u4"), ("at", "<u8"), ("size", "<u4"), ("sum", "<u4")])
_MOST_OPEN = 16
_MOST_FRESH = 1 << 15
"""Results that are found by a dictionary, at some hundred bytes each, before they go into the table."""
_SMALL = 256 << 10
"""Packs below this are merged where there are more than `_MOST_SMALL`: every run with a change adds some."""
_MOST_SMALL = 64
_STALE = 3600
"""Seconds after which a temporary file is one that a kill left."""

Index = npt.NDArray[np.void]
Place = tuple[int, int, int, int]
"""Number of the pack, first byte, size, checksum."""


class Store:
    """All results below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        """Units `found`, `computed` and `failed` through this object."""
        with disk_errors(folder):
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # which is the cache, private too
            folder.mkdir(mode=0o700, exist_ok=True)
        _private(folder)

    def shelf(self, task: Task) -> Shelf:
        """The results of a task; to be closed."""
        folder = self.folder / task.folder
        if (folder / "task.json").is_file():
            (folder / "task.json").touch()
        else:
            write_json(folder / "task.json", {"function": task.function, "version": task.version, "parameters": dict(task.parameters)})
        return Shelf(folder)

    def forget(self, keys: Collection[str]) -> int:
        """Delete every result of inputs with these keys, in all tasks; return how many there were."""
        unwanted = {row_key(key) for key in keys}
        return sum(rewrite(folder, packs(folder), lambda key: key not in unwanted) for folder in self._folders())

    def tidy(self, unused: float = float("inf")) -> None:
        """Merge small packs, sweep what kills left, and delete the tasks that nobody opened for `unused` seconds."""
        for folder in self._folders():
            if time.time() - (folder / "task.json").stat().st_mtime > unused:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                tidy(folder)

    def _folders(self) -> list[Path]:
        return sorted(file.parent for file in self.folder.glob("*/task.json"))


class Shelf:
    """The results of one task: which there are, and each by its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: OrderedDict[int, BinaryIO] = OrderedDict()
        self._names: list[Path] = []
        self._rows: Index
        """Where every result stands, by key; `_prefixes` has the first 8 bytes of each key."""
        self._prefixes: npt.NDArray[np.uint64]
        self._fresh: dict[bytes, Place] = {}
        """What was kept since the table was made, and the same as parts of it."""
        self._parts: list[Index] = []
        self._load()

    def has(self, keys: Sequence[str]) -> list[bool]:
        """Whether there is a result for each of the keys."""
        named = [row_key(key) for key in keys]
        asked = np.frombuffer(b"".join(name[:8] for name in named), dtype="<u8")
        at = np.searchsorted(self._prefixes, asked)
        known = np.zeros(len(asked), dtype=bool)
        inside = at < len(self._prefixes)
        known[inside] = self._prefixes[at[inside]] == asked[inside]
        return [bool(one) or name in self._fresh for one, name in zip(known, named, strict=True)]

    def get(self, key: str) -> bytes | None:
        """A result as it was kept; None where there is none, or only damaged ones."""
        name = row_key(key)
        for place in self._places(name):
            row = self._read(place)
            if row is not None:
                return row
        return None

    def keep(self, shard: Shard, rows: Sequence[bytes] | None) -> None:
        """Write the results of a shard; without rows, find those that somebody else wrote."""
        path = self.folder / f"{shard.digest}.pack"
        if rows is not None:
            write_pack(path, [(row_key(unit.key), row) for unit, row in zip(shard.units, rows, strict=True)])
        found = read_index(path)
        if found is None:
            raise ResourceError("what was written here could not be read again", where=str(path), next="check the disk, then start again")
        part = _placed(found, len(self._names))
        self._names.append(path)
        self._parts.append(part)
        for row in part:
            self._fresh[row["key"].tobytes()] = (int(row["pack"]), int(row["at"]), int(row["size"]), int(row["sum"]))
        if len(self._fresh) > _MOST_FRESH:
            self._sort([*reversed(self._parts), self._rows])

    def close(self) -> None:
        """Close the files."""
        while self._open:
            self._open.popitem()[1].close()

    def _load(self) -> None:
        """Read the index of every pack; results that may be otherwise next time count as absent."""
        parts = []
        for path in packs(self.folder):
            index = read_index(path)
            if index is None:
                path.unlink(missing_ok=True)
                continue
            parts.append(_placed(index[index["passing"] == 0], len(self._names)))
            self._names.append(path)
        self._sort(parts)

    def _sort(self, parts: Sequence[Index]) -> None:
        """Make of all places one table, by key; of equal keys those of the earlier parts come first."""
        rows = np.concatenate(parts) if parts else np.empty(0, dtype=_PLACED)
        prefixes = np.ascontiguousarray(rows["key"]).view("<u8")[::4]
        order = np.argsort(prefixes, kind="stable")
        self._prefixes, self._rows = prefixes[order], rows[order]
        self._fresh.clear()
        self._parts.clear()

    def _places(self, name: bytes) -> Iterator[Place]:
        """Where a key's results stand, the newest first."""
        if name in self._fresh:
            yield self._fresh[name]
        prefix = np.uint64(int.from_bytes(name[:8], "little"))
        for at in range(int(self._prefixes.searchsorted(prefix)), len(self._rows)):
            key, pack, start, size, checksum = cast("tuple[bytes, int, int, int, int]", self._rows.item(at))
            if key[:8] != name[:8]:
                return
            if key == name:
                yield pack, start, size, checksum

    def _read(self, place: Place) -> bytes | None:
        pack, at, size, checksum = place
        try:
            data = os.pread(self._file(pack).fileno(), size, at)
        except FileNotFoundError:  # merged into another by somebody else
            return None
        return data if len(data) == size and zlib.crc32(data) == checksum else None

    def _file(self, pack: int) -> BinaryIO:
        if pack in self._open:
            self._open.move_to_end(pack)
        else:
            self._open[pack] = self._names[pack].open("rb")
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
        return self._open[pack]


def _placed(index: Index, pack: int) -> Index:
    """The rows of a pack's index with the pack's number."""
    placed = np.empty(len(index), dtype=_PLACED)
    for name in ("key", "at", "size", "sum"):
        placed[name] = index[name]
    placed["pack"] = pack
    return placed


def row_key(key: str) -> bytes:
    """What a unit's key is called in a pack: 32 bytes."""
    return hashlib.sha256(key.encode()).digest()


def packs(folder: Path) -> list[Path]:
    """The packs of a task, in an order that does not depend on the disk."""
    return sorted(folder.glob("*.pack"))


def write_pack(path: Path, rows: Sequence[tuple[bytes, bytes]]) -> None:
    """Write keys and their results, whole or not at all."""
    index = np.zeros(len(rows), dtype=_ROW)
    sizes = np.array([len(row) for _, row in rows], dtype="<u8")
    index["key"] = np.frombuffer(b"".join(key for key, _ in rows), dtype="V32")
    index["size"] = sizes
    index["at"] = _HEAD.size + index.nbytes + np.cumsum(sizes) - sizes
    index["sum"] = [zlib.crc32(row) for _, row in rows]
    index["passing"] = [row[:1] == PASSING for _, row in rows]
    body = index.tobytes()
    with atomic(path) as temporary, temporary.open("wb") as stream:
        stream.write(_HEAD.pack(_MAGIC, len(rows), zlib.crc32(body)))
        stream.write(body)
        stream.writelines(row for _, row in rows)


def read_index(path: Path) -> Index | None:
    """The index of a pack; None where it is damaged or gone."""
    try:
        with path.open("rb") as stream:
            magic, count, checksum = _HEAD.unpack(stream.read(_HEAD.size))
            if magic != _MAGIC or count * _ROW.itemsize > path.stat().st_size:
                return None
            body = stream.read(count * _ROW.itemsize)
    except (FileNotFoundError, struct.error):
        return None
    return np.frombuffer(body, dtype=_ROW) if zlib.crc32(body) == checksum else None


def rewrite(folder: Path, chosen: Sequence[Path], wanted: Callable[[bytes], bool], *, merge: bool = False) -> int:
    """Write packs again with the wanted rows only, each for itself or all in one; return how many rows were not wanted."""
    gone, rows = 0, dict[bytes, bytes]()
    with alone(folder, wait=True):
        for path in chosen:
            found = dict(_rows(path))
            kept = {key: row for key, row in found.items() if wanted(key)}
            gone += len(found) - len(kept)
            if merge:
                rows |= kept
            elif len(kept) < len(found):
                _replace([path], kept)
        if merge and rows:
            _replace(chosen, rows)
    return gone


def _replace(old: Sequence[Path], rows: Mapping[bytes, bytes]) -> None:
    """Put one pack in the place of others; until it stands they do."""
    path = old[0].parent / f"{digest_bytes(b''.join(rows))}.pack"
    if rows:
        write_pack(path, list(rows.items()))
    for one in old:
        if one != path:
            one.unlink(missing_ok=True)


def _rows(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The sound rows of a pack that count."""
    index = read_index(path)
    data = path.read_bytes() if index is not None else b""
    for row in index if index is not None else ():
        found = data[int(row["at"]) : int(row["at"]) + int(row["size"])]
        if not row["passing"] and zlib.crc32(found) == row["sum"]:
            yield row["key"].tobytes(), found


def tidy(folder: Path) -> None:
    """Merge the small packs of a task where there are many, and sweep temporary files that a kill left."""
    for path in folder.glob(".*.tmp"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _STALE:
                path.unlink()
    small = [path for path in packs(folder) if path.stat().st_size < _SMALL]
    if len(small) > _MOST_SMALL:
        rewrite(folder, small, lambda _: True, merge=True)


def _private(folder: Path) -> None:
    """Who may write here decides what this process computes, so it must be nobody else."""
    state = folder.stat()
    if state.st_uid != os.geteuid():
        raise ResourceError("this folder belongs to somebody else", where=str(folder), next="choose a folder of your own")
    if state.st_mode & 0o077:
        folder.chmod(0o700)
