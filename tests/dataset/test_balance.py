import pytest

from idiolect.dataset import balance
from idiolect.dataset.balance import Weighed
from idiolect.types import Sample
from tests.dataset.corpus import document


def lessons(source: str, count: int, size: int = 100) -> list[Weighed]:
    return [Weighed(f"{number:05d}{source}", source, size) for number in range(count)]


def shares(given: list[Weighed], share: float) -> dict[str, float]:
    kept = [one for one in given if one.id not in balance.over(given, share)]
    total = sum(one.size for one in kept)
    return {name: sum(one.size for one in kept if one.source == name) / total for name in ("a", "b", "c")}


def test_a_lesson_weighs_as_many_bytes_as_its_answer_has() -> None:
    lesson = Sample(answer="größe", kind="raw", maker="raw", origins=(document("a.py", "x", "shop").span(),))
    assert balance.weighed(lesson) == (lesson.id, "shop", 7)


@pytest.mark.parametrize("share", [0.4, 0.5, 0.6])
def test_no_source_gives_more_than_its_share(share: float) -> None:
    largest = max(shares(lessons("a", 900) + lessons("b", 300) + lessons("c", 200), share).values())
    assert share - 0.01 < largest <= share + 1e-9


def test_the_choice_does_not_depend_on_the_order() -> None:
    given = lessons("a", 90) + lessons("b", 10)
    assert balance.over(given, 0.6) == balance.over(given[::-1], 0.6) != set()


def test_one_source_alone_and_sources_within_their_share_are_left_as_they_are() -> None:
    for given in (lessons("a", 50), lessons("a", 50) + lessons("b", 50), []):
        assert balance.over(given, 0.5) == set()


def test_where_the_share_cannot_be_kept_sources_are_made_equal() -> None:
    assert shares(lessons("a", 90) + lessons("b", 30), 0.2)["a"] == 0.5
