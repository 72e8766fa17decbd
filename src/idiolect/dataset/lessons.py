"""From documents to lessons: makers, labels and filters of packs, weights, and the merging of equal samples."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from idiolect.dataset.duplicates.dedupe import dedupe
from idiolect.dataset.funnel import Funnel
from idiolect.dataset.makers import MAKERS
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.dataset.splits import Key, Side, Splits
from idiolect.errors import DataError
from idiolect.pack import Labeller, Pack
from idiolect.recipe import Source
from idiolect.types import Change, Document, Dropped, Kind, Role, Sample

SIDES: tuple[Side, ...] = ("train", "validation")
"""The sides that lessons are made of."""
ROLE_WEIGHTS: dict[Role, float] = {"reference": 2.0, "public": 0.5}
NEAR_BUDGET = 0.05
"""By how much the distinct bytes of `lessons_from` may miss their budget."""


def make(material: Sequence[Document | Change], packs: Sequence[Pack], funnel: Funnel, scrubbing: Scrubbing) -> list[Sample]:
    """Every lesson that the makers, ours and the packs', find in one side of one source, and that teaches no secret."""
    made: list[Sample] = []
    for kind, maker in MAKERS.items():
        made += funnel.sift(f"make {kind}", "samples", maker(material))
    documents = [item for item in material if isinstance(item, Document) and item.role != "legacy"]
    for pack in packs:
        for number, extra in enumerate(pack.makers, 1):
            made += funnel.sift(f"make {pack.name} {number}", "samples", extra(documents))
    made = list(funnel.sift("secrets", "samples", scrubbing.taught(made)))
    return list(funnel.sift("filter", "samples", _filtered(_labelled(made, documents, packs), packs))) if packs else made


def sided(changes: Iterable[Change], splits: Splits) -> Iterator[tuple[Side, Change] | Dropped]:
    """The side of each commit: that of its files; one that touches several sides is dropped, and one of held-out files."""
    for change in changes:
        sides = {splits.side(change.source, edit.path) for edit in change.edits} or {"train"}
        if len(sides) == 1 and sides <= set(SIDES):
            yield sides.pop(), change
        else:
            reason = "crosses-split" if len(sides) > 1 else "held-out"
            yield Dropped(reason=reason, what=change.commit, source=change.source)


def weighted(samples: Iterable[Sample], source: Source) -> list[Sample]:
    """The samples, counting as much as their source does."""
    factor = source.weight * ROLE_WEIGHTS.get(source.role, 1.0)
    return [sample if factor == 1 else sample.model_copy(update={"weight": sample.weight * factor}) for sample in samples]


def merged(sides: Mapping[Side, Sequence[Sample]]) -> dict[Side, list[Sample | Dropped]]:
    """Samples of equal id become the first of them, with the origins and labels of all; training takes precedence."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for side in SIDES:
        for sample in sides[side]:
            groups[sample.id].append(sample)
    seen: set[str] = set()
    found: dict[Side, list[Sample | Dropped]] = {}
    for side in SIDES:
        found[side] = []
        for sample in sides[side]:
            if sample.id in seen:
                found[side].append(Dropped(reason="merged", what=sample.id, source=sample.origins[0].source if sample.origins else ""))
            else:
                seen.add(sample.id)
                found[side].append(_one(groups[sample.id]))
    return found


def lessons_from(
    documents: Iterable[Document], budget: Mapping[str, int] | None = None, kinds: Collection[Kind] = ("raw", "fim")
) -> list[Sample]:
    """Lessons of any documents, without history: what a placebo is made of.

    `budget` says how many distinct bytes of each language to take, after duplicates are gone; files are taken in the order
    of their content's hash. Too little of a language (more than 5 % under its budget) is a DataError.
    """
    kept = dedupe(list(documents)).kept
    taken = kept if budget is None else [document for language in sorted(budget) for document in _taken(kept, language, budget[language])]
    made = [sample for kind in kinds for sample in MAKERS[kind](taken) if isinstance(sample, Sample)]
    return [one for one in merged({"train": made, "validation": []})["train"] if isinstance(one, Sample)]


def _taken(documents: Sequence[Document], language: str, budget: int) -> list[Document]:
    """Files of a language with about so many bytes: whatever still fits, in the order of a hash."""
    taken: list[Document] = []
    size = 0
    ours = [document for document in documents if document.language == language]
    for document in sorted(ours, key=lambda one: hashlib.sha256(one.data).digest()):
        if size + len(document.data) <= budget:
            taken.append(document)
            size += len(document.data)
    if size < budget * (1 - NEAR_BUDGET):
        raise DataError(f"{size:,} distinct bytes of {language} where {budget:,} are needed", next="give more code in this language")
    return taken


def _one(group: Sequence[Sample]) -> Sample:
    first = group[0]
    if len(group) == 1:
        return first
    labels: dict[str, tuple[str, ...]] = {}
    for sample in group:
        for name, values in sample.labels.items():
            labels[name] = tuple(dict.fromkeys((*labels.get(name, ()), *values)))
    origins = tuple(dict.fromkeys(span for sample in group for span in sample.origins))
    return first.model_copy(update={"labels": labels, "origins": origins, "weight": max(sample.weight for sample in group)})


def _labelled(samples: Iterable[Sample], documents: Iterable[Document], packs: Sequence[Pack]) -> Iterator[Sample]:
    """Samples with what the packs say of the files that they come from."""
    labellers = [pack.label for pack in packs if pack.label]
    labels = {(document.source, document.path): _labels(document, labellers) for document in documents} if labellers else {}
    for sample in samples:
        added = [labels.get(place, {}) for place in _places(sample)] if labels else []
        together = dict(sample.labels)
        for one in added:
            for name, values in one.items():
                together[name] = tuple(dict.fromkeys((*together.get(name, ()), *values)))
        yield sample if together == sample.labels else sample.model_copy(update={"labels": together})


def _labels(document: Document, labellers: Iterable[Labeller]) -> dict[str, tuple[str, ...]]:
    return {name: values for labeller in labellers for name, values in labeller(document).items()}


def _places(sample: Sample) -> list[Key]:
    return list(dict.fromkeys((span.source, span.path) for span in sample.origins))


def _filtered(samples: Iterable[Sample], packs: Sequence[Pack]) -> Iterator[Sample | Dropped]:
    filters = [one for pack in packs for one in pack.filters]
    for sample in samples:
        reason = next((said for one in filters if (said := one(sample))), None)
        yield Dropped(reason=reason, what=sample.id, source=sample.origins[0].source if sample.origins else "") if reason else sample
