"""What the search for public benchmarks finds: copies with all names changed, and installed packages, which hold hardly any.

python bench/contamination.py --benchmarks ../shared/benchmarks
"""

from __future__ import annotations

import json
import keyword
import random
import re
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from dedupe import corpus

from idiolect.cli import ended
from idiolect.dataset import benchmarks
from idiolect.dataset.benchmarks import Passage
from idiolect.dataset.contamination import FEWEST, Wanted
from idiolect.dataset.duplicates import patterns

PREFERRED = "humaneval-python"
_NAME = re.compile(r"(?<![.\w])[A-Za-z_]\w*")


def renamed(code: str, seed: int) -> bytes:
    """The code with every name but keywords and builtins put for another, as somebody would who hides a copy."""
    choose, names = random.Random(seed), dict[str, str]()
    known = {*keyword.kwlist, *dir(__builtins__)}
    return _NAME.sub(lambda one: one[0] if one[0] in known else names.setdefault(one[0], f"n{choose.randrange(10**6)}"), code).encode()


def found(wanted: Wanted, texts: Sequence[bytes]) -> dict[str, int]:
    """How many of the texts hold something, for each way."""
    hits = list(wanted.search(texts))
    return {how: len({one.text for one in hits if one.how == how}) for how in ("words", "syntax")}


def figures(passages: Sequence[Passage], code: Sequence[bytes]) -> dict[str, Any]:
    """Copies found, ordinary files hit, how many a single pattern would have hit, and the speed."""
    names = sorted({one.file for one in passages})
    wanted = Wanted([one.text for one in passages], [names.index(one.file) for one in passages])
    solutions = [one.text.decode() for one in passages if one.file.startswith(PREFERRED) and _is_solution(one.text)]
    copies = [b"import os\n\n\n" + renamed(solution, seed) + code[seed % len(code)][:2000] for seed, solution in enumerate(solutions)]
    started = time.process_time()
    plain = found(wanted, code)
    seconds = time.process_time() - started
    rows = patterns.of(code)
    single = {int(np.searchsorted(rows.offsets, place, "right")) for place in wanted.syntax.find(rows.hashes)[0].tolist()}
    return {
        "passages": len(passages),
        "renamed_copies": len(copies),
        "renamed_found": found(wanted, copies),
        "files": len(code),
        "files_hit": plain,
        "files_that_a_single_pattern_hits": len(single),
        "mb_per_s": round(sum(map(len, code)) / seconds / 1e6, 1),
    }


def _is_solution(text: bytes) -> bool:
    """Code that does something and is long enough to be known by its syntax."""
    return b"return" in text and b"def check" not in text and b'"""' not in text and len(np.unique(patterns.of([text]).hashes)) >= FEWEST


@click.command()
@click.option("--benchmarks", "folder", type=click.Path(exists=True, path_type=Path), required=True, help="Files of rows.")
@click.option("--size", default=20_000_000, help="Bytes of installed packages.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(folder: Path, size: int, as_json: bool) -> None:
    """Print what is found."""
    passages = [one for path in benchmarks.files(folder, ["."]) if ".json" in path.name for one in benchmarks.read(path)]
    result = figures(passages, corpus(Path(sysconfig.get_path("purelib")), size))
    print(json.dumps(result) if as_json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
