"""Packs come by entry point or from a folder, and are proved."""

from dataclasses import replace
from pathlib import Path

import pytest

from idiolect import pack
from idiolect.errors import DataError, RecipeError
from idiolect.types import Score


@pytest.mark.parametrize("name", pack.installed())
def test_every_built_in_pack_holds(name: str) -> None:
    found = pack.load(name, Path())
    pack.prove(found)
    assert found.checks
    assert found.probes


def test_a_folder_is_a_pack(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "pack.py").write_text('from idiolect.pack import Pack\npack = Pack(name="house")\n')
    assert pack.load("./house", tmp_path).name == "house"


def test_a_pack_that_fails_to_load_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pack.py").write_text("import nowhere\n")
    with pytest.raises(RecipeError, match="No module named 'nowhere'; mend it"):
        pack.load("./", tmp_path)


def test_an_unknown_pack_lists_the_installed_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="installed are: python"):
        pack.load("rials", tmp_path)
    with pytest.raises(RecipeError, match=r"no pack.py"):
        pack.load("./nowhere", tmp_path)


def test_a_check_that_refuses_gold_or_accepts_nothing_at_all_is_found() -> None:
    good = pack.load("python", Path())
    with pytest.raises(DataError, match="gold answer"):
        pack.prove(replace(good, checks=(lambda_named(0.0),)))
    with pytest.raises(DataError, match="empty answer"):
        pack.prove(replace(good, checks=(lambda_named(1.0),)))


def lambda_named(value: float) -> pack.Check:
    def check(sample: object, answer: str) -> Score:
        return Score(value=value)

    return check
