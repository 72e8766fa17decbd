"""Holes in real text, cut anywhere: prefix, what was typed, answer and suffix are the bytes of the file, whatever its newlines are."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from idiolect.dataset.makers.fim import Cut, cuts, sample
from idiolect.dataset.makers.windows import on_character
from idiolect.types import Document, Hole

FILES = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
NEWLINES = (b"\n", b"\r\n", b"\r", b"\n\r\n", "\u2028".encode(), b"\x0c\n")
PUT_IN = ("é", "値段", "🙂", "a\u0301", "\r", "\ufeff", "\U000e0041")


def texts(choose: random.Random) -> Iterator[bytes]:
    """Modules of the standard library with newlines of one kind or of several, and letters of more than one byte put in."""
    while True:
        text = choose.choice(FILES).read_bytes().decode("utf-8", "ignore").encode()[: choose.randrange(200, 60_000)]
        kinds = choose.sample(NEWLINES, choose.randrange(1, 4))
        lines = text.decode("utf-8", "ignore").split("\n")
        for _ in range(choose.randrange(20)):
            number = choose.randrange(len(lines))
            lines[number] += choose.choice(PUT_IN)
        yield b"".join(line.encode() + choose.choice(kinds) for line in lines)


def anywhere(data: bytes, choose: random.Random) -> Cut:
    """A cut between any three characters."""
    places = sorted(on_character(data, choose.randrange(len(data) + 1)) for _ in range(3))
    typed = places[0] if choose.random() < 0.5 else -1
    return Cut(places[1], places[2], typed=typed, how="any", suffix=choose.random() < 0.9)


def join(count: int) -> int:
    """Cut so many holes, half of them as lessons are cut and half anywhere; how many there were."""
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, cut = random.Random(seed), 0
    for number, data in enumerate(texts(choose)):
        known = "python" if number % 4 == 0 else "text"
        document = Document("shop", "team", "c" * 40, f"a{number}.py", known, data, 0)
        holes = cuts(document, 40, choose.choice((30, 1500)))
        for hole in [*holes, *(anywhere(data, choose) for _ in range(40))]:
            made = sample(document, hole, choose.choice((60, 6000)))
            (span,), prompt = made.origins, made.prompt
            assert isinstance(prompt, Hole)
            assert f"{prompt.prefix}{prompt.typed}{made.answer}{prompt.suffix}".encode() == data[span.start : span.end]
        cut += len(holes) + 40
        if cut >= count:
            return cut
    return cut


def test_a_thousand_holes_cut_anywhere_join_to_the_bytes_of_the_file() -> None:
    assert join(1_000) >= 1_000


@pytest.mark.long
def test_a_hundred_thousand_holes_cut_anywhere_join_to_the_bytes_of_the_file() -> None:
    assert join(100_000) >= 100_000
