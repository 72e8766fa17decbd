"""What tuning on a repository's own code adds to tuning on anybody's: base, placebo and full, on later code, over seeds.

Training on anybody's code improves a small model. So the gain that counts is `full` minus `placebo`: the same base, the same number of
tokens, steps and seeds, the same languages in the same shares, but other people's code that the base never saw. The probes are what
the repository's authors wrote after the cut. The interval is a paired bootstrap over files and seeds.

    python bench/effect.py --repo ../shop --json
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import placebo as others

from idiolect import dataset, evaluate, export, measure, recipe, registry, samples, serve, train
from idiolect.cli import ended
from idiolect.errors import DataError
from idiolect.evaluate.probes import file_of, pick, seen_index
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Model, Sample

ROOT = Path(__file__).parent.parent
TOKENS, QUICK_TOKENS = 600_000, 200_000
SEEDS = 3
MOST_PROBES = 300
MOST_HOLES = 60
"""Of the probes, those that are also asked as holes: writing answers costs more time than training does."""
ENOUGH = 50


class Answers(NamedTuple):
    """What one GGUF makes of every probe, by probe id."""

    prices: dict[str, measure.Price]
    exact: dict[str, float]


def workspace(repository: Path, row: str, tokens: int, seed: int) -> recipe.Recipe:
    """The recipe of one row and seed; rows of a kind share a folder, so that their lessons are made once."""
    values: dict[str, Any] = {
        "name": "effect",
        "effort": "quick",
        "source": [{"path": str(repository)}],
        "train": {"tokens": tokens, "epochs": 1000.0, "seed": seed},
        "export": {"types": ["F16"]},
    }
    folder = ROOT / ".bench" / "effect" / repository.name / row
    folder.mkdir(parents=True, exist_ok=True)
    return recipe.parse(values, folder=folder)


def asked(found: recipe.Recipe, gguf: Model, probes: Sequence[Sample]) -> Answers:
    """Price every probe on the file, and fill the first holes over HTTP; probes come in the order of their ids, which are hashes."""
    folder = Path(gguf.folder)
    renderer = Renderer.load(folder)
    prices = measure.bits(folder / gguf.file, renderer, probes)
    with serve.serve(found, gguf, port=0) as url:
        return Answers(prices, evaluate.fim_exact(url, renderer, probes[:MOST_HOLES]))


def tuned(found: recipe.Recipe, lessons: Run, probes: Sequence[Sample]) -> tuple[Answers, int]:
    """Train, export and ask; also the tokens that were trained on."""
    adapter = train.train(found, found.models[0], lessons)
    gguf = export.export(found, found.models[0].base, adapter)
    return asked(found, gguf, probes), registry.newest(found, "train").metrics["tokens"]


def row(name: str, probes: Sequence[Sample], mine: Sequence[Answers], placebo: Sequence[Answers], tokens: int) -> dict[str, Any]:
    """One line of the table; the gain is in bits per byte, positive where this row is better than the placebo of the same seed."""
    terms = [
        measure.Term(file_of(one), theirs.prices[one.id].bits - ours.prices[one.id].bits, ours.prices[one.id].bytes, seed)
        for seed, (ours, theirs) in enumerate(zip(mine, placebo, strict=True))
        for one in probes
    ]
    return {
        "name": name,
        "seeds": len({id(one) for one in mine}),
        "tokens": tokens,
        "own_bits_per_byte": _mean([_bits_per_byte(one) for one in mine]),
        "fim_exact_match": _mean([sum(one.exact.values()) / len(one.exact) for one in mine]),
        "gain_over_placebo": measure.interval(terms).model_dump(),
    }


def _bits_per_byte(answers: Answers) -> float:
    return sum(price.bits for price in answers.prices.values()) / sum(price.bytes for price in answers.prices.values())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def run(repository: Path, placebo_folder: Path, tokens: int, seeds: int) -> dict[str, Any]:
    """The whole comparison."""
    begin = time.monotonic()
    full = [workspace(repository, "full", tokens, seed) for seed in range(seeds)]
    placebo = [workspace(repository, "placebo", tokens, seed) for seed in range(seeds)]
    lessons = dataset.build(full[0])
    gguf = export.export(full[0], full[0].models[0].base)
    probes, _ = pick(samples.read(lessons.folder, "time"), MOST_PROBES, Renderer.load(Path(gguf.folder)), seen_index())
    if len(probes) < ENOUGH:
        raise DataError(
            f"{len(probes)} probes were written after the cut, and {ENOUGH} are needed", where=str(repository), next="name a longer history"
        )
    substitute = others.lessons(placebo[0], placebo_folder, sizes(lessons))
    base = asked(full[0], gguf, probes)
    own, other, used = [], [], 0
    for seed in range(seeds):
        answers, used = tuned(placebo[seed], substitute, probes)
        other.append(answers)
        answers, used = tuned(full[seed], lessons, probes)
        own.append(answers)
        click.echo(f"seed {seed}: placebo {_bits_per_byte(other[-1]):.4f}, full {_bits_per_byte(own[-1]):.4f} bits per byte", err=True)
    cut = next(iter(lessons.metrics["cuts"].values()))
    return {
        "repository": repository.name,
        "commit": cut["head"],
        "cut": cut["commit"],
        "probes": len(probes),
        "holes": len(base.exact),
        "seconds": round(time.monotonic() - begin),
        "rows": [
            row("base", probes, [base] * seeds, other, 0),
            row("placebo", probes, other, other, used),
            row("full", probes, own, other, used),
        ],
    }


def sizes(lessons: Run) -> dict[str, int]:
    """Distinct bytes of the training files, by language: what the placebo must match within 5 %."""
    found: Counter[str] = Counter()
    for one in samples.read(lessons.folder, "train", ["raw"]):
        found[one.labels["language"][0]] += len((one.answer or "").encode())
    return dict(found)


def text(found: dict[str, Any]) -> str:
    """The table in Markdown."""
    lines = [
        f"{found['repository']} at {found['commit'][:12]}, cut at {found['cut'][:12]}: {found['probes']} probes, "
        f"{found['holes']} of them asked as holes; {found['seconds']} s",
        "",
        "| row | seeds | tokens | own bits per byte | FIM exact match | gain over placebo (95 %) |",
        "|---|---|---|---|---|---|",
    ]
    for one in found["rows"]:
        gain = one["gain_over_placebo"]
        interval = f"{gain['value']:+.4f} ({gain['low']:+.4f} to {gain['high']:+.4f})" if one["name"] != "placebo" else "0"
        cells = [
            one["name"],
            str(one["seeds"]),
            f"{one['tokens']:,}",
            f"{one['own_bits_per_byte']:.4f}",
            f"{one['fim_exact_match']:.3f}",
            interval,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


@click.command()
@click.option("--repo", type=click.Path(path_type=Path, exists=True), default=ROOT, show_default="idiolect's own")
@click.option("--placebo", type=click.Path(path_type=Path), default=ROOT / ".bench" / "placebo", help="Folder of other people's code.")
@click.option("--tokens", type=int, default=None, help=f"Tokens to train each row on; default {TOKENS:,}, with --quick {QUICK_TOKENS:,}.")
@click.option("--seeds", type=int, default=SEEDS, show_default=True)
@click.option("--quick", is_flag=True, help="Fewer tokens: at most 20 minutes on two cores.")
@click.option("--json", "as_json", is_flag=True)
def main(repo: Path, placebo: Path, tokens: int | None, seeds: int, quick: bool, as_json: bool) -> None:
    """Print base, placebo and full for a repository."""
    found = run(repo.absolute(), placebo.absolute(), tokens or (QUICK_TOKENS if quick else TOKENS), seeds)
    click.echo(json.dumps(found, indent=1) if as_json else text(found))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
