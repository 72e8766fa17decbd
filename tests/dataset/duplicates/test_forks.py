import itertools

from idiolect.dataset.duplicates.forks import Holding, forks
from idiolect.types import Role


def holding(name: str, roots: str = "", texts: range = range(0), role: Role = "team", newest: int = 0) -> Holding:
    return Holding(name, role, frozenset(roots.split()), frozenset(bytes([number]) for number in texts), newest)


def test_repositories_that_began_with_one_commit_are_forks_and_the_older_one_is_the_copy() -> None:
    given = [holding("shop", "abc", newest=9), holding("store", "abc def", newest=5), holding("other", "123")]
    for order in itertools.permutations(given):
        found = forks(order)
        assert [(one.name, one.of) for one in found] == [("store", "shop")]
        assert "abc" in found[0].why


def test_the_teams_own_is_the_original_of_a_newer_public_one() -> None:
    given = [holding("upstream", "abc", role="public", newest=9), holding("shop", "abc", newest=5)]
    assert [(one.name, one.of) for one in forks(given)] == [("upstream", "shop")]


def test_a_copy_without_history_is_known_by_its_files() -> None:
    shop = holding("shop", "a", range(40), newest=2)
    assert [one.name for one in forks([shop, holding("copy", "b", range(10, 45), newest=1)])] == ["copy"]
    assert forks([shop, holding("sister", "b", range(30, 60), newest=1)]) == []
    assert forks([shop, holding("tiny", "b", range(9), newest=1)]) == []


def test_of_three_copies_two_are_forks_of_the_same_one() -> None:
    given = [holding(name, "abc", newest=time) for name, time in (("a", 1), ("b", 3), ("c", 2))]
    assert [(one.name, one.of) for one in forks(given)] == [("a", "b"), ("c", "b")]
