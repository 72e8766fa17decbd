"""The report's pictures as inline SVG: no script, colours from the page's style, so that they follow light and dark.

All are 480 wide and scale to their column; text stays readable at the width of a phone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from idiolect.measure import Interval

WIDTH = 480


class Gain(NamedTuple):
    """A row of `gains`: what is shown on the axis, and how it is written."""

    title: str
    interval: Interval
    text: str


class Axis(NamedTuple):
    """A linear scale from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value; beyond the ends, the end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values, four to seven of them."""
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


def gains(rows: Sequence[Gain]) -> str:
    """Differences with their intervals around zero, on one axis in per cent or points: right of zero is better."""
    bounds = [0.01, -0.01, *(value for row in rows for value in row.interval.model_dump().values() if value is not None)]
    span = max(bounds) - min(bounds)
    axis = Axis(min(bounds) - 0.06 * span, max(bounds) + 0.06 * span, 8, WIDTH - 8)
    height = 62 * len(rows) + 34
    parts = [_ticks(axis, 6, height - 26, per_cent=True), _vertical(axis.at(0), 6, height - 26, "zero")]
    for number, row in enumerate(rows):
        y = 62 * number
        parts.append(f'<text class="label" x="8" y="{y + 22}">{escape(row.title)}</text>')
        parts.append(f'<text class="value" x="{WIDTH - 8}" y="{y + 22}" text-anchor="end">{escape(row.text)}</text>')
        parts.append(_interval(axis, row.interval, y + 42, _sign(row.interval)))
    return _svg(height, "What tuning changed, with 95 % intervals; right of zero is better", parts)


def drop(found: Interval, limit: float) -> str:
    """The relative rise of bits per byte on general code against the limit."""
    known = [value for value in found.model_dump().values() if value is not None]
    axis = Axis(min([-0.02, *known]) - 0.005, max([1.6 * limit, *known]) + 0.005, 8, WIDTH - 8)
    bad = found.high is not None and found.high > limit
    right = axis.at(limit)
    parts = [
        f'<rect class="forbidden" x="{right:.1f}" y="26" width="{axis.end - right:.1f}" height="58"/>',
        _ticks(axis, 26, 84, per_cent=True), _vertical(axis.at(0), 26, 84, "zero"), _vertical(right, 20, 84, "limit"),
        f'<text class="limit-label" x="{right:.1f}" y="14" text-anchor="middle">limit {limit:.0%}</text>',
        _interval(axis, found, 55, "bad" if bad else "good"),
    ]  # fmt: skip
    return _svg(110, f"General code: bits per byte rose by {found.value or 0:.1%}; the limit is {limit:.0%}", parts)


def scatter(points: Iterable[tuple[float, float]]) -> str:
    """Bits per byte of each probe, base to the right and tuned upwards; below the diagonal tuned is better.

    Square roots on both axes, as few are large.
    """
    pairs = [(math.sqrt(max(base, 0)), math.sqrt(max(tuned, 0))) for base, tuned in points]
    most = 1.03 * max([0.5, *(value for pair in pairs for value in pair)])
    across, up = Axis(0, most, 44, WIDTH - 10), Axis(0, most, 350, 10)
    parts = []
    for value in _root_ticks(most):
        x, y = across.at(math.sqrt(value)), up.at(math.sqrt(value))
        parts += [_vertical(x, 10, 350, "grid"), f'<line class="grid" x1="44" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}"/>']
        parts += [f'<text class="tick" x="{x:.1f}" y="368" text-anchor="middle">{value:g}</text>']
        parts += [f'<text class="tick" x="38" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'] if value else []
    parts.append(f'<line class="zero" x1="{across.at(0):.1f}" y1="{up.at(0):.1f}" x2="{across.at(most):.1f}" y2="{up.at(most):.1f}"/>')
    for base, tuned in pairs:
        sign = "good" if tuned < base else "bad"
        parts.append(f'<circle class="dot {sign}" cx="{across.at(base):.1f}" cy="{up.at(tuned):.1f}" r="3.6"/>')
    parts.append(f'<text class="axis" x="{WIDTH - 10}" y="390" text-anchor="end">base, bits per byte</text>')
    parts.append('<text class="axis" x="50" y="24">tuned, bits per byte</text>')
    return _svg(398, "Bits per byte of each probe under base and tuned", parts)


def _svg(height: float, title: str, parts: Iterable[str]) -> str:
    inside = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{inside}</svg>'


def _interval(axis: Axis, found: Interval, y: float, sign: str) -> str:
    if found.value is None:
        return ""
    dot = f'<circle class="point {sign}" cx="{axis.at(found.value):.1f}" cy="{y}" r="5.5"/>'
    if found.low is None or found.high is None:
        return dot
    left, right = axis.at(found.low), axis.at(found.high)
    bar = f'<rect class="range {sign}" x="{left:.1f}" y="{y - 5}" width="{max(right - left, 1):.1f}" height="10" rx="5"/>'
    return bar + dot


def _ticks(axis: Axis, top: float, bottom: float, *, per_cent: bool) -> str:
    parts = []
    for tick in axis.ticks():
        text = f"{100 * tick:+.3g}%" if per_cent and abs(tick) > 1e-9 else "0"
        x = axis.at(tick)
        parts.append(_vertical(x, top, bottom, "grid"))
        if axis.start + 14 < x < axis.end - 14:
            parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{text}</text>')
    return "".join(parts)


def _vertical(x: float, top: float, bottom: float, name: str) -> str:
    return f'<line class="{name}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'


def _sign(found: Interval) -> str:
    if found.low is None or found.high is None:
        return "unsure"
    return "good" if found.low > 0 else "bad" if found.high < 0 else "unsure"


def _step(span: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) that divides `span` into at most seven."""
    power = 10.0 ** math.floor(math.log10(span / 6))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= 7)


def _root_ticks(most: float) -> list[float]:
    """Round values whose square roots stand apart."""
    values = [value for value in (0, 0.25, 0.5, 1, 2, 4, 6, 9, 12, 16, 25, 36) if math.sqrt(value) <= most]
    apart: list[float] = []
    for value in values:
        if not apart or math.sqrt(value) - math.sqrt(apart[-1]) > 0.09 * most:
            apart.append(value)
    return apart
