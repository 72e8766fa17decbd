"""refactor: code that moved, was extracted, renamed or taken in, across files: the files before, answered by the edit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import asking, editing, moves
from idiolect.dataset.makers.commits import Wish, wish
from idiolect.dataset.makers.edits import dropped
from idiolect.dataset.makers.layers import layer
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.moves import Found
from idiolect.types import Change, Dropped, Message, Sample

MOST_FILES = 5
MOST_UNITS = 1_000
"""Of both versions: more is a sweep, and finding who is who takes time that grows with their square."""
LARGER = 2
"""Several files take more room than other lessons do, and code that moves stands there twice."""
SHARE = 0.7
"""How much of the changed lines must have come from elsewhere: below it lessons were mostly of other work (docs/reading/refactor.md)."""
MOST_NAMED = 3
VERB = re.compile(
    r"\b(?:extract|mov|renam|split|inlin|consolidat|refactor|reorgani[sz]|restructur|merg|factor|pull|dedup\w*|group)(?:e|es|ed|ing|s|ting|ted|t)?\b",
    re.IGNORECASE,
)
_REFACTORED = re.compile(r"(?:refactor|reorgani[sz]|restructur|clean)\w*\b", re.IGNORECASE)
"""A verb that does not say what becomes of it."""
FRAMES = (
    "{wish}\n\nEdit these files with search/replace blocks.\n\n{code}",
    "{code}\n\n{wish} Answer with search/replace blocks.",
    "How would we do this? {wish}\n\nThe files as they stand:\n\n{code}\n\nAnswer in SEARCH/REPLACE form.",
)
STRICT = (
    "Refactor: {wish}\n\n{code}\n\nNothing else may change. Answer with search/replace blocks.",
    "We want to restructure this without a change in behaviour. {wish}\n\n{code}\n\nGive the edit of all files as search/replace blocks.",
    *FRAMES,
)
"""Where nearly all of it is code that stood elsewhere."""
SURE = 0.75
_SPOILED = frozenset({"merge", "revert", "bot", "release"})


def refactor(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """One lesson per commit that moved code between files, five at most, or within one where its message says so.

    A file that is left empty is one that was taken away.
    """
    for change in changes(material):
        yield _lesson(change, budget * LARGER)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    request = wish(change)
    if request in _SPOILED or asking.elsewhere(change.subject):
        return dropped(change, str(request) if request in _SPOILED else "speaks of what is not shown")
    edits, verb = editing.meant(change.edits), bool(VERB.search(change.subject))
    if reason := editing.refused(edits, MOST_FILES):
        return dropped(change, reason)
    parts = [editing.part(edit) for edit in edits]
    if not verb and not moves.may(parts):
        return dropped(change, "nothing moved")
    versions = moves.versions(parts)
    if len(versions.before) + len(versions.after) > MOST_UNITS:
        return dropped(change, "too many units")
    found = moves.found(parts, versions)
    if _in_tests(found) and not all(layer(edit.path) == "test" for edit in edits):
        return dropped(change, "only tests moved")
    if not found:
        return dropped(change, "nothing moved")
    if not any(verb or one.path != one.new_path or not one.path for one in found):
        return dropped(change, "nothing moved between files")
    share = moves.share(parts, versions, found)
    if share < SHARE:
        return dropped(change, "mostly other work")
    answer = editing.answered(edits, budget * 2 // 3)
    if isinstance(answer, str):
        return dropped(change, answer)
    said = request if isinstance(request, Wish) else None
    confidence = round(min(1.0, 0.5 + 0.2 * verb + 0.2 * (share >= SURE) + 0.1 * bool(said)), 2)
    frame = seeded("refactor", change.commit).choice(STRICT if share >= SURE else FRAMES)
    return _sample(change, Asked(_asked(said, found), frame, confidence), answer, budget)


def _in_tests(found: Sequence[Found]) -> bool:
    """Whether all that happened happened to tests."""
    paths = {path for one in found for path in (one.path, one.new_path)}
    return bool(found) and all(layer(path) == "test" for path in paths)


def _asked(request: Wish | None, found: Sequence[Found]) -> str:
    """What is wanted, in the commit's words, and by name where they name nothing of what was found."""
    told = " ".join(described(found))
    if request is None:
        return told
    words = editing.words(request)
    named = any(_names(words, one.name) and _names(words, one.new_name) for one in found)
    return words if named and not _REFACTORED.match(words) else f"{words} {told}"


def _names(words: str, name: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name.rpartition('.')[2])}(?!\w)", words))


def described(found: Sequence[Found]) -> list[str]:
    """A sentence for each thing that was found, a few at most; what went the same way is named together."""
    ways: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        renamed = one.what == "rename"
        there = one.path != one.new_path
        name = f"`{one.name}` {'as' if there else 'to'} `{one.new_name}`" if renamed else f"`{one.name}`"
        ways.setdefault(("move" if renamed and there else one.what, one.path, one.new_path), []).append(name)
    return [_sentence(what, names, path, new_path) for (what, path, new_path), names in list(ways.items())[:MOST_NAMED]]


def _sentence(what: str, names: Sequence[str], path: str, new_path: str) -> str:
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    if len(names) > 2 * MOST_NAMED:
        listed = f"{', '.join(names[:MOST_NAMED])} and what belongs to them"
    if what == "rename":
        return f"Rename {listed}{f' in `{path}`' if path else ''}."
    if what == "inline":
        return f"Inline {listed} in `{new_path}`."
    if path == new_path:
        return f"{what.capitalize()} {listed} within `{path}`."
    return f"{what.capitalize()} {listed} from `{path}` {'into' if what == 'extract' else 'to'} `{new_path}`."


class Asked(NamedTuple):
    """What is asked, and how sure it is that the answer does that."""

    words: str
    frame: str
    confidence: float


def _sample(change: Change, asked: Asked, answer: editing.Answer, budget: int) -> Sample | Dropped:
    parts = answer.parts
    room = budget - len(answer.text.encode()) - len(asked.words.encode())
    code = editing.shown(change, parts, room)
    if code is None:
        return dropped(change, "touched code over budget")
    return Sample(
        prompt=(Message(role="user", content=asked.frame.format(wish=asked.words, code=code.text)),),
        answer=answer.text,
        kind="refactor",
        maker="refactor",
        labels=labels(editing.language(parts)),
        confidence=asked.confidence,
        origins=(*code.origins, *editing.written(change, parts)),
    )
