"""Every maker of commits, pairs and prose on a small repository of our own."""

import pytest

from tests.dataset.golden_lessons import FOLDER, MENDED, NAMES, described


@pytest.mark.parametrize("name", (*NAMES, *MENDED))
def test_a_maker_makes_of_the_little_shop_what_stands_beside_it(name: str) -> None:
    assert described(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
