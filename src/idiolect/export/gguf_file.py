"""One GGUF file from a Hugging Face folder and, optionally, a LoRA adapter, in one pass.

Each tensor is read, merged, quantised and written by blocks of rows: memory is a few blocks at any model size, and disk is the result.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from gguf import GGUF_DEFAULT_ALIGNMENT as ALIGNMENT
from gguf import GGUFWriter
from numpy.typing import NDArray

from idiolect.errors import DataError
from idiolect.export.architectures import architecture_of, read_config, tensor_names, tied, write_hyperparameters
from idiolect.export.quantise import FILE_TYPES, Choice, choose, pack
from idiolect.export.tensors import Adapter, Weights, row_count
from idiolect.export.vocabulary import Vocabulary
from idiolect.files import atomic, digest_file
from idiolect.llama_c import row_bytes

BLOCK_BYTES = 8 << 20
"""Most bytes of float32 in one block of rows; a row that is longer is a block of its own."""
THREADS = min(8, os.cpu_count() or 1)
"""Blocks that are packed at a time, and so held in memory."""
QUANTISATION_VERSION = 2
"""ggml's version of its packed formats (GGML_QNT_VERSION)."""


@dataclass(frozen=True)
class Report:
    """What was written."""

    type: str
    digest: str
    """SHA-256 of the file."""
    bytes: int
    family: str
    context: int
    """Longest sequence in tokens that the model was made for."""
    kinds: dict[str, int] = field(default_factory=dict)
    """How many tensors got each ggml type."""
    fallbacks: tuple[str, ...] = ()
    """Sentences: which tensor did not get the type it should have had, and why."""
    adapted: int = 0
    """How many tensors the adapter changed."""


def write(
    base: Path, adapter: Path | None, file_type: str, target: Path, *, strict: bool = False, told: Callable[[int, int], None] | None = None
) -> Report:
    """Write `target` from the folder `base` and the adapter folder, whole or not at all.

    `file_type` is one of F16, Q8_0, Q4_K_M. A tensor whose rows do not divide into blocks of its type gets the next larger one and
    is reported; with `strict` it is a DataError. `told` hears of every tensor that is written: how many are, and of how many.
    """
    config = read_config(base)
    vocabulary = Vocabulary(base, config["vocab_size"])
    lora = Adapter(adapter) if adapter else None
    with Weights(base) as weights, atomic(target) as temporary:
        plan = _plan(config, weights, file_type)
        fallbacks = tuple(sentence for tensor in plan if (sentence := _fallback(tensor)))
        if strict and fallbacks:
            raise DataError(fallbacks[0], where=str(base), next="choose Q8_0 or F16")
        if lora:
            lora.check(weights, {tensor.source for tensor in plan})
        writer = GGUFWriter(None, architecture_of(config, base).name)
        writer.add_type("model")
        writer.add_name(target.stem)
        writer.add_file_type(int(FILE_TYPES[file_type]))
        writer.add_quantization_version(QUANTISATION_VERSION)
        write_hyperparameters(writer, config, base)
        vocabulary.write(writer)
        with closing(writer):
            stream = _open(writer, temporary, plan)
            for done, tensor in enumerate(plan, 1):
                _write_tensor(stream, weights, lora, tensor)
                if told:
                    told(done, len(plan))
    return Report(
        type=file_type, digest=digest_file(target), bytes=target.stat().st_size, family=vocabulary.family.name,
        context=config["max_position_embeddings"], kinds=dict(Counter(tensor.choice.kind.name for tensor in plan)),
        fallbacks=fallbacks, adapted=len(lora.targets) if lora else 0,
    )  # fmt: skip


@dataclass(frozen=True)
class _Tensor:
    """One tensor on its way from the folder into the file."""

    source: str
    name: str
    shape: tuple[int, ...]
    choice: Choice


def _plan(config: dict[str, Any], weights: Weights, file_type: str) -> list[_Tensor]:
    names = tensor_names(architecture_of(config, weights.path), config, set(weights.places), weights.path)
    shapes = {source: weights.places[source].shape for source in names}
    layers, one_embedding = config["num_hidden_layers"], tied(config)
    return [
        _Tensor(source, name, shapes[source], choose(name, shapes[source], file_type, layers=layers, tied=one_embedding))
        for source, name in names.items()
    ]


def _fallback(tensor: _Tensor) -> str:
    wanted, kind = tensor.choice.fallback_from, tensor.choice.kind
    if wanted is None:
        return ""
    return f"{tensor.name}: rows of {tensor.shape[-1]} numbers do not divide into blocks of {wanted.name}; written as {kind.name}"


def _open(writer: GGUFWriter, target: Path, plan: list[_Tensor]) -> IO[bytes]:
    """Write the metadata and the table of tensors; return the file, at the first tensor."""
    for tensor in plan:
        size = row_count(tensor.shape) * row_bytes(int(tensor.choice.kind), tensor.shape[-1])
        writer.add_tensor_info(tensor.name, tensor.shape, np.dtype(np.float32), size, raw_dtype=tensor.choice.kind)
    writer.write_header_to_file(target)
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    assert writer.fout is not None
    stream: IO[bytes] = writer.fout[0]
    stream.write(bytes(-stream.tell() % ALIGNMENT))
    return stream


def _write_tensor(stream: IO[bytes], weights: Weights, lora: Adapter | None, tensor: _Tensor) -> None:
    """Write one tensor in pieces, padded to the file's alignment."""
    for packed in pack(blocks(weights, lora, tensor.source), tensor.choice.kind, f"{weights.path}: {tensor.source}", THREADS):
        stream.write(packed.data)
    stream.write(bytes(-stream.tell() % ALIGNMENT))


def blocks(weights: Weights, lora: Adapter | None, name: str) -> Iterator[NDArray[np.float32]]:
    """A tensor's rows, the adapter's part added, by blocks of at most BLOCK_BYTES."""
    shape = weights.places[name].shape
    step = max(1, BLOCK_BYTES // (4 * shape[-1]))
    rows = row_count(shape)
    for start in range(0, rows, step):
        block = weights.rows(name, start, min(start + step, rows))
        yield lora.add(name, block, start) if lora else block
