"""How the verbs and nouns print what they found, for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from idiolect.registry import Run
from idiolect.types import SPLITS


def dataset(run: Run) -> str:
    """The lessons in a few lines: documents, samples per kind and split, what was dropped, the cut."""
    found = run.metrics
    kinds = found["samples"]
    splits = [split for split in SPLITS if any(split in counts for counts in kinds.values())]
    rows = [["kind", *splits], *([kind, *(f"{counts.get(split, 0):,}" for split in splits)] for kind, counts in kinds.items())]
    lines = [f"{run.name}: {found['documents']:,} documents, {found['bytes']:,} bytes, {found['seconds']:.1f} s", "", table(rows), ""]
    lines += [f"cut of {name}: {_cut(cut)}" for name, cut in found["cuts"].items()]
    lines += [f"rows of {name}: {one['rows']:,}, and {one['faults']:,} that are none" for name, one in found.get("rows", {}).items()]
    lines += ["dropped: " + (", ".join(f"{count:,} {reason}" for reason, count in sorted(found["dropped"].items())) or "nothing")]
    return "\n".join([*lines, f"leaks: {found['leaks']}", f"card: {run.path('README.md')}"])


def _cut(cut: Mapping[str, Any]) -> str:
    when = datetime.fromtimestamp(cut["time"], tz=UTC).strftime("%Y-%m-%d") if cut["time"] else "no day"
    return f"{cut['commit'][:12]} of {when}" + (f" ({cut['note']})" if cut.get("note") else "")


def runs(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line per run."""
    body = [[row["name"], _when(row["finished"]) if row["done"] else "not finished", row["key"][:12]] for row in rows]
    return table([["run", "finished", "key"], *body]) if rows else "no runs yet"


def run(one: Run) -> str:
    """A run's values, inputs, metrics and files."""
    info = {key: value for key, value in one.info.items() if key in ("values", "inputs", "metrics", "version")}
    files = "\n".join(sorted(str(path.relative_to(one.folder)) for path in one.folder.rglob("[!.]*") if path.is_file()))
    state = f"finished {_when(one.info['finished'])}" if one.done else "not finished"
    return f"{one.name}, {state}\n{one.folder}\n\n{json.dumps(info, indent=1, ensure_ascii=False)}\n\n{files}"


def comparison(found: Mapping[str, Any]) -> str:
    """Two runs side by side."""
    first, second = found["runs"]
    parts = []
    for part in ("recipe", "metrics"):
        rows = [[key, _short(left), _short(right)] for key, (left, right) in found[part].items()]
        parts.append(f"{part}\n" + (table([["", first, second], *rows]) if rows else "no difference"))
    return "\n\n".join(parts)


def _short(value: Any) -> str:
    """A value in as many digits as a person compares, digests as their beginning; what one side lacks is a dash."""
    text = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return text[:12] if re.fullmatch(r"[0-9a-f]{40,64}", text) else text


def models(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line per model."""
    body = [[row["name"], row["form"], row["type"], row["digest"][:12], "promoted" if row["promoted"] else "", row["base"]] for row in rows]
    return table([["model", "form", "type", "digest", "", "base"], *body]) if rows else "no models yet"


def fields(found: Mapping[str, Any]) -> str:
    """One field a line."""
    return "\n".join(f"{key:16} {value}" for key, value in found.items() if value not in ("", 0))


def dropped(rows: Sequence[Mapping[str, Any]]) -> str:
    """What was dropped, a line each: step, reason, what, and the detail where there is one."""
    told = [[str(row[name]) for name in ("step", "reason", "what", "detail")] for row in rows]
    return table([["step", "reason", "what", "detail"], *told]) if told else ""


def remarks(found: Any) -> str:
    """What is to be said of rows, a line each, and how many there were."""
    lines = [f"{one.file}:{one.line}: {one.severity}: {one.rule}: {one.message}" for one in found.remarks]
    errors, warnings = (counted(found.count(name), name) for name in ("error", "warning"))
    return "\n".join([*lines, f"{counted(found.rows, 'row')}, {errors}, {warnings}"])


def counted(count: int, noun: str) -> str:
    """So many of a thing: `1 row`, `1,200 rows`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width, two spaces apart; numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    right = [all(_is_number(row[column]) for row in rows[1:]) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if ends else cell.ljust(width) for cell, width, ends in zip(row, widths, right, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("-", "").replace("%", "").isdigit()


def _when(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds or 0, tz=UTC).strftime("%Y-%m-%d %H:%M") if seconds else ""
