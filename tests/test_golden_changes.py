"""The makers of changes and of faults on a small history of our own: what they make is what a person has read and agreed to."""

from functools import cache

import pytest

from tests.golden.changes import FOLDER, NAMES, made

found = cache(made)


@pytest.mark.parametrize("name", NAMES)
def test_a_small_history_gives_the_lessons_that_stand_beside_it(name: str) -> None:
    assert found()[name] == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
