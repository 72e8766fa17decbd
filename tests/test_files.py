"""Nothing half-written is ever trusted."""

import errno
from pathlib import Path

import pytest

from idiolect import files
from idiolect.errors import DataError, ResourceError


def test_a_failed_write_leaves_the_old_file_and_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(ValueError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise ValueError
    assert files.read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "cannot write"), (errno.EDQUOT, "disk is full")]
)
def test_a_full_or_read_only_disk_is_a_sentence_with_exit_code_5(tmp_path: Path, number: int, sentence: str) -> None:
    with pytest.raises(ResourceError, match=sentence) as caught, files.disk_errors(tmp_path):
        raise OSError(number, "x")
    assert caught.value.exit_code == 5


def test_a_really_full_disk_keeps_the_old_file() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("skipped: this system has no /dev/full")
    with pytest.raises(ResourceError, match="disk is full"), files.disk_errors(Path("/dev/full")), Path("/dev/full").open("w") as stream:
        stream.write("x")
        stream.flush()


def test_damaged_json_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    files.write_jsonl(path, [{"a": 1}])
    path.write_text(path.read_text() + "{half\n")
    with pytest.raises(DataError, match="line 2"):
        list(files.read_jsonl(path))


@pytest.mark.parametrize("path", ["home/runs/a.txt", "home/a.txt"])
def test_a_file_in_the_place_of_a_folder_is_a_sentence(tmp_path: Path, path: str) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(ResourceError, match="a file stands where a folder should be; move it away") as caught:
        files.write_text(tmp_path / path, "x")
    assert (caught.value.where, caught.value.exit_code) == (str(tmp_path / "home"), 5)
