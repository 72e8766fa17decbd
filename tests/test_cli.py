"""The command line with wrong input: a sentence that says what, where and next, and the documented exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def idiolect(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "idiolect", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True)


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet")
    for name, text in files.items():
        (folder / name).write_text(text)
    if files:
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


def recipe(folder: Path, source: str, more: str = "") -> Path:
    (folder / "idiolect.toml").write_text(f'name = "a"\neffort = "quick"\n[[source]]\npath = "{source}"\n{more}')
    return folder


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    ended = idiolect("dataset", folder=recipe(tmp_path, "nowhere"))
    assert ended.returncode == 1
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("files", "sentence"),
    [({}, "no commit"), ({"a.xyz": "what\n"}, "no file to learn from"), (None, "holds no file")],
    ids=["empty", "no-language", "empty-folder"],
)
def test_a_repository_with_nothing_to_learn_from(tmp_path: Path, files: dict[str, str] | None, sentence: str) -> None:
    if files is None:
        (tmp_path / "shop").mkdir()
    else:
        repository(tmp_path / "shop", files)
    ended = idiolect("dataset", folder=recipe(tmp_path, "shop"))
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "shop" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_single_commit_trains_but_is_not_cut(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "".join(f"def price_{i}(amount):\n    return amount * {i} + 1\n\n\n" for i in range(40))})
    ended = idiolect("dataset", "--json", folder=recipe(tmp_path, "shop"))
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["probes"]["kept"] == 0
    assert found["samples"]["raw"]["train"] == 1


def test_an_unknown_key_and_an_unknown_verb(tmp_path: Path) -> None:
    ended = idiolect("check", folder=recipe(tmp_path, "shop", "[train]\nrnak = 3\n"))
    assert (ended.returncode, "did you mean 'rank'?" in ended.stderr) == (1, True)
    assert idiolect("trian", folder=tmp_path).returncode == 2
    assert idiolect("runs", "show", "dataset-9", folder=recipe(tmp_path, "shop")).returncode == 2


def test_a_query_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    signs = '[[label]]\nvalue = "old"\n[[label.sign]]\nlanguage = "python"\nquery = "(colour)"\n'
    ended = idiolect("check", folder=recipe(tmp_path, "shop", signs))
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "the query of 'old' cannot be asked: Invalid node type at row 0, column 1: colour" in ended.stderr


def test_a_stage_without_the_one_before_it(tmp_path: Path) -> None:
    ended = idiolect("train", folder=recipe(tmp_path, "shop"))
    assert (ended.returncode, "run `idiolect dataset` first" in ended.stderr) == (1, True)


def test_init_writes_a_recipe_that_reads_back_and_replaces_none(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "def price(amount):\n    return amount\n"})
    assert idiolect("init", "shop", "--effort", "quick", folder=tmp_path).returncode == 0
    again = idiolect("init", "shop", folder=tmp_path)
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    checked = idiolect("check", "--json", folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["recipe"]["source"][0]["path"] == "shop"


def test_init_writes_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "def price(amount):\n    return amount\n"})
    ended = idiolect("init", "shop", "--recipe", "new/place", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert 'path = "../../shop"' in (tmp_path / "new/place/idiolect.toml").read_text()


def test_samples_that_cannot_be_there_are_refused(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "def price(amount):\n    return amount\n"})
    folder = recipe(tmp_path, "shop")
    assert idiolect("dataset", folder=folder).returncode == 0
    for more, sentence in (["--kind", "prose"], "no kind 'prose'"), (["zzzz"], "no sample"), (["--label", "python"], "NAME=VALUE"):
        ended = idiolect("samples", "show", "dataset", *more, folder=folder)
        assert (ended.returncode, sentence in ended.stderr) == (2, True)
    ended = idiolect("samples", "list", "dataset", "--split", "time", folder=folder)
    assert (ended.returncode, "no samples of split 'time'" in ended.stderr) == (0, True)


def test_samples_are_picked_by_what_they_are_and_by_why_they_were_dropped(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "def price(amount):\n    return amount\n", "package-lock.json": '{"name": "shop"}\n'})
    folder = recipe(tmp_path, "shop")
    assert idiolect("dataset", folder=folder).returncode == 0

    def found(*asked: str) -> list[dict[str, str]]:
        ended = idiolect("samples", *asked, "--json", folder=folder)
        assert ended.returncode == 0, ended.stderr
        return list(json.loads(ended.stdout))

    assert {one["maker"] for one in found("list", "dataset", "--maker", "raw")} == {"raw"}
    assert found("list", "dataset", "--label", "language=python", "--source", "shop")
    assert not found("list", "dataset", "--label", "language=cobol")
    assert not found("list", "dataset", "--source", "elsewhere")
    reasons = {one["reason"]: one["what"] for one in found("dropped", "dataset")}
    assert "package-lock.json" in reasons.values()
    reason = next(reason for reason, what in reasons.items() if what == "package-lock.json")
    assert {one["reason"] for one in found("dropped", "dataset", "--reason", reason)} == {reason}
    ended = idiolect("samples", "dropped", "dataset", "--reason", "rain", folder=folder)
    assert (ended.returncode, f"{reason} (1)" in ended.stderr) == (0, True)
    (shown,) = found("show", "dataset", "--reason", reason)
    assert (shown["what"], shown["text"]) == ("package-lock.json", '{"name": "shop"}\n')
    ended = idiolect("samples", "show", "dataset", "--reason", reason, folder=folder)
    assert "package-lock.json" in ended.stdout and '{"name": "shop"}\n' in ended.stdout
    ended = idiolect("samples", "show", "dataset", "--reason", reason, "--kind", "raw", folder=folder)
    assert (ended.returncode, "no id, split, kind" in ended.stderr) == (2, True)


def test_a_maker_is_every_form_of_it_and_what_is_not_there_names_what_is(tmp_path: Path) -> None:
    repository(tmp_path / "shop", {"a.py": "".join(f"def price_{i}(amount):\n    return amount * {i} + 1\n\n\n" for i in range(40))})
    folder = recipe(tmp_path, "shop")
    assert idiolect("dataset", folder=folder).returncode == 0
    asked = ("samples", "list", "dataset", "--limit", "1000", "--json")
    forms = {one["maker"] for one in json.loads(idiolect(*asked, "--maker", "fim", folder=folder).stdout)}
    assert {"fim.node", "fim.aligned"} <= forms and all(form.startswith("fim.") for form in forms)
    assert {one["maker"] for one in json.loads(idiolect(*asked, "--maker", "fim.node", folder=folder).stdout)} == {"fim.node"}
    for option, value, there in (
        ("--maker", "fmi", "every maker there is: fim ("),
        ("--maker", "fim.nod", "every maker there is: fim.node ("),
        ("--label", "language=pyton", "every label there is: language=python ("),
        ("--source", "shpo", "every source there is: shop ("),
        ("--kind", "review", "every kind there is: "),
    ):
        ended = idiolect("samples", "list", "dataset", option, value, folder=folder)
        assert (ended.returncode, there in ended.stderr) == (0, True), ended.stderr
    ended = idiolect("samples", "list", "dataset", "--kind", "raw", "--maker", "fim", folder=folder)
    assert "with kind 'raw', maker 'fim'; each of these is there, but not together" in ended.stderr
    ended = idiolect("samples", "list", "dataset", "--split", "time", folder=folder)
    assert "no samples of split 'time'; there are: train" in ended.stderr


def test_the_lists_are_empty_before_anything_ran(tmp_path: Path) -> None:
    folder = recipe(tmp_path, "shop")
    for noun in ("runs", "models"):
        assert json.loads(idiolect(noun, "list", "--json", folder=folder).stdout) == []
    assert json.loads(idiolect("purge", "--json", folder=folder).stdout) == {"freed_bytes": 0}
    assert not (folder / ".idiolect").exists()


def test_serving_without_a_model_says_how_to_make_one(tmp_path: Path) -> None:
    ended = idiolect("serve", folder=recipe(tmp_path, "shop"))
    assert (ended.returncode, "`idiolect run` makes one" in ended.stderr) == (2, True)
