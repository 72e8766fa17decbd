"""Which type each tensor gets, and its rows in that type.

The mix is that of llama.cpp's `llama_tensor_get_type` (src/llama-quant.cpp) for the types below, so that a file of ours is the file
that `llama-quantize` would write. The packing itself is ggml's own C function.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from gguf import GGMLQuantizationType, LlamaFileType
from numpy.typing import NDArray

from idiolect import llama_c
from idiolect.errors import DataError

Ggml = GGMLQuantizationType
FILE_TYPES = {
    "F16": LlamaFileType.MOSTLY_F16,
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
    "Q4_K_M": LlamaFileType.MOSTLY_Q4_K_M,
}
"""Type of a recipe to the number that the file carries."""
_PLAIN = {"F16": Ggml.F16, "Q8_0": Ggml.Q8_0, "Q4_K_M": Ggml.Q4_K}
_FALLBACK = {Ggml.Q4_K: Ggml.Q5_0, Ggml.Q6_K: Ggml.Q8_0}
_LAYER = re.compile(r"blk\.(\d+)\.(attn_v|ffn_down)\.weight")


@dataclass(frozen=True)
class Choice:
    """The type of one tensor."""

    kind: Ggml
    fallback_from: Ggml | None = None
    """The type it should have had, where its rows do not divide into that type's blocks."""


def choose(name: str, shape: tuple[int, ...], file_type: str, *, layers: int, tied: bool) -> Choice:
    """The type of the GGUF tensor `name` in a file of `file_type`."""
    if len(shape) < 2:
        return Choice(Ggml.F32)
    wanted = _wanted(name, file_type, layers, tied)
    kind = wanted
    if shape[-1] % llama_c.block_size(kind):
        kind = _FALLBACK.get(kind, Ggml.F16)
        if shape[-1] % llama_c.block_size(kind):
            kind = Ggml.F16
    return Choice(kind, None if kind == wanted else wanted)


def _wanted(name: str, file_type: str, layers: int, tied: bool) -> Ggml:
    plain = _PLAIN[file_type]
    if plain != Ggml.Q4_K:
        return plain
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        return Ggml.Q6_K
    match = _LAYER.fullmatch(name)
    return Ggml.Q6_K if match and _more_bits(int(match[1]), layers) else plain


def _more_bits(layer: int, layers: int) -> bool:
    """The layers to which llama.cpp gives more bits: the first and last eighth, and every third between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def pack(blocks: Iterable[NDArray[np.float32]], kind: Ggml, where: str, threads: int) -> Iterator[NDArray[np.uint8]]:
    """Blocks of rows in ggml type `kind`, in order; no more than `threads` blocks are held at a time.

    A number that is not finite, or too large for F16, is a DataError.
    """
    pending: deque[Future[NDArray[np.uint8]]] = deque()
    with ThreadPoolExecutor(threads) as workers:
        for block in blocks:
            pending.append(workers.submit(_pack_block, block, kind, where))
            if len(pending) == threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _pack_block(block: NDArray[np.float32], kind: Ggml, where: str) -> NDArray[np.uint8]:
    limit = np.finfo(np.float16).max if kind != Ggml.F32 else np.finfo(np.float32).max
    # Scales of the packed types are F16 too. NaN fails the comparison as well.
    if not np.abs(block).max(initial=0.0) <= limit:
        raise DataError(f"a weight is no number, or too large for {kind.name}", where=where, next="train again with a lower learning rate")
    if kind == Ggml.F32:
        return np.ascontiguousarray(block).view(np.uint8)
    return llama_c.quantise(block, int(kind))
