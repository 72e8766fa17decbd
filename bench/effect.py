"""What each group of lessons adds: rows of the same base at equal tokens, on later code, over seeds.

Training on anybody's code improves a small model. So the gain that counts is over the `placebo`: the same base, the same number of
tokens to read and seeds, the same languages in the same shares, but raw text and holes of other people's code that the base never saw.
The line to beat is `naive`: what most teams do first (bench/naive.py), at the best of three learning rates by its own validation. The
probes are what the repository's authors wrote after the cut. Each row is also judged where it should help: by what the answers of its
own makers' lessons cost, of files that were held out and of what was written after the cut; no row but naive stops by any of these, and
none is asked what stands in what any row has read. The intervals are paired bootstraps over files and seeds.

    python bench/effect.py --repo ../shop --json           # every row, three seeds
    python bench/effect.py --quick --json                  # one seed, no groups: at most 20 minutes on two cores
    python bench/effect.py --quick --strangers ../other    # and how much of a kind's gain is its form, whoever wrote it

All rows of one seed come before those of the next, and what was trained and asked is kept in `.bench/effect`: a comparison that was
broken off goes on where it stood. With other code of idiolect's, or of the benchmark's, it begins anew.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import answering
import click
import effect_text
from answering import Answers
from effect_ground import ENOUGH, GROUPS, PLAIN, ROOT, Ground, Made, chosen, code, cut_of, group_of, maker_of, prepared, workspace

from idiolect import evaluate, export, measure, recipe, registry, samples, serve, train
from idiolect.cli import ended
from idiolect.dataset.makers import MAKERS
from idiolect.evaluate.probes import file_of
from idiolect.files import digest_json, read_json, write_json
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Model, Sample

TOKENS, QUICK_TOKENS = 600_000, 200_000
SEEDS, QUICK_SEEDS = 3, 1
HOLES, FEWER_FILLS = 30, 100
"""Of the probes, those that are asked as holes, and priced with both sides where not much may be: asking takes as long as training."""
LONGEST = 2000
"""Tokens of a conversation that is priced where groups are judged: edits come with their files. Else those that cost little."""
RATES = (0.001, 0.002, 0.004)
"""What the naive recipe may choose among."""
ROWS: dict[str, tuple[str, ...]] = {"raw": ("raw",), "raw+fim": PLAIN}
"""Makers at work in the rows of every table, beside `full`, where all are."""
STRANGERS = "raw+fim+strangers"
"""Our raw text and holes, and other people's lessons of every other kind: what is learned of the form of a lesson, whoever wrote it."""
COMPARED = ("placebo", "naive", "raw+fim", STRANGERS)
"""Rows that others are held against: asked all held-out samples, whatever they learned."""


@dataclass
class Trial:
    """One row of the table: lessons, and what became of the models that learned them, a model for each seed."""

    name: str
    makers: Collection[str]
    """Makers by whose held-out samples it is judged: its own, of a group those that it adds to raw text and holes."""
    answers: list[Answers]
    metrics: dict[str, Any] = field(default_factory=dict)
    """Of its last training."""

    def learned(self, *phases: str) -> int:
        """Tokens that the loss was taken on, of some phases."""
        found: dict[str, Any] = self.metrics.get("phases", {})
        return sum(found[phase]["supervised"] for phase in phases if phase in found)


def asked(ground: Ground, found: recipe.Recipe, gguf: Model, makers: Collection[str] = ()) -> Answers:
    """Price every probe and held-out sample of these makers (default: of all) on the file, and fill the first holes over HTTP.

    Probes come in the order of their ids. A file that was asked the same before is not asked again.
    """
    file, renderer = Path(gguf.folder) / gguf.file, Renderer.load(Path(gguf.folder))
    held_out = [one for one in ground.held_out if not makers or maker_of(one) in makers]
    longest = LONGEST if ground.much else measure.CONTEXT
    key = digest_json([gguf.digest, longest, [one.id for one in ground.probes], [one.id for one in held_out]])
    kept = workspace(ground, "answers").folder / f"{key[:32]}.json"
    if kept.exists():
        return Answers.of(read_json(kept))
    prices = measure.bits(file, renderer, ground.probes)
    own = answering.taught(file, renderer, held_out, longest)
    fills = answering.filled(file, renderer, ground.probes if ground.much else ground.probes[:FEWER_FILLS])
    with serve.serve(found, gguf, port=0) as url:
        answers = Answers(prices, evaluate.fim_exact(url, renderer, ground.probes[:HOLES]), own, fills)
    write_json(kept, asdict(answers))
    return answers


def trained(found: recipe.Recipe, lessons: Run) -> tuple[Model, dict[str, Any]]:
    """The adapter of one training, and what its run measured."""
    adapter = train.train(found, found.models[0], lessons)
    runs = [one for one in registry.runs(found) if one.done and one.stage == "train"]
    return adapter, next(one.metrics for one in runs if one.info["model"]["digest"] == adapter.digest)


def learn(ground: Ground, one: Trial, lessons: Run, seed: int, **settings: Any) -> None:
    """Train, export and ask a row's model of one seed."""
    found = workspace(ground, one.name, seed, **settings)
    adapter, metrics = trained(found, lessons)
    gguf = export.export(found, found.models[0].base, adapter)
    one.answers.append(asked(ground, found, gguf, () if one.name in COMPARED else one.makers))
    one.metrics = metrics
    click.echo(f"{one.name}, seed {seed}: {_bits_per_byte(one.answers[-1].prices.values()):.4f} bits per byte", err=True)


def tried_rates(ground: Ground, lessons: Run) -> dict[float, float]:
    """The loss of the naive recipe on its own validation by learning rate, tried at a quarter of the tokens."""
    losses = {}
    for rate in RATES:
        _, metrics = trained(workspace(ground, "naive", tokens=ground.tokens // 4, rate=rate), lessons)
        losses[rate] = metrics["loss"]["best"]
    click.echo("naive: " + ", ".join(f"{rate:g} gives {loss:.3f}" for rate, loss in losses.items()), err=True)
    return losses


def row(ground: Ground, one: Trial, against: Mapping[str, Trial]) -> dict[str, Any]:
    """One line of the table; gains are in bits per byte, positive where this row is better than the other one under the same seed."""

    def over(name: str, what: str = "prices") -> dict[str, Any]:
        mine, theirs = ([getattr(answers, what) for answers in trial.answers] for trial in (one, against[name]))
        return gain(mine, theirs, [probe for probe in ground.probes if probe.id in mine[0]])

    fair = ground.held_out if one.name != "naive" else [sample for sample in ground.held_out if sample.id in ground.fresh]
    own = [sample for sample in fair if maker_of(sample) in one.makers and sample.id in one.answers[0].own]
    groups: dict[str, list[Sample]] = {}
    for sample in own if one.name == "full" else ():
        groups.setdefault(group_of(maker_of(sample)), []).append(sample)
    by_seed = [_bits_per_byte(answers.prices.values()) for answers in one.answers]
    return {
        "name": one.name,
        "seeds": len({id(answers) for answers in one.answers}),
        "tokens": one.metrics.get("tokens", 0),
        "learned": one.learned("pretrain", "instruct"),
        "learned_of_conversations": one.learned("instruct"),
        "own_bits_per_byte": _mean(by_seed),
        "own_bits_per_byte_by_seed": by_seed,
        "fim_exact_match": _mean([_mean([*answers.exact.values()]) for answers in one.answers]),
        "gain_over_placebo": over("placebo"),
        "gain_over_naive": over("naive"),
        "fill_bits_per_byte": _mean([_bits_per_byte(answers.fills.values()) for answers in one.answers]),
        "fill_gain_over_placebo": over("placebo", "fills"),
        "fill_gain_over_naive": over("naive", "fills"),
        "own_kinds": sorted({sample.kind for sample in own}),
        **taught(one, own, against),
        "by_group": {name: taught(one, found, against) for name, found in sorted(groups.items())},
    }


def taught(one: Trial, own: Sequence[Sample], against: Mapping[str, Trial]) -> dict[str, Any]:
    """How a row does at some held-out samples; undecided where they are few."""
    found: dict[str, Any] = {"own_kind_samples": len(own), "own_kind_bits_per_byte": None}
    if len(own) >= ENOUGH:
        found["own_kind_bits_per_byte"] = _bits_per_byte([answers.own[sample.id] for answers in one.answers for sample in own])
    mine = [answers.own for answers in one.answers]
    for name in ("placebo", "raw+fim", STRANGERS):
        if name in against:
            theirs = [answers.own for answers in against[name].answers]
            shown = name.removeprefix("raw+fim+").replace("+", "_")  # as keys of JSON are spelled
            found[f"own_kind_gain_over_{shown}"] = gain(mine, theirs, own) if len(own) >= ENOUGH else "undecided"
    return found


def gain(
    mine: Sequence[Mapping[str, measure.Price]], theirs: Sequence[Mapping[str, measure.Price]], of: Sequence[Sample]
) -> dict[str, Any]:
    """By how many bits per byte the first are cheaper than the second, seed by seed."""
    terms = [
        measure.Term(file_of(one), other[one.id].bits - ours[one.id].bits, ours[one.id].bytes, seed)
        for seed, (ours, other) in enumerate(zip(mine, theirs, strict=True))
        for one in of
    ]
    return measure.interval(terms).model_dump()


def _bits_per_byte(prices: Iterable[measure.Price]) -> float:
    found = list(prices)
    return sum(price.bits for price in found) / sum(price.bytes for price in found)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def rows_of(ground: Ground, made: Made, groups: Sequence[str]) -> Iterator[tuple[Trial, Run]]:
    """The rows of our own lessons: without those of a group of which this repository gives nothing."""
    there = {maker_of(one) for one in samples.read(made.every.folder, "train")}
    for name, makers in ROWS.items():
        yield Trial(name, makers, []), chosen(workspace(ground, name), (made.every, makers))
    for name in (one for one in groups if not there.isdisjoint(GROUPS[one])):
        yield Trial(f"raw+fim+{name}", GROUPS[name], []), chosen(workspace(ground, name), (made.every, (*PLAIN, *GROUPS[name])))
    talking = MAKERS.keys() - {*PLAIN}
    if made.strange:
        yield Trial(STRANGERS, talking, []), chosen(workspace(ground, STRANGERS), (made.full, PLAIN), (made.strange, talking))
    yield Trial("full", MAKERS.keys(), []), chosen(workspace(ground, "all"), (made.full, MAKERS.keys()))


def run(ground: Ground, placebo_folder: Path, groups: Sequence[str]) -> dict[str, Any]:
    """The whole comparison."""
    begin = time.monotonic()
    made, gguf = prepared(ground, placebo_folder)
    cut = cut_of(made.full)
    base = Trial("base", MAKERS.keys(), [asked(ground, workspace(ground, "full"), gguf)] * ground.seeds)
    placebo, line = Trial("placebo", PLAIN, []), Trial("naive", ("fim", "near", "write"), [])
    losses = tried_rates(ground, made.naive)
    rates = {"naive": min(losses, key=lambda rate: losses[rate])}
    tried = [(placebo, made.placebo), (line, made.naive), *rows_of(ground, made, groups)]
    for seed in range(ground.seeds):
        for one, lessons in tried:
            learn(ground, one, lessons, seed, rate=rates.get(one.name))
    return {
        "repository": ground.repository.name,
        "commit": cut["head"],
        "cut": cut["commit"],
        "code": code(),
        "probes": len(ground.probes),
        "holes": len(base.answers[0].exact),
        "held_out": dict(Counter(group_of(maker_of(one)) for one in ground.held_out)),
        "naive_loss_by_rate": losses,
        "seconds": round(time.monotonic() - begin),
        "rows": [row(ground, one, {one.name: one for one, _ in tried}) for one in (base, *(one for one, _ in tried))],
    }


@click.command()
@click.option("--repo", type=click.Path(path_type=Path, exists=True), default=ROOT, show_default="idiolect's own")
@click.option("--placebo", type=click.Path(path_type=Path), default=ROOT / ".bench" / "placebo", help="Folder of other people's code.")
@click.option("--tokens", type=int, help=f"Tokens to train each row on; default {TOKENS:,}, with --quick {QUICK_TOKENS:,}.")
@click.option("--seeds", type=int, help=f"Models of each row; default {SEEDS}, with --quick {QUICK_SEEDS}.")
@click.option(
    "--group", "groups", type=click.Choice([*GROUPS]), multiple=True, help="Rows of these groups; default all, with --quick none."
)
@click.option(
    "--exclude", multiple=True, help="Glob of files to leave out of every row, such as a language of which the placebo has too little."
)
@click.option(
    "--strangers",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="Repository of other people: a row learns our raw text and holes, and their lessons of every other kind.",
)
@click.option("--after", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Share of the added lines to leave after the cut.")
@click.option("--quick", is_flag=True, help="Fewer tokens, one seed, no groups: at most 20 minutes on two cores.")
@click.option("--json", "as_json", is_flag=True)
def main(repo: Path, placebo: Path, quick: bool, as_json: bool, **asked_for: Any) -> None:
    """Print base, placebo, naive and the rows of our own lessons for a repository."""
    tokens = asked_for["tokens"] or (QUICK_TOKENS if quick else TOKENS)
    seeds = asked_for["seeds"] or (QUICK_SEEDS if quick else SEEDS)
    groups = asked_for["groups"] or (() if quick else tuple(GROUPS))
    ground = Ground(
        repo.absolute(), tokens, seeds, asked_for["exclude"], grouped=bool(groups), much=bool(groups or asked_for["strangers"]),
        after=asked_for["after"], strangers=[one.absolute() for one in asked_for["strangers"]],
    )  # fmt: skip
    found = run(ground, placebo.absolute(), groups)
    click.echo(json.dumps(found, indent=1) if as_json else effect_text.table(found))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
