"""Measure the exported seedling on packages it never saw, and write its model card."""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from idiolect.fingerprints import Fingerprints
from seedling import card
from seedling.corpus import Document, read
from seedling.lessons import encoder
from seedling.model import Seedling
from seedling.train import STEP_TOKENS

LANGUAGES = ("python", "ruby", "javascript", "typescript", "prose", "go")
WINDOW = 1024
WINDOWS = 40
HOLES = 150
FEWEST = 10
PIECES = 256
"""Tokens of new text, and as many of its pieces, in a row that measures copying."""
SEEN = 0.2
"""A test file with a larger share of known fingerprints is passed over."""


class Ruler:
    """The exported model in float32, and what measuring needs of it."""

    def __init__(self, folder: Path) -> None:
        self.model = Seedling()
        self.model.load_state_dict({n: w.float() for n, w in load_file(folder / "model.safetensors").items()})
        self.model.eval()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.encode, self.decode = encoder(tokenizer), tokenizer.decode

    @torch.inference_mode()
    def scores(self, ids: list[int], start: int) -> tuple[Tensor, Tensor]:
        """Return log-probability in nats and greedy hit (0 or 1) of every id from `start` on, given all before it."""
        row = torch.tensor([ids])
        logits = functional.linear(self.model.hidden(row[:, :-1])[0, start - 1 :], self.model.model.embed_tokens.weight)
        wanted = row[0, start:]
        return logits.log_softmax(-1).gather(1, wanted[:, None])[:, 0], (logits.argmax(-1) == wanted).float()


def bits_per_byte(ruler: Ruler, documents: list[Document]) -> float:
    """Return the bits per byte of the first `WINDOW` tokens of each document, after an end-of-text token."""
    nats = size = 0.0
    for document in documents:
        ids = ruler.encode(["<|endoftext|>", document.text[: 6 * WINDOW]])[:WINDOW]
        if len(ids) > 32:
            nats -= float(ruler.scores(ids, 1)[0].sum())
            size += len(ruler.decode(ids[1:]).encode())
    return nats / math.log(2) / size


def line_match(ruler: Ruler, documents: list[Document], rng: random.Random, whole: bool) -> float:
    """Return the share of lines that greedy fill-in-the-middle gives exactly, its end included (teacher-forced, so token for token).

    Asked for is a whole line behind its indentation (Bavarian et al. 2022, arXiv:2207.14255), or the rest of one from a place within it.
    """
    hits = []
    for document in documents:
        lines = document.text.splitlines(keepends=True)
        at = rng.choice([n for n, line in enumerate(lines) if len(line.strip()) >= 4])
        line = lines[at].rstrip()
        begin = len(line) - len(line.lstrip())
        if not whole:
            begin = rng.randint(begin + 1, len(line) - 1)
        prefix = ("".join(lines[:at]) + line[:begin])[-1500:]
        suffix = (lines[at][len(line) :] + "".join(lines[at + 1 :]))[:600]
        question = ruler.encode(["<|fim_prefix|>", prefix, "<|fim_suffix|>", suffix, "<|fim_middle|>"])
        answer = ruler.encode([line[begin:], "<|endoftext|>"])
        hits.append(bool(ruler.scores([*question, *answer], len(question))[1].all()))
    return sum(hits) / len(hits)


def copying(ruler: Ruler, documents: list[Document], rng: random.Random) -> dict[str, float]:
    """Return bits per token of new text, and of pieces of it that come again in another order (Olsson et al. 2022, arXiv:2209.11895)."""
    nats = {"new": 0.0, "again": 0.0}
    tokens = {"new": 0, "again": 0}
    for document in documents:
        new = ruler.encode(["<|endoftext|>", document.text[: 6 * PIECES]])[:PIECES]
        again: list[int] = []
        while len(new) == PIECES and len(again) < PIECES:
            size = rng.randint(6, 60)
            at = rng.randrange(1, PIECES - size)
            again += new[at : at + size]
        scores = ruler.scores([*new, *again], 1)[0]
        for name, part in (("new", scores[: len(new) - 1]), ("again", scores[len(new) - 1 :])):
            nats[name] -= float(part.sum())
            tokens[name] += len(part)
    return {name: round(nats[name] / math.log(2) / tokens[name], 2) for name in nats}


def measure(state: Path, folder: Path) -> dict[str, Any]:
    """Return the figures by language, and how well it copies."""
    ruler, rng = Ruler(folder), random.Random(0)
    pools = _unseen(state, Fingerprints.load(folder / "fingerprints.bin"))
    copied = copying(ruler, [document for pool in pools.values() for document in pool[:FEWEST]], rng)
    found = {}
    for language, pool in pools.items():
        rng.shuffle(pool)
        holes = [pool[n % len(pool)] for n in range(HOLES)]
        found[language] = {
            "files": len(pool),
            "bits_per_byte": round(bits_per_byte(ruler, pool[:WINDOWS]), 3),
            "line_exact_match": round(line_match(ruler, holes, rng, whole=True), 3),
            "rest_of_line_exact_match": round(line_match(ruler, holes, rng, whole=False), 3),
            "holes": len(holes),
        }
    return {"languages": found, "copying": copied}


def _unseen(state: Path, index: Fingerprints) -> dict[str, list[Document]]:
    """Files by language that share little with what was trained on; languages with only a few are left out."""
    pools: dict[str, list[Document]] = {language: [] for language in LANGUAGES}
    for document in read(state / "corpus" / "test.jsonl"):
        if document.language in pools and 500 < len(document.text) < 60_000 and index.share(document.text) < SEEN:
            pools[document.language].append(document)
    return {language: pool for language, pool in pools.items() if len(pool) >= FEWEST}


def write(state: Path, folder: Path, threads: int) -> None:
    """Print the figures as JSON and write `README.md` and `corpus.json` beside the weights."""
    torch.set_num_threads(threads)
    figures = measure(state, folder)
    facts = json.loads((state / "corpus" / "corpus.json").read_text(encoding="utf-8"))
    used = set(json.loads((state / "rows" / "used.json").read_text(encoding="utf-8")))
    run = torch.load(state / "checkpoint.pt", weights_only=True)
    last = {"tokens": run["step"] * STEP_TOKENS, "seconds": round(run["seconds"]), "plan": run["plan"]}
    sys.stdout.write(json.dumps({"tokens": last["tokens"], "seconds": last["seconds"], **figures}, indent=2) + "\n")
    (folder / "corpus.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(card.render(facts, used, figures, last), encoding="utf-8")
