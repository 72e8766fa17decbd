"""A folder that Hugging Face's `datasets.load_dataset` opens: Parquet for each form and split, and a README.md that says so.

Conversations, holes, texts and contrast have different columns, so each is a configuration of its own:
`load_dataset(folder, "chat", split="train")`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from idiolect.errors import UsageError
from idiolect.files import disk_errors, write_text
from idiolect.rows import writing
from idiolect.rows.writing import Unsaid, Written
from idiolect.types import Hole, Sample, Split

NAME = "hf"
_BATCH = 1_000
_TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("weight", pa.int8())]))
_ABOUT = [("id", pa.string()), ("type", pa.string()), ("language", pa.string()), ("labels", pa.string())]
_FILES = pa.list_(pa.struct([("path", pa.string()), ("text", pa.string())]))
_COLUMNS = {
    "chat": [("messages", _TURNS)],
    "contrast": [("prompt", _TURNS), ("chosen", _TURNS), ("rejected", _TURNS)],
    "fim": [*((name, pa.string()) for name in ("prefix", "suffix", "middle", "typed", "path")), ("files", _FILES)],
    "text": [("text", pa.string())],
}
_SCHEMAS = {config: pa.schema([*columns, *_ABOUT]) for config, columns in _COLUMNS.items()}


def write(folder: Path, splits: Mapping[Split, Iterable[Sample]], title: str) -> Written:
    """Write the samples of some splits; a folder that holds something is a UsageError, no sample at all a DataError.

    README.md is written last.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("something stands here already", where=str(folder), next="name a folder that is not there yet")
    written = Written()
    found: dict[str, list[Split]] = {}
    for split, samples in splits.items():
        with disk_errors(folder):
            for config in _split(folder, split, samples, written):
                found.setdefault(config, []).append(split)
    written.must_hold(folder)
    write_text(folder / "README.md", _card(title, found))
    return written


def _split(folder: Path, split: Split, samples: Iterable[Sample], written: Written) -> list[str]:
    """Write one split; return the configurations that have it."""
    open_ones: dict[str, Any] = {}
    rest = _rows(samples, written)
    with ExitStack() as stack:
        while batch := list(islice(rest, _BATCH)):
            for config in sorted({config for config, _ in batch}):
                if config not in open_ones:
                    (folder / config).mkdir(parents=True, exist_ok=True)
                    file = folder / config / f"{split}-00000.parquet"
                    open_ones[config] = stack.enter_context(pq.ParquetWriter(file, _SCHEMAS[config], compression="zstd"))
                rows = [row for one, row in batch if one == config]
                open_ones[config].write_table(pa.Table.from_pylist(rows, schema=_SCHEMAS[config]))
    return sorted(open_ones)


def _rows(samples: Iterable[Sample], written: Written) -> Iterator[tuple[str, dict[str, Any]]]:
    for sample in samples:
        if row := written.row(sample, _row):
            yield _config(row), row


def _row(sample: Sample) -> dict[str, Any]:
    """A sample's columns."""
    labels = json.dumps({name: list(values) for name, values in sorted(sample.labels.items())}, ensure_ascii=False)
    language = next(iter(sample.labels.get("language", ())), "")
    return {**_said(sample), "id": sample.id, "type": sample.kind, "language": language or None, "labels": labels}


def _config(row: Mapping[str, Any]) -> str:
    """The configuration that has a row's columns."""
    return next(config for config, columns in _COLUMNS.items() if columns[0][0] in row)


def _said(sample: Sample) -> dict[str, Any]:
    """A sample's own columns."""
    if sample.rejected is not None:
        return _contrast(sample)
    if isinstance(sample.prompt, Hole):
        return writing.FORMATS["fim"](sample)
    if sample.prompt:
        return writing.FORMATS["messages"](sample)
    if sample.answer is None:
        raise Unsaid("no answer")
    return {"text": sample.answer}


def _contrast(sample: Sample) -> dict[str, Any]:
    if sample.answer is None or isinstance(sample.prompt, Hole) or not sample.prompt:
        raise Unsaid("what not to say, without what to say or without a conversation")
    prompt = [{"role": one.role, "content": one.content} for one in sample.prompt]
    chosen, rejected = ([{"role": "assistant", "content": said}] for said in (sample.answer, sample.rejected))
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


def _card(title: str, found: Mapping[str, list[Split]]) -> str:
    """What Hugging Face reads: which files are which split of which configuration."""
    lines = ["---", f"pretty_name: {json.dumps(title, ensure_ascii=False)}", "license: other", "task_categories:", "- text-generation"]
    lines += ["tags:", "- code", "- idiolect", "configs:"] if found else ["tags:", "- code", "- idiolect"]
    for config, splits in sorted(found.items()):
        lines += [f"- config_name: {config}", "  data_files:"]
        lines += [line for split in splits for line in (f"  - split: {split}", f"    path: {config}/{split}-*.parquet")]
    about = "Lessons that idiolect made, as rows. `labels` is JSON; a turn with the weight 0 is context and no lesson."
    loads = "".join(f'    load_dataset(FOLDER, "{config}", split="{splits[0]}")\n' for config, splits in sorted(found.items()))
    return "\n".join([*lines, "---", f"# {' '.join(title.split())}", "", about, "", loads])
