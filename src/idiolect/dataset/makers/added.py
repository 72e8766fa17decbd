"""added: the message of the commit that added a unit asks for it, where the commit is about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from idiolect.dataset.makers import pairs, tangles
from idiolect.dataset.makers.commits import Wish, wish
from idiolect.dataset.makers.edits import dropped, hunks, rows
from idiolect.dataset.makers.material import BUDGET, Material, changes
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.write import KINDS, Request, lesson, own_wish, unfit
from idiolect.syntax import Unit, has_grammar, units
from idiolect.types import Change, Document, Dropped, Edit, Sample

MOST_UNITS = 2
"""A commit that adds more is about something larger than any of them."""
MOST_FILES = 8
HOLDERS = frozenset({"module", "namespace", "impl"})
"""Kinds of units that are opened anew in every file: what they hold is looked at."""
OWN = 0.3
"""Of the lines that a commit adds to code, tests apart, the share that a unit has at least that its message is about."""
MOST = 0.7
"""The same, where the message does not name it."""
STOOD = 0.6
"""Share of its lines that a unit which was renamed or moved has from before."""
NAMED, ALONE = 1.0, 0.85
"""How sure it is that a message is about a unit that it names, or that is most of what the commit adds."""

_COMMON = re.compile(r"get|set|to|is|has|do|run|mak|creat|load|read|writ|init|new|handl|check|on|with|from|nam|valu|data")
"""Stems that too many names have for a message to be about one of them."""


class Fresh(NamedTuple):
    """A unit that a commit added."""

    edit: Edit
    unit: Unit
    found: list[Unit]
    """All units of its file after the commit."""


def added(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Functions, methods and classes, outside of tests, as they stood after the commit that added them and at most one more."""
    for change in changes(material):
        yield from _lessons(change, budget)


def _lessons(change: Change, budget: int) -> Iterator[Sample | Dropped]:
    request = wish(change)
    if isinstance(request, str):
        yield dropped(change, request)
        return
    fresh = _fresh(change) if len(change.edits) <= MOST_FILES else []
    if not 1 <= len(fresh) <= MOST_UNITS:
        yield dropped(change, "many files" if len(change.edits) > MOST_FILES else "many units added" if fresh else "adds no unit")
        return
    for one in fresh:
        yield _lesson(change, request, one, len(fresh) == 1, budget)


def _lesson(change: Change, request: Wish, fresh: Fresh, alone: bool, budget: int) -> Sample | Dropped:
    edit, unit, found = fresh
    document = Document(
        change.source, change.role, change.commit, edit.path, edit.language, edit.after, change.time, (change.author,), change.licence,
        replaced=edit.replaced_after,
    )  # fmt: skip
    sure = _about(change, request, fresh, alone)
    if reason := unfit(document, unit, budget) or ("" if sure else "message is about other things"):
        return dropped(change, reason, unit.name)
    if unit.doc and own_wish(document, unit) != ("", None):
        return dropped(change, "says itself what it is for", unit.name)
    said = request.subject + (f"{'' if request.subject.endswith('.') else '.'} {request.body}" if request.body else "")
    asked = Request(said, "added", round(request.confidence * sure, 2))
    return lesson(document, unit, found, asked, budget)


def _about(change: Change, request: Wish, fresh: Fresh, alone: bool) -> float:
    """How sure it is that the message is about the unit; 0: not at all."""
    own = _lines(fresh.edit.after[fresh.unit.start : fresh.unit.end]) / max(1, sum(map(_brought, _code(change))))
    said = tangles.stems(f"{request.subject} {request.body}")
    name = [tangles.stem(word) for word in words_of(fresh.unit.name)]
    telling = [word for word in name if not _COMMON.fullmatch(word)]
    if 2 * sum(word in said for word in name) >= len(name) and said & set(telling):
        return NAMED if own >= OWN else 0.0
    return ALONE if alone and own >= MOST else 0.0


def _brought(edit: Edit) -> int:
    after = rows(edit.after)
    return sum(_lines("".join(after[hunk.new_start : hunk.new_end]).encode()) for hunk in hunks(edit))


def _lines(text: bytes) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _fresh(change: Change) -> list[Fresh]:
    """The outermost units that stand in no file before the commit, by place; what only moved is not new."""
    known = {unit.name for edit in change.edits if edit.before for unit in units(edit.language, edit.before)}
    before = {line.strip() for edit in change.edits for line in edit.before.splitlines()}
    return [one for edit in _code(change) for one in _of_file(edit, known) if not _stood(one, before)]


def _stood(one: Fresh, before: set[bytes]) -> bool:
    """Whether most lines of a unit, besides its first, stood somewhere before: it has but another name."""
    lines = [line.strip() for line in one.edit.after[one.unit.start : one.unit.end].splitlines()[1:]]
    told = [line for line in lines if len(line) > 3]
    return bool(told) and sum(line in before for line in told) >= STOOD * len(told)


def _code(change: Change) -> list[Edit]:
    return [edit for edit in change.edits if edit.after and has_grammar(edit.language) and not pairs.is_test(edit.path)]


def _of_file(edit: Edit, known: set[str]) -> list[Fresh]:
    found = units(edit.language, edit.after)
    inner = [unit for unit in found if unit.kind in ("function", "method")]
    new = [unit for unit in found if unit.kind in KINDS - HOLDERS and unit.name not in known and not _is_test(unit)]
    new = [unit for unit in new if not any(_within(unit, other) for other in inner)]
    outer = [unit for unit in new if not any(_within(unit, other) for other in new)]
    return [Fresh(edit, unit, found) for unit in outer]


def _is_test(unit: Unit) -> bool:
    return unit.name.lower().startswith("test") or unit.name.endswith(("Test", "Tests", "TestCase", "Spec"))


def _within(unit: Unit, other: Unit) -> bool:
    return other.start <= unit.start and unit.end <= other.end and other != unit
