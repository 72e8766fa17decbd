"""What the rows of `effect` learn from and are asked: the lessons of each, the probes, and the held-out samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import naive

from idiolect import dataset, export, recipe, registry, samples
from idiolect.dataset import guard
from idiolect.errors import DataError
from idiolect.evaluate.probes import pick, seen_index
from idiolect.files import digest_file, digest_json
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Kind, Model, Sample, Split

ROOT = Path(__file__).parent.parent
MOST_PROBES, FEWER_PROBES = 300, 150
"""Where much may be asked, and where not."""
MOST_OWN = 60
"""Held-out samples of each kind that are priced."""
ENOUGH = 50
PLAIN = ("raw", "fim")
"""Kinds that need no conversation, and the makers of them: what every group is added to."""
SPLITS: tuple[Split, ...] = ("train", "validation")
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
    naive: Run
    strange: Run | None
    """Of other people's repositories, where any are named."""


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
    """Digest of idiolect's own code and of the benchmark's, as they stood when it was first asked for."""
    files = (*sorted((ROOT / "src").rglob("*.py")), *sorted(Path(__file__).parent.glob("*.py")))
    return digest_json([digest_file(one) for one in files])


def prepared(ground: Ground) -> tuple[Made, Model]:
    """The datasets, and the base as a file; the ground has its probes and held-out samples from now on.

    Where much may be asked, held-out samples are made of what was written after the cut too. What the naive recipe has read is no probe:
    it leaves out nothing, not even copies that ours drops because a probe stands in them.
    """
    full = workspace(ground, "full")
    lessons, gguf = dataset.build(full), export.export(full, full.models[0].base)
    plain = naive.lessons(workspace(ground, "naive"), ground.repository, cut_of(lessons)["commit"], ground.exclude)
    strange = dataset.build(workspace(ground, "strangers", places=ground.strangers, dataset=AT_HEAD)) if ground.strangers else None
    made = Made(lessons, plain, strange)
    later = list(samples.read(lessons.folder, "time"))
    known = _leaked(plain, later)
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
    validation = sorted(samples.read(lessons.folder, "validation"), key=lambda sample: sample.id)
    counts: Counter[Kind] = Counter()
    for one in (*fresh, *validation):
        counts[one.kind] += 1
        if counts[one.kind] <= MOST_OWN and (one.answer or "").strip():
            ground.held_out = [*ground.held_out, one]
    return made, gguf


def cut_of(lessons: Run) -> dict[str, Any]:
    """Where a dataset is cut."""
    cut: dict[str, Any] = next(iter(lessons.metrics["cuts"].values()))
    return cut


def _leaked(lessons: Run, wanted: Iterable[Sample]) -> set[str]:
    """Ids of those whose answers stand in these lessons."""
    probes = [guard.Probe(one.id, one.answer or "") for one in wanted]
    return {leak.probe for part in guard.search(samples.parts(lessons.folder, "train"), probes) for leak in part.leaks}


def _written_later(ground: Ground, made: Made) -> list[Sample]:
    """Lessons that our makers make of what was written after the cut, but for answers that stand in any row's lessons too.

    Most lessons of several files would tie validation to training, and are dropped; commits that nobody has learned from make others.
    Holes and raw text are left out: the probes are those.
    """
    cut = cut_of(made.full)["time"]
    whole = dataset.build(workspace(ground, "full", dataset=AT_HEAD))
    written = (one for one in samples.read(whole.folder, "train") if one.kind not in PLAIN and (one.answer or "").strip())
    found = {one.id: one for one in written if one.origins and all(span.time > cut for span in one.origins)}
    known = {name for run in (made.full, made.naive, made.strange) if run for name in _leaked(run, found.values())}
    return [found[name] for name in sorted(found.keys() - known)]


def chosen(found: recipe.Recipe, *parts: tuple[Run, Collection[str]]) -> Run:
    """Of each run the lessons of some makers, together a dataset of their own."""
    inputs = {"lessons": digest_json([lessons.metrics["digest"] for lessons, _ in parts])}
    with registry.begin(found, "dataset", version=1, values={"makers": [sorted(makers) for _, makers in parts]}, inputs=inputs) as run:
        if not run.done:
            counts: dict[str, Counter[str]] = defaultdict(Counter)
            for split in SPLITS:
                kept = [one for lessons, makers in parts for one in samples.read(lessons.folder, split) if maker_of(one) in makers]
                samples.write(run.folder, split, kept)
                for one in kept:
                    counts[one.kind][split] += 1
            run.finish({"samples": counts})
    return run


def maker_of(sample: Sample) -> str:
    """The maker of a sample, as recipes name it."""
    return sample.maker.partition(".")[0]


def sizes(lessons: Run) -> dict[str, int]:
    """Distinct bytes of the training files, by language: what the placebo must match within 5 %."""
    found: Counter[str] = Counter()
    for one in samples.read(lessons.folder, "train", ["raw"]):
        found[one.labels["language"][0]] += len((one.answer or "").encode())
    return dict(found)
