"""Markdown of our cards: whatever stands in somebody's text, it stays text."""

from hypothesis import given
from hypothesis import strategies as st

from idiolect import markdown


def test_a_clipped_text_keeps_both_ends_at_line_ends_and_says_how_much_is_left_out() -> None:
    text = "".join(f"line {number}\n" for number in range(1_000))
    found = markdown.clipped(text, 200, 100)
    head, mark, tail = found.partition("\n[… ")[0], found.split("[… ")[1].split(" characters")[0], found.rpartition("…]\n")[2]
    assert text.startswith(head + "\n") and text.endswith("\n" + tail)
    assert len(head) + len(tail) + int(mark.replace(",", "")) == len(text)
    assert markdown.clipped(text[:350], 200, 100) == text[:350]


@given(st.text(alphabet="a\n`"), st.integers(0, 40), st.integers(0, 40))
def test_what_is_clipped_is_counted_and_its_fence_is_closed(text: str, first: int, last: int) -> None:
    found = markdown.clipped(text * 20, first, last)
    assert found == text * 20 or "characters left out …]" in found
    block = markdown.fence(found).split("\n")
    ticks = block[0].removesuffix("text")
    assert block[-1] == ticks and not any(ticks in row for row in block[1:-1])


def test_numbers_stand_to_the_right_and_a_fold_is_one_block() -> None:
    assert markdown.table(("a", "b"), [("x", 1_000), ("2", "3 / 4")]).split("\n")[1:3] == ["| --- | ---: |", "| x | 1,000 |"]
    assert markdown.table(("a",), []).split("\n") == ["| a |", "| --- |"]
    assert markdown.folded("<b>", "text") == "<details>\n<summary>&lt;b&gt;</summary>\n\ntext\n\n</details>"
