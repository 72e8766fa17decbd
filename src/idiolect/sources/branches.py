"""Branches that were merged, each as one commit: it says what the merge says, and does what the merge did to the main line.

A feature is often several commits, none of which is all of it; a pull request is the unit in which a team asks for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from idiolect.sources import commits, messages, people
from idiolect.sources.commits import MAX_EDITS, Planned, Side
from idiolect.sources.contents import stated
from idiolect.sources.gitlog import Commit
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import FORGOTTEN, Rules
from idiolect.types import Dropped

_MERGE = re.compile(r"merged? (?:branch|pull request|remote|tag|commit|\S+ into)\b", re.IGNORECASE)
_NO_TITLE = re.compile(r"(?:# )?conflicts\b|see merge request|\* |signed-off-by|co-authored-by|reviewed-by|this reverts", re.IGNORECASE)
"""How a line begins that a program or git itself put where a title could stand."""


def planned(told: Rules, repository: Repository, log: Sequence[Commit]) -> Iterator[Planned | Dropped]:
    """The merges of the main line that brought several commits of one author, oldest first; of the others why they are none.

    `log` has children before parents. Reasons: no title, one commit, several authors, forgotten, many-files, no-edits.
    """
    if repository.notes.form != "repository":
        return
    main, brought = _brought(log)
    for merge in (commit for commit in reversed(log) if commit.id in main and len(commit.parents) == 2):
        found = _planned(told, repository, merge, brought[merge.id])
        yield (
            found
            if isinstance(found, Planned)
            else Dropped(reason=found, what=merge.id, source=told.source.name, detail=merge.subject[:120])
        )


def _brought(log: Sequence[Commit]) -> tuple[frozenset[str], dict[str, list[Commit]]]:
    """The main line, and what each merge of it brought that no merge before it had."""
    parents = {commit.id: commit.parents for commit in log}
    main, at = [], log[0].id if log else ""
    while at in parents:
        main.append(at)
        at = next(iter(parents[at]), "")
    line, by = frozenset(main), dict[str, str]()
    found: dict[str, list[Commit]] = defaultdict(list)
    for merge in reversed(main):  # the oldest first: what it brought is its own, whoever merged the branch again
        open_ = list(parents[merge][1:])
        while open_:
            one = open_.pop()
            if one in parents and one not in line and one not in by:
                by[one] = merge
                open_ += parents[one]
    for commit in log:
        if commit.id in by:
            found[by[commit.id]].append(commit)
    return line, found


def _planned(told: Rules, repository: Repository, merge: Commit, brought: Sequence[Commit]) -> Planned | str:
    title, body = _said(merge)
    if not title:
        return "no title"
    if {merge.id, *(commit.id for commit in brought)} & told.forgotten.commits:
        return FORGOTTEN
    own = [commit for commit in brought if len(commit.parents) == 1]
    if len(own) < 2:
        return "one commit"
    writers = {people.pseudonym(*people.person(one.name, one.email, told.people), repository.key) for one in own}
    if len(writers) > 1:
        return "several authors"
    touches = [touch for touch in merge.touches if touch.old != touch.new and told.admits(touch.path)]
    if not touches or len(touches) > MAX_EDITS:
        return "many-files" if touches else "no-edits"
    change = commits.unread(told, repository.key, merge, reviewed=True)
    bot = any(messages.bot(one) for one in own)
    change = replace(change, subject=title, body=body, author=writers.pop(), bot=change.bot or bot)
    return Planned(change, tuple(Side(one.path, one.old, one.new, stated(told, one.path)) for one in touches))


def _said(merge: Commit) -> tuple[str, str]:
    """The title of what was merged, and what else is said of it; no title where nobody wrote one."""
    if not _MERGE.match(merge.subject):
        return merge.subject, merge.body
    title, _, body = merge.body.strip().partition("\n")
    return ("", "") if _NO_TITLE.match(title) else (title.strip(), body.strip())
