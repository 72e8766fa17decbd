"""Samples on disk: one Parquet folder per split, columns that any reader of Parquet can use.

The prompt, labels, origins and other parts of varying shape are JSON in text columns; what people filter by has a column
of its own. The split is the folder, not a field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic_core import to_json

from idiolect.errors import DataError
from idiolect.files import atomic
from idiolect.types import Hole, Kind, Prompt, Sample, Split

ROWS = 20_000
"""Rows in one Parquet file, so that memory stays flat whatever the number of samples."""

_AT_ONCE = 128
"""Rows that are opened together: a probe may hold a file of a megabyte."""
_TEXT = ("id", "kind", "maker", "language", "source", "answer", "rejected")
_JSON = ("prompt", "labels", "origins", "spans", "rejected_spans", "files")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [("weight", pa.float64()), ("confidence", pa.float64())]
    + [(name, pa.string()) for name in _JSON]
)


def write(folder: Path, split: Split, samples: Iterable[Sample], rows: int = ROWS) -> int:
    """Write the samples of a split into `folder/split/part-*.parquet`; return how many."""
    left, count, part = iter(samples), 0, 0
    while chunk := list(islice(left, rows)):
        write_part(folder, split, part, chunk)
        count, part = count + len(chunk), part + 1
    return count


def write_part(folder: Path, split: Split, number: int, samples: Iterable[Sample]) -> Path:
    """Write one file of a split; return its path."""
    table = pa.Table.from_pylist([_row(sample) for sample in samples], schema=_SCHEMA)
    path = folder / split / f"part-{number:05d}.parquet"
    with atomic(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    return path


def parts(folder: Path, split: Split) -> list[Path]:
    """The files of a split, in order."""
    return sorted((folder / split).glob("part-*.parquet"))


def read(folder: Path, split: Split, kinds: Collection[Kind] = ()) -> Iterator[Sample]:
    """The samples of a split in the order written, all or of some kinds; a split without a folder has none.

    A file that is damaged, or holds something else, is a DataError.
    """
    for path in parts(folder, split):
        with _readable(path), path.open("rb") as stream:  # given a folder's name, pyarrow would read whatever is in it
            yield from _samples(stream, list(kinds))


def some(folder: Path, split: Split, ids: Collection[str]) -> Iterator[Sample]:
    """The samples of these ids, in the order written; only they are opened. Errors as of `read`."""
    for path in parts(folder, split) if ids else ():
        with _readable(path), path.open("rb") as stream:
            yield from _samples(stream, list(ids), "id")


def answers(folder: Path, split: Split) -> Iterator[tuple[str, str]]:
    """Id and answer of every sample of a split: the holes around them, whole files, are not read. Errors as of `read`."""
    for path in parts(folder, split):
        with _readable(path), path.open("rb") as stream:
            for batch in pq.ParquetFile(stream).iter_batches(_AT_ONCE, columns=["id", "answer"]):
                yield from ((row["id"], row["answer"] or "") for row in batch.to_pylist())


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        next_ = f"delete {path.parent.parent} and run `idiolect dataset` again"
        raise DataError(f"not readable as Parquet of samples ({what})", where=str(path), next=next_) from error


def texts_digest(path: Path) -> str:
    """Digest of all that models see of a part: that of its ids, whatever its origins have become."""
    ids = pq.read_table(path, columns=["id"])["id"].to_pylist()
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def of_part(data: bytes) -> Iterator[Sample]:
    """The samples of a part's bytes."""
    return _samples(pa.BufferReader(data), [])


def _samples(stream: Any, wanted: Sequence[str], column: str = "kind") -> Iterator[Sample]:
    for batch in pq.ParquetFile(stream).iter_batches(_AT_ONCE):
        chosen = batch.filter(pc.is_in(batch[column], pa.array(wanted, pa.string()))) if wanted else batch
        yield from (_sample(row) for row in chosen.to_pylist())


def digest(split: Split, sample: Sample) -> bytes:
    """What a sample and its place come to in 16 bytes, the pseudonyms of authors apart: their key is one cache's own."""
    labels = [(name, *values) for name, values in sorted(sample.labels.items())]
    origins = [(one.source, one.commit, one.path, one.start, one.end, one.time, one.licence) for one in sample.origins]
    files = [(one.path, one.text) for one in sample.files]
    numbers = (float(sample.weight), float(sample.confidence), [*map(tuple, sample.spans)], [*map(tuple, sample.rejected_spans)])
    said = repr((split, sample.id, sample.maker, labels, *numbers, files, origins))
    return hashlib.blake2b(said.encode(), digest_size=16).digest()


def _row(sample: Sample) -> dict[str, Any]:
    """A sample by column; by hand, for pydantic's own way takes four times as long and there may be a million."""
    said = {
        "prompt": _prompt(sample.prompt), "labels": dict(sorted(sample.labels.items())), "origins": [vars(one) for one in sample.origins],
        "spans": sample.spans, "rejected_spans": sample.rejected_spans, "files": [vars(one) for one in sample.files],
    }  # fmt: skip
    row: dict[str, Any] = {name: to_json(value).decode() for name, value in said.items()}
    row |= {name: getattr(sample, name) for name in ("id", "kind", "maker", "answer", "rejected", "weight", "confidence")}
    row["language"] = next(iter(sample.labels.get("language", ())), "")
    row["source"] = sample.origins[0].source if sample.origins else ""
    return row


def _prompt(prompt: Prompt) -> Any:
    if isinstance(prompt, Hole):
        return {**vars(prompt), "files": [vars(one) for one in prompt.files]}
    return None if prompt is None else [vars(turn) for turn in prompt]


def _sample(row: dict[str, Any]) -> Sample:
    values = {name: json.loads(row[name]) for name in _JSON}
    values |= {name: row[name] for name in ("kind", "maker", "answer", "rejected", "weight", "confidence")}
    return Sample.model_validate(values)
