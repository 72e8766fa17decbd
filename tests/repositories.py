"""Small git repositories for tests, made by git itself with an environment of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

PYTHON = b'"""A module."""\n\n\ndef greet(name):\n    """Greet somebody."""\n    return f"hello {name}"\n'
RUBY = b"# A thing.\nclass Thing\n  def name\n    @name\n  end\nend\n"


def git(folder: Path, *words: str, data: bytes = b"", ok: bool = True, **settings: str) -> str:
    """Run git in `folder`; only tests do this, and only in repositories that they made."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": "1700000000 +0000",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_COMMITTER_DATE": "1700000000 +0000", **settings,
    }  # fmt: skip
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        input=data,
        env=environment,
        capture_output=True,
    )
    assert done.returncode == 0 or not ok, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="surrogateescape").strip()


def made(folder: Path, files: Mapping[str, bytes] | None = None, *words: str) -> Path:
    """A repository with one commit of `files` (default: a Python and a Ruby file); `words` go to `git init`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *words)
    if files is None:
        files = {"app/greet.py": PYTHON, "app/thing.rb": RUBY}
    if files:
        commit(folder, files, "Begin")
    return folder


def commit(folder: Path, files: Mapping[str, bytes | None], message: str, *, author: str = "Ada", time: int = 1_700_000_000) -> str:
    """Commit `files` (None deletes) and give the commit's id."""
    for path, data in files.items():
        file = folder / path
        if data is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    git(folder, "add", "-A")
    stamps = {"GIT_AUTHOR_DATE": f"{time} +0000", "GIT_COMMITTER_DATE": f"{time} +0000"}
    who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": f"{author.lower()}@example.org"}
    git(folder, "commit", "-q", "--allow-empty", "-m", message, **stamps, **who)
    return git(folder, "rev-parse", "HEAD")


def commit_of_tree(folder: Path, entries: list[tuple[str, bytes, str]]) -> str:
    """A commit of a tree that git itself would refuse: (mode, name, object id) as they are; the branch is moved to it."""
    length = len(entries[0][2]) if entries else 40
    tree = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
    assert length == 40
    oid = git(folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=tree)
    commit = git(folder, "commit-tree", oid, "-m", "Odd")
    git(folder, "update-ref", "refs/heads/main", commit)
    return commit


def blob(folder: Path, data: bytes) -> str:
    """Write a blob and give its id."""
    return git(folder, "hash-object", "-w", "--stdin", data=data)
