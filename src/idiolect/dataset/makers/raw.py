"""raw: the team's files as they stand, for continued pretraining."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels
from idiolect.dataset.makers.sections import PROSE, sections
from idiolect.dataset.makers.windows import cut, line_start
from idiolect.syntax import units
from idiolect.types import Document, Dropped, Sample


def raw(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Whole files; a file of more than `budget` bytes becomes windows that tile it, cut between units or sections."""
    for document in files(material):
        if not document.data.strip():
            yield dropped(document, "blank")
            continue
        for start, end in cut(document.data, budget, _seams(document) if len(document.data) > budget else ()):
            text = document.data[start:end].decode()
            if text.strip():
                yield Sample(answer=text, kind="raw", maker="raw", labels=labels(document.language), origins=(document.span(start, end),))
            else:
                yield dropped(document, "blank", f"bytes {start} to {end}")


def _seams(document: Document) -> Sequence[Sequence[int]]:
    """Offsets to cut a long file at: top-level units (or sections) first, then any unit."""
    if document.language in PROSE:
        return [[section.start for section in sections(document.data)]]
    found = units(document.language, document.data)
    starts = [(len(unit.parents), min(unit.start, unit.doc[0] if unit.doc else unit.start)) for unit in found]
    seams = [(depth, line_start(document.data, at)) for depth, at in starts]
    shallow = min((depth for depth, _ in seams), default=0)
    return [[at for depth, at in seams if depth == shallow], [at for _, at in seams]]
