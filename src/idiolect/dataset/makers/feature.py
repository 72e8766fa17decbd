"""feature: a commit or pull request that adds a behaviour: the request, answered by all new and changed files in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import brought, editing, grounds, moves
from idiolect.dataset.makers.commits import Wish
from idiolect.dataset.makers.editing import Part
from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.layers import BESIDE, in_order, layer
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.scope import Piece
from idiolect.types import Change, Dropped, Edit, Message, Sample

FEWEST_FILES, MOST_FILES = 2, 12
LARGER = 2
"""So many times what other lessons take: a feature is several files."""
GROWS = 2
"""Lines that come for each that goes."""
MOVED = 0.5
"""Share of lines that stood elsewhere from which on it is a refactoring."""
FEWEST_LINES = 6
PER_WORD = 4
"""Lines of the program that a word of the request may stand for; what more there is has to be asked for by tests."""
COINED = 2
"""Names that the program may bring which its request does not have; more have to be asked for by tests (docs/lab.md)."""
_FEW, _COINS = "few words ask for much", "coins names that nobody asks for"
"""Why words do not suffice; with the commit's tests they may."""
ADDS = re.compile(
    r"^(?:add|support|allow|implement|introduce|enable|expose|let|provide|create|offer|accept|make it possible|ship)(?:s|es|ed|d|ing)?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z_]{2,}")
_FEAT = re.compile(r"^feat(?:ure)?\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(?:split\w*|pull\w* .{1,60} (?:in|out)\w*"
    r"|fix(?:es|ed)?|bug|typos?|refactor\w*|renam\w*|clean\w*|tests?|specs?|coverage|docs?|documentation|readme|changelog"
    r"|mov(?:e[sd]?|ing)|extract\w*|break\w* out|avoid\w*|replac\w*|remov\w*|upgrad\w*|install\w*|hack|type hints?|typing"
    r"|annotations?|benchmarks?|examples?|ci|workflow|lint\w*|translations?|copyright)\b",
    re.IGNORECASE,
)
FRAMES = (
    "{wish}\n\nThe files that this touches, as they stand:\n\n{code}\n\nGive every new file and every edit as search/replace blocks.",
    "We need this: {wish}\n\n{code}\n\nAnswer with search/replace blocks, one file after the other; an empty SEARCH makes a new file.",
    "{code}\n\nBuild on this: {wish} Give all files that it takes, new ones whole, as search/replace blocks.",
    "Feature request: {wish}\n\nWhat stands there already:\n\n{code}\n\nWrite it the way we would: all files, as search/replace blocks.",
)
NEW = (
    "{wish}\n\nGive every file that it takes as search/replace blocks; an empty SEARCH makes a new file.",
    "We need this: {wish} Answer with search/replace blocks, one file after the other.",
)
"""Where every file is new."""


class Asked(NamedTuple):
    """What a prompt says is wanted, and how sure it is that the answer is that."""

    words: str
    tests: Piece
    """Of the commit; empty where the words suffice, and the tests belong to the answer."""
    confidence: float


def feature(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """One lesson per commit that adds a behaviour in two to twelve files: schema, model, code, route, view, test, documentation."""
    for change in changes(material):
        yield _lesson(change, budget * LARGER)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    asked = editing.asked(change, MOST_FILES)
    if isinstance(asked, str):
        return dropped(change, asked)
    request, found = asked
    if len(found) < FEWEST_FILES:
        return dropped(change, "one file")
    if not all(edit.after for edit in found):
        return dropped(change, "deletes a file")
    if _OTHER.search(request.subject):
        return dropped(change, "says that it is no feature")
    parts = [editing.part(edit) for edit in found]
    if reason := _nothing_new(parts, said := _adds(change, request)):
        return dropped(change, reason)
    tested = any(layer(edit.path) == "test" for edit in found)
    if not (said or tested or request.body):
        return dropped(change, "not sure that it adds a behaviour")
    confidence = round(0.5 + 0.2 * said + 0.1 * tested + 0.1 * bool(request.body) + 0.1 * (change.reviewed or bool(change.pull)), 2)
    words = editing.words(request)
    few = _size(_program(parts))[1] > PER_WORD * len(_WORD.findall(words))
    made = dropped(change, _FEW) if few else _sample(change, found, Asked(words, Piece("", ()), confidence), budget)
    if isinstance(made, Dropped) and made.reason in (_FEW, _COINS) and (tests := brought.shown(change, found, budget // 3)).text:
        program = [edit for edit in found if layer(edit.path, edit.language) != "test"]
        return _sample(change, program, Asked(words, tests, confidence), budget)
    return made


def _adds(change: Change, request: Wish) -> bool:
    return bool(ADDS.match(request.subject) or _FEAT.match(change.subject))


def _program(parts: Sequence[Part]) -> list[Part]:
    """The parts that are of the program itself."""
    return [one for one in parts if layer(one.edit.path, one.edit.language) not in BESIDE]


def _size(parts: Sequence[Part]) -> tuple[int, int]:
    """Lines that say something and go, and such that come."""
    sides = zip(*map(editing.lines, parts), strict=True)
    gone, came = (sum(len([row for row in rows if moves.saying(row)]) for rows in side) for side in sides)
    return gone, came


def _nothing_new(parts: Sequence[Part], said: bool) -> str | None:
    """Why these files add no behaviour. Where the message does not say that they do, a file of the program must be new."""
    made = _program(parts)
    if not made:
        return "only tests and documentation"
    gone, came = _size(made)
    if came < max(FEWEST_LINES, GROWS * gone):
        return "adds little"
    versions = moves.versions(parts)
    if moves.share(parts, versions) >= MOVED:
        return "moved, not new"
    if any(not one.before for one in made):
        return None
    paths = {one.edit.path for one in made}
    fresh = any(one.path in paths and one.name not in versions.old_names for one in versions.after)
    return None if said and fresh else "no new unit"


def _sample(change: Change, meant: Sequence[Edit], asked: Asked, budget: int) -> Sample | Dropped:
    answer = editing.answered(in_order(meant), budget * 3 // 4)
    if isinstance(answer, str):
        return dropped(change, answer)
    taken = sum(len(text.encode()) for text in (answer.text, asked.words, asked.tests.text))
    code = editing.shown(change, answer.parts, budget - taken)
    if code is None:
        return dropped(change, "touched code over budget")
    frame = seeded("feature", change.commit).choice(FRAMES if code.text else NEW)
    request = frame.format(wish=asked.words, code=code.text)
    if asked.tests.text:
        request = brought.PASSING.format(request=request, tests=asked.tests.text)
    if editing.baseless(answer.parts, request):
        return dropped(change, grounds.REASON)
    if not asked.tests.text and len(editing.coined(_program(answer.parts), request)) > COINED:
        return dropped(change, _COINS)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=answer.text,
        kind="feature",
        maker="feature",
        labels=labels(editing.language(answer.parts)),
        confidence=asked.confidence,
        origins=(*code.origins, *editing.written(change, answer.parts), *asked.tests.origins),
    )
