from __future__ import annotations

import pytest

from idiolect.dataset.makers import tangles
from idiolect.dataset.makers.intents import intent
from idiolect.types import Edit

GAP = "".join(f"# {number}\n" for number in range(30))


def edit(before: str, after: str, path: str = "shop/basket.py", language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


def about(message: str, *edits: Edit) -> list[int]:
    return tangles.about(message, tangles.places(edits))


BOTH = edit(f"price = 1\n{GAP}courier = 2\n", f"price = total(1)\n{GAP}courier = fastest(2)\n")


def test_hunks_without_anything_in_common_are_two_things_and_the_message_chooses() -> None:
    assert tangles.components(tangles.places([BOTH])) == [[0], [1]]
    assert about("Take the fastest one", BOTH) == [1]
    assert about("Total it, and be the fastest", BOTH) == [0, 1]
    assert about("Do what was agreed on", BOTH) == []
    assert about("Do what was agreed on in the basket", BOTH) == [0, 1], "the message names the file"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(f"price = 1\n{GAP}courier = 2\n", f"price = total(1)\n{GAP}courier = total(2)\n")],
        [edit("price = 1\nb\n" + "# x\n" * 10 + "courier = 2\n", "price = 3\nb\n" + "# x\n" * 10 + "courier = 4\n")],
        [edit("price = 1\n", "price = 2\n"), edit("assert cheap\n", "assert dear\n", "tests/test_basket.py")],
        [edit("def price():\n", "def gross_price():\n"), edit("The `gross_weight`.\n", "See `gross_price`.\n", "README.md", "markdown")],
    ],
)
def test_identifiers_nearness_and_tests_bind_hunks(edits: list[Edit]) -> None:
    assert tangles.components(tangles.places(edits)) == [[0, 1]]


def test_words_of_prose_and_of_comments_and_keywords_bind_nothing() -> None:
    edits = [
        edit("x1\n", "x1\nfor price in self.list:  # customer\n    return None\n", "a.py"),
        edit("y1\n", "y1\nfor weight in self.list:  # customer\n    return None\n", "b.py"),
        edit("One.\n", "The price of a customer.\n", "c.md", "markdown"),
    ]
    assert tangles.components(tangles.places(edits)) == [[0], [1], [2]]


CODE = edit("def price():\n    return 1\n", "def price():\n    rate = 2\n    return rate\n")
LESS = edit("def price():\n    rate = 2\n    return rate\n", "def price():\n    return 1\n")
TEST = edit("assert 1\n", "assert 2\n", "tests/test_basket.py")
DOCS = edit("One.\n", "Two.\n", "README.md", "markdown")
REMARK = edit("# one\nx = 1\n", "# two\n\nx = 1\n")
LOG = edit("One.\n", "Two.\n", "CHANGELOG.md", "markdown")
STYLE = edit("f(a,\n" + "  b,\n" * 30 + ")\n", "(f(a,\n" + "    b,\n" * 30 + "))\n")


@pytest.mark.parametrize(
    ("subject", "edits", "said"),
    [
        ("Fix the price", [CODE, TEST], "fix"),
        ("Fix the price", [TEST], "test"),
        ("Fix a typo", [DOCS], "docs"),
        ("Fix a comment", [REMARK], "docs"),
        ("Add tests for the price", [TEST, LOG], "test"),
        ("Add tests for the price", [CODE, TEST], "other"),
        ("Add a rate", [CODE], "feature"),
        ("Add a rate", [LESS], "other"),
        ("Rename the rate", [LESS], "refactor"),
        ("Update the docs", [CODE, DOCS], "other"),
        ("Reindent, no change of style", [STYLE], "style"),
        ("Reformat in the new style", [CODE], "other"),
        ("Prices by rate", [CODE], "other"),
    ],
)
def test_a_message_claims_only_what_the_edit_can_be(subject: str, edits: list[Edit], said: str) -> None:
    assert intent(subject, edits) == said
