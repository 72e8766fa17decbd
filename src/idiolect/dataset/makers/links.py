"""What prose names of the code, and where that is defined: sections of guides, decisions and changelogs, tied to units."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from idiolect.dataset.makers.pairs import telling
from idiolect.dataset.makers.sections import PROSE, Section, sections
from idiolect.sources.testpaths import is_test
from idiolect.syntax import Unit, units
from idiolect.types import Document

MOST_FILES = 12
"""Files that are given together with the prose that names what they define, those first that it names most often."""
_MARKED = re.compile(r"``([^`\n]{2,80})``|`([^`\n]{2,80})`")
_NAME = re.compile(r"[A-Za-z_]\w*[?!]?")
_ROLE = re.compile(r"^[~!.]*")
_TAIL = re.compile(r"\(.*$|<.*$")
_SPELLED = re.compile(r".*(?:_|[a-z0-9][A-Z]|[?!]$).*|[A-Z][a-z]\w*")
"""A name that is no word of a language: `total_price`, `Basket`, `paid?`."""
NAMED = frozenset({"function", "method", "class", "interface", "struct", "enum", "trait", "type", "macro", "table", "view", "module"})
"""Kinds of units that a text may be about."""


class Mention(NamedTuple):
    """A name of the code in a text."""

    name: str
    owner: str
    """What stands before it: `Basket` of `Basket.total` and `Basket#total`; may be empty."""


def mentions(text: str) -> list[Mention]:
    """What is marked as code in a text and looks like a name, in order."""
    found = []
    for match in _MARKED.finditer(text):
        spelled = _TAIL.sub("", _ROLE.sub("", match[1] or match[2]).strip())
        parts = re.split(r"::|[.#]", spelled)
        sure = len(parts) > 1 or "(" in match[0] or _SPELLED.fullmatch(spelled)
        if sure and all(_NAME.fullmatch(part) for part in parts) and telling(parts[-1]):
            found.append(Mention(parts[-1], parts[-2] if len(parts) > 1 else ""))
    return found


def names(document: Document) -> list[str]:
    """Of prose the names that it mentions, as often as it does; of code, tests apart, the names that it defines."""
    if document.language in PROSE:
        return [one.name for one in mentions(document.text)]
    if is_test(document.path):
        return []
    return [unit.name.rpartition(".")[2] for unit in units(document.language, document.data) if unit.kind in NAMED]


def fits(mention: Mention, unit: Unit, path: str) -> bool:
    """Whether a mention may mean a unit of a file: what stands before the name is around the unit, in its file or in its path."""
    if mention.name != unit.name.rpartition(".")[2]:
        return False
    return not mention.owner or mention.owner in (*unit.parents, *unit.name.split(".")[:-1], *re.split(r"[/.]", path))


class Group(NamedTuple):
    """Paths of a prose file and of the files that define what it names."""

    prose: str
    code: tuple[str, ...]


def groups(named: Mapping[str, Sequence[str]], prose: Iterable[str]) -> Iterator[Group]:
    """The prose files of one source with the files that define what they name, where exactly one file does.

    `named` are the `names` of each path.
    """
    ours = dict.fromkeys(prose)
    defining: dict[str, set[str]] = defaultdict(set)
    for path, found in named.items():
        if path not in ours:
            for name in found:
                defining[name].add(path)
    for path in ours:
        places = (next(iter(defining[name])) for name in named[path] if len(defining.get(name, ())) == 1)
        often = Counter(places).most_common(MOST_FILES)
        if often:
            yield Group(path, tuple(place for place, _ in often))


class Link(NamedTuple):
    """A section of prose, and the unit that it names."""

    document: Document
    section: Section
    unit: Unit
    code: Document
    """The file of the unit."""
    found: list[Unit]
    """All units of that file."""
    often: int
    """How often the section names it."""
    titled: bool
    """The heading names it."""


def links(prose: Document, code: Sequence[Document]) -> Iterator[tuple[Section, list[Link]]]:
    """Each section with the units that it names, those of the heading first, then the most often named.

    A name counts where one unit bears it, or where the name of what is around it stands before it.
    """
    bearers: dict[str, list[tuple[Document, Unit, list[Unit]]]] = defaultdict(list)
    for document in code:
        found = units(document.language, document.data)
        for unit in found:
            if unit.kind in NAMED:
                bearers[unit.name.rpartition(".")[2]].append((document, unit, found))
    for section in sections(prose.data, prose.language):
        text = prose.data[section.start : section.end].decode()
        named = Counter(mentions(text))
        made: dict[tuple[str, int], Link] = {}
        for mention, often in named.items():
            held = [one for one in bearers.get(mention.name, ()) if fits(mention, one[1], one[0].path)]
            if len(held) == 1 and (mention.owner or len(bearers[mention.name]) == 1):
                document, unit, found = held[0]
                known = made.get((document.path, unit.start))
                count = often + (known.often if known else 0)
                link = Link(prose, section, unit, document, found, count, _titles(section.title, mention.name))
                made[document.path, unit.start] = link
        yield section, sorted(made.values(), key=lambda one: (not one.titled, -one.often))


def _titles(title: str, name: str) -> bool:
    return name in _NAME.findall(title)
