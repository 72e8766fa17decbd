"""The comparison of `effect` as a table in Markdown."""

from __future__ import annotations

from typing import Any


def table(found: dict[str, Any]) -> str:
    """All rows, gains with their intervals."""
    head = (
        "row", "seeds", "tokens", "own bits per byte", "over placebo (95 %)", "over naive (95 %)", "holes and their ends", "over placebo",
        "over naive", "own kinds", "held out", "own kinds over placebo", "own kinds over raw+fim", "exact",
    )  # fmt: skip
    lines = [
        f"{found['repository']} at {found['commit'][:12]}, cut at {found['cut'][:12]}: {found['probes']} probes, "
        f"{found['holes']} of them asked as holes; {found['seconds']} s",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    for one in found["rows"]:
        cells = [one["name"], str(one["seeds"]), f"{one['tokens']:,}", f"{one['own_bits_per_byte']:.3f}"]
        cells += [_shown(one[key]) for key in ("gain_over_placebo", "gain_over_naive")]
        cells += [f"{one['fill_bits_per_byte']:.3f}", *(_shown(one[key]) for key in ("fill_gain_over_placebo", "fill_gain_over_naive"))]
        cells += [", ".join(one["own_kinds"]), str(one["own_kind_samples"])]
        cells += [_shown(one[key]) for key in ("own_kind_gain_over_placebo", "own_kind_gain_over_raw_fim")]
        lines.append("| " + " | ".join([*cells, f"{one['fim_exact_match']:.3f}"]) + " |")
    return "\n".join(lines)


def _shown(gain: dict[str, Any] | str) -> str:
    if isinstance(gain, str):
        return gain
    if not gain["value"]:
        return "0"
    return f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})" if gain["low"] is not None else f"{gain['value']:+.3f}"
