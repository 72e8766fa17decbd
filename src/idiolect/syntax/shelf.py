"""A cache by content that many processes share without a lock between them: rows are appended, and never changed.

A file of rows belongs to the process that holds its lock, which the kernel takes back however the process ends. Readers take
no lock: a row counts when it is whole by its checksum, so what a killed process left behind is a row that nobody sees, and
the next owner of the file cuts it off. The folder is private and bounded: the oldest files go first.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from idiolect.files import disk_errors

KEY = 16
MAX_BYTES = 4 << 30
"""Of all files together."""
_FILE_BYTES = 64 << 20
"""When a file has so many, a new one is begun."""
_HELD = 1 << 20
"""Bytes of rows that are written at once."""
_HEAD = struct.Struct("<16sII")
"""Key, length and checksum of key and value; then the value."""
_SUFFIX = ".rows"


class _Place(NamedTuple):
    file: int
    """Descriptor."""
    start: int
    length: int
    check: int


class Shelf:
    """Values of bytes by keys of 16 bytes, in a folder."""

    def __init__(self, folder: Path, most: int = MAX_BYTES) -> None:
        self.folder, self.most = folder, most
        self.owner = os.getpid()
        self.places: dict[bytes, _Place] = {}
        self.held: dict[bytes, bytes] = {}
        """Not yet written."""
        self.size = 0
        self.files: list[int] = []
        self.mine = -1
        """Descriptor of the file that this process appends to."""
        with disk_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._bounded():
                self._index(path)

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        if key in self.held:
            return zlib.decompress(self.held[key])
        place = self.places.get(key)
        if place is None:
            return None
        value = os.pread(place.file, place.length, place.start)
        return zlib.decompress(value) if _check(key, value) == place.check else None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; it is written soon, and for sure by `close`."""
        if self.owner != os.getpid():  # a process that was forked: what its parent holds is the parent's to write
            self.owner, self.mine, self.held, self.size = os.getpid(), -1, {}, 0
        self.held[key] = zlib.compress(value, 1)
        self.size += len(self.held[key])
        if self.size >= _HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self.held or self.owner != os.getpid():
            return
        with disk_errors(self.folder):
            if self.mine < 0 or os.fstat(self.mine).st_size > _FILE_BYTES:
                self.mine = self._claimed()
            start = os.fstat(self.mine).st_size
            rows = bytearray()
            for key, value in self.held.items():
                check = _check(key, value)
                rows += _HEAD.pack(key, len(value), check)
                self.places[key] = _Place(self.mine, start + len(rows), len(value), check)
                rows += value
            _write(self.mine, rows)
        self.held, self.size = {}, 0

    def close(self) -> None:
        """Write what is held and let go of the files."""
        self.flush()
        for descriptor in self.files:
            os.close(descriptor)
        self.files, self.places, self.mine = [], {}, -1

    def _bounded(self) -> list[Path]:
        """The files, oldest first, without those that are over the bound."""
        paths = sorted(self.folder.glob(f"*{_SUFFIX}"))
        sizes = {path: _size(path) for path in paths}
        while paths and sum(sizes[path] for path in paths) > self.most:
            paths.pop(0).unlink(missing_ok=True)
        return paths

    def _index(self, path: Path) -> None:
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self.files.append(descriptor)
            self.places.update((key, place) for key, place in _rows(descriptor))

    def _claimed(self) -> int:
        """A file with room that nobody else holds, without what a killed process left at its end; else a new one."""
        for path in sorted(self.folder.glob(f"*{_SUFFIX}"), reverse=True):
            if _size(path) < _FILE_BYTES and (descriptor := _locked(path, os.O_RDWR | os.O_APPEND)) >= 0:
                self.files.append(descriptor)
                places = [place for _, place in _rows(descriptor)]
                os.ftruncate(descriptor, max((place.start + place.length for place in places), default=0))
                return descriptor
        name = f"{time.time_ns():020d}-{os.getpid()}{_SUFFIX}"
        descriptor = _locked(self.folder / name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        self.files.append(descriptor)
        return descriptor


def _rows(descriptor: int) -> list[tuple[bytes, _Place]]:
    """The rows of a file, up to the first that is not whole.

    Values are checked when they are read, those of the last writes at once: a file system may make a file longer before it has what
    stands there, and a row that a killed process left in that state must not hide an older one of the same key.
    """
    rows, at, size = [], 0, os.fstat(descriptor).st_size
    while at + _HEAD.size <= size:
        key, length, check = _HEAD.unpack(os.pread(descriptor, _HEAD.size, at))
        start = at + _HEAD.size
        at = start + length
        if at > size or (at > size - 2 * _HELD and _check(key, os.pread(descriptor, length, start)) != check):
            break
        rows.append((key, _Place(descriptor, start, length, check)))
    return rows


def _locked(path: Path, flags: int) -> int:
    """A descriptor that holds the file's lock; -1 where another process does."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    return descriptor


def _write(descriptor: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _check(key: bytes, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
