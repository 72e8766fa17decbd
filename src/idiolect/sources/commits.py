"""What a commit gives to learn from: which ones are to be read, and their edits as a pure function of what stood there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from idiolect.sources import gates, headers, languages, licences, messages, people
from idiolect.sources.contents import Stated, stated
from idiolect.sources.gitlog import Commit
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import FORGOTTEN, Rules
from idiolect.types import Change, Dropped, Edit

MAX_EDITS = 20
"""A commit that touches more files is a sweep, not an edit somebody would be helped with."""


class Side(NamedTuple):
    """One file's part in a commit, before its two versions are read."""

    path: str
    old: str
    """Blob id before; empty where the file is new."""
    new: str
    stated: Stated


class Planned(NamedTuple):
    """A commit that is to be read."""

    change: Change
    """Without edits and licence."""
    sides: tuple[Side, ...]


def planned(told: Rules, repository: Repository, until: str, newest: int | None = None) -> Iterator[Planned | Dropped]:
    """The commits up to `until`, oldest first, that are to be read, and the others with the reason."""
    if repository.notes.form != "repository":
        return
    name = told.source.name
    commits = repository.commits(until)
    reviewed = messages.reviewed(commits)
    for commit in reversed(commits[newest:] if newest is not None else ()):
        yield Dropped(reason="merge" if len(commit.parents) > 1 else "old-commit", what=commit.id, source=name)
    for commit in reversed(commits[:newest]):
        touches = [touch for touch in commit.touches if touch.old != touch.new and told.admits(touch.path)]
        if reason := _reason(told, commit, len(touches)):
            yield Dropped(reason=reason, what=commit.id, source=name)
        else:
            sides = tuple(Side(touch.path, touch.old, touch.new, stated(told, touch.path)) for touch in touches)
            yield Planned(unread(told, repository.key, commit, commit.id in reviewed), sides)


def _reason(told: Rules, commit: Commit, touches: int) -> str:
    """Why a commit is not read that touches so many admitted files; empty where it is."""
    if commit.id in told.forgotten.commits:
        return FORGOTTEN
    if len(commit.parents) > 1:
        return "merge"
    return "many-files" if touches > MAX_EDITS else "" if touches else "no-edits"


Versions = tuple[str, bytes | None, bytes | None, Stated]
"""Path, and the file before and after: empty where there is none, None where it cannot be read."""


def edited(change: Change, versions: Iterable[Versions], allowed: Collection[str] | None) -> Change | str:
    """The change with its edits, files that give nothing left out; or why there are none.

    Pure. `allowed` are the licences that may be learned from; None: all.
    """
    found = [_edit(*one, allowed) for one in versions]
    kept = [one for one in found if not isinstance(one, str)]
    if not kept:
        return "missing" if "missing" in found else "no-edits"
    licence = " AND ".join(sorted({licence for _, licence in kept if licence}))
    return replace(change, edits=tuple(edit for edit, _ in kept), licence=licence)


def _edit(path: str, before: bytes | None, after: bytes | None, said: Stated, allowed: Collection[str] | None) -> tuple[Edit, str] | str:
    """A file's edit and licence; or why it is none that we keep."""
    if before is None or after is None:
        return "missing"
    language = said.language or languages.language(path, after or before)
    for data in (before, after):
        if data and (reason := gates.refusal(language, data, by_hand=said.by_hand)):
            return reason
    licence = licences.header(after or before) or said.licence
    if allowed is not None and not licences.allowed(licence, allowed):
        return "licence"
    if before and after and headers.stripped(before, language)[0] == headers.stripped(after, language)[0]:
        return "header"
    return Edit(path=path, language=language, before=before, after=after), licence


def unread(told: Rules, key: bytes, commit: Commit, reviewed: bool) -> Change:
    """A commit by its message, without edits."""
    author = people.pseudonym(*people.person(commit.name, commit.email, told.people), key)
    return Change(
        source=told.source.name, role=told.source.role, commit=commit.id, time=commit.time, author=author,
        subject=commit.subject, body=commit.body, edits=(), parent=commit.parents[0] if commit.parents else "",
        pull=messages.pull(commit), reverts=messages.reverts(commit), bot=messages.bot(commit), reviewed=reviewed,
    )  # fmt: skip
