from __future__ import annotations

import pytest

from idiolect.dataset.makers import links
from idiolect.dataset.makers.told import described, linked
from idiolect.types import Document, Dropped, Sample

CODE = """class Basket:
    def __init__(self):
        self.items, self.delivery = [], 0

    def total_price(self):
        total = sum(item.price for item in self.items)
        return total + self.delivery

    def pick_courier(self, day):
        '''The cheapest courier that drives on a day and takes all of the parcels.'''
        return min(self.couriers(day), key=price)
"""
GUIDE = """# Guide

## How `total_price` adds up

Delivery is part of what a customer pays, so `total_price` adds it to the prices of all items. Vouchers are taken off later, by the till.

## Couriers

Each morning `pick_courier` chooses who drives, and `pick_courier` does so again at noon, when the second wave of parcels comes in.

## Weather

When it snows, nothing is delivered, and customers are told so by letter in the evening.

## Both

Both `total_price` and `pick_courier` are read by the accountants at the end of every month, who like neither of them.
"""


def document(path: str, text: str, language: str = "python") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 9)


CODE_FILE = document("shop/basket.py", CODE)


def guide(text: str = GUIDE, path: str = "docs/guide.md") -> Document:
    return document(path, text, "markdown")


def asked(sample: Sample) -> str:
    assert isinstance(sample.prompt, tuple)
    return sample.prompt[0].content


def test_a_section_about_a_unit_explains_it_and_its_code_stands_in_the_prompt() -> None:
    made = list(linked([guide(), CODE_FILE]))
    total, courier, both = [one for one in made if isinstance(one, Sample)]
    assert "def total_price(self):" in asked(total) and "`Basket.total_price`" in asked(total)
    assert (total.answer or "").startswith("Delivery is part of what a customer pays")
    assert "def pick_courier" in asked(courier) and (courier.answer or "").startswith("Each morning")
    assert total.confidence > courier.confidence
    assert {(span.path, span.start) for span in total.origins} == {
        ("docs/guide.md", GUIDE.index("## How")), ("shop/basket.py", CODE.index("    def total_price")),
    }  # fmt: skip
    assert [one.reason for one in made if isinstance(one, Dropped)] == ["names no code of ours", "names no code of ours"]
    assert (
        (both.answer or "").startswith("Both `total_price` and") and "def total_price" in asked(both) and "def pick_courier" in asked(both)
    )
    assert "Both" in asked(both) or "about both" in asked(both).lower()


def test_a_name_that_two_units_bear_is_taken_only_with_what_stands_around_it() -> None:
    rival = document("shop/bill.py", "class Bill:\n    def total_price(self):\n        return self.amount * self.tax_rate\n")
    made = [one for one in linked([guide(), CODE_FILE, rival]) if isinstance(one, Sample)]
    assert [one.answer for one in made if "Delivery" in (one.answer or "")] == []
    told = guide(GUIDE.replace("`total_price`", "`Bill.total_price()`"))
    made = [one for one in linked([told, CODE_FILE, rival]) if isinstance(one, Sample)]
    assert "return self.amount * self.tax_rate" in asked(made[0])


def test_what_prose_says_of_a_unit_without_words_of_its_own_asks_for_it() -> None:
    made = list(described([guide(), CODE_FILE]))
    (only,) = [one for one in made if isinstance(one, Sample)]
    assert "so `total_price` adds it to the prices of all items" in asked(only)
    assert (only.answer or "").startswith("```python\n    def total_price(self):") and (only.kind, only.maker) == ("write", "described")
    assert "says itself what it is for" in {one.reason for one in made if isinstance(one, Dropped)}
    text = GUIDE.encode()[only.origins[1].start : only.origins[1].end].decode()
    assert text.strip().startswith("Delivery is part") and "Couriers" not in text


def test_a_changelog_neither_asks_nor_explains() -> None:
    log = guide("# Changes\n\n## 1.2\n\n- `Basket.total_price` adds the delivery, so that customers know.\n", "CHANGES.md")
    for maker in (described, linked):
        assert [one.reason for one in maker([log, CODE_FILE]) if isinstance(one, Dropped)] == ["changelog"] * 2


@pytest.mark.parametrize(
    "entry",
    [
        "Fixed `Basket.total_price` for baskets that hold nothing.",
        "`Basket.total_price` now adds the delivery to whatever it gave.",
        "Added `Basket.total_price` and `Basket.pick_courier` for the tills.",
        "Added `total_price`.",
    ],
)
def test_entries_that_speak_of_changes_or_of_several_things_ask_for_nothing(entry: str) -> None:
    log = guide(f"# The till\n\n## What it does\n\n- {entry}\n")
    assert [one for one in described([log, CODE_FILE]) if isinstance(one, Sample)] == []


def test_what_a_generator_draws_in_explains_nothing() -> None:
    drawn = guide(
        "# API\n\n## `Basket`\n\n.. autoclass:: Basket\n    :members: total_price\n\nThe basket is what `Basket` says in its own words.\n"
    )
    assert "boilerplate prose" in {one.reason for one in linked([drawn, CODE_FILE]) if isinstance(one, Dropped)}


def test_prose_is_grouped_with_the_files_that_alone_define_what_it_names() -> None:
    named = {
        "docs/guide.md": ["total_price", "total_price", "pick_courier", "parse_xml"],
        "shop/basket.py": ["Basket", "total_price"],
        "shop/couriers.py": ["pick_courier"],
        "shop/xml.py": ["parse_xml"],
        "shop/html.py": ["parse_xml"],
        "README.md": ["nothing_of_ours"],
    }
    (group,) = links.groups(named, ["docs/guide.md", "README.md"])
    assert group == ("docs/guide.md", ("shop/basket.py", "shop/couriers.py"))


def test_names_of_prose_are_what_is_marked_as_code_and_names_of_code_are_its_units() -> None:
    text = "See ``shop.Basket.total_price(item)`` and :meth:`~shop.Basket.pick_courier`, not `a b` or `x`, nor plain total_weight."
    assert links.names(guide(text)) == ["total_price", "pick_courier"]
    assert links.names(CODE_FILE) == ["Basket", "__init__", "total_price", "pick_courier"]
    assert links.names(document("tests/test_basket.py", CODE)) == []


def told_of(text: str, code: str = CODE, budget: int = 6000) -> list[Sample | Dropped]:
    page = guide("# Guide\n\nWords that name nothing, and there are enough of them to be an answer, if somebody should ask.\n\n" + text)
    return [one for one in linked([page, document("shop/basket.py", code)], budget=budget)][1:]


def test_code_that_a_section_names_in_passing_is_not_what_it_is_about() -> None:
    (made,) = told_of(
        "## Letters\n\nLetters are written by `send_letter`, kept by `Archive.keep`, and paid for like `total_price` is paid for.\n"
    )
    assert isinstance(made, Dropped) and made.reason == "names our code in passing"
    (made,) = told_of(
        "## Rain\n\nWhen it rains, the office is told so first.\n\nThen somebody drives out, whom `pick_courier` chooses on that day.\n"
    )
    assert isinstance(made, Dropped) and made.reason == "names our code in passing"
    (made,) = told_of(
        "## Keys\n\nWho drives is said by `Keys.taken`, as `Keys.taken` sees it, and `pick_courier` only asks `Keys.taken`.\n"
    )
    assert isinstance(made, Dropped) and made.reason == "names our code in passing"
    (made,) = told_of("## Sums\n\nThe accountants read what `pick_courier` costs, and then `total_price`, and `Archive.keep` keeps it.\n")
    assert isinstance(made, Sample)


def test_code_that_cannot_be_shown_whole_is_not_shown_beside_a_section_that_names_it_in_passing() -> None:
    long = CODE + "".join(f"        self.step_{number}()\n" for number in range(300))
    (made,) = told_of("## Mornings\n\nEach morning somebody drives out, and the office is told who it is: see `pick_courier`.\n", long)
    assert isinstance(made, Dropped) and made.reason == "names our code in passing"


def test_a_method_is_not_shown_again_beside_its_class() -> None:
    (made,) = told_of(
        "## Baskets\n\nThe accountants read each `Basket` at night, and what its `Basket.total_price` was at noon of that day.\n"
    )
    assert isinstance(made, Sample) and asked(made).count("def total_price(self):") == 1


def test_a_section_that_is_too_long_is_dropped_rather_than_cut() -> None:
    (made,) = told_of("## How `total_price` adds up\n\n" + "It is `total_price` that adds them up, all of them. " * 40, budget=2000)
    assert isinstance(made, Dropped) and made.reason == "answer over budget"
