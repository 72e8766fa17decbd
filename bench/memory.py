"""How much memory and time a build takes as a repository grows: the whole stage, for repositories of 1 MB to 1 GB of Python.

    python bench/memory.py --json [--megabytes 1 --megabytes 10 ...] [--plot docs/memory.svg]

There is not a gigabyte of different Python on most machines. So the files are those of `bench/dataset.py`, over and over, each time
with a third of their longer words put for others, by which no copy is a near-duplicate of another and all can be parsed. Memory is
what the build's processes have at once; time is of the processor, of all of them.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import click

import dataset as stage
from idiolect import plots
from idiolect.cli import ended

_WORD = re.compile(rb"\b[A-Za-z_][A-Za-z0-9_]{3,}\b")
_KEPT = frozenset(word.encode() for word in (*keyword.kwlist, *keyword.softkwlist))


def varied(data: bytes, number: int) -> bytes:
    """The file with a third of its longer words put for others, the same ones throughout; copy 0 is the file itself."""
    names: dict[bytes, bytes] = {}

    def other(match: re.Match[bytes]) -> bytes:
        word = match[0]
        if word not in names:
            lot = hashlib.blake2b(b"%d " % number + word, digest_size=4).digest()
            changed = number and word not in _KEPT and lot[0] % 3 == 0
            names[word] = word + b"_" + lot.hex().encode() if changed else word
        return names[word]

    return _WORD.sub(other, data)


def copies(megabytes: float) -> Iterator[tuple[str, bytes]]:
    """Files of about so many bytes in all."""
    files = stage.texts("python", sys.maxsize)
    left = megabytes * 1e6
    for number in count():
        for path, data in files.items():
            text = varied(data, number)
            yield f"copy{number}/{path}", text
            if (left := left - len(text)) <= 0:
                return


def row(megabytes: float, folder: Path) -> dict[str, Any]:
    """What a build of so much takes."""
    source = folder / "source"
    for path, data in copies(megabytes):
        target = source / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    stage.git(source, "init", "-q")
    stage.commit(source)
    stage.git(source, "repack", "-a", "-d", "-q")
    (folder / "idiolect.toml").write_text('name = "bench"\n[[source]]\npath = "source"\n')
    built = stage.built(folder)
    metrics = json.loads(next((folder / ".idiolect" / "runs").glob("*/run.json")).read_text())["metrics"]
    samples = sum(sum(kinds.values()) for kinds in metrics["samples"].values())
    return {
        "megabytes": round(metrics["bytes"] / 1e6, 1),
        "samples": samples,
        "peak_mib": round(built.peak / (1 << 20)),
        "processor_s": round(built.processor, 1),
        "ms_per_sample": round(1000 * built.processor / samples, 2),
        "seconds": round(built.clock, 1),
    }


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """A bar for each size; samples grow by powers of ten."""
    bars = [(f"{one['samples']:,} samples", float(one["peak_mib"])) for one in rows]
    return plots.bars(bars, title="Most memory of a build", note="all processes together; repositories that grow tenfold", unit=" MiB")


@click.command()
@click.option(
    "--megabytes", "sizes", type=float, multiple=True, default=(1, 10, 100, 1000), show_default=True, help="Text of a repository."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, as each is done.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write the picture there.")
def main(sizes: Sequence[float], as_json: bool, plot: Path | None) -> None:
    """Print a row for each size."""
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(row(size, Path(folder)))
        rows[-1]["load"] = round(os.getloadavg()[0], 1)
        print(json.dumps(rows[-1]) if as_json else "  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if plot:
        plot.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
