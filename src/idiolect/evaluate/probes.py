"""Which probes are asked: the same ones for base and tuned, chosen by hash, every refusal counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from idiolect import general, samples
from idiolect.files import digest_file
from idiolect.fingerprints import Fingerprints
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Dropped, Hole, Sample, Split

TESTS: tuple[Split, ...] = ("time", "cluster", "source")
"""Test sets of a dataset, the one that says most first."""
ROW = "row_probe"
"""Maker of the probes that are rows of examples (`dataset.examples`)."""
CLUSTER = "cluster"
"""Their label: what is resampled as a whole."""
LEAST_GENERAL = 100
"""General probes that are asked at least, where there are so many."""
LONGEST = 160
"""Tokens of an answer; longer ones are never exact and would crowd out the text around them. A hole with one is no probe, and a
conversation or a text is priced, but not asked."""
_SEEN = Path(str(files("idiolect"))) / "data" / "seedling" / "fingerprints.bin"
SEEN = 0.5
"""A probe is refused where more than this share of its text stands in what the base was trained on."""


class Chosen(NamedTuple):
    """What is asked of a model."""

    own: list[Sample]
    """Of the team's code."""
    general: list[Sample]
    """Of other people's code."""
    dropped: list[Dropped]
    split: Split
    """The test set that the team's own are of."""


def choose(recipe: Recipe, lessons: Run, renderer: Renderer) -> Chosen:
    """The team's probes and half as many general ones; candidates = asked + dropped.

    The team's are time probes; where there are none, those of held-out files and rows; where there are none either, of a held-out source.
    """
    seen = seen_index()
    most = recipe.evaluate.probes
    split = next((one for one in TESTS if samples.parts(lessons.folder, one)), TESTS[0])
    own, refused = pick(samples.read(lessons.folder, split), most, renderer, seen)
    other, left_out = pick(general.probes(recipe), max(LEAST_GENERAL, most // 2), renderer, seen)
    return Chosen(own, other, refused + left_out, split)


def asked(probe: Sample, renderer: Renderer) -> bool:
    """Whether the model is asked for an answer: raw text answers nothing, and long answers are priced only."""
    return probe.prompt is not None and len(renderer.encode(probe.answer or "")) <= LONGEST


def pick(candidates: Iterable[Sample], most: int, renderer: Renderer, seen: Fingerprints | None) -> tuple[list[Sample], list[Dropped]]:
    """At most `most` of the candidates that can be asked fairly, in the order of their ids, which are hashes."""
    kept: list[Sample] = []
    dropped: list[Dropped] = []
    for probe in sorted(candidates, key=lambda one: one.id):
        reason = _refusal(probe, renderer, seen) or ("over_the_limit" if len(kept) >= most else "")
        if reason:
            dropped.append(Dropped(reason=reason, what=probe.id, source=probe.origins[0].source if probe.origins else ""))
        else:
            kept.append(probe)
    return kept, dropped


def _refusal(probe: Sample, renderer: Renderer, seen: Fingerprints | None) -> str:
    if not (probe.answer or "").strip():
        return "empty_answer"
    if isinstance(probe.prompt, tuple) and renderer.family.chat is None:
        return "no_conversations"
    if isinstance(probe.prompt, Hole) and len(renderer.encode(probe.answer or "")) > LONGEST:
        return "long_answer"
    if seen and seen.share(probe.answer or "") > SEEN:
        return "in_training_text_of_base"
    return ""


def seen_index() -> Fingerprints | None:
    """The index of what the shipped base was trained on; None in a checkout where it was not trained yet."""
    return Fingerprints.load(_SEEN) if _SEEN.is_file() else None


def seen_digest() -> str:
    """Of that index, or nothing."""
    return digest_file(_SEEN) if _SEEN.is_file() else ""


def file_of(probe: Sample) -> str:
    """The file that a probe stands in, or of a row its relatives, as one label: what is resampled as a whole."""
    if probe.maker == ROW and probe.origins and CLUSTER in probe.labels:
        return f"{probe.origins[0].source}:{probe.labels[CLUSTER][0]}"
    if probe.origins:
        return f"{probe.origins[0].source}:{probe.origins[0].path}"
    return probe.prompt.path if isinstance(probe.prompt, Hole) else probe.id


def language_of(probe: Sample) -> str:
    """Its language label, or nothing."""
    return next(iter(probe.labels.get("language", ())), "")


def reasons(dropped: Sequence[Dropped]) -> dict[str, int]:
    """How many were dropped for each reason."""
    counts: dict[str, int] = {}
    for one in dropped:
        counts[one.reason] = counts.get(one.reason, 0) + 1
    return dict(sorted(counts.items()))
