"""What runs in the engine's child processes: llama.cpp's server, or its C interface answering with probabilities.

Started by `idiolect.engine` as `python -m idiolect.engine_child serve|score SETTINGS`. Messages go over the real standard output;
whatever the native code prints is sent to standard error, which is a log file.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from ctypes import POINTER, c_int8, c_int32
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from idiolect import llama_c
from idiolect.engine import PORT_TAKEN, read_message, write_message

PROMPT_CACHE_MIB = 256
"""Most memory for the prompts of past requests; llama.cpp's own default is 8192, which a laptop does not have to spare."""
LOGIT_BYTES = 128 << 20
"""Most memory for the logits of one call of the decoder."""


def main(arguments: list[str]) -> None:
    """Do what the first argument names, with the settings in the second."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent ends us in order.
    {"serve": serve, "score": score}[arguments[0]](json.loads(arguments[1]), out)


def serve(settings: dict[str, Any], out: IO[bytes]) -> None:
    """Run the server until standard input ends or the parent is gone; say where it listens once the model is loaded."""
    import xllamacpp  # only the server needs the extension; the scorer uses the C interface

    llama_c.check_version(llama_c.installed())
    if settings["port"] and _taken(settings["port"]):
        sys.exit(PORT_TAKEN)
    try:
        server = xllamacpp.Server(_params(xllamacpp, settings))
    except RuntimeError:  # it says only that it failed; the lines above it in the log say why
        sys.exit(1)
    out.write(json.dumps({"url": server.listening_address}).encode() + b"\n")
    out.flush()
    while os.getppid() == settings["parent"]:
        if select.select([0], [], [], 1.0)[0] and not os.read(0, 4096):
            break
    os._exit(0)  # the native threads hold nothing that must be saved


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _params(xllamacpp: Any, settings: dict[str, Any]) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["context"] * settings["slots"]
    params.kv_unified = False
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.fit_params = False  # else the context may be made shorter to fit a device
    params.ctx_shift = False  # else the middle of a long prompt is dropped silently
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.ui = False
    params.endpoint_slots = False
    params.endpoint_props = False
    params.endpoint_metrics = False
    params.cors_origins = "http://127.0.0.1"  # no page of a browser may read an answer
    params.offline = True
    params.verbosity = 2  # warnings and errors
    return params


class Decoder:
    """A model opened through the C interface."""

    def __init__(self, file: str, threads: int) -> None:
        lib = llama_c.library()
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0  # where a GPU wheel stands: scores are to be the same everywhere
        self._lib, self._threads = lib, threads
        self._model = lib.llama_model_load_from_file(os.fsencode(file), params)
        if not self._model:
            sys.exit(1)
        self._context: int | None = None
        self._length, self._step = 0, 0
        self.vocabulary = int(lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(self._model)))
        self.longest = int(lib.llama_model_n_ctx_train(self._model))

    def reserve(self, length: int) -> None:
        """Make room for sequences of `length` tokens; the context is kept between sequences."""
        if length <= self._length:
            return
        if self._context:
            self._lib.llama_free(self._context)
        self._length = -(-length // 256) * 256
        self._step = max(32, min(self._length, 2048, LOGIT_BYTES // (4 * self.vocabulary)))
        params = self._lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = self._length, self._step, min(512, self._step)
        params.n_threads = params.n_threads_batch = self._threads
        self._context = self._lib.llama_init_from_model(self._model, params)
        if not self._context:
            sys.exit(1)

    def logits(self, ids: NDArray[np.int32], start: int) -> Iterator[NDArray[np.float32]]:
        """Logits after each position from `start` on, in blocks of shape (n, vocabulary); a block stands until the next is asked for."""
        self.reserve(len(ids))
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), False)
        wanted = (np.arange(len(ids)) >= start).astype(np.int8)
        for at in range(0, len(ids), self._step):
            tokens, mask = ids[at : at + self._step].copy(), wanted[at : at + self._step].copy()
            batch = llama_c.Batch(len(tokens), tokens.ctypes.data_as(POINTER(c_int32)), logits=mask.ctypes.data_as(POINTER(c_int8)))
            status = self._lib.llama_decode(self._context, batch)
            if status:
                raise RuntimeError(f"llama_decode gave {status}")
            rows = int(mask.sum())
            if rows:
                yield np.ctypeslib.as_array(self._lib.llama_get_logits(self._context), (rows, self.vocabulary))


def score(settings: dict[str, Any], out: IO[bytes]) -> None:
    """Answer messages until standard input ends."""
    decoder = Decoder(settings["model"], settings["threads"])
    source = os.fdopen(os.dup(0), "rb")
    write_message(out, {"ready": True})
    while True:
        try:
            head, (ids, shape) = read_message(source)
        except EOFError:
            return
        fault = _refusal(decoder, ids, shape)
        if fault:
            write_message(out, {"error": fault})
        elif head["what"] == "score":
            write_message(out, {}, _scores(decoder, ids, shape))
        else:
            write_message(out, {}, [np.concatenate([_log_softmax(block) for block in decoder.logits(ids, int(shape[0, 1]))])])


def _refusal(decoder: Decoder, ids: NDArray[np.int32], shape: NDArray[np.int32]) -> str:
    longest = int(shape[:, 0].max(initial=0))
    if longest > decoder.longest:
        return f"a sequence has {longest} tokens and the model's context {decoder.longest}"
    if ids.size and (ids.min() < 0 or ids.max() >= decoder.vocabulary):
        return f"a token id lies outside the vocabulary of {decoder.vocabulary}"
    return ""


def _scores(decoder: Decoder, ids: NDArray[np.int32], shape: NDArray[np.int32]) -> list[NDArray[Any]]:
    """Log-probabilities and top-1 flags of the scored tokens of all sequences, one after another."""
    decoder.reserve(int(shape[:, 0].max(initial=0)))
    logprobs: list[NDArray[np.float32]] = [np.empty(0, np.float32)]
    top: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)]
    at = 0
    for length, start in shape.tolist():
        sequence, done = ids[at : at + length], start
        at += length
        # The last token's own logits would predict what follows the sequence: it need not be decoded.
        for block in decoder.logits(sequence[:-1], start - 1) if start < length else ():
            targets = sequence[done : done + len(block)]
            done += len(block)
            chosen = block[np.arange(len(block)), targets]
            highest = block.max(axis=1)
            total = np.exp(block - highest[:, None]).sum(axis=1, dtype=np.float64)
            logprobs.append((chosen - highest - np.log(total)).astype(np.float32))
            top.append((block.argmax(axis=1) == targets).astype(np.uint8))
    return [np.concatenate(logprobs), np.concatenate(top)]


def _log_softmax(block: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted: NDArray[np.float32] = block - block.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True, dtype=np.float64)
    shifted -= np.log(total)
    return shifted


if __name__ == "__main__":
    main(sys.argv[1:])
