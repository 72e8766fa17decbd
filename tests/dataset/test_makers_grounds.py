from __future__ import annotations

import pytest

from idiolect.dataset.makers.grounds import MOST, baseless

PROMPT = "`shop/fees.py`\n\ndef fee_of(parcel):\n    return base_fee(parcel)\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("return flat_rate(parcel) + zone_fee(parcel) + taxOf(parcel)", True),
        ("return flat_rate(parcel) + zone_fee(parcel)", False),
        ("return fee_of(parcel) + base_fee(parcel) + taxOf(parcel)", False),
        ("flat_rate = 3\ndef zone_fee(weight_limit):\n    return flat_rate + taxOf(weight_limit)", False),
        ("# flat_rate, zone_fee and tax_of\nreturn 3", False),
        ('def a():\n    """As flat_rate, zone_fee and tax_of."""\n    return 3', False),
        ("has_many :zones\nvalidates_presence_of :name\nbefore_save :find_each\nraise FeeError, TaxError", False),
        ("parcel.total + count + weight", False),
    ],
)
def test_names_of_a_team_s_own_making_have_to_be_shown_or_brought(code: str, found: bool) -> None:
    assert baseless(code, PROMPT) == found
    assert MOST == 2
