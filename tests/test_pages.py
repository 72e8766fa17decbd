"""Samples on a terminal: their parts can be told apart, and what stands in somebody's code does nothing to the terminal."""

import re

from idiolect.cli import pages
from idiolect.dataset.drops import Shown
from idiolect.types import File, Hole, Message, Sample, Span

SPANS = tuple(Span(source="shop", commit="c" * 40, path="src/shop.py", start=at, end=at + 5, time=0) for at in (0, 10))


def shown(one: Sample, colour: bool = False) -> str:
    return "".join(pages.pages([one], colour=colour))


def test_a_hole_stands_between_brackets_with_what_was_typed_before_the_bar() -> None:
    around = File(path="src/price.py", text="def price(): ...")
    hole = Hole(path="src/shop.py", prefix="total = ", typed="su", suffix="\nreturn total\n", files=(around,))
    text = shown(Sample(prompt=hole, answer="m(prices)", kind="fim", maker="fim.cursor", labels={"language": ("python",)}, origins=SPANS))
    assert "total = ⟦su│m(prices)⟧\nreturn total" in text
    assert "[src/price.py]\ndef price(): ..." in text
    assert "shop src/shop.py:0-5, 10-15 @ cccccccccccc" in text
    assert "language python" in text


def test_a_conversation_has_its_roles_and_its_code_as_written() -> None:
    asked = (Message(role="user", content="Write `total`.\n\n```ruby\ndef total\n```\nPlease."),)
    text = shown(Sample(prompt=asked, answer="```ruby\ndef total\n  1\nend\n```", kind="write", maker="write"))
    assert "[user]\nWrite `total`.\n\n```ruby\ndef total\n```\nPlease.\n[answer]\n```ruby\ndef total\n  1\nend\n```\n" in text


def test_colours_change_no_letter() -> None:
    code = "".join(f"def price_{number}(amount):\n    return amount * {number}  # [bold]\n\n" for number in range(5))
    one = Sample(answer=code, kind="raw", maker="raw", labels={"language": ("python",)}, origins=SPANS)
    coloured = shown(one, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown(one)
    assert code.strip() in shown(one)


def test_what_was_dropped_has_its_reason_and_its_text_or_why_there_is_none() -> None:
    row = {"step": "make write", "reason": "adds little", "what": "a.py\x1b[2J", "source": "shop", "detail": "total"}
    found = [Shown(row, "as it stood", "x = 1  # \x1b[2J\n", "python"), Shown(row, "cannot be shown: it is a row")]
    text = "".join(pages.dropped(found, colour=False))
    assert text.startswith("── make write  adds little  shop  a.py\\x1b[2J  total\n   as it stood\nx = 1  # \\x1b[2J\n")
    assert "cannot be shown: it is a row" in text and "\x1b" not in text
    assert "\x1b[" in "".join(pages.dropped(found, colour=True))
    one = Sample(answer="kept", kind="raw", maker="raw")
    assert one.id in "".join(pages.dropped([Shown(row, "stands for it", sample=one)], colour=False))


def test_signs_that_act_on_a_terminal_are_written_out() -> None:
    planted = "x = 1  # \x1b]0;title\x07\x1b[2J \u202e\x9b31m\r\n"
    for one in (
        Sample(answer=planted, kind="raw", maker="raw", labels={"language": ("python",)}, origins=SPANS),
        Sample(prompt=(Message(role="user", content=planted),), answer=planted, kind="write", maker="write"),
        Sample(
            prompt=Hole(path="a", prefix=planted, suffix=planted, files=(File(path=planted, text=planted),)),
            answer=planted,
            kind="fim",
            maker="x",
        ),
    ):
        text = shown(one)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert "\\x1b]0;title\\x07" in text
