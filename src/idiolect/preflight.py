"""Before anything is spent: write a recipe from what is found, and say what a recipe will cost."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from idiolect import checks, general, hardware, pack, rows, sources
from idiolect.dataset import admission, examples, linting
from idiolect.dataset.labelling import vocabulary
from idiolect.errors import RecipeError, UsageError
from idiolect.files import real, write_text
from idiolect.pack import Tool
from idiolect.recipe import FILE, Effort, ModelRecipe, Recipe, Source, parse
from idiolect.sources import rules

BYTES_PER_TOKEN = 3.2
"""Of code, about: what a vocabulary of several thousand tokens gives."""
LESSONS_PER_BYTE = 3.0
"""Bytes of lessons, prompts included, that the makers give per byte of source, about."""
OPERATIONS_PER_PARAMETER = 6
"""Of one token's training step, about: forward, backward and the adapter."""
REACHED = 0.25
"""Share of the speed of a bare matrix product that training reaches, about."""


def init(target: Path, paths: Sequence[Path], *, name: str, effort: Effort, force: bool) -> Path:
    """Write `idiolect.toml` at `target` (a folder, or the file) for these repositories; return the file.

    Every path is opened and must hold something to learn from. A recipe that stands there is replaced with `force` only.
    """
    file = target if target.suffix == ".toml" else target / FILE
    if file.exists() and not force:
        raise UsageError("there is a recipe already", where=str(file), next="edit it, or replace it with --force")
    folder = real(file.parent)
    rows: list[dict[str, Any]] = [{"path": _relative(path, folder), "name": _unique(path, paths)} for path in paths]
    recipe = parse({"name": _name(name or real(paths[0]).name), "effort": effort, "source": rows}, folder=folder, where=str(file))
    found = [look(recipe, source) for source in recipe.sources]
    write_text(file, _toml(recipe, found))
    return file


def check(recipe: Recipe) -> dict[str, Any]:
    """Everything that can be known beforehand: sources, packs, machine, and for each model the plan with its cost.

    Raises what the stages would raise later: a source that cannot be read, a pack or base that is not there, labels that make no sense, too
    little memory.
    """
    if not recipe.sources:
        raise RecipeError("there is no [[source]]", where=FILE, next='add one: [[source]] and path = "../shop"')
    packs = [pack.load(name, recipe.folder) for name in recipe.packs]
    for one in packs:
        checks.prove(one)
    linting.named(packs, recipe.dataset.makers)
    table = vocabulary(recipe, packs).table()
    machine = hardware.survey(recipe.folder)
    found = [look(recipe, source, admission.linters(packs), table) for source in recipe.sources]
    size = round(sum(one["bytes"] * (1 if "rows" in one else LESSONS_PER_BYTE) for one in found))
    return {
        "recipe": recipe.frozen(),
        "sources": found,
        "machine": {"cores": machine.cores, "memory_mib": machine.memory, "disk_mib": machine.disk, "features": list(machine.features)},
        "general_files": {"replay": len(general.general_files(recipe, "replay")), "probe": len(general.general_files(recipe, "probe"))},
        "models": [_cost(recipe, model, size, machine) for model in recipe.models],
    }


def look(recipe: Recipe, source: Source, linters: Sequence[Tool] = (), table: examples.Table = MappingProxyType({})) -> dict[str, Any]:
    """What a source holds at HEAD: commits, files, bytes by language, and what a person should know; of rows how many there are."""
    if rows.told(source, recipe.folder):
        return _look_at_rows(recipe, source, table)
    repository = sources.opened(recipe.folder / source.path, recipe.cache)
    told = rules.of(source, repository, repository.head)
    documents, dropped = sources.documents(source, repository, repository.head, recipe.dataset.max_file_bytes, told)
    shown = admission.facts(repository, told, linters)
    languages: Counter[str] = Counter()
    for one in documents:
        languages[one.language] += len(one.data)
    return {
        "name": source.name,
        "commit": repository.head,
        "commits": len(repository.commits()) if repository.notes.form == "repository" else 0,
        "files": len(documents),
        "bytes": languages.total(),
        "languages": dict(languages.most_common()),
        "dropped": dict(Counter(one.reason for one in dropped).most_common()),
        "remarks": sources.remarks(repository),
        "admission": admission.row(source, shown),
        "shows": admission.sentence(shown),
    }


def _look_at_rows(recipe: Recipe, source: Source, table: examples.Table) -> dict[str, Any]:
    found, shown = examples.count(recipe, source, table), examples.shows(source)
    why = ", ".join(f"{count:,} {reason}" for reason, count in found["dropped"].items())
    return {
        "name": source.name, "commit": "", "commits": 0, "files": found["files"], "bytes": found["bytes"], "languages": {},
        "rows": found["forms"], "dropped": found["dropped"],
        "remarks": ["has no history: what is held out of it is not later code", *([f"has rows that are none: {why}"] if why else [])],
        "admission": admission.row(source, shown), "shows": admission.sentence(shown),
    }  # fmt: skip


def _cost(recipe: Recipe, model: ModelRecipe, size: int, machine: hardware.Machine) -> dict[str, Any]:
    """The plan of one model, with the tokens estimated from the bytes of its lessons."""
    from idiolect import weights  # torch is imported there, and `init` does without
    from idiolect.train import plan

    shape = plan.shape(weights.resolve(model.base, recipe.folder))
    compute = hardware.choose(machine)
    lessons = round(size / BYTES_PER_TOKEN)
    budget = plan.budget(recipe, lessons, 0, recipe.train.replay)
    settings = plan.settings(recipe, shape, budget.tokens, compute)
    seconds = budget.tokens * OPERATIONS_PER_PARAMETER * shape.parameters / (REACHED * hardware.speed(compute))
    return {
        "name": model.name,
        "base": model.base,
        "parameters": shape.parameters,
        "tokens": budget.tokens,
        "epochs": budget.epochs,
        "rank": settings.rank,
        "learning_rate": settings.learning_rate,
        "length": settings.length,
        "device": compute.name or compute.device,
        "dtype": compute.dtype,
        "memory_mib": plan.memory(shape, settings, compute),
        "minutes": round(seconds / 60, 1),
    }


def check_text(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = []
    for one in found["sources"]:
        top = ", ".join(f"{name} {size / 1e3:,.0f} kB" for name, size in list(one["languages"].items())[:5])
        forms = ", ".join(f"{count:,} {form}" for form, count in one.get("rows", {}).items())
        held = f"{one['commits']:,} commits, {one['files']:,} files at {one['commit'][:12]}: {top}"
        lines.append(f"source {one['name']}: " + (f"rows in {one['files']:,} files: {forms}" if "rows" in one else held))
        lines.append(f"  it shows: {one['shows']}; {'; '.join([one['admission']['verdict'], *one['admission']['because']])}")
        lines += [f"  note: it {remark}" for remark in one["remarks"]]
    machine = found["machine"]
    lines.append(f"machine: {machine['cores']} cores, {machine['memory_mib']:,} MiB memory free, {machine['disk_mib']:,} MiB disk free")
    lines.append("general code: {replay} files to replay, {probe} to measure on".format(**found["general_files"]))
    for one in found["models"]:
        lines.append(
            f"model {one['name']} on {one['base']} ({one['parameters'] / 1e6:,.1f} M parameters): about {one['tokens']:,} tokens "
            f"({one['epochs']:g} passes), rank {one['rank']}, rate {one['learning_rate']:g}, lessons up to {one['length']} tokens"
        )
        lines.append(f"  on {one['device']} in {one['dtype']}: about {one['memory_mib']:,} MiB and {one['minutes']:g} minutes")
    return "\n".join(lines)


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._") or "team"


def _unique(path: Path, paths: Sequence[Path]) -> str:
    """A source's name: its folder's, with its parent's where two are called alike."""
    own = real(path)
    alike = [other for other in paths if real(other).name == own.name]
    return own.name if len(alike) == 1 else f"{own.parent.name}-{own.name}"


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(real(path), folder)).as_posix()


def _toml(recipe: Recipe, found: Sequence[dict[str, Any]]) -> str:
    """The recipe as a person would write it. A TOML basic string is a JSON string."""
    parts = [f"name = {json.dumps(recipe.name)}\neffort = {json.dumps(recipe.effort)}  # quick | standard | thorough\n"]
    for source, one in zip(recipe.sources, found, strict=True):
        languages = ", ".join(list(one["languages"])[:5])
        held = (
            f"{sum(one['rows'].values()):,} rows" if "rows" in one else f"{one['commits']:,} commits, {one['files']:,} files: {languages}"
        )
        parts.append(f"\n[[source]]  # {held}\npath = {json.dumps(source.path)}\nname = {json.dumps(source.name)}\n")
    model = recipe.models[0]
    parts.append(f'\n[[model]]  # real work names a real base, for instance "Qwen/Qwen2.5-Coder-3B"\nbase = {json.dumps(model.base)}\n')
    return "".join(parts)
