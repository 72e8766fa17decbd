"""Samples on disk: one Parquet folder per split, columns that any reader of Parquet can use.

The prompt, labels, origins and other parts of varying shape are JSON in text columns; what people filter by has a column
of its own. The split is the folder, not a field.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from idiolect.errors import DataError
from idiolect.files import atomic
from idiolect.types import Kind, Sample, Split

ROWS = 20_000
"""Rows in one Parquet file, so that memory stays flat whatever the number of samples."""

_TEXT = ("id", "kind", "maker", "language", "source", "answer", "rejected")
_JSON = ("prompt", "labels", "origins", "spans", "rejected_spans", "files")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [("weight", pa.float64()), ("confidence", pa.float64())]
    + [(name, pa.string()) for name in _JSON]
)


def write(folder: Path, split: Split, samples: Iterable[Sample]) -> int:
    """Write the samples of a split into `folder/split/part-*.parquet`; return how many."""
    rows, count, part = iter(samples), 0, 0
    while chunk := list(islice(rows, ROWS)):
        table = pa.Table.from_pylist([_row(sample) for sample in chunk], schema=_SCHEMA)
        with atomic(folder / split / f"part-{part:05d}.parquet") as temporary:
            pq.write_table(table, temporary, compression="zstd")
        count, part = count + len(chunk), part + 1
    return count


def read(folder: Path, split: Split, kinds: Collection[Kind] = ()) -> Iterator[Sample]:
    """The samples of a split in the order written, all or of some kinds; a split without a folder has none.

    A file that is damaged, or holds something else, is a DataError.
    """
    wanted = list(kinds)
    for path in sorted((folder / split).glob("part-*.parquet")):
        try:
            with path.open("rb") as stream:  # given a folder's name, pyarrow would read whatever is in it
                table = pq.read_table(stream, filters=[("kind", "in", wanted)] if wanted else None)
            for batch in table.to_batches(max_chunksize=1000):
                yield from (_sample(row) for row in batch.to_pylist())
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            what = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"not readable as Parquet of samples ({what})", where=str(path), next=f"delete {folder} and run `idiolect dataset` again"
            ) from error


def _row(sample: Sample) -> dict[str, Any]:
    values = sample.model_dump(mode="json")
    row: dict[str, Any] = {name: json.dumps(values[name], ensure_ascii=False, sort_keys=True) for name in _JSON}
    row |= {name: values[name] for name in ("kind", "maker", "answer", "rejected", "weight", "confidence")}
    row["id"] = sample.id
    row["language"] = next(iter(sample.labels.get("language", ())), "")
    row["source"] = sample.origins[0].source if sample.origins else ""
    return row


def _sample(row: dict[str, Any]) -> Sample:
    values = {name: json.loads(row[name]) for name in _JSON}
    values |= {name: row[name] for name in ("kind", "maker", "answer", "rejected", "weight", "confidence")}
    return Sample.model_validate(values)
