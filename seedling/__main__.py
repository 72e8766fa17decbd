"""`python -m seedling`: every step from the lists to the package data; a step whose result lies there is skipped.

Steps: fetch, corpus, tokenizer, rows, train, export, fingerprints, report. The state folder may be deleted at any time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from seedling import corpus, export, fetch, fingerprint, lessons, report, tokenizer, train

HERE = Path(__file__).parent


def main() -> None:
    """Run the steps that are asked for, all of them by default."""
    args = _arguments()
    for step in args.steps or STEPS:
        sys.stderr.write(f"seedling: {step}\n")
        STEPS[step](args)


def _fetch(args: argparse.Namespace) -> None:
    for name in ("packages.txt", "placebo.txt", "held_out.txt"):
        fetch.download(fetch.read_list(HERE / name), args.state / "archives")


def _corpus(args: argparse.Namespace) -> None:
    if not (args.state / "corpus" / "corpus.json").exists():
        corpus.build(args.state, args.held_out_repos)


def _tokenizer(args: argparse.Namespace) -> None:
    if not (args.state / "tokenizer.json").exists():
        texts = (d.text for n, d in enumerate(corpus.read(args.state / "corpus" / "train.jsonl")) if n % 4 == 0)
        tokenizer.save(tokenizer.train(texts), args.state)


def _rows(args: argparse.Namespace) -> None:
    """Render short rows from the first documents and long ones from the last, and note which documents were taken."""
    state: Path = args.state
    folder = state / "rows"
    if (folder / "used.json").exists():
        return
    folder.mkdir(exist_ok=True)
    words = Tokenizer.from_file(str(state / "tokenizer.json"))
    documents = list(corpus.read(state / "corpus" / "train.jsonl"))
    used: set[str] = set()
    for length, share, order in ((train.SHORT, 5, documents), (train.LONG, 1, documents[::-1])):
        rows, taken = lessons.rows(order, words, length, args.tokens * share // 6 // length, seed=length)
        np.save(folder / f"train-{length}.npy", rows)
        used.update(f"{d.ecosystem}/{d.package}/{d.path}" for d in order[:taken])
        sys.stderr.write(f"seedling: {rows.size:,} tokens in rows of {length} from {taken:,} documents\n")
    (folder / "used.json").write_text(json.dumps(sorted(used)), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m seedling", description="Train idiolect's embedded base model from scratch.")
    parser.add_argument("steps", nargs="*", choices=[*STEPS, []], help="the steps to run (default: all)")
    parser.add_argument("--state", type=Path, default=HERE.parent / ".seedling", help="where downloads, rows and checkpoints lie")
    parser.add_argument("--held-out-repos", type=Path, nargs="*", default=[], help="git folders of the repositories in held_out.txt")
    parser.add_argument("--tokens", type=int, default=20_000_000, help="tokens to render; training goes round again where it needs more")
    parser.add_argument("--stable", type=int, default=1424, help="steps of 4096 tokens at the full rate; the default is the shipped model")
    parser.add_argument("--fall", type=int, default=500, help="steps of the fall to zero")
    parser.add_argument("--middle", type=float, default=2.0, help="the weight of tokens that fill a hole")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="compile the network first: a third faster, where there is a C++ compiler")
    return parser.parse_args()


STEPS: dict[str, Callable[[argparse.Namespace], object]] = {
    "fetch": _fetch,
    "corpus": _corpus,
    "tokenizer": _tokenizer,
    "rows": _rows,
    "train": lambda args: train.train(
        args.state, train.Plan(args.stable, args.fall, middle=args.middle), args.threads, compiled=args.compile
    ),
    "export": lambda args: export.export(args.state, export.SEEDLING),
    "fingerprints": lambda args: fingerprint.build(args.state, export.SEEDLING),
    "report": lambda args: report.write(args.state, export.SEEDLING, args.threads),
}

if __name__ == "__main__":
    main()
