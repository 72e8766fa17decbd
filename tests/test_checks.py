"""A pack's checks and tools: what is found, where, and what happens to a tool that fails. Skips plainly where bubblewrap is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from idiolect import checks, dataset, pack
from idiolect.errors import DataError, ToolError
from idiolect.pack import Pack, Tool
from idiolect.recipe import parse
from idiolect.types import Dropped, File, Finding, Hole, Message, Sample, Score, Span
from tests.dataset.corpus import text
from tests.repositories import made
from tests.test_tools import walled

LINTER = """
import json, pathlib, sys
found = []
for file in sorted(pathlib.Path(".").rglob("*.py")):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if "DIE" in line:
            sys.exit("no such luck")
        if "eval(" in line or "hmm" in line:
            found.append([str(file), "eval", "error" if "eval(" in line else "info", number, line.strip()])
print(json.dumps(found))
sys.exit(bool(found))
"""


def parsed(code: int, output: bytes) -> Iterator[tuple[str, Finding]]:
    if code not in (0, 1) or not output:
        raise ValueError("says nothing")
    for path, rule, severity, line, message in json.loads(output):
        yield path, Finding(rule=rule, severity=severity, line=line, message=message)


TOOL = Tool(
    "evil-eye", ("/usr/bin/python3", "-I", ".lint/lint"), ("**/*.py",), parsed, brings=(File(path=".lint/lint", text=LINTER),)
)  # fmt: skip


def looked(tool: Tool, texts: dict[str, str]) -> tuple[list[tuple[str, int]], list[str]]:
    found = list(checks.look(tool, [File(path=path, text=text) for path, text in texts.items()]))
    places = [(one[0], one[1].line) for one in found if not isinstance(one, Dropped)]
    return places, [f"{one.what}: {one.detail}" for one in found if isinstance(one, Dropped)]


@walled
def test_a_tool_finds_what_stands_in_the_files_that_are_for_it() -> None:
    texts = {"a.py": "x = 1\neval(x)\n", "b/c.py": "eval(y)\n", "d.rb": "eval(z)\n"}
    assert looked(TOOL, texts) == ([("a.py", 2), ("b/c.py", 1)], [])
    assert looked(TOOL, {"d.rb": "eval(z)\n"}) == ([], [])


@walled
def test_many_files_are_given_in_portions_and_none_is_missed() -> None:
    assert looked(TOOL, {f"a{number}.py": "eval(x)\n" for number in range(250)})[0] == sorted(
        ((f"a{number}.py", 1) for number in range(250)), key=lambda one: (int(one[0][1:-3]) // 100, one[0])
    )


@walled
def test_a_file_that_brings_a_tool_down_is_dropped_with_the_files_beside_it_and_the_rest_is_looked_at() -> None:
    texts = {f"a{number:03}.py": "DIE\n" if number == 3 else "eval(x)\n" for number in range(150)}
    found, failed = looked(TOOL, texts)
    assert (len(found), len(failed)) == (50, 100)
    assert failed[0] == "a000.py: says nothing; exit code 1: no such luck"


@walled
def test_the_files_of_the_pack_go_before_those_of_a_source_and_odd_paths_are_dropped() -> None:
    texts = {".lint/lint": "print('[]')", "a.py": "eval(x)\n", "a.py/b.py": "eval(y)\n", "c" * 300 + ".py": "eval(z)\n"}
    found, failed = looked(replace(TOOL, files=("**",)), texts)
    assert found == [("a.py", 1)]
    assert [one.partition(": ")[2] for one in failed] == ["has a path that cannot be given to it"] * 2


@walled
@pytest.mark.parametrize("output", ["x" * 11_000_000, "{", ""], ids=["long", "no-json", "empty"])
def test_an_answer_that_cannot_be_read_is_said(output: str) -> None:
    tool = replace(TOOL, command=("/usr/bin/python3", "-c", f"print({output[:1]!r} * {len(output)})"))
    (failed,) = looked(tool, {"a.py": ""})[1]
    assert failed.startswith("a.py: ")


def test_a_tool_that_is_not_there_is_a_sentence_with_the_exit_code_of_a_missing_tool() -> None:
    with pytest.raises(ToolError) as caught:
        looked(replace(TOOL, command=("no-such-linter",)), {"a.py": ""})
    assert caught.value.exit_code == 6
    assert "install it" in str(caught.value)


def hole(prefix: str, answer: str, suffix: str) -> Sample:
    return Sample(kind="fim", maker="test", prompt=Hole(path="a.py", prefix=prefix, suffix=suffix), answer=answer)


@walled
def test_only_findings_in_the_lines_of_the_answer_count() -> None:
    sample = hole("eval(a)\nb = ", "1", "\neval(c)\n")
    assert checks.grade(TOOL, sample, "1") == Score(value=1.0, answer="1")
    score = checks.grade(TOOL, sample, "2\neval(d)")
    assert score.value == 0.0
    assert [(finding.line, finding.message) for finding in score.findings] == [(3, "eval(d)")]
    assert checks.grade(TOOL, sample, "hmm").value == 1.0
    assert checks.grade(TOOL, sample, "DIE").explanation == "evil-eye: says nothing; exit code 1: no such luck"


@walled
def test_an_answer_in_a_fence_is_looked_at_as_a_file_of_its_own() -> None:
    span = Span(source="shop", commit="c" * 40, path="b.py", start=0, end=1, time=0)
    asked = Sample(kind="write", maker="test", prompt=(Message(role="user", content="Write it"),), answer="x", origins=(span,))
    score = checks.grade(TOOL, asked, "```python\nx = 1\neval(x)\n```")
    assert (score.value, [finding.line for finding in score.findings]) == (0.0, [2])
    assert checks.grade(TOOL, asked, "```python\nx = 1\n```").value == 1.0


def not_empty(sample: Sample, answer: str) -> Score:
    return Score(value=float(bool(answer)))


@walled
def test_a_pack_with_a_tool_is_proved_by_its_probes() -> None:
    good = Pack("house", checks=(TOOL, not_empty), probes=(hole("a = ", "1", "\n"),))
    checks.prove(good)
    with pytest.raises(DataError, match=r"evil-eye: the gold answer scores 0 \(a = eval\(b\)\)"):
        checks.prove(replace(good, probes=(hole("a = ", "eval(b)", "\n"),)))
    with pytest.raises(DataError, match="no check tells the empty answer"):
        checks.prove(replace(good, checks=(TOOL,)))


@pytest.mark.parametrize("name", pack.installed())
def test_every_built_in_pack_holds(name: str) -> None:
    found = pack.load(name, Path())
    checks.prove(found)
    assert found.checks
    assert found.probes


def test_a_check_that_refuses_gold_or_accepts_nothing_at_all_is_found() -> None:
    good = pack.load("python", Path())
    with pytest.raises(DataError, match="gold answer"):
        checks.prove(replace(good, checks=(always(0.0),)))
    with pytest.raises(DataError, match="empty answer"):
        checks.prove(replace(good, checks=(always(1.0),)))


def always(value: float) -> pack.Check:
    def check(sample: object, answer: str) -> Score:
        return Score(value=value)

    return check


HOUSE = """
from idiolect.pack import Pack, Tool
pack = Pack("house", security=Tool("evil-eye", ("true",), ("**/*.py",), lambda code, output: []))
"""


@pytest.mark.parametrize("verb", ["check", "dataset"])
def test_without_bubblewrap_a_recipe_whose_pack_names_a_linter_ends_with_6(tmp_path: Path, verb: str) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("git", "prlimit"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text("def price(book):\n    return book.cost * 2\n")
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "pack.py").write_text(HOUSE)
    (tmp_path / "idiolect.toml").write_text('name = "shop"\npacks = ["./house"]\n[[source]]\npath = "shop"\n')
    place = {**os.environ, "PATH": str(tmp_path / "bin")}
    ended = subprocess.run([sys.executable, "-m", "idiolect", verb], cwd=tmp_path, env=place, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (6, "")
    assert ended.stderr.startswith("error: bwrap: tools of packs run only under bubblewrap, which is not here; install it: ")


@walled
def test_the_dataset_tells_what_the_linter_of_a_pack_found(tmp_path: Path) -> None:
    repository = made(tmp_path / "shop", {f"a{number}.py": text(number).encode() + b"eval(x)\n" for number in range(12)})
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "pack.py").write_text(
        "from idiolect.pack import Pack\nfrom tests.test_checks import TOOL\npack = Pack('house', security=TOOL)\n"
    )
    recipe = parse({"name": "shop", "packs": ["./house"], "source": [{"path": str(repository)}]}, folder=tmp_path)
    run = dataset.build(recipe)
    assert run.metrics["admission"]["shop"]["security"] == "12 findings in 12 files by evil-eye"
    assert "12 findings in 12 files by evil-eye" in run.path("README.md").read_text()
