"""A sanitised copy of a git repository: nothing of its configuration, hooks or attributes comes along.

A repository is somebody else's data. Only regular files of `objects/` (loose objects, packs and their indexes), refs, HEAD
and the list of shallow commits are read, as bytes and without following a link, into a fresh bare repository with a
configuration of our own. Git runs only there. Objects that stand elsewhere (`alternates`, a promisor remote) stay there.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from idiolect.errors import SourceError
from idiolect.files import disk_errors, read_json, real

NOTES = "copy.json"
_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LOOSE = re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
_PACK = re.compile(r"pack-[0-9a-f]{40}(?:[0-9a-f]{24})?\.(?:pack|idx)")
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|/$|\.$")
_MAX_REF_FILES = 500_000
_MAX_TEXT = 64_000_000
_TRIES = 3
_KEPT = 2
"""Copies of one repository that stay: the newest, and the one that a running program may still read."""


@dataclass(frozen=True)
class Notes:
    """What the copy says of its original; `copy.json` in it."""

    fingerprint: str
    """Digest of refs, HEAD, shallow commits and the list of object files."""
    origin: str
    """Path of the original, for messages."""
    sha256: bool
    shallow: bool
    """History is cut: the oldest commits have lost their parents."""
    partial: bool
    """Objects are missing by intent (a partial clone)."""
    form: str = "repository"
    """repository, folder, archive; the last two have no history (`snapshot`)."""


@dataclass(frozen=True)
class _Original:
    """What was found in a git folder, before anything is copied."""

    git: Path
    head: str
    refs: dict[str, str]
    shallow: tuple[str, ...]
    objects: dict[str, int]
    """Path below `objects/` -> bytes."""
    partial: bool

    @property
    def sha256(self) -> bool:
        """Whether object ids have 64 digits."""
        return len(self.head) == 64

    @property
    def fingerprint(self) -> str:
        value = [self.head, sorted(self.refs.items()), self.shallow, sorted(self.objects.items())]
        return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


def copy(repository: Path, cache: Path) -> Path:
    """The folder of a bare copy of `repository` below `cache`, made anew only where refs or object files have changed.

    `repository` is a work tree (its `.git` a folder, or the file of a worktree or a submodule) or a bare repository.
    Raises SourceError where it is none, has no commit, or borrows objects from another repository.
    """
    with readable():
        found = find(repository)
    if not found:
        raise SourceError("is no git repository", where=str(repository), next="name one")
    git, head_of = found
    place = cache / "git" / f"{word(repository)}-{hashlib.sha256(str(git).encode()).hexdigest()[:12]}"
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            with readable():
                original = _look(git, head_of, repository)
            target = place / original.fingerprint
            return target if (target / NOTES).is_file() else _make(original, repository, target)
    raise SourceError("changes while it is read", where=str(repository), next="wait until git has finished there, then start again")


@contextmanager
def readable() -> Iterator[None]:
    """A file that may not be read is the source's fault, with a sentence."""
    try:
        yield
    except PermissionError as error:
        raise SourceError("may not be read", where=str(error.filename), next="give the user who runs idiolect leave to read it") from error
    except OSError as error:
        if error.errno not in (errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.ESTALE):
            raise
        raise SourceError(
            f"cannot be read ({error.strerror})", where=str(error.filename)[:200], next="correct the path, or look at its disk"
        ) from error


def notes(copied: Path) -> Notes:
    """What the copy says of its original."""
    return Notes(**read_json(copied / NOTES))


def find(repository: Path) -> tuple[Path, Path] | None:
    """The git folder with the objects, and the folder with HEAD (another one for a worktree); None for a plain folder.

    A folder within a repository, and a `.git` that is a link or names somewhere else, are SourceErrors.
    """
    where = str(repository)
    if not repository.exists():
        raise SourceError("does not exist", where=where, next="correct the path")
    if not repository.is_dir():
        raise SourceError("is no folder", where=where, next="name a folder, a git repository, or a .tar or .zip archive")
    top = real(repository)
    inside = top / ".git"
    if inside.is_symlink():
        raise SourceError(
            f".git is a symbolic link to {_shown(inside.readlink())}", where=where, next="name that folder as the path instead"
        )
    if inside.is_file():
        return _pointed(inside, where)
    for git in (inside, top):
        if _is_git(git):
            return git, git
    if os.path.lexists(inside) or all(os.path.lexists(top / name) for name in ("HEAD", "objects", "refs")):
        mend = "run `git fsck` in it; links in place of its folders are not followed"
        raise SourceError("is no git repository that can be read", where=where, next=mend)
    for above in top.parents:
        if _is_git(above / ".git") or (above / ".git").is_file():
            mend = f'name {above} as the path, with include = ["{top.relative_to(above).as_posix()}/**"]'
            raise SourceError(f"is a folder within the git repository {above}", where=where, next=mend)
    return None


def _is_git(folder: Path) -> bool:
    return _real_folder(folder) and _real_folder(folder / "objects") and ((folder / "HEAD").is_file() or _real_folder(folder / "refs"))


def _real_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _pointed(file: Path, where: str) -> tuple[Path, Path]:
    """Follow the `.git` file of a worktree or a submodule, if what it names points back here."""
    text = _text(file)
    target = real(file.parent / text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") and "\0" not in text else None
    if target is None or not target.is_dir():
        raise SourceError("its .git file names no git folder", where=where, next="name the folder of the repository itself")
    if target.parent.name == "worktrees" and _is_git(target.parent.parent) and _same(target, _text(target / "gitdir").strip(), file):
        return target.parent.parent, target
    if _is_git(target) and _same(target, settings(_text(target / "config")).get("core.worktree", ""), file.parent):
        return target, target
    raise SourceError(
        f"its .git file names {_shown(target)}, which does not name it back",
        where=where,
        next="if you trust it, name that folder as the path",
    )


def _same(base: Path, named: str, path: Path) -> bool:
    return bool(named) and "\0" not in named and real(base / named) == real(path)


def settings(text: str) -> dict[str, str]:
    """Plain `key = value` lines of a git configuration as `section.key`, lower case; read as data: nothing is included or run."""
    found, section = {}, ""
    for line in map(str.strip, text.splitlines()):
        if header := re.fullmatch(r'\[([A-Za-z0-9.-]+)(?:\s+"(.*)")?\]', line):
            section = ".".join(part for part in (header[1].lower(), header[2]) if part)
        elif pair := re.fullmatch(r'([A-Za-z][A-Za-z0-9-]*)\s*=\s*+"?([^"#;]*+)"?\s*(?:[#;].*)?', line):
            found[f"{section}.{pair[1].lower()}"] = pair[2].rstrip()
    return found


def _look(git: Path, head_of: Path, repository: Path) -> _Original:
    """Read refs first, so that the objects they name are there when the objects are listed."""
    where = str(repository)
    for name in ("alternates", "http-alternates"):
        if os.path.lexists(git / "objects" / "info" / name):
            mend = f"run `git repack -a -d` in it, delete objects/info/{name}, then start again"
            raise SourceError(f"borrows objects from another repository (objects/info/{name})", where=where, next=mend)
    config = settings(_text(git / "config"))
    if config.get("extensions.refstorage", "files") != "files" or _real_folder(git / "reftable"):
        raise SourceError(
            "keeps its refs as a reftable", where=where, next="run `git refs migrate --ref-format=files` in it, then start again"
        )
    refs = _refs(git)
    head = _head(head_of, refs)
    objects = _objects(git / "objects")
    if not head or not objects:
        raise SourceError("has no commits", where=where, next="commit something, or take it out of the recipe")
    shallow = tuple(sorted(set(_HEX.findall(_text(git / "shallow")))))
    promised = any(file.suffix == ".promisor" for file in _files(git / "objects" / "pack"))
    partial = promised or "extensions.partialclone" in config or any(key.endswith(".promisor") for key in config)
    return _Original(git, head, refs, shallow, objects, partial)


def _refs(git: Path) -> dict[str, str]:
    """Name -> object id; names and values that git would not accept are left out, `refs/replace` too."""
    raw: dict[str, str] = {}
    for line in _text(git / "packed-refs").splitlines():
        value, _, name = line.partition(" ")
        if name.startswith("refs/") and valid_ref(name):
            raw[name] = value
    for path in _files(git / "refs"):
        name = path.relative_to(git).as_posix()
        if valid_ref(name):
            raw[name] = _text(path).strip()
    resolved = {name: _resolve(value, raw) for name, value in raw.items() if not name.startswith("refs/replace/")}
    return {name: value for name, value in resolved.items() if value}


def valid_ref(name: str) -> bool:
    """The rules of `git check-ref-format`, and nothing that cannot be written as UTF-8."""
    return len(name) <= 1000 and name.isprintable() and not _BAD_REF.search(name) and name != "@"


def _resolve(value: str, refs: dict[str, str]) -> str:
    """Follow `ref: name` at most five times to an object id; empty where there is none."""
    for _ in range(5):
        if not value.startswith("ref:"):
            break
        value = refs.get(value.removeprefix("ref:").strip(), "")
    return value if _HEX.fullmatch(value) else ""


def _head(folder: Path, refs: dict[str, str]) -> str:
    """The commit of HEAD; where it is missing or names no branch, that of main, master, else of the first branch by name."""
    if found := _resolve(_text(folder / "HEAD").strip(), refs):
        return found
    branches = ["refs/heads/main", "refs/heads/master", *sorted(name for name in refs if name.startswith("refs/heads/"))]
    return next((refs[name] for name in branches if name in refs), "")


def _files(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, by name; links are not followed and no more than half a million entries looked at."""
    waiting, seen = [folder] if _real_folder(folder) else [], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                seen += 1
                if seen > _MAX_REF_FILES:
                    return
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def _objects(folder: Path) -> dict[str, int]:
    """Loose objects, and packs that have an index."""
    found: dict[str, int] = {}
    for file in _files(folder / "pack"):
        if _PACK.fullmatch(file.name):
            found[f"pack/{file.name}"] = file.lstat().st_size
    found = {
        name: size for name, size in found.items() if f"{name.rpartition('.')[0]}.{'idx' if name.endswith('.pack') else 'pack'}" in found
    }
    for number in range(256):
        for file in _files(folder / f"{number:02x}"):
            if _LOOSE.fullmatch(file.name) and file.parent.name == f"{number:02x}":
                found[f"{file.parent.name}/{file.name}"] = file.lstat().st_size
    return found


def _make(original: _Original, repository: Path, target: Path) -> Path:
    """Write the copy into a temporary folder and rename it; what is already in an older copy of ours is linked from there."""
    place = target.parent
    with disk_errors(place):
        for folder in (place.parent.parent, place.parent, place):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.parent.parent.chmod(0o700)
        made = Path(tempfile.mkdtemp(prefix=".making-", dir=place))
        try:
            older = [folder for folder in place.iterdir() if (folder / NOTES).is_file()]
            _fill(original, made, older)
            _describe(original, repository, made)
            made.rename(target)
        except OSError:
            if not (target / NOTES).is_file():  # else somebody was faster
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    forget(place, target)
    return target


def _fill(original: _Original, made: Path, older: list[Path]) -> None:
    for name, size in sorted(original.objects.items()):
        new = made / "objects" / name
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = [folder / "objects" / name for folder in older]
        ours = next((file for file in known if file.is_file() and file.stat().st_size == size), None)
        if ours:
            new.hardlink_to(ours)
        else:
            copy_file(original.git / "objects" / name, new)


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a regular file; a link or a device in its place is an OSError."""
    with ExitStack() as stack:
        with readable():
            reader = stack.enter_context(open(source, "rb", opener=without_links))
        if not stat.S_ISREG(os.fstat(reader.fileno()).st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(source))
        shutil.copyfileobj(reader, stack.enter_context(target.open("xb")), 1 << 20)


def without_links(path: str, flags: int) -> int:
    """An opener that follows no link and waits for no writer of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _text(path: Path) -> str:
    """A small file as text; empty where it is missing, not a regular file, or larger than 64 MB."""
    try:
        with open(path, "rb", opener=without_links) as reader:
            status = os.fstat(reader.fileno())
            data = reader.read() if stat.S_ISREG(status.st_mode) and status.st_size <= _MAX_TEXT else b""
    except OSError:
        return ""
    return data.decode("utf-8", "replace")


def _describe(original: _Original, repository: Path, made: Path) -> None:
    """Our own configuration, refs and HEAD; `copy.json` last, which makes the copy valid."""
    bare(made, original.sha256)
    length = 64 if original.sha256 else 40
    refs = [f"{value} {name}\n" for name, value in sorted(original.refs.items()) if len(value) == length]
    (made / "packed-refs").write_text("".join(refs), encoding="utf-8")
    (made / "HEAD").write_text(original.head + "\n")
    if original.shallow:
        (made / "shallow").write_text("".join(f"{commit}\n" for commit in original.shallow if len(commit) == length))
    said = Notes(original.fingerprint, str(repository), original.sha256, bool(original.shallow), original.partial)
    (made / NOTES).write_text(json.dumps(asdict(said)), encoding="utf-8")


def bare(made: Path, sha256: bool = False) -> None:
    """The folders and the configuration of a bare repository; HEAD names a branch that need not be there."""
    for folder in ("refs", "objects/pack"):
        (made / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    hashes = "\n[extensions]\n\tobjectformat = sha256" if sha256 else ""
    (made / "config").write_text(f"[core]\n\trepositoryformatversion = {int(sha256)}\n\tbare = true\n\thookspath = /dev/null{hashes}\n")
    (made / "HEAD").write_text("ref: refs/heads/snapshot\n")


def forget(place: Path, newest: Path) -> None:
    """Remove all but the newest copies of one repository, and what an interrupted one left."""
    older = [folder for folder in place.iterdir() if folder != newest and not folder.name.startswith(".making-")]
    older.sort(key=lambda folder: folder.stat().st_mtime)
    for folder in older[: len(older) - _KEPT + 1]:
        shutil.rmtree(folder, ignore_errors=True)


def word(repository: Path) -> str:
    """A short name for the cache."""
    return re.sub(r"[^a-z0-9]+", "-", real(repository).name.lower()).strip("-")[:40] or "repository"


def _shown(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()
