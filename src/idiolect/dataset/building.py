"""The build, step by step: read, dedupe, split, make, merge, balance, probe, write, guard."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from idiolect import pack, registry, samples, sources, syntax
from idiolect.dataset import admission, balance, benchmarks, card, dividing, guard, leaks, lessons, reading, scrubbing, splits
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.lessons import SIDES
from idiolect.dataset.reading import Material
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.dataset.splits import Side
from idiolect.errors import RecipeError
from idiolect.files import digest_file
from idiolect.pack import Pack
from idiolect.recipe import Recipe, Source
from idiolect.registry import Run
from idiolect.scrub import Scrubber
from idiolect.sources.gitread import Repository
from idiolect.types import SPLITS, Change, Document, Dropped, Sample, Split

VERSION = 3
"""Goes up whenever the same input gives other samples."""

Opened = Sequence[tuple[Source, Repository]]
Makes = Callable[[Sequence[Document | Change]], list[Sample]]


def build(recipe: Recipe) -> Run:
    """Make the dataset of a recipe; the same recipe and commits give the same rows, and a finished run is returned as it is."""
    if not recipe.sources:
        raise RecipeError("names no source", next="add a [[source]] with the path of a repository")
    packs = [pack.load(name, recipe.folder) for name in recipe.packs]
    places = [recipe.folder / source.path for source in recipe.sources]
    opened = list(zip(recipe.sources, sources.all_opened(places, recipe.cache), strict=True))
    languages = [language for one in packs for language in one.languages]
    inputs = _inputs(recipe, opened) | benchmarks.digests(benchmarks.files(recipe.folder, recipe.dataset.benchmarks))
    with (
        syntax.reading(recipe.cache, languages),
        registry.begin(recipe, "dataset", version=VERSION, values=_values(recipe), inputs=inputs) as run,
    ):
        if not run.done:
            _build(recipe, opened, packs, run)
    return run


def _values(recipe: Recipe) -> dict[str, Any]:
    """The keys that decide what the dataset holds; where a source or a benchmark stands does not."""
    named = [source.model_dump(mode="json", exclude={"path"}) for source in recipe.sources]
    scrub = Scrubber(scrubbing.known(recipe)).digest
    settings = recipe.dataset.model_dump(mode="json", exclude={"benchmarks"})
    return {"dataset": settings, "sources": named, "packs": list(recipe.packs), "scrub": scrub}


def _inputs(recipe: Recipe, opened: Opened) -> dict[str, str]:
    """Of each source HEAD, which is all that is ever read, and whether objects lack; of a pack in a folder its code."""
    inputs = {}
    for source, repository in opened:
        state = [word for word in ("shallow", "partial") if getattr(repository.notes, word)]
        inputs[f"source:{source.name}"] = " ".join([repository.head, *state])
    folders = [name for name in recipe.packs if name.startswith((".", "/"))]
    return inputs | {f"pack:{name}": digest_file(recipe.folder / name / "pack.py") for name in folders}


def _build(recipe: Recipe, opened: Opened, packs: Sequence[Pack], run: Run) -> None:
    started = time.monotonic()
    funnel = Funnel()
    people = scrubbing.authors(repository for _, repository in opened)
    scrubs = Scrubbing(Scrubber(scrubbing.known(recipe), people))
    materials = []
    for source, repository in opened:
        materials.append(reading.read(source, repository, recipe.dataset, funnel, scrubs, admission.linters(packs)))
        _say(_about(materials[-1]))
    kept, divided = dividing.divided(materials, recipe.dataset.held_out, funnel)
    _say(f"{len(kept):,} different files and {sum(len(one.changes) for one in materials):,} commits to make lessons of")
    make = partial(lessons.make, packs=packs, funnel=funnel, scrubbing=scrubs)
    made = _without_benchmarks(_made(materials, kept, divided, make, funnel), recipe, funnel)
    made["train"] = list(funnel.sift("balance", "samples", balance.cap(made["train"], recipe.dataset.max_source_share)))
    if not made["train"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(funnel.dropped()).most_common(6))
        raise RecipeError(
            f"there is nothing to learn from ({reasons or 'no files'})", next="name a source with more code, or widen its include"
        )
    candidates = dividing.candidates(materials, kept, divided, recipe.dataset.candidates)
    probes = list(funnel.sift("probes", "candidates", _probes(candidates, made, scrubs)))
    together: dict[Split, Sequence[Sample]] = {"train": made["train"], "validation": made["validation"]}
    together |= {split: [probe for test, probe in probes if test == split] for split in guard.TESTS}
    _say(f"{len(made['train']):,} lessons, {len(made['validation']):,} for validation, {len(probes)} probes; searching them for leaks")
    _write(run, together, funnel)
    guard.check(run.folder)
    metrics = _metrics(materials, kept, divided, together, funnel) | {"leaks": 0, "searched": len(probes), "scrubbed": scrubs.metrics()}
    metrics["seconds"] = round(time.monotonic() - started, 1)
    card.write(run.folder, metrics, together, (Dropped(**_row(row)) for row in funnel.rows), name=recipe.name)
    run.finish(metrics)


def _made(
    materials: Sequence[Material], kept: Iterable[Document], divided: splits.Splits, make: Makes, funnel: Funnel
) -> dict[Side, list[Sample]]:
    """The lessons of each side, sources in the order of the recipe."""
    files: dict[tuple[str, Side], list[Document | Change]] = defaultdict(list)
    for document in kept:
        files[document.source, divided.side(document.source, document.path)].append(document)
    made: dict[Side, list[Sample]] = {side: [] for side in SIDES}
    for material in materials:
        name = material.source.name
        for side, change in funnel.sift("split", "commits", lessons.sided(material.changes, divided)):
            files[name, side].append(change)
        for side in SIDES:
            made[side] += lessons.weighted(make(files.pop((name, side), [])), material.source)
        material.changes = []
    return {side: list(funnel.sift("merge", "samples", found)) for side, found in lessons.merged(made).items()}


def _without_benchmarks(made: Mapping[Side, Sequence[Sample]], recipe: Recipe, funnel: Funnel) -> dict[Side, list[Sample]]:
    """The lessons that hold nothing of the public benchmarks that the recipe names."""
    passages = [one for path in benchmarks.files(recipe.folder, recipe.dataset.benchmarks) for one in benchmarks.read(path)]
    if not passages:
        return {side: list(found) for side, found in made.items()}
    return {side: list(funnel.sift("decontaminate", "samples", benchmarks.without(found, passages))) for side, found in made.items()}


def _probes(
    candidates: Sequence[tuple[Split, Sample]], made: Mapping[Side, Sequence[Sample]], scrubs: Scrubbing
) -> Iterator[tuple[Split, Sample] | Dropped]:
    """The candidates of every test set that held no secret, stand in no lesson and are not the same as one before."""
    training = (text for side in SIDES for sample in made[side] for text in leaks.texts(sample))
    leaking = leaks.leaking([probe.answer or "" for _, probe in candidates], training)
    seen: set[str] = set()
    for place, (split, probe) in enumerate(candidates):
        text = leaks.normal(probe.answer or "")
        secret = "secret-in-answer" if scrubs.teaches(probe) else ""
        reason = secret or leaking.get(place, "duplicate-probe" if text in seen else "")
        seen.add(text)
        yield Dropped(reason=reason, what=_where(probe), source=probe.origins[0].source) if reason else (split, probe)


def _where(probe: Sample) -> str:
    span = probe.origins[0]
    return f"{span.path}:{span.start}-{span.end}"


def _write(run: Run, together: Mapping[Split, Sequence[Sample]], funnel: Funnel) -> None:
    for split in SPLITS:  # of a build that was broken off
        shutil.rmtree(run.path(split), ignore_errors=True)
    for split, found in together.items():
        samples.write(run.folder, split, found)
    funnel.write(run.path("dropped.jsonl"))


def _metrics(
    materials: Sequence[Material],
    kept: Sequence[Document],
    divided: splits.Splits,
    together: Mapping[Split, Sequence[Sample]],
    funnel: Funnel,
) -> dict[str, Any]:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for split, found in together.items():
        for kind, count in sorted(Counter(sample.kind for sample in found).items()):
            counts[kind][split] = count
    learned = [one for one in kept if divided.side(one.source, one.path) == "train"]
    languages: dict[str, dict[str, int]] = {
        one.language: {"documents": 0, "bytes": 0} for one in sorted(learned, key=lambda one: one.language)
    }
    for one in learned:
        languages[one.language]["documents"] += 1
        languages[one.language]["bytes"] += len(one.data)
    sifted = funnel.steps["probes"]
    return {
        "documents": len(kept),
        "bytes": sum(len(one.data) for one in kept),
        "languages": languages,
        "splits": dividing.sizes(kept, divided),
        "samples": dict(sorted(counts.items())),
        "probes": {"kept": sifted.kept, "dropped": dict(sorted(sifted.dropped.items()))},
        "dropped": funnel.dropped(),
        "funnel": funnel.table(),
        "cuts": {one.source.name: asdict(one.cut) for one in materials},
        "admission": {one.source.name: one.admission for one in materials},
        "signals": {one.source.name: one.signals for one in materials if one.signals},
        "remarks": {one.source.name: one.remarks for one in materials if one.remarks},
    }


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: row[name] for name in Dropped.model_fields}


def _about(material: Material) -> str:
    """A source in one line."""
    when = time.strftime("%Y-%m-%d", time.gmtime(material.cut.time)) if material.cut.time else "no day"
    after = f"{material.cut.candidates} candidates after it" if material.cut.candidates else f"no time probes: {material.cut.note}"
    said = "".join(f"; {remark}" for remark in material.remarks)
    return f"{material.source.name}: {len(material.documents):,} files at {material.cut.commit[:12]} of {when}, {after}{said}"


def _say(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"dataset: {text}\n")
    sys.stderr.flush()
