"""Sources: a team's repositories as Documents, files at a commit and commits themselves, read safely.

    repository = opened(Path("../shop"), cache)
    kept, dropped = documents(source, repository, at=repository.head)

Nothing is read from the work tree and nothing of the repository is run (`gitcopy`, `gitread`); plain folders and archives are read
through a repository of one commit (`snapshot`). Every file of a tree becomes a Document or is Dropped with one word: bad-path, symlink,
submodule, no-file, unreadable, path-collision, excluded, vendored, generated, minified, no-language, oversized, missing, empty,
lfs-pointer, binary, not-utf8, long-lines, data, few-letters, xml, markup, encoded, licence.

Where the time goes: git's part (log, trees, blobs) is about a tenth; the rest is `gates` and `headers` over every byte, once per blob.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from idiolect.errors import SourceError
from idiolect.files import disk_errors
from idiolect.recipe import Source
from idiolect.sources import gates, gitcopy, headers, hidden, languages, messages, rules, snapshot, webpages
from idiolect.sources.gitread import Commit, Entry, Repository, Touch
from idiolect.sources.rules import Rules
from idiolect.types import Change, Document, Dropped, Edit

MAX_BYTES = 1_000_000
MAX_EDITS = 20
"""A commit that touches more files is a sweep, not an edit somebody would be helped with."""
_LINK, _SUBMODULE = "120000", "160000"
_CO_AUTHOR = re.compile(r"^co-authored-by:\s*([^<\n]*)<([^>\n]*)>", re.IGNORECASE | re.MULTILINE)


def opened(path: Path, cache: Path) -> Repository:
    """The repository at `path`, read through its sanitised copy in `cache`; a plain folder or an archive as one of a single commit.

    Raises SourceError where `path` cannot be read, has no commit or borrows objects from elsewhere.
    """
    real = Path(os.path.realpath(path))
    with gitcopy.readable():
        plain = snapshot.is_archive(real) if real.is_file() else gitcopy.find(real) is None
    return Repository(snapshot.copy(real, cache) if plain else gitcopy.copy(real, cache), key(cache))


def all_opened(places: Sequence[Path], cache: Path) -> list[Repository]:
    """As `opened`, of several at once: copying and git's own work on the histories wait for the disk and for git, not for Python."""
    key(cache)
    with ThreadPoolExecutor(max_workers=8) as threads:
        return list(threads.map(lambda place: _warm(opened(place, cache)), places))


def _warm(repository: Repository) -> Repository:
    """The same, with its history read."""
    repository.commits()
    return repository


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


def remarks(repository: Repository) -> list[str]:
    """What a person should know about how this repository could be read, as sentences."""
    said = []
    if repository.notes.form != "repository":
        said.append(f"is a plain {repository.notes.form}: it has no history, so no commits to learn from and no time probes")
    if any(path.startswith(".git/") or "/.git/" in path for path, _, _ in snapshot.left(repository.folder)):
        said.append("holds a git repository whose history is not read: unpack it and name its folder")
    if repository.notes.shallow:
        said.append("is a shallow clone: its history begins late, and `git fetch --unshallow` brings the rest")
    if repository.notes.partial:
        said.append("is a partial clone: objects that it lacks are counted as missing, never fetched")
    elif repository.exact_renames:
        said.append("lacks objects: only renames without a change were followed")
    return said


def documents(
    source: Source, repository: Repository, at: str, max_bytes: int = MAX_BYTES, told: Rules | None = None
) -> tuple[list[Document], list[Dropped]]:
    """Every file of the tree at a commit: admitted, by path, or dropped with a reason.

    Raises SourceError where nothing in it is to be learned from.
    """
    kept: list[Document] = []
    dropped: list[Dropped] = []
    for item in read(source, repository, at, max_bytes, told):
        if isinstance(item, Document):
            kept.append(item)
        else:
            dropped.append(item)
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(item.reason for item in dropped).most_common(5))
        what = f"holds no file to learn from at commit {at[:12]} ({reasons or 'no files at all'})"
        mend = "check include and exclude, or take it out of the recipe"
        if any(item.reason == "licence" for item in dropped):
            mend = 'if you may learn from it, say so: licence = "..." and, for other licences than permissive ones, licences = [...]'
        raise SourceError(what, where=repository.notes.origin, next=mend)
    return kept, dropped


def read(
    source: Source, repository: Repository, at: str, max_bytes: int = MAX_BYTES, told: Rules | None = None
) -> Iterator[Document | Dropped]:
    """As `documents`, one by one: what needs no reading is dropped first, then the blobs in the order of the tree."""
    told = told or rules.of(source, repository, at)
    for path, reason, detail in snapshot.left(repository.folder):
        yield Dropped(reason=reason, what=shown(path), source=source.name, detail=detail)
    wanted: list[Entry] = []
    for entry, reason, detail in _sorted_out(told, repository.tree(at), max_bytes):
        if reason:
            yield Dropped(reason=reason, what=shown(entry.path), source=source.name, detail=detail)
        else:
            wanted.append(entry)
    owners = _owners(repository, at, told.people)
    start = next((commit.time for commit in repository.commits(at)), 0)
    for entry, (_, data) in zip(wanted, repository.blobs(entry.oid for entry in wanted), strict=True):
        found = _text(told, entry.path, data) if data is not None else "missing"
        if isinstance(found, str):
            yield Dropped(reason=found, what=shown(entry.path), source=source.name, detail=_why(found, told, entry.path, data))
            continue
        time, authors = owners.get(entry.path, (start, ()))
        yield Document(
            source=source.name, role=source.role, commit=at, path=entry.path, language=found.language, data=found.data,
            time=time, authors=authors, licence=found.licence, pieces=found.pieces, flags=hidden.flags(found.data),
        )  # fmt: skip


def changes(
    source: Source, repository: Repository, until: str, max_bytes: int = MAX_BYTES, newest: int | None = None, told: Rules | None = None
) -> Iterator[Change | Dropped]:
    """Every commit up to `until`, oldest first, with its edits of admitted files; or why it gives none.

    What is admitted is decided by the attributes and licences of the tree at `until`. A folder or an archive has no commits.
    Reasons: merge, old-commit (not among the `newest`; it is not read), no-edits (nothing in it is admitted), many-files, missing.
    """
    if repository.notes.form != "repository":
        return
    told = told or rules.of(source, repository, until)
    commits = repository.commits(until)
    reviewed = messages.reviewed(commits)
    for commit in reversed(commits[newest:] if newest is not None else ()):
        yield Dropped(reason="merge" if len(commit.parents) > 1 else "old-commit", what=commit.id, source=source.name)
    planned = [(commit, _edited(told, commit)) for commit in reversed(commits[:newest])]
    read = [touch for _, touches in planned if len(touches) <= MAX_EDITS for touch in touches]
    blobs = repository.repeated((oid for touch in read for oid in (touch.old, touch.new) if oid), limit=max_bytes)
    judged: dict[tuple[str, str], str] = {}
    for commit, touches in planned:
        reason = "merge" if len(commit.parents) > 1 else "many-files" if len(touches) > MAX_EDITS else ""
        if not reason:
            edits = [_edit(told, touch, blobs, judged) for touch in touches]
            kept = tuple(edit for edit in edits if isinstance(edit, Edit))
            reason = "" if kept else "missing" if "missing" in edits else "no-edits"
        if reason:
            yield Dropped(reason=reason, what=commit.id, source=source.name)
        else:
            yield _change(told, repository.key, commit, kept, commit.id in reviewed)


def _change(told: Rules, key: bytes, commit: Commit, edits: tuple[Edit, ...], reviewed: bool) -> Change:
    licences = {told.licences.of(edit.path, edit.after or edit.before) for edit in edits}
    return Change(
        source=told.source.name, role=told.source.role, commit=commit.id, time=commit.time, licence=" AND ".join(sorted(licences - {""})),
        author=pseudonym(*_person(commit.name, commit.email, told.people), key), subject=commit.subject, body=commit.body, edits=edits,
        parent=commit.parents[0] if commit.parents else "", pull=messages.pull(commit), reverts=messages.reverts(commit),
        bot=messages.bot(commit), reviewed=reviewed,
    )  # fmt: skip


class _Text(NamedTuple):
    language: str
    data: bytes
    licence: str
    pieces: tuple[headers.Piece, ...]


def _text(told: Rules, path: str, data: bytes) -> _Text | str:
    """What a file gives to learn from, without its copyright header, a page of documentation as Markdown; or why it gives nothing."""
    stated = told.attributes.of(path)
    known = told.language(path, data)
    licence = told.licences.of(path, data)
    if known == "html" and webpages.is_documentation(path, data, stated.documentation):
        text, pieces = webpages.markdown(data)
        reason = gates.refusal("html", data, by_hand=True) if b"\0" in data or not data.strip() else ""
        known, reason = "markdown", reason or gates.refusal("markdown", text, by_hand=True)
    else:
        reason = gates.refusal(known, data, by_hand=stated.generated is False)
        text, pieces = (data, ()) if reason else headers.stripped(data, known)
    if not reason and not text.strip():
        reason = "empty"
    if not reason and not told.may_learn(licence):
        reason = "licence"
    return reason or _Text(known, text, licence, pieces)


def _why(reason: str, told: Rules, path: str, data: bytes | None) -> str:
    """What a person would ask next."""
    return (told.licences.of(path, data or b"") or "unknown") if reason == "licence" else ""


def shown(path: str) -> str:
    """A path that can be printed and written as UTF-8."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:1000])


def _sorted_out(told: Rules, entries: Sequence[Entry], max_bytes: int) -> Iterator[tuple[Entry, str, str]]:
    """Each entry with the reason why it need not be read, or an empty one."""
    seen: dict[str, str] = {}
    for entry in entries:
        reason, detail = _by_entry(told, entry, max_bytes), ""
        if reason == "bad-path":
            detail = languages.bad_path(entry.path)
        elif not reason:
            folded = unicodedata.normalize("NFC", entry.path).casefold()
            first = seen.setdefault(folded, entry.path)
            if first != entry.path:
                reason, detail = "path-collision", f"the same as {shown(first)} where case or composition of letters does not count"
        yield entry, reason, detail


def _by_entry(told: Rules, entry: Entry, max_bytes: int) -> str:
    if languages.bad_path(entry.path):
        return "bad-path"
    if entry.mode in (_LINK, _SUBMODULE):
        return "symlink" if entry.mode == _LINK else "submodule"
    if reason := told.refusal(entry.path):
        return reason
    if entry.size is None:
        return "missing"
    return "oversized" if entry.size > max_bytes else ""


def _owners(repository: Repository, at: str, people: Mapping[str, tuple[str, str]]) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Path at the commit -> author time of the last commit that touched it, and everyone who ever did, renames followed.

    Everyone who ever wrote a line of it is a superset of those who own one now, which is the safe side when somebody's
    code has to be forgotten.
    """
    if repository.notes.form != "repository":
        return {}
    later: dict[str, str] = {}
    times: dict[str, int] = {}
    authors: dict[str, set[str]] = {}
    for commit in repository.commits(at):
        if len(commit.parents) > 1:
            continue
        who = _authors(commit, repository.key, people)
        moved = {}
        for touch in commit.touches:
            path = later.get(touch.path, touch.path)
            times.setdefault(path, commit.time)
            authors.setdefault(path, set()).update(who)
            if touch.status == "R":
                moved[touch.old_path] = path
        later.update(moved)
    return {path: (time, tuple(sorted(authors[path]))) for path, time in times.items()}


def _authors(commit: Commit, key: bytes, people: Mapping[str, tuple[str, str]]) -> set[str]:
    """The author and those whom the message names as co-authors."""
    named = _CO_AUTHOR.findall(commit.body)
    return {pseudonym(*_person(name, email, people), key) for name, email in [(commit.name, commit.email), *named]}


def _person(name: str, email: str, people: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Who that is by the mailmap."""
    return people.get(email.strip().lower(), (name, email))


def _edited(told: Rules, commit: Commit) -> list[Touch]:
    if len(commit.parents) > 1:
        return []
    return [touch for touch in commit.touches if touch.old != touch.new and told.admits(touch.path)]


def _edit(told: Rules, touch: Touch, blobs: Iterator[tuple[str, bytes | None]], judged: dict[tuple[str, str], str]) -> Edit | str:
    """The next edit, or why the file is none that we keep; what a blob was `judged` to be as the outcome of one edit holds for the next."""
    before = next(blobs)[1] if touch.old else b""
    after = next(blobs)[1] if touch.new else b""
    if before is None or after is None:
        return "missing"
    language = told.language(touch.path, after or before)
    by_hand = told.attributes.of(touch.path).generated is False
    for oid, data in ((touch.old, before), (touch.new, after)):
        if data and (oid, language) not in judged:
            judged[oid, language] = gates.refusal(language, data, by_hand=by_hand)
        if data and (reason := judged[oid, language]):
            return reason
    if not told.may_learn(told.licences.of(touch.path, after or before)):
        return "licence"
    if before and after and headers.stripped(before, language)[0] == headers.stripped(after, language)[0]:
        return "header"
    return Edit(path=touch.path, language=language, before=before, after=after)
