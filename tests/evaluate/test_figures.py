"""Figures from grades: signs, unknown verdicts, languages."""

import pytest

from idiolect.evaluate.figures import compared, difference, drop, figures, languages
from tests.evaluate.material import grade


def test_differences_are_gains_for_every_metric() -> None:
    base = [grade(number, 24.0, edit_similarity=0.4, parses=0.0, answer="") for number in range(20)]
    tuned = [grade(number, 12.0, edit_similarity=0.7, parses=1.0, exact_match=1.0) for number in range(20)]
    found = difference(base, tuned)
    assert {name: round(one.value or 0, 6) for name, one in found.items()} == {
        "bits_per_byte": 1.0, "fill_bits_per_byte": 1.0, "exact_match": 1.0, "edit_similarity": 0.3, "parses": 1.0, "answered": 1.0,
    }  # fmt: skip
    assert all((one.low or 0) > 0 for one in found.values())
    worse = difference(tuned, base)
    assert all((one.high or 0) < 0 for one in worse.values())


def test_the_drop_is_the_relative_rise_of_bits() -> None:
    base = [grade(number, 20.0, "general") for number in range(20)]
    tuned = [grade(number, 21.0, "general") for number in range(20)]
    assert drop(base, tuned).value == pytest.approx(0.05)
    assert compared(base, tuned, "general").drop is not None
    assert compared(base, tuned, "own").drop is None


def test_a_language_without_a_grammar_has_no_share_that_parses() -> None:
    some = [grade(number, parses=None if number % 2 else 1.0) for number in range(10)]
    assert figures(some).parses == 1.0
    assert figures([grade(1, parses=None)]).parses is None


def test_bits_per_byte_is_of_all_bytes_together() -> None:
    assert figures([grade(0, 10.0, bytes=10), grade(9, 0.0, bytes=90)]).bits_per_byte == pytest.approx(0.1)


def test_nothing_measured_has_no_figures() -> None:
    found = figures([])
    assert (found.n, found.bits_per_byte, found.exact_match) == (0, None, None)


def test_languages_are_told_apart_and_the_most_frequent_stands_first() -> None:
    base = [grade(number, language="ruby" if number % 3 else "python") for number in range(30)]
    found = languages(base, base)
    assert [(name, one.base.n) for name, one in found.items()] == [("ruby", 20), ("python", 10)]


def test_what_only_one_model_answered_is_compared_with_nothing() -> None:
    assert difference([grade(1)], [grade(2)])["exact_match"].value is None


def test_an_answer_of_blanks_is_none() -> None:
    found = figures([grade(1, answer="x"), grade(2, answer=" \n"), grade(3, answer=""), grade(4, answer="y")])
    assert found.answered == 0.5
