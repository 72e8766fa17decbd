"""Plain folders and archives as repositories of one commit, so that whatever reads a repository reads them too.

Files and members are read as bytes, never unpacked: `git fast-import` takes them from a stream into a bare repository of our own
below the cache. Its one commit has no author, no date and nothing of the place or the clock in it, so that the same files have
the same id wherever they lie. What cannot stand in it is listed with its reason in `left.jsonl` beside it. A folder that is alone
at the top of an archive is left out of all paths.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import shutil
import stat
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from idiolect.errors import SourceError, ToolError
from idiolect.files import disk_errors, read_jsonl, write_jsonl
from idiolect.sources import gitcopy, languages

LEFT = "left.jsonl"
MAX_FILES = 1_000_000
MAX_FILE = 16_000_000
"""Bytes of one file; a larger one is left out unread."""
MAX_TOTAL = 8_000_000_000
"""Bytes of all files of one source together: a small archive may unpack to anything."""
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz")
_ZIP = (".zip", ".jar", ".war", ".whl", ".nupkg")
_BRANCH = b"refs/heads/snapshot"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # what zipfile raises at a compression or a version that it does not know
    ValueError,
    IndexError,
    OverflowError,
    struct.error,
)


class Item(NamedTuple):
    """A file of a folder, or a member of an archive; with a reason it has no bytes and is left out."""

    path: str
    data: bytes
    reason: str = ""
    """symlink, no-file, submodule, oversized, unreadable; empty where it is taken."""
    detail: str = ""


def is_archive(path: Path) -> bool:
    """Whether a file has the name of an archive that can be read."""
    return path.name.lower().endswith(_TAR + _ZIP)


def copy(original: Path, cache: Path, most: int = MAX_TOTAL) -> Path:
    """The bare repository that holds `original` (a folder or an archive) as its one commit, made anew only where something changed.

    Raises SourceError where it holds no file, is damaged, or has more than MAX_FILES files or `most` bytes.
    """
    place = cache / "git" / f"{gitcopy.word(original)}-{hashlib.sha256(str(original).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
    with gitcopy.readable():
        target = place / _fingerprint(original)
    if (target / gitcopy.NOTES).is_file():
        return target
    with disk_errors(place):
        for folder in (cache, place.parent, place):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".making-", dir=place))
        try:
            with gitcopy.readable():
                _fill(original, made, target.name, most)
            with suppress(OSError):  # somebody else was faster
                made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    gitcopy.forget(place, target)
    return target


def left(copied: Path) -> list[tuple[str, str, str]]:
    """What was left out: path, reason, detail."""
    file = copied / LEFT
    return [tuple(row) for row in read_jsonl(file)] if file.is_file() else []


def _fingerprint(original: Path) -> str:
    """Of an archive its size and time; of a folder those of everything in it, by path."""
    digest = hashlib.sha256()
    for label, _, status in [("", original, original.lstat())] if original.is_file() else _walk(original, original):
        digest.update(
            f"{label}\0{status.st_mode}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ino}\n".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest()[:16]


def _walk(folder: Path, top: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Everything below a folder that is no folder itself, by path, links not followed; repositories within are given as they are.

    The label is the name's bytes as UTF-8, whatever the locale of this process takes them for.
    """
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
            path = Path(entry.path)
            if not entry.is_dir(follow_symlinks=False) or os.path.lexists(path / ".git"):
                label = os.fsencode(path.relative_to(top).as_posix()).decode("utf-8", "surrogateescape")
                yield label, path, entry.stat(follow_symlinks=False)
            else:
                yield from _walk(path, top)


def _fill(original: Path, made: Path, fingerprint: str, most: int) -> None:
    items = members(original) if original.is_file() else _files(original)
    gitcopy.bare(made)
    rest: list[tuple[str, str, str]] = []
    with closing(items):
        taken = _import(_counted(items, original, most), made, rest)
    if not taken:
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(reason for _, reason, _ in rest).most_common(5))
        raise SourceError(
            f"holds no file that can be read ({reasons or 'it is empty'})",
            where=str(original),
            next="correct the path, or take it out of the recipe",
        )
    write_jsonl(made / LEFT, sorted(rest))
    said = gitcopy.Notes(fingerprint, str(original), False, False, False, "archive" if original.is_file() else "folder")
    (made / gitcopy.NOTES).write_text(json.dumps(said.__dict__), encoding="utf-8")


def _counted(items: Iterable[Item], original: Path, most: int) -> Iterator[Item]:
    """The same items, ended where there are too many or too much of them."""
    size = 0
    for number, item in enumerate(items, 1):
        size += len(item.data)
        if number > MAX_FILES or size > most:
            what = f"holds more than {MAX_FILES:,} files" if number > MAX_FILES else f"unpacks to more than {most:,} bytes"
            raise SourceError(what, where=str(original), next="name a part of it as the source")
        yield item


def _import(items: Iterable[Item], made: Path, rest: list[tuple[str, str, str]]) -> int:
    """Feed the files to `git fast-import`, in the order given; return how many. What is left out goes to `rest`."""
    seen: set[str] = set()
    folders: set[str] = set()
    with _fast_import(made) as stream:
        stream.write(b"commit %s\ncommitter nobody <> 0 +0000\ndata 8\nSnapshot\n" % _BRANCH)
        for item in items:
            above = {str(parent) for parent in PurePosixPath(item.path).parents} - {"."}
            taken = item.path in seen or item.path in folders or not seen.isdisjoint(above)
            reason = item.reason or ("bad-path" if languages.bad_path(item.path) else "path-collision" if taken else "")
            if reason:
                rest.append((item.path.encode("utf-8", "backslashreplace").decode(), reason, item.detail or languages.bad_path(item.path)))
                continue
            seen.add(item.path)
            folders |= above
            stream.write(b"M 100644 inline %s\ndata %d\n" % (_quoted(item.path), len(item.data)) + item.data + b"\n")
        stream.write(b"\ndone\n")
    return len(seen)


@contextmanager
def _fast_import(made: Path) -> Iterator[IO[bytes]]:
    program = shutil.which("git")
    if not program:
        raise ToolError("git is missing", next="install git 2.31 or newer")
    environment = {"PATH": os.defpath, "LC_ALL": "C", "GIT_DIR": str(made), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    settings = ("-c", "safe.directory=*", "-c", "core.fsync=none", "-c", "fastimport.unpackLimit=1", "-c", "pack.compression=1")
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [program, *settings, "fast-import", "--quiet", "--done", "--depth=0", "--date-format=raw"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, cwd=made, env=environment, bufsize=1 << 20,
        )  # fmt: skip
        assert process.stdin
        try:
            with suppress(BrokenPipeError):
                yield process.stdin
                process.stdin.close()
            if process.wait():
                errors.seek(0)
                said = errors.read(2000).decode(errors="replace").strip().split("\n")[0]
                raise SourceError(f"git cannot take it over ({said})", where=str(made), next="look whether the disk is full")
        finally:
            process.kill()
            with suppress(OSError):
                process.stdin.close()
            process.wait()


def _quoted(path: str) -> bytes:
    return b'"' + path.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _files(top: Path) -> Generator[Item, None, None]:
    """The files below a folder, by path; links, devices and repositories within are named and not read."""
    for label, path, status in _walk(top, top):
        if stat.S_ISLNK(status.st_mode):
            yield Item(label, b"", "symlink")
        elif stat.S_ISDIR(status.st_mode):
            yield Item(label, b"", "submodule", "a git repository of its own; name it as a source")
        elif not stat.S_ISREG(status.st_mode):
            yield Item(label, b"", "no-file", "a device, a pipe or a socket")
        elif status.st_size > MAX_FILE:
            yield Item(label, b"", "oversized")
        else:
            yield _file(path, label)


def _file(file: Path, path: str) -> Item:
    try:
        with open(file, "rb", opener=gitcopy.without_links) as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        return Item(path, b"", "unreadable", error.strerror or "")
    return Item(path, data) if len(data) <= MAX_FILE else Item(path, b"", "oversized")


def members(archive: Path) -> Generator[Item, None, None]:
    """The members of an archive, below the folder that is alone at its top; a damaged archive is a SourceError."""
    zipped = archive.name.lower().endswith(_ZIP)
    try:
        names = _zip_names(archive) if zipped else _tar_names(archive)
        top = PurePosixPath(names[0]).parts[0] + "/" if names and names[0].strip("/.") else "/"
        cut = len(top) if all(name.startswith(top) for name in names) else 0
        for item in _zip(archive) if zipped else _tar(archive):
            yield item._replace(path=item.path[cut:])
    except (tarfile.TarError, *_DAMAGED, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        what = f"is no archive that can be read ({type(error).__name__}: {error})"
        raise SourceError(what, where=str(archive), next="make it anew, or unpack it and name the folder") from error


def _tar_names(archive: Path) -> list[str]:
    with tarfile.open(archive, "r:*", errorlevel=2, encoding="utf-8", errors="surrogateescape") as opened:
        return [member.name.removeprefix("./") for member in islice(opened, MAX_FILES + 1) if not member.isdir()]


def _zip_names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return [member.filename for member in opened.infolist() if not member.filename.endswith("/")]


def _tar(archive: Path) -> Iterator[Item]:
    with tarfile.open(archive, "r:*", errorlevel=2, encoding="utf-8", errors="surrogateescape") as opened:
        for member in opened:
            path = member.name.removeprefix("./")
            if member.isdir():
                continue
            if member.issym() or member.islnk():
                yield Item(path, b"", "symlink")
            elif not member.isreg():
                yield Item(path, b"", "no-file", "a device, a pipe or a socket")
            elif member.size > MAX_FILE or member.sparse is not None:
                yield Item(path, b"", "oversized")
            else:
                stream = opened.extractfile(member)
                yield Item(path, stream.read(MAX_FILE + 1) if stream else b"")


def _zip(archive: Path) -> Iterator[Item]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.filename.endswith("/"):  # is_dir() asks for the last letter of a name that may have none
                continue
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                yield Item(member.filename, b"", "symlink")
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield Item(member.filename, b"", "no-file", "a device, a pipe or a socket")
            elif member.flag_bits & 1:
                yield Item(member.filename, b"", "unreadable", "encrypted")
            elif member.file_size > MAX_FILE:
                yield Item(member.filename, b"", "oversized")
            else:
                yield _zipped(opened, member)


def _zipped(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Item:
    """One member; no more than its header promises is unpacked, and what is damaged is left out."""
    try:
        with opened.open(member) as stream:
            data = stream.read(MAX_FILE + 1)
    except (*_DAMAGED, OSError) as error:
        return Item(member.filename, b"", "unreadable", str(error))
    return Item(member.filename, data) if len(data) <= MAX_FILE else Item(member.filename, b"", "oversized")
