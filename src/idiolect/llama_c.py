"""llama.cpp's C interface in the prebuilt `xllamacpp` wheel, by ctypes, so that nobody compiles anything.

The wheel ships one shared library and no headers. The structs below are those of `include/llama.h` in that version's source
distribution; `library()` therefore refuses a wheel of any other version, and compares known default values before anything is
passed by value. Whoever raises `WHEEL` compares the structs with the new header.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_float, c_int8, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import ToolError

WHEEL = "2026.10.11549"
"""The version of `xllamacpp` whose llama.h the structs below were read from."""

_INSTALL = f"install it with `pip install xllamacpp=={WHEEL}`"


class ModelParams(ctypes.Structure):
    """`llama_model_params`."""

    _fields_ = [
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("load_mode", c_int32),
        ("lazy_mode", c_int32),
        ("main_gpu", c_int32),
        ("tensor_split", c_void_p),
        ("progress_callback", c_void_p),
        ("progress_callback_user_data", c_void_p),
        ("kv_overrides", c_void_p),
        ("vocab_only", c_bool),
        ("check_tensors", c_bool),
        ("use_extra_bufts", c_bool),
        ("no_host", c_bool),
        ("no_alloc", c_bool),
        ("load_mtp", c_bool),
    ]


class ContextParams(ctypes.Structure):
    """`llama_context_params`."""

    _fields_ = [
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("ctx_type", c_int32),
        ("rope_scaling_type", c_int32),
        ("pooling_type", c_int32),
        ("attention_type", c_int32),
        ("flash_attn_type", c_int32),
        ("rope_freq_base", c_float),
        ("rope_freq_scale", c_float),
        ("yarn_ext_factor", c_float),
        ("yarn_attn_factor", c_float),
        ("yarn_beta_fast", c_float),
        ("yarn_beta_slow", c_float),
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("moe_cache_size", c_size_t),
        ("abort_callback", c_void_p),
        ("abort_callback_data", c_void_p),
        ("embeddings", c_bool),
        ("offload_kqv", c_bool),
        ("no_perf", c_bool),
        ("op_offload", c_bool),
        ("swa_full", c_bool),
        ("kv_unified", c_bool),
        ("samplers", c_void_p),
        ("n_samplers", c_size_t),
        ("ctx_other", c_void_p),
    ]


class Batch(ctypes.Structure):
    """`llama_batch`: tokens, their positions and sequences, and a mask of those whose logits are wanted."""

    _fields_ = [
        ("n_tokens", c_int32),
        ("token", POINTER(c_int32)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    ]


_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "llama_model_default_params": (ModelParams, []),
    "llama_context_default_params": (ContextParams, []),
    "llama_backend_init": (None, []),
    "llama_model_load_from_file": (c_void_p, [c_char_p, ModelParams]),
    "llama_model_free": (None, [c_void_p]),
    "llama_model_get_vocab": (c_void_p, [c_void_p]),
    "llama_model_n_ctx_train": (c_int32, [c_void_p]),
    "llama_vocab_n_tokens": (c_int32, [c_void_p]),
    "llama_init_from_model": (c_void_p, [c_void_p, ContextParams]),
    "llama_free": (None, [c_void_p]),
    "llama_get_memory": (c_void_p, [c_void_p]),
    "llama_memory_clear": (None, [c_void_p, c_bool]),
    "llama_batch_init": (Batch, [c_int32, c_int32, c_int32]),
    "llama_batch_free": (None, [Batch]),
    "llama_decode": (c_int32, [c_void_p, Batch]),
    "llama_get_logits": (POINTER(c_float), [c_void_p]),
    "ggml_quantize_chunk": (c_size_t, [c_int32, c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p]),
    "ggml_row_size": (c_size_t, [c_int32, c_int64]),
    "ggml_blck_size": (c_int64, [c_int32]),
}

_KNOWN_DEFAULTS: dict[str, dict[str, Any]] = {
    "llama_model_default_params": {
        "n_gpu_layers": -1, "split_mode": 1, "load_mode": -1, "lazy_mode": 1, "main_gpu": 0, "vocab_only": False,
        "check_tensors": False, "use_extra_bufts": True, "no_alloc": False, "kv_overrides": None,
    },
    "llama_context_default_params": {
        "n_ctx": 512, "n_batch": 2048, "n_ubatch": 512, "n_seq_max": 1, "pooling_type": -1, "flash_attn_type": -1,
        "yarn_ext_factor": -1.0, "type_k": 1, "type_v": 1, "embeddings": False, "offload_kqv": True, "no_perf": True,
        "op_offload": True, "swa_full": True, "kv_unified": False, "samplers": None, "n_samplers": 0, "ctx_other": None,
    },
}  # fmt: skip


def installed() -> str:
    """The version of the installed wheel, without a local part such as `+cu128`; none is a ToolError."""
    try:
        return metadata.version("xllamacpp").split("+")[0]
    except metadata.PackageNotFoundError:
        raise ToolError("llama.cpp is not installed", where="xllamacpp", next=_INSTALL) from None


def library_file() -> Path:
    """The wheel's shared library; it is found without importing the wheel."""
    spec = util.find_spec("xllamacpp")
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    files = sorted(file for folder in folders for file in Path(folder).glob("xllamacpp*") if file.suffix in (".so", ".pyd", ".dylib"))
    if not files:
        raise ToolError("the wheel holds no shared library", where="xllamacpp", next=_INSTALL)
    return files[0]


def check_version(found: str) -> None:
    """Refuse a wheel whose structs may differ from ours."""
    if found != WHEEL:
        raise ToolError(
            f"version {found} is installed, and idiolect reads the C interface of version {WHEEL} only", where="xllamacpp", next=_INSTALL
        )


def check_defaults(lib: ctypes.CDLL) -> None:
    """Refuse a library that fills our structs with other defaults than its header names."""
    for name, known in _KNOWN_DEFAULTS.items():
        params = getattr(lib, name)()
        wrong = sorted(field for field, value in known.items() if getattr(params, field) != value)
        if wrong:
            raise ToolError(
                f"the C interface does not look as it should ({name}: {', '.join(wrong)})", where=str(library_file()), next=_INSTALL
            )


@cache
def library() -> ctypes.CDLL:
    """The shared library with its signatures declared and its structs checked."""
    check_version(installed())
    file = library_file()
    try:
        lib = ctypes.CDLL(str(file))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ToolError(f"the shared library cannot be used ({error})", where=str(file), next=_INSTALL) from error
    check_defaults(lib)
    return lib


def row_bytes(kind: int, columns: int) -> int:
    """Bytes of one row of `columns` numbers in ggml type `kind`."""
    return int(library().ggml_row_size(kind, columns))


def block_size(kind: int) -> int:
    """How many numbers of a row ggml type `kind` packs together; a row's length must be a multiple of it."""
    return int(library().ggml_blck_size(kind))


def quantise(rows: NDArray[np.float32], kind: int) -> NDArray[np.uint8]:
    """Rows (n, columns) in ggml type `kind`, as bytes (n, row_bytes). Other threads run meanwhile."""
    lib = library()
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    count, columns = rows.shape
    packed = np.empty((count, row_bytes(kind, columns)), dtype=np.uint8)
    written = lib.ggml_quantize_chunk(kind, rows.ctypes.data, packed.ctypes.data, 0, count, columns, None)
    if written != packed.nbytes:
        raise ToolError(f"ggml wrote {written} bytes and not {packed.nbytes}", where=str(library_file()), next=_INSTALL)
    return packed
