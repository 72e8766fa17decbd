"""What a forge holds about a repository, read from files that its own command line wrote: `gh api`, `gh pr list --json`, `glab api`.

Nothing is fetched. Of each row a Pull, an Issue or a Comment is made, without the names of people: whoever is mentioned in a thread is
`@user-1`, `@user-2`, in the order in which they come up in it. Secrets and addresses stay in; they leave with those of the commits.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from idiolect.sources import exports, forgetting, messages, people
from idiolect.sources.exports import Row
from idiolect.sources.mentions import Thread
from idiolect.types import Dropped

LONGEST = 20_000
"""Characters of a text, which is cut there, or of a hunk, which is left out."""
MALFORMED, UNKNOWN, BOT, SYSTEM, OFF_LINE = "malformed-row", "unknown-row", "bot", "system-note", "not-on-a-line"
_PULL_KEYS = frozenset(
    {"merge_commit_sha", "merged_at", "mergeCommit", "mergedAt", "headRefOid", "headRefName", "baseRefName", "isDraft", "reviewDecision"}
    | {"pull_request", "source_branch", "reviews"}
)
_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_NUMBER = re.compile(r"/(?:pulls?|merge_requests)/(\d{1,12})(?!\d)")


class Where(NamedTuple):
    """What every entry has."""

    file: str
    start: int
    end: int
    time: int
    """Seconds since the epoch, UTC; 0 where nobody says."""
    author: str
    """Keyed pseudonym."""


class Pull(NamedTuple):
    """A pull or merge request."""

    number: str
    title: str
    text: str
    merges: tuple[str, ...]
    """Ids of the commits that it became on the main line, as far as the forge says."""
    approved: bool
    """Somebody other than a program looked at it and agreed."""
    where: Where


class Issue(NamedTuple):
    """An issue."""

    number: str
    title: str
    text: str
    where: Where


class Comment(NamedTuple):
    """A comment on lines of a pull or merge request that begins a thread."""

    pull: str
    path: str
    first: int
    last: int
    """Lines, from 1, of the file at `commit`."""
    commit: str
    hunk: str
    text: str
    where: Where


Entry = Pull | Issue | Comment


@dataclass
class Forge:
    """What the exports of one source hold, in the order in which it stands there."""

    pulls: dict[str, Pull] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Entries."""
        return len(self.pulls) + len(self.issues) + len(self.comments)


def read(files: Iterable[tuple[str, Path]], key: bytes, without: Iterable[str] = ()) -> Forge:
    """Everything in these files; `key` makes the pseudonyms, `without` is the recipe's `[dataset] without`."""
    found: list[tuple[str, Entry]] = []
    forge, threads = Forge(), defaultdict[str, Thread](Thread)
    forgotten = {forgetting.hidden(one) for one in forgetting.named(without, "author")}
    for label, path in files:
        for row in exports.rows(label, path):
            if isinstance(row, Dropped):
                forge.dropped.append(row)
                continue
            for thread, said in _entries(row, key, forgotten, threads):
                if isinstance(said, str):
                    reason, _, detail = said.partition(": ")
                    forge.dropped.append(Dropped(reason=reason, what=row.place, detail=detail))
                else:
                    found.append((thread, said))
    for thread, entry in found:  # now everybody is known who wrote in it
        _add(forge, _anonymous(entry, threads[thread]))
    return forge


def _add(forge: Forge, entry: Entry) -> None:
    if isinstance(entry, Comment):
        forge.comments.append(entry)
        return
    held = (forge.pulls if isinstance(entry, Pull) else forge.issues).get(entry.number)
    if held:
        where = f"{entry.where.file} bytes {entry.where.start}-{entry.where.end}"
        forge.dropped.append(Dropped(reason="duplicate-row", what=where, detail=entry.number))
    if isinstance(entry, Issue):
        forge.issues.setdefault(entry.number, entry)
    else:  # a list of issues knows less of a pull request than a list of these
        first = forge.pulls.setdefault(entry.number, entry)
        merges = tuple(dict.fromkeys((*first.merges, *entry.merges)))
        forge.pulls[entry.number] = first._replace(merges=merges, approved=first.approved or entry.approved)


def _anonymous(entry: Entry, thread: Thread) -> Entry:
    if isinstance(entry, Comment):
        return entry._replace(text=thread.hidden(entry.text))
    return entry._replace(title=thread.hidden(entry.title), text=thread.hidden(entry.text))


def _entries(row: Row, key: bytes, forgotten: set[str], threads: dict[str, Thread]) -> Iterator[tuple[str, Entry | str]]:
    """What a row says, each with its thread; or, in its place, the reason why nothing is taken from it."""
    made = _FORMS.get(_form(row.value))
    if made is None:
        yield "", UNKNOWN
        return
    try:
        for thread, said, whose in made(row.value):
            person = _Person.of(whose)
            threads[thread].meet(person.login, person.name)
            refused = said if isinstance(said, str) else _refused(person, forgotten)
            where = Where(row.file, row.start, row.end, _time(whose), people.pseudonym(person.login, person.email, key))
            yield thread, refused or said._replace(where=where)
    except (TypeError, ValueError) as error:
        yield "", f"{MALFORMED}: {error}"


def _refused(person: _Person, forgotten: set[str]) -> str:
    if any(word and forgetting.hidden(word) in forgotten for word in (person.login, person.name, person.email)):
        return "forgotten"
    return BOT if person.bot else ""


Found = Iterator[tuple[str, Any, dict[str, Any]]]
"""The thread, the entry without its place or a reason, and the object that says who wrote it and when."""
_NOWHERE = Where("", 0, 0, 0, "")


def _form(value: dict[str, Any]) -> str:
    if "diff_hunk" in value:
        return "comment"
    if isinstance(value.get("notes"), list):
        return "discussion"
    if "iid" in value and "title" in value:
        return "merge request" if value.keys() & {"source_branch", "merge_commit_sha", "squash_commit_sha"} else "gitlab issue"
    if "number" in value and "title" in value:
        is_pull = value.keys() & _PULL_KEYS or _NUMBER.search(str(value.get("url") or value.get("html_url") or ""))
        return "pull" if is_pull else "issue"
    return ""


def _github_comment(value: dict[str, Any]) -> Found:
    link = _NUMBER.search(_text(value, "pull_request_url") or _text(value, "html_url"))
    if not link:
        raise ValueError("names no pull request")
    pull = f"#{link[1]}"
    if value.get("in_reply_to_id"):
        yield pull, "reply", value
        return
    hunk = _text(value, "diff_hunk")
    last = _number(value, "original_line") or _last_line(hunk)
    if str(value.get("side") or "RIGHT") != "RIGHT" or hunk.rpartition("\n")[2].startswith("-"):
        yield pull, "on-removed-lines", value
    elif not last:
        yield pull, OFF_LINE, value
    else:
        first = _number(value, "original_start_line") or last
        commit = _text(value, "original_commit_id") or _text(value, "commit_id")
        path, text = _needed(value, "path"), _cut(_text(value, "body"))
        hunk = hunk if len(hunk) <= LONGEST else ""  # cut, it would not tell where its lines stand
        yield pull, Comment(pull, path, min(first, last), last, commit, hunk, text, _NOWHERE), value


def _discussion(value: dict[str, Any]) -> Found:
    notes = [note for note in value["notes"] if isinstance(note, dict)]
    for number, note in enumerate(notes):
        pull = f"#{_number(note, 'noteable_iid')}"
        place = note.get("position")
        if note.get("system"):
            yield pull, SYSTEM, note
        elif number:
            yield pull, "reply", note
        elif not isinstance(place, dict):
            yield pull, OFF_LINE, note
        elif not _number(place, "new_line"):
            yield pull, "on-removed-lines", note
        else:
            last = _number(place, "new_line")
            span = place.get("line_range")
            begin = span.get("start") if isinstance(span, dict) else None
            first = _number(begin, "new_line") or last if isinstance(begin, dict) else last
            commit, path, text = _needed(place, "head_sha"), _needed(place, "new_path"), _cut(_text(note, "body"))
            yield pull, Comment(pull, path, min(first, last), last, commit, "", text, _NOWHERE), note


def _pull(value: dict[str, Any]) -> Found:
    number, commit = f"#{_number(value, 'number')}", value.get("mergeCommit")
    merges = (_text(commit, "oid") if isinstance(commit, dict) else "", _text(value, "merge_commit_sha"))
    inner = value.get("pull_request")  # as a list of issues shows it
    merged = value.get("merged_at") or value.get("mergedAt") or (isinstance(inner, dict) and inner.get("merged_at"))
    known = tuple(one for one in merges if one) if merged else ()
    yield number, Pull(number, _needed(value, "title"), _cut(_text(value, "body")), known, _approved(value), _NOWHERE), value


def _approved(value: dict[str, Any]) -> bool:
    reviews = value.get("reviews")
    given = [one for one in reviews if isinstance(one, dict)] if isinstance(reviews, list) else []
    return any(one.get("state") == "APPROVED" and not _Person.of(one).bot for one in given)


def _merge_request(value: dict[str, Any]) -> Found:
    number = f"#{_number(value, 'iid')}"
    merges = tuple(one for key in ("merge_commit_sha", "squash_commit_sha") if (one := _text(value, key)))
    yield number, Pull(number, _needed(value, "title"), _cut(_text(value, "description")), merges, False, _NOWHERE), value


def _issue(value: dict[str, Any]) -> Found:
    number = f"#{_number(value, 'number' if 'number' in value else 'iid')}"
    text = _cut(_text(value, "body" if "body" in value else "description"))
    yield f"issue {number}", Issue(number, _needed(value, "title"), text, _NOWHERE), value


_FORMS = {
    "comment": _github_comment, "discussion": _discussion, "pull": _pull, "merge request": _merge_request, "issue": _issue,
    "gitlab issue": _issue,
}  # fmt: skip


class _Person(NamedTuple):
    """Who wrote something."""

    login: str
    name: str
    email: str
    bot: bool

    @staticmethod
    def of(value: dict[str, Any]) -> _Person:
        """The author of a row."""
        who = value.get("user") or value.get("author")
        who = who if isinstance(who, dict) else {}
        login, name, email = (_text(who, key) for key in ("login", "name", "email"))
        login = login or _text(who, "username")
        bot = who.get("type") == "Bot" or who.get("is_bot") is True or who.get("bot") is True
        return _Person(login, name, email, bot or messages.is_bot(login, ""))


def _last_line(hunk: str) -> int:
    """The number, in the new file, of the last line of a hunk; 0 where it cannot be told."""
    header = _HEADER.match(hunk)
    return int(header[1][:9]) - 1 + sum(not row.startswith(("-", "\\")) for row in hunk.split("\n")[1:]) if header else 0


def _text(value: dict[str, Any], key: str) -> str:
    """A text, empty where it is not there or null; ValueError where it is something else."""
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        raise ValueError(f"'{key}' is no text")
    return (found or "").replace("\r\n", "\n").replace("\0", "").encode("utf-8", "replace").decode()


def _needed(value: dict[str, Any], key: str) -> str:
    if not (found := _text(value, key)):
        raise ValueError(f"'{key}' is empty")
    return found


def _number(value: dict[str, Any], key: str) -> int:
    """A number, 0 where it is not there or null; ValueError where it is something else."""
    found = value.get(key)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 40):
        raise ValueError(f"'{key}' is no number")
    return found or 0


def _time(value: dict[str, Any]) -> int:
    """When it was written; 0 where that cannot be read."""
    said = value.get("created_at") or value.get("createdAt")
    try:
        moment = datetime.datetime.fromisoformat(said) if isinstance(said, str) else None
        return max(0, int(moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp())) if moment else 0
    except (ValueError, OverflowError):
        return 0


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition("\n")[0]
