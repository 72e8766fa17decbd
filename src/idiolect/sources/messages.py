"""What a commit says of itself: its pull request, what it reverts, whether a program wrote it, who reviewed it; and who its people are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from idiolect.sources.gitlog import Commit

_SQUASHED = re.compile(r"\((?:#|!|GH-)(\d+)\)\s*$|\(#(\d+)\)")
_MERGED = re.compile(
    r"^(?:merge pull request #(\d+)|merged in .{1,200} \(pull request #(\d+)\)|auto merge of #(\d+)|(?:auto )?merge of #(\d+))",
    re.IGNORECASE,
)
_IN_BODY = re.compile(
    r"^(?:see merge request \S*!(\d+)|pull[- ]request(?:ed)?[: ]+(?:\S*/)?#?(\d+)"
    r"|(?:pr-url|reviewed-on|closes pr)[: ]+(?:\S*[^\s\d])?(\d+)/?)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_REVERTED_ID = re.compile(r"reverts? (?:commit )?([0-9a-f]{7,64})\b", re.IGNORECASE)
_REVERTED_SUBJECT = re.compile(r"^revert(?:ed|s)?:?\s+[\"“'](.+)[\"”']", re.IGNORECASE)
_REVERT = re.compile(r"^revert(?:ed|s|ing)?\b[:\s]", re.IGNORECASE)
_TRAILER = re.compile(
    r"^(?:reviewed|acked|approved|tested)-by:|^(?:differential revision|reviewed-on|reviewers?|pr-url|change-id):\s*\S",
    re.IGNORECASE | re.MULTILINE,
)
_PULLED = re.compile(r"^merge (?:remote-tracking )?branch(?:es)? .{1,300} (?:of|into) ", re.IGNORECASE)
_BOT = re.compile(
    r"\[bot\]|\b(?:dependabot|renovate|greenkeeper|pyup|snyk|imgbot|mergify|allcontributors|semantic-release|release-please|github-actions?"
    r"|gitlab-bot|weblate|transifex|crowdin|pre-commit-ci|bors|homu|jenkins|travis|circleci|codecov|scala-steward|whitesource|deepsource)\b"
    r"|\b(?:bot|ci|automation)@|^(?:[\w-]+-)?(?:bot|robot)$|^auto[- ]?(?:commit|merge|update)r?$",
    re.IGNORECASE,
)
_BOT_SAYS = re.compile(
    r"^(?:bump|build\(deps[^)]*\): bump|chore\(deps[^)]*\): (?:bump|update)) \S+(?: \S+)? from \S+ to \S+|^\[pre-commit\.ci\]",
    re.IGNORECASE,
)
_BOT_SIGNS = re.compile(r"^signed-off-by: .{0,100}\[bot\]", re.IGNORECASE | re.MULTILINE)
_MAIL = re.compile(r"^(?P<name>[^<#]*)<(?P<mail>[^>]*)>(?:\s*+(?P<old_name>[^<]*)<(?P<old_mail>[^>]*)>)?")
MAX_MAILMAP = 1_000_000


def pull(commit: Commit) -> str:
    """The pull or merge request that it is, for instance `#12`: of a squash its subject's last reference, of a merge what it names."""
    squashed = list(_SQUASHED.finditer(commit.subject))[-1:] if "(" in commit.subject else []
    found = [
        *squashed,
        _MERGED.match(commit.subject),
        _IN_BODY.search(commit.body) if _may_name(commit.body, "request", "pr-url", "reviewed-on", "closes pr") else None,
    ]
    return next((f"#{number}" for match in found if match for number in match.groups() if number), "")


def reverts(commit: Commit) -> str:
    """The commit that it takes back, else the subject of that, else `?` where it only says that it reverts; empty where it does not."""
    subject = _REVERTED_SUBJECT.match(commit.subject)
    if not subject and not _REVERT.match(commit.subject) and not commit.body.lower().startswith("this reverts commit"):
        return ""
    found = _REVERTED_ID.search(commit.body) or _REVERTED_ID.search(commit.subject)
    return found[1] if found else subject[1] if subject else "?"


def bot(commit: Commit) -> bool:
    """Whether a program wrote it."""
    said = _BOT_SAYS.match(commit.subject) or ("[bot]" in commit.body and _BOT_SIGNS.search(commit.body))
    return bool(said) or is_bot(commit.name, commit.email)


@lru_cache(maxsize=100_000)
def is_bot(name: str, email: str) -> bool:
    """Whether that is what a program is called."""
    return bool(_BOT.search(name) or _BOT.search(email))


def signed_off(commit: Commit) -> bool:
    """Whether its own message says that somebody else looked at it."""
    signed = _may_name(commit.body, "-by:", "revision", "reviewe", "pr-url", "change-id") and _TRAILER.search(commit.body)
    return bool(signed) or bool(pull(commit))


def _may_name(body: str, *words: str) -> bool:
    """Whether one of the words is in a body at all: of a hundred thousand commits most have none, and expressions are slow."""
    lower = body.lower()
    return any(word in lower for word in words)


def reviewed(commits: Iterable[Commit]) -> frozenset[str]:
    """Ids of the commits, given children before parents, that were reviewed.

    Those that say so, and those that a merge brought onto the main line: a merge of a pull request, or of a branch by name, but
    not of one's own branch with that of the server (`Merge branch 'main' of ...`).
    """
    log = list(commits)
    found = {commit.id for commit in log if signed_off(commit)}
    main: set[str] = {log[0].id} if log else set()
    brought: dict[str, bool] = {}
    for commit in log:  # children come first, so what a commit is said to be is known when it is reached
        if commit.id in main:
            main.update(commit.parents[:1])
            by_review = bool(pull(commit)) or not _PULLED.match(commit.subject)
            brought.update((parent, by_review or brought.get(parent, False)) for parent in commit.parents[1:])
        else:
            state = brought.get(commit.id, False)
            brought.update((parent, state or brought.get(parent, False)) for parent in commit.parents)
    return frozenset(found | {one for one, by_review in brought.items() if by_review and one not in main})


def mailmap(data: bytes) -> dict[str, tuple[str, str]]:
    """Address (lower case) of a commit -> name and address that stand for it (gitmailmap(5)).

    A line that asks for a name too counts for the address where no other line does.
    """
    found: dict[str, tuple[str, str]] = {}
    for line in data[:MAX_MAILMAP].decode("utf-8", "replace").split("\n"):
        if match := _MAIL.match(line.strip()):
            mail, old = match["mail"].strip(), (match["old_mail"] or "").strip()
            if old and mail and not (match["old_name"] or "").strip():
                found[old.lower()] = (match["name"].strip(), mail)
            elif old and mail:
                found.setdefault(old.lower(), (match["name"].strip(), mail))
    return found
