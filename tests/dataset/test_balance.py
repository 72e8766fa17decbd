from typing import get_args

import pytest

from idiolect.dataset import balance, sent
from idiolect.dataset.balance import Cell, Scales
from idiolect.dataset.sent import Sent
from idiolect.recipe import DatasetRecipe
from idiolect.types import Kind, Sample, Span


def lesson(source: str, size: int, *, author: str = "a", kind: str = "raw", language: str = "ruby", weight: float = 1.0) -> Sample:
    span = Span(source=source, commit="c", path="a.rb", start=0, end=size, time=0, authors=tuple(author))
    labels = {"language": (language,)}
    return Sample.model_validate({"answer": "x" * size, "kind": kind, "maker": "m", "origins": [span], "weight": weight, "labels": labels})


def weighed(*given: Sample, **told: float) -> tuple[dict[Cell, float], dict[Cell, float]]:
    """The factor and the share of each cell."""
    scales = Scales()
    for one in given:
        scales.add(one)
    factors = dict(scales.factors(DatasetRecipe.model_validate(told)))
    total = sum(scales.weight[cell] * factor for cell, factor in factors.items())
    assert total == pytest.approx(sum(scales.weight.values()))
    return factors, {cell: scales.weight[cell] * factor / total for cell, factor in factors.items()}


def of(found: dict[Cell, float], field: str) -> dict[str, float]:
    together: dict[str, float] = {}
    for cell, one in found.items():
        name = str(getattr(cell, field))
        together[name] = together.get(name, 0) + one
    return together


def test_the_share_of_a_source_grows_with_the_root_of_its_bytes() -> None:
    _, shares = weighed(lesson("large", 90_000), lesson("small", 10_000))
    assert of(shares, "source") == {"large": pytest.approx(0.75), "small": pytest.approx(0.25)}


def test_what_a_source_weighs_counts_in_full() -> None:
    _, shares = weighed(lesson("style", 10_000, weight=2.0), lesson("other", 10_000))
    assert of(shares, "source") == {"style": pytest.approx(2 / 3), "other": pytest.approx(1 / 3)}


def test_no_source_has_more_than_its_cap_where_there_are_enough() -> None:
    many = [lesson(f"app{number}", 10_000) for number in range(40)]
    given = (lesson("monolith", 1_400_000), *many)
    _, free = weighed(*given, max_source_share=1.0)
    _, held = weighed(*given, max_source_share=0.2)
    assert of(free, "source")["monolith"] > 0.22
    assert of(held, "source")["monolith"] == pytest.approx(0.2)


def test_with_few_sources_the_cap_gives_way_and_nothing_is_thrown_away() -> None:
    factors, shares = weighed(lesson("one", 50_000), lesson("two", 50_000), max_source_share=0.2)
    assert set(factors.values()) == {1.0}
    assert of(shares, "source") == {"one": pytest.approx(0.5), "two": pytest.approx(0.5)}


def test_no_lesson_counts_more_than_four_times_or_less_than_a_quarter_of_what_it_would() -> None:
    factors, _ = weighed(lesson("huge", 100_000_000), *(lesson(f"tiny{number}", 10) for number in range(3)))
    assert max(factors.values()) / min(factors.values()) <= balance.MOST**2 + 1e-9


def test_an_author_among_many_and_a_kind_and_a_language_are_capped() -> None:
    team = [lesson("app", 10_000, author=name) for name in "bcdefghijklmnopqrstuvwxyz"]
    _, shares = weighed(lesson("app", 150_000, author="a"), *team)
    assert of(shares, "authors")["('a',)"] == pytest.approx(0.25)
    given = [lesson("app", 3_000 if kind == "raw" else 1_000, kind=kind) for kind in get_args(Kind) if kind != "contrast"]
    assert of(weighed(*given)[1], "kind")["raw"] == pytest.approx(3 / 16)
    assert of(weighed(*given, max_kind_share=0.18)[1], "kind")["raw"] == pytest.approx(0.18)
    tongues = [lesson("app", 1_000, language=f"l{number}") for number in range(20)]
    assert of(weighed(lesson("app", 5_000), *tongues, max_language_share=0.15)[1], "language")["ruby"] == pytest.approx(0.15)


def test_a_lesson_of_several_authors_is_a_part_of_each() -> None:
    given = [lesson("app", 1_000, author=pair) for pair in ("ab", "ac", "ad")] + [
        lesson("app", 1_000, author=name) for name in "efghijklmnop"
    ]
    factors, _ = weighed(*given, max_author_share=0.01)
    assert set(factors) == {balance.of(one) for one in given}


@pytest.mark.parametrize("parts", [[0.5, 0.3, 0.2], [0.9, 0.1], [1.0], [0.3] + [0.07] * 10, [0.2, 0.2] + [0.03] * 20])
def test_capped_shares_are_a_whole_and_keep_the_order(parts: list[float]) -> None:
    found = list(balance.capped({str(number): one for number, one in enumerate(parts)}, 0.1).values())
    assert sum(found) == pytest.approx(1)
    assert max(found) <= max(0.1, 2 * sum(one * one for one in parts)) + 1e-9
    assert sorted(found, reverse=True) == found


def test_nothing_at_all_is_weighed_as_nothing() -> None:
    assert Scales().factors(DatasetRecipe()) == {}
    assert weighed(lesson("a", 10), lesson("b", 10, weight=0.0))[0] == {balance.of(lesson("a", 10)): 1.0}


def test_a_lesson_that_nobody_opened_weighs_the_same() -> None:
    spans = [
        Span(source="shop", commit="c", path=path, start=at, end=at + 9, time=0, authors=(path[0],))
        for path in ("b.rb", "a.rb")
        for at in (9, 0)
    ]
    sample = Sample(answer="x" * 30, kind="write", maker="m", weight=0.5, labels={"language": ("ruby",)}, origins=tuple(spans))
    closed = Sent(sent.made(sample), lambda _, path, start, end: next(one for one in spans if one.path == path), factor=2.0)
    plain, other = Scales(), Scales()
    plain.add(closed.opened())
    other.add(closed)
    assert (plain.size, plain.weight) == (other.size, other.weight)
    assert balance.of(closed) == balance.of(closed.opened()) == Cell("shop", ("a", "b"), "write", "ruby")
