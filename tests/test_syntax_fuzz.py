"""Files that nobody would write: whatever is read, what is found lies within the file and makers can cut it."""

from __future__ import annotations

import random
import resource
import time

import pytest

from idiolect import syntax
from idiolect.dataset.makers import MAKERS
from idiolect.types import Document, Hole, Sample
from tests.golden import FILES, language

SAMPLES = [(language(file), file.read_bytes()) for file in FILES]
NEWLINES = (b"\n", b"\r\n", b"\r")


def spoiled(choose: random.Random, number: int) -> Document:
    """A sample in its own language, or in another, with a few accidents; still UTF-8, as sources admit nothing else."""
    known, data = choose.choice(SAMPLES)
    other = choose.choice(SAMPLES)
    text = bytearray(data.replace(b"\n", choose.choice(NEWLINES)))
    for _ in range(choose.randrange(1, 12)):
        start = choose.randrange(len(text) + 1)
        end = min(len(text), start + choose.randrange(1, 60))
        accident = choose.randrange(6)
        if accident == 0:
            del text[start:end]
        elif accident == 1:
            text[start:start] = text[start:end] * choose.randrange(1, 30)
        elif accident == 2:
            text[start:start] = choose.choice(
                (b"(", b"{", b'"', b"'", b"<%", b"%>", b"/*", b"#", b"\\", b"end\n", b"`", b"<<A\n")
            ) * choose.randrange(1, 9)
        elif accident == 3:
            text[start:start] = choose.choice(("größe", "値段", "🙂", "\u2028", "\x00", "\x0c", "\ufeff", "a\u0301")).encode()
        elif accident == 4:
            text[start:end] = text[start:end][::-1]
        else:
            text[start:start] = other[1][: choose.randrange(400)]
    whole = bytes(text).decode("utf-8", "ignore").encode()
    return Document("shop", "team", "c" * 40, f"a{number}", choose.choice((known, known, known, other[0])), whole, 0)


def is_sound(document: Document) -> None:
    """What is found lies within the file, in order, and on the borders of characters."""
    data = document.data
    found = syntax.read(document.language, data)
    if found is None:
        return
    ranges = [(span.start, span.end) for span in found.spans]
    assert ranges == sorted(ranges, key=lambda one: (one[0], -one[1]))
    assert ranges == syntax.ranges(document.language, data)
    for start, end in ranges:
        assert 6 <= end - start <= 4000
    ranges += found.comments + [(name.start, name.end) for name in (*found.defined, *found.calls, *found.imports)]
    for unit in found.units:
        ranges += [(unit.start, unit.end), (unit.body_start or 0, unit.body_end or 0), unit.doc or (0, 0)]
    for start, end in ranges:
        assert 0 <= start <= end <= len(data)
        data[start:end].decode()


def holes_join(document: Document) -> int:
    """Every hole joins to the bytes of its origin; every other maker comes to its end. How many holes there were."""
    holes = 0
    for maker in MAKERS.values():
        for one in maker([document]):
            if isinstance(one, Sample) and isinstance(one.prompt, Hole):
                span = one.origins[0]
                text = one.prompt.prefix + one.prompt.typed + (one.answer or "") + one.prompt.suffix
                assert text.encode() == document.data[span.start : span.end]
                holes += 1
    return holes


def fuzzed(choose: random.Random, count: int) -> tuple[int, int]:
    """So many spoiled files, read and made lessons of: how many were refused, and how many holes were cut."""
    documents = [spoiled(choose, number) for number in range(count)]
    refused = holes = 0
    with syntax.reading():
        for one in documents:
            refused += syntax.read(one.language, one.data) is None and syntax.has_grammar(one.language)
            is_sound(one)
            holes += holes_join(one)
    return refused, holes


def test_spoiled_files_are_read_or_refused_and_their_holes_join() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    refused, holes = fuzzed(random.Random(seed), 150)
    assert refused < 10
    assert holes > 100


@pytest.mark.long
def test_a_hundred_thousand_holes_in_spoiled_files_join_and_memory_stays() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201  shown where the test fails
    choose, holes, until = random.Random(seed), 0, time.monotonic() + 600
    fuzzed(choose, 500)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while holes < 100_000 or time.monotonic() < until:
        holes += fuzzed(choose, 500)[1]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024
