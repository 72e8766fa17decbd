"""What a source shows of itself, and what the recipe makes of that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idiolect import sources
from idiolect.dataset import admission
from idiolect.pack import Pack, Tool
from idiolect.recipe import Admit, Source
from idiolect.sources import rules
from idiolect.types import Dropped
from tests.repositories import PYTHON, commit, git, made
from tests.sources.test_licences import MIT
from tests.test_checks import TOOL
from tests.test_tools import walled

DAY = 86_400
START = 1_700_000_000
TEST = b"from app.greet import greet\n\n\ndef test_greeting():\n    assert greet('ada') == 'hello ada'\n"


def shown(folder: Path, *linters: Tool) -> admission.Facts:
    repository = sources.opened(folder, folder.parent / "cache")
    return admission.facts(repository, rules.of(Source(path="x", name="shop"), repository, repository.head), linters)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("admission") / "shop", {"app/greet.py": PYTHON, "LICENSE": MIT.encode()})
    commit(folder, {"app/greet.py": PYTHON * 2, "tests/test_greet.py": TEST}, "Greet twice (#2)", author="Bob", time=START + 30 * DAY)
    git(folder, "switch", "-q", "-c", "side")
    commit(folder, {"app/part.py": PYTHON}, "Part", time=START + 60 * DAY)
    git(folder, "switch", "-q", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge pull request #3 from side", "side")
    commit(folder, {"app/lock.py": PYTHON * 3}, "Bump x from 1 to 2", author="dependabot[bot]", time=START + 90 * DAY)
    commit(folder, {"app/part.py": None}, 'Revert "Part"', author="Bobby", time=START + 90 * DAY)
    commit(folder, {".mailmap": b"Bob <bob@example.org> <bobby@example.org>\n", "notes.md": b"# Notes\n"}, "Notes", time=START + 90 * DAY)
    return folder


def test_the_history_is_counted_without_merges_and_bots(shop: Path) -> None:
    found = shown(shop)
    assert (found.commits, found.months, found.last, found.form) == (6, 3.0, "2024-02-12", "repository")
    assert found.reviewed == pytest.approx(2 / 5)
    assert found.tested == pytest.approx(1 / 4)
    assert found.bots == pytest.approx(1 / 6, abs=1e-3)
    assert (found.reverts, found.authors, found.licence) == (1, 2, "MIT")
    assert found.efficiency == "unknown"
    assert found.security == "unknown: no pack names a security linter"
    assert "6 commits by 2 people in 3 months to 2024-02-12, 40% reviewed, 25% with tests" in admission.sentence(found)


@walled
def test_what_a_security_linter_finds_is_counted_among_the_facts(tmp_path: Path) -> None:
    files = {"a.py": PYTHON + b"eval(x)\neval(y)\n", "b.py": PYTHON, "vendor/c.py": b"eval(z)\n", "d.rb": b"eval(z)\n", "e.py": b"\xff\n"}
    folder = made(tmp_path / "shop", files)
    found = shown(folder, TOOL)
    assert found.security == "2 findings in 2 files by evil-eye"
    assert "security 2 findings in 2 files by evil-eye" in admission.sentence(found)
    other = replace(TOOL, name="other", files=("**/*.cob",))
    assert shown(folder, TOOL, other).security == "2 findings in 2 files by evil-eye; unknown: other has no file to look at"


@walled
def test_a_file_that_brings_the_linter_down_is_told_and_stops_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path / "shop", {"a.py": PYTHON + b"DIE = 1\n", "b.py": PYTHON})
    why = "2 files that it failed on (says nothing; exit code 1: no such luck)"
    assert shown(folder, TOOL).security == f"unknown: evil-eye was given {why}"


def test_the_linters_are_those_that_packs_name() -> None:
    assert admission.linters([Pack("a"), Pack("b", security=TOOL)]) == [TOOL]


def test_a_folder_shows_no_history(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "a.md").write_text("# How we greet\n\nPolitely, and by name.\n")
    found = shown(tmp_path / "guides")
    assert (found.commits, found.months, found.last, found.reviewed, found.form) == (0, 0.0, "", 0.0, "folder")
    assert admission.sentence(found) == "licence unknown, efficiency unknown, security unknown: no pack names a security linter"


@pytest.mark.parametrize(
    ("criteria", "reasons"),
    [
        ({}, []), ({"months": 3}, []), ({"months": 6}, ["3 months of history, 6 are asked for"]), ({"reviewed": 0.4}, []),
        ({"reviewed": 0.5, "tested": 0.3}, ["40% of commits reviewed, 50% are asked for", "25% of commits tested, 30% are asked for"]),
        ({"active_since": "2024-02-12"}, []), ({"active_since": "2024-02-13"}, ["last commit on 2024-02-12, asked for since 2024-02-13"]),
    ],
)  # fmt: skip
def test_each_criterion_that_is_missed_is_a_reason(shop: Path, criteria: dict[str, Any], reasons: list[str]) -> None:
    source = Source(path="x", name="shop", weight=2.0, admit=Admit.model_validate(criteria))
    assert list(admission.misses(source, shown(shop))) == reasons
    judged = admission.judged(source, shown(shop))
    if reasons:
        assert isinstance(judged, Dropped)
        assert (judged.reason, judged.detail) == ("not-admitted", "; ".join(reasons))
    else:
        assert judged == source


def test_a_source_may_count_less_instead_of_nothing(shop: Path) -> None:
    source = Source(path="x", name="shop", weight=2.0, admit=Admit(months=6, otherwise=0.25))
    judged = admission.judged(source, shown(shop))
    assert isinstance(judged, Source)
    assert judged.weight == 0.5
    assert admission.row(source, shown(shop))["verdict"] == "weight x 0.25"


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("coverage/.last_run.json", b'{"result": {"line": 93.41, "branch": 80}}', "coverage 93.4 % (coverage/.last_run.json)"),
        ("coverage.xml", b'<?xml version="1.0" ?>\n<coverage version="7" line-rate="0.876" branch-rate="0">',
        "coverage 87.6 % (coverage.xml)"),
        ("web/coverage/coverage-summary.json", b'{"total": {"lines": {"total": 10, "pct": 71.5}}}',
         "coverage 71.5 % (web/coverage/coverage-summary.json)"),
        ("coverage.json", b'{"files": {"a": {"summary": {"percent_covered": 10.0}}}, "totals": {"percent_covered": 55.5}}',
         "coverage 55.5 % (coverage.json)"),
        ("lcov.info", b"SF:a\nLF:10\nLH:9\nend_of_record\nSF:b\nLF:10\nLH:6\n", "coverage 75.0 % (lcov.info)"),
        (".benchmarks/Linux/0001_a.json", b"{}", "benchmark results in .benchmarks/Linux/0001_a.json"), ("lcov.info", b"LF:0\n", "unknown"),
        ("coverage.xml", b'<coverage line-rate="1.2.3">', "unknown: no figure in coverage.xml can be read"),
        ("coverage.xml", b"<" * 5000, "unknown: no figure in coverage.xml can be read"),
        ("coverage.xml", b'<coverage line-rate="0.0">', "coverage 0.0 % (coverage.xml)"),
    ],
)  # fmt: skip
def test_a_committed_result_is_read_and_nothing_is_run(tmp_path: Path, path: str, data: bytes, said: str) -> None:
    assert shown(made(tmp_path / "shop", {"a.py": PYTHON, path: data})).efficiency == said
