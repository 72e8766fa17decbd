"""Reading a sanitised copy with git's plumbing: commits, trees and blobs, each by one process.

Git runs with an empty environment, no configuration but ours, no hooks, no remotes. What is damaged or missing is None or
a SourceError that names the repository, never a crash. Paths are labels: text that may hold anything, bytes that are no
UTF-8 as surrogates, and are never joined to a path of this machine.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

from idiolect.errors import SourceError, ToolError
from idiolect.sources import gitcopy
from idiolect.sources.gitlog import MAX_ENTRIES, MENDS, Commit, Entry, read_log, read_tree, tokens

MAX_BLOB = 16_000_000
MAX_HELD = 256 << 20
MEMORY = 4 << 30
"""Bytes that a git process may take for itself; the mapped packs do not count."""
_SECONDS = 3600
"""Processor time of one git process: the longest history there is takes half of it."""
_MAX_PASSED = 1_000_000_000
"""Of an object that is too large: git is not asked to unpack more only to get past it."""
_RESTARTS = 200
"""Damaged objects that end git, before the rest counts as damaged too."""
_FETCHES = "it is a partial clone, and objects are never fetched: run `git fetch --refetch --no-filter` in it, or take a full clone"
_ENVIRONMENT = {
    "PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1", "GIT_ALLOC_LIMIT": "1g", "GIT_PAGER": "cat",
}  # fmt: skip
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.quotePath=true", "core.commitGraph=false",
    "safe.directory=*", "protocol.allow=never", "i18n.logOutputEncoding=UTF-8", "log.showSignature=false", "log.mailmap=false",
    "core.bigFileThreshold=16m", "diff.renameLimit=1000",
)  # fmt: skip
_PLUMBING = {"log", "rev-list", "rev-parse", "ls-tree", "diff-tree"}
_DIFF = ("--no-ext-diff", "--no-textconv", "--no-color", "--diff-merges=first-parent", "--submodule=short", "--root")
_FIELDS = "%x01%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B"


class Repository:
    """A sanitised copy, opened for reading; `key` makes the pseudonyms of its authors."""

    def __init__(self, copied: Path, key: bytes, memory: int = MEMORY) -> None:
        self.folder = copied
        self.memory = memory
        self.key = key
        self.notes = gitcopy.notes(copied)
        self.exact_renames = self.notes.partial
        """Renames with changes could not be followed, because objects are missing."""
        self._logs: dict[str, list[Commit]] = {}
        self._trees: dict[str, list[Entry]] = {}

    @cached_property
    def head(self) -> str:
        """Id of the commit that the original's HEAD names."""
        with self._git("rev-parse", "--verify", "--end-of-options", "HEAD^{commit}") as out:
            return out.read().decode().strip()

    def commits(self, until: str = "") -> list[Commit]:
        """Every commit that `until` (default: HEAD) contains, children before parents, else newest first."""
        until = until or self.head
        if until not in self._logs:
            known = next((log for log in self._logs.values() if any(commit.id == until for commit in log)), None)
            self._logs[until] = _ancestors(known, until) if known else self._log(until)
        return self._logs[until]

    def first_parents(self, until: str = "") -> list[Commit]:
        """The main line, oldest first: `until`, its first parent, and so on."""
        commits = {commit.id: commit for commit in self.commits(until)}
        line, at = [], commits.get(until or self.head)
        while at:
            line.append(at)
            at = commits.get(at.parents[0]) if at.parents else None
        return line[::-1]

    def tree(self, commit: str, most: int = MAX_ENTRIES) -> list[Entry]:
        """Everything in the tree of a commit but the folders, by path; more than `most` entries are a SourceError.

        The last tree is kept: files, attributes and licences are all looked up in the same one.
        """
        if commit not in self._trees:
            self._trees = {commit: self._tree(commit, most)}
        return self._trees[commit]

    def _tree(self, commit: str, most: int) -> list[Entry]:
        with self._git("ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", commit) as out:
            return list(read_tree(tokens(out, self.notes.origin), self.notes.origin, most))

    def blobs(self, oids: Iterable[str], limit: int = MAX_BLOB) -> Iterator[tuple[str, bytes | None]]:
        """The bytes of each blob, in the order asked; None where it is missing, damaged or has more than `limit` bytes."""
        wanted, at, restarts = list(oids), 0, 0
        while at < len(wanted) and restarts <= _RESTARTS:
            for oid, data in self._batch(wanted[at:], limit):
                at += 1
                yield oid, data
            restarts += 1
        for oid in wanted[at:]:
            yield oid, None

    def repeated(self, oids: Iterable[str], limit: int = MAX_BLOB, most: int = MAX_HELD) -> Iterator[tuple[str, bytes | None]]:
        """As `blobs`, for ids of which many come again: each is read once and held until its last use, at most `most` bytes at a time.

        In a history every version of a file is asked for twice, as what came after one commit and what stood before the next.
        """
        wanted = list(oids)
        left = Counter(wanted)
        stream = self.blobs(dict.fromkeys(wanted), limit)
        held: dict[str, bytes | None] = {}
        size, seen = 0, set[str]()
        for oid in wanted:
            left[oid] -= 1
            if oid in held:
                data = held[oid] if left[oid] else held.pop(oid)
                size -= 0 if left[oid] else len(data or b"")
            else:
                data = next(self.blobs([oid], limit))[1] if oid in seen else next(stream)[1]
                seen.add(oid)
                if left[oid] and size + len(data or b"") <= most:
                    held[oid] = data
                    size += len(data or b"")
            yield oid, data

    def patch(self, commit: str, most: int = MAX_BLOB) -> bytes:
        """The message of a commit and its diff against the first parent, as git prints them; no more than the first `most` bytes."""
        with self._git("log", "-1", "--patch", "-M", *_DIFF, "--format=%B", "--end-of-options", commit) as out:
            data = out.read(most)
            _pass_over(out, sys.maxsize)
        return data

    def git(self, *words: str) -> bytes:
        """The output of a plumbing command; any other is refused, a failing one is a SourceError."""
        if not words or words[0] not in _PLUMBING:
            raise ValueError(f"no plumbing: git {' '.join(words)}")
        with self._git(*words) as out:
            return out.read()

    def _log(self, until: str) -> list[Commit]:
        if not self.exact_renames:
            try:
                return self._listed(until, "-M")
            except SourceError:
                self.exact_renames = True
        return self._listed(until, "-M100%")

    def _listed(self, until: str, renames: str) -> list[Commit]:
        """The log as a list. Python's collector of cycles looks at all of it again and again, and there are none in it."""
        collects = gc.isenabled()
        gc.disable()
        try:
            return list(self._raw_log(until, renames))
        finally:
            if collects:
                gc.enable()

    def _raw_log(self, until: str, renames: str) -> Iterator[Commit]:
        with self._git(
            "log", "--raw", "--no-abbrev", "-z", "--date-order", renames, *_DIFF, f"--format={_FIELDS}", "--end-of-options", until
        ) as out:
            yield from read_log(tokens(out, self.notes.origin), self.notes.origin)

    def _batch(self, oids: Sequence[str], limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Blobs by one `cat-file`; ends early, after a None, where git or an object gives out."""
        with self._process(("cat-file", "--batch", "--buffer"), "\n".join(oids)) as process:
            out = process.stdout
            assert out
            for oid in oids:
                words = out.readline().split()
                if len(words) == 2 and words[1] == b"missing":
                    yield oid, None
                    continue
                size = int(words[2]) if len(words) == 3 else -1
                if not 0 <= size <= limit:
                    yield oid, None
                    if not 0 <= size <= _MAX_PASSED or not _pass_over(out, size + 1):
                        return
                    continue
                data = out.read(size)
                whole = len(data) == size and len(out.read(1)) == 1
                yield oid, data if whole and words[1] == b"blob" and self._is(oid, data) else None
                if not whole:
                    return

    def _is(self, oid: str, data: bytes) -> bool:
        """Whether the id is the hash of the bytes: an index may lie."""
        digest = (hashlib.sha256 if self.notes.sha256 else hashlib.sha1)(b"blob %d\0" % len(data), usedforsecurity=False)
        digest.update(data)
        return digest.hexdigest() == oid

    @contextmanager
    def _git(self, *words: str) -> Iterator[IO[bytes]]:
        """The output of a command that must succeed."""
        with tempfile.TemporaryFile() as errors, self._process(words, errors=errors) as process:
            assert process.stdout
            yield process.stdout
            if process.wait():
                errors.seek(0)
                said = errors.read(2000).decode(errors="replace").splitlines() or ["no reason given"]
                reason = "".join(letter for letter in said[-1] if letter.isprintable()).removeprefix("fatal: ")
                reason = re.sub(r" \(stored in .*?\)", "", reason)  # in our copy, which is not what is to be mended
                mend = _FETCHES if self.notes.partial else MENDS
                raise SourceError(f"git cannot read it ({reason})", where=self.notes.origin, next=mend)

    @contextmanager
    def _process(self, words: Sequence[str], text: str = "", errors: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """A git process in the copy, fed with `text` by a thread and ended with the block."""
        program = shutil.which("git")
        if not program:
            raise ToolError("git is missing", next="install git 2.31 or newer")
        command = [program, *(word for setting in _SETTINGS for word in ("-c", setting)), *words]
        environment = {**_ENVIRONMENT, "GIT_DIR": str(self.folder)}
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors or subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            bufsize=1 << 20,
        )
        for kind, most in ((resource.RLIMIT_DATA, self.memory), (resource.RLIMIT_CPU, _SECONDS)):
            if sys.platform == "linux":
                resource.prlimit(process.pid, kind, (most, most))
        feeder = threading.Thread(target=_feed, args=(process, text), daemon=True)
        feeder.start()
        try:
            yield process
        finally:
            process.kill()
            assert process.stdout
            process.stdout.close()
            process.wait()
            feeder.join()


def _feed(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin
    try:
        process.stdin.write(text.encode() + b"\n")
        process.stdin.close()
    except OSError:  # git ended first; its exit status says why
        pass


def _pass_over(stream: IO[bytes], count: int) -> bool:
    """Read and forget; whether there was that much."""
    while count > 0 and (chunk := stream.read(min(count, 1 << 20))):
        count -= len(chunk)
    return count == 0


def _ancestors(log: Sequence[Commit], until: str) -> list[Commit]:
    """The part of a log, children before parents, that `until` contains."""
    wanted, found = {until}, []
    for commit in log:
        if commit.id in wanted:
            wanted.update(commit.parents)
            found.append(commit)
    return found
