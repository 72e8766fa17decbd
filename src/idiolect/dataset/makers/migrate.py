"""migrate: a function as the team wrote it once, answered by the same function as the team writes it now."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from idiolect.dataset.makers import editing, grounds, tangles
from idiolect.dataset.makers.commits import wish
from idiolect.dataset.makers.defined import head
from idiolect.dataset.makers.edits import dropped, span_of
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.material import dropped as of_file
from idiolect.dataset.makers.moves import KINDS, alike
from idiolect.dataset.makers.scope import fenced, qualified, whole
from idiolect.syntax import Unit, units
from idiolect.types import Change, Document, Dropped, Edit, Message, Sample, Span

LEAST_ALIKE, MOST_ALIKE = 0.2, 0.8
"""Share of tokens in common: with fewer it is another function, with more a small edit."""
STANDS = 0.7
"""The same for what stands today and what a commit left: small edits since then are part of how it is written now."""
FEWEST_TOKENS = 20
MOST_OF_COMMIT = 4
"""A sweep through a whole program would say the same a hundred times."""
FEWEST_SHARED, SHARED = 3, 0.5
"""Names, and the share of those of the form that has fewer, that two generations of one unit have in common beside its own."""
SEVERAL = "several forms of one name"
_DECLARES = (".pyi", ".d.ts")
"""Files that hold no code, but what it looks like from outside."""
DIRECTIONS, MOST_NAMES = 3, 8
"""So many units that put the same name for another show where a team is going."""
_WAY = re.compile(
    r"^(?:now )?us(?:e[sd]?|ing)\b|\b(?:migrat\w*|moderni[sz]\w*|convert\w*|port(?:ed|s|ing)? (?:\w+ )?to|switch\w*|replac(?:e[sd]?|ing)"
    r"|instead of|in favou?r of|adopt\w*|rewr(?:it|ot)\w*|simplif\w*|upgrad\w*|syntax|idiom\w*|prefer\w*|standardi[sz]\w*|unif(?:y|ied)"
    r"|transition\w*|style)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:fix(?:es|ed)?|bugs?|add(?:s|ed)?|support\w*|allow\w*|implement\w*|introduc\w*|featur\w*|prevent\w*|avoid\w*|crash\w*|handl\w*"
    r"|revert\w*|security|wrong|broken|error\w*|leak\w*|fail\w*|deprecat\w*|remov\w*|delet\w*|docs?|documentation|docstrings?|comments?"
    r"|typos?|wip|correct\w*|don't|no longer|when|if|only|now)\b",
    re.IGNORECASE,
)
STAYED = 0.95
"""Share of the old tokens that, still there in their order, make it an addition."""
SHORTER, LONGER = 0.5, 1.6
"""How much of the tokens may go or come: more is more or less than was done before."""
MOST_FRESH = 0.4
"""Share of the names of the new form that neither the old one nor the request holds: more cannot be known."""
_STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_LONGEST_HEADER = 4_000
"""Characters of a header that are looked at: what is nested takes time that grows with their square."""
_IN_BRACKETS = re.compile(r"\[[^\[\]]*\]|\s+(?=\W)|(?<=\W)\s+")
_PARAMETER = re.compile(r"(?<![\w.:|>=&])[A-Za-z_]\w*(?=[,)=:])")
"""In a header without blanks and without what stands in square brackets; a block is no parameter."""
_FENCED = re.compile(r"^(`{3,})[^\n`]*\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*[?!]?")
FRAMES = (
    "Bring this to how we write it now.\n\n`{path}`\n{code}",
    "This is how `{name}` used to be written:\n\n{code}\n\nHow do we write it today?",
    "`{path}` still has the old form of `{name}`. Rewrite it in our present style.\n\n{code}",
    "{code}\n\nUpdate `{name}` to our current way of doing this.",
    "Modernise `{name}` ({path}):\n\n{code}",
)
HINTED = (
    "{hint}\n\nBring `{name}` to that.\n\n`{path}`\n{code}",
    "We have changed how we do this: {hint}\n\nRewrite `{name}` of `{path}` accordingly.\n\n{code}",
    "{code}\n\n{hint} Show `{name}` as we write it now.",
)


class Version(NamedTuple):
    """A unit as it stands, or stood, somewhere."""

    text: str
    language: str
    path: str
    name: str
    """As a reader of the language would write it."""
    origins: tuple[Span, ...]


def migrate(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Functions that a commit wrote anew, where its words or its other functions say that the manner changed and not what they do.

    Whether the new form still stands is for the caller to see: one commit does not know what came after it.
    """
    for change in changes(material):
        yield from _of_commit(change, budget)


def superseded(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Given a file of today's generation and, after it, files of generations that it took the place of: units of one name in both.

    Whether several files of today answer the same old form is for the caller to see (`generations`).
    """
    held = [one for one in material if isinstance(one, Document)]
    if not held or held[0].role == "legacy":
        return
    document, *older = held
    if document.path.endswith(_DECLARES):
        yield of_file(document, "only declares")
        return
    forms: defaultdict[tuple[str, ...], list[tuple[Document, Unit]]] = defaultdict(list)
    for one in older:
        speaks = one.language == document.language and not one.path.endswith(_DECLARES)
        for unit in _leaves(one.language, one.data) if speaks else ():
            forms[unit.kind, *unit.parents, unit.name].append((one, unit))
    known = [unit for unit in _leaves(document.language, document.data) if (unit.kind, *unit.parents, unit.name) in forms]
    if not known:
        yield of_file(document, "has no older form")
    made: list[Sample | Dropped] = []
    for unit in known:
        every = forms[unit.kind, *unit.parents, unit.name]
        was = [pair for pair in every if pair[0].path == document.path] or every
        made.append(of_file(document, SEVERAL, unit.name) if len(was) > 1 else _succeeded(*was[0], document, unit, budget))
    yield from _grounded(document, [unit.name for unit in known], made)


def _grounded(document: Document, names: list[str], made: list[Sample | Dropped]) -> Iterator[Sample | Dropped]:
    """The same without new forms that take from their object what neither form shows; what many of the file take is the way."""
    taken = [_taken(one, document.language) if isinstance(one, Sample) else set() for one in made]
    ways = Counter(name for one in taken for name in one)
    for name, one, its in zip(names, made, taken, strict=True):
        yield of_file(document, grounds.REASON, name) if any(ways[way] < DIRECTIONS for way in its) else one


def _taken(one: Sample, language: str) -> set[str]:
    return grounds.members(grounds.plain(forms(one)[1], language), language, _asked(one))


def _succeeded(old: Document, was: Unit, new: Document, unit: Unit, budget: int) -> Sample | Dropped:
    """One pair as a lesson, or why it is none; the same signature and the same name of the file make it surer."""
    before, after = version(old, was), version(new, unit)
    reason = _apart(before, after, was.name) or _unlike(before.text, after.text, "")
    if reason := reason or (None if _parameters(new, unit) <= set(_NAME.findall(before.text)) else "takes what it did not take"):
        return of_file(new, reason, after.name)
    signature = _header(old, was) == _header(new, unit)
    stem = PurePosixPath(old.path).stem == PurePosixPath(new.path).stem
    made = lesson(before, after, round(0.5 + 0.2 * signature + 0.2 * stem, 2), "", budget)
    return made if isinstance(made, Dropped) else made.model_copy(update={"maker": "superseded"})


def _header(document: Document, unit: Unit) -> list[str]:
    return _TOKEN.findall(document.data[slice(*head(document.data, unit))].decode())


def _parameters(document: Document, unit: Unit) -> set[str]:
    """What a unit takes by name, as far as its header tells; none where nobody knows where the header ends."""
    header = document.data[unit.start : unit.body_start].decode()[:_LONGEST_HEADER] if unit.body_start else ""
    text, rest = _STRING.sub("", grounds.plain(header, document.language)) + ")", ""
    while text != rest:
        text, rest = _IN_BRACKETS.sub("", text), text
    return set(_PARAMETER.findall(text))


def _apart(old: Version, new: Version, name: str) -> str | None:
    """Why two units of one name are not the same thing in two manners."""
    was, became = _TOKEN.findall(old.text), _TOKEN.findall(new.text)
    if min(len(was), len(became)) < FEWEST_TOKENS:
        return "too short to tell"
    if alike(was, became) > MOST_ALIKE:
        return "is written as it was"
    used, uses = (tangles.names(one.language, _STRING.sub(" ", one.text)) - {name} for one in (old, new))
    shared = len(used & uses)
    return None if shared >= FEWEST_SHARED and shared >= SHARED * min(len(used), len(uses)) else "shares its name only"


def version(document: Document, unit: Unit) -> Version:
    """A unit of a file as one side of a pair."""
    start, end = whole(unit, document.data)
    text = document.data[start:end].decode()
    return Version(text, document.language, document.path, qualified(unit, document.language, document.data), (document.span(start, end),))


def lesson(old: Version, new: Version, confidence: float, hint: str, budget: int) -> Sample | Dropped:
    """The old form with a request, answered by the new one."""
    if len(old.text.encode()) + len(new.text.encode()) + len(hint.encode()) > budget:
        return Dropped(reason="over budget", what=new.origins[0].commit, source=new.origins[0].source, detail=new.name)
    choose = seeded("migrate", old.path, old.name, old.text)
    frame = choose.choice(HINTED if hint else FRAMES)
    request = frame.format(name=old.name, path=old.path, code=fenced(old.text, old.language), hint=hint)
    return Sample(
        prompt=(Message(role="user", content=request),),
        answer=fenced(new.text, new.language),
        kind="migrate",
        maker="migrate",
        labels=labels(new.language),
        confidence=confidence,
        origins=(*new.origins, *old.origins),
    )


def current(sample: Sample, document: Document) -> Sample | None:
    """The lesson with the form that stands in this file today for an answer; None where none is nearly the one that the commit left.

    However old the commit is, what stands today counts in full. What names something that came later is another form: nobody asked for it.
    """
    old, left = forms(sample)
    was = _TOKEN.findall(left.replace("'", '"'))
    head = next((row for row in left.split("\n") if row.strip() and not row.lstrip().startswith("@")), "")
    best: tuple[float, Version] | None = None
    for unit in _leaves(document.language, document.data):
        if unit.name.rpartition(".")[2] not in _NAME.findall(head):
            continue
        stands = version(document, unit)
        tokens = _TOKEN.findall(stands.text.replace("'", '"'))
        if len(tokens) * STANDS <= len(was) <= len(tokens) / STANDS and (share := alike(was, tokens)) >= STANDS:
            best = max(best or (0.0, stands), (share, stands), key=lambda pair: pair[0])
    known = _named(left) | set(_NAME.findall(_asked(sample)))
    if best is None or _unlike(old, best[1].text, _asked(sample)) or not _named(best[1].text) <= known:
        return None
    answer = fenced(best[1].text, document.language)
    labels = {name: values for name, values in sample.labels.items() if name != "difficulty"}  # it was the other answer's
    return sample.remade(answer=answer, weight=1.0, origins=(*best[1].origins, *sample.origins[1:]), labels=labels)


def forms(sample: Sample) -> tuple[str, str]:
    """The old and the new text of a lesson of ours."""
    texts = [match[2] if (match := _FENCED.search(text)) else "" for text in (_asked(sample), sample.answer or "")]
    return texts[0], texts[1]


def _asked(sample: Sample) -> str:
    return "".join(turn.content for turn in sample.prompt) if isinstance(sample.prompt, tuple) else ""


def directions(old: str, new: str) -> set[tuple[str, str]]:
    """Names that went with names that came, few of either: the same pair in several places is a direction."""
    went, came = set(_NAME.findall(old)), set(_NAME.findall(new))
    gone, fresh = sorted(went - came), sorted(came - went)
    return {(one, other) for one in gone for other in fresh} if len(gone) <= MOST_NAMES and len(fresh) <= MOST_NAMES else set()


def _of_commit(change: Change, budget: int) -> Iterator[Sample | Dropped]:
    request = wish(change)
    if isinstance(request, str) and request != "message says nothing":
        yield dropped(change, request)
        return
    edits = [edit for edit in editing.meant(change.edits) if edit.before and edit.after]
    reason = editing.refused(edits, len(edits)) or ("changes what it does" if _OTHER.search(change.subject) else None)
    said = bool(_WAY.search(change.subject))
    if not reason and not said and sum(len(editing.lines(editing.part(edit))[0]) for edit in edits) < DIRECTIONS:
        reason = "says nothing of another way"
    pairs = [] if reason else [pair for edit in edits for pair in _rewritten(change, edit)]
    if not pairs:
        yield dropped(change, reason or "nothing was written anew")
        return
    ways = Counter(way for old, new in pairs for way in directions(old.text, new.text))
    hint = "" if isinstance(request, str) or not said else editing.words(request)
    kept = 0
    for old, new in pairs:
        shared = any(ways[way] >= DIRECTIONS for way in directions(old.text, new.text))
        reason = "says nothing of another way" if not hint and not shared else _unlike(old.text, new.text, hint)
        reason = reason or ("enough of this commit" if kept == MOST_OF_COMMIT else None)
        if reason:
            yield dropped(change, reason, new.name)
            continue
        kept += 1
        hinted = hint if not shared or seeded("migrate hint", change.commit, new.name).random() < 0.5 else ""
        yield lesson(old, new, round(0.5 + 0.2 * bool(hint) + 0.2 * shared, 2), hinted, budget)


def _named(text: str) -> set[str]:
    """The names in a form, those in its strings left out."""
    return set(_NAME.findall(_STRING.sub(" ", text)))


def _unlike(old: str, new: str, hint: str) -> str | None:
    """Why the new form does other things than the old one, or what nobody could know."""
    known = set(_NAME.findall(old)) | set(_NAME.findall(hint))
    names = _named(new)
    if not set(_NAME.findall(" ".join(_STRING.findall(new)))) <= known:
        return "says something new"
    if LCSseq.similarity(_TOKEN.findall(old), _TOKEN.findall(new)) >= STAYED * len(_TOKEN.findall(old)):
        return "only adds"
    if not SHORTER <= len(_TOKEN.findall(new)) / len(_TOKEN.findall(old)) <= LONGER:
        return "does more or less"
    return "holds what cannot be known" if len(names - known) > MOST_FRESH * len(names) else None


def _rewritten(change: Change, edit: Edit) -> Iterator[tuple[Version, Version]]:
    """The innermost units of a file that are the same by name, and by much of their text others."""
    now = {(unit.parents, unit.name): unit for unit in _leaves(edit.language, edit.after)}
    for unit in _leaves(edit.language, edit.before):
        later = now.get((unit.parents, unit.name))
        if later and edit.before[unit.start : unit.end] != edit.after[later.start : later.end]:
            was = _TOKEN.findall(editing.bare(edit.language, edit.before, unit.start, unit.end).decode())
            became = _TOKEN.findall(editing.bare(edit.language, edit.after, later.start, later.end).decode())
            if min(len(was), len(became)) >= FEWEST_TOKENS and LEAST_ALIKE <= alike(was, became) <= MOST_ALIKE:
                yield _version(change, edit, unit, before=True), _version(change, edit, later)


def _leaves(language: str, data: bytes) -> list[Unit]:
    """Sound units that hold no other, of a name that only one has."""
    found = [unit for unit in units(language, data) if unit.kind in KINDS and unit.name]
    names = Counter((unit.parents, unit.name) for unit in found)
    holding = {unit.parents[:size] for unit in found for size in range(1, len(unit.parents) + 1)}
    return [unit for unit in found if unit.sound and names[unit.parents, unit.name] == 1 and (*unit.parents, unit.name) not in holding]


def _version(change: Change, edit: Edit, unit: Unit, *, before: bool = False) -> Version:
    data = edit.before if before else edit.after
    start, end = whole(unit, data)
    where = span_of(change, edit, start, end, before=before)
    return Version(data[start:end].decode(), edit.language, edit.path, qualified(unit, edit.language, data), (where,))
