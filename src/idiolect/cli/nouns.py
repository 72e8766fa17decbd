"""The nouns: runs, models, samples and packs, to list and to look at."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import reduce, wraps
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, get_args

import click

from idiolect.cli.verbs import json_option, read, recipe_option, room, say, show
from idiolect.errors import UsageError


@click.group()
def runs() -> None:
    """Every execution of a stage: a folder in .idiolect/runs."""


@runs.command("list")
@recipe_option
@json_option
def runs_list(recipe_path: Path, as_json: bool) -> None:
    """List the runs."""
    found = room("registry").runs(read(recipe_path))
    rows = [
        {"name": one.name, "done": one.done, "key": one.key, "finished": one.info.get("finished"), "folder": str(one.folder)}
        for one in found
    ]
    show(rows, as_json, lambda: room("cli.text").runs(rows))


@runs.command("show")
@click.argument("run")
@recipe_option
@json_option
def runs_show(run: str, recipe_path: Path, as_json: bool) -> None:
    """Show one run: its metrics with --json, its values and files without."""
    found = room("registry").run(read(recipe_path), run)
    show({**found.metrics, "run": found.name}, as_json, lambda: room("cli.text").run(found))


@runs.command("compare")
@click.argument("first")
@click.argument("second")
@recipe_option
@json_option
def runs_compare(first: str, second: str, recipe_path: Path, as_json: bool) -> None:
    """Show two runs of a stage side by side: recipe keys, counts and scores that differ."""
    recipe, registry = read(recipe_path), room("registry")
    found = registry.compare(registry.run(recipe, first), registry.run(recipe, second))
    show(found, as_json, lambda: room("cli.text").comparison(found))


@click.group()
def models() -> None:
    """Bases, adapters and GGUF files in .idiolect/models."""


@models.command("list")
@recipe_option
@json_option
def models_list(recipe_path: Path, as_json: bool) -> None:
    """List the models; the promoted ones are marked."""
    recipe, registry = read(recipe_path), room("registry")
    found = registry.models(recipe)
    promoted = [registry.promoted(recipe, name) for name in {one.name for one in found}]
    rows = [{**one.model_dump(mode="json"), "promoted": one in promoted} for one in found]
    show(rows, as_json, lambda: room("cli.text").models(rows))


@models.command("show")
@click.argument("model")
@recipe_option
@json_option
def models_show(model: str, recipe_path: Path, as_json: bool) -> None:
    """Show one model, by name or by the first six or more digits of its digest."""
    found = room("registry").model(read(recipe_path), model).model_dump(mode="json")
    show(found, as_json, lambda: room("cli.text").fields(found))


@models.command("promote")
@click.argument("model")
@recipe_option
def models_promote(model: str, recipe_path: Path) -> None:
    """Make a model the one that `serve` takes, whatever the gate said."""
    recipe, registry = read(recipe_path), room("registry")
    found = registry.model(recipe, model)
    registry.promote(recipe, found)
    say(f"promoted {found.name} {found.digest[:12]}")


@models.command("verify")
@click.argument("model")
@recipe_option
def models_verify(model: str, recipe_path: Path) -> None:
    """Check that a model's file is the one its digest names."""
    registry = room("registry")
    found = registry.model(read(recipe_path), model)
    registry.verify(found)
    say(f"{found.name} {found.digest[:12]} is intact")


@click.group()
def samples() -> None:
    """Lessons and probes of a dataset run."""


class Filters(NamedTuple):
    """Which samples are meant."""

    split: str | None
    kind: str
    limit: int | None
    """None: all."""
    maker: str = ""
    source: str = ""
    label: str = ""

    def wants(self, one: Any) -> bool:
        """Whether a sample of the right kind is meant."""
        name, _, value = self.label.partition("=")
        labelled = not name or value in one.labels.get(name, ())
        sources = {span.source for span in one.origins}
        return labelled and self.maker in ("", one.maker) and (not self.source or self.source in sources)


def filter_options(most: int | None = 20) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--split`, `--kind`, `--maker`, `--source`, `--label` and `--limit`, which the function gets as `filters`."""
    splits = click.Choice(["train", "validation", "time", "cluster", "source"])
    options = (
        click.option(
            "--limit", default=most, show_default=most is not None or "all", type=click.IntRange(1), help="At most so many of a split."
        ),
        click.option("--label", default="", metavar="NAME=VALUE", help="Only with this label."),
        click.option("--source", default="", help="Only of this source."),
        click.option("--maker", default="", help="Only by this maker."),
        click.option("--kind", default="", help="Only this kind."),
        click.option("--split", default=None, show_default="train; of ids and for hf all", type=splits, help="Only this split."),
    )

    def added(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def told(**values: Any) -> Any:
            return function(filters=Filters(**{name: values.pop(name) for name in Filters._fields}), **values)

        return reduce(lambda made, option: option(made), options, told)

    return added


@samples.command("list")
@click.argument("run")
@filter_options()
@recipe_option
@json_option
def samples_list(run: str, filters: Filters, recipe_path: Path, as_json: bool) -> None:
    """List samples of a dataset run: id, kind, source and path."""
    found = _first(recipe_path, run, filters)
    rows = [{"id": one.id, "kind": one.kind, "maker": one.maker, "path": one.origins[0].path if one.origins else ""} for one in found]
    show(rows, as_json, lambda: "\n".join(f"{row['id']}  {row['kind']:8}  {row['path']}" for row in rows))


@samples.command("show")
@click.argument("run")
@click.argument("ids", nargs=-1)
@filter_options()
@recipe_option
@json_option
def samples_show(run: str, ids: tuple[str, ...], filters: Filters, recipe_path: Path, as_json: bool) -> None:
    """Read samples of a dataset run, all parts, by id (its beginning will do) or the first ones; a terminal gets them page by page."""
    found = _by_id(recipe_path, run, filters, ids) if ids else _first(recipe_path, run, filters)
    if as_json:
        show([{"id": one.id, **one.model_dump(mode="json")} for one in found], as_json, str)
        return
    colour = sys.stdout.isatty()
    pages = room("cli.pages").pages(found, colour=colour)
    if colour:
        click.echo_via_pager(pages, color=True)
    else:
        click.echo("".join(pages), nl=False)


@samples.command("dropped")
@click.argument("run")
@click.option("--reason", default="", help="Only for this reason.")
@click.option("--step", default="", help="Only in this step of the funnel.")
@click.option("--source", default="", help="Only of this source.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="At most so many.")
@recipe_option
@json_option
def samples_dropped(run: str, recipe_path: Path, as_json: bool, limit: int, **wanted: str) -> None:
    """List what a dataset run dropped: step, reason, and what it was."""
    found = _dataset(recipe_path, run)
    with found.path("dropped.jsonl").open(encoding="utf-8") as lines:
        every = map(json.loads, lines)
        rows = list(islice((row for row in every if all(value in ("", row[name]) for name, value in wanted.items())), limit))
    if not rows:
        counts = ", ".join(f"{count:,} {reason}" for reason, count in found.metrics["dropped"].items())
        say(f"{found.name} dropped nothing of the sort; it dropped {counts or 'nothing'}")
    show(rows, as_json, lambda: room("cli.text").dropped(rows))


def _first(recipe_path: Path, run: str, filters: Filters) -> list[Any]:
    """The first samples of a split; that there are none is said on stderr."""
    split = filters.split or "train"
    chosen = list(islice(samples_of(recipe_path, run, split, filters), filters.limit))
    if not chosen:
        asked = ", ".join(f"{name} '{value}'" for name, value in filters._asdict().items() if value and name not in ("split", "limit"))
        say(f"{run} has no samples of split '{split}'" + (f" with {asked}" if asked else ""))
    return chosen


def _by_id(recipe_path: Path, run: str, filters: Filters, ids: tuple[str, ...]) -> list[Any]:
    """The samples whose ids begin so, of one split or of all."""
    splits = [filters.split] if filters.split else get_args(room("types").Split)
    found = [one for split in splits for one in samples_of(recipe_path, run, split, filters) if one.id.startswith(ids)]
    if not found:
        raise UsageError("no sample has such an id", where=f"{run}, {', '.join(splits)}", next="see `idiolect samples list`")
    return found


def samples_of(recipe_path: Path, run: str, split: str, filters: Filters) -> Iterator[Any]:
    """Samples of a dataset run."""
    kinds = get_args(room("types").Kind)
    if filters.kind and filters.kind not in kinds:
        raise UsageError(f"there is no kind '{filters.kind}'", where="--kind", next=f"there are: {', '.join(kinds)}")
    if filters.label and "=" not in filters.label:
        raise UsageError("a label has a name and a value", where="--label", next="write it as NAME=VALUE, for instance language=ruby")
    found = room("samples").read(_dataset(recipe_path, run).folder, split, (filters.kind,) if filters.kind else ())
    return filter(filters.wants, found)


def _dataset(recipe_path: Path, run: str) -> Any:
    """A dataset run by its name."""
    found = room("registry").run(read(recipe_path), run)
    if found.stage != "dataset":
        raise UsageError(f"{found.name} is no dataset run and has no samples", next="name one of `idiolect runs list`, or `dataset`")
    return found


@click.group()
def packs() -> None:
    """What is particular to a domain."""


@packs.command("list")
@json_option
def packs_list(as_json: bool) -> None:
    """List the packs that are installed."""
    pack = room("pack")
    rows = [{"name": name, "description": pack.load(name, Path()).description} for name in pack.installed()]
    show(rows, as_json, lambda: "\n".join(f"{row['name']:12} {row['description']}" for row in rows) or "no packs are installed")


@packs.command("check")
@click.argument("name")
def packs_check(name: str) -> None:
    """Prove a pack: for every probe the gold answer scores 1 and the empty answer less."""
    found = room("pack").load(name, Path())
    room("checks").prove(found)
    say(f"{found.name}: {len(found.probes)} probes, {len(found.checks)} checks, all hold")
