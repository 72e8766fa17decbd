"""Benchmarks are read as they come, and lessons that hold their text are dropped."""

import gzip
import json
import os
import re
from pathlib import Path

import pytest

from idiolect.dataset import benchmarks
from idiolect.errors import RecipeError
from idiolect.types import Dropped, Hole, Message, Sample
from tests.dataset.corpus import function, text
from tests.dataset.test_contamination import odd

SHARED = Path(os.environ.get("IDIOLECT_SHARED", Path(__file__).parents[3] / "shared")) / "benchmarks"
ROWS = [{"task": seed, "prompt": f"# {seed}", "tests": [{"code": function(seed)}, "assert total == 3"]} for seed in range(95_000, 95_010)]


def test_rows_compressed_or_not_and_plain_files_give_their_texts(tmp_path: Path) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "c.json").write_text(json.dumps(ROWS))
    (tmp_path / "d.py").write_text(function(95_000))
    files = benchmarks.files(tmp_path.parent, [tmp_path.name])
    assert [one.name for one in files] == ["a.jsonl", "b.jsonl.gz", "c.json", "d.py"]
    read = [benchmarks.read(one) for one in files]
    assert [(one.row, one.text) for one in read[0]] == [(one.row, one.text) for one in read[1]] == [(one.row, one.text) for one in read[2]]
    assert (3, function(95_002).encode()) in [(one.row, one.text) for one in read[0]]
    assert [one.text for one in read[0]].count(b"assert total == 3") == 1
    assert read[3] == [benchmarks.Passage("d.py", 1, function(95_000).encode())]
    assert len(set(benchmarks.digests(files).values())) == 4


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"{"),
        ("a.jsonl.gz", b"no gzip"),
        ("a.txt", b"\xff\xfe"),
        ("a.json", b"[" * 9000),
        ("cut.gz", gzip.compress(b"x" * 99)[:-9]),
    ],
)
def test_what_is_no_benchmark_is_a_sentence(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RecipeError, match="cannot be read as a benchmark") as caught:
        benchmarks.read(tmp_path / name)
    assert name in str(caught.value)
    with pytest.raises(RecipeError, match="there is no benchmark here"):
        benchmarks.files(tmp_path, ["elsewhere"])


def test_a_lesson_that_holds_a_benchmark_in_any_part_is_dropped_and_says_whose() -> None:
    passages = [benchmarks.Passage("tasks.jsonl", number, function(seed).encode()) for number, seed in enumerate(range(95_000, 95_010), 1)]
    held = function(95_003)
    around = f"{text(1)}\n{held}\n{text(2)}"
    hole = Hole(path="a.py", prefix=around[:-500], suffix=around[-400:])
    clean = [Sample(answer=odd(seed), kind="raw", maker="raw") for seed in range(30)]
    bad = [
        Sample(answer=around, kind="raw", maker="raw"),
        Sample(prompt=hole, answer=around[-500:-400], kind="fim", maker="fim"),
        Sample(prompt=(Message(role="user", content=around),), answer="yes", kind="write", maker="write"),
        Sample(prompt=(Message(role="user", content="?"),), rejected=around, kind="contrast", maker="contrast"),
    ]
    out = list(benchmarks.without([*clean[:15], *bad, *clean[15:]], passages))
    assert [one for one in out if isinstance(one, Sample)] == clean
    dropped = [one for one in out if isinstance(one, Dropped)]
    assert [(one.reason, one.what, one.detail) for one in dropped] == [("benchmark", one.id, "tasks.jsonl row 4 (words)") for one in bad]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared benchmarks are not here")
def test_solutions_of_a_real_benchmark_are_found_in_lessons_and_ordinary_code_is_not() -> None:
    passages = benchmarks.read(SHARED / "mbpp-python.jsonl.gz")
    solutions = [one.text.decode() for one in passages if one.text.startswith(b"def ") and len(re.findall(rb"\w+", one.text)) > 15]
    lessons = [Sample(answer=f"{text(number, 1)}\n{one}", kind="raw", maker="raw") for number, one in enumerate(solutions)]
    plain = [Sample(answer=text(number), kind="raw", maker="raw") for number in range(200)]
    out = list(benchmarks.without([*lessons, *plain], passages))
    assert len(solutions) > 300
    assert sum(isinstance(one, Dropped) for one in out[: len(lessons)]) >= 0.99 * len(lessons)
    assert out[len(lessons) :] == plain
