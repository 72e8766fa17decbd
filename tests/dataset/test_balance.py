import pytest

from idiolect.dataset import balance
from idiolect.types import Dropped, Sample
from tests.dataset.corpus import document


def lessons(source: str, count: int, size: int = 100) -> list[Sample]:
    file = document("a.py", "x" * size, source)
    return [
        Sample(answer=f"{source}{number:05d}".ljust(size, "."), kind="raw", maker="raw", origins=(file.span(),)) for number in range(count)
    ]


def shares(out: list[Sample | Dropped]) -> dict[str, float]:
    kept = [one for one in out if isinstance(one, Sample)]
    total = sum(balance.size(one) for one in kept)
    return {name: sum(balance.size(one) for one in kept if one.origins[0].source == name) / total for name in ("a", "b", "c")}


@pytest.mark.parametrize("share", [0.4, 0.5, 0.6])
def test_no_source_gives_more_than_its_share(share: float) -> None:
    out = balance.cap(lessons("a", 900) + lessons("b", 300) + lessons("c", 200), share)
    assert max(shares(out).values()) <= share + 1e-9
    assert max(shares(out).values()) > share - 0.01
    assert {one.reason for one in out if isinstance(one, Dropped)} == {"over-share"}


def test_the_order_stays_and_the_choice_is_the_same_each_time() -> None:
    given = lessons("a", 90) + lessons("b", 10)
    first, second = balance.cap(given, 0.6), balance.cap(given[::-1], 0.6)
    assert [one for one in first if isinstance(one, Sample)] == [one for one in second[::-1] if isinstance(one, Sample)]
    assert len(first) == len(given)


def test_one_source_alone_and_sources_within_their_share_are_left_as_they_are() -> None:
    for given in (lessons("a", 50), lessons("a", 50) + lessons("b", 50)):
        assert balance.cap(given, 0.5) == given


def test_where_the_share_cannot_be_kept_sources_are_made_equal() -> None:
    out = balance.cap(lessons("a", 90) + lessons("b", 30), 0.2)
    assert shares(out)["a"] == 0.5
