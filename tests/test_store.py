"""Results on disk: damage, other processes, forgetting, and few files however many runs there were."""

from __future__ import annotations

import os
import stat
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from idiolect import compute
from idiolect.compute import Here, Processes, Shard, Store, Task, Unit, mapped
from idiolect.compute.store import Shelf, tidy
from idiolect.errors import UsageError
from tests import work

SQUARES = compute.task(work.squares)


def units(start: int, stop: int) -> list[Unit]:
    return [Unit(str(number), number) for number in range(start, stop)]


def squares(store: Store, start: int, stop: int) -> None:
    assert list(mapped(SQUARES, units(start, stop), store, Here())) == [number * number for number in range(start, stop)]


def packs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.pack"))


def test_the_folder_is_private_even_where_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "units").mkdir(mode=0o755)
    Store(tmp_path / "units")
    Store(tmp_path / "cache" / "units")
    assert [stat.S_IMODE((tmp_path / one).stat().st_mode) for one in ("units", "cache", "cache/units")] == [0o700] * 3


@pytest.mark.parametrize("where", ["head", "index", "rows", "end"])
def test_damage_costs_the_damaged_results_and_is_mended(tmp_path: Path, where: str) -> None:
    squares(Store(tmp_path / "units"), 0, 100)
    (pack,) = packs(tmp_path)
    data = bytearray(pack.read_bytes())
    if where == "end":
        del data[-3:]
    else:
        data[{"head": 3, "index": 100, "rows": len(data) - 2}[where]] ^= 0x10
    pack.write_bytes(data)
    for expected in (1 if where in ("rows", "end") else 100, 0):
        store = Store(tmp_path / "units")
        squares(store, 0, 100)
        assert store.counts["computed"] == expected


def test_two_processes_at_once_on_one_store_disturb_nothing(tmp_path: Path) -> None:
    def both(number: int) -> None:
        with Processes(1) as engine:
            found = mapped(SQUARES, units(0, 600), Store(tmp_path / "units"), engine)
            assert list(found) == [number * number for number in range(600)]

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(both, range(2)))
    store = Store(tmp_path / "units")
    squares(store, 0, 600)
    assert store.counts == Counter(found=600)


def test_what_is_forgotten_stands_in_no_file_and_the_rest_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    words = [Unit(f"key-{number}", f"PLANTED{number} word") for number in range(10)]
    list(mapped(compute.task(work.words), words, store, Here()))
    squares(store, 0, 10)
    assert store.forget(["key-3", "4"]) == 2
    data = b"".join(pack.read_bytes() for pack in packs(tmp_path))
    assert b"PLANTED3" not in data
    assert b"PLANTED2" in data
    again = Store(tmp_path / "units")
    list(mapped(compute.task(work.words), words, again, Here()))
    squares(again, 0, 10)
    assert again.counts == Counter(found=18, computed=2)


def test_small_packs_of_many_runs_become_one_while_somebody_reads(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    for number in range(70):
        squares(store, number, number + 1)
    assert len(packs(tmp_path)) == 70
    reading = mapped(SQUARES, units(0, 70), Store(tmp_path / "units"), Here())
    assert next(reading) == 0
    store.tidy()
    assert len(packs(tmp_path)) == 1
    assert list(reading) == [number * number for number in range(1, 70)]
    again = Store(tmp_path / "units")
    squares(again, 0, 70)
    assert again.counts == Counter(found=70)


def test_tasks_that_nobody_asks_for_any_more_are_swept(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    squares(store, 0, 3)
    store.tidy(unused=3600)
    assert packs(tmp_path)
    store.tidy(unused=-1)
    assert not packs(tmp_path)


def test_temporary_files_of_a_kill_are_swept_when_they_are_old(tmp_path: Path) -> None:
    folder = Store(tmp_path / "units").shelf(SQUARES).folder
    old, new = folder / ".a.pack.x.tmp", folder / ".b.pack.x.tmp"
    for file in (old, new):
        file.touch()
    os.utime(old, (1, 1))
    tidy(folder)
    assert (old.exists(), new.exists()) == (False, True)


def test_each_of_many_results_is_found_by_its_key_and_what_may_change_is_not_found_by_the_next(tmp_path: Path) -> None:
    task = Task("bench:any", 1)
    store = Store(tmp_path / "units")
    given = tuple(Unit(f"{number}", None) for number in range(50_000))
    with closing(store.shelf(task)) as shelf:
        for start in range(0, len(given), 5000):
            some = given[start : start + 5000]
            shelf.keep(Shard(task, some), [(b"p" if start else b"v") + unit.key.encode() for unit in some])
        assert [shelf.get(unit.key) for unit in given[4999:50_000:5000]] == [b"v4999", *(b"p%d" % one for one in range(9999, 50_000, 5000))]
    given = given[:5000]
    with closing(Shelf(store.folder / task.folder)) as shelf:
        assert all(shelf.has([unit.key for unit in given]))
        assert shelf.has(["5001", "x"]) == [False, False]
        assert [shelf.get(unit.key) for unit in given] == [b"v" + unit.key.encode() for unit in given]
        assert shelf.get("5001") is None


def test_an_engine_is_chosen_by_one_word(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    for name in ("here", "processes", "ranks"):
        with compute.engine(name, store, cores=1) as engine:
            assert list(mapped(SQUARES, units(3, 4), store, engine)) == [9]
    with (
        pytest.raises(UsageError, match="there is no engine 'spark'; there are: processes, ranks, ray, here and ray:ADDRESS"),
        compute.engine("spark", store),
    ):
        pass


def test_a_store_that_was_moved_and_touched_is_the_same_store(tmp_path: Path) -> None:
    squares(Store(tmp_path / "units"), 0, 300)
    (tmp_path / "units").rename(tmp_path / "moved")
    for file in tmp_path.rglob("*"):
        os.utime(file, (1, 1))
    store = Store(tmp_path / "moved")
    squares(store, 0, 300)
    assert store.counts == Counter(found=300)
