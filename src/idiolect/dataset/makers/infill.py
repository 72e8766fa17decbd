"""infill: a hole as a chat model is asked about it: the lines around it are searched for, and replaced by what stands there.

Search-and-replace infilling (arXiv 2601.13384): the place is marked, about ten lines around it are the region, and the answer writes the
region twice, as it is and as it should be, in the blocks that `diff` uses. So a model that follows instructions keeps to one form.
The kind is `diff`, not `fim`: a completer without conversations has no use for these lessons, and kinds are what a model picks by.
"""

from __future__ import annotations

from collections.abc import Iterator

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.fim import Cut, cuts, holes
from idiolect.dataset.makers.material import BUDGET, Material, choices_of, dropped, files, labels, seeded
from idiolect.dataset.makers.places import FOREIGN
from idiolect.dataset.makers.scope import fenced
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.dataset.makers.windows import after, before
from idiolect.types import Document, Dropped, Message, Sample

MARK = "/* MIDDLE CODE TO COMPLETE */"
"""The published one, whatever the language: it is to stand out."""
SHARE = 0.1
"""One for so many holes of `fim`."""
AROUND = 5
"""Lines of the region on either side of the marked one."""
TRIED = 4
FRAMES = (
    "Complete the code at `{mark}` in `{path}`. Answer with one search/replace block of the lines around it.\n\n{code}",
    "`{path}` is open, the cursor stands at `{mark}`:\n\n{code}\n\nWhat belongs there? Answer with a search/replace block.",
    "{code}\n\nFill in `{mark}` in `{path}` as a search/replace block.",
)


def infill(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Some holes of files of code; a third of the budget before each, a sixth after it."""
    for document in files(material):
        if document.language in PROSE or CHANGELOG.search(document.path) or FOREIGN.search(document.path):
            continue
        choose = choices_of(document, "infill")
        count = sum(choose.random() < SHARE for _ in range(holes(document)))
        if not count:
            continue
        found = [cut for cut in cuts(document, TRIED * count, budget // 8, "infill") if cut.start < cut.end]
        if not found:
            yield dropped(document, "no place for a hole")
        for cut in sorted(choose.sample(found, min(count, len(found))), key=lambda cut: cut.start):
            yield _lesson(document, cut, budget)


def _lesson(document: Document, cut: Cut, budget: int) -> Sample | Dropped:
    data, path = document.data, document.path
    start, end = before(data, cut.start, budget // 3), after(data, cut.end, budget // 6)
    head, middle, tail = (data[slice(*span)].decode() for span in ((start, cut.start), (cut.start, cut.end), (cut.end, end)))
    masked, whole = f"{head}{MARK}{tail}", f"{head}{middle}{tail}"
    answer = _block(document, masked, whole)
    if MARK in whole or not blocks.readable(answer, 1):
        return dropped(document, "looks like a block itself")
    if not _applies(answer, path, masked, whole):
        return dropped(document, "block does not apply")
    if len(answer.encode()) > budget // 2:
        return dropped(document, "answer over budget")
    code = fenced(masked.rstrip("\r\n"), document.language)
    request = seeded("infill", path, masked).choice(FRAMES).format(mark=MARK, path=path, code=code)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=answer,
        kind="diff",
        maker="infill",
        labels=labels(document.language),
        origins=(document.span(start, end),),
    )


def _block(document: Document, masked: str, whole: str) -> str:
    """The region around the mark, and what it becomes."""
    old, new = masked.splitlines(keepends=True), whole.splitlines(keepends=True)
    at = next(number for number, row in enumerate(old) if MARK in row)
    first, last = max(0, at - AROUND), min(len(old), at + AROUND + 1)
    return blocks.write(document.path, document.language, old, new, [blocks.Hunk(first, last, first, len(new) - (len(old) - last))])


def _applies(answer: str, path: str, masked: str, whole: str) -> bool:
    """Whether the block turns the one text into the other, byte for byte."""
    try:
        return blocks.apply(answer, {path: masked}) == {path: whole}
    except ValueError:
        return False
