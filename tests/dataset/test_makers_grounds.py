from __future__ import annotations

import pytest

from idiolect.dataset.makers.grounds import MOST, baseless, plain, rootless

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
        ("parcel.total + 1_000_000 + 2_000 + 3_000", False),
        ("return 'see http://a.b/' + flat_rate + zone_fee + tax_of", True),
        ("return fetch('http://a.b/flat_rate/zone_fee') + tax_of", False),
        ("return weight // flat_rate + zone_fee + tax_of", True),
    ],
)
def test_names_of_a_team_s_own_making_have_to_be_shown_or_brought(code: str, found: bool) -> None:
    assert baseless(plain(code, "python"), PROMPT) == found
    assert MOST == 2


@pytest.mark.parametrize(
    ("code", "language", "found"),
    [
        ("def name\n  @first_name\nend", "ruby", True),
        ('def name\n  "#{@first_name}"\nend', "ruby", True),
        ("def name\n  <<~TEXT\n    Dear #{@first_name}\n  TEXT\nend", "ruby", True),
        ('def name\n  "http://#{@host_name}"\nend', "ruby", True),
        ("def name\n  call # @first_name\nend", "ruby", False),
        ("def name\n  'a # b' + @first_name\nend", "ruby", True),
        ("def name\n  @first_name = 3\n  @first_name\nend", "ruby", False),
        ("def name\n  self.class.base_fee\nend", "ruby", False),
        ("def half(self):\n    return 3 // self.rate", "python", True),
        ("def half(self):\n    return 3  # self.rate", "python", False),
        ("def half(self):\n    return 'me @home'", "python", False),
        ("@cached.property\ndef half(self):\n    return 3", "python", False),
        ("half() {\n  return 3; // this.rate\n}", "javascript", False),
        ("half() {\n  return get('http://a.b/' + this.rate);\n}", "javascript", True),
        ("half() {\n  return this.#most + this.rate;\n}", "javascript", True),
        ("def half(self):\n    return self.base_fee", "python", False),
    ],
)
def test_an_attribute_has_to_be_set_or_shown(code: str, language: str, found: bool) -> None:
    assert rootless(plain(code, language), language, PROMPT) == found
