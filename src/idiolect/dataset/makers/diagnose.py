"""diagnose: what went wrong, answered by the cause in the team's words and the patch that mended it.

The symptom is a stack trace or an error message out of an issue that the commit closes, its pull request or its own message, or a test that
the fix brought, which failed without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from idiolect.dataset.makers import asking, brought, commits, editing, grounds, remarks, reviewed
from idiolect.dataset.makers.bugfix import faultless
from idiolect.dataset.makers.editing import Answer, Part, View, Windows
from idiolect.dataset.makers.edits import dropped, span_of
from idiolect.dataset.makers.feature import ADDS
from idiolect.dataset.makers.intents import intent
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.pairs import telling
from idiolect.dataset.makers.scope import fenced
from idiolect.dataset.makers.sections import PROSE
from idiolect.dataset.makers.symptoms import symptom
from idiolect.sources.testpaths import is_test
from idiolect.syntax import units
from idiolect.types import Change, Dropped, Edit, Message, Said, Sample, Span

MOST_FILES, MOST_LINES = 4, 60
MOST_FOR_A_TEST = 30
"""Lines that go and come for one test: of more of them, most are about something else."""
LONGEST_TITLE = 200
MOST_NAMED = 4
"""Functions that a symptom names which are shown besides those that are mended."""
SEEN, REPORTED, TESTED = 0.9, 0.7, 0.8
TRACES = (
    "We see this:\n\n{symptom}\n\n{code}\n\nSay in a sentence what is to change, then give the fix as search/replace blocks.",
    "{symptom}\n\nThe code that takes part:\n\n{code}\n\nWhat is to be mended? Give the patch as search/replace blocks.",
    "Mend this.\n\n{symptom}\n\n{code}\n\nSay what is to be mended, then the edit in SEARCH/REPLACE form.",
    "{code}\n\nWith this code we get:\n\n{symptom}\n\nSay what to mend, and give the fix as search/replace blocks.",
)
TESTS = (
    "This test of `{path}` fails:\n\n{symptom}\n\n{code}\n\nSay in a sentence what is to change, then give search/replace blocks.",
    "{code}\n\nThe test below (`{path}`) fails. Mend the code with search/replace blocks, and say before them what they do.\n\n{symptom}",
    "Make this test of `{path}` pass.\n\n{symptom}\n\nThe code:\n\n{code}\n\nSay what is mended, then the edit in SEARCH/REPLACE form.",
    "A test fails in `{path}`:\n\n{symptom}\n\nWhat has to be mended?\n\n{code}\n\nAnswer with a sentence and search/replace blocks.",
)
ALONE = (
    "This test of `{path}` fails:\n\n{symptom}\n\n{code}\n\nMend the code with search/replace blocks.",
    "{code}\n\nThe test below (`{path}`) fails. Give the edit that makes it pass as search/replace blocks.\n\n{symptom}",
    "Make this test of `{path}` pass.\n\n{symptom}\n\nThe code:\n\n{code}\n\nAnswer with the edit in SEARCH/REPLACE form.",
)
"""Where the team's words say nothing of what the test and the edit show."""
_HISTORY = re.compile(
    r"\b(?:branch\w*|merge[ds]?|release[ds]?|versions?|since|earlier|previous(?:ly)?|regression\w*|backport\w*|tickets?|issues?|prs?|upstream"
    r"|pull requests?|tests?|specs?)\b|\d+\.\d",
    re.IGNORECASE,
)
"""Words of how it came about: nobody can tell that from the code."""
_IDENTIFIER = re.compile(r"\b(?:[A-Za-z]+\.)*[A-Z][a-z0-9]+[A-Z]\w*|\b\w+_\w+")
"""In prose: what is spelled as names in code are, errors among them."""
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PIECE = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """class def self return import from none true false end new test assert assert_equal expect should this const let var function
        else not and for the with raise name value data nil null string int get set str app client response result require describe
        context""",
    )
)
"""Words that a test and a fix have in common without being about the same."""


class Case(NamedTuple):
    """A symptom and where it comes from."""

    text: str
    """As a prompt shows it."""
    origins: tuple[Span, ...]
    words: frozenset[str]
    """Names and files that it speaks of."""
    path: str
    """Of the test; empty where it is none."""
    request: commits.Wish
    """The cause."""


def diagnose(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Each fix whose symptom is known becomes one lesson."""
    for change in changes(material):
        case = _case(change)
        if case is not None:
            yield _lesson(change, case, budget) if isinstance(case, Case) else dropped(change, case)


def _case(change: Change) -> Case | str | None:
    """What was wrong before a commit; a reason where that is of no use, None where nobody says that anything was."""
    for said in sorted((one for one in change.said if one.form != "comment"), key=lambda one: one.form):
        if case := _reported(change, said):
            return case
    if found := symptom(change.body, inline=False):
        request = commits.wish(replace(change, body=found.rest))
        words = frozenset(_WORD.findall(found.text)) | found.paths
        return request if isinstance(request, str) else Case(fenced(found.text, ""), (), words, "", request)
    return _tested(change) if any(is_test(edit.path) for edit in change.edits) else None


def _reported(change: Change, said: Said) -> Case | str | None:
    """The case that an issue or a pull request makes."""
    found = symptom(said.text, inline=said.form == "issue")
    if found is None:
        return None
    request = commits.wish(change)
    if isinstance(request, str):
        return request
    title = commits.clean(said.title)[:LONGEST_TITLE] if said.form == "issue" else ""
    text = f"{title}\n\n{fenced(found.text, '')}" if title else fenced(found.text, "")
    words = frozenset(_WORD.findall(f"{title} {found.text}")) | found.paths
    return Case(text, (reviewed.of_forge(change, said),), words, "", request)


def _tested(change: Change) -> Case | str | None:
    """The case that a test makes which a fix brought: of several the one that has most of the message's words."""
    request = commits.wish(change)
    if isinstance(request, str) or not _mends(request, change):
        return None
    tests = [edit for edit in change.edits if is_test(edit.path) and edit.after and edit.language not in PROSE]
    added = [(edit, test) for edit in tests for test in brought.tests(edit)]
    if not added:
        return "adds no test"
    said = _pieces(f"{request.subject} {request.body}")
    edit, test = max(added, key=lambda one: len(_pieces(one[1].text) & said))
    origins = (span_of(change, edit, test.start, test.end),)
    return Case(fenced(test.text.rstrip(), edit.language), origins, frozenset(_WORD.findall(test.text)), edit.path, request)


def _mends(request: commits.Wish, change: Change) -> bool:
    """Whether a commit mends a fault of the program, and does nothing else by its own account."""
    subject = asking.imperative(request.subject)
    claims = intent(request.subject, change.edits) == "fix" and not ADDS.match(subject) and not asking.elsewhere(subject)
    return claims and not faultless(request) and bool(_mended(change))


def _pieces(text: str) -> frozenset[str]:
    """The parts of words and names, in small letters."""
    return frozenset(piece.lower() for piece in _PIECE.findall(text)) - _COMMON


def _mended(change: Change) -> list[Edit]:
    """The files that the fix is made of."""
    return [edit for edit in editing.meant(change.edits) if edit.language not in PROSE and not is_test(edit.path)]


def _lesson(change: Change, case: Case, budget: int) -> Sample | Dropped:
    edits = _mended(change)
    if reason := editing.refused(edits, MOST_FILES):
        return dropped(change, reason)
    if not any(edit.before for edit in edits):
        return dropped(change, "only new files")
    answer = editing.answered(edits, budget // 2)
    if isinstance(answer, str):
        return dropped(change, answer)
    if sum(len(rows) for part in answer.parts for rows in editing.lines(part)) > (MOST_FOR_A_TEST if case.path else MOST_LINES):
        return dropped(change, "too many lines")
    about = case.words & _touched(answer)
    if case.path and not about and not _pieces(case.text) & _pieces(case.request.subject):
        return dropped(change, "test names nothing of the fix")
    cause = remarks.impersonal(editing.words(case.request))
    if case.path:
        cause = _known(cause, f"{case.text}\n{answer.text}")
    elif not cause:
        return dropped(change, "message says nothing")
    code = editing.shown(change, answer.parts, budget - sum(len(text.encode()) for text in (cause, answer.text, case.text)), [_view(case)])
    if code is None:
        return dropped(change, "touched code over budget")
    frames = (TESTS if cause else ALONE) if case.path else TRACES
    frame = seeded("diagnose", change.commit).choice(frames)
    asked = frame.format(symptom=case.text, code=code.text, path=case.path)
    if editing.baseless(answer.parts, asked):
        return dropped(change, grounds.REASON)
    return Sample(
        prompt=(Message(role="user", content=asked),),
        answer=f"{cause}\n\n{answer.text}" if cause else answer.text,
        kind="diagnose",
        maker="diagnose.test" if case.path else "diagnose",
        labels=labels(editing.language(answer.parts)),
        confidence=TESTED if case.path else SEEN if about else REPORTED,
        origins=tuple(dict.fromkeys((*code.origins, *editing.written(change, answer.parts), *case.origins))),
    )


def _known(cause: str, shown: str) -> str:
    """The sentences of a cause that can be told from what is shown, with no name that it lacks and no word of history; all about it."""
    plain = (one for one in remarks.sentences(cause) if not _HISTORY.search(one))
    kept = " ".join(one for one in plain if all(name in shown for name in (*grounds.OWN.findall(one), *_IDENTIFIER.findall(one))))
    return kept if _pieces(kept) & _pieces(shown) else ""


def _touched(answer: Answer) -> frozenset[str]:
    """Names that a patch touches: of its lines, of its files, and of the units around it."""
    found: set[str] = set()
    for part in answer.parts:
        gone, came = editing.lines(part)
        found.update(_WORD.findall("".join((*gone, *came))))
        found |= {part.edit.path, PurePosixPath(part.edit.path).name}
        around = editing.enclosing(part)
        for unit in units(part.edit.language, part.edit.before):
            if any(start <= unit.start and unit.end <= end for start, end in around):
                found.add(unit.name.rpartition(".")[2])
    return frozenset(word for word in found if word.lower() not in _COMMON)


def _view(case: Case) -> View:
    """Shows the units around each change, and the functions of these files that the symptom names."""

    def view(part: Part) -> Windows:
        data = part.edit.before
        known = (unit for unit in units(part.edit.language, data) if unit.kind in ("function", "method"))
        meant = [unit for unit in known if (name := unit.name.rpartition(".")[2]) in case.words - _COMMON and telling(name)]
        named = [(data.rfind(b"\n", 0, unit.start) + 1, data.find(b"\n", unit.end) + 1 or len(data)) for unit in meant[:MOST_NAMED]]
        found: Windows = []
        for start, end in sorted([*editing.enclosing(part), *named]):
            if found and start <= found[-1][1]:
                first, last = found.pop()
                start, end = first, max(last, end)
            found.append((start, end))
        return found

    return view
