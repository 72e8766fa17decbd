"""`python -m seedling`: every step from the lists to the package data; a step whose result lies there is skipped.

Steps: fetch, corpus, tokenizer, rows, train, export, fingerprints, report. The state folder may be deleted at any time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tokenizers import Tokenizer

from seedling import corpus, export, fetch, fingerprint, lessons, report, tokenizer, train

HERE = Path(__file__).parent
STEPS = ("fetch", "corpus", "tokenizer", "rows", "train", "export", "fingerprints", "report")


def main() -> None:
    """Run the steps that are asked for, all of them by default."""
    args = _arguments()
    state: Path = args.state
    for step in args.steps or STEPS:
        sys.stderr.write(f"seedling: {step}\n")
        if step == "fetch":
            for name in ("packages.txt", "placebo.txt", "held_out.txt"):
                fetch.download(fetch.read_list(HERE / name), state / "archives")
        elif step == "corpus" and not (state / "corpus" / "corpus.json").exists():
            corpus.build(state, args.held_out_repos)
        elif step == "tokenizer" and not (state / "tokenizer.json").exists():
            learned = tokenizer.train(d.text for n, d in enumerate(corpus.read(state / "corpus" / "train.jsonl")) if n % 4 == 0)
            tokenizer.save(learned, state)
        elif step == "rows":
            _rows(state, args.tokens)
        elif step == "train":
            train.train(state, train.Plan(args.stable, args.fall), args.threads)
        elif step == "export":
            export.export(state, export.SEEDLING)
        elif step == "fingerprints":
            fingerprint.build(state, export.SEEDLING)
        elif step == "report":
            report.write(state, export.SEEDLING, args.threads)


def _rows(state: Path, tokens: int) -> None:
    """Render enough rows for `tokens` tokens: short ones from the first documents, long ones from the last."""
    folder = state / "rows"
    folder.mkdir(exist_ok=True)
    words = Tokenizer.from_file(str(state / "tokenizer.json"))
    documents = list(corpus.read(state / "corpus" / "train.jsonl"))
    for length, share, order in ((train.SHORT, 0.85, documents), (train.LONG, 0.15, documents[::-1])):
        path = folder / f"train-{length}.npy"
        if not path.exists():
            rows = lessons.rows(order, words, length, int(tokens * share) // length, seed=length)
            lessons.np.save(path, rows)
            sys.stderr.write(f"seedling: {rows.size:,} tokens in rows of {length}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m seedling", description="Train idiolect's embedded base model from scratch.")
    parser.add_argument("steps", nargs="*", choices=[*STEPS, []], help="the steps to run (default: all)")
    parser.add_argument("--state", type=Path, default=HERE.parent / ".seedling", help="where downloads, rows and checkpoints lie")
    parser.add_argument("--held-out-repos", type=Path, nargs="*", default=[], help="git folders of the repositories in held_out.txt")
    parser.add_argument("--tokens", type=int, default=20_000_000, help="tokens to render; training goes round again where it needs more")
    parser.add_argument("--stable", type=int, default=1600, help="steps at the full rate")
    parser.add_argument("--fall", type=int, default=600, help="steps of the fall to zero")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
