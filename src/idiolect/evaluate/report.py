"""The report of base against tuned: one record, which is what `idiolect evaluate --json` prints, and its plain text table."""

from __future__ import annotations

from collections.abc import Sequence

from idiolect.evaluate.figures import BITS, Compared, Language
from idiolect.evaluate.gate import Gate
from idiolect.measure import Interval
from idiolect.types import Record

TITLES = {
    "bits_per_byte": "bits per byte", "fill_bits_per_byte": "bits per byte, both sides shown", "exact_match": "exact match",
    "edit_similarity": "edit similarity", "parses": "parses", "answered": "answered",
}  # fmt: skip


class Own(Compared):
    """The team's code: written after the cut, where there is such code."""

    languages: dict[str, Language]


class Side(Record):
    """One of the two files that were measured."""

    run: str
    """The evaluate run with every graded answer."""
    model: str
    digest: str
    """Of the GGUF."""
    type: str
    """Its quantisation."""
    forced_exact_match: float | None
    """Teacher-forced exact match: a cross-check of `exact_match`, no result of its own."""


class Cut(Record):
    """Where training stops and probes begin, in one source."""

    commit: str
    time: int
    """Seconds since the epoch, UTC."""
    note: str = ""


class Training(Record):
    """What the tuned model learned from."""

    run: str
    tokens: int | None = None
    steps: int | None = None
    seconds: float | None = None


class Report(Record):
    """Base against tuned."""

    own: Own
    general: Compared
    gate: Gate
    limit: float
    """Of the general drop."""
    base: Side
    tuned: Side
    dataset: str
    """The run with the lessons."""
    training: Training | None
    cuts: dict[str, Cut]
    dropped: dict[str, int]
    """Probes that were not asked, per reason."""
    history: bool
    """Whether every probe is later code; rows without history have no time."""
    what: str = "later code"
    """What the team's probes are: later code, held-out rows, held-out files, a held-out source."""

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        if self.gate.verdict == "undecided":
            return f"Undecided: {self.gate.reasons[0].why}."
        gain = self.own.difference["bits_per_byte"]
        size = abs(gain.value or 0.0) / (self.own.base.bits_per_byte or 1.0)
        own = "The team's later code" if self.history else self.what.capitalize()
        costs = "cost" if own.endswith("s") else "costs"
        effect = f"{own} {costs} {size:.0%} {'fewer' if (gain.value or 0) > 0 else 'more'} bits than under the base"
        certain = "" if gain.low is not None and gain.low > 0 else ", which may be chance"
        drop = (self.general.drop or Interval(value=0, low=0, high=0)).value or 0.0
        lost = f"general code {abs(drop):.1%} {'more' if drop > 0 else 'fewer'}"
        return f"{self.gate.verdict.capitalize()}. {effect}{certain}; {lost}."


def shown(metric: str, value: float | None) -> str:
    """A figure as people read it: bits with three digits, shares in per cent."""
    if value is None:
        return "–"
    return f"{value:.3f}" if metric in BITS else f"{value:.1%}"


def signed(metric: str, value: float | None) -> str:
    """A difference with its sign: bits, percentage points of shares, per cent of the drop."""
    if value is None:
        return "–"
    if metric == "drop":
        return f"{value:+.1%}"
    return f"{value:+.3f}" if metric in BITS else f"{100 * value:+.1f}"


def reach(metric: str, found: Interval) -> str:
    """From where to where a difference may lie, or nothing."""
    if found.low is None or found.high is None:
        return ""
    return f"{signed(metric, found.low)} to {signed(metric, found.high)}"


def gained(metric: str, found: Interval) -> str:
    """A difference with its interval on one line; of shares in percentage points."""
    unit = " points" if metric not in (*BITS, "drop") and found.value is not None else ""
    interval = f" ({reach(metric, found)})" if reach(metric, found) else ""
    return f"{signed(metric, found.value)}{interval}{unit}"


def count(n: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def table(report: Report) -> str:
    """Base against tuned as aligned text; `gain` is positive where tuned is better."""
    rows: list[Sequence[str]] = [("", "base", "tuned", "gain (95 % interval)")]
    own = "own code, written after the cut" if report.history else f"{report.what}, not later code"
    for title, part in ((own, report.own), ("general code", report.general)):
        rows.append((f"{title}: {count(part.base.n, 'probe')} in {count(part.files, 'file')}",))
        for metric in part.known:
            base, tuned = getattr(part.base, metric), getattr(part.tuned, metric)
            rows.append((f"  {TITLES[metric]}", shown(metric, base), shown(metric, tuned), gained(metric, part.difference[metric])))
    if report.general.drop:
        rows.append(("  drop", "", "", f"{gained('drop', report.general.drop)}, at most {report.limit:+.1%}"))
    lines = [*_aligned(rows), f"gate: {report.gate.verdict}"]
    return "\n".join([*lines, *(f"  {reason.sentence}" for reason in report.gate.reasons)])


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns two spaces apart, figures to the right; a row of one cell is a heading."""
    full = [row for row in rows if len(row) == 4]
    widths = [max(len(row[column]) for row in full) for column in range(4)]
    lines = []
    for row in rows:
        if len(row) == 1:
            lines.append(row[0])
        else:
            cells = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3]]
            lines.append("  ".join(cells).rstrip())
    return lines
