"""The sanitised copy: what it takes, what it refuses, and that nothing planted ever runs."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from idiolect import sources
from idiolect.errors import SourceError
from idiolect.recipe import Source
from idiolect.sources import gitcopy
from idiolect.types import Document
from tests.repositories import PYTHON, blob, commit, commit_of_tree, git, made

HOOKS = (
    "pre-commit", "post-checkout", "post-merge", "post-rewrite", "reference-transaction", "post-index-change", "fsmonitor-watchman",
    "pre-auto-gc", "update", "proc-receive",
)  # fmt: skip
COMMANDS = (
    "core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy", "core.alternateRefsCommand",
    "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "filter.lfs.smudge", "diff.evil.textconv", "diff.evil.command",
    "diff.external", "merge.evil.driver", "tar.evil.command", "credential.helper", "gpg.program", "gpg.ssh.defaultKeyCommand",
    "uploadpack.packObjectsHook", "remote.origin.uploadpack", "pager.log", "interactive.diffFilter", "sequence.editor", "alias.log",
    "alias.cat-file", "trailer.sign.command",
)  # fmt: skip
ATTRIBUTES = b"* filter=evil diff=evil merge=evil export-subst\n*.bin filter=lfs\n"


def kept(path: Path, cache: Path) -> list[Document]:
    repository = sources.opened(path, cache)
    return sources.documents(Source(path=str(path)), repository, repository.head)[0]


def contents(path: Path, cache: Path) -> dict[str, bytes]:
    return {document.path: document.data for document in kept(path, cache)}


def sentence(path: Path, cache: Path) -> str:
    with pytest.raises(SourceError) as caught:
        kept(path, cache)
    assert caught.value.next
    assert caught.value.where
    return str(caught.value)


def plant(folder: Path, canary: Path) -> None:
    """Write commands wherever git looks for one; each would leave a file in `canary`."""
    canary.mkdir()
    lines = ["[core]", "\trepositoryformatversion = 0", f'\thooksPath = "{folder / ".git" / "hooks"}"', "\tpreloadIndex = true"]
    for name in COMMANDS:
        section, _, key = name.rpartition(".")
        first, _, second = section.partition(".")
        lines += [f'[{first} "{second}"]' if second else f"[{first}]", f'\t{key} = "!touch {canary}/{name}; touch {canary}/{name}; false"']
    lines += [
        '[url "ext::sh -c touch% ' + str(canary) + '/url"]',
        "\tinsteadOf = https://",
        '[remote "origin"]',
        "\turl = ext::sh -c touch%" + str(canary),
    ]
    lines += [
        "\tpromisor = true",
        "[extensions]",
        "\tpartialClone = origin",
        "[include]",
        f"\tpath = {folder}/more",
        "[log]",
        "\tshowSignature = true",
    ]
    (folder / "more").write_text(f'[core]\n\tfsmonitor = "touch {canary}/included"\n')
    (folder / ".git" / "config").write_text("\n".join(lines) + "\n")
    hooks = folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}/hook-{name}\n")
        (hooks / name).chmod(0o755)
    info = folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_bytes(ATTRIBUTES)


def test_nothing_planted_runs_and_the_documents_are_those_of_a_clean_twin(tmp_path: Path) -> None:
    for name in ("clean", "hostile"):
        made(tmp_path / name)
        commit(tmp_path / name, {".gitattributes": ATTRIBUTES, "a.py": PYTHON + b"# more\n", "large.bin": b"x\0y"}, "More")
        commit(tmp_path / name, {"a.py": PYTHON * 2}, "Again")
    hostile, canary = tmp_path / "hostile", tmp_path / "canary"
    plant(hostile, canary)
    (hostile / "a.py").write_text("dirty")
    (hostile / "new.py").write_text("untracked")
    repository = sources.opened(hostile, tmp_path / "cache")
    list(sources.changes(Source(path="hostile"), repository, repository.head))
    repository.git("log", "-p", repository.head)
    assert contents(hostile, tmp_path / "cache") == contents(tmp_path / "clean", tmp_path / "cache")
    assert list(canary.iterdir()) == []


def test_the_planted_commands_are_alive(tmp_path: Path) -> None:
    hostile, canary = made(tmp_path / "hostile", {"a.py": PYTHON, ".gitattributes": ATTRIBUTES}), tmp_path / "canary"
    plant(hostile, canary)
    (hostile / "a.py").write_text("dirty")
    git(hostile, "status", ok=False)
    git(hostile, "log", "-p", ok=False)
    assert list(canary.iterdir())


def test_nothing_is_written_outside_the_cache(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    kept(folder, tmp_path / "cache")
    after = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "cache")}
    assert after == before


def test_the_cache_is_private(tmp_path: Path) -> None:
    kept(made(tmp_path / "repository"), tmp_path / "cache")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "cache" / "authors.key").stat().st_mode & 0o777 == 0o600


def test_alternates_are_refused(tmp_path: Path) -> None:
    secret = made(tmp_path / "secret", {"secret.py": b"password = 'hunter2'\n"})
    thief = made(tmp_path / "thief")
    git(thief, "update-ref", "refs/heads/other", "HEAD")
    for name in ("alternates", "http-alternates"):
        file = thief / ".git" / "objects" / "info" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{secret}/.git/objects\n")
        assert "borrows objects from another repository" in sentence(thief, tmp_path / "cache")
        file.unlink()
    assert contents(thief, tmp_path / "cache")


def test_links_among_the_objects_are_not_followed(tmp_path: Path) -> None:
    secret, thief = made(tmp_path / "secret", {"secret.py": b"password = 'hunter2'\n"}), made(tmp_path / "thief")
    oid = git(secret, "rev-parse", "HEAD:secret.py")
    place = thief / ".git" / "objects" / oid[:2]
    place.mkdir(exist_ok=True)
    (place / oid[2:]).symlink_to(secret / ".git" / "objects" / oid[:2] / oid[2:])
    commit_of_tree(thief, [("100644", b"secret.py", oid), ("100644", b"z.py", blob(thief, PYTHON))])
    assert contents(thief, tmp_path / "cache") == {"z.py": PYTHON}
    shutil.move(thief / ".git" / "objects", tmp_path / "objects")
    (thief / ".git" / "objects").symlink_to(tmp_path / "objects")
    assert "is no git repository" in sentence(thief, tmp_path / "cache")


def test_a_device_or_a_pipe_among_the_objects_does_not_hang(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    os.mkfifo(folder / ".git" / "objects" / "pack" / f"pack-{'0' * 40}.pack")
    os.mkfifo(folder / ".git" / "packed-refs")
    assert len(contents(folder, tmp_path / "cache")) == 2


def test_a_git_file_must_be_named_back_by_what_it_names(tmp_path: Path) -> None:
    private = made(tmp_path / "private")
    thief = tmp_path / "thief"
    thief.mkdir()
    (thief / ".git").write_text(f"gitdir: {private}/.git\n")
    assert "does not name it back" in sentence(thief, tmp_path / "cache")
    (thief / ".git").unlink()
    (thief / ".git").symlink_to(private / ".git")
    assert "symbolic link" in sentence(thief, tmp_path / "cache")


def test_a_worktree_reads_its_own_head(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    git(folder, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    commit(tmp_path / "side", {"side.py": PYTHON}, "Aside")
    assert "side.py" in contents(tmp_path / "side", tmp_path / "cache")
    assert "side.py" not in contents(folder, tmp_path / "cache")


def test_a_submodule_is_read_by_its_own_path_and_is_dropped_in_its_parent(tmp_path: Path) -> None:
    inner, outer = made(tmp_path / "inner"), made(tmp_path / "outer")
    git(outer, "submodule", "add", "-q", str(inner), "lib/inner")
    git(outer, "commit", "-q", "-m", "Add it")
    assert len(contents(outer / "lib" / "inner", tmp_path / "cache")) == 2
    repository = sources.opened(outer, tmp_path / "cache")
    dropped = sources.documents(Source(path="x"), repository, repository.head)[1]
    assert ("submodule", "lib/inner") in {(item.reason, item.what) for item in dropped}


def test_a_bare_repository_and_one_within_a_work_tree_are_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    git(folder, "clone", "-q", "--bare", ".", "inside/bare.git")
    assert contents(folder / "inside" / "bare.git", tmp_path / "cache") == contents(folder, tmp_path / "cache")


def test_sha256_repositories_are_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository", None, "--object-format=sha256")
    repository = sources.opened(folder, tmp_path / "cache")
    assert len(repository.head) == 64
    assert len(kept(folder, tmp_path / "cache")) == 2


def test_a_shallow_clone_works_and_says_so(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    commit(folder, {"b.py": PYTHON}, "Second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{folder}", "shallow")
    repository = sources.opened(tmp_path / "shallow", tmp_path / "cache")
    assert len(repository.commits()) == 1
    assert "shallow" in sources.remarks(repository)[0]
    assert contents(tmp_path / "shallow", tmp_path / "cache") == contents(folder, tmp_path / "cache")


def test_objects_that_a_partial_clone_lacks_are_counted_and_never_fetched(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    commit(folder, {"app/greet.py": PYTHON * 2}, "Second")
    commit(folder, {"app/greet.py": PYTHON * 3}, "Third")
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{folder}", "partial")
    repository = sources.opened(tmp_path / "partial", tmp_path / "cache")
    assert repository.notes.partial
    assert "partial clone" in sources.remarks(repository)[0]
    assert len(repository.commits()) == 3
    items = list(sources.read(Source(path="x"), repository, repository.head))
    assert [item.reason for item in items if not isinstance(item, Document)] == ["missing", "missing"]
    assert "2 missing" in sentence(tmp_path / "partial", tmp_path / "cache")
    assert {item.reason for item in sources.changes(Source(path="x"), repository, repository.head)} == {"missing"}
    (tmp_path / "partial" / ".git" / "config").write_text("")
    assert sources.opened(tmp_path / "partial", tmp_path / "other").notes.partial, "its packs say so too"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_owner_is_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 12345, 12345)
    assert len(kept(folder, tmp_path / "cache")) == 2


def test_a_detached_head_is_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    first = git(folder, "rev-parse", "HEAD")
    commit(folder, {"b.py": PYTHON}, "Second")
    git(folder, "checkout", "-q", "--detach", first)
    assert "b.py" not in contents(folder, tmp_path / "cache")


@pytest.mark.parametrize("head", [None, b"", b"ref: refs/heads/nowhere\n", b"garbage\xff", b"ref: ../../../etc/passwd\n"])
def test_where_head_names_nothing_the_main_branch_is_read(tmp_path: Path, head: bytes | None) -> None:
    folder = made(tmp_path / "repository")
    git(folder, "branch", "aside")
    file = folder / ".git" / "HEAD"
    file.unlink()
    if head is not None:
        file.write_bytes(head)
    assert len(kept(folder, tmp_path / "cache")) == 2


def test_each_fault_has_its_own_sentence(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert "does not exist" in sentence(tmp_path / "nowhere", cache)
    (tmp_path / "file").write_text("")
    assert "is no folder" in sentence(tmp_path / "file", cache)
    (tmp_path / "plain").mkdir()
    assert "holds no file" in sentence(tmp_path / "plain", cache)
    assert "has no commits" in sentence(made(tmp_path / "empty", {}), cache)
    folder = made(tmp_path / "repository")
    inside = sentence(folder / "app", cache)
    assert "within the git repository" in inside
    assert 'include = ["app/**"]' in inside
    assert "no file to learn from" in sentence(made(tmp_path / "pictures", {"a.png": b"\x89PNG\0"}), cache)
    (folder / ".git" / "reftable").mkdir()
    assert "reftable" in sentence(folder, cache)


def test_the_copy_is_made_once_until_something_changes(tmp_path: Path) -> None:
    folder, cache = made(tmp_path / "repository"), tmp_path / "cache"
    first = gitcopy.copy(folder, cache)
    stamp = (first / "config").stat().st_mtime_ns
    assert gitcopy.copy(folder, cache) == first
    assert (first / "config").stat().st_mtime_ns == stamp
    commit(folder, {"b.py": PYTHON}, "Second")
    second = gitcopy.copy(folder, cache)
    assert second != first
    assert "b.py" in contents(folder, cache)
    for number in range(3):
        commit(folder, {f"{number}.py": PYTHON}, "More")
        newest = gitcopy.copy(folder, cache)
    assert len(list(newest.parent.iterdir())) == 2
    assert not first.exists()


def test_a_copy_that_was_interrupted_is_not_trusted(tmp_path: Path) -> None:
    folder, cache = made(tmp_path / "repository"), tmp_path / "cache"
    copied = gitcopy.copy(folder, cache)
    half = copied.rename(copied.with_name(".making-dead"))
    shutil.rmtree(half / "objects")
    assert len(kept(folder, cache)) == 2


def test_changing_the_copy_leaves_the_original_alone(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    git(folder, "gc", "-q")
    copied = gitcopy.copy(folder, tmp_path / "cache")
    pack = next((copied / "objects" / "pack").glob("*.pack"))
    before = next((folder / ".git" / "objects" / "pack").glob("*.pack")).read_bytes()
    pack.chmod(0o600)
    pack.write_bytes(b"")
    assert next((folder / ".git" / "objects" / "pack").glob("*.pack")).read_bytes() == before


def test_only_objects_refs_and_head_come_along(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "grafts").write_text("x")
    (folder / ".git" / "objects" / "aa").mkdir(exist_ok=True)
    (folder / ".git" / "objects" / "aa" / "notes.txt").write_text("x")
    git(folder, "update-ref", f"refs/replace/{'1' * 40}", "HEAD")
    copied = gitcopy.copy(folder, tmp_path / "cache")
    names = {path.relative_to(copied).parts[0] for path in copied.rglob("*") if path.is_file()}
    assert names == {"HEAD", "config", "packed-refs", "copy.json", "objects"}
    assert not list(copied.rglob("notes.txt"))
    assert "replace" not in (copied / "packed-refs").read_text()
    assert json.loads((copied / "copy.json").read_text())["sha256"] is False


@pytest.mark.parametrize(
    "name",
    ["refs/heads/../../x", "refs/heads/.a", "refs/heads/a.lock", "refs/heads/a b", "refs/heads/a~1", "refs/heads/a@{1}", "refs/heads/",
     "refs//a",
     "refs/heads/a\x07", "refs/heads/a.", "refs/heads/" + "a" * 1000, "refs/heads/a\nb"],
)  # fmt: skip
def test_names_that_are_no_refs_are_left_out(name: str) -> None:
    assert not gitcopy.valid_ref(name)


def test_ordinary_refs_are_valid() -> None:
    assert all(gitcopy.valid_ref(name) for name in ("refs/heads/main", "refs/tags/v1.2", "refs/pull/12/head", "refs/heads/größe"))


def test_the_configuration_is_read_as_text() -> None:
    text = '[core]\n\tworktree = "../x"  \n; c\n[Extensions]\n objectFormat=sha256 # why\n'
    text += '[remote "Origin"]\n\tpromisor = true\n[include]\n path = /x\nbroken'
    assert gitcopy.settings(text) == {
        "core.worktree": "../x", "extensions.objectformat": "sha256", "remote.Origin.promisor": "true", "include.path": "/x",
    }  # fmt: skip


def flipped(tmp_path: Path, times: int) -> None:
    """Damage a packed repository so many times, differently, and read it: a sentence that names it, or nothing but true bytes."""
    folder = made(tmp_path / "repository")
    for number in range(6):
        commit(folder, {f"file{number}.py": PYTHON * (number + 1), "app/greet.py": PYTHON + b"# %d\n" % number}, f"Number {number}")
    git(folder, "repack", "-adfq")
    clean = contents(folder, tmp_path / "cache")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")  # noqa: T201
    choose = random.Random(seed)
    outcomes = set()
    for number in range(times):
        bad = tmp_path / f"bad{number}"
        shutil.copytree(folder, bad)
        file = choose.choice(sorted((bad / ".git" / "objects" / "pack").glob("pack-*.pack" if number % 4 else "pack-*.idx")))
        data = bytearray(file.read_bytes())
        for _ in range(choose.randrange(1, 4)):
            data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        file.chmod(0o600)
        file.write_bytes(data if number % 10 else data[: len(data) // 2])
        start = time.monotonic()
        try:
            found = contents(bad, tmp_path / f"cache{number}")
        except SourceError as error:
            assert f"bad{number}" in str(error)
            outcomes.add("refused")
        else:
            assert found.items() <= clean.items()
            outcomes.add("read")
        assert time.monotonic() - start < 30
        shutil.rmtree(bad)
        shutil.rmtree(tmp_path / f"cache{number}")
    assert "refused" in outcomes


def test_flipped_bytes_in_packs_never_end_in_a_crash_or_in_other_bytes(tmp_path: Path) -> None:
    flipped(tmp_path, 40)


@pytest.mark.long
def test_ten_thousand_damaged_packs(tmp_path: Path) -> None:
    flipped(tmp_path, 10_000)


def test_one_damaged_blob_costs_its_own_file_alone(tmp_path: Path) -> None:
    folder = made(tmp_path / "repository")
    commit(folder, {"other.py": PYTHON * 40}, "Add another")
    git(folder, "repack", "-adfq")
    clean = contents(folder, tmp_path / "cache")
    oid = git(folder, "rev-parse", "HEAD:other.py").strip()
    (pack,) = (folder / ".git" / "objects" / "pack").glob("pack-*.pack")
    rows = [line.split() for line in git(folder, "verify-pack", "-v", str(pack)).splitlines()]
    size, offset = next((int(row[3]), int(row[4])) for row in rows if row[0] == oid)
    data = bytearray(pack.read_bytes())
    data[offset + size // 2] ^= 0xFF
    pack.chmod(0o600)
    pack.write_bytes(data)
    found = contents(folder, tmp_path / "cache2")
    assert "other.py" in clean
    assert found == {path: text for path, text in clean.items() if path != "other.py"}


def test_a_path_that_leads_to_itself_or_is_too_long_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path, said in ((tmp_path / "loop", "does not exist|cannot be read"), (tmp_path / ("a" * 300), "cannot be read")):
        with pytest.raises(SourceError, match=said):
            sources.opened(path, tmp_path / "cache")


@pytest.mark.parametrize("named", ["gitdir: loop", "gitdir: a\0b", "gitdir: " + "a" * 5000, "gitdir: "])
def test_a_git_file_that_names_nothing_is_a_sentence(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / ".git").write_text(named)
    with pytest.raises(SourceError, match=r"its .git file names|cannot be read"):
        gitcopy.copy(folder, tmp_path / "cache")


def test_what_git_says_of_our_copy_does_not_name_our_copy(tmp_path: Path) -> None:
    folder = made(tmp_path / "shop")
    (loose,) = [
        path for path in (folder / ".git" / "objects").glob("??/*") if path.parent.name + path.name == git(folder, "rev-parse", "HEAD")
    ]
    loose.chmod(0o600)
    loose.write_bytes(b"x")
    with pytest.raises(SourceError, match="is corrupt") as caught:
        sources.opened(folder, tmp_path / "cache").commits()
    assert "cache" not in str(caught.value)
