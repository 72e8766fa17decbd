"""llama.cpp in child processes: a server with a URL, and the logits of a GGUF file.

Both children are `idiolect.engine_child`. They end when their parent does, however that ends: each watches its standard input, which
is a pipe from here. What they write to standard error goes to a log file, and its last lines stand in the ToolError where a model does
not load or a child dies.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, IdiolectError, ResourceError, ToolError
from idiolect.hardware import survey

START_SECONDS = 600.0
"""Longest wait for a model to load: tens of gigabytes may have to come from a slow disk."""
STOP_SECONDS = 5.0
"""How long a child may take to end before it is killed."""
SCORED_AT_ONCE = 64
"""Sequences sent to the scoring child in one message."""

PORT_TAKEN = 75
"""Exit status of a child that could not listen."""
_TAIL = 8


class Engine:
    """A llama.cpp server of our own, listening on loopback."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self._stopped = False
        self.url = ""
        """For instance `http://127.0.0.1:40123`."""

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def check(self) -> None:
        """Raise a ToolError with the last lines of its log where the engine died by itself."""
        if not self._stopped and not self.alive():
            raise _fault("the engine died", self._process, self._log)

    def stop(self) -> None:
        """End the process: ask, wait, kill. Calling it again does nothing."""
        self._stopped = True
        _end(self._process)


@contextmanager
def start(
    model_file: Path, *, context: int, slots: int = 2, threads: int | None = None, port: int = 0, log: Path | None = None
) -> Iterator[Engine]:
    """Serve a GGUF file while the block runs.

    `context` is the longest prompt plus answer in tokens, of each of `slots` requests at a time. Port 0 takes a free one. The log goes
    to `log`, or to a file that is removed afterwards. A port that is taken is a ResourceError; a model that does not load is a
    ToolError, and so is an error inside the block after the engine died.
    """
    settings = {"model": str(model_file), "context": context, "slots": slots, "threads": threads or survey(Path()).cores, "port": port}
    with tempfile.TemporaryDirectory(prefix="idiolect-engine-") as folder:
        file = log or Path(folder) / "engine.log"
        engine = Engine(_child("serve", settings, model_file, file), file)
        try:
            engine.url = _ready(engine, port)
            yield engine
        except IdiolectError:
            raise
        except Exception as error:
            try:
                engine.check()
            except ToolError as fault:
                raise fault from error
            raise
        finally:
            engine.stop()


def _ready(engine: Engine, port: int) -> str:
    """Wait until the child says where it listens and answers there; return that URL."""
    output = engine._process.stdout
    assert output is not None
    deadline = time.monotonic() + START_SECONDS
    while not select.select([output], [], [], 0.1)[0]:
        if time.monotonic() > deadline:
            raise _fault(f"the engine did not start within {START_SECONDS:.0f} s", engine._process, engine._log)
    line = output.readline()
    if not line:
        engine._process.wait()
        if engine._process.returncode == PORT_TAKEN:
            raise ResourceError("the engine found no port to listen on", where=f"127.0.0.1:{port}", next="free that port or name another")
        raise _fault("the engine could not load the model", engine._process, engine._log)
    url = str(json.loads(line)["url"])
    while not healthy(url):
        engine.check()
        if time.monotonic() > deadline:
            raise _fault("the engine does not answer", engine._process, engine._log)
        time.sleep(0.02)
    return url


def healthy(url: str, seconds: float = 2.0) -> bool:
    """Whether the server at `url` answers that its model is loaded."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@dataclass(frozen=True)
class Scored:
    """A sequence to score."""

    ids: Sequence[int]
    """Token ids, prompt and answer."""
    start: int
    """Index of the first token to score; at least 1, for the first token of all follows nothing."""


@dataclass(frozen=True)
class ScoredTokens:
    """What a model says of the tokens from `start` on, each given everything before it."""

    logprobs: NDArray[np.float32]
    """Natural logarithm of each token's probability, shape (len(ids) - start,)."""
    top: NDArray[np.bool_]
    """Whether each token was the most probable one, the same shape."""


class Scorer:
    """A GGUF file opened in a child process that answers with probabilities."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._process.pid

    def score(self, sequences: Sequence[Scored]) -> list[ScoredTokens]:
        """Teacher-forced probabilities of each sequence's tokens from its `start` on, in order."""
        if any(not 1 <= one.start <= len(one.ids) for one in sequences):
            raise ValueError("start must lie between 1 and the number of tokens")
        found: list[ScoredTokens] = []
        for at in range(0, len(sequences), SCORED_AT_ONCE):
            some = sequences[at : at + SCORED_AT_ONCE]
            ids = np.concatenate([np.asarray(one.ids, dtype=np.int32) for one in some])
            shape = np.array([(len(one.ids), one.start) for one in some], dtype=np.int32)
            logprobs, top = self._ask("score", ids, shape)
            ends = np.cumsum(shape[:, 0] - shape[:, 1])[:-1]
            found += [ScoredTokens(p, t.astype(np.bool_)) for p, t in zip(np.split(logprobs, ends), np.split(top, ends), strict=True)]
        return found

    def logits(self, ids: Sequence[int], start: int = 0) -> NDArray[np.float32]:
        """Log-probabilities of every next token after each position from `start` on, shape (len(ids) - start, vocabulary)."""
        if not 0 <= start < len(ids):
            raise ValueError("start must be the index of a token")
        (rows,) = self._ask("logits", np.asarray(ids, dtype=np.int32), np.array([(len(ids), start)], dtype=np.int32))
        return rows

    def _ask(self, what: str, ids: NDArray[np.int32], shape: NDArray[np.int32]) -> list[NDArray[Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            write_message(self._process.stdin, {"what": what}, [ids, shape])
            head, arrays = read_message(self._process.stdout)
        except (OSError, EOFError) as error:
            self._process.wait()
            raise _fault("the scoring engine died", self._process, self._log) from error
        if "error" in head:
            raise DataError(head["error"], where="engine", next="send shorter sequences, of this model's own tokenizer")
        return arrays


@contextmanager
def scorer(model_file: Path, *, threads: int | None = None) -> Iterator[Scorer]:
    """Open a GGUF file for scoring while the block runs; a model that does not load is a ToolError."""
    with tempfile.TemporaryDirectory(prefix="idiolect-scorer-") as folder:
        log = Path(folder) / "scorer.log"
        process = _child("score", {"model": str(model_file), "threads": threads or survey(Path()).cores}, model_file, log)
        try:
            assert process.stdout is not None
            try:
                read_message(process.stdout)
            except EOFError:
                process.wait()
                raise _fault("the engine could not load the model", process, log) from None
            yield Scorer(process, log)
        finally:
            _end(process)


def score(model_file: Path, sequences: Sequence[Scored], *, threads: int | None = None) -> list[ScoredTokens]:
    """Open a GGUF file, score the sequences, close it."""
    with scorer(model_file, threads=threads) as opened:
        return opened.score(sequences)


def logits(model_file: Path, ids: Sequence[int], *, threads: int | None = None) -> NDArray[np.float32]:
    """Log-probabilities of every next token after each position, shape (len(ids), vocabulary)."""
    with scorer(model_file, threads=threads) as opened:
        return opened.logits(ids)


def write_message(stream: IO[bytes], head: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
    """One line of JSON, which names type and shape of each array, then the arrays' bytes."""
    stream.write(json.dumps({**head, "arrays": [[array.dtype.str, array.shape] for array in arrays]}).encode() + b"\n")
    for array in arrays:
        stream.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """What `write_message` wrote; EOFError where the stream ended."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError("the stream ended")
    head = json.loads(line)
    arrays = []
    for kind, shape in head.pop("arrays"):
        array = np.empty(shape, dtype=kind)
        view = array.reshape(-1).view(np.uint8).data
        done = 0
        while done < array.nbytes:
            piece = stream.read(min(array.nbytes - done, 1 << 24))
            if not piece:
                raise EOFError("the stream ended inside an array")
            view[done : done + len(piece)] = piece
            done += len(piece)
        arrays.append(array)
    return head, arrays


def _child(what: str, settings: dict[str, Any], model_file: Path, log: Path) -> subprocess.Popen[bytes]:
    if not model_file.is_file():
        raise ToolError("there is no model file to open", where=str(model_file), next="run `idiolect export`")
    # llama.cpp and its server read settings from such variables too: the child gets only ours.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LLAMA_", "AIP_", "GGML_"))}
    # Waiting threads sleep. Where they spin, as is the default, a machine that is also busy otherwise takes five times as long.
    environment.setdefault("OMP_WAIT_POLICY", "passive")
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    arguments = [sys.executable, "-P", "-m", "idiolect.engine_child", what, json.dumps({**settings, "parent": os.getpid()})]
    with log.open("wb") as errors:
        return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child by its process id and close our ends of its pipes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _fault(what: str, process: subprocess.Popen[bytes], log: Path) -> ToolError:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    told = [line.strip() for line in lines if line.strip()][-_TAIL:]
    status = f" (status {process.returncode})" if process.returncode is not None else ""
    said = "; its last lines: " + " | ".join(told) if told else ""
    return ToolError(f"{what}{status}{said}", where="engine", next="check the file with `idiolect models list`, and the free memory")
