"""A small repository with reviews, and what a forge would export of it: both written by hand for these tests; nobody in it exists.

`python -m tests.dataset.reviewed_shop` writes the lessons that are made of it now beside this file; the difference shows in review.
"""

from __future__ import annotations

import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

from idiolect import dataset, recipe, samples
from idiolect.registry import Run
from idiolect.types import Sample
from tests.repositories import commit, git

FINDINGS = Path(__file__).with_name("reviewed_shop_findings.txt")
GOLDEN = Path(__file__).with_name("reviewed_shop.txt")
MAKERS = ("review", "followup", "passed", "diagnose")
START, HOUR = 1_700_000_000, 3_600
BASKET = '''"""A basket of things to buy."""


def total(basket):
    """What everything in it costs, in cents."""
    cents = 0
    for line in basket.lines:
        cents += line.price * line.count
    return cents


def heaviest(basket):
    """The line that weighs most."""
    return max(basket.lines, key=lambda line: line.weight)
'''
DISCOUNT = '''

def discounted(basket, voucher):
    """What is left to pay with a voucher."""
    cents = total(basket)
    if voucher.share > 0:
        cents = cents - cents * voucher.share
    return cents
'''
DISCOUNTED = '''

def discounted(basket, voucher):
    """What is left to pay with a voucher."""
    cents = total(basket)
    if voucher.share > 0:
        cents = round(cents * (1 - voucher.share))
    return cents
'''
PRICES = '''"""Prices as people read them."""


def shown(cents):
    """Euros and cents."""
    return f"{cents // 100},{cents % 100:02} EUR"
'''
SHIPPING = '''"""What sending a parcel costs."""

RATES = {"near": 490, "far": 990}


def rate(zone):
    """Cents for a zone, the dear one where nobody knows it."""
    return RATES.get(zone, RATES["far"])


def free(basket):
    """Whether it is sent for nothing."""
    return basket.total > 5000
'''
PARCELS = '''"""Parcels on their way."""


def late(parcels, today):
    """Those that should have come before today."""
    found = []
    for parcel in parcels:
        if parcel.due < today == True:
            found.append(parcel)
    return found
'''
TESTS = '''"""Tests of baskets."""

from src.basket import heaviest


def test_the_heaviest_line_of_two_is_the_one_with_more_weight(basket):
    assert heaviest(basket).weight == 9
'''
OWED = """from src.prices import shown


def test_what_we_owe_is_shown_with_a_sign():
    assert shown(-150) == "-1,50 €"
"""
TRACE = """Opening the page of an empty basket fails for everybody, says @Kim-Of-Sales.

```
Traceback (most recent call last):
  File "src/basket.py", line 14, in heaviest
    return max(basket.lines, key=lambda line: line.weight)
ValueError: max() arg is an empty sequence
```
"""
PACK = """from idiolect.pack import Pack
from idiolect.types import Finding, Score

def plain(sample, answer):
    rows = [number for number, row in enumerate(answer.split("\\n"), 1) if "== True" in row]
    found = tuple(Finding(rule="plain", severity="warning", line=row, message="do not compare with True") for row in rows)
    return Score(value=float(not found), findings=found)

pack = Pack(name="house", checks=(plain,))
"""


class Shop:
    """The repository and the exports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shop"
        self.exports = folder / "reviews"
        self.clock = START
        self.folder.mkdir(parents=True)
        self.exports.mkdir()
        git(self.folder, "init", "-q")
        begin = {"src/basket.py": BASKET, "src/prices.py": PRICES, "src/shipping.py": SHIPPING, "tests/test_basket.py": TESTS}
        begin["src/names.py"] = "SHOP = 'The small shop'\n"  # the smallest file is for validation
        self._commit("Begin the shop", begin)
        rows = [*self._merged(), *self._squashed()]
        self._followed()
        self._fixed()
        (self.exports / "comments.json").write_text(json.dumps(rows), encoding="utf-8")
        pulls = [
            pull(7, "Vouchers take a share off the basket", "", None),
            pull(9, "Send dear baskets for nothing", "As we said in spring.", self.squashed),
        ]
        (self.exports / "pulls.json").write_text(json.dumps(pulls), encoding="utf-8")
        issue = {
            "number": 5,
            "title": "An empty basket cannot be opened",
            "body": TRACE,
            "user": {"login": "vera-example"},
            "created_at": at(0),
        }
        (self.exports / "issues.jsonl").write_text(json.dumps(issue) + '\n{"number": 6, "title": 12}\n', encoding="utf-8")

    def _commit(self, message: str, files: dict[str, str], author: str = "Ada") -> str:
        self.clock += HOUR
        return commit(self.folder, {path: text.encode() for path, text in files.items()}, message, author=author, time=self.clock)

    def _merged(self) -> list[dict[str, Any]]:
        """A pull request whose commits are in git, with three comments, of which one was acted on."""
        git(self.folder, "checkout", "-q", "-b", "vouchers")
        shown = PRICES.replace("02} EUR", "02} €").replace("and cents.", "and cents.\n\n    The sign stands last.\n    ")
        self.reviewed = self._commit("Take vouchers off the total", {"src/basket.py": BASKET + DISCOUNT, "src/prices.py": shown}, "Bob")
        self._commit("Round what is left", {"src/basket.py": BASKET + DISCOUNTED}, "Bob")
        git(self.folder, "checkout", "-q", "main")
        self.clock += HOUR
        stamps = {"GIT_AUTHOR_DATE": f"{self.clock} +0000", "GIT_COMMITTER_DATE": f"{self.clock} +0000"}
        git(self.folder, "merge", "-q", "--no-ff", "-m", "Merge pull request #7 from bob/vouchers", "vouchers", **stamps)
        hunk = "@@ -13,3 +13,12 @@ def heaviest(basket):\n" + "\n".join(f"+{row}" for row in DISCOUNT.rstrip().split("\n"))
        rows = hunk.split("\n")
        asks = "This gives parts of a cent, @bob-example: please round, and take the share off in one step."
        return [
            comment(7, "src/basket.py", 21, "\n".join(rows[:-1]), asks, original_commit_id=self.reviewed),
            comment(7, "src/basket.py", 19, "\n".join(rows[:-3]), "Nice, I like it!", original_commit_id=self.reviewed),
            comment(7, "src/basket.py", 22, hunk, "Please return a `Money` here instead.", original_commit_id=self.reviewed),
            comment(7, "src/basket.py", 21, "", "Done", in_reply_to_id=1),
            {**comment(7, "src/basket.py", 21, "\n".join(rows[:-1]), "Use `round()` here, please."), "user": {"login": "lint[bot]"}},
        ]

    def _squashed(self) -> list[dict[str, Any]]:
        """A pull request of which git has the result only, with a suggestion that was taken over."""
        after = SHIPPING.replace("basket.total > 5000", "basket.total >= FREE_FROM").replace("RATES =", "FREE_FROM = 5000\nRATES =")
        self.squashed = self._commit("Update shipping (#9)", {"src/shipping.py": after}, "Bob")
        shown = ("", "", "def free(basket):", '    """Whether it is sent for nothing."""')
        rows = [*(f" {row}" for row in shown), "-    return False", "+    return basket.total > 5000"]
        hunk = "\n".join(["@@ -9,5 +9,5 @@ def rate(zone):", *rows])
        text = "The sum belongs in a name, and counts itself:\n```suggestion\n    return basket.total >= FREE_FROM\n```"
        return [comment(9, "src/shipping.py", 13, hunk, text)]

    def _followed(self) -> None:
        """Two commits without a forge: what one wrote, somebody else put right on the same day."""
        self._commit("List parcels that are late", {"src/parcels.py": PARCELS}, "Bob")
        self._commit("Compare days without a boolean", {"src/parcels.py": PARCELS.replace(" == True", "")}, "Cleo")

    def _fixed(self) -> None:
        """A fix that closes an issue, and one that brings a test."""
        text = (self.folder / "src/basket.py").read_text(encoding="utf-8")
        mended = text.replace("key=lambda line: line.weight)", "key=lambda line: line.weight, default=None)")
        self._commit("Let an empty basket have no heaviest line\n\nmax() refuses an empty sequence. Fixes #5", {"src/basket.py": mended})
        prices = (self.folder / "src/prices.py").read_text(encoding="utf-8")
        signed = 'sign = "-" if cents < 0 else ""\n    cents = abs(cents)\n    return f"{sign}{cents // 100}'
        fixed = prices.replace('return f"{cents // 100}', signed)
        files = {"src/prices.py": fixed, "tests/test_prices.py": OWED}
        self.clock += 48 * HOUR  # later than a slip is mended
        self._commit("Fix the sign of what we owe\n\nWhole euros are rounded down, away from zero.", files)

    def build(self, **values: Any) -> Run:
        """The dataset of it."""
        source = {"path": str(self.folder), "forge": ["reviews"], **values.pop("source", {})}
        told = {"name": "acme", "source": [source], "dataset": {"makers": list(MAKERS), **values.pop("dataset", {})}, **values}
        return dataset.build(recipe.parse(told, folder=self.exports.parent), "here")

    def checked(self) -> Run:
        """The dataset of what a check of the house holds against code that was mended."""
        house = self.exports.parent / "house"
        house.mkdir(exist_ok=True)
        (house / "pack.py").write_text(PACK, encoding="utf-8")
        return self.build(packs=["./house"], dataset={"makers": ["finding"]})


def at(hours: float) -> str:
    """An hour as a forge writes it, counted from the first commit."""
    return datetime.datetime.fromtimestamp(START + hours * HOUR, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def comment(number: int, path: str, line: int, hunk: str, body: str, **values: Any) -> dict[str, Any]:
    """A review comment as `gh api repos/O/R/pulls/comments` writes it."""
    return {
        "pull_request_url": f"https://api.forge.example/repos/o/shop/pulls/{number}", "id": line, "diff_hunk": hunk, "path": path,
        "original_line": line, "side": "RIGHT", "original_commit_id": "f" * 40, "user": {"login": "ida-example", "type": "User"},
        "body": body, "created_at": at(2.2), **values,
    }  # fmt: skip


def pull(number: int, title: str, body: str, merged: str | None) -> dict[str, Any]:
    """A pull request as `gh api repos/O/R/pulls` writes it."""
    return {
        "number": number, "title": title, "body": body, "user": {"login": "bob-example"}, "created_at": at(1), "merged_at": at(4),
        "merge_commit_sha": merged,
    }  # fmt: skip


def lessons(run: Run) -> list[Sample]:
    """Of both sides."""
    return [one for split in ("train", "validation") for one in samples.read(run.folder, split)]


def described(run: Run) -> str:
    """All lessons, as text that can be read."""
    parts = []
    for one in sorted(lessons(run), key=lambda one: (one.maker, one.id)):
        assert isinstance(one.prompt, tuple)
        spans = (f"  {span.path} {span.start}-{span.end} {span.commit[:7] or 'of the forge'}" for span in one.origins)
        said = [f"{'=' * 20} {one.maker} ({one.kind}, {one.confidence})", one.prompt[0].content, "-" * 20, str(one.answer), "-" * 20]
        parts.append("\n".join([*said, *sorted(spans), ""]))
    steps = [row for row in run.metrics["funnel"] if row["step"].startswith(("forge", "reviews", "split", "make"))]
    return "\n".join([*parts, *(f"{row['step']}: {row['in']} in, {row['kept']} kept, {row['dropped']}" for row in steps), ""])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        GOLDEN.write_text(described(shop.build()), encoding="utf-8")
        FINDINGS.write_text(described(shop.checked()), encoding="utf-8")
