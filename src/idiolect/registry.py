"""Runs and Models on disk: the folders are the truth, there is no database.

A Run is a folder `runs/<stage>-<n>` whose `run.json` is written last: without it the run is not finished, and a start with the same
key goes on in that folder. Folders are never overwritten, and no two processes work in one. A Model is
`models/<name>/<digest>/model.json` beside its files; `promoted` is replaced by rename.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idiolect import __version__
from idiolect.errors import DigestError, RecipeError, UsageError
from idiolect.files import alone, digest_file, digest_json, disk_errors, read_json, write_json
from idiolect.recipe import Recipe
from idiolect.types import Model


@dataclass
class Run:
    """One execution of a stage: a folder."""

    folder: Path
    stage: str
    number: int
    key: str
    frozen: dict[str, Any] = field(default_factory=dict)
    """What `run.json` says besides the metrics: recipe, inputs, seed, versions."""
    info: dict[str, Any] = field(default_factory=dict)
    """`run.json`, once the run is finished."""

    @property
    def name(self) -> str:
        """For instance `train-2`."""
        return f"{self.stage}-{self.number}"

    @property
    def done(self) -> bool:
        """Whether `run.json` stands."""
        return bool(self.info)

    @property
    def metrics(self) -> dict[str, Any]:
        """What the stage measured."""
        return dict(self.info.get("metrics", {}))

    def path(self, name: str) -> Path:
        """A file of this run."""
        return self.folder / name

    def finish(self, metrics: dict[str, Any], **frozen: Any) -> Run:
        """Write `run.json`, which makes the run count as done."""
        info = {**self.frozen, **frozen, "metrics": metrics, "finished": round(time.time())}
        write_json(self.folder / "run.json", info)
        self.info = info
        return self


@contextmanager
def begin(recipe: Recipe, stage: str, *, version: int, values: dict[str, Any], inputs: dict[str, str]) -> Iterator[Run]:
    """Yield the run of a stage for these recipe values and inputs.

    A finished run with the same key is yielded as it is (`done`); an unfinished one is gone on with in its folder; otherwise
    a new folder is made. `inputs` maps what was read to its digest. A stage that leaves without `finish` leaves the run open.
    A run that another process is working on is a ResourceError.
    """
    done = finished(recipe, stage, version=version, values=values, inputs=inputs)
    if done:
        yield done
        return
    key = _key(stage, version, values, inputs)
    run = _open(recipe, stage, key)
    with disk_errors(run.folder), alone(run.folder):
        run.info = _info(run.folder)  # another process may have finished it since we looked
        run.frozen = {
            "stage": stage, "number": run.number, "key": key, "version": version, "values": values, "inputs": inputs,
            "recipe": recipe.frozen(), "idiolect": __version__, "python": sys.version.split()[0], "started": round(time.time()),
        }  # fmt: skip
        yield run


def finished(recipe: Recipe, stage: str, *, version: int, values: dict[str, Any], inputs: dict[str, str]) -> Run | None:
    """The finished run that `begin` would yield for the same arguments, where there is one."""
    key = _key(stage, version, values, inputs)
    return next((run for run in reversed(_all(recipe, stage)) if run.key == key and run.done), None)


def _key(stage: str, version: int, values: dict[str, Any], inputs: dict[str, str]) -> str:
    return digest_json({"stage": stage, "version": version, "values": values, "inputs": inputs})


def _open(recipe: Recipe, stage: str, key: str) -> Run:
    """The run of that key, made where there is none; two processes at once get the same one."""
    root = recipe.home / "runs"
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with alone(root, wait=True):
            known = _all(recipe, stage)
            found = next((run for run in reversed(known) if run.key == key), None)
            return found or _new(root, stage, max((run.number for run in known), default=0) + 1, key)


def _new(root: Path, stage: str, number: int, key: str) -> Run:
    while (root / f"{stage}-{number}").exists():  # a folder without a key is not ours to use
        number += 1
    folder = root / f"{stage}-{number}"
    folder.mkdir()
    write_json(folder / "key.json", {"key": key})
    return Run(folder, stage, number, key)


def _info(folder: Path) -> dict[str, Any]:
    """What `run.json` says; nothing while the run is not finished."""
    return dict(read_json(folder / "run.json")) if (folder / "run.json").is_file() else {}


def _all(recipe: Recipe, stage: str = "") -> list[Run]:
    """Every run folder, finished or not, by stage and number."""
    found = []
    for folder in (recipe.home / "runs").glob("*-*"):
        name, _, number = folder.name.rpartition("-")
        if number.isdigit() and (not stage or name == stage) and (folder / "key.json").is_file():
            found.append(Run(folder, name, int(number), read_json(folder / "key.json")["key"], info=_info(folder)))
    return sorted(found, key=lambda run: (run.stage, run.number))


def runs(recipe: Recipe) -> list[Run]:
    """Every run, finished or not, by stage and number."""
    return _all(recipe)


def run(recipe: Recipe, name: str) -> Run:
    """The run called `name`, or the newest finished one of a stage called so."""
    known = runs(recipe)
    for candidate in reversed(known):
        if candidate.name == name or (candidate.stage == name and candidate.done):
            return candidate
    names = ", ".join(one.name for one in known) or "none yet"
    raise UsageError(f"no run is called '{name}'", where=str(recipe.home / "runs"), next=f"there are: {names}")


def save_model(recipe: Recipe, model: Model, files: Path) -> Model:
    """Move the folder `files` to where a model of that digest lives, `model.json` written last; return it with its folder.

    A model of the same digest that stands already is kept, and `files` is removed.
    """
    target = recipe.home / "models" / model.name / model.digest
    with disk_errors(target):
        if not (target / "model.json").is_file():
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_json(files / "model.json", model.model_dump(mode="json", exclude={"folder"}))
            files.rename(target)
        elif files.exists():
            shutil.rmtree(files)
    return model.model_copy(update={"folder": str(target)})


@contextmanager
def model_folder(recipe: Recipe) -> Iterator[Path]:
    """A fresh folder on the models' disk to build a model in; what is not saved is removed."""
    with disk_errors(recipe.home):
        root = recipe.home / "models"
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".building-", dir=root))
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def models(recipe: Recipe) -> list[Model]:
    """Every model, oldest first."""
    found = sorted((recipe.home / "models").glob("*/*/model.json"), key=lambda file: file.stat().st_mtime)
    return [Model.model_validate({**read_json(file), "folder": str(file.parent)}) for file in found]


def model(recipe: Recipe, name: str) -> Model:
    """The model whose digest begins with `name`, else the promoted one of that name, else the newest GGUF of that name."""
    known = models(recipe)
    by_digest = [one for one in known if len(name) >= 6 and one.digest.startswith(name)]
    if len(by_digest) == 1:
        return by_digest[0]
    chosen = promoted(recipe, name)
    tuned = [one for one in known if one.name == name and one.form == "gguf" and one.adapter_digest]
    plain = [one for one in known if one.name == name and one.form == "gguf"]
    if chosen or tuned or plain:
        return chosen or (tuned or plain)[-1]
    names = ", ".join(sorted({f"{one.name} ({one.digest[:12]})" for one in known})) or "none yet; `idiolect run` makes one"
    raise UsageError(f"no model is called '{name}'", where=str(recipe.home / "models"), next=f"there are: {names}")


def adapter(recipe: Recipe, name: str) -> Model:
    """The newest adapter of that name; none is a UsageError that names the verb."""
    found = [one for one in models(recipe) if one.name == name and one.form == "adapter"]
    if not found:
        raise UsageError(f"no adapter of '{name}' has been trained", where=str(recipe.home / "models"), next="run `idiolect train` first")
    return found[-1]


def promoted(recipe: Recipe, name: str) -> Model | None:
    """The model of that name that passed the gate and was promoted last."""
    marker = recipe.home / "models" / name / "promoted"
    if not marker.is_file():
        return None
    digest = read_json(marker)["digest"]
    return next((one for one in models(recipe) if one.name == name and one.digest == digest), None)


def promote(recipe: Recipe, model: Model) -> None:
    """Make `model` the one that is served under its name, after checking its bytes."""
    verify(model)
    write_json(recipe.home / "models" / model.name / "promoted", {"digest": model.digest})


def verify(model: Model) -> None:
    """Refuse a model whose file is not the one that its digest names."""
    if model.form != "gguf":
        raise UsageError(f"{model.name} ({model.digest[:12]}) is of the form '{model.form}'", next="name a gguf")
    file = Path(model.folder) / model.file
    if not file.is_file():
        raise DigestError("the model's file is gone", where=str(file), next="run `idiolect export` again")
    if digest_file(file) != model.digest:
        raise DigestError(
            f"the file does not have the digest {model.digest[:12]}",
            where=str(file),
            next="delete its folder and run `idiolect export` again",
        )


def compare(first: Run, second: Run) -> dict[str, Any]:
    """Two runs of a stage side by side: the recipe keys and the metrics that differ."""
    if first.stage != second.stage:
        raise UsageError(f"{first.name} and {second.name} are runs of different stages", next="name two of one stage")
    left, right = (_flat(run.info.get("recipe", {})) for run in (first, second))
    ours, theirs = (_flat(run.metrics) for run in (first, second))
    return {
        "runs": [first.name, second.name],
        "recipe": {key: [left.get(key), right.get(key)] for key in sorted(left | right) if left.get(key) != right.get(key)},
        "metrics": {key: [ours.get(key), theirs.get(key)] for key in sorted(ours | theirs) if ours.get(key) != theirs.get(key)},
    }


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(value, dict | list):
        return {prefix: value}
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    flat: dict[str, Any] = {}
    for key, inner in pairs:
        flat |= _flat(inner, f"{prefix}.{key}" if prefix else str(key))
    return flat


def purge(recipe: Recipe) -> int:
    """Empty the private cache; return how many bytes that freed. A recipe that never ran has none."""
    cache = recipe.cache
    if not cache.is_dir():
        return 0
    size = sum(file.lstat().st_size for file in cache.rglob("*") if not file.is_dir())
    shutil.rmtree(cache)
    return size


def newest(recipe: Recipe, stage: str) -> Run:
    """The newest finished run of a stage; none is a RecipeError that names the verb."""
    found = [one for one in _all(recipe, stage) if one.done]
    if not found:
        raise RecipeError(f"there is no finished {stage} run", where=str(recipe.home / "runs"), next=f"run `idiolect {stage}` first")
    return found[-1]
