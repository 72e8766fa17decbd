"""Where a forge and a history meet: what was said of each commit, and what became of the code that a review spoke of.

A review thread is a change of one file, from how it stood when it was reviewed to how it was merged. Without a forge, a commit that
reworks what another has just written says as much.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from idiolect.sources import commits, messages
from idiolect.sources.commits import Planned, Side
from idiolect.sources.contents import stated
from idiolect.sources.forge import Comment, Forge, Issue, Pull
from idiolect.sources.gitlog import FILE_MODES, Commit, Touch, read_tree
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import FORGOTTEN, Rules
from idiolect.sources.testpaths import is_test
from idiolect.types import Change, Dropped, Said

SOON = 14 * 86_400
"""Seconds within which a commit is a follow-up of another."""
MOST_FILES = 5
"""Of a follow-up, and of what it follows: more is a sweep, or the first of all files."""
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s{1,3}(?:(?:https?://[^\s/]{1,99}/[^\s#]{1,200}/issues/|[\w.-]{0,99}/?[\w.-]{0,99}#)(\d{1,12}))",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"^(?:fixup|squash|amend)!|\baddress(?:es|ed|ing)?\b.{0,40}\b(?:review|comments?|feedback)\b|\b(?:as|per) (?:suggested|requested)\b"
    r"|\b(?:code|pr|peer)[- ]review\b|\breview (?:comments?|feedback|fix(?:es)?|suggestions?)\b|\b(?:per|after|from) review\b"
    r"|\bsuggested[- ]by\b",
    re.IGNORECASE | re.MULTILINE,
)


class End(NamedTuple):
    """Where a pull request ended."""

    commit: Commit
    """At which its files stand as they were merged: the last of its branch, or what it was squashed to."""
    time: int
    """When it was merged."""


class Joined:
    """What a forge says of the commits of a history."""

    def __init__(self, forge: Forge, log: Sequence[Commit]) -> None:
        """`log` has children before parents."""
        self.forge = forge
        self.commits = {commit.id: commit for commit in log}
        self.ends: dict[str, End] = {}
        self.pulls = self._pulls(log)
        """Number of the pull request that a commit came by."""
        self._of: dict[str, list[Commit]] = defaultdict(list)
        for commit in log:
            if commit.id in self.pulls:
                self._of[self.pulls[commit.id]].append(commit)
        self._commented: dict[str, set[str]] = defaultdict(set)
        for comment in forge.comments:
            self._commented[comment.pull].add(comment.path)

    def _pulls(self, log: Sequence[Commit]) -> dict[str, str]:
        merged = {commit: pull.number for pull in self.forge.pulls.values() for commit in pull.merges}
        main: set[str] = {log[0].id} if log else set()
        brought: dict[str, str] = {}
        found: dict[str, str] = {}
        for commit in log:
            on_main, merge = commit.id in main, len(commit.parents) > 1
            number = merged.get(commit.id) or (messages.pull(commit) if on_main else brought.get(commit.id, ""))
            if on_main:
                main.update(commit.parents[:1])
                self._ended(number, commit)
            if number and not merge:
                found[commit.id] = number
            if number and (merge or not on_main):
                brought.update((parent, number) for parent in commit.parents[on_main:])
        return found

    def _ended(self, number: str, commit: Commit) -> None:
        """The oldest commit of the main line that has the number is its end: later ones speak of it."""
        last = self.commits.get(commit.parents[1]) if len(commit.parents) > 1 else commit
        if number and last:
            self.ends[number] = End(last, commit.committed)

    def told(self, change: Change) -> Change:
        """The change with what was said of it."""
        if not self.forge.kept:
            return change
        number = self.pulls.get(change.commit, "")
        whole = len(self._of[number]) == 1 if number else False
        pull = self.forge.pulls.get(number) if whole else None
        text = f"{change.subject}\n{change.body}" + (f"\n{pull.title}\n{pull.text}" if pull else "")
        closed = [self.forge.issues[one] for one in dict.fromkeys(f"#{one}" for one in _CLOSES.findall(text)) if one in self.forge.issues]
        until = self.commits[change.commit].committed
        said = [_said(pull)] if pull else []
        said += [_said(issue) for issue in closed if issue.where.time <= until]
        passed = self._passed(self.commits[change.commit], number)
        return replace(change, said=tuple(said), passed=passed, pull=change.pull or number) if said or passed else change

    def _passed(self, commit: Commit, number: str) -> tuple[str, ...]:
        pull = self.forge.pulls.get(number)
        if number not in self._commented and not (pull and pull.approved):
            return ()
        others = {touch.path for one in self._of[number] if one.id != commit.id for touch in one.touches}
        return tuple(touch.path for touch in commit.touches if touch.path not in others | self._commented.get(number, set()))


def threads(joined: Joined, told: Rules, repository: Repository) -> Iterator[Planned | Dropped]:
    """Each comment as a change that is to be read, from what was reviewed (empty, where git has lost that) to what was merged.

    Its `parent` is the commit that was reviewed. Reasons: why its file is not read, and pull-not-found (not before the cut, that is),
    after-the-merge, file-is-gone, unchanged (the whole file, so that nothing can have been done about it).
    """
    held = []
    for comment in joined.forge.comments:
        end = joined.ends.get(comment.pull)
        if reason := _refusal(comment, end, told):
            yield Dropped(reason=reason, what=f"{comment.pull} {comment.path}", source=told.source.name, detail=_place(comment))
        elif end:
            held.append((comment, end))
    asked: dict[str, set[str]] = defaultdict(set)
    for comment, end in held:
        for commit in (comment.commit, end.commit.id):
            if commit in joined.commits:
                asked[commit].add(comment.path)
    blobs = {commit: _blobs(repository, commit, sorted(paths)) for commit, paths in asked.items()}
    for comment, end in held:
        new, old = blobs[end.commit.id].get(comment.path, ""), blobs.get(comment.commit, {}).get(comment.path, "")
        if not new or new == old:
            reason = "unchanged" if new else "file-is-gone"
            yield Dropped(reason=reason, what=f"{comment.pull} {comment.path}", source=told.source.name, detail=_place(comment))
            continue
        change = commits.unread(told, repository.key, end.commit, reviewed=True)
        change = replace(change, parent=comment.commit if old else "", pull=comment.pull, said=(_said(comment),))
        yield Planned(change, (Side(comment.path, old, new, stated(told, comment.path)),))


def _refusal(comment: Comment, end: End | None, told: Rules) -> str:
    """Why a comment is not looked at; empty where it is."""
    if reason := told.refusal(comment.path):
        return reason
    if end is None:
        return "pull-not-found"
    if {end.commit.id, comment.commit} & told.forgotten.commits:
        return FORGOTTEN
    return "after-the-merge" if comment.where.time > max(end.time, end.commit.committed) else ""


def _blobs(repository: Repository, commit: str, paths: Sequence[str]) -> dict[str, str]:
    """Blob ids of some files at a commit."""
    found: dict[str, str] = {}
    for some in (paths[at : at + 500] for at in range(0, len(paths), 500)):
        out = repository.git("ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", commit, *some)
        entries = read_tree(iter(out.split(b"\0")[:-1]), repository.notes.origin)
        found.update((entry.path, entry.oid) for entry in entries if entry.mode in FILE_MODES)
    return found


def followups(log: Sequence[Commit], told: Rules, key: bytes) -> Iterator[Planned]:
    """Commits that change nothing but what another has just changed: by somebody else, or in answer to a review, within two weeks.

    `log` has children before parents. Each gives its file twice: what the first commit made of it, and what the second made of that.
    """
    last: dict[str, tuple[Commit, Touch]] = {}
    for commit in reversed(log):
        if len(commit.parents) > 1 or commit.id in told.forgotten.commits or messages.bot(commit):
            continue
        before = {last[touch.path][0].id if touch.path in last else "" for touch in commit.touches}
        for touch in _meant(commit) if len(before) == 1 else ():
            first = last.get(touch.path)
            if first and touch.status == "M" and _follows(first, (commit, touch)) and told.admits(touch.path):
                yield _followup(first, (commit, touch), told, key)
        last.update((touch.path, (commit, touch)) for touch in commit.touches)


def _meant(commit: Commit) -> list[Touch]:
    """The files that its message is about: not the tests, where there are others."""
    code = [touch for touch in commit.touches if not is_test(touch.path)]
    return code or list(commit.touches)


def _follows(first: tuple[Commit, Touch], second: tuple[Commit, Touch]) -> bool:
    (before, done), (after, redone) = first, second
    if done.new != redone.old or not before.parents or max(len(after.touches), len(before.touches)) > MOST_FILES:
        return False
    soon = 0 <= after.time - before.time <= SOON
    return soon and (before.email.lower() != after.email.lower() or answers(f"{after.subject}\n{after.body}"))


def _followup(first: tuple[Commit, Touch], second: tuple[Commit, Touch], told: Rules, key: bytes) -> Planned:
    (before, done), (after, redone) = first, second
    change = replace(commits.unread(told, key, after, reviewed=True), parent=before.id)
    said = stated(told, redone.path)
    return Planned(change, (Side(redone.path, done.old, done.new, said), Side(redone.path, redone.old, redone.new, said)))


def answers(message: str) -> bool:
    """Whether a commit says that it answers a review."""
    return bool(_ANSWERS.search(message[:2000]))


def _said(one: Pull | Issue | Comment) -> Said:
    place = one.where
    if isinstance(one, Comment):
        lines = (one.first, one.last)
        return Said("comment", one.pull, "", one.text, place.file, place.start, place.end, place.time, place.author, lines, one.hunk)
    form: Literal["pull", "issue"] = "pull" if isinstance(one, Pull) else "issue"
    return Said(form, one.number, one.title, one.text, place.file, place.start, place.end, place.time, place.author)


def _place(comment: Comment) -> str:
    return f"{comment.where.file} bytes {comment.where.start}-{comment.where.end}"
