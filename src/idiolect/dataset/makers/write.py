"""write: an instruction in the team's own words, answered by the team's own code; templated: where they have none, in ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from idiolect.dataset.makers import grounds, prose, scope
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.sections import PROSE
from idiolect.dataset.makers.tangles import stem, stems
from idiolect.sources.testpaths import is_test
from idiolect.syntax import Unit, units
from idiolect.types import Document, Dropped, Message, Sample, Span

KINDS = frozenset(
    {"function", "method", "class", "module", "interface", "struct", "enum", "trait", "type", "rule", "test", "table", "view", "macro"}
)
FRAMES = (
    "{wish}\n\nWrite the {kind} `{name}` for `{path}`.",
    "Write `{name}` in `{path}`. {wish}",
    "In `{path}` we need a {kind} `{name}`: {wish}",
    "How would we write the {kind} `{name}`? {wish} It belongs in `{path}`.",
    "Implement `{name}` ({path}).\n\n{wish}",
    "`{path}` lacks `{name}`. What it is for: {wish}",
    "{wish}\n\nFile: `{path}`, {kind} `{name}`.",
    "Add the {kind} `{name}` to `{path}`.\n\nRequirement: {wish}",
)
LONG_FRAMES = (
    "{wish}\n\nWrite the {kind} `{name}` for `{path}`.",
    "Write the {kind} `{name}` in `{path}`.\n\n{wish}",
    "`{path}` needs a {kind} `{name}`.\n\n{wish}",
    "Implement `{name}` ({path}).\n\n{wish}",
)
"""Of a wish that has several lines."""
CONTEXTS = ("Around it in the file:", "What stands there already:", "Context:", "The file has:", "So far:")
BEGINS = "It begins:"
TEMPLATES = (
    "Write the {kind} `{name}` for `{path}` the way we do.",
    "`{path}`: implement `{name}`.",
    "What does our {kind} `{name}` look like?",
    "Add `{name}` to `{path}`.",
    "Fill in the {kind} `{name}` of `{path}`.",
)
TEMPLATED = 2
"""So many units of a file are offered with a template's words; how many are taken depends on all files (`wording.Wording`)."""
TEMPLATE_CONFIDENCE = 0.5
TEMPLATE = "templated"
"""The maker's name, before the number of the template."""
_STUB = re.compile(rb"\s*(?:pass|\.\.\.|(?:raise|throw)\b[^\n]*)?\s*")
"""The body of what is for others to write."""
_NAME_ALONE = re.compile(rb"\s*(?:return\b)?\s*(?:self\.|this\.|@{1,2})\w+\s*;?\s*")
"""The body of what gives away an attribute and does nothing else."""
NO_WORDS = "no human words for a request"
SHORTEST = 30
"""Bytes of code below which there is nothing to write."""


class Request(NamedTuple):
    """What somebody wants of a unit, and who says so."""

    wish: str
    maker: str
    confidence: float = 1.0
    origins: tuple[Span, ...] = ()
    """Of the wish."""


def write(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A unit with a docstring or leading comment becomes request and code."""
    for document in _programs(material):
        found = units(document.language, document.data)
        for unit, wish, reason in _wished(document, found, budget):
            if reason or not wish:
                yield dropped(document, reason or NO_WORDS, unit.name)
            else:
                yield lesson(document, unit, found, _by_words(document, unit, wish), budget)


def templated(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A few of each file's units of which nobody says what they are for, asked for by name in a template's words."""
    for document in _programs(material):
        found = units(document.language, document.data)
        silent = [unit for unit, wish, reason in _wished(document, found, budget) if not wish and not reason]
        offered = [unit for unit in silent if _telling(document, unit)][:TEMPLATED]
        for unit in silent:
            chosen = unit in offered
            yield lesson(document, unit, found, _by_template(document, unit), budget) if chosen else dropped(document, NO_WORDS, unit.name)


def _programs(material: Material) -> Iterator[Document]:
    return (document for document in files(material) if document.language not in PROSE)


def _wished(document: Document, found: Sequence[Unit], budget: int) -> Iterator[tuple[Unit, str, str | None]]:
    """The units that somebody may ask for, with what was said of each, and why it is refused whoever asks; nothing that a test holds."""
    for unit in found:
        if unit.kind in KINDS and not (unit.kind == "function" and unit.parents and is_test(document.path)):
            wish, reason = ("", "comment of what is within") if unit.doc and scope.wraps(unit, found) else own_wish(document, unit)
            yield unit, wish, reason or unfit(document, unit, budget)


def own_wish(document: Document, unit: Unit) -> tuple[str, str | None]:
    """What a unit's docstring or comment asks for, up to its first example or list, and why the unit is refused."""
    if unit.doc is None:
        return "", None
    comment = document.data[slice(*unit.doc)].decode()
    text = prose.unversioned(prose.plain(comment))
    reason = prose.refusal(prose.opening(text), unit.name)
    silent = reason == "prose too short" or (not reason and prose.of_rows(comment) and _aside(prose.opening(text), unit))
    return ("", None) if silent else (prose.whole(text), reason)


def _aside(comment: str, unit: Unit) -> bool:
    """Whether it says something by the way: with no word of the unit's name or of what holds it, or of how it once was or will be."""
    named = {stem(word) for name in (unit.name, *unit.parents[-1:]) for word in prose.words_of(name)}
    return prose.passing(comment) or not named & stems(comment)


def unfit(document: Document, unit: Unit, budget: int) -> str | None:
    """Why a unit's code is no answer, whoever asks for it."""
    start, end = scope.whole(unit, document.data)
    if not unit.sound:
        return "does not parse"
    if unit.doc and start < unit.doc[0] and not document.data[unit.doc[1] : end].strip():
        return "nothing but prose"
    if end - start < SHORTEST or _NAME_ALONE.fullmatch(_body(document, unit)):
        return "code too short"
    return "answer over budget" if end - start > budget * 2 // 3 else None


def _body(document: Document, unit: Unit) -> bytes:
    """What a unit does, without its docstring."""
    start, end = unit.body_start or unit.start, unit.body_end or unit.end
    return document.data[max(start, unit.doc[1] if unit.doc and unit.doc[0] >= unit.start else start) : end]


def _by_words(document: Document, unit: Unit, wish: str) -> Request:
    beside = unit.doc and unit.doc[0] < scope.whole(unit, document.data)[0]
    return Request(wish, "write", origins=(document.span(*unit.doc),) if unit.doc and beside else ())


def _by_template(document: Document, unit: Unit) -> Request:
    number = seeded("template", document.path, unit.parents, unit.name).randrange(len(TEMPLATES))
    return Request("", f"{TEMPLATE}.{number + 1}", TEMPLATE_CONFIDENCE)


def _telling(document: Document, unit: Unit) -> bool:
    """Whether the name alone says what is wanted: two words of it, of a function that does something and is no helper within another."""
    does = unit.kind in ("function", "method") and not _STUB.fullmatch(
        document.data, unit.body_start or unit.start, unit.body_end or unit.end
    )
    return does and len(prose.words_of(unit.name.rpartition(".")[2])) >= 2 and not (unit.kind == "function" and unit.parents)


def lesson(document: Document, unit: Unit, found: Sequence[Unit], asked: Request, budget: int) -> Sample | Dropped:
    """The unit's code as the answer to a request, with what stands around it and how it begins where that fits.

    Of a docstring that says more than the request all is shown: nobody could know of its parameters and versions.
    """
    start, end = scope.whole(unit, document.data)
    code = document.data[start:end].decode()
    choose = seeded("write", document.path, unit.parents, unit.name, code)
    request = _framed(document, unit, asked, choose)
    origins = [document.span(start, end), *asked.origins]
    more = unit.doc and prose.plain(document.data[slice(*unit.doc)].decode()).split() != asked.wish.split()
    beside = scope.around(document, unit, found), (scope.beginning if more else scope.header)(document, unit)
    for said, piece in zip((choose.choice(CONTEXTS), BEGINS), beside, strict=True):
        if piece.text and len(request) + len(piece.text) + len(code) <= budget:
            request += f"\n\n{said}\n{scope.fenced(piece.text, document.language)}"
            origins += piece.origins
    if grounds.groundless(code, document.language, request):
        return dropped(document, grounds.REASON, unit.name)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=scope.fenced(code, document.language),
        kind="write",
        maker=asked.maker,
        labels=labels(document.language),
        confidence=asked.confidence,
        origins=tuple(origins),
    )


def _framed(document: Document, unit: Unit, asked: Request, choose: Random) -> str:
    frames = LONG_FRAMES if "\n" in asked.wish else FRAMES
    frame = choose.choice(frames) if asked.wish else TEMPLATES[int(asked.maker.rpartition(".")[2]) - 1]
    name = scope.qualified(unit, document.language, document.data)
    end = "" if asked.wish.endswith((".", "!", "?", ":")) or "\n" in asked.wish else "."
    return frame.format(wish=asked.wish + end if asked.wish else "", kind=unit.kind, name=name, path=document.path)
