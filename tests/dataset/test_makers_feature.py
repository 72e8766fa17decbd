from __future__ import annotations

import pytest

from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.feature import feature
from idiolect.dataset.makers.layers import in_order, layer
from idiolect.types import Change, Dropped, Edit, Message, Sample

COUPON = """class Coupon:
    def __init__(self, percent):
        self.percent = percent

    def off(self, total):
        return total * self.percent // 100
"""
ORDER = "class Order:\n    coupon = None\n\n    def total(self):\n        return sum(self.lines)\n"
WITH = ORDER.replace(
    "        return sum",
    "        if self.coupon:\n            return sum(self.lines) - self.coupon.off(sum(self.lines))\n        return sum",
)
TEST = "from coupon import Coupon\n\n\ndef test_a_coupon_takes_its_percent_off():\n    assert Coupon(10).off(200) == 20\n"


def edit(path: str, before: str, after: str, language: str = "python") -> Edit:
    return Edit(path, language, before.encode(), after.encode())


EDITS = (edit("tests/test_coupon.py", "", TEST), edit("shop/order.py", ORDER, WITH), edit("shop/coupon.py", "", COUPON))


def change(subject: str = "Add coupons to orders (#7)", *edits: Edit, body: str = "", pull: str = "") -> Change:
    return Change("shop", "team", "a" * 40, 1_700_000_000, "p1", subject, body, edits or EDITS, parent="b" * 40, pull=pull)


def only(one: Change) -> Sample | Dropped:
    (made,) = feature([one])
    return made


def reason(one: Change) -> str:
    made = only(one)
    assert isinstance(made, Dropped), made
    return made.reason


def test_a_request_is_answered_by_new_files_whole_and_changed_ones_as_edits_in_order() -> None:
    made = only(change())
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    answer = made.answer or ""
    assert "Add coupons to orders." in made.prompt[0].content and "def total" in made.prompt[0].content
    assert "class Coupon" not in made.prompt[0].content
    assert answer.index("shop/coupon.py") < answer.index("shop/order.py") < answer.index("tests/test_coupon.py")
    assert blocks.apply(answer, {one.path: one.before.decode() for one in EDITS}) == {one.path: one.after.decode() for one in EDITS}


def test_who_says_so_tests_it_and_asked_for_it_in_a_pull_request_is_surer() -> None:
    sure = only(change("Add coupons to orders (#7)", body="A coupon takes its percent off what an order costs.", pull="#7"))
    unsure = only(change("Coupons for all who order"))
    assert isinstance(sure, Sample) and isinstance(unsure, Sample)
    assert (sure.confidence, unsure.confidence) == (1.0, 0.6)
    assert reason(change("Coupons for all who order", EDITS[1], EDITS[2])) == "not sure that it adds a behaviour"


RATES = "RATES = {\n" + "".join(f"    'zone {n}': {n},\n" for n in range(20)) + "}\n\n\ndef rate(zone):\n    return RATES[zone]\n"
KNOWN = "def test_a_zone_that_is_known_has_a_rate():\n    assert rate('zone 3') == 3\n"


def test_what_few_words_cannot_ask_for_the_commit_s_own_tests_ask_for() -> None:
    files = (
        edit("shop/rates.py", "", RATES),
        edit("shop/order.py", ORDER, WITH),
        edit("docs/rates.md", "", "A rate per zone.\n", "markdown"),
    )
    for before in ("", "import pytest\n\n\n"):
        made = only(
            change("Add rates to orders", *files, edit("tests/test_rates.py", before, before + "from shop.rates import rate\n\n\n" + KNOWN))
        )
        assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
        asked = made.prompt[0].content
        assert KNOWN.strip() in asked and "Add rates to orders." in asked and ("from shop.rates" in asked) == (not before)
        assert "def rate" in (made.answer or "") and "test_a_zone" not in (made.answer or "") and "docs/rates.md" in (made.answer or "")
        assert any(span.path == "tests/test_rates.py" for span in made.origins)


def test_few_words_for_much_without_a_test_that_says_more_are_no_request() -> None:
    files = edit("shop/rates.py", "", RATES), edit("shop/order.py", ORDER, WITH)
    assert reason(change("Add rates to orders", *files)) == "few words ask for much"
    assert reason(change("Add rates to orders", *files, edit("tests/test_rates.py", "", "RATE = 3\n"))) == "few words ask for much"
    said = change("Add rates of all the twenty zones that we send to, by their names", *files)
    assert isinstance(only(said), Sample)


def test_names_that_the_program_coins_are_asked_for_by_its_tests_or_not_at_all() -> None:
    coined = "def percent_of(total):\n    return half_of(total)\n\n\ndef half_of(total):\n    return best_of(total) // 2\n"
    code = (edit("shop/coupon.py", "", coined + "\n\ndef best_of(total):\n    return total\n"), EDITS[1])
    asks = edit("tests/test_coupon.py", "", "def test_a_coupon_takes_half():\n    assert percent_of(200) == 100\n")
    request = "Add coupons to orders, which take off half of what is asked for"
    assert reason(change(request, *code)) == "coins names that nobody asks for"
    made = only(change(request, *code, asks))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    assert "assert percent_of(200)" in made.prompt[0].content and "test_a_coupon" not in (made.answer or "")
    named = only(change(f"{request}: percent_of", *code))
    assert isinstance(named, Sample)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (change("Add coupons to orders", EDITS[2]), "one file"),
        (change("Fix what coupons take off"), "says that it is no feature"),
        (
            change("Add a test of coupons of all sorts", EDITS[0], edit("README.md", "", "How to\n" * 9, "markdown")),
            "says that it is no feature",
        ),
        (change("Add what is to be said", edit("README.md", "", "How\n" * 9, "markdown"), EDITS[0]), "only tests and documentation"),
        (change("Add coupons to orders", EDITS[1], edit("shop/old.py", COUPON, "")), "deletes a file"),
        (change("Add coupons to orders", EDITS[1], edit("shop/a.py", "a = 1\n", "a = 1\nb = f(2)\n")), "adds little"),
        (change("Add coupons to orders", *(edit(f"shop/{n}.py", "", COUPON) for n in range(13))), "too many files"),
        (
            change("Add coupons to orders", *EDITS, edit("shop/table.py", "", "".join(f"ROW_{n} = {n}\n" for n in range(900)))),
            "answer over budget",
        ),
        (change("Coupons"), "message says nothing"),
    ],
)
def test_every_other_commit_has_its_reason(one: Change, why: str) -> None:
    assert reason(one) == why


def test_what_is_pulled_into_a_class_of_its_own_is_no_feature() -> None:
    assert reason(change("Pull coupons out into a class")) == "says that it is no feature"


def test_code_that_only_moved_is_no_feature() -> None:
    moved = "".join(f"def step_{n}(basket):\n    return go(basket, {n})\n\n\n" for n in range(12))
    new = "".join(f"def stop_{n}(basket):\n    return halt(basket, {n})\n\n\n" for n in range(12))
    leaving = edit("b.py", moved + COUPON, COUPON)
    assert reason(change("Add a file for steps", edit("a.py", "", moved + new), leaving)) == "moved, not new"
    assert reason(change("Add a file for steps", edit("a.py", "", moved), leaving)) == "adds little"


def test_a_feature_without_a_file_of_before_shows_none() -> None:
    made = only(change("Add coupons of all sorts", EDITS[0], EDITS[2], edit("shop/gift.py", "", COUPON.replace("Coupon", "Gift"))))
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple) and isinstance(made.prompt[0], Message)
    assert "```" not in made.prompt[0].content


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("db/migrate/1_a.rb", "schema"), ("app/models/a.rb", "model"), ("app/controllers/a_controller.rb", "code"),
        ("config/routes.rb", "route"), ("lib/latest.py", "code"),
        ("app/views/a/show.html.erb", "view"), ("spec/a_spec.rb", "test"), ("web/a.test.ts", "test"), ("src/test/java/ATest.java", "test"),
        ("src/contest.py", "code"), ("docs/a.md", "docs"), ("README.md", "docs"), ("shop.gemspec", "manifest"),
        ("config/locales/en.yml", "locale"), (".github/workflows/ci.yml", "manifest"), ("web/a.scss", "style"),
    ],
)  # fmt: skip
def test_a_path_tells_the_layer(path: str, expected: str) -> None:
    assert layer(path) == expected


def test_within_a_layer_a_file_comes_after_those_whose_new_names_it_uses() -> None:
    first, second = (
        edit("z.py", "", "def base():\n    return 1\n"),
        edit("a.py", "", "from z import base\n\n\ndef top():\n    return base()\n"),
    )
    assert in_order([second, first]) == [first, second]
    circle = edit("z.py", "", "from a import top\n\n\ndef base():\n    return top\n")
    assert in_order([second, circle]) == [second, circle]
