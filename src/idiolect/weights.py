"""Base models and adapters as PyTorch opens them: found, checked, named by their content.

Only safetensors are ever opened. What a file is, is decided by its bytes: pickled weights run code when they are read.
"""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from idiolect.errors import DataError, RecipeError, ToolError
from idiolect.files import digest_file, digest_json, read_json

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SEEDLING = "seedling"
_NEEDED = ("config.json", "tokenizer.json")
_PARTS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
"""What is fetched from the hub; weights in any other format are not."""
_MOST_HEADER = 100_000_000
"""Bytes; the limit of the safetensors format itself."""
_PICKLE, _ZIP = b"\x80", b"PK\x03\x04"


def resolve(base: str, folder: Path) -> Path:
    """The folder of a base: the shipped seedling, a local folder (relative to `folder`, the recipe's), or a hub id.

    A hub id is fetched unless `HF_HUB_OFFLINE` is set. A base that cannot be had is a RecipeError or a ToolError.
    """
    if base == SEEDLING:
        return _checked(Path(str(resources.files("idiolect") / "data" / SEEDLING)), base)
    local = folder / Path(base).expanduser()
    if local.is_dir():
        return _checked(local, base)
    if base.startswith((".", "/", "~")) or base.count("/") != 1:
        raise RecipeError(f"there is no folder '{base}'", where="[[model]] base", next=f"it is looked for in {folder}")
    return _checked(_fetched(base), base)


def tokenizer(base: str, folder: Path) -> Path:
    """`tokenizer.json` of a base as `resolve` takes it, where it is on this machine: nothing is fetched. Elsewhere it is a ToolError."""
    local = Path(str(resources.files("idiolect") / "data" / SEEDLING)) if base == SEEDLING else folder / Path(base).expanduser()
    found = local / "tokenizer.json" if local.is_dir() else _held(base)
    if found is None or not found.is_file():
        raise ToolError(f"the tokenizer of '{base}' is not on this machine", where="[[model]] base", next="`idiolect train` fetches it")
    return found


def _held(base: str) -> Path | None:
    """A tokenizer in the hub's own cache."""
    try:
        from huggingface_hub import try_to_load_from_cache  # only for a base that is no folder
        from huggingface_hub.errors import HFValidationError
    except ImportError:
        return None
    try:
        found = try_to_load_from_cache(base, "tokenizer.json")
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def digest(folder: Path) -> str:
    """SHA-256 over names and digests of the files that make a base what it is: weights, configuration, tokenizer."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".safetensors", ".json") and path.is_file())
    return digest_json([[path.name, _file_digest(path, path.stat().st_size, path.stat().st_mtime_ns)] for path in files])


def parameters(folder: Path) -> int:
    """How many numbers the weights hold, from the headers alone."""
    return sum(_size(tensor) for path in folder.glob("*.safetensors") for tensor in header(path).values())


def header(path: Path) -> dict[str, dict[str, Any]]:
    """Name to dtype, shape and offsets of every tensor; whatever is not safetensors by its content is a DataError."""
    with path.open("rb") as stream:
        start = stream.read(8)
        size = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= size <= min(_MOST_HEADER, path.stat().st_size - 8):
            what = "holds pickled weights under the name of safetensors" if _is_pickle(path) else "is not a safetensors file"
            raise DataError(what, where=str(path), next="do not open it; get the model anew")
        try:
            tensors: dict[str, dict[str, Any]] = json.loads(stream.read(size))
        except ValueError:
            raise DataError("is not a safetensors file", where=str(path), next="get the model anew") from None
    tensors.pop("__metadata__", None)
    return tensors


def load(folder: Path, dtype: str, *, attention: str = "sdpa", adapter: Path | None = None) -> PreTrainedModel:
    """A causal language model, and an adapter upon it where one is named; `dtype` is torch's name of a number format.

    Code that comes with a model is never run: a base that asks for it is a DataError.
    """
    import torch  # finding and naming a base must not wait for torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    if "auto_map" in read_json(folder / "config.json"):
        raise DataError("this model brings code of its own, which is never run", where=str(folder), next="choose a base that needs none")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # untyped in transformers
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=getattr(torch, dtype),
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        attn_implementation=attention,
    )
    if adapter is None:
        return model
    from peft import PeftModel

    for file in adapter.glob("*.safetensors"):
        header(file)
    with old_names():
        return cast("PreTrainedModel", PeftModel.from_pretrained(model, str(adapter)))


@contextmanager
def old_names() -> Iterator[None]:
    """Hide what transformers says to us when peft asks a model by names that transformers means to drop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning)
        yield


def _checked(folder: Path, base: str) -> Path:
    """The folder, if it holds a model whose weights are safetensors by content."""
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        advice = "make it with `make seedling`" if base == SEEDLING else "name the folder of a Hugging Face model"
        raise RecipeError(f"the base '{base}' has no {missing[0]}", where=str(folder), next=advice)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickled = next((path.name for path in sorted(folder.iterdir()) if path.is_file() and _is_pickle(path)), "")
        if pickled:
            raise DataError(
                f"the weights are pickled ({pickled}), and pickles run code", where=str(folder), next="get or convert them as safetensors"
            )
        raise RecipeError(
            f"the base '{base}' has no weights (*.safetensors)", where=str(folder), next="name the folder of a Hugging Face model"
        )
    for path in weights:
        header(path)
    return folder


def _is_pickle(path: Path) -> bool:
    """A pickle of protocol 2 or later, or a zip such as torch writes around one."""
    with path.open("rb") as stream:
        start = stream.read(4)
    return start[:1] == _PICKLE or start == _ZIP


def _fetched(base: str) -> Path:
    """Fetch a model from the hub into its own cache; offline, only what is there already."""
    try:
        from huggingface_hub import snapshot_download  # only for a base that is not on this machine
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ImportError:
        raise ToolError(f"fetching '{base}' needs the package huggingface_hub", next="pip install 'idiolect[train]'") from None
    try:
        return Path(snapshot_download(base, allow_patterns=list(_PARTS)))
    except HFValidationError as error:
        raise RecipeError(f"'{base}' is neither a folder nor a hub id ({error})", where="[[model]] base") from error
    except LocalEntryNotFoundError as error:
        raise ToolError(
            f"'{base}' is not on this machine, and the hub cannot be reached",
            where="[[model]] base",
            next="unset HF_HUB_OFFLINE, or copy the model here and name its folder",
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise ToolError(f"'{base}' cannot be fetched ({error})", where="[[model]] base", next="name a local folder instead") from error


@lru_cache(maxsize=64)
def _file_digest(path: Path, _size: int, _changed: int) -> str:
    """Digest of a file; read once while size and time of change stay."""
    return digest_file(path)


def _size(tensor: dict[str, Any]) -> int:
    count = 1
    for length in tensor["shape"]:
        count *= length
    return count
