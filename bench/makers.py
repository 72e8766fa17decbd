"""What the makers of files, and of those around them, make of a repository, and what that costs.

    python bench/makers.py --repo ../shop --json

Files are read at HEAD, parsed before anything is timed, and given to one maker after the other in groups as a build gives them.
MB are bytes of the files; `bytes` are those of prompt and answer for each byte of the files; time is of the processor, in one
process. Makers of commits, tests and prose are not among them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from idiolect import sources, syntax
from idiolect.cli import ended
from idiolect.dataset.census import length
from idiolect.dataset.makers import MAKERS, OF_FILES, OF_NEIGHBOURS, neighbours
from idiolect.dataset.makers.pointers import links
from idiolect.recipe import Source
from idiolect.sources import rules
from idiolect.types import Document, Hole, Sample

MOST_BYTES = 200_000
"""Of one file."""


def read(folder: Path, cache: Path) -> tuple[str, list[Document]]:
    """The commit and the files of a repository, by path."""
    repository = sources.opened(folder, cache)
    source = Source(path=str(folder), name="repo")
    told = rules.of(source, repository, repository.head)
    documents, _ = sources.documents(source, repository, repository.head, MOST_BYTES, told)
    return repository.head, documents


def measured(name: str, groups: Sequence[Sequence[Document]], megabytes: float) -> dict[str, Any]:
    """What a maker makes of these groups of files."""
    start = time.process_time()
    made = [one for group in groups for one in MAKERS[name](group)]
    seconds = time.process_time() - start
    lessons = [one for one in made if isinstance(one, Sample)]
    typed = sum(bool(one.prompt.typed) for one in lessons if isinstance(one.prompt, Hole))
    return {
        "maker": name,
        "samples": len(lessons),
        "samples_per_mb": round(len(lessons) / megabytes, 1),
        "bytes": round(sum(map(length, lessons)) / megabytes / 1e6, 3),
        "longest": max(map(length, lessons), default=0),
        "typed": round(typed / max(1, len(lessons)), 3),
        "seconds_per_mb": round(seconds / megabytes, 3),
        "dropped": dict(Counter(one.reason for one in made if not isinstance(one, Sample)).most_common()),
    }


def row(repo: Path) -> dict[str, Any]:
    """The makers over a repository."""
    with tempfile.TemporaryDirectory() as cache:
        commit, documents = read(repo.resolve(), Path(cache))
    megabytes = sum(one.size for one in documents) / 1e6
    for one in documents:
        syntax.units(one.language, one.data)
    start = time.process_time()
    around = neighbours.around(documents, {one.path: links(one) for one in documents})
    finding = round((time.process_time() - start) / megabytes, 3)
    groups: dict[str, Sequence[Sequence[Document]]] = {name: [[one] for one in documents] for name in OF_FILES}
    groups |= {name: around for name in OF_NEIGHBOURS}
    rows = [measured(name, groups[name], megabytes) for name in groups]
    return {"commit": commit, "files": len(documents), "mb": round(megabytes, 3), "neighbours_seconds_per_mb": finding, "makers": rows}


@click.command()
@click.option("--repo", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(repo: Path, as_json: bool) -> None:
    """Print what each maker makes, and at what cost."""
    found = row(repo)
    shown = (
        f"{one['maker']:8} {one['samples_per_mb']:8,.0f}/MB {one['bytes']:7.2f} B/B {one['seconds_per_mb']:7.2f} s/MB"
        for one in found["makers"]
    )
    print(json.dumps(found) if as_json else "\n".join(shown))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
