"""Sources: a team's repositories as Documents, files at a commit and commits themselves, read safely.

    repository = opened(Path("../shop"), cache)
    kept, dropped = documents(source, repository, at=repository.head)

Nothing is read from the work tree and nothing of the repository is run (`gitcopy`, `gitread`). Every file of a tree becomes
a Document or is Dropped with one word: bad-path, symlink, submodule, path-collision, excluded, vendored, generated, minified,
no-language, oversized, missing, empty, lfs-pointer, binary, not-utf8, long-lines, data, few-letters, xml, markup, encoded.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from idiolect import gitcopy, languages
from idiolect.errors import SourceError
from idiolect.files import disk_errors
from idiolect.gitread import Commit, Entry, Repository, Touch
from idiolect.recipe import Source
from idiolect.types import Change, Document, Dropped, Edit

MAX_BYTES = 1_000_000
MAX_EDITS = 20
"""A commit that touches more files is a sweep, not an edit somebody would be helped with."""
_LINK, _SUBMODULE = "120000", "160000"
_CO_AUTHOR = re.compile(r"^co-authored-by:\s*([^<\n]*)<([^>\n]*)>", re.IGNORECASE | re.MULTILINE)


def opened(path: Path, cache: Path) -> Repository:
    """The repository at `path`, read through its sanitised copy in `cache`.

    Raises SourceError where `path` is no git repository, has no commit or borrows objects from elsewhere.
    """
    return Repository(gitcopy.copy(Path(os.path.realpath(path)), cache), key(cache))


def key(cache: Path) -> bytes:
    """The key of the pseudonyms: 32 random bytes in `cache`, made once, readable by their owner only."""
    file = cache / "authors.key"
    with disk_errors(file):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            made = cache / f".authors.key.{os.getpid()}"
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(32))
            try:
                file.hardlink_to(made)  # unlike a rename this never replaces the key that another process made first
            finally:
                made.unlink()
        return file.read_bytes()


def pseudonym(name: str, email: str, key: bytes) -> str:
    """What an author is called in every artefact: the same for the same address, or for the same name where there is none."""
    identity = email.strip().lower() or name.strip().casefold()
    return "a-" + hmac.new(key, identity.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:10]


def remarks(repository: Repository) -> list[str]:
    """What a person should know about how this repository could be read, as sentences."""
    said = []
    if repository.notes.shallow:
        said.append("is a shallow clone: its history begins late, and `git fetch --unshallow` brings the rest")
    if repository.notes.partial:
        said.append("is a partial clone: objects that it lacks are counted as missing, never fetched")
    elif repository.exact_renames:
        said.append("lacks objects: only renames without a change were followed")
    return said


def admits(source: Source, path: str) -> bool:
    """Whether a file at this path would be read, as far as a path can tell."""
    return not refusal(source, path)


def refusal(source: Source, path: str) -> str:
    """Why a path is not read: bad-path, excluded, vendored, minified, generated, no-language; empty where it is."""
    if languages.bad_path(path):
        return "bad-path"
    if (source.include and not languages.matches(path, source.include)) or languages.matches(path, source.exclude):
        return "excluded"
    return languages.path_refusal(path)


def documents(source: Source, repository: Repository, at: str, max_bytes: int = MAX_BYTES) -> tuple[list[Document], list[Dropped]]:
    """Every file of the tree at a commit: admitted, by path, or dropped with a reason.

    Raises SourceError where nothing in it is to be learned from.
    """
    kept: list[Document] = []
    dropped: list[Dropped] = []
    for item in read(source, repository, at, max_bytes):
        if isinstance(item, Document):
            kept.append(item)
        else:
            dropped.append(item)
    if not kept:
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(item.reason for item in dropped).most_common(5))
        what = f"holds no file to learn from at commit {at[:12]} ({reasons or 'no files at all'})"
        raise SourceError(what, where=repository.notes.origin, next="check include and exclude, or take it out of the recipe")
    return kept, dropped


def read(source: Source, repository: Repository, at: str, max_bytes: int = MAX_BYTES) -> Iterator[Document | Dropped]:
    """As `documents`, one by one: what needs no reading is dropped first, then the blobs in the order of the tree."""
    wanted: list[Entry] = []
    for entry, reason, detail in _sorted_out(source, repository.tree(at), max_bytes):
        if reason:
            yield Dropped(reason=reason, what=shown(entry.path), source=source.name, detail=detail)
        else:
            wanted.append(entry)
    owners = _owners(repository, at)
    start = next((commit.time for commit in repository.commits(at)), 0)
    for entry, (_, data) in zip(wanted, repository.blobs(entry.oid for entry in wanted), strict=True):
        language = languages.language(entry.path, data or b"")
        reason = "missing" if data is None else languages.refusal(language, data)
        if data is None or reason:
            yield Dropped(reason=reason, what=shown(entry.path), source=source.name)
            continue
        time, authors = owners.get(entry.path, (start, ()))
        yield Document(
            source=source.name, role=source.role, commit=at, path=entry.path, language=language, data=data,
            time=time, authors=authors, licence=source.licence,
        )  # fmt: skip


def changes(
    source: Source, repository: Repository, until: str, max_bytes: int = MAX_BYTES, newest: int | None = None
) -> Iterator[Change | Dropped]:
    """Every commit up to `until`, oldest first, with its edits of admitted files; or why it gives none.

    Reasons: merge, old-commit (not among the `newest`; it is not read), no-edits (nothing in it is admitted), many-files, missing.
    """
    commits = repository.commits(until)
    for commit in reversed(commits[newest:] if newest is not None else ()):
        yield Dropped(reason="merge" if len(commit.parents) > 1 else "old-commit", what=commit.id, source=source.name)
    planned = [(commit, _edited(source, commit)) for commit in reversed(commits[:newest])]
    read = [touch for _, touches in planned if len(touches) <= MAX_EDITS for touch in touches]
    blobs = repository.blobs((oid for touch in read for oid in (touch.old, touch.new) if oid), limit=max_bytes)
    judged: dict[tuple[str, str], str] = {}
    for commit, touches in planned:
        reason = "merge" if len(commit.parents) > 1 else "many-files" if len(touches) > MAX_EDITS else ""
        if not reason:
            edits = [_edit(touch, blobs, judged) for touch in touches]
            kept = tuple(edit for edit in edits if isinstance(edit, Edit))
            reason = "" if kept else "missing" if "missing" in edits else "no-edits"
        if reason:
            yield Dropped(reason=reason, what=commit.id, source=source.name)
            continue
        yield Change(
            source=source.name, role=source.role, commit=commit.id, time=commit.time, licence=source.licence,
            author=pseudonym(commit.name, commit.email, repository.key), subject=commit.subject, body=commit.body,
            edits=kept, parent=commit.parents[0] if commit.parents else "",
        )  # fmt: skip


def shown(path: str) -> str:
    """A path that can be printed and written as UTF-8."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:1000])


def _sorted_out(source: Source, entries: Sequence[Entry], max_bytes: int) -> Iterator[tuple[Entry, str, str]]:
    """Each entry with the reason why it need not be read, or an empty one."""
    seen: dict[str, str] = {}
    for entry in entries:
        reason, detail = _by_entry(source, entry, max_bytes), ""
        if reason == "bad-path":
            detail = languages.bad_path(entry.path)
        elif not reason:
            folded = unicodedata.normalize("NFC", entry.path).casefold()
            first = seen.setdefault(folded, entry.path)
            if first != entry.path:
                reason, detail = "path-collision", f"the same as {shown(first)} where case or composition of letters does not count"
        yield entry, reason, detail


def _by_entry(source: Source, entry: Entry, max_bytes: int) -> str:
    if languages.bad_path(entry.path):
        return "bad-path"
    if entry.mode in (_LINK, _SUBMODULE):
        return "symlink" if entry.mode == _LINK else "submodule"
    if reason := refusal(source, entry.path):
        return reason
    if entry.size is None:
        return "missing"
    return "oversized" if entry.size > max_bytes else ""


def _owners(repository: Repository, at: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Path at the commit -> author time of the last commit that touched it, and everyone who ever did, renames followed.

    Everyone who ever wrote a line of it is a superset of those who own one now, which is the safe side when somebody's
    code has to be forgotten.
    """
    later: dict[str, str] = {}
    times: dict[str, int] = {}
    authors: dict[str, set[str]] = {}
    for commit in repository.commits(at):
        if len(commit.parents) > 1:
            continue
        who = _authors(commit, repository.key)
        moved = {}
        for touch in commit.touches:
            path = later.get(touch.path, touch.path)
            times.setdefault(path, commit.time)
            authors.setdefault(path, set()).update(who)
            if touch.status == "R":
                moved[touch.old_path] = path
        later.update(moved)
    return {path: (time, tuple(sorted(authors[path]))) for path, time in times.items()}


def _authors(commit: Commit, key: bytes) -> set[str]:
    """The author and those whom the message names as co-authors."""
    named = _CO_AUTHOR.findall(commit.body)
    return {pseudonym(name, email, key) for name, email in [(commit.name, commit.email), *named]}


def _edited(source: Source, commit: Commit) -> list[Touch]:
    if len(commit.parents) > 1:
        return []
    return [touch for touch in commit.touches if touch.old != touch.new and admits(source, touch.path)]


def _edit(touch: Touch, blobs: Iterator[tuple[str, bytes | None]], judged: dict[tuple[str, str], str]) -> Edit | str:
    """The next edit, or why the file is none that we keep; what a blob was `judged` to be as the outcome of one edit holds for the next."""
    before = next(blobs)[1] if touch.old else b""
    after = next(blobs)[1] if touch.new else b""
    if before is None or after is None:
        return "missing"
    language = languages.language(touch.path, after or before)
    for oid, data in ((touch.old, before), (touch.new, after)):
        if data and (oid, language) not in judged:
            judged[oid, language] = languages.refusal(language, data)
        if data and (reason := judged[oid, language]):
            return reason
    return Edit(path=touch.path, language=language, before=before, after=after)
