"""A small repository of our own: files and commits from which every maker of commits, pairs and prose has something to make."""

from __future__ import annotations

from idiolect.types import Change, Document, Edit

CODE = '''"""Baskets and what they cost."""

from decimal import Decimal


class Basket:
    """What a customer has picked so far."""

    def __init__(self, delivery):
        self.items, self.delivery = [], delivery

    def add_item(self, item):
        if not item.name:
            raise ValueError("an item has a name")
        self.items.append(item)

    def total_price(self):
        return sum((item.price for item in self.items), Decimal(0)) + self.delivery

    def heaviest_parcel(self, parcels):
        """Find the parcel that weighs most, the first of them where several do."""
        return max(parcels, key=lambda parcel: parcel.grams)


def pick_courier(couriers, day):
    drives = [courier for courier in couriers if day in courier.days]
    return min(drives, key=lambda courier: courier.fee)
'''
TEST = """from shop.basket import Basket, pick_courier


def test_add_item_refuses_whatever_has_no_name():
    assert raises(lambda: Basket(0).add_item(item("")))


def test_add_item_keeps_the_order_of_what_came_first():
    basket = Basket(0)
    basket.add_item(item("a"))
    assert basket.items[0].name == "a"


def test_total_price_counts_delivery_once():
    assert Basket(3).total_price() == 3
"""
GUIDE = """# Guide

## What `total_price` adds up

Customers see one sum. So `total_price` adds the delivery to the prices of all items, once for the whole basket.

## Couriers

Every morning `pick_courier` takes the cheapest courier that drives on that day. Whoever calls `pick_courier` twice gets the same answer.

## Weather

When it snows nothing is delivered, and customers are told so by letter in the evening.
"""
LOG = """# Changes

## 1.1

- `pick_courier` finds the cheapest courier that drives on a given day.
- Tills are painted green.
"""
BEFORE = CODE.replace("total_price", "price_of_all").replace(" + self.delivery", "")
ADDED = CODE.replace(CODE[CODE.index("def pick_courier") :], "").rstrip("\n") + "\n"


def documents() -> list[Document]:
    texts = {
        "shop/basket.py": ("python", CODE),
        "tests/test_basket.py": ("python", TEST),
        "docs/guide.md": ("markdown", GUIDE),
        "CHANGES.md": ("markdown", LOG),
    }
    return [Document("shop", "team", "c" * 40, path, language, text.encode(), 9, ("p1",)) for path, (language, text) in texts.items()]


def changes() -> list[Change]:
    path, use = "shop/basket.py", "ui/till.py"
    shown = "from shop.basket import Basket\n\n\ndef show(basket):\n    print(basket.{})\n"
    renamed = CODE.replace(" + self.delivery", "")
    return [
        _change("1", "Pick the cheapest courier of a day", _edit(path, ADDED, CODE)),
        _change(
            "2", "Call the price of a basket total_price (#7)",
            _edit(path, BEFORE, renamed), _edit(use, shown.format("price_of_all()"), shown.format("total_price()")),
        ),
        _change("6", "Count delivery in the total price", _edit(path, renamed, CODE)),
        _change("f", "Greet whoever comes to the till", _edit(use, shown.format("a"), "import os\n\n" + shown.format("greet(os.name)"))),
        _change("a", "Paint tills in the colour of spring", _edit(path, CODE, CODE.replace("Decimal(0)", "Decimal(1).quantize(2)")),
                _edit("tills.py", "paint = 1\nrows = 2\n", "colour = 'green'\npots = 3\nrows = 2\n")),
        _change("3", "wip", _edit(path, ADDED, CODE)),
        _change("4", 'Revert "Pick the cheapest courier of a day"', _edit(path, CODE, ADDED)),
    ]  # fmt: skip


def _change(digit: str, subject: str, *edits: Edit, body: str = "") -> Change:
    return Change("shop", "team", digit * 40, 9, "p1", subject, body, edits, parent="e" * 40)


def _edit(path: str, before: str, after: str) -> Edit:
    return Edit(path, "python", before.encode(), after.encode())
