"""Lessons are written in files that memory can hold."""

from pathlib import Path

from idiolect import samples
from idiolect.dataset.census import Census
from idiolect.dataset.finishing import Writer
from idiolect.types import Hole, Sample


def probe(number: int, size: int) -> Sample:
    return Sample(kind="fim", maker="probe", prompt=Hole(path="a.py", prefix="x" * size, suffix=""), answer=f"answer {number}")


def test_probes_with_large_files_around_them_stand_in_several_files(tmp_path: Path) -> None:
    writer = Writer(tmp_path, Census())
    found = [probe(number, 3_000_000) for number in range(20)]
    assert len(writer.write("time", found)) == 4
    assert [one.id for one in samples.read(tmp_path, "time")] == [one.id for one in found]


def test_the_digest_does_not_know_in_what_order_samples_were_written(tmp_path: Path) -> None:
    digests = set()
    for name, step in (("a", 1), ("b", -1)):
        writer = Writer(tmp_path / name, Census())
        writer.write("train", [probe(number, 10) for number in range(50)][::step])
        digests.add(writer.digest())
    other = Writer(tmp_path / "c", Census())
    other.write("train", [probe(number, 10) for number in range(51)])
    assert len(digests) == 1 and other.digest() not in digests
