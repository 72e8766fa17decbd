"""The map over units: order, cache, faults, and what a kill leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from idiolect import compute
from idiolect.compute import Failed, Here, Limits, Processes, Store, Unit, mapped, processes, shuffled
from idiolect.compute.mapping import SHARD_UNITS
from idiolect.errors import ResourceError
from tests import work


@pytest.fixture(scope="module")
def pool() -> Iterator[Processes]:
    with Processes(2) as engine:
        yield engine


def numbers(*given: int) -> list[Unit]:
    return [Unit(str(one), one) for one in given]


def named(*given: str) -> list[Unit]:
    return [Unit(f"{place} {one}", one) for place, one in enumerate(given)]


def test_results_come_in_the_order_of_the_units_from_every_engine(tmp_path: Path, pool: Processes) -> None:
    given = [number * 7 % 1000 for number in range(1000)]
    for name, engine in (("here", Here()), ("pool", pool)):
        found = mapped(compute.task(work.squares, plus=1), numbers(*given), Store(tmp_path / name), engine)
        assert list(found) == [number * number + 1 for number in given]


def test_what_was_computed_is_not_computed_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    squares = compute.task(work.squares)
    list(mapped(squares, numbers(*range(300)), store, Here()))
    assert store.counts == Counter(computed=300)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pack")}
    again = Store(tmp_path / "units")
    assert list(mapped(squares, numbers(*range(300)), again, Here())) == [number * number for number in range(300)]
    assert again.counts == Counter(found=300)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pack")} == before


def test_of_ten_thousand_units_one_that_changed_is_one_computation_and_few_files_hold_them(tmp_path: Path) -> None:
    folder = tmp_path / "units"
    squares = compute.task(work.squares)
    list(mapped(squares, numbers(*range(10_000)), Store(folder), Here()))
    assert len(list(folder.rglob("*.pack"))) <= 80
    store = Store(folder)
    changed = numbers(*range(5000), 10_001, *range(5001, 10_000))
    assert list(mapped(squares, changed, store, Here()))[5000] == 10_001**2
    assert (store.counts["computed"], store.counts["found"]) == (1, 9999)


def test_another_version_or_parameter_is_another_result(tmp_path: Path) -> None:
    store = Store(tmp_path / "units")
    for plus in (0, 1, 0):
        assert list(mapped(compute.task(work.squares, plus=plus), numbers(3), store, Here())) == [9 + plus]
    assert store.counts["computed"] == 2
    newer = compute.Task("tests.work:squares", 2)
    list(mapped(newer, numbers(3), store, Here()))
    assert store.counts["computed"] == 3


def test_equal_units_are_computed_once(tmp_path: Path, pool: Processes) -> None:
    store = Store(tmp_path / "units")
    assert list(mapped(compute.task(work.squares), numbers(*[5] * 400), store, pool)) == [25] * 400
    assert store.counts["computed"] == 1


def test_units_are_taken_only_as_they_are_needed(tmp_path: Path) -> None:
    taken = Counter[str]()

    def endless() -> Iterator[Unit]:
        number = 0
        while True:
            taken["units"] += 1
            yield Unit(str(number), number)
            number += 1

    found = mapped(compute.task(work.squares), endless(), Store(tmp_path / "units"), Here())
    assert [next(found) for _ in range(10)] == [number * number for number in range(10)]
    assert taken["units"] < 2000
    found.close()  # type: ignore[attr-defined]  # it is a generator


def test_references_are_loaded_a_shard_at_a_time_and_only_where_a_result_is_missing(tmp_path: Path, pool: Processes) -> None:
    loaded: list[int] = []

    def load(names: Sequence[str]) -> list[int]:
        loaded.append(len(names))
        return [int(name) for name in names]

    store = Store(tmp_path / "units")
    given = [Unit(str(number), str(number)) for number in range(300)]
    for units in (given[:200], given):
        assert list(mapped(compute.task(work.squares), units, store, pool, load)) == [int(unit.value) ** 2 for unit in units]
    assert sum(loaded) == 300
    assert len(loaded) == 3


@pytest.mark.parametrize(
    ("function", "fault", "reason", "lasting"),
    [
        (work.hostile, "segfault", "crashed", True),
        (work.greedy, "segfault", "crashed", True),
        (work.hostile, "allocate", "out-of-memory", True),
        (work.hostile, "spin", "too-slow", True),
        (work.hostile, "sleep", "too-slow", False),
        (work.hostile, "kill", "killed", False),
        (work.hostile, "leave", "ended", False),
        (work.hostile, "raise", "error", False),
        (work.greedy, "raise", "error", False),
        (work.hostile, "object", "error", False),
    ],
)
def test_a_unit_that_fails_is_one_unit(tmp_path: Path, function: Any, fault: str, reason: str, lasting: bool) -> None:
    limits = Limits(memory=1 << 30, seconds=0.3, wall=0.8 if fault == "sleep" else 60)
    given = [*(f"a{number}" for number in range(5)), fault, *(f"b{number}" for number in range(5))]
    with Processes(1, limits) as engine:
        found = list(mapped(compute.task(function), named(*given), Store(tmp_path / "units"), engine))
    assert found.pop(5).reason == reason
    assert found == [word.upper() for word in given if word != fault]
    if lasting:
        again = Store(tmp_path / "units")
        assert list(mapped(compute.task(function), named(*given), again, Here()))[5].lasting
        assert again.counts == Counter(found=11, failed=1)


def test_a_failure_that_may_not_come_again_is_computed_in_the_next_run(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store(tmp_path / "units")
        found = list(mapped(compute.task(work.hostile), named("a", "raise", "b"), store, Here()))
        assert [found[0], found[2]] == ["A", "B"]
        assert found[1] == Failed("error", "KeyError: 'raise'")
    assert (store.counts["found"], store.counts["computed"], store.counts["failed"]) == (2, 1, 1)


def test_a_worker_that_has_done_much_makes_room_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LIFE", 2)
    given = named(*(f"word{number}" for number in range(5 * SHARD_UNITS)))
    with Processes(1) as engine:
        pids = list(mapped(compute.task(work.who), given, Store(tmp_path / "units"), engine))
    assert [len(set(pids[at : at + SHARD_UNITS])) for at in range(0, len(pids), SHARD_UNITS)] == [1] * 5
    assert len(set(pids)) == 3


def test_an_error_that_the_user_can_mend_ends_the_map_and_keeps_what_is_done(tmp_path: Path) -> None:
    given = named(*(f"word{number}" for number in range(300)), "full")
    with Processes(1) as engine, pytest.raises(ResourceError, match="somewhere: the disk is full; free some space"):
        list(mapped(compute.task(work.hostile), given, Store(tmp_path / "units"), engine))
    store = Store(tmp_path / "units")
    assert list(mapped(compute.task(work.hostile), given[:256], store, Here())) == [unit.value.upper() for unit in given[:256]]
    assert store.counts == Counter(found=256)


def test_a_map_that_nobody_wants_any_more_leaves_the_engine_free(tmp_path: Path, pool: Processes) -> None:
    store = Store(tmp_path / "units")
    found = mapped(compute.task(work.slowly), (Unit(str(n), (n, 0.01)) for n in range(10_000)), store, pool)
    next(found)
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert list(mapped(compute.task(work.squares), numbers(2, 3), store, pool)) == [4, 9]


def test_a_shuffle_brings_equal_keys_together_and_unchanged_parts_are_not_computed_again(tmp_path: Path) -> None:
    texts = [f"{number % 7} {number % 11} common" for number in range(200)]

    def counts(given: list[str], store: Store) -> Counter[bytes]:
        units = [Unit(text, text) for text in given]
        pairs = (pair for found in mapped(compute.task(work.words), units, store, Here()) for pair in found)
        parts = shuffled(pairs, tmp_path / "shuffle", 16)
        total = Counter[bytes]()
        for found in mapped(compute.task(work.counted), parts, store, Here()):
            assert not total.keys() & found.keys()
            total.update(found)
        return total

    expected = Counter(word.encode() for text in texts for word in text.split())
    assert counts(texts, Store(tmp_path / "units")) == expected
    store = Store(tmp_path / "units")
    changed = counts([*texts[:-1], "9 news common"], store)
    assert changed[b"news"] == 1
    assert store.counts["computed"] <= 1 + 4
