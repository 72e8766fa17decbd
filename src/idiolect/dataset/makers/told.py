"""linked: code that prose is about, answered by that prose; described: what prose says of code, answered by the code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from idiolect.dataset.makers import prose, scope
from idiolect.dataset.makers.explain import FOREIGN, OVER, WITHHELD, refusal, withheld
from idiolect.dataset.makers.links import Link, fits, links, mentions
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.sections import CHANGELOG, PROSE, Section
from idiolect.dataset.makers.write import Request, lesson, own_wish, unfit
from idiolect.types import Document, Dropped, Message, Sample

QUESTIONS = (
    "What do our docs say about `{name}`?\n\n{code}",
    "{code}\n\nExplain `{name}` to somebody who is to use it: {title}.",
    "{title}: tell me about `{name}`.\n\n{code}",
    "How is `{name}` (`{path}`) meant to be used?\n\n{code}",
    'Write the section "{title}" of `{prose}`; it is about `{name}`.\n\n{code}',
)
AMONG = (
    "{title}: what do our docs (`{prose}`) say?\n\nWhat it names:\n{code}",
    "{code}\n\nWith this code in mind, what should I know about {title}?",
    "Write the section on {title} of `{prose}`. The code that it is about:\n\n{code}",
    "What does `{prose}` tell about {title}?\n\n{code}",
)
"""Asks for a section that is about several things."""
MOST_NAMED = 3
"""Units that are shown with such a section, each whole."""
HALF = 0.5
"""Of the names that such a section marks as code, those that must be shown: else it is about something else."""
SURE_TITLED, SURE_NAMED = 0.95, 0.8
"""How sure it is that a section is about what its heading names, or what it alone names in its first paragraph."""
TOLD = 0.85
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*[-*+] )")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_MARKUP = re.compile(r":[a-z:]+:(?=`)|\[([^\[\]]*)\]\([^()]*\)")
_WORD = re.compile(r"[A-Za-z]+")
_CREDIT = re.compile(r"[\[(]#\d[^\])\n]{0,80}[\])]|:(?:issue|pr|pull|user|ghsa|gh):`[^`\n]{0,80}`")
_NOT_ITSELF = re.compile(
    r"\b(?:these|those|above|below|following|no longer|instead|deprecat\w*|remov\w*|renam\w*|old|previous\w*|formerly|chang\w*|fix\w*"
    r"|mov(?:ed|es|ing)|warning|backwards?|upgrad\w*|broken|was|were|now|for example)\b",
    re.IGNORECASE,
)
"""Words of what is said about a change or about something that stands elsewhere: no wish for the unit itself."""
FEWEST_WORDS = 6
NO_CODE = "names no code of ours"
IN_PASSING = "names our code in passing"
FRAME = 400
"""Bytes that a question's own words and paths may take."""


def linked(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A section whose heading, or whose first paragraph, names a unit explains it; others are told by their heading.

    The code of what a section names stands in the prompt.
    """
    for document, section, found in _sections(material):
        if CHANGELOG.search(document.path):
            yield dropped(document, "changelog", section.title)
        else:
            yield _explained(found, budget) if found else dropped(document, NO_CODE, section.title)


def described(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A unit without words of its own is asked for by the paragraph, or the entry of a list, that names it alone."""
    taken: set[tuple[str, int]] = set()
    for document, section, found in _sections(material):
        if CHANGELOG.search(document.path):  # says what changed once, not what a unit is for
            yield dropped(document, "changelog", section.title)
            continue
        if not found:
            yield dropped(document, NO_CODE, section.title)
        for link in found:
            place = link.code.path, link.unit.start
            made = dropped(document, "said before", link.unit.name) if place in taken else _described(link, budget)
            taken |= {place} if isinstance(made, Sample) else set()
            yield made


def _sections(material: Material) -> Iterator[tuple[Document, Section, list[Link]]]:
    """The sections of prose that is the team's own, with the units that each names."""
    given = list(files(material))
    code = [one for one in given if one.language not in PROSE]
    for document in given:
        if document.language in PROSE and not FOREIGN.search(document.path):
            yield from ((document, section, found) for section, found in links(document, code))


def _explained(found: list[Link], budget: int) -> Sample | Dropped:
    first = found[0]
    document, section = first.document, first.section
    text = prose.unversioned(document.data[section.body : section.end].decode())
    if reason := refusal(section.title, text):
        return dropped(document, reason, section.title)
    if len(text.encode()) > budget // 2:
        return dropped(document, "answer over budget", section.title)
    if withheld(document, section.body, section.end):
        return dropped(document, WITHHELD, section.title)
    room = budget - len(text.encode()) - FRAME
    alone = first.titled or _alone(first, text)
    shown = _whole([first] if alone else found, room)
    if alone and not shown:
        return dropped(document, OVER, section.title)
    if not alone and not _about(text, shown):
        return dropped(document, IN_PASSING, section.title)
    codes = [_code(link) for link in shown]
    question = (
        seeded("linked", document.path, section.title, text)
        .choice(QUESTIONS if alone else AMONG)
        .format(
            name=scope.qualified(first.unit, first.code.language, first.code.data),
            path=first.code.path,
            code="\n\n".join(piece.text for piece in codes),
            title=section.title,
            prose=document.path,
        )
    )
    return Sample(
        prompt=(Message(role="user", content=question),),
        answer=text,
        kind="explain",
        maker="linked",
        labels=labels(document.language),
        confidence=SURE_TITLED if first.titled else SURE_NAMED,
        origins=(document.span(section.start, section.end), *(span for piece in codes for span in piece.origins)),
    )


def _whole(found: list[Link], room: int) -> list[Link]:
    """The first units that there is room for as a whole, none within another of them."""
    shown: list[Link] = []
    for link in found:
        start, end = scope.whole(link.unit, link.code.data)
        beside = all(one.code.path != link.code.path or end <= one.unit.start or one.unit.end <= start for one in shown)
        if len(shown) < MOST_NAMED and beside and end - start <= room:
            shown.append(link)
            room -= end - start
    return shown


def _about(text: str, shown: list[Link]) -> bool:
    """Whether what is shown is at least half of what a section names, is what it names most often, and stands at its beginning or twice."""
    named = Counter(mention.name for mention in mentions(text))
    names = {link.unit.name.rpartition(".")[2] for link in shown}
    meant = sum(link.often for link in shown) >= 2 or any(_names(_BLOCK.split(text)[0], name) for name in names)
    most = max(named.values(), default=0)
    return meant and any(named[name] == most for name in names) and len(named.keys() & names) >= HALF * len(named)


def _code(link: Link) -> scope.Piece:
    """The unit beneath its path."""
    held = scope.code(link.code, [scope.whole(link.unit, link.code.data)])
    return scope.Piece(f"`{link.code.path}`\n{scope.fenced(held.text, link.code.language)}", held.origins)


def _alone(link: Link, text: str) -> bool:
    """Whether the first paragraph names the unit and no other of ours."""
    first = _BLOCK.split(text)[0]
    return _names(first, link.unit.name) and link.often >= 2


def _names(text: str, name: str) -> bool:
    return bool(re.search(rf"`[^`\n]*\b{re.escape(name)}\b[^`\n]*`", text))


def _described(link: Link, budget: int) -> Sample | Dropped:
    document, unit = link.document, link.unit
    if reason := unfit(link.code, unit, budget):
        return dropped(link.code, reason, unit.name)
    if unit.doc and own_wish(link.code, unit) != ("", None):
        return dropped(link.code, "says itself what it is for", unit.name)
    place = _paragraph(document, link)
    if place is None:
        return dropped(document, "does not say what it is for", unit.name)
    wish, start, end = place
    if reason := prose.refusal(wish, unit.name):
        return dropped(document, reason, unit.name)
    asked = Request(wish, "described", TOLD, (document.span(start, end),))
    return lesson(link.code, unit, link.found, asked, budget)


def _paragraph(document: Document, link: Link) -> tuple[str, int, int] | None:
    """The first paragraph or entry that says of the unit alone what it is for, in a sentence or two; and its bytes."""
    text = document.data[link.section.body : link.section.end].decode()
    for start, end in _blocks(text):
        said = prose.opening(_MARKUP.sub(lambda match: match[1] or "", _CREDIT.sub("", _ITEM.sub("", text[start:end].strip()))))
        if _of_itself(said, link):
            first = link.section.body + len(text[:start].encode())
            return said, first, first + len(text[start:end].encode())
    return None


def _of_itself(said: str, link: Link) -> bool:
    """Whether some words say what one unit is for, and name nothing else of the code."""
    marked = mentions(said)
    return (
        bool(marked)
        and all(fits(mention, link.unit, link.code.path) for mention in marked)
        and len(_WORD.findall(said)) >= FEWEST_WORDS
        and not _NOT_ITSELF.search(said)
    )


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs and the entries of lists stand."""
    starts = [0, *(match.end() for match in _BLOCK.finditer(text))]
    ends = [*(match.start() for match in _BLOCK.finditer(text)), len(text)]
    return zip(starts, ends, strict=True)
