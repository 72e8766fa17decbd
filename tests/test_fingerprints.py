from __future__ import annotations

import random
from pathlib import Path

import pytest

from idiolect.errors import DigestError
from idiolect.fingerprints import HEADER, Fingerprints, build

TEXT = """def total(prices, rate):
    # what the customer pays, tax included
    net = sum(price for price in prices if price)

    return round(net * (1 + rate), 2)
"""


def _noise(seed: int, lines: int) -> str:
    rng = random.Random(seed)
    return "".join(f"value_{rng.getrandbits(64):x} = compute({rng.getrandbits(64):x})\n" for _ in range(lines))


def test_a_text_that_was_put_in_is_found_however_it_is_indented_and_spaced(tmp_path: Path) -> None:
    build(tmp_path / "f.bin", [TEXT, _noise(1, 50)])
    index = Fingerprints.load(tmp_path / "f.bin")
    assert index.share(TEXT) == 1.0
    assert index.share(TEXT.replace("    ", "\t").replace("\n", "  \r\n\n")) == 1.0


def test_a_text_that_was_not_put_in_is_hardly_ever_found(tmp_path: Path) -> None:
    build(tmp_path / "f.bin", [_noise(seed, 200) for seed in range(20)])
    assert Fingerprints.load(tmp_path / "f.bin").share(_noise(99, 3000)) < 0.01


def test_half_a_known_text_is_found_by_about_half(tmp_path: Path) -> None:
    known = _noise(1, 100)
    build(tmp_path / "f.bin", [known])
    assert 0.45 < Fingerprints.load(tmp_path / "f.bin").share(known + _noise(2, 100)) < 0.55


def test_one_line_is_looked_up_by_itself_and_a_short_one_says_nothing(tmp_path: Path) -> None:
    build(tmp_path / "f.bin", [TEXT])
    index = Fingerprints.load(tmp_path / "f.bin")
    assert index.share("  net = sum(price for price in prices if price)") == 1.0
    assert index.share("net = 1") == 0.0
    assert index.share("") == 0.0


def test_the_same_texts_in_another_order_give_the_same_file(tmp_path: Path) -> None:
    texts = [_noise(seed, 30) for seed in range(5)]
    first, second = build(tmp_path / "a.bin", texts), build(tmp_path / "b.bin", [*texts[::-1], texts[0]])
    assert first == second
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


@pytest.mark.parametrize("broken", ["cut", "magic", "empty"])
def test_a_file_that_is_no_index_is_refused(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "f.bin"
    build(path, [TEXT])
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-1], "magic": b"X" + data[1:], "empty": data[: HEADER.size - 1]}[broken])
    with pytest.raises(DigestError, match="fingerprint index"):
        Fingerprints.load(path)
