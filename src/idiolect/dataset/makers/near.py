"""near: holes in a file that is shown together with the files around it, as an editor sends them.

The repository-level half of the fill-in-the-middle mixture (Qwen2.5-Coder, arXiv 2409.12186, section 3.2): dependencies first,
whole files up to a budget, of longer ones the definitions that the hole's file uses. In 30 % of the lessons their order is random,
as nobody promises an order when the model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from idiolect.dataset.makers.fim import Cut, cuts, holes, sample
from idiolect.dataset.makers.material import BUDGET, Material, choices_of, dropped, files, seeded
from idiolect.dataset.makers.pairs import Names, telling
from idiolect.dataset.makers.scope import counted
from idiolect.dataset.makers.windows import line_end, line_start, lines
from idiolect.outline import Unit
from idiolect.types import Document, Dropped, File, Hole, Sample, Span

WIDE_BUDGET = BUDGET + 2000
"""Bytes of prompt and answer, the files around included."""
OWN = 0.45
"""Share of them that the hole's own file takes."""
RANDOM_ORDER = 0.3
TRIED = 8
"""So many holes are looked at for one: what is wanted are answers that name what the files around define."""
SHORTEST = 60
"""Bytes that every answer may have."""
WHOLE_UNIT = 400
"""Bytes up to which a definition is shown with its body."""
_HOLDERS = frozenset({"class", "module", "interface", "struct", "trait", "enum", "namespace", "impl"})
_CONSTRUCTORS = frozenset({"__init__", "initialize", "constructor"})
LEAST = 60
"""Bytes of definitions below which nothing of a file is shown."""
_CALLED = re.compile(r"[.&:]([A-Za-z_]\w*[?!]?)|([A-Za-z_]\w*[?!]?)\(")


class Shown(NamedTuple):
    """What a prompt shows of a file."""

    file: File
    origins: tuple[Span, ...]
    defines: frozenset[str]
    """Names that it defines, of those that say something."""


class Around(Names):
    """A file that may stand around a hole."""

    @cached_property
    def heads(self) -> list[tuple[Unit, tuple[int, int]]]:
        """Each unit with the whole lines that stand for it."""
        inner: dict[tuple[str, ...], int] = {}
        for unit in reversed(self.units):
            inner[unit.parents] = min(unit.start, unit.doc[0] if unit.doc else unit.start)
        return [(unit, _lines_of(self.document.data, unit, inner.get((*unit.parents, unit.name)))) for unit in self.units]


def near(material: Material, *, budget: int = WIDE_BUDGET, per: int = 1250, most: int = 4) -> Iterator[Sample | Dropped]:
    """Given a file and, after it, those around it (`neighbours.around`): one hole of the first per `per` bytes, at most `most`."""
    held = list(files(material))
    if not held:
        return
    document, *others = held
    own = int(budget * OWN)
    count = holes(document, per, most)
    shown = _shown(document, [Around(one) for one in others], budget - own)
    found = cuts(document, TRIED * count, _longest(document, own), "near") if shown else []
    if not found:
        yield dropped(document, "no place for a hole" if shown else "nothing to show around it")
        return
    for cut in _chosen(document, found, shown, count):
        yield _lesson(document, cut, shown, own)


def _longest(document: Document, own: int) -> int:
    """Bytes of an answer: what is asked for is found in what is shown, so of a short file most is shown."""
    return max(SHORTEST, min(own // 4, len(document.data) // 4))


def _chosen(document: Document, found: Sequence[Cut], shown: Sequence[Shown], count: int) -> list[Cut]:
    """So many of the cuts whose answers name what is shown around them; where none does, one of the others, of syntax if it can be."""
    names = frozenset().union(*(one.defines for one in shown))
    naming = [cut for cut in found if not names.isdisjoint(_named(document.data[cut.start : cut.end].decode()))]
    others = [cut for cut in found if cut.how in ("node", "aligned")] or found
    chosen = choices_of(document, "near that name").sample(naming or others, min(len(naming), count) or 1)
    return sorted(chosen, key=lambda cut: cut.start)


def _named(text: str) -> set[str]:
    """Names that a text surely means as such: a word of prose has no capital or underscore within, and is not called."""
    words = {word for word in counted(text) if not word.islower() or "_" in word}
    return words | {match[1] or match[2] for match in _CALLED.finditer(text)}


def _lesson(document: Document, cut: Cut, shown: Sequence[Shown], own: int) -> Sample:
    made = sample(document, cut, own)
    choose = seeded("near", document.path, cut.start, cut.end, made.answer)
    ordered = list(shown)
    if choose.random() < RANDOM_ORDER:
        choose.shuffle(ordered)
    assert isinstance(made.prompt, Hole)
    return made.model_copy(
        update={
            "maker": f"near.{cut.how}",
            "prompt": made.prompt.model_copy(update={"files": tuple(one.file for one in ordered)}),
            "origins": (*made.origins, *(span for one in ordered for span in one.origins)),
        }
    )


def _shown(document: Document, others: Sequence[Around], room: int) -> list[Shown]:
    """What is shown of the files around, in their order: the most used is fitted in first, and leaves room for the next."""
    words = counted(document.text)
    weighed = sorted(others, key=lambda one: -sum(min(3, words[name]) for name in one.defined))
    fitted: dict[str, Shown] = {}
    for left, one in zip(range(len(weighed), 0, -1), weighed, strict=True):
        share = room if left == 1 else room * 2 // 3
        if share >= LEAST and (made := _of_file(one, frozenset(words), share)):
            fitted[one.document.path] = made
            room -= len(made.file.text.encode())
    return [fitted[one.document.path] for one in others if one.document.path in fitted]


def _of_file(one: Around, used: frozenset[str], room: int) -> Shown | None:
    """All of a file where it fits, else the definitions in it that are used; None where nothing is."""
    data, path = one.document.data, one.document.path
    if len(data) <= room:
        whole = Shown(File(path=path, text=one.document.text), (one.document.span(),), one.defined)
        return whole if data.strip() else None
    spans: list[tuple[int, int]] = []
    names: set[str] = set()
    for unit, (start, end) in one.heads:
        fits = sum(stop - begin + 1 for begin, stop in spans) + end - start < room and (not spans or start >= spans[-1][1])
        if fits and _wanted(unit, used):
            spans.append((start, end))
            names.add(unit.name.rpartition(".")[2])
    text = _joined(data, spans)
    if len(text) < LEAST:
        return None
    return Shown(File(path=path, text=text), tuple(one.document.span(*span) for span in spans), frozenset(names))


def _joined(data: bytes, spans: Sequence[tuple[int, int]]) -> str:
    """Runs of whole lines with a blank one where others stood between them."""
    pieces, stop = [], spans[0][0] if spans else 0
    for start, end in spans:
        pieces.append("\n" * min(2, len(lines(data[stop:start])) - 1) + data[start:end].decode())
        stop = end
    return "".join(pieces) + "\n"


def _wanted(unit: Unit, used: frozenset[str]) -> bool:
    """Whether a unit is named, and the class that it stands in; a name that says little counts for nothing, a constructor always."""
    name = unit.name.rpartition(".")[2]
    named = name in _CONSTRUCTORS or (name in used and (unit.kind in _HOLDERS or telling(name)))
    return named and (not unit.parents or unit.parents[-1] in used)


def _lines_of(data: bytes, unit: Unit, inner: int | None) -> tuple[int, int]:
    """Whole lines that stand for a unit: a short one's all, of a longer one its head.

    That is what comes before the first unit in it (`inner`), or the beginning of that; where a docstring stands there that is too
    long to be shown, or no unit, the header alone.
    """
    start, most = line_start(data, unit.start), unit.start + WHOLE_UNIT
    header = unit.body_start or line_end(data, unit.start)
    documented = unit.doc[1] if unit.doc and unit.start < unit.doc[0] else header
    stop = next((stop for stop in (unit.end, inner, documented) if stop is not None and header <= stop <= most), header)
    if inner is not None and most < inner and documented == header <= most:
        return start, line_end(data, line_start(data, most) - 1)
    return start, line_end(data, start + len(data[start : min(stop, most)].rstrip()))
