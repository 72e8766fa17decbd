"""Who wrote what: pseudonyms in place of people, by a key that never leaves the private cache."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from idiolect.files import disk_errors
from idiolect.sources.gitlog import Commit
from idiolect.sources.gitread import Repository

_CO_AUTHOR = re.compile(r"^co-authored-by:[^\S\n]*+([^<\n]*+)<([^>\n]*)>", re.IGNORECASE | re.MULTILINE)


def key(cache: Path) -> bytes:
    """The key of the pseudonyms: 32 random bytes in `cache`, made once, readable by their owner only."""
    file = cache / "authors.key"
    with disk_errors(file):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            descriptor, made = tempfile.mkstemp(prefix=".authors.key.", dir=cache)  # readable by its owner only
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(32))
            try:
                with suppress(FileExistsError):
                    file.hardlink_to(made)  # unlike a rename this never replaces the key that another process made first
            finally:
                Path(made).unlink()
        return file.read_bytes()


def pseudonym(name: str, email: str, key: bytes) -> str:
    """What an author is called in every artefact: the same for the same address, or for the same name where there is none."""
    identity = email.strip().lower() or name.strip().casefold()
    return "a-" + hmac.new(key, identity.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:10]


def owners(repository: Repository, at: str, people: Mapping[str, tuple[str, str]]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Path at the commit -> author time of the last commit that touched it, and everyone who ever did, renames followed.

    Everyone who ever wrote a line of it is a superset of those who own one now, which is the safe side when somebody's
    code has to be forgotten.
    """
    if repository.notes.form != "repository":
        return {}
    later: dict[str, str] = {}
    times: dict[str, int] = {}
    known: dict[str, set[str]] = {}
    for commit in repository.commits(at):
        if len(commit.parents) > 1:
            continue
        who = authors(commit, repository.key, people)
        moved = {}
        for touch in commit.touches:
            path = later.get(touch.path, touch.path)
            times.setdefault(path, commit.time)
            known.setdefault(path, set()).update(who)
            if touch.status == "R":
                moved[touch.old_path] = path
        later.update(moved)
    return {path: (time, tuple(sorted(known[path]))) for path, time in times.items()}


def authors(commit: Commit, key: bytes, people: Mapping[str, tuple[str, str]]) -> set[str]:
    """Pseudonyms of everybody who had a part in a commit."""
    return {pseudonym(*person(name, email, people), key) for name, email in everybody(commit)}


def everybody(commit: Commit) -> list[tuple[str, str]]:
    """Name and address of the author and of those whom the message names as co-authors."""
    return [(commit.name, commit.email), *_CO_AUTHOR.findall(commit.body)]


def person(name: str, email: str, people: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Who that is by the mailmap."""
    return people.get(email.strip().lower(), (name, email))
