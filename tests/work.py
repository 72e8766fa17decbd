"""Pure functions for the tests of `compute` and `sandbox`: other processes find them by name."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from idiolect.compute import pure, shuffle
from idiolect.errors import ResourceError


@pure(version=1)
def squares(numbers: Iterator[int], *, plus: int = 0) -> Iterator[int]:
    """The square of each."""
    for number in numbers:
        yield number * number + plus


@pure(version=1)
def words(texts: Iterator[str]) -> Iterator[list[tuple[bytes, bytes]]]:
    """The words of each text, each with the text's length."""
    for text in texts:
        yield [(word.encode(), str(len(text)).encode()) for word in text.split()]


@pure(version=1)
def counted(parts: Iterator[str]) -> Iterator[dict[bytes, int]]:
    """How often each word stands in a part."""
    for part in parts:
        yield {word: len(rows) for word, rows in shuffle.groups(part)}


@pure(version=1)
def slowly(inputs: Iterator[tuple[int, float]]) -> Iterator[str]:
    """A digest of each number, after so many seconds."""
    for number, seconds in inputs:
        time.sleep(seconds)
        yield hashlib.sha256(str(number).encode()).hexdigest()


@pure(version=1)
def noted(inputs: Iterator[tuple[str, float, str]]) -> Iterator[str]:
    """Each name, after so many seconds; a file in the folder says that it was computed, and by which process."""
    for name, seconds, folder in inputs:
        time.sleep(seconds)
        Path(folder, f"{name}-{os.getpid()}").touch()
        yield FAULTS.get(name, str)(name)


@pure(version=1)
def who(inputs: Iterator[str]) -> Iterator[int]:
    """The process that each is computed in."""
    for _ in inputs:
        yield os.getpid()


@pure(version=1)
def hostile(inputs: Iterator[Any]) -> Iterator[str]:
    """Does what it is told, for instance dies."""
    for word in inputs:
        yield FAULTS.get(word.partition(":")[0], str.upper)(word)


@pure(version=1)
def greedy(inputs: Iterator[Any]) -> Iterator[str]:
    """As `hostile`, but looks at all inputs before the first result."""
    for word in list(inputs):
        yield FAULTS.get(word.partition(":")[0], str.upper)(word)


def _segfault(_: str) -> str:
    return ctypes.string_at(0).decode()


def _allocate(_: str) -> str:
    return str(len(bytearray(8 << 30)))


def _spin(_: str) -> NoReturn:
    while True:
        pass


def _sleep(_: str) -> str:
    time.sleep(3600)
    return ""


def _raise(word: str) -> str:
    raise KeyError(word)


def _kill(_: str) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def _leave(_: str) -> str:
    os._exit(0)


def _object(_: str) -> Any:
    return object()


def _full(_: str) -> str:
    raise ResourceError("the disk is full", where="somewhere", next="free some space")


def _write(word: str) -> str:
    with Path(word.partition(":")[2]).open("wb") as stream:
        stream.writelines(bytes(1 << 20) for _ in range(100))
    return ""


FAULTS = {
    "segfault": _segfault, "allocate": _allocate, "spin": _spin, "sleep": _sleep, "raise": _raise, "kill": _kill,
    "leave": _leave, "object": _object, "full": _full, "write": _write,
}  # fmt: skip
