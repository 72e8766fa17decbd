"""Near-duplicates: speed against datasketch and datatrove on the same texts in one run, and recall against exact ground truth.

    make setup-bench
    python bench/dedupe.py --json

The texts are Python files of installed packages, so nothing has to be downloaded for them. Times are of the processor, of one process:
the machine may do other things meanwhile. Ours is the whole step (shingles, signatures, bands, exact verification, choice of what is
kept); datasketch's is shingles, MinHash of as many permutations and the LSH index; datatrove's is its MinHash signature step alone,
with the tokeniser that it uses by default. The slower ones get fewer texts, by the order of a hash.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import resource
import sys
import sysconfig
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import click
import numpy as np

from idiolect.cli import ended
from idiolect.dataset.duplicates import dedupe, near, shingles
from idiolect.errors import ToolError
from idiolect.types import Document

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".bench" / "peers"
MOST_BYTES = 24_000
"""Of one file, as in the measurements that the thresholds come from."""
PERMUTATIONS = 256
ENOUGH_SECONDS = 5.0
"""A peer is given texts until it has worked so long."""


def corpus(folder: Path, size: int) -> list[bytes]:
    """Different Python files below a folder, about `size` bytes in all, in the order of their contents' hash."""
    found = {path.read_bytes() for path in folder.rglob("*.py") if 100 <= path.stat().st_size <= MOST_BYTES}
    texts: list[bytes] = []
    for text in sorted(found, key=lambda one: hashlib.sha256(one).digest()):
        texts.append(text)
        size -= len(text)
        if size <= 0:
            break
    return texts


def ours(texts: Sequence[bytes]) -> int:
    """The near-duplicate step of the build: bytes that it worked on."""
    dedupe.near_duplicates(texts, near.bands(texts, near.COARSE))
    return sum(map(len, texts))


def shingled(texts: Sequence[bytes]) -> int:
    """Tokens and shingles alone."""
    for batch in shingles.batches(texts):
        shingles.of(batch)
    return sum(map(len, texts))


def datasketch(texts: Sequence[bytes]) -> int:
    """5-token shingles, MinHash of 256 permutations, LSH at 0.7: each text is asked for, then inserted."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.7, num_perm=PERMUTATIONS)
    started, done = time.process_time(), 0
    for place, text in enumerate(texts):
        words = re.findall(rb"[A-Za-z0-9_]+", text)
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch({b" ".join(words[start : start + 5]) for start in range(max(1, len(words) - 4))})
        index.query(sketch)
        index.insert(place, sketch)
        done += len(text)
        if time.process_time() - started > ENOUGH_SECONDS:
            break
    return done


def datatrove(texts: Sequence[bytes]) -> int:
    """The signature step as it comes: 14 bands of 8, 5-grams, the default tokeniser."""
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    logging.disable(logging.WARNING)
    step = MinhashDedupSignature(output_folder=str(ROOT / ".bench" / "datatrove"), config=MinhashConfig())
    started, done = time.process_time(), 0
    for text in texts:
        found = step.get_shingles(text.decode("utf-8", "replace"))
        if found.size:
            step.get_signature(found)
        done += len(text)
        if time.process_time() - started > ENOUGH_SECONDS:
            break
    return done


def speed(work: Callable[[Sequence[bytes]], int], texts: Sequence[bytes]) -> float:
    """Megabytes per second of processor time; the first texts once before, so that nobody pays for imports and tables."""
    work(texts[:5])
    started = time.process_time()
    return work(texts) / (time.process_time() - started) / 1e6


def truth(texts: Sequence[bytes], threshold: float) -> set[tuple[int, int]]:
    """Every pair whose Jaccard reaches the threshold, by counting shared shingles: exact, no sketch involved."""
    rows = shingles.of(texts)
    sets = [np.unique(rows.row(place)) for place in range(len(rows))]
    known, counts = np.unique(np.concatenate(sets), return_counts=True)
    owners: dict[int, list[int]] = defaultdict(list)
    for place, found in enumerate(sets):
        # Of two sets of Jaccard t each has a shared one among its first |s| - ceil(t |s|) + 1 in any order common to all, here the
        # rarest first (prefix filtering, Chaudhuri et al. 2006).
        rarest = found[np.lexsort((found, counts[np.searchsorted(known, found)]))]
        for one in rarest[: len(found) - int(np.ceil(threshold * len(found))) + 1].tolist():
            owners[one].append(place)
    pairs = {pair for places in owners.values() for pair in combinations(places, 2)}
    return {pair for pair in pairs if shingles.overlap(sets[pair[0]], sets[pair[1]]) >= threshold}


def recall(texts: Sequence[bytes]) -> dict[str, Any]:
    """What the bands find of the pairs at 0.7 and more, and what is left undropped."""
    exact = truth(texts, dedupe.NEAR)
    found = {(pair.first, pair.second) for pair in near.near_pairs(texts, dedupe.NEAR)}
    kept = {int(one.path) for one in dedupe.dedupe([Document("b", "team", "", str(n), "", t, 0) for n, t in enumerate(texts)]).kept}
    left = sum(first in kept and second in kept for first, second in exact)
    return {"pairs": len(exact), "dedupe_recall": round(len(found & exact) / max(1, len(exact)), 4), "pairs_left": left}


@click.command()
@click.option(
    "--folder", type=click.Path(exists=True, path_type=Path), default=Path(sysconfig.get_path("purelib")), help="Where the texts are."
)
@click.option("--size", default=40_000_000, help="Bytes of text.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(folder: Path, size: int, as_json: bool) -> None:
    """Print speeds, ratios and recall."""
    if not PEERS.is_dir():
        raise ToolError("the peers are missing", next="bring them with `make setup-bench`")
    sys.path.append(str(PEERS))
    texts = corpus(folder, size)
    speeds = {"ours": round(speed(ours, texts), 2)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speeds |= {name: round(speed(work, texts), 2) for name, work in (("datasketch", datasketch), ("datatrove", datatrove))}
    result = {
        "texts": len(texts),
        "megabytes": round(sum(map(len, texts)) / 1e6, 1),
        "mb_per_s": speeds,
        "peak_mib": round(peak),
        "shingles_mb_per_s": round(speed(shingled, texts), 1),
        "dedupe_vs_datasketch": round(speeds["ours"] / speeds["datasketch"], 1),
        "dedupe_vs_datatrove": round(speeds["ours"] / speeds["datatrove"], 1),
        **recall(texts[:3000]),
    }
    print(json.dumps(result) if as_json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
