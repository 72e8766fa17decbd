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

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from idiolect.errors import SourceError
from idiolect.recipe import Source
from idiolect.sources import gitcopy, languages, people, rules, snapshot
from idiolect.sources.commits import Planned, edited, planned
from idiolect.sources.contents import Content, Stated, content, stated
from idiolect.sources.gitlog import Entry
from idiolect.sources.gitread import Repository
from idiolect.sources.rules import Rules
from idiolect.types import Change, Document, Dropped

MAX_BYTES = 1_000_000
_LINK, _SUBMODULE = "120000", "160000"


def opened(path: Path, cache: Path) -> Repository:
    """The repository at `path`, read through its sanitised copy in `cache`; a plain folder or an archive as one of a single commit.

    Raises SourceError where `path` cannot be read, has no commit or borrows objects from elsewhere.
    """
    real = Path(os.path.realpath(path))
    with gitcopy.readable():
        plain = snapshot.is_archive(real) if real.is_file() else gitcopy.find(real) is None
    return Repository(snapshot.copy(real, cache) if plain else gitcopy.copy(real, cache), people.key(cache))


def all_opened(places: Sequence[Path], cache: Path) -> list[Repository]:
    """As `opened`, of several at once: copying and git's own work on the histories wait for the disk and for git, not for Python."""
    people.key(cache)
    with ThreadPoolExecutor(max_workers=8) as threads:
        return list(threads.map(lambda place: _warm(opened(place, cache)), places))


def _warm(repository: Repository) -> Repository:
    """The same, with its history read."""
    repository.commits()
    return repository


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
    some(kept, dropped, repository, at)
    return kept, dropped


def some(kept: Sequence[Document], dropped: Sequence[Dropped], repository: Repository, at: str) -> None:
    """Raise SourceError where nothing in a tree is to be learned from."""
    if kept:
        return
    reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(item.reason for item in dropped).most_common(5))
    what = f"holds no file to learn from at commit {at[:12]} ({reasons or 'no files at all'})"
    mend = "check include and exclude, or take it out of the recipe"
    if any(item.reason == "licence" for item in dropped):
        mend = 'if you may learn from it, say so: licence = "..." and, for other licences than permissive ones, licences = [...]'
    raise SourceError(what, where=repository.notes.origin, next=mend)


def read(
    source: Source, repository: Repository, at: str, max_bytes: int = MAX_BYTES, told: Rules | None = None
) -> Iterator[Document | Dropped]:
    """As `documents`, one by one: what needs no reading is dropped first, then the blobs in the order of the tree."""
    told = told or rules.of(source, repository, at)
    wanted, dropped = files(told, repository, at, max_bytes)
    yield from dropped
    made = as_document(told, repository, at)
    for file, (_, data) in zip(wanted, repository.blobs(file.oid for file in wanted), strict=True):
        found = "missing" if data is None else content(file.path, data, file.stated)
        if reason := refused(told, file, found):
            yield reason
        elif isinstance(found, Content):
            yield made(file, found)


class File(NamedTuple):
    """A file of a tree that is to be read."""

    path: str
    oid: str
    size: int
    stated: Stated


def files(told: Rules, repository: Repository, at: str, max_bytes: int) -> tuple[list[File], list[Dropped]]:
    """The files of the tree at a commit that are to be read, by path, and those that need not be."""
    name = told.source.name
    dropped = [
        Dropped(reason=reason, what=shown(path), source=name, detail=detail) for path, reason, detail in snapshot.left(repository.folder)
    ]
    wanted = []
    for entry, reason, detail in _sorted_out(told, repository.tree(at), max_bytes):
        if reason:
            dropped.append(Dropped(reason=reason, what=shown(entry.path), source=name, detail=detail))
        else:
            wanted.append(File(entry.path, entry.oid, entry.size or 0, stated(told, entry.path)))
    return wanted, dropped


def refused(told: Rules, file: File, found: Content | str) -> Dropped | None:
    """Why a file that was read is not kept; None where it is."""
    if isinstance(found, str):
        return Dropped(reason=found, what=shown(file.path), source=told.source.name)
    if told.may_learn(found.licence):
        return None
    return Dropped(reason="licence", what=shown(file.path), source=told.source.name, detail=found.licence or "unknown")


def as_document(told: Rules, repository: Repository, at: str) -> Callable[[File, Content], Document]:
    """What makes the Document of a file of the tree at a commit, with who wrote it and when."""
    owners = people.owners(repository, at, told.people)
    start = next((commit.time for commit in repository.commits(at)), 0)

    def made(file: File, found: Content) -> Document:
        time, authors = owners.get(file.path, (start, ()))
        return Document(
            source=told.source.name, role=told.source.role, commit=at, path=file.path, language=found.language, data=found.data,
            time=time, authors=authors, licence=found.licence, pieces=found.pieces, flags=found.flags,
        )  # fmt: skip

    return made


def changes(
    source: Source, repository: Repository, until: str, max_bytes: int = MAX_BYTES, newest: int | None = None, told: Rules | None = None
) -> Iterator[Change | Dropped]:
    """Every commit up to `until`, oldest first, with its edits of admitted files; or why it gives none.

    What is admitted is decided by the attributes and licences of the tree at `until`. A folder or an archive has no commits.
    Reasons: merge, old-commit (not among the `newest`; it is not read), no-edits (nothing in it is admitted), many-files, missing.
    """
    told = told or rules.of(source, repository, until)
    plans = list(planned(told, repository, until, newest))
    asked = (oid for plan in plans if isinstance(plan, Planned) for side in plan.sides for oid in (side.old, side.new) if oid)
    blobs = repository.repeated(asked, limit=max_bytes)
    for plan in plans:
        if isinstance(plan, Dropped):
            yield plan
            continue
        texts = [(next(blobs)[1] if side.old else b"", next(blobs)[1] if side.new else b"") for side in plan.sides]
        found = edited(plan.change, [(side.path, *both, side.stated) for side, both in zip(plan.sides, texts, strict=True)], told.allowed)
        yield found if isinstance(found, Change) else Dropped(reason=found, what=plan.change.commit, source=source.name)


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
