"""next_edit: what was just edited, answered by the edit that the same commit made next, where the one follows from the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import blocks, edits, forms, tangles
from idiolect.dataset.makers.commits import refused
from idiolect.dataset.makers.diff import unfit
from idiolect.dataset.makers.editing import MARGINS
from idiolect.dataset.makers.edits import Part, dropped
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.scope import fenced
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.dataset.makers.tangles import Place
from idiolect.dataset.makers.windows import elided
from idiolect.types import Change, Dropped, Edit, Message, Sample, Span

FRAMES = (
    "I have just made these edits:\n\n{done}\n\nWhat has to change next here? Answer with a search/replace block.\n\n{code}",
    "{done}\n\nAfter these edits, what is the next one in this file? Give it as a search/replace block.\n\n{code}",
    "The code now:\n\n{code}\n\nMy last edits:\n\n{done}\n\nWrite the next edit, as a search/replace block.",
    "Go on with this change.\n\n{done}\n\nThe next place is in here; answer in SEARCH/REPLACE form.\n\n{code}",
)
MOST_HUNKS = 12
MOST_SHOWN = 4
"""Edits made before that a prompt shows, the last ones."""
LONGEST, GROWS = 25, 8
"""Lines of the hunk that is asked for, and lines by which it may make its file longer."""
NOVEL = 2
"""So many identifiers may come that stand neither in the edits before nor in the file: nobody can guess more."""
CONFIDENCE = 0.8
BOUND = 2 / 3
"""Share of the lines that come which must have an identifier that the edits before it brought: else more is done than what follows."""
NAMES = 2
"""So many identifiers of a hunk that the edits before it brought or took away, or all of its own, make it follow from them."""


def next_edit(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """At most one lesson of a commit: a hunk that brings or takes away identifiers which earlier hunks brought or took away too."""
    for change in changes(material):
        yield _lesson(change, budget)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    if reason := refused(change) or unfit(change.edits):
        return dropped(change, reason)
    found = [one for one in tangles.places(change.edits) if one.edit.language not in PROSE and not CHANGELOG.search(one.edit.path)]
    if not 2 <= len(found) <= MOST_HUNKS:
        return dropped(change, "one edit only" if len(found) < 2 else "too many hunks")
    following = _following(found)
    if not following:
        return dropped(change, "no edit follows from another")
    choose = seeded("next_edit", change.commit)
    choose.shuffle(following)
    for one, others in following:
        earlier = [other for other in others if _shared(one, other)][-MOST_SHOWN:]
        if made := _sample(change, earlier, one, choose.choice(FRAMES), budget):
            return made
    return dropped(change, "touched code over budget")


def _following(found: Sequence[Place]) -> list[tuple[Place, Sequence[Place]]]:
    """Hunks that follow from those before them; where there is none, those that follow from others: a helper may stand below its use."""
    before = [(one, found[:number]) for number, one in enumerate(found)]
    beside = ((one, [other for other in found if other is not one]) for one in found)
    return [pair for pair in before if _follows(*pair)] or [pair for pair in beside if _follows(*pair)]


def _follows(one: Place, before: Sequence[Place]) -> bool:
    """Whether a hunk follows from those before it: identifiers bind it to them, and what it brings is known by then."""
    size, was = one.hunk.new_end - one.hunk.new_start, one.hunk.end - one.hunk.start
    if not one.edit.before or max(size, was) > LONGEST or size - was > GROWS:
        return False
    shared = {name for other in before for name in _shared(one, other)}
    known = {name for other in before for name in other.words}
    novel = [name for name in one.brought - known if name.encode() not in one.edit.before]
    if len(novel) > NOVEL or 2 * len(novel) > len(one.brought) or not _bound(one, before):
        return False
    return len(shared) >= NAMES or (bool(shared) and shared >= one.changed)


def _bound(one: Place, before: Sequence[Place]) -> bool:
    """Whether most lines that say what went there did not say have to do with what the edits before brought."""
    went = tangles.names(one.edit.language, "".join(one.old))
    brought = {name for other in before for name in other.brought}
    came = (tangles.names(one.edit.language, line) for line in one.new)
    told = [names for names in came if names - went]
    return sum(bool(names & brought) for names in told) >= BOUND * len(told)


def _shared(one: Place, other: Place) -> frozenset[str]:
    """Identifiers that both bring, or that both take away."""
    return (one.brought & other.brought) | (one.gone & other.gone)


def _sample(change: Change, earlier: Sequence[Place], one: Place, frame: str, budget: int) -> Sample | None:
    ours = [place.hunk for place in earlier if place.edit is one.edit]
    before = edits.rows(one.edit.before)
    now, _ = edits.applied(before, edits.rows(one.edit.after), ours)
    then, moved = edits.applied(before, edits.rows(one.edit.after), sorted([*ours, one.hunk]))
    shift = sum(hunk.new_end - hunk.new_start - hunk.end + hunk.start for hunk in ours if hunk < one.hunk)
    place = moved[sorted([*ours, one.hunk]).index(one.hunk)]
    state = Edit(one.edit.path, one.edit.language, "".join(now).encode(), "".join(then).encode())
    hunk = blocks.Hunk(one.hunk.start + shift, one.hunk.end + shift, place.new_start, place.new_end)
    part = Part(state, now, then, [hunk], blocks.regions(now, [hunk]))
    answer = forms.BLOCKS.write([part])
    done = "\n\n".join(_done(place) for place in earlier)
    seen = (
        _shown(part, budget - len(answer.encode()) - len(done.encode()) - len(frame))
        if forms.proved(forms.BLOCKS, answer, [part])
        else None
    )
    if seen is None:
        return None
    return Sample(
        prompt=(Message(role="user", content=frame.format(done=done, code=edits.file(state, elided(state.before, [seen])))),),
        answer=answer,
        kind="diff",
        maker="next_edit",
        labels={**labels(one.edit.language), "form": ("blocks",)},
        confidence=CONFIDENCE,
        origins=tuple(_origins(change, earlier, one)),
    )


def _done(place: Place) -> str:
    """An edit that was made, as a diff without numbers."""
    lines = forms.unified(place.old, place.new)
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return f"`{place.edit.path}`\n{fenced(text.rstrip(chr(10)), 'diff')}"


def _shown(part: Part, room: int) -> tuple[int, int] | None:
    """As much of the file as it stands now, around what is edited next, as there is room for."""
    for margin in MARGINS:
        (window,) = edits.windows(part, margin)
        if window[1] - window[0] <= room:
            return window
    return None


def _origins(change: Change, earlier: Sequence[Place], one: Place) -> Iterator[Span]:
    """The file before, whose lines stand around the edit, and what each hunk takes away and puts in."""
    yield edits.span_of(change, one.edit, 0, len(one.edit.before), before=True)
    for place in (*earlier, one):
        if place.edit is not one.edit:
            yield from edits.taken(change, place.edit, [place.hunk])
        yield from edits.written(change, place.edit, [place.hunk])
