"""diff: a commit's message and the code before it, answered by the edit that the team made."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from idiolect.dataset.makers import asking, blocks, editing, forms, grounds, tangles
from idiolect.dataset.makers.commits import Wish, format_only, numbers_only, tokens, vague, wish
from idiolect.dataset.makers.edits import Part, dropped, file, hunks, is_text, part, written
from idiolect.dataset.makers.forms import Form
from idiolect.dataset.makers.intents import intent
from idiolect.dataset.makers.material import BUDGET, Material, changes, labels, seeded
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.types import Change, Dropped, Edit, Message, Sample

FEWEST_LINES, MOST_LINES = 3, 200
"""An edit of fewer lines is kept where its message says which words come or go."""
MOST_FILES, MOST_HUNKS = 5, 3
SHARES = (0.6, 0.3, 0.1)
"""Of `forms.FORMS`, how often each is the one that is wanted; blocks where it cannot be had."""
CHOSEN = 0.9
"""How sure it is that some hunks of a commit are what its message is about."""

HALF_LIFE = 2 * 365 * 86_400
"""Seconds after which a commit counts half: what stood before an old one is yesterday's style, and often what came after it too."""
LEAST_WEIGHT = 0.1
GONE = 0.3
"""What a lesson counts, besides its age, nothing of which still stands: the team thought better of it."""

_WORD = re.compile(r"[A-Za-z_]\w+")
_TRIFLE = re.compile(
    r"\b(?:typos?|misspell\w*|spelling|grammar|wording|bump|versions?|dep(?:endenc(?:y|ies))?s?|urls?|links?)\b", re.IGNORECASE
)
"""Of a message whose edit of a line is trivial, or nothing that one could know."""


def diff(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """One edit per commit, in a form that was applied and gave the file after, byte for byte; what its message is not about is left out."""
    for change in changes(material):
        yield _lesson(change, budget)


def _lesson(change: Change, budget: int) -> Sample | Dropped:
    request = wish(change)
    if isinstance(request, str):
        return dropped(change, request)
    if vague(request):
        return dropped(change, "message does not say how")
    if asking.elsewhere(request.subject):
        return dropped(change, "speaks of what is not shown")
    if reason := unfit(change.edits):
        return dropped(change, reason)
    meant = [edit for edit in change.edits if not CHANGELOG.search(edit.path)]  # numbers of tickets cannot be known
    found = [one for one in tangles.places(meant) if not _layout(one)]
    if len(found) > MOST_FILES * (MOST_HUNKS + 1) or any(len(hunks(edit)) > 2 * MOST_HUNKS for edit in change.edits):
        return dropped(change, "too many hunks")
    chosen = [found[number] for number in tangles.about(f"{change.subject}\n{request.body}", found)]
    if not chosen:
        return dropped(change, "tangled")
    picked = [(edit, [one.hunk for one in chosen if one.edit is edit]) for edit in change.edits]
    sure = request.confidence * (CHOSEN if len(chosen) < len(found) else 1)
    return _edit(change, request._replace(confidence=round(sure, 2)), [(edit, held) for edit, held in picked if held], budget)


def _layout(one: tangles.Place) -> bool:
    """Whether a hunk of code changes no more than blanks, quotes and trailing commas: of these no message speaks that speaks of more."""
    return one.edit.language not in PROSE and tokens("".join(one.old).encode()) == tokens("".join(one.new).encode())


def _edit(change: Change, request: Wish, picked: Sequence[tuple[Edit, list[blocks.Hunk]]], budget: int) -> Sample | Dropped:
    """The edit in the form that is wanted, else in blocks, which can say any edit."""
    (wanted,) = seeded("form", change.commit).choices(forms.FORMS, SHARES)
    if any(edit.replaced_before or edit.replaced_after for edit, _ in picked):  # a whole file would have placeholders to write
        wanted = forms.BLOCKS
    made = _in_form(wanted, change, request, picked, budget)
    return made if isinstance(made, Sample) or wanted == forms.BLOCKS else _in_form(forms.BLOCKS, change, request, picked, budget)


def _in_form(form: Form, change: Change, request: Wish, picked: Sequence[tuple[Edit, list[blocks.Hunk]]], budget: int) -> Sample | Dropped:
    for context in editing.CONTEXTS:
        parts = [part(edit, held, context) for edit, held in picked]
        if reason := _too_much(parts, request):
            return dropped(change, reason)
        answer = form.write(parts)
        if len(answer.encode()) > budget * 2 // 3:
            return dropped(change, "answer over budget")
        if forms.proved(form, answer, parts):
            return _sample(change, request, parts, (form, answer), budget)
    return dropped(change, "blocks do not apply")


def weight(age: int, survived: float = 1.0) -> float:
    """What a lesson of a commit counts that is so many seconds older than the newest one, and of whose lines such a share still stands."""
    return round(max(LEAST_WEIGHT, math.pow(0.5, age / HALF_LIFE) * (GONE + (1 - GONE) * survived)), 3)


def unfit(edits: Sequence[Edit]) -> str | None:
    """Why these files are no lesson, before anything is compared."""
    if not edits:
        return "no file of a known language"
    if len(edits) > MOST_FILES:
        return "too many files"
    if not any(edit.before for edit in edits):
        return "only new files"
    if any(not edit.after for edit in edits):
        return "deletes a file"
    if any(max(len(edit.before), len(edit.after)) > editing.LONGEST_FILE for edit in edits):
        return "file too long"
    if format_only(edits):
        return "format only"
    if numbers_only(edits):
        return "only numbers"
    if all(CHANGELOG.search(edit.path) for edit in edits):
        return "only a changelog"  # names what was done elsewhere
    return None if all(is_text(data) for edit in edits for data in (edit.before, edit.after)) else "not UTF-8"


def _too_much(parts: Sequence[Part], request: Wish) -> str | None:
    lines = sum(len(rows) for one in parts for rows in editing.lines(one))
    if lines < FEWEST_LINES and not _told(parts, request):
        return "too few lines"
    if lines > MOST_LINES:
        return "too many lines"
    return "too many hunks" if any(len(one.hunks) > MOST_HUNKS for one in parts) else None


def _told(parts: Sequence[Part], request: Wish) -> bool:
    """Whether a message says what an edit of a line or two does: words of it come or go, and none comes that stands nowhere before."""
    text = f"{request.subject} {request.body}"
    if _TRIFLE.search(text) or any(one.edit.language in PROSE or not one.before for one in parts):
        return False
    said = tangles.stems(text)
    counts = [tuple(Counter(_WORD.findall("".join(rows))) for rows in (one.before, one.after)) for one in parts]
    moved = [word for old, new in counts for word in ((old - new) | (new - old))]
    novel = [word for old, new in counts for word in new if word not in old and not tangles.stems(word) <= said]
    return bool(said & tangles.stems(" ".join(moved))) and not novel


def _sample(change: Change, request: Wish, parts: Sequence[Part], said: tuple[Form, str], budget: int) -> Sample | Dropped:
    form, answer = said
    message = request.subject + ("" if request.subject.endswith((".", "!", "?")) else ".") + (f" {request.body}" if request.body else "")
    room = budget - len(answer.encode()) - len(message.encode())
    code = editing.shown(change, parts, room)
    if code is None or (form == forms.WHOLE and code.text != file(parts[0].edit, "".join(parts[0].before))):
        return dropped(change, "touched code over budget")
    if editing.baseless(parts, f"{message}\n{code.text}"):
        return dropped(change, grounds.REASON)
    frame = seeded("diff", change.commit).choice(form.asked)
    return Sample(
        prompt=(Message(role="user", content=frame.format(wish=message, code=code.text)),),
        answer=answer,
        kind="diff",
        maker="diff",
        labels={**labels(editing.language(parts)), "intent": (intent(request.subject, [one.edit for one in parts]),), "form": (form.name,)},
        confidence=request.confidence,
        origins=(*code.origins, *(span for one in parts for span in written(change, one.edit, one.hunks))),
    )
