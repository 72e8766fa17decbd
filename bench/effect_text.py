"""The comparison of `effect` as a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

OWN = {
    "own_kind_samples": "held out",
    "own_kind_gain_over_placebo": "own kinds over placebo",
    "own_kind_gain_over_raw_fim": "own kinds over raw+fim",
    "own_kind_gain_over_strangers": "own kinds over strangers",
}
"""What is said of a row's own kinds, and the heads of its columns."""


def table(found: dict[str, Any]) -> str:
    """All rows, gains with their intervals, and those of `full` group by group."""
    head = (
        "row", "seeds", "tokens", "learned", "of conversations", "own bits per byte", "over placebo (95 %)", "over naive (95 %)",
        "holes and their ends", "over placebo", "over naive", "own kinds", *OWN.values(), "exact",
    )  # fmt: skip
    lines = [
        f"{found['repository']} at {found['commit'][:12]}, cut at {found['cut'][:12]}: {found['probes']} probes, "
        f"{found['holes']} of them asked as holes; {found['seconds']} s",
        "",
        *_head(head),
    ]
    for one in found["rows"]:
        cells = [one["name"], str(one["seeds"]), *(f"{one[key]:,}" for key in ("tokens", "learned", "learned_of_conversations"))]
        cells += [f"{one['own_bits_per_byte']:.3f}"]
        cells += [_shown(one[key]) for key in ("gain_over_placebo", "gain_over_naive")]
        cells += [f"{one['fill_bits_per_byte']:.3f}", *(_shown(one[key]) for key in ("fill_gain_over_placebo", "fill_gain_over_naive"))]
        lines.append(_line([*cells, ", ".join(one["own_kinds"]), *_own(one), f"{one['fim_exact_match']:.3f}"]))
    groups = [(name, of) for one in found["rows"] for name, of in one["by_group"].items()]
    return "\n".join([*lines, "", *_head(("of full", *OWN.values())), *(_line([name, *_own(of)]) for name, of in groups)])


def _head(cells: Sequence[str]) -> tuple[str, str]:
    return _line(cells), "|" + "---|" * len(cells)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _own(one: dict[str, Any]) -> list[str]:
    return [_shown(one.get(key, "")) for key in OWN]


def _shown(gain: dict[str, Any] | str | int) -> str:
    if isinstance(gain, int):
        return str(gain)
    if isinstance(gain, str):
        return gain
    if gain["value"] is None:
        return ""
    return f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})" if gain["low"] is not None else f"{gain['value']:+.3f}"
