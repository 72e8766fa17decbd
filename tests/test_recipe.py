"""The recipe is strict, and says what is wrong with it."""

from pathlib import Path

import pytest

from idiolect import pack, recipe
from idiolect.errors import RecipeError

SIX_LINES = 'name = "acme"\n\n[[source]]\npath = "../shop"\n\n[train]\nrank = 8\n'


def read(folder: Path, text: str) -> recipe.Recipe:
    (folder / recipe.FILE).write_text(text)
    return recipe.read(folder)


def test_six_lines_suffice(tmp_path: Path) -> None:
    found = read(tmp_path, SIX_LINES)
    assert (found.sources[0].name, found.models[0].base, found.train.rank, found.home) == ("shop", "seedling", 8, tmp_path / ".idiolect")


def test_a_source_here_is_called_as_its_folder(tmp_path: Path) -> None:
    assert read(tmp_path, 'name = "a"\n[[source]]\npath = "."\n').sources[0].name == tmp_path.name


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "a"\n[train]\nrnak = 3\n', "train.rnak: unknown key; did you mean 'rank'?"),
        ('nmae = "a"\n', "name: Field required"),
        ('name = "a"\nefort = "quick"\n', "efort: unknown key; did you mean 'effort'?"),
        ('name = "a"\n[[source]]\npth = "x"\n', "path"),
        ('name = "a"\n[[sources]]\npath = "x"\n', "did you mean '[[source]]'?"),
        ('name = "a"\neffort = "lots"\n', "effort: Input should be 'quick', 'standard' or 'thorough'"),
        ('name = "A B"\n', "name:"),
        ('name = "a"\n[train]\nreplay = 1.5\n', "train.replay:"),
        ('name = "a"\nfolder = "/x"\n', "folder: unknown key"),
        ('name = "a"\n[[source]]\npath = "x"\n[[source]]\npath = "y/x"\n', "two [[source]] are called 'x'"),
        ('name = "a"\nmodel = []\n', "model"),
        ("name = a\n", "not valid TOML"),
        ("a = " + "[" * 9000, "nested too deeply"),
        ('name = "a"\n[[source]]\npath = "a\\u0000b"\n', "a value holds the character NUL"),
        ('name = "a"\nsource = 5\n', "source: should be a list of tables; begin each with [[source]]"),
        ('name = "a"\n[source]\npath = "x"\n', "source: should be a list of tables; begin each with [[source]]"),
        ('name = "a"\nsource = [5]\n', "source 1"),
        ('name = "a"\npacks = "rails"\n', "packs: should be a list"),
        ('name = "a"\ntrain = 5\n', "train: should be a table"),
        ('name = "a"\n[train]\nlearning_rate = inf\n', "train.learning_rate: Input should be a finite number"),
    ],
)
def test_a_fault_is_a_sentence_that_names_the_key(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, text)
    assert sentence in str(caught.value)
    assert recipe.FILE in str(caught.value)
    assert caught.value.exit_code == 1


def test_no_recipe_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="idiolect init"):
        recipe.read(tmp_path)


def test_the_frozen_recipe_reads_back_and_keeps_no_key(tmp_path: Path) -> None:
    found = read(tmp_path, SIX_LINES + '[serve]\nkey = "secret"\n')
    frozen = found.frozen()
    assert "secret" not in str(frozen)
    again = recipe.parse(frozen, folder=tmp_path)
    assert again.train == found.train
    assert again.sources == found.sources


def test_a_recipe_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "idiolect.toml").mkdir()
    with pytest.raises(RecipeError, match="cannot be read"):
        recipe.read(tmp_path)


def test_a_path_that_leads_to_itself_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    made = read(tmp_path, 'name = "a"\npacks = ["./loop"]\n[[source]]\npath = "loop"\n')
    assert made.sources[0].name == "loop"
    with pytest.raises(RecipeError, match=r"there is no pack.py"):
        pack.load(made.packs[0], made.folder)
