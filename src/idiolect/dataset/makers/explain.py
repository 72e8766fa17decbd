"""explain: the team's code, or a heading of its prose, answered by what the team itself wrote about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from idiolect.dataset.makers import prose, scope
from idiolect.dataset.makers.material import BUDGET, Material, dropped, files, labels, seeded
from idiolect.dataset.makers.sections import CHANGELOG, PROSE, Section, sections
from idiolect.dataset.makers.windows import after, line_end, line_start
from idiolect.fitting import ELIDED
from idiolect.syntax import Unit, units
from idiolect.types import Document, Dropped, Message, Sample, Span

QUESTIONS = (
    "What does `{name}` do?",
    "Explain `{name}` in `{path}`.",
    "What is the {kind} `{name}` for?",
    "I am reading `{path}`. What is `{name}` about?",
    "Document the {kind} `{name}`.",
    "How would we describe `{name}`?",
    "Tell me about `{name}` ({path}).",
    "Write the documentation of this {kind}, `{name}` in `{path}`.",
)
NOTE_QUESTIONS = (
    "Write the comment for the {kind} `{name}`.",
    "Comment `{name}` in `{path}` as we would.",
    "What does our comment on `{name}` say?",
    "Is there anything to note about `{name}` in `{path}`?",
)
"""Asks for what is no description."""
PROSE_QUESTIONS = (
    "What does `{path}` say about {title}?",
    "{title}: what do our docs say?",
    "What should I know about {title}? (`{path}`)",
    "Show me the section on {title} of `{path}`.",
    "I am looking for {title} in `{path}`.",
)
DULL = re.compile(r"(?:licen[cs]e|contributors|authors|sponsors|(?:table of )?contents|badges|links|credits)", re.IGNORECASE)
FOREIGN = re.compile(
    r"(?:^|/)(?:code[-_ ]?of[-_ ]?conduct(?:\.\w+)?$|(?:issue|pull_request|merge_request)_templates?(?:\.\w+$|/))", re.IGNORECASE
)
"""Prose that most projects have word for word from elsewhere, and forms."""
_DRAWN = re.compile(r"^[ \t]*\.\. (?:auto\w+|include|literalinclude|toctree)::", re.MULTILINE)
"""What a generator of documentation draws in from elsewhere."""
_ENTRY = re.compile(r"\s*(?:[-*+]|\d+[.)])\s*\[[^\]]*\]\(#[^)]*\)\s*$|\s*<!--.*-->\s*$")
SECTION = "explain.section"
"""Name of the maker where a heading alone asks."""
OVER = "code over budget"
"""What an answer says of a function may stand behind any cut; a class is told by its beginning."""
WITHHELD = "something in it was replaced"
SHORTEST_CODE = 40
SHORTEST_SECTION = 80


def explain(material: Material, *, budget: int = BUDGET) -> Iterator[Sample | Dropped]:
    """Code without its docstring is answered by the docstring; a section's heading by the section."""
    for document in files(material):
        if document.language in PROSE:
            if CHANGELOG.search(document.path) or FOREIGN.search(document.path):
                # a changelog says what changed once, not how things are
                yield dropped(document, "changelog" if CHANGELOG.search(document.path) else "boilerplate prose")
                continue
            for section in sections(document.data, document.language):
                yield _section(document, section, budget)
        else:
            found = units(document.language, document.data)
            for unit in found:
                if unit.doc is None:
                    continue
                if scope.wraps(unit, found):
                    yield dropped(document, "comment of what is within", unit.name)
                else:
                    yield _unit(document, unit, unit.doc, budget)


def _unit(document: Document, unit: Unit, doc: tuple[int, int], budget: int) -> Sample | Dropped:
    text = prose.unversioned(prose.plain(document.data[slice(*doc)].decode()))
    if reason := prose.refusal(prose.unquoted(text), unit.name):
        return dropped(document, reason, unit.name)
    if reason := _unfit(document, doc, text, budget):
        return dropped(document, reason, unit.name)
    spans = _without(document.data, unit, doc, budget - len(text.encode()))
    cut = spans[-1][1] < unit.end
    if cut and unit.kind not in scope.HOLDERS:
        return dropped(document, OVER, unit.name)
    code = scope.code(document, spans)
    if len(code.text) < SHORTEST_CODE:
        return dropped(document, "nothing but prose", unit.name)
    choose = seeded("explain", document.path, unit.parents, unit.name, text)
    name = scope.qualified(unit, document.language, document.data)
    question = choose.choice(NOTE_QUESTIONS if prose.note(text) else QUESTIONS).format(name=name, kind=unit.kind, path=document.path)
    shown = f"{code.text}\n{ELIDED}" if cut else code.text
    prompt = f"{question}\n\n{scope.fenced(shown, document.language)}"
    return _sample(document, prompt, text, "explain", (*code.origins, document.span(*doc)))


def _unfit(document: Document, doc: tuple[int, int], text: str, budget: int) -> str | None:
    """Why the words of a comment, though they are words, explain nothing."""
    if prose.tagged(text):
        return "nothing but tags"
    if prose.passing(text):
        return "a remark in passing"
    if withheld(document, *doc):
        return WITHHELD
    return "answer over budget" if len(text.encode()) > budget // 2 else None


def _without(data: bytes, unit: Unit, doc: tuple[int, int], limit: int) -> list[tuple[int, int]]:
    """The unit in at most `limit` bytes, less the lines of its docstring."""
    start, _ = scope.whole(unit, data)
    end = min(unit.end, after(data, start, limit))
    if not start < doc[0] < end:
        return [(start, end)]
    resumed = min(line_end(data, doc[1]) + 1, end) if not data[doc[1] : line_end(data, doc[1])].strip() else doc[1]
    return [(start, line_start(data, doc[0]) if not data[line_start(data, doc[0]) : doc[0]].strip() else doc[0]), (resumed, end)]


def _section(document: Document, section: Section, budget: int) -> Sample | Dropped:
    text = prose.unversioned(document.data[section.body : section.end].decode())
    if reason := refusal(section.title, text):
        return dropped(document, reason, section.title)
    if len(text.encode()) > budget * 2 // 3:
        return dropped(document, "answer over budget", section.title)
    if withheld(document, section.body, section.end):
        return dropped(document, WITHHELD, section.title)
    choose = seeded("explain", document.path, section.title, text)
    question = choose.choice(PROSE_QUESTIONS).format(title=section.title, path=document.path)
    return _sample(document, question, text, SECTION, (document.span(section.start, section.end),))


def withheld(document: Document, start: int, end: int) -> bool:
    """Whether a placeholder for what nobody may learn stands among these bytes: an answer would tell it as the truth."""
    return any(one.start < end and start < one.end for one in document.replaced)


def refusal(title: str, text: str) -> str | None:
    """Why a section explains nothing."""
    if DULL.fullmatch(title.rpartition(": ")[2]) or _lists_links(text) or _DRAWN.search(text):
        return "boilerplate prose"
    return "prose too short" if len(text) < SHORTEST_SECTION else prose.refusal(prose.unquoted(text))


def _lists_links(text: str) -> bool:
    """Whether half of the lines are entries of a table of contents."""
    rows = [row for row in text.split("\n") if row.strip()]
    return 2 * sum(bool(_ENTRY.match(row)) for row in rows) >= max(1, len(rows))


def _sample(document: Document, prompt: str, answer: str, maker: str, origins: tuple[Span, ...]) -> Sample:
    return Sample(
        prompt=(Message(role="user", content=prompt),),
        answer=answer,
        kind="explain",
        maker=maker,
        labels=labels(document.language),
        origins=origins,
    )
