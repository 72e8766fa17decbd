from __future__ import annotations

import pytest

from idiolect.dataset.makers.added import added
from idiolect.types import Change, Dropped, Edit, Message, Sample

BEFORE = "import decimal\n\n\nclass Basket:\n    def __init__(self):\n        self.items = []\n"
TOTAL = "\n    def total_price(self):\n        return sum((item.price for item in self.items), decimal.Decimal(0))\n"


def change(subject: str, *edits: Edit, body: str = "", **values: object) -> Change:
    about = {"source": "shop", "role": "team", "commit": "a" * 40, "time": 9, "author": "p1", "parent": "b" * 40, **values}
    return Change(subject=subject, body=body, edits=edits, **about)  # type: ignore[arg-type]


def edit(after: str, before: str = BEFORE, path: str = "shop/basket.py") -> Edit:
    return Edit(path, "python", before.encode(), after.encode())


def only(one: Change) -> Sample | Dropped:
    (made,) = added([one])
    return made


def reason(one: Change) -> str:
    made = only(one)
    assert isinstance(made, Dropped), made
    return made.reason


def test_the_message_of_the_commit_that_added_a_unit_asks_for_it() -> None:
    made = only(change("Add the total price of a basket (#12)", edit(BEFORE + TOTAL), body="Customers want to see it before they pay."))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    (message,) = made.prompt
    assert isinstance(message, Message)
    assert "Add the total price of a basket. Customers want to see it before they pay." in message.content
    assert "`Basket.total_price`" in message.content and "shop/basket.py" in message.content and "class Basket:" in message.content
    assert made.answer == f"```python\n{TOTAL.strip(chr(10))}\n```"
    assert (made.kind, made.maker, made.confidence) == ("write", "added", 1.0)
    assert {span.commit for span in made.origins} == {"a" * 40} and {span.path for span in made.origins} == {"shop/basket.py"}
    assert TOTAL.strip("\n").encode() in (BEFORE + TOTAL).encode()[made.origins[0].start : made.origins[0].end]


def test_a_unit_that_the_message_does_not_name_is_less_sure_where_it_is_most_of_what_comes() -> None:
    made = only(change("Say what customers have to pay", edit(BEFORE + TOTAL)))
    assert isinstance(made, Sample) and made.confidence < 0.85


MANY = "".join(f"\n    def rule_{number}(self):\n        return self.items[{number}].price * {number}\n" for number in range(3))
LONG = "".join(f"SETTING_{number} = {number}\n" for number in range(40))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (change("wip", edit(BEFORE + TOTAL)), "message says nothing"),
        (change("Merge branch 'main' into x", edit(BEFORE + TOTAL)), "merge"),
        (change("Add the total price of a basket", edit(BEFORE + TOTAL), bot=True), "bot"),
        (change("Take the total price of a basket away again", edit(BEFORE + TOTAL), reverts="?"), "revert"),
        (change("Add all of the pricing rules", edit(BEFORE + MANY)), "many units added"),
        (change("Add the settings of a shop", edit(LONG + BEFORE + TOTAL)), "message is about other things"),
        (change("Add the settings and a total price", edit(LONG + BEFORE + TOTAL)), "message is about other things"),
        (change("Count the items of a basket", edit(BEFORE.replace("[]", "list()"))), "adds no unit"),
        (change("Test the total price of baskets", edit(BEFORE + TOTAL, path="tests/test_basket.py")), "adds no unit"),
        (change("Move the total price of baskets", edit(BEFORE + TOTAL), edit(BEFORE, BEFORE + TOTAL, "shop/old.py")), "adds no unit"),
        (
            change(
                "Add the total price of a basket",
                edit(BEFORE + TOTAL.replace("):\n", "):\n        '''What a customer has to pay for all items together.'''\n")),
            ),
            "says itself what it is for",
        ),
        (change("Add the total price of a basket", *(edit(BEFORE + TOTAL, path=f"shop/b{n}.py") for n in range(9))), "many files"),
    ],
)
def test_what_is_no_request_for_one_unit_is_a_counted_reason(given: Change, why: str) -> None:
    assert reason(given) == why


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("Added Basket#total_price()", "message says no more than the name"),
        ("Add support for the total price of some basket", "message says no more than the name"),
        ("Refactor the total price of baskets for customers", "message is about other things"),
        ("Move the total price out of orders into baskets", "message is about other things"),
        ("Clean up after customers that want a total price", "message is about other things"),
        ("Add some tests of the total price of baskets", "message is about other things"),
        ("Fix the total price that customers see", "message is about other things"),
        ("Nicer total price for all customers", "message is about other things"),
        ("Bugfix of the total price that customers see", "message is about other things"),
        ("fixup! Show customers the total price", "message is about other things"),
        ("Show customers the total price of", "message is broken off"),
    ],
)
def test_a_message_that_does_not_say_what_a_unit_is_for_is_no_request(subject: str, why: str) -> None:
    assert reason(change(subject, edit(BEFORE + TOTAL))) == why


@pytest.mark.parametrize(
    ("subject", "body", "said"),
    [
        ("Show customers the total price that", "they have to pay in the end.", "the total price that they have to pay in the end."),
        ("Show customers the total price", "They have to pay it. This fixes #9.", "the total price. They have to pay it."),
    ],
)
def test_subject_and_body_are_sentences(subject: str, body: str, said: str) -> None:
    made = only(change(subject, edit(BEFORE + TOTAL), body=body))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    assert said in made.prompt[0].content and "This" not in made.prompt[0].content


def test_a_namespace_that_is_opened_anew_is_not_what_was_added() -> None:
    after = "module Shop\n  class Voucher\n    def redeem(order)\n      order.deduct(amount)\n    end\n  end\nend\n"
    made = only(change("Let customers redeem a voucher", Edit("lib/voucher.rb", "ruby", b"", after.encode())))
    assert isinstance(made, Sample) and (made.answer or "").startswith("```ruby\n  class Voucher")
