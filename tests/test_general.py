"""General code is where the recipe says, or a sentence says that it is not."""

from pathlib import Path

import pytest

from idiolect import general
from idiolect.errors import RecipeError
from idiolect.recipe import parse


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("nowhere", "loop"):
        made = parse({"name": "shop", "general": {"paths": [name]}}, folder=tmp_path)
        with pytest.raises(RecipeError, match=r"general.paths: there is no folder here; correct the path") as caught:
            general.general_files(made, "probe")
        assert caught.value.where == str(tmp_path / name)
