"""Bringing together what belongs together: rows of all units, by key, in hash-partitioned files.

    pairs = (pair for found in mapped(bands, units, store, engine) for pair in found)
    parts = shuffled(pairs, folder, 64)                              # one Unit for each part
    for found in mapped(joined, parts, store, engine): ...           # which reads its part by `groups`

A part's key is the digest of its rows: parts in which nothing changed are not computed again. A part must fit in the memory of
a worker; more parts make smaller ones.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from idiolect.compute.tasks import Unit
from idiolect.files import atomic

_SIZES = struct.Struct("<II")
_BUFFER = 1 << 16


def shuffled(pairs: Iterable[tuple[bytes, bytes]], folder: Path, parts: int = 64) -> list[Unit]:
    """Write pairs of key and row, equal keys into the same file, rows of a key in the order they came; a Unit for each file.

    A unit's value is the path of its file, which the functions that use it must be able to open: on a cluster, a shared folder.
    """
    names = [folder / f"part-{number:04d}-of-{parts:04d}" for number in range(parts)]
    digests = [hashlib.sha256() for _ in names]
    sizes = [0] * parts
    with ExitStack() as stack:
        temporary = [stack.enter_context(atomic(name)) for name in names]
        streams = [stack.enter_context(path.open("wb", buffering=_BUFFER)) for path in temporary]
        for key, row in pairs:
            part = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little") % parts
            data = _SIZES.pack(len(key), len(row)) + key + row
            streams[part].write(data)
            digests[part].update(data)
            sizes[part] += len(data)
    return [Unit(digest.hexdigest(), str(name), size) for digest, name, size in zip(digests, names, sizes, strict=True)]


def groups(part: str) -> Iterator[tuple[bytes, list[bytes]]]:
    """The keys of a part in order, each with its rows in the order they came."""
    data = Path(part).read_bytes()
    pairs, at = [], 0
    while at < len(data):
        key, row = _SIZES.unpack_from(data, at)
        start = at + _SIZES.size
        pairs.append((data[start : start + key], data[start + key : start + key + row]))
        at = start + key + row
    pairs.sort(key=lambda pair: pair[0])
    for name, found in groupby(pairs, key=lambda pair: pair[0]):
        yield name, [row for _, row in found]
