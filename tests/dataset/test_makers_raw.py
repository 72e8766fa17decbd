from __future__ import annotations

import random

import pytest

from idiolect.dataset.makers import windows
from idiolect.dataset.makers.raw import raw
from idiolect.types import Document, Dropped, Sample


def document(text: str, language: str = "python", path: str = "a.py") -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 1_700_000_000)


def answers(one: Document, budget: int) -> list[str]:
    return [made.answer or "" for made in raw([one], budget=budget) if isinstance(made, Sample)]


def test_a_short_file_is_one_sample_byte_for_byte() -> None:
    one = document("x = 1\r\ny = 'é'")
    (made,) = raw([one])
    assert isinstance(made, Sample)
    assert made.prompt is None and made.answer == "x = 1\r\ny = 'é'" and made.kind == "raw"
    assert (made.origins[0].start, made.origins[0].end, made.origins[0].path) == (0, len(one.data), "a.py")
    assert made.labels == {"language": ("python",)}


def test_a_long_file_is_cut_between_functions_and_loses_nothing() -> None:
    text = "".join(f"def f{number}(a):\n    b = a + {number}\n\n    return b * {number}\n\n\n" for number in range(200))
    pieces = answers(document(text), 2000)
    assert "".join(pieces) == text
    assert len(pieces) > 3 and all(len(piece.encode()) <= 2000 and piece.startswith("def ") for piece in pieces)


def test_windows_are_of_about_equal_size() -> None:
    pieces = answers(document("".join(f"line_{number} = {number}\n" for number in range(400))), 3000)
    assert min(map(len, pieces)) > 0.7 * max(map(len, pieces))


def test_a_long_page_of_prose_is_cut_at_its_headings() -> None:
    page = "".join(f"## Part {number}\n\n" + "Words about it that go on.\n" * 20 + "\n" for number in range(12))
    pieces = answers(document(page, "markdown", "README.md"), 2500)
    assert "".join(pieces) == page and all(piece.startswith("## Part") for piece in pieces)


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    page = "# One\n\n```sh\n# not a heading\n```\n\n" * 60
    pieces = answers(document(page, "markdown", "README.md"), 900)
    assert "".join(pieces) == page and not any(piece.startswith("# not") for piece in pieces)


def test_a_blank_file_is_a_counted_reason() -> None:
    assert [made.reason for made in raw([document(" \n\n")]) if isinstance(made, Dropped)] == ["blank"]


def test_windows_tile_any_text_and_split_no_character() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose = random.Random(seed)
    for _ in range(300):
        text = "".join(choose.choice(("a", "é", "値", "🙂", "\n", "\r\n", "\r", " ", "\n\n")) for _ in range(choose.randrange(1, 400)))
        data, limit = text.encode(), choose.randrange(8, 120)
        tiles = windows.cut(data, limit)
        assert "".join(data[start:end].decode() for start, end in tiles) == text
        assert all(0 < end - start <= limit for start, end in tiles)
        assert all(data[end - 1 : end + 1] != b"\r\n" for _, end in tiles)


@pytest.mark.parametrize("budget", [1, 7, 20, 1000])
def test_before_and_after_are_windows_on_lines_within_the_budget(budget: int) -> None:
    data = "eins\nzwei größer\r\ndrei\rvier 値段\n".encode()
    for at in range(len(data) + 1):
        if windows.on_character(data, at) != at:
            continue
        start, end = windows.before(data, at, budget), windows.after(data, at, budget)
        assert 0 <= at - start <= budget and 0 <= end - at <= budget
        data[start:at].decode()
        data[at:end].decode()


def test_a_long_file_of_tests_is_cut_between_tests() -> None:
    one = "  it('does {0}', function(done){{\n    function helper{0}(a) {{ return a }}\n\n    call({0}, helper{0})\n\n    done()\n  }})\n\n"
    text = "describe('shop', function(){\n" + "".join(one.format(number) for number in range(80)) + "})\n"
    pieces = answers(document(text, "javascript", "test/shop.js"), 1500)
    assert "".join(pieces) == text and len(pieces) > 3
    assert all(piece.startswith("  it(") for piece in pieces[1:])


def test_paragraphs_at_the_margin_are_cut_at_before_indented_ones() -> None:
    text = "".join(f"block {number}\n    one\n\n    two\n\n    three\n\n" for number in range(60))
    pieces = answers(document(text, "makefile", "Makefile"), 600)
    assert len(pieces) > 3 and all(piece.startswith("block") for piece in pieces)


def test_of_a_changelog_the_newest_entries_are_enough() -> None:
    page = "".join(f"## {number}.0\n\n" + "- Something that was done for this release.\n" * 9 + "\n" for number in range(40, 0, -1))
    made = list(raw([document(page, "markdown", "CHANGELOG.md")], budget=2000))
    (kept,) = (one for one in made if isinstance(one, Sample))
    assert (kept.answer or "").startswith("## 40.0") and [one.reason for one in made if isinstance(one, Dropped)] == ["changelog"]
