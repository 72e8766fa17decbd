"""How much the scrubber finds of what was planted, how much of what was not, and how fast, beside detect-secrets on the same texts.

The planted values are invented by `tests/planted.py` and `tests/look_alikes.py` from a seed; the speed is that of real code (default: the
packages that are installed). Precision is that of the planted secrets and 2,000 hard negatives together. The rules and the generators
were written by the same people: the figures say that the rules do what they are meant to, not how they do on anybody's repository.

    python bench/scrub.py --json
    python bench/scrub.py --repo PATH --megabytes 20
"""

from __future__ import annotations

import importlib.util
import json
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import click

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests import look_alikes, planted  # noqa: E402
from tests.planted import Planted  # noqa: E402

from idiolect.scrub import Scrubber, engines, rules  # noqa: E402

SUFFIXES = {
    ".py",
    ".rb",
    ".erb",
    ".js",
    ".ts",
    ".java",
    ".go",
    ".c",
    ".h",
    ".cpp",
    ".rs",
    ".yml",
    ".yaml",
    ".md",
    ".rst",
    ".html",
    ".sql",
    ".sh",
}
PEER_SHARE = 0.01
"""Of the bytes, for the peer, which is that much slower."""
ROUNDS = 3
Count = Callable[[bytes], int]
"""How many secrets a scanner sees in a text."""


def corpus(folder: Path, megabytes: float) -> list[bytes]:
    """Files of code below a folder, in the order of a hash, up to so many bytes."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file() and path.stat().st_size < 1_000_000)
    Random(0).shuffle(files)
    taken: list[bytes] = []
    size = 0
    for path in files:
        if size >= megabytes * 1e6:
            break
        taken.append(path.read_bytes())
        size += len(taken[-1])
    return taken


def recall(scrubber: Scrubber, documents: Iterable[Planted]) -> float:
    """Share of the documents in which nothing planted is left."""
    gone = [not any(secret in cleaned for secret in one.secrets) for one in documents if (cleaned := scrubber.scrub(one.data).data)]
    return round(sum(gone) / len(gone), 4)


def speed(count: Count, documents: Sequence[bytes]) -> tuple[float, int]:
    """Megabytes a second of processor time, the best of ROUNDS, and how many findings."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = sum(count(data) for data in documents)
        seconds.append(time.process_time() - start)
    return round(sum(map(len, documents)) / 1e6 / min(seconds), 2), found


@contextmanager
def peer() -> Iterator[Count | None]:
    """detect-secrets with its own plugins, line by line, without its verification; None where it is not installed."""
    try:
        from detect_secrets.core.scan import scan_line
        from detect_secrets.settings import default_settings
    except ImportError:
        yield None
        return
    with default_settings():
        yield lambda data: sum(1 for line in data.decode("utf-8", "replace").splitlines() for _ in scan_line(line))


def beside(count: Count, documents: Sequence[bytes], seed: int) -> dict[str, Any]:
    """The peer on the same texts; it sees secrets and has no personal data."""
    secrets = {"structured": planted.structured(seed), "generic": planted.generic(seed), "private_key": planted.private_keys(seed)}
    seen = {name: [count(one.data) > 0 for one in made] for name, made in secrets.items()}
    wrong = sum(count(one.data) > 0 for one in look_alikes.negatives(seed))
    right = sum(map(sum, seen.values()))
    return {
        "name": "detect-secrets",
        "mb_per_s": speed(count, documents[: max(1, int(len(documents) * PEER_SHARE))])[0],
        **{f"{name}_recall": round(sum(found) / len(found), 4) for name, found in seen.items()},
        "precision": round(right / (right + wrong), 4),
    }


def quality(scrubber: Scrubber, seed: int) -> dict[str, float]:
    """C1, C2 and C4."""
    secrets = [*planted.structured(seed), *planted.generic(seed), *planted.private_keys(seed)]
    wrong = sum(bool(scrubber.scrub(one.data).findings) for one in look_alikes.negatives(seed))
    right = sum(bool(scrubber.scrub(one.data).findings) for one in secrets)
    people = list(look_alikes.personal(seed))
    personal = {kind: recall(scrubber, [one for one in people if one.kind == kind]) for kind in ("email", "ipv4", "ipv6", "name", "phone")}
    return {
        "structured_recall": recall(scrubber, planted.structured(seed)),
        "generic_recall": recall(scrubber, planted.generic(seed)),
        "private_key_recall": recall(scrubber, planted.private_keys(seed)),
        "precision": round(right / (right + wrong), 4),
        **{f"{kind}_recall": share for kind, share in personal.items()},
    }


def real(scrubber: Scrubber, documents: Sequence[bytes]) -> dict[str, Any]:
    """Speed on real code, and how many of its lines are touched."""
    rate, found = speed(lambda data: len(scrubber.scrub(data).findings), documents)
    lines = sum(data.count(b"\n") for data in documents)
    per_rule = Counter(one.rule for data in documents for one in scrubber.scrub(data).findings)
    touched = {
        "findings": found,
        "lines": lines,
        "redacted_lines": round(found / max(1, lines), 6),
        "per_rule": dict(per_rule.most_common()),
    }
    return {"mb_per_s": rate, **touched}


@click.command()
@click.option("--repo", type=click.Path(exists=True, path_type=Path), help="Folder of real code; default: the installed packages.")
@click.option("--megabytes", default=10.0, help="How much of it.")
@click.option("--seed", default=100, help="Of what is planted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value.")
def main(repo: Path | None, megabytes: float, seed: int, as_json: bool) -> None:
    """Print the figures of C1, C2 and C4, and the speed."""
    folder = repo or Path(sysconfig.get_paths()["purelib"])
    documents = corpus(folder, megabytes)
    known, authors = rules.together(), look_alikes.people()
    scrubber = Scrubber(known, authors, engines.by_keywords)
    figures: dict[str, Any] = {"seed": seed, **quality(scrubber, seed), "corpus_mb": round(sum(map(len, documents)) / 1e6, 2)}
    figures |= real(scrubber, documents)
    if importlib.util.find_spec("hyperscan"):
        figures["hyperscan_mb_per_s"] = real(Scrubber(known, authors, engines.by_hyperscan), documents)["mb_per_s"]
    with peer() as count:
        if count:
            figures["peer"] = beside(count, documents, seed)
            figures["times_peer"] = round(figures["mb_per_s"] / figures["peer"]["mb_per_s"], 1)
    if as_json:
        print(json.dumps(figures, indent=1))
    else:
        for key, value in figures.items():
            print(f"{key:20} {value}")


if __name__ == "__main__":
    main()
