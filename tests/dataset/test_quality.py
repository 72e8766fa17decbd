from typing import Any

import pytest

from idiolect.dataset import quality
from idiolect.dataset.quality import Signs
from idiolect.types import Kind, Message, Sample, Span
from tests.dataset.corpus import function

VERBS = ("load", "weigh", "carry", "store", "split", "close", "count", "merge")


def answered(number: int, request: str, answer: str, kind: Kind = "explain", source: str = "shop", author: str = "a") -> Sample:
    span = Span(source=source, commit="c", path="a.py", start=0, end=9, time=0, authors=(author,))
    prompt = (Message(role="user", content=f"{request}\n```python\nx = {number}\n```"),)
    return Sample(
        prompt=prompt, answer=answer, kind=kind, maker="m", origins=(span,), labels={"language": ("python", "ruby")[number % 2 :][:1]}
    )


def measured(given: list[Sample], funnel: tuple[dict[str, Any], ...] = ()) -> dict[str, dict[str, Any]]:
    signs = Signs()
    for one in given:
        signs.add(one)
    return {row["name"]: row for row in signs.table(funnel)}


def good(number: int) -> Sample:
    request = f"{VERBS[number % 8]} {number} boxes {number} of {number} and say why it is so"
    return answered(
        number, request, f"{number} carries what {function(number)} gives to {number}", source=f"s{number % 4}", author=f"a{number % 9}"
    )


def test_lessons_of_many_sorts_give_no_warning() -> None:
    found = measured([good(number) for number in range(200)])
    assert quality.warnings(found.values()) == []
    assert found["effective sources"]["value"] > 3.9
    assert found["entropy of language"]["value"] == 1.0
    assert found["median answer"]["value"] > 100
    assert found["compression"]["value"] < 8


def test_each_sign_of_bad_lessons_is_seen() -> None:
    bad = [answered(number, f"Explain this code, part {number}", "## Overview of all the code", source="shop") for number in range(100)]
    found = measured([*bad, *(answered(100 + number, "x", "y", source=f"s{number}", author=f"b{number}") for number in range(4))])
    named = {row["name"] for row in found.values() if row["bad"]}
    assert named == {"compression", "commonest opener", "vague answers", "median answer", "effective sources", "effective authors"} | {
        "templated requests"
    }
    assert any(said.startswith("commonest opener 0.962, and 0.02 is the limit") for said in quality.warnings(found.values()))


def test_a_header_on_every_answer_is_seen_whatever_follows() -> None:
    found = measured([answered(number, "x", f"## Overview\n\n{function(number)}") for number in range(200)])
    assert (found["commonest opener"]["value"], found["commonest opener"]["bad"]) == (1.0, True)


def test_an_opener_that_comes_after_more_than_can_be_counted_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "_MOST", 20)
    met = [answered(number, f"Say {number}", f"{number % 30} boxes are full of {number}") for number in range(60)]
    found = measured([*met, *(answered(100 + number, "Say", f"This is what the box {number} does") for number in range(30))])
    assert found["commonest opener"]["value"] == 30 / 90


def test_duplicates_are_counted_from_the_funnel() -> None:
    funnel = (
        {"step": "merge", "in": 1000, "dropped": {"merged": 300}},
        {"step": "near-duplicates", "in": 700, "dropped": {"near-duplicate": 50}},
    )
    row = measured([], funnel)["duplicates"]
    assert (row["value"], row["bad"]) == (0.35, True)


def test_of_a_few_lessons_nothing_is_said() -> None:
    found = measured([good(number) for number in range(5)])
    assert {name for name, row in found.items() if row["value"] is None} >= {"compression", "vague answers", "median answer"}
    assert quality.warnings(found.values()) == []


def test_the_card_shows_signs_and_labels() -> None:
    rows = [row for row in measured([good(number) for number in range(40)]).values()]
    said = "\n".join(quality.section({"signs": rows, "labels": {"generation": {"dwc": 1200, "undecided": 3}}}))
    assert "| compression |" in said
    assert "Files by generation: 1,200 dwc, 3 undecided." in said
    assert quality.section({}) == []
