"""Packs come by entry point or from a folder."""

from pathlib import Path

import pytest

from idiolect import pack
from idiolect.errors import RecipeError


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
