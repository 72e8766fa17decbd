"""Samples to read: some of every kind, drawn by lot, as the card prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path

from idiolect import samples
from idiolect.dataset.census import Census
from idiolect.markdown import clipped, code, fence, folded
from idiolect.types import Hole, Kind, Sample, Split

SHOWN = 10
"""Samples of each kind that the card prints."""
_FIRST, _LAST = 1_000, 500
"""Characters of a text's beginning and end; what stands between is left out."""
_PREFIX, _SUFFIX = 500, 250
"""Around a hole."""
_LEARNED: tuple[Split, ...] = ("train", "validation")

Drawn = Mapping[Kind, Sequence[Sample]]
"""Those of training or, of a kind that has none there, of validation, by id."""


def drawn(folder: Path, census: Census) -> Drawn:
    """The samples that a census drew of what stands in `folder`."""
    found: dict[Kind, list[Sample]] = {}
    for split in _LEARNED:
        ids = [one for (kind, where), names in census.drawn.items() if where == split and kind not in found for one in names]
        chosen = sorted(samples.some(folder, split, ids), key=attrgetter("id"))
        found |= {kind: [one for one in chosen if one.kind == kind] for kind in {one.kind for one in chosen}}
    return dict(sorted(found.items()))


def section(census: Census, found: Drawn) -> list[str]:
    """For the card: texts are fenced so that nothing in them is markup, and of long ones the middle is left out."""
    parts = []
    for kind, every in found.items():
        shown = every[:SHOWN]
        split = next(split for split in _LEARNED if census.samples[kind, split])
        parts += [f"### {kind}", folded(f"{len(shown)} of {census.samples[kind, split]:,} in {split}", *map(_sample, shown))]
    said = (
        f"At most {SHOWN} of every kind, drawn by lot. Of a long text the middle is left out, and between brackets stands how much; "
        "`idiolect samples show` prints all of it. █ is a hole."
    )
    return ["## Samples to read", said, *parts] if parts else []


def _sample(sample: Sample) -> str:
    span = sample.origins[0] if sample.origins else None
    where = f"{code(span.path)} of {code(span.source)} at {code(span.commit[:12] or 'no commit')}" if span else "no origin"
    parts = [f"**{sample.id[:12]}**, made by {code(sample.maker)}, from {where}"]
    if isinstance(sample.prompt, Hole):
        parts += _hole(sample.prompt)
    else:
        parts += [text for turn in sample.prompt or () for text in (f"{turn.role}:", _long(turn.content))]
    for head, text in (("answer:" if sample.prompt else "", sample.answer), ("not to be said:", sample.rejected)):
        if text is not None:
            parts += [head, _long(text)]
    return "\n\n".join(part for part in parts if part)


def _hole(hole: Hole) -> list[str]:
    around = f"with {', '.join(code(file.path) for file in hole.files)} around it" if hole.files else ""
    before, after = clipped(hole.prefix, 0, _PREFIX), clipped(hole.suffix, _SUFFIX, 0)
    return [around, fence(f"{before}{hole.typed}█{after}")]


def _long(text: str) -> str:
    return fence(clipped(text, _FIRST, _LAST))
