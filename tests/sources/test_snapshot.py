"""Plain folders and archives: read as bytes, never unpacked, each file taken or named with its reason."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from idiolect import sources
from idiolect.errors import SourceError
from idiolect.recipe import Source
from idiolect.sources import snapshot
from idiolect.types import Document, Dropped
from tests.repositories import PYTHON, RUBY, made

FILES = {"app/greet.py": PYTHON, "app/thing.rb": RUBY, "docs/guide.md": b"# Guide\n\nHow we greet people here, and why.\n"}


def folder(top: Path, files: Mapping[str, bytes] = FILES) -> Path:
    for path, data in files.items():
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).write_bytes(data)
    return top


def tar(path: Path, files: Mapping[str, bytes] = FILES, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as opened:  # type: ignore[call-overload]  # the mode decides what is written
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    return path


def zipped(path: Path, files: Mapping[str, bytes] = FILES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return path


def read(path: Path) -> tuple[dict[str, Document], dict[str, Dropped]]:
    repository = sources.opened(path, path.parent / "cache")
    items = list(sources.read(Source(path=str(path)), repository, repository.head))
    return (
        {item.path: item for item in items if isinstance(item, Document)},
        {item.what: item for item in items if isinstance(item, Dropped)},
    )


def test_a_folder_and_every_kind_of_archive_give_the_same_documents_and_the_same_commit(tmp_path: Path) -> None:
    places = [folder(tmp_path / "plain"), tar(tmp_path / "a.tar", mode="w:"), tar(tmp_path / "a.tar.gz"),
              tar(tmp_path / "a.tar.xz", mode="w:xz"), tar(tmp_path / "a.tbz2", mode="w:bz2"), zipped(tmp_path / "a.zip")]  # fmt: skip
    heads = set()
    for place in places:
        kept, dropped = read(place)
        assert {path: one.data for path, one in kept.items()} == FILES
        assert not dropped
        assert {(one.time, one.authors) for one in kept.values()} == {(0, ())}
        heads.add(sources.opened(place, tmp_path / "cache").head)
    assert len(heads) == 1


def test_neither_the_place_nor_the_time_of_files_changes_the_commit_and_their_bytes_do(tmp_path: Path) -> None:
    first = sources.opened(folder(tmp_path / "one"), tmp_path / "cache").head
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    os.utime(tmp_path / "two" / "app" / "greet.py", (1, 1))
    assert sources.opened(tmp_path / "two", tmp_path / "other").head == first
    (tmp_path / "two" / "app" / "greet.py").write_bytes(PYTHON * 2)
    assert sources.opened(tmp_path / "two", tmp_path / "other").head != first


READ = """
import sys
from pathlib import Path
from idiolect import sources
from idiolect.recipe import Source
for place in sys.argv[2:]:
    repository = sources.opened(Path(place), Path(sys.argv[1]))
    kept, _ = sources.documents(Source(path="x"), repository, repository.head)
    print(ascii((repository.head, [(one.path, one.time, one.licence) for one in kept])))
"""


def test_another_locale_time_zone_and_umask_read_the_same(tmp_path: Path) -> None:
    files = {**FILES, "größe/é.py": PYTHON}
    places = [
        folder(tmp_path / "plain", files),
        tar(tmp_path / "a.tgz", files),
        zipped(tmp_path / "a.zip", files),
        made(tmp_path / "shop", files),
    ]
    said = set()
    for number, more in enumerate(({}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Asia/Tokyo"})):
        mask = os.umask(0o077 * number)
        try:
            words = [sys.executable, "-c", READ, str(tmp_path / f"cache{number}"), *map(str, places)]
            environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **more}
            said.add(subprocess.run(words, env=environment, check=True, capture_output=True).stdout)
        finally:
            os.umask(mask)
    assert len(said) == 1
    assert b"gr\\xf6\\xdfe/\\xe9.py" in said.pop()


def test_a_folder_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    place = folder(tmp_path / "plain")
    copies = [sources.opened(place, tmp_path / "cache").folder for _ in range(2)]
    assert copies[0] == copies[1]
    (place / "more.py").write_bytes(PYTHON)
    assert sources.opened(place, tmp_path / "cache").folder != copies[0]


def test_it_has_no_history_and_says_so(tmp_path: Path) -> None:
    place = zipped(tmp_path / "guides.zip")
    repository = sources.opened(place, tmp_path / "cache")
    assert sources.remarks(repository) == ["is a plain archive: it has no history, so no commits to learn from and no time probes"]
    assert list(sources.changes(Source(path="x"), repository, repository.head)) == []


def test_a_folder_alone_at_the_top_of_an_archive_is_no_part_of_the_paths(tmp_path: Path) -> None:
    inside = {f"shop-1.2/{path}": data for path, data in FILES.items()}
    assert set(read(tar(tmp_path / "a.tgz", inside))[0]) == set(FILES)
    assert set(read(zipped(tmp_path / "b.zip", {**inside, "README.md": b"# Read me\n\nThis is a text."}))[0]) == {*inside, "README.md"}


@pytest.mark.parametrize(
    "name", ["../evil.py", "/etc/evil.py", "a/../../evil.py", "C:/evil.py", ".git/hooks/x.py", "a\\evil.py", "GIT~1/x.py"]
)
def test_names_that_lead_elsewhere_are_bad_paths_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    for place in (
        tar(tmp_path / "a.tar.gz", {"good.py": PYTHON, name: PYTHON}),
        zipped(tmp_path / "a.zip", {"good.py": PYTHON, name: PYTHON}),
    ):
        before = outside(tmp_path)
        kept, dropped = read(place)
        assert set(kept) == {"good.py"}
        assert [one.reason for one in dropped.values()] == ["bad-path"]
        assert outside(tmp_path) == before


def outside(top: Path) -> set[Path]:
    """Everything that is not in the cache."""
    return {path for path in top.rglob("*") if not path.is_relative_to(top / "cache")}


def test_links_devices_pipes_and_repositories_within_a_folder_are_named_and_not_read(tmp_path: Path) -> None:
    place = folder(tmp_path / "plain")
    (tmp_path / "secret.py").write_bytes(b"password = 'hunter2'\n")
    (place / "link.py").symlink_to(tmp_path / "secret.py")
    (place / "linked").symlink_to(tmp_path)
    os.mkfifo(place / "pipe.py")
    made(place / "inner")
    kept, dropped = read(place)
    assert set(kept) == set(FILES)
    assert {path: one.reason for path, one in dropped.items()} == {
        "link.py": "symlink", "linked": "symlink", "pipe.py": "no-file", "inner": "submodule",
    }  # fmt: skip
    assert "name it as a source" in dropped["inner"].detail


def test_links_and_devices_of_an_archive_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        for name, kind in (
            ("soft.py", tarfile.SYMTYPE),
            ("hard.py", tarfile.LNKTYPE),
            ("device.py", tarfile.CHRTYPE),
            ("pipe.py", tarfile.FIFOTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            opened.addfile(member)
        member = tarfile.TarInfo("good.py")
        member.size = len(PYTHON)
        opened.addfile(member, io.BytesIO(PYTHON))
    kept, dropped = read(tmp_path / "a.tar")
    assert set(kept) == {"good.py"}
    assert {path: one.reason for path, one in dropped.items()} == {
        "soft.py": "symlink", "hard.py": "symlink", "device.py": "no-file", "pipe.py": "no-file",
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        link = zipfile.ZipInfo("soft.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.py", PYTHON)
    assert read(tmp_path / "b.zip")[1]["soft.py"].reason == "symlink"


def test_a_bomb_is_left_out_unread_and_what_unpacks_to_too_much_ends(tmp_path: Path) -> None:
    bomb = b"\0" * (snapshot.MAX_FILE + 1)
    for place in (
        tar(tmp_path / "a.tar.gz", {"good.py": PYTHON, "zeros.py": bomb}),
        zipped(tmp_path / "a.zip", {"good.py": PYTHON, "zeros.py": bomb}),
    ):
        kept, dropped = read(place)
        assert set(kept) == {"good.py"}
        assert dropped["zeros.py"].reason == "oversized"
        with pytest.raises(SourceError, match="unpacks to more than 50 bytes"):
            snapshot.copy(place, tmp_path / "other", most=50)
        assert not list((tmp_path / "other" / "git").rglob("*.pack"))


def test_two_members_of_one_name_are_reported(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as opened:
        opened.writestr("a.py", PYTHON)
        with pytest.warns(UserWarning, match="Duplicate name"):
            opened.writestr("a.py", b"other = 1\n")
    kept, dropped = read(tmp_path / "a.zip")
    assert kept["a.py"].data == PYTHON
    assert dropped["a.py"].reason == "path-collision"


def test_a_file_and_a_folder_of_one_name_are_reported(tmp_path: Path) -> None:
    for number, names in enumerate((("a.py", "a.py/b.py"), ("a.py/b.py", "a.py"))):
        kept, dropped = read(zipped(tmp_path / f"{number}.zip", {**dict.fromkeys(names, PYTHON), "c.py": RUBY}))
        assert set(kept) == {names[0], "c.py"}
        assert (dropped[names[1]].reason, len(dropped)) == ("path-collision", 1)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip", "a.tar", "a.tar.xz"])
def test_a_damaged_archive_is_a_sentence(tmp_path: Path, name: str) -> None:
    whole = (zipped if name.endswith("zip") else tar)(
        tmp_path / "whole", {f"{number}.py": PYTHON * 50 for number in range(20)}
    ).read_bytes()
    for data in (b"", b"garbage", whole[: len(whole) // 2]):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError, match=r"no archive that can be read|holds no file") as caught:
            read(tmp_path / name)
        assert caught.value.where == str(tmp_path / name)


def test_flipped_bytes_in_an_archive_cost_a_member_or_are_a_sentence(tmp_path: Path) -> None:
    files = {f"{number}.py": PYTHON + b"# %d\n" % number for number in range(20)}
    data = bytearray(zipped(tmp_path / "whole.zip", files).read_bytes())
    for place in range(10, len(data), 397):
        flipped = bytearray(data)
        flipped[place] ^= 0x10
        (tmp_path / "a.zip").write_bytes(flipped)
        try:
            kept, _ = read(tmp_path / "a.zip")
        except SourceError:
            continue
        assert {one.data for one in kept.values()} <= set(files.values())


def test_an_archive_of_a_work_tree_says_that_its_history_is_not_read(tmp_path: Path) -> None:
    place = made(tmp_path / "shop")
    subprocess.run(["tar", "czf", str(tmp_path / "shop.tar.gz"), "shop"], cwd=tmp_path, check=True)
    repository = sources.opened(tmp_path / "shop.tar.gz", tmp_path / "cache")
    assert any("holds a git repository whose history is not read" in said for said in sources.remarks(repository))
    assert place.is_dir()


def test_a_folder_within_a_repository_and_a_file_that_is_none_have_their_sentences(tmp_path: Path) -> None:
    repository = made(tmp_path / "shop")
    with pytest.raises(SourceError, match="is a folder within the git repository"):
        sources.opened(repository / "app", tmp_path / "cache")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError, match="is no folder"):
        sources.opened(tmp_path / "notes.txt", tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no file"):
        sources.opened(tmp_path / "empty", tmp_path / "cache")


def test_the_private_copy_is_private_and_the_folder_is_left_alone(tmp_path: Path) -> None:
    place = folder(tmp_path / "plain")
    before = {path: path.lstat().st_mtime_ns for path in place.rglob("*")}
    read(place)
    assert {path: path.lstat().st_mtime_ns for path in place.rglob("*")} == before
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_member_of_a_zip_that_is_damaged_costs_itself_alone_whatever_packed_it(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
            archive.writestr("a.py", PYTHON * 50)
            archive.writestr("b.py", PYTHON)
        data = bytearray((tmp_path / "a.zip").read_bytes())
        data[34:60] = bytes(26)
        (tmp_path / "a.zip").write_bytes(data)
        kept, dropped = read(tmp_path / "a.zip")
        assert (set(kept), dropped["a.py"].reason) == ({"b.py"}, "unreadable")


def test_a_member_without_a_name_is_a_bad_path(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.py", PYTHON)
        archive.writestr("x", PYTHON)
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(b"x", b"\0"))
    kept, dropped = read(tmp_path / "a.zip")
    assert (set(kept), dropped[""].reason) == ({"a.py"}, "bad-path")
