"""Small SVG pictures: bars, groups with intervals, stacks, columns, lines, a funnel, a timeline.

Pure functions from numbers to the text of one `<svg>` element: no script, no font file, nothing fetched. Each picture has its own
background and follows the reader's light or dark setting, inline in HTML and as a linked file alike. All text is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

WIDTH = 760
LEFT, RIGHT = 190, 96
PAD = 22
COLOURS = 8
_LIGHT = ("#2f6fb2", "#d9822b", "#2e8f6c", "#9b5bb0", "#c2483f", "#3a9fb5", "#8c7a20", "#76808c")
_DARK = ("#6eb0ee", "#f0aa62", "#62c7a0", "#cf96e0", "#ee8b80", "#73cfe2", "#d0bd5c", "#a3adb8")
_CHARACTER = 6.4
"""Width of a character of the labels' size, in pixels, a little over the average."""


class Value(NamedTuple):
    """A number of one series, with an interval where it has one."""

    series: str
    value: float
    low: float | None = None
    high: float | None = None


class Step(NamedTuple):
    """A step of a funnel: what came in is `kept` and all of `dropped`."""

    name: str
    unit: str
    kept: int
    dropped: Mapping[str, int]


class Era(NamedTuple):
    """How much one source has from which moment, before and after its cut; moments are seconds since the epoch, UTC."""

    name: str
    cut: int | None
    before: Mapping[int, int]
    after: Mapping[int, int]


def bars(values: Sequence[tuple[str, float]], *, title: str, note: str = "", unit: str = "") -> str:
    """One horizontal bar for each value, in the order given."""
    return grouped([(label, [Value("", value)]) for label, value in values], title=title, note=note, unit=unit)


def grouped(groups: Sequence[tuple[str, Sequence[Value]]], *, title: str, note: str = "", unit: str = "") -> str:
    """Groups of horizontal bars, one colour for each series, whiskers for intervals; negative values go left of zero."""
    names = list(dict.fromkeys(value.series for _, values in groups for value in values))
    reach = [end for _, values in groups for value in values for end in (value.value, value.low, value.high) if end is not None]
    scale = _Scale(min(0.0, *reach, 0.0), max(0.0, *reach, 0.0), LEFT, WIDTH - RIGHT)
    top = _head(title, note, names)
    parts, y = [], top.height
    thick = 20 if len(names) == 1 else 14
    for label, values in groups:
        height = thick * len(values)
        parts.append(_label(label, LEFT - 10, y + (height - 3) / 2 + 4))
        for number, value in enumerate(values):
            parts += _bar(value, scale, y + number * thick, thick - 3, names.index(value.series), unit)
        y += height + (8 if len(names) == 1 else 14)
    return _svg(title, y + 26, [*top.parts, *_grid_x(scale, top.height - 4, y - 4, unit), *parts])


def stacked(rows: Sequence[tuple[str, Mapping[str, float]]], *, title: str, note: str = "") -> str:
    """One horizontal bar for each row, made of its series from left to right; the total stands after it."""
    names = list(dict.fromkeys(name for _, values in rows for name in values))
    scale = _Scale(0.0, max((sum(values.values()) for _, values in rows), default=0.0), LEFT, WIDTH - RIGHT)
    top = _head(title, note, names)
    parts, y = [], top.height
    for label, values in rows:
        parts.append(_label(label, LEFT - 10, y + 14))
        at = 0.0
        for name, value in values.items():
            tip = f"{label}, {name}: {number(value)}"
            parts.append(_rect(scale(at), y, scale(at + value) - scale(at), 19, f"c{names.index(name) % COLOURS}", tip))
            at += value
        parts.append(_text(scale(at) + 7, y + 14, number(at), "v"))
        y += 28
    return _svg(title, y + 26, [*top.parts, *_grid_x(scale, top.height - 4, y - 4, ""), *parts])


def columns(values: Sequence[tuple[str, float]], *, title: str, note: str = "") -> str:
    """Upright columns, as of a histogram; where there are many, not every label is shown."""
    top = _head(title, note, [])
    low, high = top.height + 150, top.height + 12
    scale = _Scale(0.0, max((value for _, value in values), default=0.0), low, high)
    step = (WIDTH - 2 * PAD - 40) / max(1, len(values))
    every = max(1, math.ceil(max((len(label) for label, _ in values), default=1) * _CHARACTER / step))
    parts = _grid_y(scale, PAD + 40, WIDTH - PAD)
    for place, (label, value) in enumerate(values):
        x = PAD + 40 + place * step
        parts.append(_rect(x + step * 0.1, scale(value), step * 0.8, low - scale(value), "c0", f"{label}: {number(value)}"))
        if place % every == 0:
            parts.append(_text(x + step / 2, low + 17, label, "a", "middle"))
    return _svg(title, low + 34, [*top.parts, *parts])


def lines(series: Mapping[str, Sequence[tuple[float, float]]], *, title: str, x: str = "", y: str = "", note: str = "") -> str:
    """Curves over a common axis; `x` and `y` name the axes. Values that are no finite numbers are left out."""
    finite = {name: [point for point in points if all(map(math.isfinite, point))] for name, points in series.items()}
    every = [point for points in finite.values() for point in points]
    top = _head(title, note, list(series))
    upper, lower = top.height + 22, top.height + 232
    across = _Scale(min((px for px, _ in every), default=0.0), max((px for px, _ in every), default=1.0), PAD + 50, WIDTH - PAD - 12)
    up = _Scale(*_room([py for _, py in every]), lower, upper)
    parts = [*_grid_y(up, PAD + 50, WIDTH - PAD - 12), _text(PAD, upper - 12, y, "a")]
    parts += [_text(across(tick), lower + 18, number(tick), "a", "middle") for tick in across.ticks()]
    parts.append(_text(WIDTH - PAD - 12, lower + 36, x, "a", "end"))
    for place, (name, points) in enumerate(finite.items()):
        parts += _curve(name, [(across(px), up(py)) for px, py in points], points, place % COLOURS)
    return _svg(title, lower + 48, [*top.parts, *parts])


def funnel(steps: Sequence[Step], *, title: str, note: str = "") -> str:
    """What every step kept of what came in, and beneath it the reasons for the rest, the most frequent first."""
    top = _head(title, note, [])
    parts, y = list(top.parts), top.height
    totals = [f"{step.kept:,} of {step.kept + sum(step.dropped.values()):,} {step.unit}" for step in steps]
    edge = WIDTH - PAD - 14 - max(map(len, totals), default=0) * _CHARACTER
    for step, said in zip(steps, totals, strict=True):
        total = step.kept + sum(step.dropped.values())
        scale = _Scale(0.0, float(total), LEFT, edge)
        parts.append(_label(step.name, LEFT - 10, y + 15, "s"))
        parts.append(_rect(LEFT, y, scale(total) - LEFT, 21, "left", f"{step.name}: {number(total - step.kept)} dropped"))
        parts.append(_rect(LEFT, y, scale(step.kept) - LEFT, 21, "c0", f"{step.name}: {number(step.kept)} kept"))
        parts.append(_text(WIDTH - PAD, y + 15, said, "v", "end"))
        reasons = sorted(step.dropped.items(), key=lambda item: (-item[1], item[0]))
        for line in _wrapped([f"{reason} {count:,}" for reason, count in reasons if count], WIDTH - LEFT - PAD):
            parts.append(_text(LEFT, y + 36, line, "r"))
            y += 16
        y += 38
    return _svg(title, y, parts)


def timeline(eras: Sequence[Era], *, title: str, note: str = "", names: tuple[str, str] = ("before the cut", "after the cut")) -> str:
    """For every source how much was written when, and the line of its cut."""
    top = _head(title, note, list(names))
    every = [moment for era in eras for moment in (*era.before, *era.after, *([era.cut] if era.cut is not None else []))]
    low, high = min(every, default=0), max(every, default=1)
    scale = _Scale(float(low), float(max(high, low + 1)), LEFT, WIDTH - PAD - 20)
    parts, y = list(top.parts), top.height
    for era in eras:
        parts.append(_label(era.name, LEFT - 10, y + 30))
        parts += _density(era, scale, y)
        if era.cut is not None:
            x = scale(era.cut)
            side = "end" if x > WIDTH * 0.7 else "start"
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2:.1f}" y2="{y + 42:.1f}" class="cut"/>')
            parts.append(_text(x + (-5 if side == "end" else 5), y + 7, f"cut {_day(era.cut)}", "r", side))
        y += 58
    parts += [_text(LEFT, y + 6, _day(low), "a"), _text(WIDTH - PAD - 20, y + 6, _day(high), "a", "end")] if every else []
    return _svg(title, y + 24, parts)


def number(value: float) -> str:
    """A number as a reader wants it: separators for thousands, three digits that count for the small."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


class _Scale(NamedTuple):
    """From values to pixels."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / ((self.high - self.low) or 1.0) * (self.last - self.first)

    def ticks(self) -> list[float]:
        """About five round values within the scale."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        power = 10.0 ** math.floor(math.log10(span / 5))
        step = min((power * factor for factor in (1, 2, 5, 10)), key=lambda size: abs(span / size - 5))
        first = math.ceil(self.low / step - 1e-9)
        return [round(number * step, 12) for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


class _Head(NamedTuple):
    parts: list[str]
    height: float


def _head(title: str, note: str, names: Sequence[str]) -> _Head:
    """Title, note and legend, and where the picture begins beneath them."""
    parts, y = [_text(PAD, 32, title, "t")], 46.0
    for line in _wrapped(note.split(), WIDTH - 2 * PAD, " ") if note else []:
        parts.append(_text(PAD, y + 6, line, "n"))
        y += 17
    x = float(PAD)
    if len(names) > 1:
        y += 8
    for place, name in enumerate(names if len(names) > 1 else ()):
        wide = 26 + len(name) * _CHARACTER + 14
        if x + wide > WIDTH - PAD:
            x, y = float(PAD), y + 20
        parts += [_rect(x, y - 1, 12, 12, f"c{place % COLOURS}"), _text(x + 18, y + 10, name, "a")]
        x += wide
    return _Head(parts, y + (32 if len(names) > 1 else 16))


def _bar(value: Value, scale: _Scale, y: float, thick: float, colour: int, unit: str) -> list[str]:
    """A bar from zero, its whiskers, and its number beyond both."""
    start, end = sorted((scale(0.0), scale(value.value)))
    tip = f"{value.series + ': ' if value.series else ''}{number(value.value)}{unit}"
    parts = [_rect(start, y, max(end - start, 1.0), thick, f"c{colour % COLOURS}", tip)]
    edge = end
    if value.low is not None and value.high is not None:
        low, high, middle = scale(value.low), scale(value.high), y + thick / 2
        ticks = f"M{low:.1f} {middle - 3.5:.1f}v7M{high:.1f} {middle - 3.5:.1f}v7M{low:.1f} {middle:.1f}H{high:.1f}"
        parts.append(f'<path d="{ticks}" class="w"><title>{number(value.low)} to {number(value.high)}</title></path>')
        edge = max(end, high)
    parts.append(_text(edge + 7, y + thick / 2 + 4, f"{number(value.value)}{unit}", "v"))
    return parts


def _curve(name: str, pixels: Sequence[tuple[float, float]], points: Sequence[tuple[float, float]], colour: int) -> list[str]:
    path = "".join(f"{'L' if place else 'M'}{px:.1f} {py:.1f}" for place, (px, py) in enumerate(pixels))
    parts = [f'<path d="{path}" class="l s{colour}"><title>{escape(name)}</title></path>'] if len(pixels) > 1 else []
    if len(pixels) <= 60:
        for (px, py), (x, y) in zip(pixels, points, strict=True):
            tip = escape(f"{name}: {number(y)} at {number(x)}")
            parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.6" class="c{colour}"><title>{tip}</title></circle>')
    return parts


def _density(era: Era, scale: _Scale, y: float) -> list[str]:
    """Columns of how many of the times fall in each of 60 slices."""
    slices = 60
    wide = (scale.last - scale.first) / slices
    parts = [f'<line x1="{scale.first:.1f}" x2="{scale.last:.1f}" y1="{y + 40:.1f}" y2="{y + 40:.1f}" class="g"/>']
    for colour, times in enumerate((era.before, era.after)):
        counts = [0] * slices
        for moment, count in times.items():
            counts[min(slices - 1, int((scale(moment) - scale.first) / wide))] += count
        for place, count in enumerate(counts):
            if count:
                height = 4 + 22 * math.sqrt(count / max(counts))
                parts.append(_rect(scale.first + place * wide + 0.5, y + 40 - height, wide - 1, height, f"c{colour}", number(count)))
    return parts


def _grid_x(scale: _Scale, top: float, bottom: float, unit: str) -> list[str]:
    lines = [f'<line x1="{scale(tick):.1f}" x2="{scale(tick):.1f}" y1="{top:.1f}" y2="{bottom:.1f}" class="g"/>' for tick in scale.ticks()]
    return lines + [_text(scale(tick), bottom + 17, f"{number(tick)}{unit}", "a", "middle") for tick in scale.ticks()]


def _grid_y(scale: _Scale, left: float, right: float) -> list[str]:
    lines = [f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{scale(tick):.1f}" y2="{scale(tick):.1f}" class="g"/>' for tick in scale.ticks()]
    return lines + [_text(left - 7, scale(tick) + 4, number(tick), "a", "end") for tick in scale.ticks()]


def _room(values: Sequence[float]) -> tuple[float, float]:
    """A range with a twentieth of air above and below."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    air = (high - low or abs(high) or 1.0) / 20
    return low - air, high + air


def _label(text: str, x: float, y: float, style: str = "b") -> str:
    """A right-aligned label, shortened to the left margin; the whole stands in its tip."""
    most = int((LEFT - PAD - 10) / _CHARACTER)
    short = text if len(text) <= most else text[: most - 1] + "…"
    return _text(x, y, short, style, "end", text if short != text else "")


def _text(x: float, y: float, text: str, style: str, anchor: str = "start", tip: str = "") -> str:
    inner = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{inner}{escape(text)}</text>'


def _rect(x: float, y: float, wide: float, high: float, style: str, tip: str = "") -> str:
    inner = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0.0):.1f}" height="{max(high, 0.0):.1f}" rx="2" class="{style}">{inner}</rect>'


def _wrapped(pieces: Iterable[str], wide: float, between: str = "  ·  ") -> list[str]:
    rows: list[str] = []
    for piece in pieces:
        if rows and (len(rows[-1]) + len(between) + len(piece)) * (_CHARACTER - 0.4) <= wide:
            rows[-1] += between + piece
        else:
            rows.append(piece)
    return rows


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _svg(title: str, height: float, parts: Iterable[str]) -> str:
    """The whole picture: a card of `height` pixels; every rule of its style is bound to its class."""
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    frame = f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8" class="card"/>'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="idiolect-plot" role="img" aria-label="{escape(title)}" {size}>'
    return "\n".join([opening, f"<style>{_STYLE}</style>", frame, *parts, "</svg>"])


def _palette(colours: Sequence[str]) -> str:
    return "".join(
        f".idiolect-plot .c{place}{{fill:{colour}}}.idiolect-plot .s{place}{{stroke:{colour}}}" for place, colour in enumerate(colours)
    )


def _theme(ink: str, soft: str, faint: str, paper: str, left: str) -> str:
    return (
        f".idiolect-plot .card{{fill:{paper};stroke:{faint}}}.idiolect-plot .left{{fill:{left}}}.idiolect-plot text{{fill:{ink}}}"
        f".idiolect-plot .a,.idiolect-plot .n,.idiolect-plot .r{{fill:{soft}}}.idiolect-plot .g{{stroke:{faint}}}"
        f".idiolect-plot .w,.idiolect-plot .cut{{stroke:{ink}}}"
    )


_STYLE = (
    ".idiolect-plot{max-width:100%;height:auto;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    ".idiolect-plot text{font-size:12px}.idiolect-plot .t{font-size:16px;font-weight:600}.idiolect-plot .s{font-weight:600}"
    ".idiolect-plot .a,.idiolect-plot .r{font-size:11px}.idiolect-plot .v{font-variant-numeric:tabular-nums}"
    ".idiolect-plot .l{fill:none;stroke-width:2;stroke-linejoin:round}.idiolect-plot .w{fill:none;stroke-width:1.3}"
    ".idiolect-plot .cut{stroke-width:1.5;stroke-dasharray:3 2}"
    + _theme("#1f2933", "#5b6672", "#dfe3e8", "#ffffff", "#e9d9d6")
    + _palette(_LIGHT)
    + "@media (prefers-color-scheme:dark){"
    + _theme("#e6e9ed", "#a2abb5", "#39414b", "#161b22", "#4a3532")
    + _palette(_DARK)
    + "}"
)
