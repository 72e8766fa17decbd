"""linked: code that prose is about, answered by that prose; described: what prose says of code, answered by the code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from idiolect.dataset.makers import prose, scope
from idiolect.dataset.makers.explain import FOREIGN, refusal
from idiolect.dataset.makers.links import Link, links, mentions
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.sections import CHANGELOG, PROSE
from idiolect.dataset.makers.windows import after
from idiolect.dataset.makers.write import Request, lesson, own_wish, unfit
from idiolect.types import Document, Dropped, Message, Sample

QUESTIONS = (
    "What do our docs say about `{name}`?\n\n`{path}`\n{code}",
    "`{path}`\n{code}\n\nExplain `{name}` to somebody who is to use it: {title}.",
    "{title}: tell me about `{name}`.\n\n{code}",
    "How is `{name}` (`{path}`) meant to be used?\n\n{code}",
    'Write the section "{title}" of `{prose}`; it is about `{name}`.\n\n{code}',
)
SURE_TITLED, SURE_NAMED = 0.95, 0.8
"""How sure it is that a section is about what its heading names, or what it alone names in its first paragraph."""
TOLD = 0.85
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*[-*+] )")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_MARKUP = re.compile(r":[a-z:]+:(?=`)|\[([^\[\]]*)\]\([^()]*\)")
_WORD = re.compile(r"[A-Za-z]+")
_CREDIT = re.compile(r"\s*[\[(]#\d[^\])\n]{0,80}[\])]")
_NOT_ITSELF = re.compile(
    r"\b(?:these|those|above|below|following|no longer|instead|deprecat\w*|remov\w*|renam\w*|old|previous\w*|formerly|chang\w*|fix\w*"
    r"|mov(?:ed|es|ing)|warning|backwards?|upgrad\w*|broken|was|were)\b",
    re.IGNORECASE,
)
"""Words of what is said about a change or about something that stands elsewhere: no wish for the unit itself."""
FEWEST_WORDS = 6

Make = Callable[[Link, int], Sample | Dropped]


def linked(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A section whose heading, or whose first paragraph alone, names a unit explains it; its code stands in the prompt."""
    yield from _of_sections(material, budget, _explained)


def described(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """A unit without words of its own is asked for by the paragraph, or the entry of a changelog, that names it alone."""
    yield from _of_sections(material, budget, _described)


def _of_sections(material: Material, budget: int, make: Make) -> Iterator[Sample | Dropped]:
    given = list(files(material))
    code = [one for one in given if one.language not in PROSE]
    taken: set[tuple[str, int]] = set()
    for document in (one for one in given if one.language in PROSE):
        if FOREIGN.search(document.path) or (make is _explained and CHANGELOG.search(document.path)):
            yield dropped(document, "changelog" if CHANGELOG.search(document.path) else "boilerplate prose")
            continue
        for section, found in links(document, code):
            fresh = [one for one in found if (one.code.path, one.unit.start) not in taken]
            made = (
                make(fresh[0], budget)
                if fresh
                else dropped(document, "names no code of ours" if not found else "said before", section.title)
            )
            if fresh and isinstance(made, Sample):
                taken.add((fresh[0].code.path, fresh[0].unit.start))
            yield made


def _explained(link: Link, budget: int) -> Sample | Dropped:
    document, section = link.document, link.section
    limit = budget // 2
    stop = section.end if section.end - section.body <= limit else after(document.data, section.body, limit)
    text = document.data[section.body : stop].decode().strip()
    if reason := refusal(section.title, text) or ("" if link.titled or _alone(link, text) else "about other things too"):
        return dropped(document, reason, section.title)
    start, end = scope.whole(link.unit, link.code.data)
    code = scope.code(link.code, [(start, min(end, after(link.code.data, start, budget - len(text.encode()) - 400)))])
    name = scope.qualified(link.unit, link.code.language)
    choose = seeded("linked", document.path, section.title, text)
    fence = scope.fenced(code.text, link.code.language)
    question = choose.choice(QUESTIONS).format(name=name, path=link.code.path, code=fence, title=section.title, prose=document.path)
    return Sample(
        prompt=(Message(role="user", content=question),),
        answer=text,
        kind="explain",
        maker="linked",
        labels=labels(document.language),
        confidence=SURE_TITLED if link.titled else SURE_NAMED,
        origins=(document.span(section.start, stop), *code.origins),
    )


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
        if _of_itself(said, link.unit.name):
            first = link.section.body + len(text[:start].encode())
            return said, first, first + len(text[start:end].encode())
    return None


def _of_itself(said: str, name: str) -> bool:
    """Whether some words say what one unit is for, and name nothing else of the code."""
    marked = [mention.name for mention in mentions(said)]
    return set(marked) == {name} and len(_WORD.findall(said)) >= FEWEST_WORDS and not _NOT_ITSELF.search(said)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs and the entries of lists stand."""
    starts = [0, *(match.end() for match in _BLOCK.finditer(text))]
    ends = [*(match.start() for match in _BLOCK.finditer(text)), len(text)]
    return zip(starts, ends, strict=True)
