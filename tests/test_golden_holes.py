"""The makers of holes and of raw text on a small repository of our own: what they make is what a person has read and agreed to."""

import pytest

from tests.golden.holes import FOLDER, NAMES, made


@pytest.mark.parametrize("name", NAMES)
def test_a_small_repository_gives_the_lessons_that_stand_beside_it(name: str) -> None:
    assert made(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
