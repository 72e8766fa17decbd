"""The nouns: runs, models, samples and packs, to list and to look at."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
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
        return labelled and self.made(one.maker) and (not self.source or self.source in sources)

    def made(self, maker: str) -> bool:
        """Whether a maker is meant: `fim`, as recipes say, is `fim.node` and every other form of it too."""
        return not self.maker or maker == self.maker or maker.startswith(f"{self.maker}.")


def filter_options(most: int | None = 20) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `--split`, `--kind`, `--maker`, `--source`, `--label` and `--limit`, which the function gets as `filters`."""
    splits = click.Choice(["train", "validation", "time", "cluster", "source"])
    options = (
        click.option(
            "--limit", default=most, show_default=most is not None or "all", type=click.IntRange(1), help="At most so many of a split."
        ),
        click.option("--label", default="", metavar="NAME=VALUE", help="Only with this label."),
        click.option("--source", default="", help="Only of this source."),
        click.option("--maker", default="", help="Only by this maker; `fim` is every form of it, `fim.node` one."),
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
@click.option("--reason", default="", help="What was dropped for this reason, as it stands in its source.")
@click.option("--step", default="", help="What was dropped in this step of the funnel.")
@recipe_option
@json_option
def samples_show(run: str, ids: tuple[str, ...], filters: Filters, recipe_path: Path, as_json: bool, **dropped: str) -> None:
    """Read samples of a dataset run, all parts, by id (its beginning will do) or the first ones; a terminal gets them page by page.

    With --reason or --step instead what was dropped: files and commits from their source, without secrets.
    """
    if any(dropped.values()):
        _show_dropped(run, ids, filters, recipe_path, as_json, dropped)
        return
    found = _by_id(recipe_path, run, filters, ids) if ids else _first(recipe_path, run, filters)
    if as_json:
        show([{"id": one.id, **one.model_dump(mode="json")} for one in found], as_json, str)
    else:
        _paged(room("cli.pages").pages, found)


def _show_dropped(run: str, ids: tuple[str, ...], filters: Filters, recipe_path: Path, as_json: bool, wanted: dict[str, str]) -> None:
    """Texts of what was dropped; it has a source, and nothing else that samples are told apart by."""
    if ids or filters.split or filters.kind or filters.maker or filters.label:
        what = "what was dropped has no id, split, kind, maker or label"
        raise UsageError(what, where="--reason, --step", next="leave those out; --source and --limit may stay")
    found = _dataset(recipe_path, run)
    shown = room("dataset.drops").shown(read(recipe_path), found, _dropped(found, {**wanted, "source": filters.source}, filters.limit))
    if as_json:
        kept = [(one, {"sample": one.sample.id} if one.sample else {}) for one in shown]
        show([{**one.row, "note": one.note, "text": one.text, "language": one.language, **more} for one, more in kept], as_json, str)
    else:
        _paged(room("cli.pages").dropped, shown)


def _paged(pages: Callable[..., Iterator[str]], found: Iterable[Any]) -> None:
    """Print pages, in colours and one by one on a terminal."""
    colour = sys.stdout.isatty()
    made = pages(found, colour=colour)
    if colour:
        click.echo_via_pager(made, color=True)
    else:
        click.echo("".join(made), nl=False)


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
    rows = _dropped(_dataset(recipe_path, run), wanted, limit)
    show(rows, as_json, lambda: room("cli.text").dropped(rows))


def _dropped(run: Any, wanted: dict[str, str], limit: int | None) -> list[dict[str, str]]:
    """The first rows of what a run dropped that have these values; that there are none is said on stderr, with what there is."""
    tally = room("cli.instead").Tally(wanted)
    rows: list[dict[str, str]] = []
    with run.path("dropped.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if len(rows) == limit:
                break
            if all(value in ("", row[name]) for name, value in wanted.items()):
                rows.append(row)
            for name in wanted:
                tally.add(name, (row[name],))
    if not rows:
        say(f"{run.name} dropped nothing{tally}")
    return rows


_TOLD: dict[str, Callable[[Any], Iterable[str]]] = {
    "kind": lambda one: (one.kind,),
    "maker": lambda one: (one.maker, one.maker.partition(".")[0]),
    "source": lambda one: {span.source for span in one.origins},
    "label": lambda one: [f"{name}={value}" for name, values in one.labels.items() for value in values],
}
"""What of a sample filters ask for."""


def _nothing(recipe_path: Path, run: str, split: str, filters: Filters) -> str:
    """That no sample is meant, and what there is instead."""
    tally, empty = room("cli.instead").Tally({name: getattr(filters, name) for name in _TOLD}), True
    for one in samples_of(recipe_path, run, split, Filters(split, "", None)):
        empty = False
        for name, told in _TOLD.items():
            tally.add(name, told(one))
    said = f"{run} has no samples of split '{split}'"
    if not empty:
        return f"{said}{tally}"
    kinds = _dataset(recipe_path, run).metrics["samples"]
    splits = ", ".join(name for name in get_args(room("types").Split) if any(name in counts for counts in kinds.values()))
    return f"{said}; there are: {splits}"


def _first(recipe_path: Path, run: str, filters: Filters) -> list[Any]:
    """The first samples of a split; that there are none is said on stderr."""
    split = filters.split or "train"
    chosen = list(islice(samples_of(recipe_path, run, split, filters), filters.limit))
    if not chosen:
        say(_nothing(recipe_path, run, split, filters))
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
