"""Every language that has a grammar, on a small file of our own: what is found is what a person has read and agreed to."""

from pathlib import Path

import pytest

from idiolect import syntax
from idiolect.syntax.grammars import GRAMMARS
from tests.golden import FILES, described, language


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_small_file_gives_the_units_names_and_nodes_that_stand_beside_it(file: Path) -> None:
    assert described(file) == file.with_name(f"{file.name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_names_stand_where_they_say(file: Path) -> None:
    data = file.read_bytes()
    found = syntax.read(language(file), data)
    assert found
    assert found.sound
    for name in (*found.defined, *found.calls, *found.imports):
        assert data[name.start : name.end].decode() == name.name


def test_every_grammar_has_a_sample() -> None:
    assert {language(file) for file in FILES} == set(GRAMMARS)
