"""Samples as a terminal shows them: highlighted, and safe to print, whatever signs stand in somebody's code."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from idiolect.dataset.drops import Shown
from idiolect.types import Hole, Sample

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FENCE = re.compile(r"^(`{3,})([\w+#-]*)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_WIDE = 100_000
"""Columns: lines are the terminal's to wrap."""


def pages(samples: Iterable[Sample], *, colour: bool) -> Iterator[str]:
    """Each sample as text, a blank line after it, with the terminal's colours where they are wanted."""
    return (_page(sample(one), colour=colour) for one in samples)


def dropped(found: Iterable[Shown], *, colour: bool) -> Iterator[str]:
    """The same of what was dropped: step, reason, what it was, and what there is of it."""
    return (_page(_dropped(one), colour=colour) for one in found)


def _page(text: Text, *, colour: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=colour, color_system="standard" if colour else None, width=_WIDE)
    console.print(text, end="\n\n", soft_wrap=True, highlight=False)
    return stream.getvalue()


def _dropped(one: Shown) -> Text:
    told = [one.row[name] for name in ("step", "reason", "source", "what", "detail") if one.row[name]]
    text = Text().append("── " + _visible("  ".join(told)) + "\n", style="bold cyan")
    text.append(_visible(f"   {one.note}") + "\n", style="dim")
    return text + (sample(one.sample) if one.sample else _code(one.text, one.language))


def sample(one: Sample) -> Text:
    """All parts of a sample, to read; signs that would act on the terminal are written out."""
    told = [f"{name} {' '.join(values)}" for name, values in sorted(one.labels.items())]
    facts = [one.id, one.kind, one.maker, f"weight {one.weight:g}", f"confidence {one.confidence:g}", *told]
    text = Text().append("── " + _visible("  ".join(facts)) + "\n", style="bold cyan")
    for file, spans in groupby(one.origins, lambda span: (span.source, span.path, span.commit[:12], span.licence)):
        source, path, commit, licence = file
        ranges = ", ".join(f"{span.start}-{span.end}" for span in spans)
        text.append(_visible(f"   {source} {path}:{ranges} @ {commit} {licence}".rstrip()) + "\n", style="dim")
    language = next(iter(one.labels.get("language", ())), "")
    if isinstance(one.prompt, Hole):
        return text + _hole(one.prompt, one, language)
    turns = [(turn.role, turn.content) for turn in one.prompt or ()]
    return text + _turns([*turns, ("answer", one.answer), ("rejected", one.rejected)], "" if turns else language)


def _hole(hole: Hole, one: Sample, language: str) -> Text:
    """The file with its gap between brackets: what was typed, a bar, and the answer."""
    text = Text()
    for file in hole.files:
        text.append(_visible(f"[{file.path}]\n"), style="bold")
        text += _code(file.text + "\n", language)
    before, typed, answer, after = map(_visible, (hole.prefix, hole.typed, one.answer or "", hole.suffix))
    body = _code(f"{before}⟦{typed}│{answer}⟧{after}", language)
    body.stylize("bold reverse", len(before), len(before) + len(typed) + len(answer) + 3)
    return text + body


def _turns(turns: Sequence[tuple[str, str | None]], language: str) -> Text:
    """What is said by whom; code in fences in its own colours, and all of it where it is of one `language`."""
    text = Text()
    for role, content in turns:
        if content is not None:
            text.append(f"[{role}]\n", style="bold yellow")
            text += _code(content, language) if language else _marked(content)
            text.append("\n")
    return text


def _marked(content: str) -> Text:
    text, at = Text(), 0
    for fence in _FENCE.finditer(content):
        text.append(_visible(content[at : fence.start(3)]))
        text += _code(fence[3], fence[2])
        at = fence.end(3)
    return text.append(_visible(content[at:]))


def _code(code: str, language: str) -> Text:
    """In the colours of its language; as it stands where nobody knows one."""
    found = Syntax("", language.split("+")[0] or "text", theme="ansi_dark").highlight(_visible(code))
    found.rstrip()
    return found.append("\n" * (len(code) - len(code.rstrip("\n"))))


def _visible(text: str) -> str:
    """What would move the cursor, ring or turn the writing around is written as its number."""
    return _CONTROL.sub(lambda sign: "" if sign[0] == "\r" else f"\\x{ord(sign[0]):02x}", text)
