"""The child's side of `sandbox.Worker`: does a piece of work, sends each result as soon as it is there."""

from __future__ import annotations

import importlib
import marshal
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from idiolect.errors import IdiolectError
from idiolect.sandbox import FAULT, Failed, Limits, Work, encoded, limit

_HOLD = 0.005
"""Seconds that an answer may wait for others to be sent with it."""
_LARGE = 1 << 16


def main() -> None:
    """Answer until the other side has gone; the first message, without answers, is that it is ready."""
    connection = Connection(int(sys.argv[1]))
    parent, paths, limits = marshal.loads(connection.recv_bytes())
    chosen = Limits(**limits)
    limit(chosen)
    if os.getppid() != parent:
        return
    sys.path[:] = paths
    connection.send_bytes(marshal.dumps([]))
    while True:
        try:
            question = connection.recv_bytes()
        except EOFError:
            return
        careful, *asked = marshal.loads(question)
        for rows in _batches(_rows(*asked, seconds=chosen.seconds), 0.0 if careful else _HOLD):
            connection.send_bytes(marshal.dumps(rows))


def _batches(rows: Iterator[bytes], seconds: float) -> Iterator[list[bytes]]:
    """Answers together, where they come faster than messages are worth."""
    held, since = list[bytes](), time.monotonic()
    for row in rows:
        held.append(row)
        if len(row) > _LARGE or time.monotonic() - since >= seconds:
            yield held
            held, since = [], time.monotonic()
    if held:
        yield held


def _rows(function: str, parameters: Mapping[str, Any], inputs: list[Any], *, seconds: float) -> Iterator[bytes]:
    """One answer for each input; an error that the user can mend is the last one."""
    try:
        work = found(function)
        at = 0
        while at < len(inputs):
            yielded = 0
            for row in _until_fault(work, parameters, inputs[at:], seconds):
                yield row
                yielded += 1
            at += yielded
            if at < len(inputs):  # it raised: at this unit, or at one that it took too early
                yield _alone(work, parameters, inputs[at], seconds)
                at += 1
    except IdiolectError as error:
        yield FAULT + marshal.dumps((type(error).__name__, error.what, error.where, error.next))


def _until_fault(work: Work, parameters: Mapping[str, Any], inputs: list[Any], seconds: float) -> Iterator[bytes]:
    try:
        for _, value in zip(inputs, _clocked(work(iter(inputs), **parameters), seconds), strict=False):
            yield encoded(value)
    except IdiolectError:
        raise
    except Exception:  # told of by `_alone`, which tries the unit that it came from again by itself
        return


def _alone(work: Work, parameters: Mapping[str, Any], value: Any, seconds: float) -> bytes:
    try:
        return encoded(next(_clocked(work(iter([value]), **parameters), seconds)))
    except IdiolectError:
        raise
    except MemoryError:
        return encoded(Failed("out-of-memory", lasting=True))
    except StopIteration:
        return encoded(Failed("error", "gave no result"))
    except Exception as error:  # a fault in one unit is data; whoever asked decides what it means
        last = traceback.extract_tb(error.__traceback__)[-1]
        return encoded(Failed("error", f"{type(error).__name__}: {error} ({last.name}, line {last.lineno})"))


def _clocked(results: Iterator[Any], seconds: float) -> Iterator[Any]:
    """The results, each with `seconds` of processor time from now on; beyond that the kernel ends this process.

    By a timer and not by RLIMIT_CPU, which every process that is started here would inherit, with what we have used up.
    """
    while True:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            value = next(results)
        except StopIteration:
            return
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        yield value


def found(path: str) -> Work:
    """The function that `sandbox.path_of` named."""
    module, _, name = path.partition(":")
    work: Work = getattr(importlib.import_module(module), name)
    return work


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the other side has gone
        main()
