"""The build, step by step: read, dedupe, split, make, merge, balance, write, probe, guard."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from idiolect import compute, pack, registry, rows, sources, syntax
from idiolect.dataset import (
    admission,
    benchmarks,
    card,
    dividing,
    examples,
    examples_apart,
    excerpts,
    finishing,
    guard,
    leaks,
    lengths,
    lessons,
    linting,
    reading,
    scrubbing,
    splits,
)
from idiolect.dataset.census import Census
from idiolect.dataset.finishing import Writer
from idiolect.dataset.funnel import Funnel, Ledger
from idiolect.dataset.labelling import Vocabulary, vocabulary
from idiolect.dataset.lessons import SIDES, Lessons, Portion
from idiolect.dataset.marking import Book, book
from idiolect.dataset.quality import warnings
from idiolect.dataset.reading import Material
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.dataset.splits import Side
from idiolect.dataset.workshop import Workshop
from idiolect.errors import RecipeError
from idiolect.files import digest_file
from idiolect.pack import Pack
from idiolect.recipe import Recipe, Source
from idiolect.registry import Run
from idiolect.scrub import Scrubber
from idiolect.sources import exports
from idiolect.sources.forgetting import named
from idiolect.sources.gitread import Repository
from idiolect.types import SPLITS, Document, Dropped, Sample, Split

VERSION = 16
"""Goes up whenever the same input gives other samples."""
_UNUSED = 30 * 86_400
"""Seconds after which results that no build asked for are deleted."""

Opened = Sequence[tuple[Source, Repository]]


def build(recipe: Recipe, engine: str = "processes") -> Run:
    """Make the dataset of a recipe on an engine (`compute.ENGINES`).

    The same recipe and commits give the same rows, on whatever engine, and a finished run is returned as it is.
    """
    if not recipe.sources:
        raise RecipeError("names no source", next="add a [[source]] with the path of a repository")
    packs = [pack.load(name, recipe.folder) for name in recipe.packs]
    vocabulary(recipe, packs)
    chosen = [source for source in recipe.sources if source.name not in named(recipe.dataset.without, "source")]
    if not chosen:
        raise RecipeError("every source is forgotten", next="take one out of `[dataset] without`, or add another [[source]]")
    repositories = [source for source in chosen if not rows.told(source, recipe.folder)]
    places = [recipe.folder / source.path for source in repositories]
    opened = list(zip(repositories, sources.all_opened(places, recipe.cache), strict=True))
    inputs = _inputs(recipe, opened) | benchmarks.digests(benchmarks.files(recipe.folder, recipe.dataset.benchmarks))
    with (
        syntax.reading(languages=[language for one in packs for language in one.languages]),
        registry.begin(recipe, "dataset", version=VERSION, values=_values(recipe), inputs=inputs) as run,
    ):
        if not run.done:
            store = compute.Store(recipe.cache / compute.FOLDER)
            with compute.engine(engine, store) as workers, closing(_workshop(recipe, opened, workers, store)) as workshop:
                _Build(recipe, opened, packs, workshop, run).go()
            store.tidy(unused=_UNUSED)
    return run


def _workshop(recipe: Recipe, opened: Opened, engine: compute.Engine, store: compute.Store) -> Workshop:
    people = scrubbing.authors(repository for _, repository in opened)
    codes = _codes(recipe) | {name: _version(name) for name in recipe.packs if not _is_folder(name)}
    return Workshop(engine, store, Scrubber(scrubbing.known(recipe), people), codes, recipe.folder.resolve())


def _version(name: str) -> str:
    """Of an installed pack, the version of what brought it."""
    points = (point for point in importlib.metadata.entry_points(group=pack.GROUP) if point.name == name)
    return next((point.dist.version for point in points if point.dist), "")


def _values(recipe: Recipe) -> dict[str, Any]:
    """The keys that decide what the dataset holds; where a source, an export or a benchmark stands does not."""
    told = [source.model_dump(mode="json", exclude={"path", "forge"}) for source in recipe.sources]
    scrub = Scrubber(scrubbing.known(recipe)).digest
    settings = recipe.dataset.model_dump(mode="json", exclude={"benchmarks"})
    labels = [one.model_dump(mode="json", by_alias=True) for one in recipe.labels]
    return {"dataset": settings, "sources": told, "labels": labels, "packs": list(recipe.packs), "scrub": scrub}


def _inputs(recipe: Recipe, opened: Opened) -> dict[str, str]:
    """Of each source HEAD, which is all that is ever read, whether objects lack, and its forge's exports; of a pack its code."""
    inputs = {}
    for source, repository in opened:
        state = [word for word in ("shallow", "partial") if getattr(repository.notes, word)]
        inputs[f"source:{source.name}"] = " ".join([repository.head, *state])
        told = exports.digests(exports.files(recipe.folder, source.forge))
        inputs |= {f"forge:{source.name}:{label}": digest for label, digest in told.items()}
    return inputs | examples.digests(recipe) | {f"pack:{name}": digest for name, digest in _codes(recipe).items()}


def _codes(recipe: Recipe) -> dict[str, str]:
    """Of each pack in a folder the digest of its code."""
    return {name: digest_file(recipe.folder / name / "pack.py") for name in recipe.packs if _is_folder(name)}


def _is_folder(name: str) -> bool:
    return name.startswith((".", "/"))


class _Build:
    """One build."""

    def __init__(self, recipe: Recipe, opened: Opened, packs: Sequence[Pack], workshop: Workshop, run: Run) -> None:
        self.recipe, self.opened, self.packs, self.workshop, self.run = recipe, opened, packs, workshop, run
        self.census, self.ledger = Census(), Ledger()
        self.funnel = workshop.funnel = Funnel(told=self._told)
        self.scrubs = Scrubbing(workshop.scrubber)
        self.book = Book(Vocabulary(recipe.labels, packs))
        self.examples: list[examples.Examples] = []
        """Rows."""
        self.seconds: dict[str, float] = {}
        """By the clock, of each step."""

    def _told(self, step: str, one: Dropped) -> None:
        self.ledger.add(step, one)
        self.census.drop(one)

    def go(self) -> None:
        """Read, dedupe, split, make, merge, balance, write, probe, guard."""
        with self.ledger:
            self._go()

    def _go(self) -> None:
        started = time.monotonic()
        linting.named(self.packs, self.recipe.dataset.makers)  # before the first hour, not after it
        reader = reading.Reader(self.recipe.dataset, self.funnel, self.scrubs, self.workshop, admission.linters(self.packs))
        materials, table = [], self.book.vocabulary.table()
        with self._timed("read"):
            for source, repository in self.opened:
                materials.append(reader.read(source, repository, exports.files(self.recipe.folder, source.forge)))
                _say(_about(materials[-1]))
            self.examples = [examples.read(self.recipe, one, self.funnel, self.scrubs, table) for one in examples.sources(self.recipe)]
        with self._timed("divide"):
            kept, divided = dividing.divided(materials, self.recipe.dataset.held_out, self.funnel, self.workshop)
            if self.examples:
                told = self.recipe.dataset
                examples_apart.divide(self.examples, told.held_out, told.candidates, self.funnel, alone=not materials)
        _say(f"{len(kept):,} different files and {sum(len(one.changes) for one in materials):,} commits to make lessons of")
        writer = Writer(self.run.folder, self.census)
        with self._timed("make"):
            files = self._lessons(lessons.portions(materials, kept, divided, self.funnel), writer)
        with self._timed("probe"):
            candidates = dividing.candidates(materials, kept, divided, self.recipe.dataset.candidates, self.workshop, self.funnel)
            candidates += self.funnel.sift("rows held out", "samples", examples.probes(self.examples)) if self.examples else ()
            counts = self.census.splits()
            said = f"{counts['train']:,} lessons, {counts.get('validation', 0):,} for validation, {len(candidates)} candidates for probes"
            _say(f"{said}; searching for leaks")
            probes = list(self.funnel.sift("probes", "candidates", self._probes(candidates, files)))
            for split in guard.TESTS:
                writer.write(split, (probe for test, probe in probes if test == split))
        with self._timed("guard"):
            guard.check(self.run.folder, self.workshop.guarded)
        metrics = self._metrics(materials, kept, divided)
        metrics |= {"leaks": 0, "searched": len(probes), "scrubbed": self.scrubs.metrics(), "digest": writer.digest()}
        metrics |= {"units": dict(sorted(self.workshop.store.counts.items())), "seconds": round(time.monotonic() - started, 1)}
        metrics |= {"signs": (signs := writer.signs.table(metrics["funnel"])), "warnings": warnings(signs)}
        for one in metrics["warnings"]:
            _say(f"warning: {one}")
        self._tell(metrics, writer)
        self.run.finish(metrics | {"steps": self.seconds})

    def _tell(self, metrics: dict[str, Any], writer: Writer) -> None:
        """Write what is for people and for training to read: words, the ledger, the card; the lengths come to the metrics."""
        writer.words.write(self.run.folder)
        self.ledger.write(self.run.path("dropped.jsonl"))
        drawn = excerpts.drawn(self.run.folder, self.census)
        metrics |= {"lengths": lengths.measured(self.recipe, self.census, drawn, self.run.folder)}
        card.write(self.run.folder, metrics, self.census, drawn, name=self.recipe.name)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - started, 2)

    def _lessons(self, portions: Mapping[Side, Sequence[Portion]], writer: Writer) -> list[Path]:
        """Make and write the lessons of both sides; return their files."""
        for split in SPLITS:  # of a build that was broken off
            shutil.rmtree(self.run.path(split), ignore_errors=True)
        settings = self.recipe.dataset
        together = [one for portion in portions.values() for one in portion]
        self.book = book(self.book.vocabulary, together, self.workshop, settings.max_file_bytes)
        list(self.funnel.sift("lock files", "files", self.book.locks))
        made = Lessons(portions, self.packs, self.workshop, settings, self.book)
        made.examples = self.examples
        known = finishing.merged(made.of, settings, self.book.vocabulary, self.funnel)
        files = benchmarks.files(self.recipe.folder, self.recipe.dataset.benchmarks)
        passages = [one for path in files for one in benchmarks.read(path)]
        files = [
            file for side in SIDES for file in writer.write(_split(side), finishing.finished(made.of, side, known, passages, self.funnel))
        ]
        if not self.census.splits().get("train"):
            reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(self.funnel.dropped()).most_common(6))
            raise RecipeError(
                f"there is nothing to learn from ({reasons or 'no files'})", next="name a source with more code, or widen its include"
            )
        return files

    def _probes(self, candidates: Sequence[tuple[Split, Sample]], files: Sequence[Path]) -> Iterator[tuple[Split, Sample] | Dropped]:
        """The candidates of every test set that stand in no lesson and are not the same as one before."""
        leaking = self.workshop.leaking(files, [probe.answer or "" for _, probe in candidates]) if candidates else {}
        seen: set[str] = set()
        for place, (split, probe) in enumerate(candidates):
            text = leaks.normal(probe.answer or "")
            reason = leaking.get(place, "duplicate-probe" if text in seen else "")
            seen.add(text)
            yield Dropped(reason=reason, what=_where(probe), source=probe.origins[0].source, detail=split) if reason else (split, probe)

    def _metrics(self, materials: Sequence[Material], kept: Sequence[Document], divided: splits.Splits) -> dict[str, Any]:
        learned = [one for one in kept if divided.side(one.source, one.path) == "train"]
        languages: dict[str, dict[str, int]] = {name: {"documents": 0, "bytes": 0} for name in sorted({one.language for one in learned})}
        for one in learned:
            languages[one.language]["documents"] += 1
            languages[one.language]["bytes"] += one.size
        sifted = self.funnel.steps["probes"]
        return {
            "documents": len(kept),
            "bytes": sum(one.size for one in kept),
            "languages": languages,
            "splits": dividing.sizes(kept, divided),
            "samples": self.census.by_kind(),
            "probes": {"kept": sifted.kept, "dropped": dict(sorted(sifted.dropped.items()))},
            "dropped": self.funnel.dropped(),
            "funnel": self.funnel.table(),
            "cuts": {one.source.name: asdict(one.cut) for one in materials},
            "admission": {one.source.name: one.admission for one in materials} | {one.source.name: one.admission for one in self.examples},
            "rows": {one.source.name: one.metrics() for one in self.examples},
            "signals": {one.source.name: one.signals for one in materials if one.signals},
            "remarks": {one.source.name: one.remarks for one in materials if one.remarks},
            "labels": self.book.metrics(),
            "vocabulary": self.book.vocabulary.table(),
            "told": examples.told(self.examples, self.book.vocabulary.table()),
        }


def _split(side: Side) -> Split:
    """The split that the lessons of a side stand in."""
    return "train" if side == "train" else "validation"


def _where(probe: Sample) -> str:
    span = probe.origins[0]
    return f"{span.path}:{span.start}-{span.end}"


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
