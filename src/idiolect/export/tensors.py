"""Weights of a Hugging Face folder, read by blocks of rows, with a LoRA adapter added on the way.

Nothing here ever holds a whole tensor that is larger than a block. The bytes are read by hand because the safetensors library gives
numpy arrays, and numpy has no bfloat16.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from idiolect import weights
from idiolect.errors import DataError
from idiolect.files import read_json

_WIDTH = {"F32": 4, "F16": 2, "BF16": 2}
_PLAIN = {
    "use_dora": False, "fan_in_fan_out": False, "bias": "none", "modules_to_save": None, "layer_replication": None,
    "alora_invocation_tokens": None,
}  # fmt: skip
"""Settings of peft that change more than W + scale * B A, as they must stand; what they may be besides is nothing."""
_MEND = "download the model again"


@dataclass(frozen=True)
class Place:
    """Where a tensor's bytes stand."""

    file: Path
    offset: int
    """First byte in the file."""
    kind: str
    """F32, F16 or BF16."""
    shape: tuple[int, ...]


class Weights:
    """Every tensor of one safetensors file, or of all in a folder. Close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: dict[Path, IO[bytes]] = {}
        self.places: dict[str, Place] = {}
        """Tensor name to place."""
        files = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
        if not files:
            raise DataError("there is no safetensors file here", where=str(path), next="name a folder that holds model.safetensors")
        for file in files:
            for name, place in _header(file):
                if name in self.places:
                    raise DataError(f"the tensor {name} stands in two files", where=str(path), next=_MEND)
                self.places[name] = place

    def __enter__(self) -> Weights:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for stream in self._open.values():
            stream.close()

    def rows(self, name: str, start: int, stop: int) -> NDArray[np.float32]:
        """Rows `start` to `stop` of a tensor as float32, shape (stop - start, columns); a vector is one row."""
        place = self.places[name]
        columns = place.shape[-1] if place.shape else 1
        stream = self._open.get(place.file) or self._open.setdefault(place.file, place.file.open("rb"))
        raw = bytearray((stop - start) * columns * _WIDTH[place.kind])
        stream.seek(place.offset + start * columns * _WIDTH[place.kind])
        if stream.readinto(raw) != len(raw):  # type: ignore[attr-defined]  # a file opened unbuffered or not has it; IO[bytes] does not say
            raise DataError(f"the file ends inside {name}", where=str(place.file), next=_MEND)
        return _float32(raw, place.kind).reshape(stop - start, columns)

    def whole(self, name: str) -> NDArray[np.float32]:
        """A small matrix or vector, as float32 of two dimensions."""
        return self.rows(name, 0, row_count(self.places[name].shape))


def row_count(shape: tuple[int, ...]) -> int:
    """How many rows a tensor has; a vector is one row."""
    return math.prod(shape[:-1])


def _float32(raw: bytearray, kind: str) -> NDArray[np.float32]:
    if kind == "BF16":
        return (np.frombuffer(raw, dtype="<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(raw, dtype="<f2" if kind == "F16" else "<f4").astype(np.float32, copy=False)


def _header(file: Path) -> Iterator[tuple[str, Place]]:
    """Names and places of a safetensors file; a tensor that does not fit its file is a DataError."""
    table = weights.header(file)
    size = file.stat().st_size
    with file.open("rb") as stream:
        begin = 8 + int.from_bytes(stream.read(8), "little")
    for name, row in table.items():
        try:
            kind, shape, (start, end) = row["dtype"], tuple(row["shape"]), row["data_offsets"]
            fits = end - start == math.prod(shape) * _WIDTH.get(kind, 0) and 0 <= start <= end <= size - begin
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"the header is damaged at {name}", where=str(file), next=_MEND) from error
        if kind not in _WIDTH:
            raise DataError(f"{name} is of the type {kind}", where=str(file), next="give weights in bfloat16, float16 or float32")
        if not fits:
            raise DataError(f"{name} does not fit its file", where=str(file), next=_MEND)
        yield name, Place(file, begin + start, kind, shape)


class Adapter:
    """A peft LoRA adapter over the linear layers of a base: W + scale * B A, block by block in float32.

    Source: LoRA (arXiv 2106.09685), rsLoRA's scale (arXiv 2312.03732), file layout of peft.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._config = read_json(folder / "adapter_config.json")
        self._refuse_what_is_not_lora()
        self._weights = Weights(folder / "adapter_model.safetensors")
        self.targets = dict(self._pairs())
        """Name of the base's tensor to A (rank, columns), B (rows, rank), scale."""

    def _refuse_what_is_not_lora(self) -> None:
        config = self._config
        odd = [key for key, value in _PLAIN.items() if (config.get(key) or value) != value]
        if config.get("peft_type") != "LORA" or odd:
            what = f"uses {', '.join(odd)}" if odd else f"is of the type {config.get('peft_type')}"
            raise DataError(f"the adapter {what}", where=str(self._folder), next="train it as plain LoRA over linear layers")

    def _pairs(self) -> Iterator[tuple[str, tuple[NDArray[np.float32], NDArray[np.float32], float]]]:
        left = set(self._weights.places)
        with self._weights as opened:
            for name in sorted(name for name in left if name.endswith(".lora_A.weight")):
                partner = name.replace(".lora_A.", ".lora_B.")
                if partner not in left:
                    raise DataError(f"{name} has no B matrix", where=str(self._folder))
                left -= {name, partner}
                module = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
                first, second = opened.whole(name), opened.whole(partner)
                yield f"{module}.weight", (first, second, self._scale(module, len(first)))
        if left:
            raise DataError(f"the adapter holds what cannot be merged: {min(left)}", where=str(self._folder), next="train plain LoRA")

    def _scale(self, module: str, rank: int) -> float:
        patterns = (self._config.get("alpha_pattern") or {}).items()
        alpha = next((value for key, value in patterns if re.fullmatch(rf"(.*\.)?({key})", module)), self._config.get("lora_alpha"))
        if not isinstance(alpha, int | float):
            raise DataError("the adapter names no lora_alpha", where=str(self._folder), next="train it again")
        return float(alpha) / (math.sqrt(rank) if self._config.get("use_rslora") else rank)

    def check(self, base: Weights, known: set[str]) -> None:
        """Refuse an adapter that changes what the base does not have, or not in that shape, or what is not written."""
        for name, (first, second, _) in self.targets.items():
            shape = base.places[name].shape if name in base.places and name in known else None
            if shape != (len(second), first.shape[1]):
                what = f"of the shape {shape}" if shape else "not a linear layer that the file holds"
                raise DataError(f"the adapter changes {name}, which is {what}", where=str(self._folder), next="use the adapter's own base")

    def add(self, name: str, rows: NDArray[np.float32], start: int) -> NDArray[np.float32]:
        """The tensor's rows from `start` on with the adapter's part added."""
        if name not in self.targets:
            return rows
        first, second, scale = self.targets[name]
        return rows + np.float32(scale) * (second[start : start + len(rows)] @ first)
