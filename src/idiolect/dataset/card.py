"""The dataset card: README.md as Hugging Face reads it, with pictures beside it that open without a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idiolect import plots
from idiolect.dataset import excerpts, lengths, quality
from idiolect.dataset.census import DAY, Census
from idiolect.files import write_text
from idiolect.markdown import code, folded, line, table, visible
from idiolect.types import SPLITS, Kind

PICTURES = "card"
"""Folder of the pictures, beside README.md."""
KINDS: dict[Kind, str] = {
    "raw": "files as they stand, every token counts",
    "fim": "holes in files, filled with what stood there",
    "write": "a request in the team's words, answered by the team's code",
    "explain": "code or a heading, answered by the team's own prose",
    "diff": "a commit message and the code before, answered by the edit",
    "spec": "code, answered by the tests that the team wrote for it, and the other way round",
    "review": "a change, answered by what a reviewer said of it and by what was made of that",
    "refactor": "code in several files, answered by the move or extraction that the team made",
    "feature": "what was wanted, answered by every file that was written for it",
    "bugfix": "code with a fault, answered by what is wrong and by the repair",
    "diagnose": "a trace, a failing test or a report, answered by cause and patch",
    "migrate": "how it was written once, answered by how it is written now",
    "qa": "a question, answered by somebody of the team",
    "chat": "a conversation of several turns, answered in the team's words",
    "contrast": "what to say beside what not to say",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))


def write(folder: Path, metrics: Mapping[str, Any], census: Census, drawn: excerpts.Drawn, *, name: str = "") -> Path:
    """Write `folder`/README.md and its pictures; return the path of the card.

    `metrics` are the build's: `funnel` (rows of step, unit, kept, dropped), `cuts`, `leaks`, `documents`, `lengths`, `seconds`; what is
    missing is left out. `drawn` are samples to read.
    """
    pictures = _pictures(census, metrics)
    for stem, picture in pictures.items():
        write_text(folder / PICTURES / f"{stem}.svg", picture)
    parts = [_front(census, name), _opening(census, metrics, name), *_sections(census, metrics, pictures), *excerpts.section(census, drawn)]
    path = folder / "README.md"
    write_text(path, "\n\n".join(part for part in parts if part) + "\n")
    return path


def _pictures(census: Census, metrics: Mapping[str, Any]) -> dict[str, str]:
    """File stem -> SVG; only those with something to show."""
    split_of = [(kind, {split: census.samples[kind, split] for split in SPLITS if census.samples[kind, split]}) for kind in census.kinds]
    rows = [(str(kind), {str(split): float(count) for split, count in counts.items()}) for kind, counts in split_of]
    sizes = [(_bytes(size), float(census.lengths[size])) for size in _powers(census.lengths)]
    found = {
        **_funnels(metrics),
        "kinds": rows and plots.stacked(rows, title="Samples by kind and split"),
        "labels": census.labels and plots.bars(_labels(census), title="Labels", note="Training samples; one may have several values."),
        "languages": census.languages and plots.bars(_top(census.languages), title="Languages", note="Training samples."),
        "sources": len(census.sources) > 1 and plots.bars(_top(census.sources), title="Sources", note="Training samples."),
        "ages": plots.columns(ages, title="Age", note="Training samples by when their newest line was written.")
        if (ages := _ages(census))
        else "",
        "lengths": sizes
        and plots.columns(sizes, title="Length in bytes", note="Training samples, prompt and answer; each up to its figure."),
        "tokens": _tokens(metrics),
        "cut": _timeline(census, metrics),
    }
    return {stem: picture for stem, picture in found.items() if isinstance(picture, str) and picture}


def _tokens(metrics: Mapping[str, Any]) -> str:
    """By the first base whose tokenizer was to be had."""
    bases = metrics.get("lengths", {}).get("bases", {}).items()
    base, found = next(((base, one["classes"]) for base, one in bases if "classes" in one), ("", {}))
    sizes = {int(size): count for size, count in found.items()}
    note = f"By the tokenizer of {base}, from lessons drawn by lot of every kind; each up to its figure."
    columns = [(f"{size:,}", float(sizes.get(size, 0))) for size in _powers(sizes)]
    return plots.columns(columns, title="Length in tokens", note=note) if columns else ""


def _funnels(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The steps before the makers, the makers, and the steps after them; what met nothing has nothing to show."""
    rows = [row for row in metrics.get("funnel", ()) if row["kept"] or row["dropped"]]
    makers = [at for at, row in enumerate(rows) if row["step"].startswith("make ")]
    first, last = (makers[0], makers[-1] + 1) if makers else (len(rows), len(rows))
    parts = {
        "funnel": (rows[:first], "From files and commits to what lessons are made of"),
        "makers": (rows[first:last], "What each maker was given, and made of it"),
        "finishing": (rows[last:], "What became of what was made"),
    }
    note = "In every step: what came in = kept + dropped."
    return {stem: plots.funnel([_step(row) for row in part], title=title, note=note) for stem, (part, title) in parts.items() if part}


def _step(row: Mapping[str, Any]) -> plots.Step:
    return plots.Step(row["step"].removeprefix("make "), row.get("unit", ""), row["kept"], row["dropped"])


def _labels(census: Census) -> list[tuple[str, float]]:
    """The commonest values of each name."""
    return [(f"{name}: {value}", count) for name, counts in sorted(census.labels.items()) for value, count in _top(counts, 6)]


def _timeline(census: Census, metrics: Mapping[str, Any]) -> str:
    if len({day for days in census.days.values() for day in _known(days)}) < 2:
        return ""  # columns are days: within one, lessons and probes would stand on one another
    cuts = metrics.get("cuts", {})
    names = sorted({source for source, _ in census.days} | set(cuts))
    eras = [
        plots.Era(name, cuts.get(name, {}).get("time"), _known(census.days.get((name, False))), _known(census.days.get((name, True))))
        for name in names
    ]
    note = "Lessons come from before each source's cut; time probes are what the team wrote after it."
    return plots.timeline(eras, title="The cut in time", note=note, names=("lessons", "time probes")) if eras else ""


def _known(days: Mapping[int, int] | None) -> dict[int, int]:
    return {day: count for day, count in (days or {}).items() if day > 0}


def _front(census: Census, name: str) -> str:
    """The YAML that Hugging Face reads: how to load each split, and what it may be used for."""
    total = sum(census.samples.values())
    size = next((label for bound, label in _SIZES if total < bound), "n>10M")
    files = [row for split in SPLITS if census.splits().get(split) for row in (f"  - split: {split}", f"    path: {split}/*.parquet")]
    head = ["---", f"pretty_name: {_yaml(name or 'idiolect lessons')}", "license: other", "task_categories:", "- text-generation", "tags:"]
    config = ["configs:", "- config_name: default", "  data_files:", *files] if files else []
    return "\n".join([*head, "- code", "- idiolect", "size_categories:", f"- {_yaml(size)}", *config, "---"])


def _opening(census: Census, metrics: Mapping[str, Any], name: str) -> str:
    splits = census.splits()
    probes = splits.get("time", 0) + splits.get("cluster", 0) + splits.get("source", 0)
    rows = [
        ("different files read", plots.number(metrics["documents"])) if "documents" in metrics else None,
        ("training samples", plots.number(splits.get("train", 0))),
        ("training text", _bytes(census.size)),
        ("validation samples", plots.number(splits.get("validation", 0))),
        ("probes", plots.number(probes)),
        ("**leaks** (probes whose text stands in the training text)", f"**{metrics['leaks']}**") if "leaks" in metrics else None,
        ("built in", f"{metrics['seconds']:.0f} s") if "seconds" in metrics else None,
    ]
    about = f"Lessons that idiolect made from {_sources(census)}. Every sample names the commit, path and bytes that it was made from."
    return f"# {line(name) or 'Lessons'}\n\n{about}\n\n{table(('', ''), [row for row in rows if row])}"


def _sources(census: Census) -> str:
    names = sorted(census.sources)
    return f"{len(names)} sources" if len(names) > 3 else " and ".join(code(name) for name in names) or "nothing"


def _sections(census: Census, metrics: Mapping[str, Any], pictures: Mapping[str, str]) -> list[str]:
    def picture(stem: str, alt: str) -> str:
        return f"![{alt}]({PICTURES}/{stem}.svg)" if stem in pictures else ""

    used = [split for split in SPLITS if census.splits().get(split)]
    kinds = [(f"**{kind}**", KINDS.get(kind, ""), *(plots.number(census.samples[kind, split]) for split in used)) for kind in census.kinds]
    cuts = [_cut(name, cut) for name, cut in sorted(metrics.get("cuts", {}).items())]
    licences = ", ".join(f"{code(licence)} ({plots.number(count)})" for licence, count in census.licences.most_common()) or "none stated"
    return [
        *_admission(metrics),
        *_rows(metrics),
        "## From files to samples",
        picture("funnel", "Funnel: what each step kept, and why the rest was dropped"),
        picture("makers", "Of every maker, what it made and why of the rest it made nothing"),
        picture("finishing", "What was made: duplicates and probes that training knows, dropped"),
        _reasons(census),
        "## What it holds",
        picture("kinds", "Samples by kind and split"),
        table(("kind", "what it teaches", *used), kinds),
        picture("labels", "Training samples by label"),
        picture("languages", "Training samples by language"),
        picture("sources", "Training samples by source"),
        f"Licences of the sources, by samples that hold their text: {licences}.",
        *_duplicates(metrics),
        *(lengths.section(metrics["lengths"]) if "lengths" in metrics else ()),
        picture("tokens", "Training samples by length in tokens"),
        picture("lengths", "Training samples by length in bytes"),
        *quality.section(metrics),
        *_scrubbed(metrics),
        "## When it was written",
        picture("ages", "Training samples by age"),
        picture("cut", "Per source: lessons before the cut, time probes after it"),
        table(("source", "cut at commit", "time", "probe candidates", "remark"), cuts) if cuts else "",
        *_guard(metrics),
        *(lengths.words(metrics["lengths"]) if "lengths" in metrics else ()),
    ]


def _reasons(census: Census) -> str:
    rows = [
        (line(reason), plots.number(count), ", ".join(code(_short(what)) for what in census.examples[reason]))
        for reason, count in census.reasons.most_common()
    ]
    return folded(f"All {len(rows)} reasons, with instances", table(("reason", "dropped", "for instance"), rows)) if rows else ""


def _admission(metrics: Mapping[str, Any]) -> list[str]:
    """What each source showed of itself, what was decided on it, and the signals that dropped nothing."""
    found = metrics.get("admission", {})
    rows = [
        (
            code(name), line(str(one["role"])),
            f"{plots.number(one['commits'])} commits, {one['months']:g} months" if one["last"] else "none",
            *((line(one["last"]), f"{one['reviewed']:.0%}", f"{one['tested']:.0%}") if one["last"] else ("", "", "")),
            code(str(one["licence"]) or "unknown"),
            line(str(one["efficiency"])), line(str(one["security"])), line("; ".join([str(one["verdict"]), *one["because"]])),
        )
        for name, one in sorted(found.items())
    ]  # fmt: skip
    head = ("source", "role", "history", "last commit", "reviewed", "with tests", "licence", "efficiency", "security", "admission")
    said = "Signals are counted in a few hundred files of each source and are no reason to drop one; web-scale filters would."
    signals = [
        (
            code(name),
            plots.number(one["files"]),
            line(", ".join(f"{count} {signal}" for signal, count in one.items() if signal != "files")),
        )
        for name, one in sorted(metrics.get("signals", {}).items())
    ]
    counted = [said, table(("source", "files looked at", "signals"), signals)] if signals else []
    return ["## The sources", table(head, rows), *counted] if rows else []


def _rows(metrics: Mapping[str, Any]) -> list[str]:
    """What each source of rows gave, and that its held-out rows are no later code."""
    rows = [
        (
            code(name), plots.number(one["rows"]), line(", ".join(f"{count} {form}" for form, count in one["forms"].items())),
            plots.number(one["faults"]), *(plots.number(one["sides"].get(side, 0)) for side in ("train", "validation")),
            plots.number(one["sides"].get("cluster", 0) + one["sides"].get("source", 0)),
            line(", ".join(f"{field} ({count})" for field, count in one["unread"].items())) or "none",
        )
        for name, one in sorted(metrics.get("rows", {}).items())
    ]  # fmt: skip
    said = (
        "Rows are lessons as somebody wrote them. They have no time: what is held out of them is held out by near relatives, before leaks "
        "are looked for. **It is not later code**, and a figure measured on it does not say how the model does on what comes next."
    )
    head = ("source", "rows", "forms", "no good", "lessons", "validation", "held out", "fields that are not read")
    return ["## Rows of examples", said, table(head, rows)] if rows else []


def _cut(name: str, cut: Mapping[str, Any]) -> tuple[str, ...]:
    when = datetime.fromtimestamp(cut.get("time", 0), UTC).strftime("%Y-%m-%d %H:%M") if cut.get("time") else ""
    found = plots.number(cut.get("candidates", 0))
    return code(name), code(str(cut.get("commit", ""))[:12]), when, found, line(str(cut.get("note", "")))


_MET = {
    "files": (("dedupe",), ("duplicate", "near-duplicate")),
    "rows": (("dedupe rows",), ("duplicate", "near-duplicate")),
    "finished lessons": (("merge", "near-duplicates"), ("merged", "near-duplicate")),
    "candidates for probes": (("probes",), ("duplicate-probe", "near-training")),
}
"""What is looked at -> the steps of the funnel that do, and their reasons for what is the same and for what is nearly."""


def _duplicates(metrics: Mapping[str, Any]) -> list[str]:
    """What was the same as something else, or nearly, by what it was."""
    steps = {row["step"]: row for row in metrics.get("funnel", ()) if row["in"]}
    rows = []
    for what, (names, reasons) in _MET.items():
        if met := [steps[name] for name in names if name in steps]:
            rows.append((what, met[0]["in"], *(sum(one["dropped"].get(reason, 0) for one in met) for reason in reasons)))
    said = "Of what is the same as another, or nearly, one is kept; a probe also falls where a lesson is nearly the same."
    return ["## Duplicates", said, table(("of", "looked at", "exact", "near"), rows)] if rows else []


def _scrubbed(metrics: Mapping[str, Any]) -> list[str]:
    """What was taken out, by rule; what it was stands nowhere."""
    if "scrubbed" not in metrics:
        return []
    rows = [(code(rule), *(plots.number(count) for count in counts.values())) for rule, counts in metrics["scrubbed"].items()]
    said = "Replaced by placeholders before anything was written; each different text counts once."
    return [
        "## Secrets and personal data",
        f"{said}\n\n{table(('rule', 'in files', 'in history'), rows)}" if rows else "None was found.",
    ]


def _guard(metrics: Mapping[str, Any]) -> list[str]:
    if "leaks" not in metrics:
        return []
    said = (
        "No probe's text stands in any training text" if metrics["leaks"] == 0 else f"**{metrics['leaks']} probes leak into training text**"
    )
    searched = f" for {plots.number(metrics['searched'])} probes" if "searched" in metrics else ""
    return ["## The guard", f"{said}: the finished training samples were searched{searched}, in normalised form, near-duplicates included."]


def _short(what: str) -> str:
    """An object id in the twelve digits that git prints; anything else as it is."""
    return what[:12] if re.fullmatch(r"[0-9a-f]{32,64}", what) else what


def _yaml(text: str) -> str:
    return '"' + visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _top(counts: Mapping[str, int], most: int = 12) -> list[tuple[str, float]]:
    """The largest, and the rest as one."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    most += len(ordered) == most + 1  # what would be one other has a name
    rest = sum(count for _, count in ordered[most:])
    shown = [(name, float(count)) for name, count in ordered[:most]]
    return [*shown, (f"{len(ordered) - most} others", float(rest))] if rest else shown


def _ages(census: Census) -> list[tuple[str, float]]:
    """Training samples by month, quarter or year, whichever gives a readable number of columns; no gaps, and nothing for a single one."""
    days: dict[int, int] = {}
    for (_, probe), counts in census.days.items():
        for day, count in _known(None if probe else counts).items():
            days[day] = days.get(day, 0) + count
    if not days:
        return []
    span = (max(days) - min(days)) / DAY / 365
    months = 1 if span <= 2 else 3 if span <= 8 else 12
    slots = {day: _slot(day, months) for day in days}
    counted = dict.fromkeys(range(min(slots.values()), max(slots.values()) + 1), 0.0)
    for day, slot in slots.items():
        counted[slot] += days[day]
    return [(_slot_name(slot, months), count) for slot, count in counted.items()] if len(counted) > 1 else []


def _slot(day: int, months: int) -> int:
    date = datetime.fromtimestamp(day, UTC)
    return (date.year * 12 + date.month - 1) // months


def _slot_name(slot: int, months: int) -> str:
    year, month = divmod(slot * months, 12)
    return str(year) if months == 12 else f"{year}-{month + 1:02d}"


def _powers(lengths: Mapping[int, int]) -> list[int]:
    if not lengths:
        return []
    low, high = min(lengths).bit_length(), max(lengths).bit_length()
    return [1 << power for power in range(low - 1, high)]


def _bytes(size: int) -> str:
    for unit, scale in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} B"
