"""Documents of all sources divided: duplicates out, forks found, each file's side chosen, probes of the held-out ones taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idiolect.dataset import probes, splits
from idiolect.dataset.duplicates.dedupe import Print, Standing, dedupe
from idiolect.dataset.duplicates.forks import Fork, Holding, forks
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.reading import Material
from idiolect.dataset.splits import Splits
from idiolect.dataset.stored import Stored
from idiolect.dataset.workshop import Workshop
from idiolect.types import Document, Sample, Split


def divided(materials: Sequence[Material], wanted: str, funnel: Funnel, workshop: Workshop) -> tuple[list[Stored], Splits]:
    """Documents without duplicates, and the side of each, before any lesson is made; forks are remarked on.

    `wanted` is the recipe's `[dataset] held_out`.
    """
    copies = _forks(materials)
    for material in materials:
        material.remarks += [fork.why for fork in copies if fork.name == material.source.name]
    held_out = _held_out(materials, wanted, copies)
    for material in materials:
        if material.source.name == held_out:
            material.remarks.append(
                "is held out as a whole: nothing is learned from it, and its files give the probes of the `source` test set"
            )
    standing = Standing({one.source.name: one.cut.commit for one in materials}, {held_out, *(fork.name for fork in copies)})
    found = dedupe([document for material in materials for document in material.documents], standing, _print)
    funnel.count("dedupe", "documents", len(found.kept), found.dropped)
    kept = list(funnel.sift("parse", "documents", workshop.parsed(found.kept)))
    renames = (((one.source.name, old), (one.source.name, new)) for one in materials for old, new in one.renames)
    return kept, splits.assign(kept, [*found.edges, *renames], held_out)


def candidates(
    materials: Iterable[Material], kept: Iterable[Stored], parted: Splits, most: int, workshop: Workshop, funnel: Funnel
) -> list[tuple[Split, Sample]]:
    """Probes of every test set, before anybody asked whether they stand in the lessons: at most `most` of each set that is of files.

    What the team wrote after the cut of a source that is held out is no time probe: of that source nothing was learned at all.
    """
    found: list[tuple[Split, Sample]] = [
        ("time", probe) for material in materials if material.source.name != parted.held_out for probe in material.candidates
    ]
    sides: dict[Split, dict[str, list[Stored]]] = {"cluster": {}, "source": {}}
    for document in kept:
        side = parted.side(document.source, document.path)
        if side in sides and document.role in ("team", "reference"):
            sides[side].setdefault(document.source, []).append(document)
    for split, sources in sides.items():
        units = []
        for _, documents in sorted(sources.items()):
            units += probes.everywhere(list(funnel.sift("places", "documents", workshop.holes(documents))), most)
        chosen = sorted(units, key=lambda one: (one[1].rank, one[0].source, one[0].path))[:most]
        found += [(split, probes.probe(document, unit, f"{split}_probe")) for document, unit in chosen]
    return found


def sizes(kept: Iterable[Document], parted: Splits) -> dict[str, dict[str, int]]:
    """Files and bytes of each side."""
    found: dict[str, dict[str, int]] = {}
    for document in kept:
        row = found.setdefault(parted.side(document.source, document.path), {"documents": 0, "bytes": 0})
        row["documents"] += 1
        row["bytes"] += document.size
    return dict(sorted(found.items()))


def _forks(materials: Sequence[Material]) -> list[Fork]:
    if len(materials) < 2:
        return []
    return forks(
        [
            Holding(
                one.source.name,
                one.source.role,
                one.roots,
                frozenset(document.place.print.exact for document in one.documents),
                one.cut.time,
            )
            for one in materials
        ]
    )


def _held_out(materials: Sequence[Material], wanted: str, copies: Sequence[Fork]) -> str:
    team = {one.source.name: sum(document.size for document in one.documents) for one in materials if one.source.role == "team"}
    return splits.held_out(wanted, team, {name for fork in copies for name in (fork.name, fork.of)})


def _print(document: Stored) -> Print:
    return document.place.print
