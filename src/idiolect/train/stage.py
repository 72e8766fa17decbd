"""The stage: from a recipe and a dataset run to an adapter in the registry."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

import peft
import torch
import transformers

from idiolect import general, hardware, plots, registry, samples, vocabulary, weights
from idiolect.errors import DataError, DigestError, ResourceError
from idiolect.files import digest_file, write_jsonl, write_text
from idiolect.recipe import ModelRecipe, Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.train import attention, card, control, plan, report
from idiolect.train.data import Shelf, answers, draw, pack, shelve, steps, validation
from idiolect.train.fit import Course, Progress, fit
from idiolect.train.plan import REHEARSAL, Budget, PhaseName, Settings, Shape
from idiolect.train.report import say, spell
from idiolect.train.step import Batch, Learner, batch
from idiolect.types import Kind, Model, Sample, Split

VERSION = 6
PRETRAIN: tuple[Kind, ...] = ("raw", "fim")
"""Kinds of the first phase."""
_INSTRUCT: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind not in PRETRAIN)
_PROBED = 3
"""Passes of the speed probe; the first only warms up."""
_EVALUATION_COST = 0.4
"""Of a token that is only read, against one that is learned from."""


@dataclass(frozen=True)
class Base:
    """The base model of a run, found but not loaded."""

    folder: Path
    name: str
    """As the recipe says it."""
    digest: str
    shape: Shape


@dataclass(frozen=True)
class Shelves:
    """Rendered lessons by what they are for."""

    pretrain: Shelf
    instruct: Shelf
    replay: Shelf
    validation: Shelf


def train(recipe: Recipe, model: ModelRecipe, lessons: Run) -> Model:
    """See `idiolect.train.train`."""
    model.must_know(lessons.metrics.get("vocabulary", {}))
    folder = weights.resolve(model.base, recipe.folder)
    base = Base(folder, model.base, weights.digest(folder), plan.shape(folder))
    values = {"effort": recipe.effort, "train": recipe.train.model_dump(mode="json"), "model": model.model_dump(mode="json")}
    inputs = {"dataset": lessons.key, "base": base.digest}
    if recipe.train.replay:
        inputs["general"] = general.digest(recipe)
    with registry.begin(recipe, "train", version=VERSION, values=values, inputs=inputs) as run:
        if not run.done:
            with hardware.kept_heap():
                _train(recipe, model, lessons, base, run)
        return _stored(recipe, run)


def _stored(recipe: Recipe, run: Run) -> Model:
    """The adapter of a finished run, where it lies now."""
    made = run.info["model"]
    found = [one for one in registry.models(recipe) if (one.name, one.digest) == (made["name"], made["digest"])]
    if not found:
        raise DigestError(
            f"the adapter {made['digest'][:12]} of {run.name} is gone",
            where=str(recipe.home / "models" / made["name"]),
            next=f"delete {run.folder} to train it again",
        )
    return found[0]


def _train(recipe: Recipe, model: ModelRecipe, lessons: Run, base: Base, run: Run) -> None:
    begun = time.monotonic()
    hardware.forget_peak()
    found = hardware.survey(run.folder)
    if not any(run.path("checkpoints").glob("step-*")):
        run.path("compute.json").unlink(missing_ok=True)  # nothing depends on it yet, and memory may be free now that was not
    compute = hardware.frozen(run.path("compute.json"), found)
    renderer = Renderer.load(base.folder)
    shelves = _shelves(recipe, model, lessons, renderer, plan.length(recipe, base.shape))
    write_jsonl(run.path("dropped.jsonl"), [one.model_dump() for one in (*shelves.pretrain.dropped, *shelves.instruct.dropped)])
    budget = _budget(recipe, shelves)
    shelves.pretrain.texts = [*answers(shelves.pretrain.texts, plan.whole(budget.epochs))]
    settings = plan.settings(recipe, base.shape, budget.tokens, compute)
    course = _course(recipe, shelves, budget, settings)
    _check_disk(base, settings, found.disk, run.folder)
    learner = Learner(weights.load(base.folder, compute.dtype, attention=attention.choose(compute.device)), settings, compute.device)
    said = _announce(learner, course, settings, base, compute)
    ended = fit(learner, course, settings, run.folder)
    saved = _saved(recipe, model, base, renderer, learner, ended)
    metrics = _metrics(course, shelves, budget, ended, said, time.monotonic() - begun)
    kept = [shelves.pretrain, shelves.instruct]
    metrics |= {
        "learned": card.learned(kept),
        "lengths": card.lengths(kept),
        "vocabulary": vocabulary.measured(recipe, lessons.folder, renderer),
    }
    write_text(run.path("README.md"), card.page(model.name, base.name, metrics))
    _plot(run, metrics["lengths"])
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    made = saved.model_dump(mode="json", exclude={"folder"})
    run.finish(metrics, model=made, settings=vars(settings), compute=vars(compute), seed=settings.seed, versions=versions)
    shutil.rmtree(run.path("checkpoints"), ignore_errors=True)
    _compare(metrics)


def _shelves(recipe: Recipe, model: ModelRecipe, lessons: Run, renderer: Renderer, length: int) -> Shelves:
    """Read and render what this model learns; nothing to learn is a DataError."""
    learned = {"pretrain": Shelf(), "instruct": Shelf()}
    for name, kinds in (("pretrain", PRETRAIN), ("instruct", _INSTRUCT)):
        wanted = [kind for kind in kinds if not model.kinds or kind in model.kinds]
        if wanted:
            render = partial(renderer.lesson, whole=name == "pretrain")
            learned[name] = shelve(_chosen(model, lessons, "train", wanted), render, length, min(plan.HOLE, length))
    _check_lessons(learned, length, lessons)
    if left := sum(one.reason == "too long" for shelf in learned.values() for one in shelf.dropped):
        say(f"{left:,} lessons are longer than {length:,} tokens by their answer and what it stands on, and left out; raise [train] length")
    judged = shelve(_chosen(model, lessons, "validation", model.kinds), renderer.lesson, length)
    again: Iterable[Sample] = general.replay(recipe) if recipe.train.replay else ()
    replay = shelve(again, renderer.lesson, length)
    if recipe.train.replay and not replay.texts:
        say("no general code is installed here to replay; what the base knew may fade")
    if not judged.texts:
        say("there are no validation lessons: the adapter of the last step is kept, not the best")
    return Shelves(learned["pretrain"], learned["instruct"], replay, judged)


def _chosen(model: ModelRecipe, lessons: Run, split: Split, kinds: Collection[Kind]) -> Iterator[Sample]:
    """The lessons of a split that this model learns, half of them told of their labels."""
    names = {*lessons.metrics.get("vocabulary", ()), *lessons.metrics.get("told", ())}
    for sample in samples.read(lessons.folder, split, kinds):
        if control.wanted(sample, model.labels):
            yield control.controlled(sample, names)


def _check_lessons(learned: Mapping[str, Shelf], length: int, lessons: Run) -> None:
    """Refuse lessons from which nothing can be learned, and say why."""
    if any(shelf.texts for shelf in learned.values()):
        return
    dropped = [one for shelf in learned.values() for one in shelf.dropped]
    where = str(lessons.folder)
    if not dropped:
        raise DataError(
            "there is no lesson of the kinds that this model learns", where=where, next="widen [[model]] kinds or labels, or add sources"
        )
    if all(one.reason == "too long" for one in dropped):
        raise DataError(f"every lesson is longer than {length} tokens", where="[train] length", next="raise it")
    raise DataError(
        f"none of {len(dropped):,} lessons has a token to learn from", where=where, next="run `idiolect dataset` again; weights may be zero"
    )


def _budget(recipe: Recipe, shelves: Shelves) -> Budget:
    replay = recipe.train.replay if shelves.replay.texts else 0.0
    return plan.budget(recipe, shelves.pretrain.tokens, shelves.instruct.tokens, replay)


def _course(recipe: Recipe, shelves: Shelves, budget: Budget, settings: Settings) -> Course:
    """Put the lessons in order: one phase after the other, general code among both."""
    replay = recipe.train.replay
    rehearsal = REHEARSAL * (1 - replay)
    pretrain, instruct, again = shelves.pretrain.texts, shelves.instruct.texts, shelves.replay.texts
    mixtures: list[tuple[PhaseName, int, list[tuple[Sequence[Any], float]]]] = [
        ("pretrain", budget.pretrain, [(pretrain, 1 - replay), (again, replay)] if pretrain else []),
        ("instruct", budget.instruct, [(instruct, 1 - replay - rehearsal), (again, replay), (pretrain, rehearsal)] if instruct else []),
    ]
    order = []
    for phase, tokens, shares in mixtures:
        seed = f"{settings.seed}/{phase}"
        packs = pack(draw(shares, tokens, seed), settings.batch_tokens, seed)
        order += steps(phase, packs, settings.step_tokens)
    judged = validation(shelves.validation.texts, settings.validation_tokens, settings.batch_tokens, f"{settings.seed}/validation")
    return Course(tuple(order), cast("Mapping[str, Any]", judged))


def _check_disk(base: Base, settings: Settings, free: int, where: Path) -> None:
    """Three checkpoints of four adapters each, and the adapter itself, must have room, before anything is trained."""
    needed = 13 * 4 * plan.adapter_parameters(base.shape, settings.rank) >> 20
    if free < needed:
        raise ResourceError(
            f"checkpoints need about {needed:,} MiB of disk, and {free:,} MiB are free", where=str(where), next="free some space"
        )


def _announce(learner: Learner, course: Course, settings: Settings, base: Base, compute: hardware.Compute) -> dict[str, float]:
    """Print the plan with its cost before the first step; return the cost."""
    judged = sum(len(text) for packs in course.validation.values() for one in packs for text in one)
    speed = _speed(learner, [batch(one, learner.device) for one in course.steps[0].packs[:2]])
    seconds = (course.tokens + judged * (settings.evaluations + 1) * _EVALUATION_COST) / speed
    needed = plan.memory(base.shape, settings, compute)
    count = sum(one.numel() for one in learner.masters.values())
    size = f"{base.shape.parameters / 1e6:,.1f} M parameters"
    say(f"{base.name} ({size}), an adapter of rank {settings.rank} ({count / 1e6:.2f} M parameters)")
    for phase in dict.fromkeys(step.phase for step in course.steps):
        of_phase = [step for step in course.steps if step.phase == phase]
        tokens, learned = sum(step.tokens for step in of_phase), sum(step.supervised for step in of_phase)
        say(f"{phase}: {tokens:,} tokens, {learned:,} of them learned, in {len(of_phase):,} steps")
    say(f"learning rate {settings.learning_rate:g}; {judged:,} validation tokens, {settings.evaluations} times")
    where = compute.name or f"{compute.threads} threads"
    say(f"{compute.dtype} on {where}, {speed:,.0f} tokens/s; about {needed:,} MiB and {spell(seconds)}")
    return {"tokens_per_second": speed, "seconds": seconds, "memory": needed}


def _speed(learner: Learner, batches: Sequence[Batch]) -> float:
    """Tokens per second of the real step; its gradients are thrown away."""
    best = 0.0
    for turn in range(_PROBED):
        one = batches[turn % len(batches)]
        begun = time.perf_counter()
        learner.gradient([one])
        best = max(best, one.tokens / (time.perf_counter() - begun)) if turn else 0.0
    learner.optimizer.zero_grad()
    return best


def _saved(recipe: Recipe, model: ModelRecipe, base: Base, renderer: Renderer, learner: Learner, ended: Progress) -> Model:
    """Put the best adapter into the registry; one that learned nothing is a DataError."""
    if not any(bool(one.any()) for name, one in ended.best.items() if "lora_B" in name):
        raise DataError("the adapter did not change", where="[train] learning_rate", next="raise it, or give more lessons")
    with registry.model_folder(recipe) as building:
        file = learner.save(ended.best, building, base.name)
        (building / "README.md").unlink(missing_ok=True)  # peft's empty card
        adapter = Model(
            name=model.name, form="adapter", digest=digest_file(file), file=file.name, base=base.name, base_digest=base.digest,
            family=renderer.family.name, context=base.shape.context,
        )  # fmt: skip
        return registry.save_model(recipe, adapter, building)


def _metrics(
    course: Course, shelves: Shelves, budget: Budget, ended: Progress, said: Mapping[str, float], seconds: float
) -> dict[str, Any]:
    phases: dict[str, dict[str, int]] = {}
    for step in course.steps:
        row = phases.setdefault(step.phase, {"tokens": 0, "supervised": 0, "steps": 0})
        row["tokens"], row["supervised"], row["steps"] = row["tokens"] + step.tokens, row["supervised"] + step.supervised, row["steps"] + 1
    counts = {name: shelf.counts() for name, shelf in vars(shelves).items()}
    return {
        "phases": phases, "epochs": budget.epochs, "steps": len(course.steps), "samples": counts,
        "loss": {"base": _number(ended.first_loss), "best": _number(ended.best_loss), "step": ended.best_step},
        "tokens": course.tokens, "seconds": round(ended.seconds, 1), "seconds_in_all": round(seconds, 1),
        "tokens_per_second": round(ended.tokens / max(ended.seconds, 1e-9)), "memory": hardware.peak_memory(),
        "planned": {key: round(value) for key, value in said.items()},
    }  # fmt: skip


def _number(value: float) -> float | None:
    """JSON has no infinity."""
    return round(value, 6) if math.isfinite(value) else None


def _compare(metrics: Mapping[str, Any]) -> None:
    said, loss = metrics["planned"], metrics["loss"]
    say(
        f"took {spell(metrics['seconds'])} (said {spell(said['seconds'])}), {metrics['memory']:,} MiB (said {said['memory']:,}), "
        f"{metrics['tokens_per_second']:,} tokens/s"
    )
    if loss["base"] is None or loss["best"] is None:
        return
    say(f"validation loss {loss['base']:.3f} before, {loss['best']:.3f} at step {loss['step']} of {metrics['steps']}, which is kept")
    if loss["best"] >= loss["base"]:
        say("nothing was gained on the validation lessons; lower [train] learning_rate, or add sources")


def _plot(run: Run, lengths: Mapping[str, int]) -> None:
    """The curves beside their numbers, and the lengths that the card shows."""
    learned, judged = report.rows(run.path("metrics.jsonl")), report.rows(run.path("validation.jsonl"))
    series = {"training": [(row["step"], row["loss"]) for row in learned], "validation": [(row["step"], row["loss"]) for row in judged]}
    write_text(
        run.path("curves.svg"),
        plots.lines({name: found for name, found in series.items() if found}, title="Loss", x="step", y="nats per token"),
    )
    if lengths:
        write_text(
            run.path("lengths.svg"),
            plots.columns([*lengths.items()], title="Length", note="Texts of a pass by their tokens; each column up to its figure."),
        )
