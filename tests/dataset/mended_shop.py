"""The little shop as it was mended, put in order and built upon: for the makers that read whole commits."""

from __future__ import annotations

from idiolect.types import Change, Document, Edit
from tests.dataset.little_shop import CODE, TEST

PATH, TESTS = "shop/basket.py", "tests/test_basket.py"
FRAGILE = CODE.replace("max(parcels, key", "max(parcels or [None], key")
EMPTY = CODE.replace("parcel.grams)\n", "parcel.grams, default=None)\n")
BROUGHT = TEST.replace(
    "def test_total_price",
    "def test_two_parcels_weigh_as_they_are():\n    assert Basket(0).heaviest_parcel([one, two]) == two\n\n\n"
    "def test_no_parcel_is_heaviest_of_none():\n    assert Basket(0).heaviest_parcel([]) is None\n\n\ndef test_total_price",
)
PICK = CODE[CODE.index("def pick_courier") :]
TRACE = """The till opens before anything is in it.

    Traceback (most recent call last):
      File "/home/Ada/shop/basket.py", line 24, in heaviest_parcel
        return max(parcels, key=lambda parcel: parcel.grams)
    ValueError: max() iterable argument is empty"""
VOUCHER = '''class Voucher:
    """Takes a share off what a basket costs."""

    def __init__(self, percent):
        self.percent = percent

    def off(self, price):
        return price * (100 - self.percent) / 100
'''
VOUCHED = CODE.replace(
    "        self.items, self.delivery = [], delivery\n", "        self.items, self.delivery, self.voucher = [], delivery, None\n"
).replace(
    "        return sum((item.price for item in self.items), Decimal(0)) + self.delivery\n",
    "        price = sum((item.price for item in self.items), Decimal(0))\n"
    "        return (self.voucher.off(price) if self.voucher else price) + self.delivery\n",
)


def documents() -> list[Document]:
    """Files enough that one in four is drawn."""
    paths = [PATH, "db/migrate/1_baskets.py", TESTS, *(f"shop/part_{number}.py" for number in range(5))]
    return [Document("shop", "team", "c" * 40, path, "python", CODE.encode(), 9, ("p1",)) for path in paths]


def changes() -> list[Change]:
    """One for each maker, and some that are close to one and none."""
    bare = CODE.replace(PICK, "").rstrip("\n") + "\n"
    courier = CODE.replace("pick_courier", "cheapest_courier").replace("    drives", '    """The one that asks least."""\n    drives')
    return [
        _change("1", "Fixed the heaviest parcel of none, see #12", _edit(PATH, CODE, EMPTY), _edit(TESTS, TEST, BROUGHT)),
        _change("2", "Fix the heaviest parcel", _edit(PATH, CODE, EMPTY), body=TRACE),
        _change("3", "Fix previous commit for parcels", _edit(PATH, FRAGILE, EMPTY)),
        _change("4", "Fix the glitch on phones", _edit(PATH, FRAGILE, EMPTY)),
        _change("5", "Fix a missing import", _edit(PATH, CODE, f"import os\n{CODE}")),
        _change("6", "Move couriers out of baskets", _edit(PATH, CODE, bare), _edit("shop/couriers.py", "", PICK)),
        _change("7", "Rename how a courier is found", _edit(PATH, CODE, courier)),
        _change("8", "fixup! Move couriers out of baskets", _edit(PATH, CODE, bare), _edit("shop/couriers.py", "", PICK)),
        _change("9", "Added vouchers that take a share off a basket", _edit(PATH, CODE, VOUCHED), _edit("shop/voucher.py", "", VOUCHER)),
    ]


def _change(digit: str, subject: str, *edits: Edit, body: str = "") -> Change:
    return Change("shop", "team", digit * 40, 9, "p1", subject, body, edits, parent="e" * 40)


def _edit(path: str, before: str, after: str) -> Edit:
    return Edit(path, "python", before.encode(), after.encode())
