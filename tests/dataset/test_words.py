from pathlib import Path

from idiolect.dataset import words
from idiolect.dataset.words import Count, Words
from idiolect.files import read_json
from idiolect.types import Hole, Sample


def raw(text: str) -> Sample:
    return Sample(answer=text, kind="raw", maker="m")


def test_words_of_files_are_counted_once_and_those_of_other_answers_where_there_are_no_files(tmp_path: Path) -> None:
    hole = Sample(prompt=Hole(path="a", prefix="", suffix=""), answer="order_form MIDDLE", kind="fim", maker="m")
    found = Words()
    found.add(hole)
    found.write(tmp_path)
    assert read_json(tmp_path / words.FILE)["words"] == {"MIDDLE": 1, "order_form": 1}
    found.add(raw("order_form = OrderForm(x, order_form)  # größe 12 ab"))
    found.add(hole)
    found.write(tmp_path)
    assert read_json(tmp_path / words.FILE) == {"words": {"OrderForm": 1, "größe": 1, "order_form": 2}, "total": 4, "share": 1.0}


def test_of_very_many_lessons_a_share_is_read_and_counted_as_such() -> None:
    found = Count()
    for number in range(40):
        found.add(raw(f"basket parcel{number} " * 60_000))
    assert found.halved >= 1
    assert found.size <= 17_000_000
    assert 0.6 < found.words["basket"] / 0.5**found.halved / (40 * 60_000) < 1.4
