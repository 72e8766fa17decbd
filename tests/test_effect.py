"""The table of `bench/effect.py`, without any training."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from idiolect.errors import DataError
from idiolect.measure import Price
from idiolect.types import Hole, Kind, Message, Sample, Span

BENCH = Path(__file__).parent.parent / "bench"


@pytest.fixture
def effect(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The benchmark's module, imported as its command finds it."""
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)
    import effect

    yield effect
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == BENCH:
            del sys.modules[name]


def sample(maker: str, kind: Kind, number: int) -> Sample:
    prompt = Hole(path="a.py", prefix="", suffix="") if kind == "fim" else (Message(role="user", content=f"{maker} {number}?"),)
    origins = (Span(source="shop", commit="c", path=f"{number % 7}.py", start=0, end=1, time=number),)
    return Sample(prompt=prompt, answer=f"{maker} = {number}\n", kind=kind, maker=maker, origins=origins)


def prices(samples: list[Sample], bits: float) -> dict[str, Price]:
    return {one.id: Price(bits, 4) for one in samples}


def test_a_row_is_judged_by_what_its_own_makers_make_and_not_at_all_by_few(effect: ModuleType) -> None:
    probes = [sample("fim", "fim", number) for number in range(60)]
    held_out = [sample("write", "write", number) for number in range(50)] + [sample("infill", "diff", number) for number in range(49)]
    ground = effect.Ground(Path("shop"), 1000, 1, probes=probes, held_out=held_out, fresh={held_out[0].id})

    def trial(name: str, makers: tuple[str, ...], own: float, later: float = 8.0) -> object:
        answers = effect.Answers(prices(probes, later), {probes[0].id: 0.0}, prices(held_out, own), prices(probes, later))
        return effect.Trial(name, makers, [answers])

    rows = {
        one.name: one
        for one in (
            trial("placebo", ("raw", "fim"), 12.0), trial("naive", ("write",), 10.0), trial("raw+fim", ("raw", "fim"), 11.0),
            trial("raw+fim+requests", ("write",), 6.0, 7.0), trial("raw+fim+infill", ("infill",), 6.0),
            trial("full", ("write", "infill"), 6.0),
        )
    }  # fmt: skip
    table = {name: effect.row(ground, one, rows) for name, one in rows.items()}
    requests = table["raw+fim+requests"]
    assert (requests["own_kinds"], requests["own_kind_samples"], requests["own_kind_bits_per_byte"]) == (["write"], 50, 1.5)
    assert requests["own_kind_gain_over_raw_fim"]["value"] == pytest.approx(1.25)
    assert requests["own_kind_gain_over_placebo"]["value"] == pytest.approx(1.5)
    assert requests["gain_over_naive"]["value"] == requests["fill_gain_over_placebo"]["value"] == pytest.approx(0.25)
    assert (table["raw+fim+infill"]["own_kind_samples"], table["raw+fim+infill"]["own_kind_gain_over_raw_fim"]) == (49, "undecided")
    assert table["naive"]["own_kind_samples"] == 1  # the others stood in files that it has read
    of_full = table["full"]["by_group"]
    assert {name: one["own_kind_samples"] for name, one in of_full.items()} == {"requests": 50, "infill": 49}
    assert of_full["infill"]["own_kind_gain_over_placebo"] == "undecided"
    assert of_full["requests"]["own_kind_gain_over_placebo"]["value"] == pytest.approx(1.5)


def test_every_maker_is_of_one_group(effect: ModuleType) -> None:
    from idiolect.dataset.makers import MAKERS

    grouped = [maker for makers in effect.GROUPS.values() for maker in makers]
    assert sorted([*grouped, *effect.PLAIN]) == sorted(MAKERS)


def test_a_comparison_without_its_placebo_ends_before_any_lesson_is_made(effect: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no placebo here.*make setup-bench"):
        effect.prepared(effect.Ground(tmp_path, 1000, 1), tmp_path / "placebo")
