"""Rows of conversations under the tools of packs, and labels that a recipe's vocabulary does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idiolect import tools
from idiolect.dataset import examples_check
from idiolect.errors import ToolError
from idiolect.outline import Syntax
from idiolect.pack import Language, Pack, Tool
from idiolect.scrub import Scrubber, rules
from idiolect.types import Finding
from tests.dataset.examples import written
from tests.test_tools import walled

LOOKED_AT = Tool(
    "seen", ("/usr/bin/grep", "-rn", "eval", "."), ("**/*.rb", "inputs/**"),
    lambda code, output: [_finding(line) for line in output.decode().splitlines()],
)  # fmt: skip


def _finding(line: str) -> tuple[str, Finding]:
    path, number, said = line.removeprefix("./").split(":", 2)
    return path, Finding(rule="eval", severity="error", line=int(number), message=said)


LISTED = {"generation": ["bbj-gui", "dwc"]}


def remarks(folder: Path, row: dict[str, Any], *packs: Pack) -> list[tuple[str, str, str]]:
    """Rule, severity and message of what is said of a row."""
    found = examples_check.check([written(folder / "a.jsonl", [row])], packs, LISTED, Scrubber(rules.together()), 1_000_000)
    return [(one.rule, one.severity, one.message) for one in found.remarks]


def chat(answer: str, asked: str = "Read the price.", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}], **more}


BAD = "So:\n```{}\nx = 1\neval(x)\n```\nThat is all."


@walled
@pytest.mark.parametrize(
    "row",
    [
        chat(BAD.format("ruby")),
        chat(BAD.format("rb")),
        chat(BAD.format(""), language="ruby"),
        chat(BAD.format(""), "Mend this:\n```ruby\neval(x) if 1\n```"),
        {"instruction": "Read the price.", "output": "x = 1\neval(x)\n", "language": "Ruby"},
        {"instruction": "Mend this:\n```ruby\nx\n```", "output": "x = 1\neval(x)\n"},
        {"before": "old x", "after": "x = 1\neval(x)\n", "language": "cobol", "to": "ruby"},
    ],
)
def test_a_tool_sees_the_code_of_a_conversation_under_a_name_of_its_language(tmp_path: Path, row: dict[str, Any]) -> None:
    assert remarks(tmp_path, row, Pack("house", checks=(LOOKED_AT,))) == [("eval", "error", "eval(x) (line 2 of the answer)")]


@walled
@pytest.mark.parametrize(
    "row",
    [
        chat(BAD.format("python")),
        chat(BAD.format("")),
        chat("It reads eval(x)."),
        chat("```ruby\nx = 1\n```\nNot `eval(x)`."),
        chat(BAD.format(""), language="ruby", type="explanation"),
    ],
)
def test_what_is_not_for_a_tool_or_is_no_code_is_not_held_against_an_answer(tmp_path: Path, row: dict[str, Any]) -> None:
    assert remarks(tmp_path, row, Pack("house", checks=(LOOKED_AT,))) == []


@walled
def test_a_tool_chooses_among_the_names_of_a_language_and_a_pack_brings_its_own(tmp_path: Path) -> None:
    for fence, glob in (("bbj", "**/*.bbj"), ("erb", "**/*.html.erb"), ("erb", "**/*.erb"), ("strange", "**/*.strange")):
        tool = replace(LOOKED_AT, files=(glob,))
        assert len(remarks(tmp_path, chat(BAD.format(fence)), Pack("house", checks=(tool,)))) == 1, fence
    tally = Language("rb", ("till/**/*.tly",), spans=lambda data: Syntax(), parses=lambda data: True)
    house = Pack("house", languages=(tally,), checks=(replace(LOOKED_AT, files=("**/*.tly",)),))
    assert len(remarks(tmp_path, chat(BAD.format("rb")), house)) == 1


@walled
def test_the_files_of_a_pair_stand_beside_its_answer_where_the_tool_is_for_them(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def parse(code: int, output: bytes) -> Iterator[tuple[str, Finding]]:
        seen.append(output)
        yield from ()

    row = {"before": "old", "after": "x = 1", "to": "ruby", "files": {"inputs/a.txt": "eval 2", "other/b.txt": "eval 3"}}
    assert remarks(tmp_path, row, Pack("house", checks=(replace(LOOKED_AT, parse=parse),))) == []
    assert seen == [b"./inputs/a.txt:1:eval 2\n"]


@walled
@pytest.mark.parametrize("row", [chat(BAD.format("ruby")), {"prefix": "a", "middle": "b", "path": "a.rb"}, chat("Prose.")])
def test_a_tool_that_is_missing_is_an_error_whatever_the_rows_are(tmp_path: Path, row: dict[str, Any]) -> None:
    house = Pack("house", checks=(replace(LOOKED_AT, command=("no-such-linter",)),))
    with pytest.raises(ToolError, match="no-such-linter: is not installed"):
        remarks(tmp_path, row, house)


def test_without_bubblewrap_rows_are_not_said_to_be_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools.available.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="which is not here"):
        remarks(tmp_path, chat(BAD.format("ruby")), Pack("house", checks=(LOOKED_AT,)))
    tools.available.cache_clear()


def test_a_label_of_a_closed_list_has_a_value_of_it_and_other_labels_have_any(tmp_path: Path) -> None:
    said = "generation: unknown value 'bbj-giu'; did you mean 'bbj-gui'? it has bbj-gui, dwc"
    assert remarks(tmp_path, chat("Prose.", generation="bbj-giu")) == [("unknown-label", "error", said)]
    assert remarks(tmp_path, chat("Prose.", generation=["dwc", "bbj-gui"], client="acme")) == []
