"""Which migrations out of history still hold, and how sure they are: those several commits of which went the same way are surer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from idiolect.dataset.makers.migrate import DIRECTIONS, current, directions, forms
from idiolect.dataset.sent import Sent, opened
from idiolect.types import Document, Dropped, Sample

SURER = 0.2
"""What it adds to the confidence that `DIRECTIONS` commits put the same name for another."""
_MOST_MOVES = 50

Made = Iterator[tuple[str, Sent | Sample | Dropped]]
"""With the name of the maker."""


def judged(made: Made, documents: Sequence[Document], renames: Iterable[tuple[str, str]]) -> Made:
    """The same lessons, migrations last, with what stands in `documents` for an answer; one that does not stand there any more is dropped.

    `renames` are old and new paths of the source's history, the newest first.
    """
    files = {document.path: document for document in documents}
    later = dict(reversed(list(renames)))
    held: list[tuple[str, str, Sample]] = []
    for name, item in made:
        if isinstance(item, Dropped) or item.kind != "migrate":
            yield name, item
            continue
        sample = opened(item)
        old = sample.origins[0]
        if stands := _stands(sample, files, later):
            held.append((name, old.commit, stands))
        else:
            yield name, Dropped(reason="not current", what=old.commit, source=old.source, detail=old.path)
    ways: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for _, commit, one in held:
        for way in directions(*forms(one)):
            ways[way].add(commit)
    for name, _, one in held:
        surer = any(len(ways[way]) >= DIRECTIONS for way in directions(*forms(one)))
        yield name, one.model_copy(update={"confidence": round(min(1.0, one.confidence + SURER), 2)}) if surer else one


def _stands(item: Sample, files: dict[str, Document], later: dict[str, str]) -> Sample | None:
    """The lesson as the file that its own became has it."""
    path = item.origins[0].path
    for _ in range(_MOST_MOVES):
        if path in files or path not in later:
            break
        path = later[path]
    return current(item, files[path]) if path in files else None
