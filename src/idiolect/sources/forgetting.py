"""What a recipe says to forget (`[dataset] without`): files, people and whole sources, found in one repository.

A person is forgotten with every file that a commit of theirs ever touched, under each name that it had: more than the lines that
are theirs today, which is the safe side. In a recipe people stand as a hash of their address, not by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from idiolect.sources import people
from idiolect.sources.gitlog import Commit
from idiolect.sources.gitread import Repository

_HASH = "sha256:"
_DIGITS = 32


class Forgotten(NamedTuple):
    """What of one repository is not to be learned from."""

    globs: tuple[str, ...] = ()
    """Of paths."""
    paths: frozenset[str] = frozenset()
    """Files that somebody had a part in."""
    commits: frozenset[str] = frozenset()
    """Ids of the commits that somebody had a part in."""
    pseudonyms: frozenset[str] = frozenset()
    """What these people are called in artefacts that were made before."""


NOTHING = Forgotten()


def hidden(identity: str) -> str:
    """An address or a name as a recipe holds it."""
    if identity.startswith(_HASH):
        return identity
    return _HASH + hashlib.sha256(identity.strip().casefold().encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def named(without: Iterable[str], kind: str) -> list[str]:
    """The values of one kind (`author`, `path`, `source`)."""
    return [word.partition("=")[2] for word in without if word.startswith(f"{kind}=")]


def forgotten(repository: Repository, without: Sequence[str], mailmap: dict[str, tuple[str, str]]) -> Forgotten:
    """What of a repository is to be forgotten."""
    globs = tuple(named(without, "path"))
    wanted = {hidden(one) for one in named(without, "author")}
    if not wanted or repository.notes.form != "repository":
        return Forgotten(globs)
    history = repository.commits()
    theirs = [commit for commit in history if any(_is(one, wanted, mailmap) for one in people.everybody(commit))]
    pseudonyms = {
        people.pseudonym(*people.person(*one, mailmap), repository.key)
        for commit in theirs for one in people.everybody(commit) if _is(one, wanted, mailmap)
    }  # fmt: skip
    touched = {path for commit in theirs for touch in commit.touches for path in (touch.path, touch.old_path)}
    return Forgotten(globs, _under_every_name(touched, history), frozenset(commit.id for commit in theirs), frozenset(pseudonyms))


def _is(one: tuple[str, str], wanted: set[str], mailmap: dict[str, tuple[str, str]]) -> bool:
    """Whether a name and address are those of somebody who is wanted, also by the mailmap."""
    return any(word and hidden(word) in wanted for known in (one, people.person(*one, mailmap)) for word in known)


def _under_every_name(paths: set[str], history: Sequence[Commit]) -> frozenset[str]:
    """The paths, and those that they were renamed to and from."""
    renames = [(touch.old_path, touch.path) for commit in history for touch in commit.touches if touch.status == "R"]
    found, size = set(paths), 0
    while size < len(found):
        size = len(found)
        for old, new in renames:
            if old in found or new in found:
                found |= {old, new}
    return frozenset(found)
