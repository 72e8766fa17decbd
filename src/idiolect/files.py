"""Writing so that nothing half-written is ever trusted, and naming files by their content."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idiolect.errors import DataError, ResourceError


def real(path: Path) -> Path:
    """The path without links in it; one that leads to itself stays as it is, where `Path.resolve` gives up."""
    return Path(os.path.realpath(path))


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn a full or read-only disk, and a file in the place of a folder, into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(
                "the disk is full", where=str(where), next="free some space and start again; finished work is kept"
            ) from error
        if error.errno in (errno.EROFS, errno.EACCES):
            raise ResourceError(
                f"cannot write ({error.strerror})", where=str(where), next="make it writable or choose another folder"
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST) and (file := _in_the_way(error.filename)):
            raise ResourceError("a file stands where a folder should be", where=str(file), next="move it away and start again") from error
        raise


def _in_the_way(name: str | None) -> Path | None:
    """The file that a path leads to or through as if it were a folder."""
    path = Path(name) if isinstance(name, str) else Path()
    return next((one for one in (path, *path.parents) if one.exists() and not one.is_dir()), None)


@contextmanager
def alone(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold `folder` against other processes, by a lock on a file in it that ends with the process that holds it, however it ends.

    A folder that is held is a ResourceError, or with `wait` waited for.
    """
    with (folder / ".lock").open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ResourceError("another process is working here", where=str(folder), next="wait until it is done, or stop it") from None
        yield


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success flush it to disk and rename it over `path`."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text`, whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as indented JSON with sorted keys."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The JSON value in `path`; a damaged file is a DataError that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(
            f"not valid JSON ({error})", where=str(path), next="delete the folder it stands in and run the stage again"
        ) from error


def write_jsonl(path: Path, rows: Iterable[Any]) -> int:
    """Replace `path` by one JSON value a line; return how many."""
    count = 0
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
            count += 1
    return count


def read_jsonl(path: Path) -> Iterator[Any]:
    """The values of a JSON-lines file; a damaged line is a DataError with its number."""
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DataError(f"line {number} is not JSON ({error})", where=str(path)) from error


def digest_bytes(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def digest_json(value: Any) -> str:
    """SHA-256 of a JSON value in one canonical spelling."""
    return digest_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
