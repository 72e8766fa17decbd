"""added: the message of the commit that added a unit asks for it, where the commit is about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import tangles
from idiolect.dataset.makers.commits import Wish, wish
from idiolect.dataset.makers.edits import dropped, hunks, rows
from idiolect.dataset.makers.material import BUDGET, Material, changes
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.write import KINDS, Request, lesson, own_wish, unfit
from idiolect.sources.testpaths import is_test
from idiolect.syntax import Unit, has_grammar, units
from idiolect.types import Change, Document, Dropped, Edit, Sample

MOST_UNITS = 2
"""A commit that adds more is about something larger than any of them."""
MOST_FILES = 8
NAMESPACES = frozenset({"module", "namespace", "impl"})
"""Kinds of units that are opened anew in every file: what they hold is looked at."""
OWN = 0.3
"""Of the lines that a commit adds to code, tests apart, the share that a unit has at least that its message is about."""
MOST = 0.7
"""The same, where the message does not name it."""
ASKED = 0.7
"""And how sure its wish is then at least: it begins with a verb, or has five words or a body."""
STOOD = 0.6
"""Share of its lines that a unit which was renamed or moved has from before."""
NAMED, ALONE = 1.0, 0.85
"""How sure it is that a message is about a unit that it names, or that is most of what the commit adds."""

_OTHER = re.compile(
    r"""^(?:fixup|squash|amend)!|\b(?:refactor\w*|renam\w+|moved?|mov(?:es|ing)|re-?writ\w+|re-?work\w*)\b
    |\b(?:clean(?:s|ed|ing)?-?\ ?up|prep(?:ping|ar\w+)?)\b
    |^(?:reduc|simplif|split|extract|convert|reorgani|restor|tweak|polish|improv|updat|isolat|nicer|better|bug-?\ ?fix)\w*
    |^(?:fix\w*|test|cover|docs?|document)\b
    |^(?:add\w*|more|new|writ\w+|extend\w*|start\w*)\s+(?:\w+\s+){0,2}(?:tests?|specs?|testcases?|docs?|documentation|examples?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""A message that is about how code is arranged, about a repair, about tests or documentation: not about what a new unit is for."""
_EMPTY = re.compile(
    r"""add|new|initial|first|implement|support|introduc|creat|writ|mak|allow|provid|us|function|method|class|helper|feature|basic|simpl|quick
    |option|additional|functionalit|som|mor|also|better|start|work|early|commit|an?|and|are|as|at|be|by|do|for|from|ha|if|in|into|it|its|of
    |on|or|that|th|thi|to|up|wa|when|with|we|can|will|not|no|so|all|any""",
    re.IGNORECASE | re.VERBOSE,
)
"""Stems of words that say nothing of a unit."""
FEWEST_SAID = 2
"""Words of a message that say something, besides those of the unit's name."""
_BROKEN_OFF = re.compile(r"\b(?:for|of|to|in|on|with|by|from|the|an?|and|or|was|is|are|not|see)\W*$", re.IGNORECASE)
_LEFT_OVER = re.compile(r"(?<=[.!?])\s+\w+\W*$")
"""What is left of a last sentence that named a ticket."""
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
    said = _said(change, request)
    if reason := _refused(request.subject, said, [*unit.parents, unit.name]):
        return dropped(change, reason, unit.name)
    return lesson(document, unit, found, Request(said, "added", round(request.confidence * sure, 2)), budget)


def _said(change: Change, request: Wish) -> str:
    """Subject and body as sentences; a body that begins small goes on with the sentence of the subject."""
    body = _LEFT_OVER.sub("", request.body)
    if change.body.lstrip()[:1].islower() and body[:1].isupper() and not request.subject.endswith((".", "!", "?")):
        return f"{request.subject} {body[:1].lower()}{body[1:]}"
    return request.subject + (f"{'' if request.subject.endswith('.') else '.'} {body}" if body else "")


def _refused(subject: str, said: str, names: Sequence[str]) -> str:
    """Why a message is no wish for a unit of these names, its class's first; empty where it may be."""
    if _OTHER.search(subject):
        return "message is about other things"
    if _BROKEN_OFF.search(said if said.startswith(f"{subject} ") else subject):
        return "message is broken off"
    own = {tangles.stem(word) for name in names for word in words_of(name)}
    told = {stem for stem in tangles.stems(said) - own if not _EMPTY.fullmatch(stem)}
    return "" if len(told) >= FEWEST_SAID else "message says no more than the name"


def _about(change: Change, request: Wish, fresh: Fresh, alone: bool) -> float:
    """How sure it is that the message is about the unit; 0: not at all."""
    own = _lines(fresh.edit.after[fresh.unit.start : fresh.unit.end]) / max(1, sum(map(_brought, _code(change))))
    said = tangles.stems(f"{request.subject} {request.body}")
    name = [tangles.stem(word) for word in words_of(fresh.unit.name)]
    telling = [word for word in name if not _COMMON.fullmatch(word)]
    if 2 * sum(word in said for word in name) >= len(name) and said & set(telling):
        return NAMED if own >= OWN else 0.0
    return ALONE if alone and own >= MOST and request.confidence >= ASKED else 0.0


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
    return [edit for edit in change.edits if edit.after and has_grammar(edit.language) and not is_test(edit.path)]


def _of_file(edit: Edit, known: set[str]) -> list[Fresh]:
    found = units(edit.language, edit.after)
    outer: list[Unit] = []
    last = Unit("", "", 0, 0)
    for unit in sorted(found, key=lambda unit: (unit.start, -unit.end)):
        wanted = unit.kind in KINDS - NAMESPACES and unit.name not in known and not _is_test(unit)
        if unit.start >= last.end and (wanted or unit.kind in ("function", "method")):
            last = unit  # what stands within is no unit of its own
            outer += [unit] if wanted else []
    return [Fresh(edit, unit, found) for unit in outer]


def _is_test(unit: Unit) -> bool:
    return unit.name.lower().startswith("test") or unit.name.endswith(("Test", "Tests", "TestCase", "Spec"))
