from __future__ import annotations

from idiolect.compute import Failed
from idiolect.dataset import units
from idiolect.dataset.slips import SOON, pairs
from idiolect.sources.commits import Planned, Side
from idiolect.sources.contents import Stated
from idiolect.types import Change

FILE = "def fee(parcel):\n    return parcel.weight * 2\n\n\ndef total(basket):\n    return basket.sum\n"
SLIP = FILE.replace("parcel.weight * 2", "parcel.wieght * 3")
MENDED = SLIP.replace("wieght", "weight")
ELSEWHERE = SLIP.replace("basket.sum", "basket.total")
TEXTS = {"file": FILE, "slip": SLIP, "mended": MENDED, "elsewhere": ELSEWHERE}
STATED = Stated("", False, None, "")


def plan(commit: str, subject: str, old: str, new: str, time: int = 0, path: str = "shop/fees.py") -> Planned:
    return Planned(Change("shop", "team", commit, time, "p1", subject, "", ()), (Side(path, old, new, STATED),))


def mended(*plans: Planned) -> set[str]:
    asked = pairs(plans)
    texts = ([TEXTS[oid].encode() if oid in TEXTS else None for oid in pair[1:]] for pair in asked)
    found = units.reworked(iter(texts), code=units.code())
    return {pair.commit for pair, one in zip(asked, found, strict=True) if one is True}


def test_a_commit_whose_lines_the_next_one_mends_at_once_is_a_slip() -> None:
    slip = plan("a", "Raise the fee", "file", "slip")
    for subject in ("typo", "Fix the weight of parcels", "shop: oops, a letter too few", "Follow the last commit"):
        assert mended(slip, plan("b", subject, "slip", "mended", 600)) == {"a"}


def test_later_repairs_other_lines_and_work_that_goes_on_are_none() -> None:
    slip = plan("a", "Raise the fee", "file", "slip")
    assert not mended(slip, plan("b", "typo", "slip", "mended", SOON + 1))
    assert not mended(slip, plan("b", "typo", "slip", "elsewhere", 600))
    assert not mended(slip, plan("b", "Let parcels be weighed", "slip", "mended", 600))
    assert not mended(slip, plan("b", "typo", "slip", "mended", 600, "ui/fees.py"))
    assert not mended(slip, plan("b", "typo", "slip", "lost", 600))


def test_a_version_that_is_missing_may_come_back() -> None:
    (found,) = units.reworked(iter([(b"", FILE.encode(), None)]), code=units.code())
    assert isinstance(found, Failed) and found.reason == "missing" and not found.lasting
