"""The cache by content: nothing half-written is ever read, whoever is killed, and however many write at once."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from idiolect.errors import ResourceError
from idiolect.syntax.shelf import Shelf


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def value(number: int) -> bytes:
    return random.Random(number).randbytes(number % 5000)


def filled(folder: Path, numbers: range) -> None:
    one = Shelf(folder)
    for number in numbers:
        one.put(key(number), value(number))
    one.close()


WRITER = """
import sys, random
from pathlib import Path
from idiolect.syntax.shelf import Shelf
one = Shelf(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    one.put(number.to_bytes(16, "big"), random.Random(number).randbytes(number % 5000))
    if number % 16 == 0:
        one.flush()
        print(number, flush=True)
one.close()
"""


def writer(folder: Path, first: int, last: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(first), str(last)], stdout=subprocess.PIPE, text=True)


def test_what_was_put_is_found_here_and_by_the_next_process(tmp_path: Path) -> None:
    one = Shelf(tmp_path / "shelf")
    one.put(key(7), value(7))
    assert one.get(key(7)) == value(7)
    assert one.get(key(8)) is None
    one.flush()
    assert one.get(key(7)) == value(7)
    one.close()
    assert Shelf(tmp_path / "shelf").get(key(7)) == value(7)


def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    filled(tmp_path / "shelf", range(3))
    assert (tmp_path / "shelf").stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "shelf").iterdir()] == [0o600]


def test_a_later_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for first in range(0, 50, 10):
        filled(tmp_path, range(first, first + 10))
    assert len(list(tmp_path.iterdir())) == 1
    again = Shelf(tmp_path)
    assert all(again.get(key(number)) == value(number) for number in range(50))


def test_two_processes_write_side_by_side_and_neither_spoils_the_other(tmp_path: Path) -> None:
    writers = [writer(tmp_path, first, first + 300) for first in (0, 1000, 2000)]
    assert [one.wait(60) for one in writers] == [0, 0, 0]
    found = Shelf(tmp_path)
    assert all(found.get(key(number)) == value(number) for first in (0, 1000, 2000) for number in range(first, first + 300))
    assert len(list(tmp_path.iterdir())) <= 3
    for one in writers:
        assert one.stdout
        one.stdout.close()


def test_a_process_that_is_killed_leaves_whole_rows_and_its_file_to_the_next(tmp_path: Path) -> None:
    known = 0
    for number in range(8):
        one = writer(tmp_path, known, 10**9)
        assert one.stdout
        one.stdout.readline()
        time.sleep(0.02 * number)
        one.send_signal(signal.SIGKILL)
        told = [int(line) for line in one.stdout.read().split()]
        one.wait()
        one.stdout.close()
        found = Shelf(tmp_path)
        known = max([known, *(number + 1 for number in told)])
        assert [at for at in range(known) if found.get(key(at)) != value(at)] == []
        assert all(got in (None, value(at)) for at in range(known, known + 2000) for got in [found.get(key(at))])
        found.close()
    assert known > 0
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("cut", [1, 10, 23, 24, 25, 200])
def test_a_torn_or_damaged_row_is_a_row_that_is_not_there(tmp_path: Path, cut: int) -> None:
    filled(tmp_path, range(300, 304))
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    file.write_bytes(data[:-cut])
    found = Shelf(tmp_path)
    assert [found.get(key(number)) == value(number) for number in range(300, 304)] == [True, True, True, False]
    assert found.get(key(303)) is None
    file.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :])
    found = Shelf(tmp_path)
    got = [found.get(key(number)) for number in range(300, 304)]
    assert None in got
    assert all(one in (None, value(number)) for number, one in zip(range(300, 304), got, strict=True))


def test_a_row_that_was_never_filled_hides_no_older_one_of_its_key(tmp_path: Path) -> None:
    filled(tmp_path, range(300, 304))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:24] + bytes(len(whole) - 24))
    assert [Shelf(tmp_path).get(key(number)) for number in range(300, 304)] == [value(number) for number in range(300, 304)]
    filled(tmp_path, range(304, 306))
    assert [Shelf(tmp_path).get(key(number)) for number in range(300, 306)] == [value(number) for number in range(300, 306)]


def test_rows_after_a_torn_one_are_written_where_it_was(tmp_path: Path) -> None:
    filled(tmp_path, range(300, 304))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    filled(tmp_path, range(304, 310))
    found = Shelf(tmp_path)
    assert [number for number in range(300, 310) if found.get(key(number)) != value(number)] == [303]


def test_it_is_bounded_and_the_oldest_file_goes_first(tmp_path: Path) -> None:
    filled(tmp_path, range(300, 310))
    (old,) = tmp_path.iterdir()
    old.rename(tmp_path / f"{1:020d}-1.rows")
    held = os.open(tmp_path / f"{1:020d}-1.rows", os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    filled(tmp_path, range(400, 410))
    os.close(held)
    assert len(list(tmp_path.iterdir())) == 2
    found = Shelf(tmp_path, most=sum(file.stat().st_size for file in tmp_path.iterdir()) - 1)
    assert found.get(key(300)) is None
    assert found.get(key(405)) == value(405)


def test_a_fork_writes_what_is_its_own(tmp_path: Path) -> None:
    one = Shelf(tmp_path)
    one.put(key(1), value(1))
    if (child := os.fork()) == 0:
        one.put(key(2), value(2))
        one.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    one.put(key(3), value(3))
    one.close()
    found = Shelf(tmp_path)
    assert [found.get(key(number)) for number in (1, 2, 3)] == [value(1), value(2), value(3)]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((ResourceError, OSError)):
        Shelf(tmp_path / "file" / "shelf")
