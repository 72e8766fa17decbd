"""Tools of packs over a history: which commits are looked at, how often, and what happens where a tool fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from idiolect import dataset, recipe
from idiolect.dataset import linting
from idiolect.dataset.linting import NOT_LOOKED_AT, _ordered
from idiolect.errors import ToolError
from idiolect.pack import Pack, Tool
from idiolect.registry import Run
from tests.dataset.reviewed_shop import lessons
from tests.repositories import commit, made
from tests.test_tools import walled

PACK = "from idiolect.pack import Pack\nfrom tests.test_checks import TOOL\npack = Pack('house', checks=(TOOL,))\n"
CODE = '"""Prices."""\n\n\ndef price(text):\n    """What it costs."""\n    return {call}(text)\n'
DAY = 86_400


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Three files in which one commit each puts another call for the dangerous one, weeks apart."""
    names = [f"src/price{number}.py" for number in range(3)]
    folder = made(tmp_path / "shop", {name: CODE.format(call="eval").encode() for name in names})
    for number, name in enumerate(names):
        text = CODE.format(call="").replace("Prices", f"Prices {number}")
        commit(folder, {name: text.encode()}, f"Read price {number} without running it", time=1_700_000_000 + (number + 1) * 30 * DAY)
    return folder


def build(shop: Path, pack: str = PACK, **told: object) -> Run:
    house = shop.parent / "house"
    house.mkdir(exist_ok=True)
    (house / "pack.py").write_text(pack)
    values = {"name": "shop", "packs": ["./house"], "source": [{"path": str(shop)}], "dataset": {"makers": ["finding", "raw"], **told}}
    return dataset.build(recipe.parse(values, folder=shop.parent), "here")


def step(run: Run, name: str) -> dict[str, object] | None:
    return next((row for row in run.metrics["funnel"] if row["step"] == name), None)


@walled
def test_what_a_linter_held_against_code_that_a_commit_mended_is_a_review(shop: Path) -> None:
    run = build(shop)
    assert step(run, "look") == {"step": "look", "unit": "commits", "in": 3, "kept": 3, "dropped": {}}
    found = [one for one in lessons(run) if one.maker.startswith("finding")]
    assert {one.maker for one in found} == {"finding.needed", "finding.comment", "finding.fix", "finding.passed"}
    assert {one.answer for one in found if one.maker == "finding.comment"} == {"Return eval(text)."}
    assert all("return (text)" in str(one.answer) for one in found if one.maker == "finding.fix")


@walled
def test_only_the_newest_commits_are_looked_at_and_the_others_are_counted(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "MOST_COMMITS", 1)
    assert step(build(shop), "look") == {"step": "look", "unit": "commits", "in": 3, "kept": 1, "dropped": {NOT_LOOKED_AT: 2}}


@walled
def test_each_version_is_looked_at_once_and_files_stand_side_by_side(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[list[str]] = []
    run_tool = linting.checks.tools.run_tool

    def counting(words: object, files: list[object], **rest: object) -> object:
        runs.append(sorted(file.path for file in files if not file.path.startswith(".")))
        return run_tool(words, files, **rest)

    monkeypatch.setattr(linting.checks.tools, "run_tool", counting)
    build(shop)
    every = ["src/price0.py", "src/price1.py", "src/price2.py"]
    assert runs == [every, every], "all as they were, then all as they became"
    build(shop, max_tokens=4096)
    assert len(runs) == 2, "another dataset of the same files asks nothing again"


@walled
def test_a_commit_with_a_file_that_brings_the_tool_down_is_counted_and_tried_again(shop: Path) -> None:
    commit(shop, {"src/price0.py": b"DIE\n"}, "Break it", time=1_700_000_000 + 200 * DAY)
    run = build(shop)
    row = step(run, "look")
    assert row and row["dropped"] == {"tool-failed": 1}
    assert "evil-eye, src/price0.py: says nothing; exit code 1: no such luck" in run.path("dropped.jsonl").read_text()


def test_without_a_tool_among_the_checks_nothing_is_looked_at(shop: Path) -> None:
    run = build(shop, "from idiolect.pack import Pack\npack = Pack('house')\n")
    assert step(run, "look") is None
    assert not [one for one in lessons(run) if one.maker.startswith("finding")]


@walled
def test_a_tool_that_is_missing_ends_the_build_with_what_to_do() -> None:
    nobody = Tool("nobody", ("no-such-linter",), ("**/*.py",), lambda code, output: [])
    with pytest.raises(ToolError, match="no-such-linter: is not installed where the sandbox can see it"):
        linting.named([Pack("house", checks=(nobody,))], ())
    assert linting.named([Pack("house", checks=(nobody,))], ("raw",)) == []


def test_versions_of_one_path_come_after_one_another() -> None:
    versions = [("a.py", "1"), ("a.py", "2"), ("b.py", "3"), ("a.py", "4"), ("b.py", "5")]
    assert _ordered(versions) == [("a.py", "1"), ("b.py", "3"), ("a.py", "2"), ("b.py", "5"), ("a.py", "4")]
