"""raw: the team's files as they stand, for continued pretraining."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels
from idiolect.dataset.makers.seams import seams
from idiolect.dataset.makers.sections import CHANGELOG, PROSE, sections
from idiolect.dataset.makers.windows import cut
from idiolect.types import Document, Dropped, Sample


def raw(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Whole files; a file of more than `budget` bytes becomes windows that tile it, cut between units or sections.

    Of a changelog the first window is enough: the newest entries show how they are written, and older ones list what is long done.
    """
    for document in files(material):
        if not document.data.strip():
            yield dropped(document, "blank")
            continue
        tiles = cut(document.data, budget, _seams(document) if len(document.data) > budget else ())
        for start, end in tiles[:1] if CHANGELOG.search(document.path) else tiles:
            text = document.data[start:end].decode()
            if text.strip():
                yield Sample(answer=text, kind="raw", maker="raw", labels=labels(document.language), origins=(document.span(start, end),))
            else:
                yield dropped(document, "blank", f"bytes {start} to {end}")
        if CHANGELOG.search(document.path) and len(tiles) > 1:
            yield dropped(document, "changelog", f"from byte {tiles[0][1]}")


def _seams(document: Document) -> Sequence[Sequence[int]]:
    """Offsets to cut a long file at: sections, or units and blocks of tests, the outermost first."""
    if document.language in PROSE:
        return [[section.start for section in sections(document.data, document.language)]]
    return seams(document)
