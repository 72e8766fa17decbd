"""Samples come back from Parquet as they were."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idiolect import samples
from idiolect.errors import DataError
from idiolect.types import File, Hole, Message, Sample, Span

SPAN = Span(source="shop", commit="c", path="a.py", start=0, end=3, time=5, authors=("a-1",), licence="MIT")
ROWS = [
    Sample(kind="raw", maker="raw", answer="é\r\n", origins=(SPAN,), labels={"language": ("python",)}),
    Sample(
        kind="fim", maker="fim", prompt=Hole(path="a", prefix="p", suffix="s", files=(File(path="b", text="t"),)), answer="", weight=0.5
    ),
    Sample(kind="write", maker="write", prompt=(Message(role="user", content="u"),), answer="x", spans=((0, 1),)),
    Sample(kind="contrast", maker="c", rejected="no", rejected_spans=((0, 2),), files=(File(path="t", text="t"),), confidence=0.9),
]


def test_every_shape_of_sample_comes_back(tmp_path: Path) -> None:
    assert samples.write(tmp_path, "train", ROWS) == 4
    assert list(samples.read(tmp_path, "train")) == ROWS
    assert [one.id for one in samples.read(tmp_path, "train", ["fim", "write"])] == [ROWS[1].id, ROWS[2].id]
    assert list(samples.read(tmp_path, "validation")) == []


def test_some_are_read_by_their_ids(tmp_path: Path) -> None:
    samples.write(tmp_path, "train", ROWS, rows=2)
    assert list(samples.some(tmp_path, "train", [ROWS[3].id, ROWS[0].id])) == [ROWS[0], ROWS[3]]
    assert list(samples.some(tmp_path, "train", [])) == []


def test_ids_and_answers_are_read_without_the_rest(tmp_path: Path) -> None:
    samples.write(tmp_path, "time", ROWS)
    assert list(samples.answers(tmp_path, "time")) == [(one.id, one.answer or "") for one in ROWS]
    (tmp_path / "time" / "part-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="not readable"):
        list(samples.answers(tmp_path, "time"))


def test_the_id_is_of_prompt_answer_rejected_and_kind_alone() -> None:
    first = Sample(kind="raw", maker="a", answer="x")
    assert first.id == Sample(kind="raw", maker="b", answer="x", weight=2, origins=(SPAN,)).id
    others = [
        Sample(kind="raw", maker="a", answer="y"),
        Sample(kind="qa", maker="a", answer="x"),
        Sample(kind="raw", maker="a", answer="x", rejected="z"),
    ]
    assert len({first.id, *(one.id for one in others)}) == 4


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    samples.write(tmp_path, "train", ROWS)
    (tmp_path / "train" / "part-00000.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="not readable as Parquet"):
        list(samples.read(tmp_path, "train"))


@given(st.text(), st.text(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_json(prefix: str, suffix: str, answer: str) -> None:
    sample = Sample(kind="fim", maker="fim", prompt=Hole(path="p", prefix=prefix, suffix=suffix), answer=answer)
    assert Sample.model_validate_json(sample.model_dump_json()) == sample
