"""The verbs: one for each stage, and `init`, `check`, `run`, `purge`."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from idiolect.errors import GateError, ToolError, UsageError


def recipe_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--recipe`."""
    kind = click.Path(path_type=Path)
    return click.option("--recipe", "recipe_path", type=kind, default=Path(), show_default="here", help="The recipe, or its folder.")(
        function
    )


def json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


RESTARTS = 3
"""How often `serve` starts an engine again that died."""

engine_option = click.option(
    "--engine", default="processes", show_default=True, help="Who computes: processes, ranks, ray, ray:ADDRESS or here (docs/cluster.md)."
)
model_option = click.option("--model", "name", default="", help="One model of the recipe; default: all.")


def room(name: str) -> Any:
    """A module of idiolect, imported now; a library that is missing is a sentence that says how to install it."""
    try:
        return importlib.import_module(f"idiolect.{name}")
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("idiolect"):
            raise
        raise ToolError(f"`{name}` needs the library '{error.name}'", next="install it with: pip install 'idiolect[all]'") from None


def read(path: Path) -> Any:
    """The recipe at a path."""
    return room("recipe").read(path)


def show(value: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Print a value as JSON, or as text."""
    click.echo(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) if as_json else text())


def say(text: str) -> None:
    """Print to stderr."""
    click.echo(text, err=True)


def _chosen(recipe: Any, name: str) -> list[Any]:
    found = [model for model in recipe.models if name in ("", model.name)]
    if not found:
        names = ", ".join(model.name for model in recipe.models)
        raise UsageError(f"the recipe has no model '{name}'", where="--model", next=f"it has: {names}")
    return found


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call it; default: the first repository's name.")
@click.option("--effort", type=click.Choice(["quick", "standard", "thorough"]), default="standard", show_default=True, help="The one dial.")
@click.option("--force", is_flag=True, help="Replace a recipe that stands here.")
@recipe_option
def init(paths: tuple[Path, ...], name: str, effort: str, force: bool, recipe_path: Path) -> None:
    """Write a recipe from what is found in repositories.

    Example: idiolect init ../shop ../billing
    """
    file = room("preflight").init(recipe_path, paths, name=name, effort=effort, force=force)
    say(f"wrote {file}")
    say("next: `idiolect check` shows what it will cost, `idiolect run` does it")


@click.command()
@click.option(
    "--labels",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Compare [[label]] with files labelled by hand in this TOML file instead.",
)
@recipe_option
@json_option
def check(labels: Path | None, recipe_path: Path, as_json: bool) -> None:
    """Check recipe, sources, disk and memory, and print the plan with its cost, before anything is spent."""
    if labels:
        table = room("dataset").calibrate(read(recipe_path), labels)
        show(table, as_json, lambda: room("dataset.calibration").text(table))
        return
    preflight = room("preflight")
    found = preflight.check(read(recipe_path))
    show(found, as_json, lambda: preflight.check_text(found))


@click.command()
@click.option("--without", "without", multiple=True, metavar="WHAT", help="author=..., path=GLOB or source=NAME: forget it for good.")
@engine_option
@recipe_option
@json_option
def dataset(without: tuple[str, ...], engine: str, recipe_path: Path, as_json: bool) -> None:
    """Make the lessons from the sources.

    What is to be forgotten is written into the recipe, the private cache is emptied of text, and what holds it still is named.
    """
    stage = room("dataset")
    read(recipe_path)
    for one in stage.forget(recipe_path, without) if without else ():
        trained = f"; trained on it: {', '.join(one.models)}" if one.models else ""
        say(f"{one.run} holds {one.samples:,} samples of it{trained}: delete what may not stay")
    run = stage.build(read(recipe_path), engine)
    show({"run": run.name, **run.metrics}, as_json, lambda: room("cli.text").dataset(run))


@click.command()
@model_option
@recipe_option
@json_option
def train(name: str, recipe_path: Path, as_json: bool) -> None:
    """Train an adapter on the newest lessons."""
    recipe = read(recipe_path)
    lessons = room("registry").newest(recipe, "dataset")
    made = [room("train").train(recipe, model, lessons) for model in _chosen(recipe, name)]
    show([one.model_dump(mode="json") for one in made], as_json, lambda: "\n".join(f"adapter: {one.folder}" for one in made))


@click.command()
@model_option
@recipe_option
@json_option
def export(name: str, recipe_path: Path, as_json: bool) -> None:
    """Write the base and the newest adapter as GGUF files."""
    recipe, stage, made = read(recipe_path), room("export"), []
    for model in _chosen(recipe, name):
        adapter = room("registry").adapter(recipe, model.name)
        made += [stage.export(recipe, model.base), stage.export(recipe, model.base, adapter)]
    lines = [f"{one.type} {one.name}: {Path(one.folder) / one.file}" for one in made]
    show([one.model_dump(mode="json") for one in made], as_json, lambda: "\n".join(lines))


@click.command()
@click.option("--model", "name", default="", help="Name or digest; default: the recipe's first model, promoted before newest.")
@click.option("--host", default=None, help="Address to listen on; default: the recipe's.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port; 0 takes a free one; default: the recipe's.")
@recipe_option
def serve(name: str, host: str | None, port: int | None, recipe_path: Path) -> None:
    """Serve a model to editors until interrupted; prints one line when ready."""
    recipe, stage = read(recipe_path), room("serve")
    model = room("registry").model(recipe, name or recipe.models[0].name)
    with stage.serve(recipe, model, host=host, port=port, restarts=RESTARTS) as url:
        click.echo(f"ready: {url} serves {model.name} ({model.type}, {model.digest[:12]})")
        stage.wait(url)


@click.command()
@model_option
@recipe_option
@json_option
def evaluate(name: str, recipe_path: Path, as_json: bool) -> None:
    """Measure the newest tuned model against its base; exits 4 where the gate fails."""
    recipe, loop = read(recipe_path), room("loop")
    lessons = room("registry").newest(recipe, "dataset")
    _report([loop.measure(recipe, lessons, *loop.pair(recipe, model.name)) for model in _chosen(recipe, name)], as_json)


@click.command()
@engine_option
@recipe_option
@json_option
def run(engine: str, recipe_path: Path, as_json: bool) -> None:
    """Once round the loop; what is done already is skipped. Exits 4 where the gate fails."""
    _report(room("loop").run(read(recipe_path), engine), as_json)


def _report(runs: Sequence[Any], as_json: bool) -> None:
    """Print what was measured, and fail where a gate failed."""
    reports = [one.metrics for one in runs]
    show(reports[0] if len(reports) == 1 else reports, as_json, lambda: "\n\n".join(room("evaluate").table(one) for one in reports))
    for one in runs:
        say(f"report: {one.path('report.html')}")
    failed = [report for report in reports if report["gate"]["verdict"] == "failed"]
    if failed:
        raise GateError("the gate failed", next="; ".join(room("evaluate").reasons(failed[0])))


@click.command()
@recipe_option
@json_option
def purge(recipe_path: Path, as_json: bool) -> None:
    """Empty the private cache: copies of repositories, unscrubbed text, the key of author pseudonyms."""
    freed = room("registry").purge(read(recipe_path))
    show({"freed_bytes": freed}, as_json, lambda: f"freed {freed:,} bytes")


@click.command()
@click.option("--rank", type=click.IntRange(0), required=True, help="Number of this worker, from 0.")
@click.option("--world", type=click.IntRange(1), required=True, help="How many workers there are.")
@click.option("--cores", type=click.IntRange(0), default=0, help="Processes to work with; default: one for each core.")
@click.option("--idle", type=click.FloatRange(0), default=600.0, show_default=True, help="Leave after so many seconds without work.")
@recipe_option
def worker(rank: int, world: int, cores: int, idle: float, recipe_path: Path) -> None:
    """Compute a share of another machine's work, under any scheduler.

    All machines see the recipe's folder. Example: srun -n 8 sh -c 'idiolect worker --rank $SLURM_PROCID --world 8'
    """
    compute = room("compute")
    done = compute.work(read(recipe_path).cache / compute.FOLDER, rank, world, cores=cores, idle=idle)
    say(f"worker {rank} of {world}: {done:,} shards done")


VERBS = (init, check, dataset, train, export, serve, evaluate, run, purge, worker)
