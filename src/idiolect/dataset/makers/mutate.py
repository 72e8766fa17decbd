"""mutate: a fault put into sound code, answered by what is wrong there, which is known, and by the code as the team has it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from idiolect import syntax
from idiolect.dataset.makers import editing
from idiolect.dataset.makers.editing import Part
from idiolect.dataset.makers.faults import Fault, code, faults
from idiolect.dataset.makers.layers import BESIDE, layer
from idiolect.dataset.makers.material import BUDGET, Material, choices_of, dropped, files, labels
from idiolect.dataset.makers.scope import fenced, qualified
from idiolect.outline import Syntax, Unit
from idiolect.types import Document, Dropped, Edit, Message, Sample

EVERY = 4
"""Of so many files one is drawn: real faults are to be the rule."""
TRIES = 6
SHORTEST, LONGEST = 120, 3000
"""Bytes of a unit."""
LANGUAGES = frozenset({"python", "ruby", "javascript", "typescript", "tsx", "java", "go", "c#", "php", "rust", "c", "c++"})
NEWLINE = b"\n"
CONFIDENCE = WEIGHT = 0.5
FRAMES = (
    "There is a fault in `{name}`. Find it and mend it with search/replace blocks.\n\n`{path}`\n{code}",
    "`{path}`\n{code}\n\n`{name}` does not do what it should. What is wrong?",
    "What is wrong with `{name}`, and how is it mended?\n\n`{path}`\n{code}",
    "`{name}` in `{path}` gives wrong results:\n\n{code}\n\nSay why, and give the fix as search/replace blocks.",
)
ANSWERS = ("In `{name}`: {why}.", "{capital}.", "The fault is in `{name}`: {why}.", "`{name}`, {place}: {why}.")


def mutate(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """At most one lesson of a file, of every fourth file: a function with one fault, known by construction, in code that still parses."""
    for document in files(material):
        if document.language in LANGUAGES:
            yield _of_file(document, budget)


def _of_file(document: Document, budget: int) -> Sample | Dropped:
    choose = choices_of(document, "mutate")
    if layer(document.path, document.language) in BESIDE | {"schema"}:  # migrations run once, and nobody mends them
        return dropped(document, "beside the program")
    if choose.randrange(EVERY):
        return dropped(document, "not drawn")
    parsed = syntax.read(document.language, document.data)
    if parsed is None or not parsed.sound:
        return dropped(document, "does not parse")
    for unit, fault in _drawn(document, parsed, choose):
        made = document.data[: unit.start + fault.start] + fault.wrong + document.data[unit.start + fault.end :]
        if syntax.parses(document.language, made):
            return _sample(document, (unit, fault), made, choose, budget)
    return dropped(document, "no place for a fault")


def _drawn(document: Document, parsed: Syntax, choose: Random) -> Iterator[tuple[Unit, Fault]]:
    """A few faults in units of the file: first a unit is drawn, then a kind, then a place."""
    fit = [
        unit for unit in parsed.units if unit.kind in ("function", "method") and unit.sound and SHORTEST <= unit.end - unit.start <= LONGEST
    ]
    choose.shuffle(fit)
    for unit in fit[:TRIES]:
        kinds = faults(code(document.language, document.data, unit, parsed))
        if kinds:
            yield unit, choose.choice(kinds[choose.choice(sorted(kinds))])


def _sample(document: Document, where: tuple[Unit, Fault], made: bytes, choose: Random, budget: int) -> Sample | Dropped:
    unit, fault = where
    answer = editing.answered([Edit(document.path, document.language, made, document.data)], budget // 2)
    if isinstance(answer, str):
        return dropped(document, answer, unit.name)
    (part,) = answer.parts
    start, end = _shown(part, unit, fault)
    name = qualified(unit, document.language, document.data)
    text = made[start:end].decode().rstrip("\n")
    if len(text.encode()) + len(answer.text.encode()) > budget:
        return dropped(document, "touched code over budget", unit.name)
    request = choose.choice(FRAMES).format(name=name, path=document.path, code=fenced(text, document.language))
    row = made[made.rfind(b"\n", 0, unit.start + fault.start) + 1 :].split(b"\n", 1)[0].decode().strip()
    place = (
        f"`{row}`"
        if fault.wrong and "`" not in row and len(row) <= 100
        else f"line {made.count(NEWLINE, start, unit.start + fault.start) + 1}"
    )
    told = choose.choice(ANSWERS).format(name=name, why=fault.why, capital=fault.why[:1].upper() + fault.why[1:], place=place)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=f"{told}\n\n{answer.text}",
        kind="bugfix",
        maker="mutate",
        labels={**labels(document.language), "synthetic": ("mutation",), "fault": (fault.kind,)},
        confidence=CONFIDENCE,
        weight=WEIGHT,
        origins=(document.span(start, end + len(document.data) - len(made)),),
    )


def _shown(part: Part, unit: Unit, fault: Fault) -> tuple[int, int]:
    """The lines of the unit, with its fault, and of the blocks, which may reach a line beyond it."""
    made = part.edit.before
    stop = unit.end + len(fault.wrong) - (fault.end - fault.start)
    spans = [(unit.start, stop), *editing.around(0)(part)]
    end = max(end for _, end in spans)
    closing = made.find(b"\n", end - 1)
    return made.rfind(b"\n", 0, min(start for start, _ in spans)) + 1, closing + 1 if closing >= 0 else len(made)
