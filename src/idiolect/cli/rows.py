"""Samples as rows: to look at before they are learned from, and to write for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import click

from idiolect.cli.nouns import Filters, filter_options, samples_of
from idiolect.cli.verbs import json_option, read, recipe_option, room, say, show
from idiolect.errors import DataError

FORMATS = ("messages", "chatml", "sharegpt", "alpaca", "bbj", "prompt-completion", "hotwire", "fim", "idiolect", "hf")


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--pack", "packs", multiple=True, help="By the checks of this pack; default: of the recipe's packs.")
@recipe_option
@json_option
def samples_check(files: tuple[Path, ...], packs: tuple[str, ...], recipe_path: Path, as_json: bool) -> None:
    """Look at rows before they are learned from: faults with their line, checks of packs, copies, secrets.

    A recipe is not needed. Nothing is written. Exits 3 where a row has an error.
    """
    found = room("dataset").check(files, _recipe(recipe_path), packs, Path())
    rows = [one.model_dump(mode="json") for one in found.remarks]
    show({"rows": found.rows, "remarks": rows}, as_json, lambda: room("cli.text").remarks(found))
    if errors := found.count("error"):
        wrong = list(dict.fromkeys(one.file for one in found.remarks if one.severity == "error"))
        where = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3:,} more" if wrong[3:] else "")
        count, what = room("cli.text").counted(errors, "error"), "line that is" if errors == 1 else "lines that are"
        raise DataError(f"{count} in these rows", where=where, next=f"mend the {what} named; a build leaves out what is no row")


def _recipe(path: Path) -> Any:
    """The recipe at a path; none where nothing stands there."""
    file = path / room("recipe").FILE if path.is_dir() else path
    if path == Path() and not file.exists():
        return None
    return read(path)


@click.command("export")
@click.argument("run")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="Form of the rows; hf: a folder for Hugging Face.")
@filter_options(None)
@recipe_option
@json_option
def samples_export(run: str, target: Path, form: str, filters: Filters, recipe_path: Path, as_json: bool) -> None:
    """Write samples of a dataset run as rows that other programs read: JSON lines, or YAML where the name ends in .yaml.

    What a form cannot say is counted. Example: idiolect samples export dataset lessons.jsonl --format messages
    """

    def found(name: str) -> Iterator[Any]:
        return islice(samples_of(recipe_path, run, name, filters), filters.limit)

    rows = room("rows")
    if form == rows.hub.NAME:
        splits = [filters.split] if filters.split else get_args(room("types").Split)
        written = rows.hub.write(target, {name: found(name) for name in splits}, f"{read(recipe_path).name} lessons")
    else:
        written = rows.write(target, found(filters.split or "train"), form)
    values = {"rows": written.rows, "left_out": dict(sorted(written.left_out.items())), "lost": dict(sorted(written.lost.items()))}
    show(values, as_json, lambda: f"{room('cli.text').counted(written.rows, 'row')} in {target}")
    for why, count in values["left_out"].items():
        say(f"left out: {count:,} samples that '{form}' cannot hold ({why}); {_holders(written.holders[why])}")
    for part, count in values["lost"].items():
        say(f"lost: {part} of {count:,} samples, which the form 'idiolect' keeps")


def _holders(forms: Sequence[str]) -> str:
    """Where samples can go instead."""
    return f"{', '.join(forms)} can" if forms else "no form can"
