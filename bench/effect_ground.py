"""What the rows of `effect` learn from and are asked: the lessons of each, the probes, and the held-out samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import naive
import placebo

import idiolect
from idiolect import dataset, export, recipe, registry, samples
from idiolect.dataset import guard
from idiolect.dataset.makers import MAKERS
from idiolect.errors import DataError
from idiolect.evaluate.probes import pick, seen_index
from idiolect.files import digest_file, digest_json
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Model, Sample

ROOT = Path(__file__).parent.parent
MOST_PROBES, FEWER_PROBES = 200, 150
"""Where much may be asked, and where not."""
MOST_OWN = 60
"""Held-out samples of each group that are priced."""
ENOUGH = 50
PLAIN = ("raw", "fim")
"""Makers whose lessons need no conversation: what every group is added to."""
GROUPS: dict[str, tuple[str, ...]] = {
    "near": ("near",),
    "infill": ("infill",),
    "requests": ("write",),
    "requests-off": ("templated", "added", "tested", "described"),
    "explanations": ("explain", "linked"),
    "edits": ("diff", "next_edit"),
    "tests": ("spec", "implement"),
    "repairs": ("bugfix", "mutate", "diagnose"),
    "changes": ("refactor", "feature", "migrate", "superseded"),
    "reviews": ("review", "passed", "followup", "finding"),
}
"""Groups of makers, each added to raw and fim in a row of its own."""
AT_HEAD = {"max_after": 1e-9}
"""Settings of a dataset that is cut at HEAD: nothing may come after."""
_ALL = 1_000_000


@dataclass
class Ground:
    """What all rows are asked."""

    repository: Path
    tokens: int
    seeds: int
    exclude: Sequence[str] = ()
    """Globs of files that no row learns from, nor is asked."""
    grouped: bool = True
    """Whether groups have rows of their own."""
    much: bool = True
    """Whether there is time for more held-out samples, and for long ones."""
    after: float | None = None
    """Share of the added lines that is left after the cut, for more held-out samples; default: as little as gives enough probes."""
    strangers: Sequence[Path] = ()
    """Repositories of other people, whose lessons are the placebo of ours beyond raw text and holes."""
    probes: Sequence[Sample] = ()
    held_out: Sequence[Sample] = ()
    """Of the full dataset's validation files, and what was written after the cut."""
    fresh: Collection[str] = ()
    """Ids of those that were written after the cut: the naive recipe, which validates on lines of any file, has read all others."""

    @property
    def cut(self) -> dict[str, Any]:
        """Settings of the dataset for where it is cut."""
        return {"max_after": self.after, "candidates": _ALL} if self.after else {}


@dataclass(frozen=True)
class Made:
    """The datasets that rows choose their lessons from."""

    full: Run
    every: Run
    """By all makers, those too that are off by default, where groups have rows; else the same."""
    naive: Run
    placebo: Run
    strange: Run | None
    """Of other people's repositories, where any are named."""

    @property
    def all(self) -> list[Run]:
        """Each once."""
        runs = (self.full, self.every, self.naive, self.placebo, self.strange)
        return [*{run.folder: run for run in runs if run}.values()]


def workspace(ground: Ground, row: str, seed: int = 0, **settings: Any) -> recipe.Recipe:
    """The recipe of one row and seed; rows of a name share a folder, so that their lessons are made once."""
    places = settings.get("places", (ground.repository,))
    values: dict[str, Any] = {
        "name": "effect",
        "effort": "quick",
        "source": [{"path": str(place), "exclude": ground.exclude} for place in places],
        "dataset": ground.cut | settings.get("dataset", {}),
        "train": {"tokens": settings.get("tokens", ground.tokens), "epochs": 1000.0, "seed": seed},
        "export": {"types": ["F16"]},
    }
    if rate := settings.get("rate"):
        values["train"]["learning_rate"] = rate
    folder = ROOT / ".bench" / "effect" / f"{ground.repository.name}-{code()[:12]}" / row
    folder.mkdir(parents=True, exist_ok=True)
    return recipe.parse(values, folder=folder)


@cache
def code() -> str:
    """Digest of idiolect's own code, as it is imported, and of the benchmark's, as they stood when it was first asked for."""
    files = (*sorted(Path(idiolect.__file__).parent.rglob("*.py")), *sorted(Path(__file__).parent.glob("*.py")))
    return digest_json([digest_file(one) for one in files])


def prepared(ground: Ground, folder: Path) -> tuple[Made, Model]:
    """The datasets, with the placebo's packages in a folder, and the base as a file; the ground has its probes and held-out samples now.

    Where much may be asked, held-out samples are made of what was written after the cut too. What any row has read is no probe: the naive
    recipe leaves out nothing, not even copies that ours drops because a probe stands in them.
    """
    placebo.check(folder)
    full = workspace(ground, "full")
    lessons, gguf = dataset.build(full), export.export(full, full.models[0].base)
    made = Made(
        full=lessons,
        every=dataset.build(workspace(ground, "full", dataset={"makers": tuple(MAKERS)})) if ground.grouped else lessons,
        naive=naive.lessons(workspace(ground, "naive"), ground.repository, cut_of(lessons)["commit"], ground.exclude),
        placebo=placebo.lessons(workspace(ground, "placebo"), folder, sizes(lessons)),
        strange=dataset.build(workspace(ground, "strangers", places=ground.strangers, dataset=AT_HEAD)) if ground.strangers else None,
    )
    later = list(samples.read(lessons.folder, "time"))
    known = _read(made.all, later)
    most = MOST_PROBES if ground.much else FEWER_PROBES
    probes, _ = pick((one for one in later if one.id not in known), most, Renderer.load(Path(gguf.folder)), seen_index())
    if len(probes) < ENOUGH:
        raise DataError(
            f"{len(probes)} probes were written after the cut, and {ENOUGH} are needed",
            where=str(ground.repository),
            next="name a longer history",
        )
    ground.probes = probes
    fresh = _written_later(ground, made) if ground.much else []
    ground.fresh = frozenset(one.id for one in fresh)
    ground.held_out = _judging(fresh, _held_back(made))
    return made, gguf


def _judging(*held_out: Sequence[Sample]) -> list[Sample]:
    """So many of each group of makers, the first of these first."""
    counts: Counter[str] = Counter()
    found = []
    for one in (sample for some in held_out for sample in some if (sample.answer or "").strip()):
        group = group_of(maker_of(one))
        counts[group] += 1
        if counts[group] <= MOST_OWN:
            found.append(one)
    return found


def _held_back(made: Made) -> list[Sample]:
    """What stands in the validation files, but for what other rows have read elsewhere; of what naive has read see `Ground.fresh`."""
    found = {one.id: one for one in samples.read(made.every.folder, "validation")}
    others = [run for run in (made.placebo, made.strange) if run]
    return [found[name] for name in sorted(found.keys() - _read(others, found.values()))]


def cut_of(lessons: Run) -> dict[str, Any]:
    """Where a dataset is cut."""
    cut: dict[str, Any] = next(iter(lessons.metrics["cuts"].values()))
    return cut


def _read(runs: Iterable[Run], wanted: Collection[Sample]) -> set[str]:
    """Ids of those whose answers stand in lessons that somebody learns from."""
    probes = [guard.Probe(one.id, one.answer or "") for one in wanted]
    found = (part for run in runs for part in guard.search(samples.parts(run.folder, "train"), probes))
    return {leak.probe for part in found for leak in part.leaks}


def _written_later(ground: Ground, made: Made) -> list[Sample]:
    """Lessons that our makers make of what was written after the cut, but for answers that stand in any row's lessons too.

    Most lessons of several files would tie validation to training, and are dropped; commits that nobody has learned from make others.
    Raw text and holes without files are left out: the probes are those.
    """
    cut = cut_of(made.full)["time"]
    makers = {"makers": tuple(MAKERS)} if ground.grouped else {}
    whole = dataset.build(workspace(ground, "full", dataset=AT_HEAD | makers))
    written = (one for one in samples.read(whole.folder, "train") if maker_of(one) not in PLAIN)
    found = {one.id: one for one in written if one.origins and all(span.time > cut for span in one.origins)}
    return [found[name] for name in sorted(found.keys() - _read(made.all, found.values()))]


def chosen(found: recipe.Recipe, *parts: tuple[Run, Collection[str]]) -> Run:
    """Of each run the lessons of some makers, together a dataset of their own.

    It has no validation lessons, so that training keeps what it has at the end: what would stop it is what rows are judged by.
    """
    inputs = {"lessons": digest_json([lessons.metrics["digest"] for lessons, _ in parts])}
    with registry.begin(found, "dataset", version=2, values={"makers": [sorted(makers) for _, makers in parts]}, inputs=inputs) as run:
        if not run.done:
            kept = (one for lessons, makers in parts for one in samples.read(lessons.folder, "train") if maker_of(one) in makers)
            run.finish({"samples": {"train": samples.write(run.folder, "train", kept)}})
    return run


def group_of(maker: str) -> str:
    """The group that a maker is of; raw text and holes are groups of their own."""
    return next((name for name, makers in GROUPS.items() if maker in makers), maker)


def maker_of(sample: Sample) -> str:
    """The maker of a sample, as recipes name it."""
    return sample.maker.partition(".")[0]


def sizes(lessons: Run) -> dict[str, int]:
    """Distinct bytes of the training files, by language: what the placebo must match within 5 %."""
    found: Counter[str] = Counter()
    for one in samples.read(lessons.folder, "train", ["raw"]):
        found[one.labels["language"][0]] += len((one.answer or "").encode())
    return dict(found)
