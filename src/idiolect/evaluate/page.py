"""The report as one self-contained page: style and pictures inside, no script, opens offline, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

from idiolect import plots
from idiolect.evaluate import pictures
from idiolect.evaluate.figures import BITS, Compared, Figures, Grade, Language
from idiolect.evaluate.report import TITLES, Report, Side, count, gained, reach, shown, signed
from idiolect.measure import Interval

EXAMPLES = 12
REASONS = {
    "over_the_limit": "over the limit of evaluate.probes",
    "in_training_text_of_base": "its text stands in what the base was trained on",
    "long_answer": "the answer is longer than 160 tokens",
    "longer_than_context": "the question is longer than the served context",
    "empty_answer": "nothing to answer",
    "no_conversations": "the base's family holds no conversations",
}

Pair = tuple[Grade, Grade]
Curves = dict[str, list[tuple[float, float]]]


def html(report: Report, pairs: Sequence[Pair], curves: Curves, name: str) -> str:
    """The whole page; `pairs` are both answers to each probe, `curves` the loss over the steps of training, maybe none."""
    style = (files("idiolect") / "evaluate" / "page.css").read_text(encoding="utf-8")
    body = "".join(
        (
            _head(report, name), _figures(report), _pictures(report, pairs, curves), _languages(report.own.languages),
            _examples([pair for pair in pairs if pair[0].part == "own"]), _trained(report), _notes(report), _next(report),
        )
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(name)}: base against tuned</title><style>{style}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _head(report: Report, name: str) -> str:
    verdict = report.gate.verdict
    sentence = report.headline.removeprefix(f"{verdict.capitalize()}. ")
    reasons = "".join(f"<li>{escape(reason.why)}; try <code>{escape(reason.trial)}</code></li>" for reason in report.gate.reasons)
    return (
        f'<p class="over">idiolect · <b>{escape(name)}</b> · base against tuned</p>'
        f'<h1>{escape(sentence)}</h1><span class="verdict {verdict}">gate: {verdict}</span>'
        + (f'<ul class="reasons">{reasons}</ul>' if reasons else "")
        + _facts(report)
    )


def _facts(report: Report) -> str:
    own, general = report.own, report.general
    gain, exact = own.difference["bits_per_byte"], own.difference["exact_match"]
    drop = general.drop or Interval(value=None, low=None, high=None)
    bad = drop.high is None or drop.high > report.limit
    cards = (
        ("own code, gain in bits per byte", signed("bits_per_byte", gain.value), reach("bits_per_byte", gain), _sign(gain)),
        ("own code, exact match", f"{shown('exact_match', own.base.exact_match)} → {shown('exact_match', own.tuned.exact_match)}",
         gained("exact_match", exact), _sign(exact)),
        ("general code, rise of bits per byte", signed("drop", drop.value), f"{reach('drop', drop)}; limit {signed('drop', report.limit)}",
         "bad" if bad else "good"),
    )  # fmt: skip
    return '<div class="facts">' + "".join(
        f'<div class="fact"><span>{title}</span><b class="{sign}">{escape(value)}</b><span>{escape(note)}</span></div>'
        for title, value, note, sign in cards
    ) + "</div>"  # fmt: skip


def _figures(report: Report) -> str:
    what = "Own code, written after the training cut" if report.history else f"{report.what.capitalize()}, not later code"
    rows = _part(what, report.own) + _part("General code", report.general)
    if report.general.drop:
        rows += f"<tr><td>rise of bits per byte</td><td></td><td></td>{_change('drop', report.general.drop, sign='')}</tr>"
    return (
        "<h2>Base against tuned</h2><p>The same holes, asked greedily over HTTP of the files that ship. Gains are positive where the tuned "
        "model is better, of shares in points; intervals are 95 %.</p>"
        '<div class="scroll"><table class="main"><thead><tr><th></th><th>base</th><th>tuned</th><th>gain</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _part(title: str, part: Compared) -> str:
    head = f'<tr><th colspan="4">{escape(title)} · {count(part.base.n, "probe")} in {count(part.files, "file")}</th></tr>'
    rows = [(_value(metric, part.base), _value(metric, part.tuned), _change(metric, part.difference[metric])) for metric in part.known]
    return head + "".join(f"<tr><td>{TITLES[metric]}</td>{''.join(row)}</tr>" for metric, row in zip(part.known, rows, strict=True))


def _value(metric: str, found: Figures) -> str:
    """A cell with a figure and, beneath it, its interval."""
    interval = found.intervals[metric]
    known = interval.low is not None and interval.high is not None
    small = f"<small>{shown(metric, interval.low)} to {shown(metric, interval.high)}</small>" if known else ""
    return f"<td>{shown(metric, getattr(found, metric))}{small}</td>"


def _change(metric: str, found: Interval, sign: str | None = None) -> str:
    """A cell with a difference and, beneath it, its interval."""
    style = _sign(found) if sign is None else sign
    return f'<td class="{style}">{signed(metric, found.value)}<small>{reach(metric, found)}</small></td>'


def _pictures(report: Report, pairs: Sequence[Pair], curves: Curves) -> str:
    own = report.own
    rows = [_gain(metric, own) for metric in own.known]
    figures = [_figure("What tuning changed on own code", "Right of zero is better. The bar is the 95 % interval.", pictures.gains(rows))]
    points = [(before.bits / before.bytes, after.bits / after.bytes) for before, after in pairs if before.part == "own" and before.bytes]
    if points:
        better = sum(after < before for before, after in points)
        caption = f"{better} of {len(points)} cost fewer bits under the tuned model: below the line."
        figures.append(_figure("Every probe", caption, pictures.scatter(points), style="tall"))
    if report.general.drop:
        caption = "Rise of bits per byte. The whole interval must stay left of the limit."
        figures.append(_figure("What general code lost", caption, pictures.drop(report.general.drop, report.limit)))
    if curves:
        figures.append(f'<div class="wide">{plots.lines(curves, title="Loss over the steps of training", x="step")}</div>')
    return f'<h2>Pictures</h2><div class="pictures">{"".join(figures)}</div>'


def _gain(metric: str, own: Compared) -> pictures.Gain:
    """A bar: shares in points, bits in per cent of the base's."""
    found, share = own.difference[metric], metric not in BITS
    scaled = found if share else _scaled(found, 1 / (getattr(own.base, metric) or 1.0))
    return pictures.Gain(f"{TITLES[metric]}, {'in points' if share else 'in %'}", scaled, gained(metric, found))


def _figure(title: str, caption: str, picture: str, style: str = "") -> str:
    return f'<figure class="{style}"><h3>{escape(title)}</h3><figcaption>{escape(caption)}</figcaption>{picture}</figure>'


def _languages(languages: Mapping[str, Language]) -> str:
    if len(languages) < 2:
        return ""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{one.base.n}</td><td>{shown('bits_per_byte', one.base.bits_per_byte)}</td>"
        f"<td>{shown('bits_per_byte', one.tuned.bits_per_byte)}</td>"
        f"{_change('bits_per_byte', one.difference['bits_per_byte'])}"
        f"<td>{shown('exact_match', one.base.exact_match)}</td><td>{shown('exact_match', one.tuned.exact_match)}</td></tr>"
        for name, one in languages.items()
    )
    return (
        "<h2>By language</h2><p>Own code only. Few probes make wide intervals.</p>"
        '<div class="scroll"><table><thead><tr><th>language</th><th>probes</th><th>bits per byte, base</th><th>tuned</th><th>gain</th>'
        f"<th>exact match, base</th><th>tuned</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _examples(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return ""
    chosen = sorted(pairs, key=lambda pair: pair[0].id)[:EXAMPLES]
    shown_ones = "".join(_example(before, after) for before, after in chosen)
    return f"<h2>{count(len(chosen), 'probe')} side by side</h2><p>Chosen by hash, not by result. ▮ is the hole.</p>{shown_ones}"


def _example(base: Grade, tuned: Grade) -> str:
    size = max(base.bytes, 1)
    return (
        f'<article class="probe"><header><code>{escape(base.file)}</code>'
        f"<span>{base.bits / size:.2f} → {tuned.bits / size:.2f} bits per byte</span></header>"
        f'<pre class="context">{escape(base.before)}<span class="hole">▮</span>{escape(base.after)}</pre><div class="answers">'
        f"<div><p>wanted</p><pre>{escape(base.wanted)}</pre></div>{_answer('base', base)}{_answer('tuned', tuned)}</div></article>"
    )


def _answer(title: str, grade: Grade) -> str:
    if grade.answer is None:
        return f"<div><p>{title} · not asked, priced only</p></div>"
    if grade.exact_match:
        note = '<span class="good">exact</span>'
    else:
        broken = ', <span class="bad">does not parse</span>' if grade.parses == 0 else ""
        note = f"{grade.edit_similarity:.0%} similar{broken}" if grade.answered else '<span class="bad">empty</span>'
    return f"<div><p>{title} · {note}</p><pre>{escape((grade.answer or '').rstrip())}</pre></div>"


def _trained(report: Report) -> str:
    rows = [("lessons", f"<code>{escape(report.dataset)}</code>")]
    if report.training:
        facts = [f"<code>{escape(report.training.run)}</code>"]
        facts += [f"{report.training.tokens:,} tokens"] if report.training.tokens else []
        facts += [f"{report.training.steps:,} steps"] if report.training.steps else []
        facts += [f"{report.training.seconds / 60:.1f} minutes"] if report.training.seconds else []
        rows.append(("training", ", ".join(facts)))
    rows += [("base file", _side(report.base)), ("tuned file", _side(report.tuned))]
    for source, cut in report.cuts.items():
        when = datetime.fromtimestamp(cut.time, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
        note = f" ({escape(cut.note)})" if cut.note else ""
        rows.append((f"cut of {escape(source)}", f"<code>{escape(cut.commit[:12])}</code>, {when}{note}"))
    return "<h2>What was measured</h2><dl>" + "".join(f"<dt>{title}</dt><dd>{text}</dd>" for title, text in rows) + "</dl>"


def _side(side: Side) -> str:
    every = f"every answer in <code>{escape(side.run)}/scores.jsonl</code>"
    return f"{escape(side.model)} {escape(side.type)}, sha256 <code>{side.digest[:16]}</code>, {every}"


def _notes(report: Report) -> str:
    lines = [
        "Tuned is compared with its base. Training on anybody's code helps a small model: what is owed to this team's code alone is told "
        "by <code>bench/effect.py</code>, which also trains a placebo on other people's code."
    ]
    if report.history:
        lines.append("Own probes are code that was added after the cut and still stands; training saw every file as it stood at the cut.")
    else:
        lines.append(
            f"Own probes are of {report.what}, apart from all lessons by near relatives: they are not later code, so the figures do not "
            "say how the model does on what the team writes next."
        )
    if report.own.base.n < 200:
        lines.append(f"There are {count(report.own.base.n, 'own probe')}, fewer than 200: the intervals are wide.")
    lines += [f"{count(n, 'probe')} not asked: {escape(REASONS.get(reason, reason))}." for reason, n in report.dropped.items()]
    forced = [shown("exact_match", side.forced_exact_match) for side in (report.base, report.tuned)]
    lines.append(
        f"Cross-check: teacher-forced on the same files, base is exact in {forced[0]} and tuned in {forced[1]} of the first 100 own "
        "probes. "
        "It differs from the table where text can be written in other tokens, or where two tokens are nearly tied."
    )
    lines.append(
        "Intervals resample whole files (2,000 times, paired); those of single shares are Wilson's. Bits per byte is of the wanted answer "
        "given what precedes it in its file, on the shipped file itself; with both sides shown it is of the first 100 own holes, "
        "the end of the answer included."
    )
    return '<h2>Read this before you quote a figure</h2><ul class="notes">' + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _next(report: Report) -> str:
    model = escape(report.tuned.model)
    commands = (
        f"idiolect serve --model {model}",
        'curl http://127.0.0.1:8080/infill -d \'{"input_prefix": "def add(a, b):\\n    return ", "input_suffix": "\\n"}\'',
        "idiolect init PATH_OF_YOUR_REPOSITORY",
    )
    return f'<h2>Go on</h2><pre class="commands">{escape(chr(10).join(commands))}</pre>'


def _scaled(found: Interval, factor: float) -> Interval:
    return Interval(**{key: None if value is None else value * factor for key, value in found.model_dump().items()})


def _sign(found: Interval) -> str:
    if found.low is None or found.high is None:
        return "unsure"
    return "good" if found.low > 0 else "bad" if found.high < 0 else "unsure"
