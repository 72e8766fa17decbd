"""Work of ours that may not be trusted with the process it is done in, because somebody else's text is in it.

`limited` and `Worker` do a function in a child with limits on memory, processor time, file size and the clock: what hangs or
crashes there costs its unit and nothing else. They are no wall against code that means harm; for programs of others see `tools`.
"""

from __future__ import annotations

import contextlib
import ctypes
import marshal
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any

from idiolect import errors
from idiolect.errors import IdiolectError, ToolError

VALUE, LASTING, PASSING, FAULT = b"v", b"l", b"p", b"e"
"""First byte of an answer: a value, a failure that will come again, one that may not, an error that ends everything."""
_START_SECONDS = 120.0
_END_SECONDS = 5.0
_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """What one worker may use."""

    memory: int = 4 << 30
    """Bytes of data (heap and anonymous mappings) of each process."""
    seconds: float = 30.0
    """Of processor time for one unit."""
    wall: float = 300.0
    """Seconds by the clock for one unit; only what waits for something else ever meets it."""
    file_bytes: int = 1 << 30
    """Size of the largest file that may be written."""


@dataclass(frozen=True)
class Failed:
    """A unit that has no result, and why."""

    reason: str
    """crashed, too-slow, out-of-memory, killed, ended or error."""
    detail: str = ""
    lasting: bool = False
    """It would fail again: the limits, the input and the code decide it, not what else the machine was doing."""


Work = Callable[..., Iterator[Any]]
"""A generator of a module: takes an iterator of inputs and named parameters, yields one result for each input, in order.

Inputs, parameters and results are plain values: None, bool, int, float, str, bytes, and tuples, lists and dicts of them. It
should take the next input only when it has yielded the result of the one before, so that a failure costs one unit.
"""


def encoded(outcome: Any) -> bytes:
    """A result, or what stands in its place, as bytes. Raises ValueError for what is no plain value."""
    if isinstance(outcome, Failed):
        return (LASTING if outcome.lasting else PASSING) + marshal.dumps((outcome.reason, outcome.detail))
    return VALUE + marshal.dumps(outcome)


def decoded(row: bytes) -> Any:
    """The result that `encoded` wrote, or the Failed in its place; an error that ends everything is raised."""
    kind, value = row[:1], marshal.loads(row[1:])
    if kind == FAULT:
        raise _fault(*value)
    if kind == VALUE:
        return value
    reason, detail = value
    return Failed(reason, detail, lasting=kind == LASTING)


def _fault(name: str, what: str, where: str, next: str) -> IdiolectError:
    found: type[IdiolectError] = getattr(errors, name, IdiolectError)
    return found(what, where=where, next=next)


def path_of(work: Work) -> str:
    """The name of a function by which another process finds it: `module:function`."""
    if work.__module__ == "__main__" or "." in work.__qualname__:
        raise ValueError(f"{work.__qualname__} of {work.__module__} cannot be found by name; make it a function of a module")
    return f"{work.__module__}:{work.__qualname__}"


def limit(limits: Limits) -> None:
    """Limit this process for good, and end it when its parent ends. For the first lines of a child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_DATA, limits.memory)
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def _lower(what: int, to: int) -> None:
    """Set a limit, never above what this process may have."""
    hard = resource.getrlimit(what)[1]
    value = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(what, (value, value))


class Worker:
    """A child that does one piece of work after another, within limits.

    `give` starts a piece; `take` waits for the next of its answers. `connection` becomes readable when there is one or when
    the child has died.
    """

    def __init__(self, limits: Limits) -> None:
        ours, theirs = Pipe()
        self.connection: Connection = ours
        words = [sys.executable, "-m", "idiolect.sandbox_child", str(theirs.fileno())]
        with theirs:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=2, pass_fds=[theirs.fileno()], start_new_session=True, env=_environment()
            )
        with contextlib.suppress(BrokenPipeError):  # it died at once: `take` will say so
            self.connection.send_bytes(marshal.dumps((os.getpid(), sys.path, asdict(limits))))

    def give(self, function: str, parameters: Mapping[str, Any], inputs: Sequence[Any], *, careful: bool = False) -> None:
        """Start a piece of work: `function` as `path_of` names it, over the inputs. Careful: each answer is sent at once."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send_bytes(marshal.dumps((careful, function, dict(parameters), list(inputs))))

    def take(self) -> list[bytes] | None:
        """The next answers, each as `decoded` reads it, none of them when the child first says that it is ready; None where it has died."""
        try:
            rows: list[bytes] = marshal.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            return None
        return rows

    def why(self) -> Failed:
        """Why the child died, once it has."""
        until = time.monotonic() + _END_SECONDS
        while (state := os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is None:
            if time.monotonic() > until:
                return Failed("ended", "closed its connection")
            time.sleep(0.002)
        if state.si_code == os.CLD_EXITED:
            return Failed("ended", f"exit code {state.si_status}")
        died = signal.Signals(state.si_status)
        if died is signal.SIGPROF:
            return Failed("too-slow", "processor time", lasting=True)
        return Failed("killed", died.name) if died in _OUTSIDE else Failed("crashed", died.name, lasting=True)

    def close(self) -> None:
        """End the child and all that it started."""
        if self.process.returncode is None:  # not waited for yet, so that the number is still its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.connection.close()


def _environment() -> dict[str, str]:
    """Our own environment, with one thread for each worker: there are as many workers as cores."""
    return {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
    }


def limited(work: Work, value: Any, limits: Limits | None = None, **parameters: Any) -> Any:
    """The result of `work` for one input, from a child of its own; Failed where it has none."""
    chosen = limits or Limits()
    worker = Worker(chosen)
    try:
        if not worker.connection.poll(_START_SECONDS) or worker.take() is None:
            raise ToolError("a worker does not start", where=sys.executable, next="see what it printed above")
        worker.give(path_of(work), parameters, [value])
        if not worker.connection.poll(chosen.wall):
            return Failed("too-slow", "by the clock")
        answers = worker.take()
        return decoded(answers[0]) if answers else worker.why()
    finally:
        worker.close()
