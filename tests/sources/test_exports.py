"""Files of rows that a forge's command line wrote: every row that can be read is, with the bytes it stands in."""

import json
from pathlib import Path

import pytest

from idiolect.errors import SourceError
from idiolect.sources import exports
from idiolect.sources.exports import Row
from idiolect.types import Dropped

ROWS = [{"a": 1}, {"b": "größe €"}, {"c": {"d": [1, {"e": 2}]}}]


def read(folder: Path, data: str | bytes, name: str = "a.json") -> tuple[list[Row], list[Dropped]]:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    found = list(exports.rows(name, file))
    for one in found:
        if isinstance(one, Row):
            assert json.loads(file.read_bytes()[one.start : one.end]) == one.value
            assert one.line == file.read_bytes()[: one.start].count(b"\n") + 1
    return [one for one in found if isinstance(one, Row)], [one for one in found if isinstance(one, Dropped)]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS, ensure_ascii=False),
        json.dumps(ROWS, indent=2),
        json.dumps(ROWS[:1]) + json.dumps(ROWS[1:]),
        json.dumps([ROWS[:1], ROWS[1:]]),
        "\n".join(map(json.dumps, ROWS)),
        "\ufeff" + json.dumps(ROWS, ensure_ascii=False),
    ],
    ids=["array", "indented", "paginated", "slurped", "lines", "mark"],
)
def test_every_shape_that_a_command_line_writes_gives_the_same_rows(tmp_path: Path, text: str) -> None:
    rows, dropped = read(tmp_path, text)
    assert ([row.value for row in rows], dropped) == (ROWS, [])


def test_a_line_that_is_broken_costs_itself_and_says_where_it_stands(tmp_path: Path) -> None:
    rows, dropped = read(tmp_path, '{"a": 1}\n{"b": {"x": 1}, {"y"\n\n{"c": 3}\n', "a.jsonl")
    assert [row.value for row in rows] == [{"a": 1}, {"c": 3}]
    assert [(one.reason, one.what, one.detail.partition(":")[0]) for one in dropped] == [("unreadable-row", "a.jsonl", "row 2, line 2")]


def test_a_row_of_an_array_that_is_broken_costs_itself(tmp_path: Path) -> None:
    rows, dropped = read(tmp_path, '[{"a": 1}, {"b": tru}, {"c": 3}]')
    assert [row.value for row in rows] == [{"a": 1}, {"c": 3}]
    assert len(dropped) == 1


def test_an_export_that_was_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    rows, dropped = read(tmp_path, json.dumps(ROWS)[:-9])
    assert [row.value for row in rows] == ROWS[:2]
    assert "the rest of the file is not read" in dropped[0].detail


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": ' + '{"a": ' * 90_000, "nested too deeply"),
        ('{"a": ' + "9" * 90_000 + "}", "a number"),
        ("12", "not an object"),
        ('"text"', "not an object"),
        ("{" * 9_000, "no JSON"),
        ("\x00", "no JSON"),
    ],
    ids=["deep", "digits", "number", "text", "braces", "nul"],
)
def test_hostile_text_is_a_reason(tmp_path: Path, text: str | bytes, reason: str) -> None:
    _, dropped = read(tmp_path, text)
    assert reason in dropped[0].detail


def test_a_row_that_stands_behind_another_value_is_still_read(tmp_path: Path) -> None:
    rows, dropped = read(tmp_path, '[5, {"a": 1}, "x", {"b": 2}]')
    assert [row.value for row in rows] == [{"a": 1}, {"b": 2}]
    assert len(dropped) == 2


def test_bytes_that_are_no_text_leave_the_places_of_other_rows_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b'[{"a": "\xff\xfe"}, {"b": 1}]')
    rows = [one for one in exports.rows("a.json", file) if isinstance(one, Row)]
    assert json.loads(file.read_bytes()[rows[1].start : rows[1].end]) == {"b": 1}


def test_files_are_found_by_name_folder_and_glob_each_once(tmp_path: Path) -> None:
    for name in ("reviews/b.json", "reviews/a.jsonl", "reviews/notes.txt", "one.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]", encoding="utf-8")
    found = exports.files(tmp_path, ["reviews", "reviews/*.json", "one.json"])
    assert [label for label, _ in found] == ["one.json", "reviews/a.jsonl", "reviews/b.json"]
    assert set(exports.digests(found)) == {label for label, _ in found}
    for name in ("nothing.json", "nothing/*.json", "/nowhere/*.json"):
        with pytest.raises(SourceError, match="no forge export"):
            exports.files(tmp_path, [name])


def test_an_export_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    with file.open("wb") as stream:
        stream.truncate(exports.MOST_BYTES + 1)
    assert [one.reason for one in exports.rows("a.json", file) if isinstance(one, Dropped)] == ["oversized-export"]
