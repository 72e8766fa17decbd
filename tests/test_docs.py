"""The docs cannot lie about what exists."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from idiolect.cli import cli

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
STAGES = ("dataset", "train", "export", "serve", "evaluate")


def verbs() -> set[str]:
    found = set()
    for name, command in cli.commands.items():
        found.add(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {one}" for one in command.commands}
    return found


def test_the_generated_pages_are_up_to_date() -> None:
    subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], check=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_commands_in_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        assert target.startswith("http") or (page.parent / target).exists(), f"{page.name} links to {target}"
    for line in re.findall(r"(?m)^(?:\$ )?(?:\.venv/bin/)?idiolect ([a-z-]+(?: [a-z]+)?)", text):
        words = line.split()
        assert words[0] in verbs() or line in verbs(), f"{page.name} names the verb {line}"
        if words[0] in ("runs", "models", "samples", "packs"):
            assert line in verbs(), f"{page.name} names the verb {line}"
    for target in re.findall(r"(?m)^make ([a-z-]+)|`make ([a-z-]+)", text):
        assert re.search(rf"(?m)^{next(filter(None, target))}:", (ROOT / "Makefile").read_text()), f"{page.name} names make {target}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_called_by_one_word_everywhere(stage: str) -> None:
    assert (ROOT / "src" / "idiolect" / stage / "__init__.py").is_file()
    assert stage in cli.commands
    assert (ROOT / "docs" / f"{stage}.md").is_file()


def test_the_project_speaks_of_itself_alone() -> None:
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "grep", "-nIE", r"/(home|root|work|Users)/[a-z]", "--", "."], capture_output=True, text=True, check=False
    )
    assert [line for line in tracked.stdout.splitlines() if "tests/test_docs.py" not in line] == []


def test_every_test_that_the_page_of_faults_names_stands_in_the_tests() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    known = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"(?m)^def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    named = set(re.findall(r"`(test_\w+)`", text))
    assert len(named) > 40
    assert named <= known, named - known
    assert all((ROOT / file).is_file() for file in re.findall(r"`(tests/[\w/]+\.py)`", text))
