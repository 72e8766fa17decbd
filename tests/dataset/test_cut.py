from collections.abc import Callable

import pytest

from idiolect.dataset import cut
from idiolect.dataset.history import Step


def steps(*added: int) -> list[Step]:
    return [Step(f"c{number}", 100 + number, lines) for number, lines in enumerate(added)]


def counting(per_line: float, chain: list[Step]) -> tuple[Callable[[str], int], list[str]]:
    asked: list[str] = []

    def count(commit: str) -> int:
        asked.append(commit)
        place = next(number for number, step in enumerate(chain) if step.commit == commit)
        return int(per_line * sum(step.added for step in chain[place + 1 :]))

    return count, asked


def test_the_cut_is_the_latest_commit_that_leaves_enough_candidates() -> None:
    chain = steps(*[100] * 1000)
    count, asked = counting(0.1, chain)
    found = cut.choose(chain, count, candidates=400, max_after=0.2)
    assert (found.commit, found.time, found.candidates) == ("c959", 1059, 400)
    assert found.added_lines_after == 4000
    assert found.share == 0.04
    assert len(asked) <= 11


def test_no_more_than_the_share_comes_after_the_cut_and_fewer_candidates_are_taken() -> None:
    chain = steps(*[100] * 100)
    count, _ = counting(0.1, chain)
    found = cut.choose(chain, count, candidates=400, max_after=0.2)
    assert (found.commit, found.candidates, found.share, found.note) == ("c79", 200, 0.2, "")


def test_a_big_commit_at_the_border_stays_before_the_cut() -> None:
    chain = steps(*[100] * 50, 5000, *[100] * 20)
    count, _ = counting(0.1, chain)
    found = cut.choose(chain, count, candidates=400, max_after=0.2)
    assert (found.commit, found.candidates) == ("c50", 200)


def test_too_few_candidates_mean_no_time_probes_and_a_reason() -> None:
    chain = steps(*[100] * 40)
    count, _ = counting(0.1, chain)
    found = cut.choose(chain, count, candidates=400, max_after=0.2)
    assert (found.commit, found.candidates, found.added_lines_after, found.share) == ("c39", 0, 0, 0.0)
    assert "80 probe candidates" in found.note


@pytest.mark.parametrize(("key", "value"), [("candidates", 200), ("max_after", 0.01)])
def test_each_key_moves_the_cut(key: str, value: float) -> None:
    chain = steps(*[100] * 1000)
    count, _ = counting(0.1, chain)
    usual = {"candidates": 400, "max_after": 0.2}
    assert cut.choose(chain, count, **usual).commit != cut.choose(chain, count, **{**usual, key: value}).commit  # type: ignore[arg-type]


def test_a_single_commit_and_a_history_without_lines_have_no_probes() -> None:
    for chain in (steps(500), steps(0, 0)):
        found = cut.choose(chain, lambda _: 1000, candidates=400, max_after=0.2)
        assert (found.commit, found.candidates) == (chain[-1].commit, 0)
        assert found.note
