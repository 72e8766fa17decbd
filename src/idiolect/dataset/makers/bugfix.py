"""bugfix: code with a fault that the team found, and what was said of it, answered by the team's own mending."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import brought, editing, grounds
from idiolect.dataset.makers.commits import Wish
from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.layers import BESIDE, layer
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.scope import Piece
from idiolect.types import Change, Dropped, Edit, Message, Sample

MOST_FILES = 6
"""Tests among them."""
MOST_MENDED, MOST_LINES, MOST_HUNKS = 3, 40, 4
"""Files of the program, lines that go and come in all of them, and places in each: more is not one fault."""
LONGEST_TESTS = 1_800
"""Bytes of tests that a prompt shows."""
_FIX = re.compile(
    r"\b(?:fix(?:e[sd])?|bugs?|crash(?:e[sd]|ing)?|regressions?|broken|breaks?|incorrect(?:ly)?|wrong(?:ly)?|fail(?:s|ed|ing|ures?)?|leak(?:s|ed|ing)?"
    r"|deadlocks?|race"
    r"|off[- ]by[- ]one|infinite|hangs?|raises?|nil|null|undefined|prevent\w*|avoid\w*|correct(?:ly)?|no longer|don't|never)\b",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"\b(?:fix(?:e[sd])?|bugs?|crash(?:e[sd]|ing)?|regressions?|broken|incorrect(?:ly)?|wrong(?:ly)?"
    r"|(?:do(?:es)?n't|do(?:es)? not|never|no longer) (?:fail|raise|throw|hang|break|leak|500|40\d))\b",
    re.IGNORECASE,
)
_NO_FAULT = re.compile(
    r"\b(?:typos?|spelling|grammar|lint\w*|rubocop|eslint|flake8|standardrb|style|formatting|whitespace|indent\w*|docs?|docstrings?|documentation"
    r"|readme|changelog|tests?|specs?|ci|travis|build|flak(?:y|es)|warnings?|deprecat\w*|types?|typing|annotations?|mypy|merge|conflicts?"
    r"|translations?|copyright|rename\w*|refactor\w*|clean\w*|error (?:messages?|pages?)|custom errors?|wording)\b",
    re.IGNORECASE,
)
_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import\b|require\b|use\s|using\s|#include\b|(?:const|let|var)\s.{0,200}=\s*require\(|[)\]}]*;?$)"
)
FRAMES = (
    "This code has a fault. {symptom}\n\n{code}\n\nMend it with search/replace blocks.",
    "{code}\n\n{symptom} Find what is wrong and mend it; answer with search/replace blocks.",
    "{symptom}\n\nHere is the code:\n\n{code}\n\nGive the fix as search/replace blocks.",
    "What is wrong here? {symptom}\n\n{code}\n\nAnswer with the smallest edit that mends it, in SEARCH/REPLACE form.",
    "Please fix this. {symptom}\n\n{code}\n\nAnswer with search/replace blocks only.",
)


def bugfix(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """One lesson per small commit whose words and shape say that it mends a fault; short tests that came with it are shown."""
    for change in changes(material):
        yield _lesson(change, budget)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    asked = editing.asked(change, MOST_FILES)
    if isinstance(asked, str):
        return dropped(change, asked)
    request, edits = asked
    if reason := faultless(request):
        return dropped(change, reason)
    mended = [edit for edit in edits if layer(edit.path, edit.language) not in BESIDE]
    if reason := _no_mending(mended):
        return dropped(change, reason)
    tests = brought.shown(change, edits, LONGEST_TESTS)
    if not (tests.text or request.body):  # of those whose title alone says so, 18 of 43 that were read were good, of the others 20 of 27
        return dropped(change, "neither a test nor a reason")
    answer = editing.answered(mended, budget * 2 // 3)
    if isinstance(answer, str):
        return dropped(change, answer)
    return _sample(change, request, answer, tests, budget)


def faultless(request: Wish) -> str | None:
    """Why these words do not speak of a fault of a program; None where they do."""
    if not _FIX.search(request.subject) and not _SURE.search(request.body):
        return "says nothing of a fault"
    return "no fault of the program" if _NO_FAULT.search(request.subject) else None


def _no_mending(mended: Sequence[Edit]) -> str | None:
    """Why this is not one small fault."""
    if not mended:
        return "no code of the program"
    if len(mended) > MOST_MENDED:
        return "too many files"
    if not all(edit.before and edit.after for edit in mended):
        return "makes or deletes a file"
    parts = [editing.part(edit) for edit in mended]
    if sum(len(rows) for one in parts for rows in editing.lines(one)) > MOST_LINES or any(len(one.hunks) > MOST_HUNKS for one in parts):
        return "too large for one fault"
    if all(_IMPORT.match(row) or not row.strip() for one in parts for rows in editing.lines(one) for row in rows):
        return "only imports"
    same = all(editing.bare(edit.language, edit.before) == editing.bare(edit.language, edit.after) for edit in mended)
    return "only comments" if same else None


def _sample(change: Change, request: Wish, answer: editing.Answer, tests: Piece, budget: int) -> Sample | Dropped:
    choose = seeded("bugfix", change.commit)
    symptom = editing.words(request)
    room = budget - sum(len(text.encode()) for text in (answer.text, symptom, tests.text))
    code = editing.shown(change, answer.parts, room, first=(editing.naming, editing.enclosing))
    if code is None:
        return dropped(change, "touched code over budget")
    asked = choose.choice(FRAMES).format(symptom=symptom, code=code.text)
    if tests.text:
        asked = brought.PASSING.format(request=asked, tests=tests.text)
    if editing.baseless(answer.parts, asked):
        return dropped(change, grounds.REASON)
    confidence = 0.5 + 0.2 * bool(_SURE.search(request.subject)) + 0.2 * bool(tests.text) + 0.1 * bool(request.body)
    return Sample(
        prompt=(Message(role="user", content=asked),),
        answer=answer.text,
        kind="bugfix",
        maker="bugfix",
        labels=labels(editing.language(answer.parts)),
        confidence=round(confidence, 2),
        origins=(*code.origins, *editing.written(change, answer.parts), *tests.origins),
    )
