"""What is to be forgotten leaves the lessons, the cache and the recipe's future; what holds it still is named."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from idiolect import dataset, recipe, samples
from idiolect.errors import UsageError
from idiolect.registry import Run
from idiolect.types import SPLITS, Span
from tests.dataset.corpus import text
from tests.dataset.history_of import grown, repository
from tests.test_cli import idiolect

BOB = "\n\nCo-authored-by: Bob <Bob@example.com>"
SECOND = [
    ("Start", {f"lib/tool_{number}.py": text(500 + number, 5) for number in range(8)}),
    (f"Take over the second tool{BOB}", {"lib/tool_1.py": text(501, 7)}),
    ("Move it to where it belongs", {"lib/tool_1.py": None, "lib/moved.py": text(501, 7)}),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A recipe with a comment, and two sources; Bob had a part in one file of the second, which was moved later."""
    repository(tmp_path / "shop", grown(files=9, functions=6))
    repository(tmp_path / "tools", SECOND)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "idiolect.toml").write_text(
        'name = "acme"  # ours\n\n[[source]]\npath = "../shop"\n\n[[source]]\npath = "../tools"\n\n[dataset]\nmax_source_share = 1.0\n'
    )
    return tmp_path / "home"


def build(home: Path) -> Run:
    return dataset.build(recipe.read(home), "here")


def spans(run: Run) -> Iterator[Span]:
    return (span for split in SPLITS for one in samples.read(run.folder, split) for span in one.origins)


def fresh(home: Path, values: str, name: str) -> str:
    """The digest of a recipe that never knew."""
    folder = home.parent / name
    folder.mkdir()
    (folder / "idiolect.toml").write_text(values)
    return str(build(folder).metrics["digest"])


def test_a_source_that_is_forgotten_leaves_what_was_never_there(home: Path) -> None:
    first = build(home)
    (held,) = dataset.forget(home, ["source=tools"])
    assert held.run == first.name and held.samples > 5 and held.models == ()
    again = build(home)
    assert {span.source for span in spans(again)} == {"shop"}
    alone = fresh(home, 'name = "acme"\n[[source]]\npath = "../shop"\n[dataset]\nmax_source_share = 1.0\n', "alone")
    assert again.metrics["digest"] == alone != first.metrics["digest"]


def test_paths_that_are_forgotten_leave_what_was_never_read(home: Path) -> None:
    first = build(home)
    (held,) = dataset.forget(home, ["path=lib/tool_[23].py"])
    gone = {"lib/tool_2.py", "lib/tool_3.py"}
    lessons = [one for split in SPLITS for one in samples.read(first.folder, split)]
    assert held.samples == sum(any(span.path in gone for span in one.origins) for one in lessons) > 0
    again = build(home)
    assert not {span.path for span in spans(again)} & gone
    assert again.metrics["dropped"]["forgotten"] >= 2
    sources = '[[source]]\npath = "../shop"\n[[source]]\npath = "../tools"\nexclude = ["lib/tool_[23].py"]\n'
    alone = fresh(home, f'name = "acme"\n{sources}[dataset]\nmax_source_share = 1.0\n', "alone")
    assert again.metrics["digest"] == alone


def test_a_person_is_forgotten_with_every_file_of_theirs_under_each_of_its_names(home: Path) -> None:
    first = build(home)
    assert any(span.path == "lib/moved.py" for span in spans(first))
    (held,) = dataset.forget(home, ["author=BOB@example.com"])
    assert held.samples > 0
    again = build(home)
    assert not {span.path for span in spans(again)} & {"lib/moved.py", "lib/tool_1.py"}
    assert {"lib/tool_0.py", "lib/tool_2.py"} <= {span.path for span in spans(again)}
    text = (home / "idiolect.toml").read_text()
    assert "bob" not in text.lower() and "author=sha256:" in text
    by_name = fresh(home, text.replace('path = "../', 'path = "' + str(home.parent) + "/"), "by_hash")
    assert by_name == again.metrics["digest"]


def test_the_recipe_keeps_its_words_and_the_cache_its_key_alone(home: Path) -> None:
    build(home)
    cache = recipe.read(home).cache
    key = (cache / "authors.key").read_bytes()
    dataset.forget(home, ["path=lib/tool_2.py"])
    dataset.forget(home, ["path=lib/tool_3.py", "path=lib/tool_2.py"])
    text = (home / "idiolect.toml").read_text()
    assert text.startswith('name = "acme"  # ours\n')
    assert tomllib.loads(text)["dataset"] == {"max_source_share": 1.0, "without": ["path=lib/tool_2.py", "path=lib/tool_3.py"]}
    assert [file.name for file in cache.iterdir()] == ["authors.key"]
    assert (cache / "authors.key").read_bytes() == key


@pytest.mark.parametrize("word", ["author=nobody@example.com", "path=nowhere/**", "source=shops"])
def test_a_word_that_fits_nothing_is_an_error_and_changes_nothing(home: Path, word: str) -> None:
    before = (home / "idiolect.toml").read_bytes()
    with pytest.raises(UsageError, match="nothing in the sources fits"):
        dataset.forget(home, [word])
    assert (home / "idiolect.toml").read_bytes() == before


def test_the_command_names_what_holds_it_still(home: Path) -> None:
    build(home)
    found = idiolect("dataset", "--without", "source=tools", "--engine", "here", folder=home)
    assert found.returncode == 0, found.stderr
    assert "dataset-1 holds " in found.stderr and "delete what may not stay" in found.stderr
    wrong = idiolect("dataset", "--without", "tools", folder=home)
    assert wrong.returncode == 2 and "write author=..., path=GLOB or source=NAME" in wrong.stderr
