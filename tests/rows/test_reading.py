"""Files of rows: what stands where, and what is no row; the good ones are kept."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from idiolect import recipe, rows
from idiolect.errors import SourceError
from tests.rows.material import faults, lines, read, values

ROW = {"instruction": "Größe?", "output": "Drei."}


def test_lines_with_their_bytes(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + lines(ROW).encode() + b"\r\n" + lines(ROW, {"a": 1}).encode().replace(b"\n", b"\r\n")
    found = read(tmp_path, "a.jsonl", data)
    assert values(found) == [ROW, ROW, {"a": 1}]
    assert [one.line for one in found] == [1, 3, 4]
    for one in found:
        assert isinstance(one, rows.Row)
        assert data[one.start : one.end].strip().removeprefix(b"\xef\xbb\xbf").startswith(b"{")
    assert found[-1].end == len(data)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', "not-json"),
        (b"{'a': 1}", "not-json"),
        (b'{"a": NaN}', "not-json"),
        (b'{"a": 1} {"b": 2}', "not-json"),
        (b"[" * 100_000, "not-json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not-json"),
        (b'{"a": "\xff"}', "not-utf8"),
        (b'{"a": 1, "b": 2, "a": 3}', "repeated-key"),
        (b'{"b": [{"a": 1, "a": 1}]}', "repeated-key"),
        (b'{"a": "' + b"x" * rows.reading.MAX_ROW + b'"}', "oversized-row"),
    ],
)
def test_a_damaged_line_is_named_and_the_others_are_kept(tmp_path: Path, line: bytes, reason: str) -> None:
    found = read(tmp_path, "a.jsonl", lines(ROW).encode() + line + b"\n" + lines(ROW).encode())
    assert values(found) == [ROW, ROW]
    assert faults(found) == [(2, reason)]
    assert [one.line for one in found if isinstance(one, rows.Row)] == [1, 3]


def test_a_line_that_is_too_long_is_passed_over_to_the_byte(tmp_path: Path) -> None:
    long = b"x" * 300_000
    file = tmp_path / "a.jsonl"
    for ends in (b"\n", b""):
        data = lines(ROW).encode() + long + ends + (lines(ROW).encode() if ends else b"")
        file.write_bytes(data)
        found = list(rows.read(file, 1_000))
        assert faults(found) == [(2, "oversized-row")]
        assert [data[one.start : one.end] for one in found if isinstance(one, rows.Row)] == [lines(ROW).encode()] * len(values(found))
        assert len(values(found)) == (2 if ends else 1)


@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
def test_lists_in_json(tmp_path: Path, head: bytes) -> None:
    element = '{\n  "instruction": "Größe?",\n  "output": "Drei."\n}'
    for before, after, first in (("[\n", "\n]\n", 2), ('{"version": 1, "data": [', "]}", 1), ("[", "", 1)):
        data = head + f"{before}{element},\n {element}{after}".encode()
        found = read(tmp_path, "a.json", data)
        assert values(found) == [ROW, ROW]
        assert [one.line for one in found if isinstance(one, rows.Row)] == [first, first + 4]
        assert [data[one.start : one.end] for one in found if isinstance(one, rows.Row)] == [element.encode()] * 2 or head
    nested = f'{{"x": "data", "y": [1], "meta": {{"data": [2]}},\n"data" : [{element}]}}'
    assert values(read(tmp_path, "a.json", nested)) == [ROW]
    assert values(read(tmp_path, "a.json", element)) == [ROW]
    assert values(read(tmp_path, "a.json", lines(ROW, ROW))) == [ROW, ROW]
    broken = read(tmp_path, "a.json", f"[{element},\n{{]")
    assert (values(broken), faults(broken)) == ([ROW], [(5, "not-json")])
    assert faults(read(tmp_path, "a.json", f"[{element} {element}]")) == [(1, "not-json")]
    assert faults(read(tmp_path, "a.json", b"[\n\xff]")) == [(2, "not-utf8")]


def test_yaml_as_people_write_it(tmp_path: Path) -> None:
    data = "# rows\n- input: Größe?\n  output: |\n    a\n    b\n- input: x\n  output: y\n  context: {rails: '7'}\n"
    found = read(tmp_path, "a.yaml", data)
    assert values(found) == [{"input": "Größe?", "output": "a\nb\n"}, {"input": "x", "output": "y", "context": {"rails": "7"}}]
    pieces = [data.encode()[one.start : one.end].decode() for one in found if isinstance(one, rows.Row)]
    assert pieces == [data[7 : data.index("- input: x")], data[data.index("- input: x") :]]
    assert values(read(tmp_path, "a.yml", "\ufeffexamples:\n  - input: x\n    output: y\n")) == [{"input": "x", "output": "y"}]
    assert values(read(tmp_path, "a.yml", "input: x\noutput: y\n")) == [{"input": "x", "output": "y"}]
    assert values(read(tmp_path, "a.yml", "")) == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("- a: 1\n- a: 1\n  b: 2\n  a: 3\n", (4, "repeated-key")),
        ("- a: 1\n- !!python/object/apply:os.system [ls]\n", (2, "not-yaml")),
        ("- a: 1\n- !!python/name:os.system\n", (2, "not-yaml")),
        ("- a: 1\n- a: !!timestamp x\n", (2, "not-yaml")),
        ("- a: 1\n- a: !!bool x\n", (2, "not-yaml")),
        ("- a: 1\n- a: 1" + ":1" * 200_000 + "\n", (2, "not-yaml")),
    ],
)
def test_a_bad_row_of_yaml_is_named_and_the_others_are_kept(tmp_path: Path, data: str, fault: tuple[int, str]) -> None:
    found = read(tmp_path, "a.yaml", data)
    assert (values(found), faults(found)) == ([{"a": 1}], [fault])


@pytest.mark.parametrize(
    "data",
    [
        "just text", "- a: [1\n", "a: &x [1, 2]\nb: *x\n", "[" * 60_000, "- ? [" + "a: " * 30, "%TAG ! x\n- a",
        "a: &a [x,x]\n" + "".join(f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n" for one, two in pairwise("abcdefghi")),
    ],
)  # fmt: skip
def test_hostile_yaml_costs_nothing(tmp_path: Path, data: str) -> None:
    start = time.process_time()
    found = read(tmp_path, "a.yaml", data)
    assert [reason for _, reason in faults(found)] == ["not-yaml"]
    assert time.process_time() - start < 2


def test_words_may_be_repeated_in_yaml(tmp_path: Path) -> None:
    found = read(tmp_path, "a.yaml", "- input: &x Write it.\n  output: a\n- input: *x\n  output: b\n")
    assert [one["input"] for one in values(found)] == ["Write it."] * 2


def test_parquet(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    pq.write_table(pa.Table.from_pylist([{"messages": turns, "x": None}, {"messages": turns, "x": 1}]), tmp_path / "a.parquet")
    found = list(rows.read(tmp_path / "a.parquet"))
    assert values(found) == [{"messages": turns}, {"messages": turns, "x": 1}]
    size = (tmp_path / "a.parquet").stat().st_size
    assert [(one.line, one.start, one.end) for one in found if isinstance(one, rows.Row)] == [(1, 0, size), (2, 0, size)]
    data = (tmp_path / "a.parquet").read_bytes()
    for damaged in (b"", b"PAR1", data[:-40], data[:60] + b"\xff" * 40 + data[100:]):
        assert faults(read(tmp_path, "b.parquet", damaged)) == [(1, "not-parquet")]


def test_which_source_is_one_of_rows(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    for name in ("b.jsonl", "a.yaml", ".hidden.jsonl", "read.me"):
        (tmp_path / "rows" / name).write_text("")
    (tmp_path / "rows" / "link.jsonl").symlink_to(tmp_path / "rows" / "b.jsonl")

    def source(**more: object) -> recipe.Source:
        return recipe.Source.model_validate({"path": "rows", **more})

    assert not rows.told(source(), tmp_path)
    assert rows.told(source(path="rows/b.jsonl"), tmp_path)
    assert not rows.told(source(path="rows/read.me"), tmp_path)
    (tmp_path / "folder.json").mkdir()
    assert not rows.told(source(path="folder.json"), tmp_path)
    told = source(form="rows")
    assert rows.told(told, tmp_path)
    assert [one.name for one in rows.files(told, tmp_path)] == ["a.yaml", "b.jsonl"]
    assert [one.name for one in rows.files(source(form="rows", exclude=["*.yaml"]), tmp_path)] == ["b.jsonl"]
    with pytest.raises(SourceError, match="no file of rows is here"):
        rows.files(source(form="rows", include=["*.parquet"]), tmp_path)
    for gone in (source(path="gone", form="rows"), source(path="gone.jsonl")):
        assert rows.told(gone, tmp_path)
        with pytest.raises(SourceError, match="there is nothing here"):
            rows.files(gone, tmp_path)


def test_a_file_whose_name_says_nothing_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("{}\n")
    with pytest.raises(SourceError, match="ends like no file of rows"):
        list(rows.read(tmp_path / "rows"))
