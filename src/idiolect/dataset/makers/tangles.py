"""Commits that do several things: which hunks belong together, and which of them a message is about.

Hunks belong together where one changes an identifier that the other names, where they stand near each other in a file, and where
one is in the test of the other's file. Herzig and Zeller (2013) let such hints vote; here any of them binds, so that a commit
is rather taken for one than torn apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from idiolect.dataset.makers import edits, pairs
from idiolect.dataset.makers.blocks import Hunk
from idiolect.dataset.makers.prose import words_of
from idiolect.dataset.makers.sections import PROSE
from idiolect.types import Edit

NEARBY = 20
"""Lines of a file within which two hunks are taken for one thing."""
_NAME = re.compile(r"[A-Za-z_]\w{2,}[?!]?")
_CODE_WORD = re.compile(r"\w*_\w*|\w*[a-z0-9][A-Z]\w*")
"""A word of prose that looks like a name of the code."""
_REMARK = re.compile(r"(?:^|\s)(?:#|//|--)[^\n]*")
_KEYWORD = re.compile(
    r"""abstract|and|any|args|array|assert|async|await|begin|bool|boolean|break|byte|case|catch|char |
    class|const|continue|def|default|del|do|double|each|elif|else|elsif|end|ensure|enum|error |
    except|export|extends|extern|false|final|finally|float|fmt|for|foreach|from|func|function|global |
    goto|has|if|implements|import|include|instanceof|int|integer|interface|internal|is|isinstance|item |
    items|key|keys|kwargs|lambda|len|let|list|long|loop|map|module|mut|namespace|nil|none|nonlocal
   |not|null|object|one|or|out|override|package|param|params|pass|print|private|property|protected |
    pub|public|puts|raise|range|readonly|require|rescue|result|return|returns|self|short|size|static |
    str|string|struct|super|switch|test|tests|text|then|this|throw|throws|trait|true|try|tuple |
    type|typeof|undefined|union|unless|until|use|using|values|var|virtual|void|when|where|while|with
   |yield|dict|expect|describe|context|should|equal|called|given|all|also|are|but|can|could|does |
    into|its|more|must|never|now|only|other|same|some|than|that|the|their|them|there|these|they
   |was|were|what|which|will|would|you|your""",
    re.VERBOSE,
)
_EMPTY = re.compile(
    r"""a|an|and|are|as|at|be|by|can|do|does|for|from|has|have|if|in|into|is|it|its|no|not
   |of|on|or|so|that|the|their|them|then|there|this|to|up|use|used|we|when|which|will|with
   |add|adds|added|fix|fixes|fixed|make|makes|change|changes|changed|remove|removes|removed|update |
    updates|updated|support|allow|new|old|also|instead|method|methods|function|class|file|files|code""",
    re.VERBOSE,
)


class Place(NamedTuple):
    """A hunk of a commit."""

    edit: Edit
    hunk: Hunk
    changed: frozenset[str]
    """Identifiers that stand there more or less often than before."""
    words: frozenset[str]
    """All identifiers of its lines, those that go and those that come."""
    gone: frozenset[str]
    """Identifiers of which fewer stand there than before."""
    brought: frozenset[str]
    """Identifiers of which more do."""
    old: tuple[str, ...]
    """Its lines before."""
    new: tuple[str, ...]
    """And after."""


def places(found: Sequence[Edit]) -> list[Place]:
    """The hunks of a commit in order."""
    return [place for edit in found for place in _of_edit(edit)]


def _of_edit(edit: Edit) -> Iterator[Place]:
    before, after = edits.rows(edit.before), edits.rows(edit.after)
    for hunk in edits.hunks(edit):
        yield _place(edit, hunk, tuple(before[hunk.start : hunk.end]), tuple(after[hunk.new_start : hunk.new_end]))


def _place(edit: Edit, hunk: Hunk, was: tuple[str, ...], became: tuple[str, ...]) -> Place:
    old, new = _names(edit.language, "".join(was)), _names(edit.language, "".join(became))
    words = frozenset(old | new)
    gone, brought = frozenset(old - new), frozenset(new - old)
    return Place(edit, hunk, gone | brought or words, words, gone, brought, was, became)


def names(language: str, text: str) -> frozenset[str]:
    """The identifiers of some lines that say something: no keywords, and of prose and comments only what looks like code."""
    return frozenset(_names(language, text))


def _names(language: str, text: str) -> Counter[str]:
    code = "" if language in PROSE else _REMARK.sub(" ", text)
    found = Counter(name for name in _NAME.findall(code) if pairs.telling(name) and not _KEYWORD.fullmatch(name.lower()))
    return found + Counter(name for name in _NAME.findall(text) if _CODE_WORD.fullmatch(name) and name not in found)


def components(found: Sequence[Place]) -> list[list[int]]:
    """Which hunks belong together, by number."""
    groups: list[list[int]] = []
    for number, place in enumerate(found):
        bound = [group for group in groups if any(_belong(place, found[other]) for other in group)]
        groups = [group for group in groups if group not in bound]
        groups.append(sorted([number, *(other for group in bound for other in group)]))
    return sorted(groups)


def _belong(one: Place, other: Place) -> bool:
    if one.changed & other.words or other.changed & one.words:
        return True
    if one.edit.path == other.edit.path:
        first, second = sorted((one.hunk, other.hunk))
        return second.start - first.end <= NEARBY
    return pairs.points(one.edit.path, other.edit.path) or pairs.points(other.edit.path, one.edit.path)


def about(message: str, found: Sequence[Place]) -> list[int]:
    """Numbers of the hunks that a message is about, with all that belongs to them.

    All where they are one thing; none where nobody can say.
    """
    groups = components(found)
    if len(groups) == 1:
        return groups[0]
    said = stems(message)
    return sorted(number for group in groups if any(said & _said(found[number]) for number in group) for number in group)


def _said(place: Place) -> set[str]:
    words = [word for name in place.words for word in words_of(name)]
    prose = words_of("".join((*place.old, *place.new))) if place.edit.language in PROSE else []
    return _stemmed([*words, *prose, *words_of(place.edit.path.rpartition("/")[2])])


def stems(text: str) -> set[str]:
    """The words of a message that say something, without their endings."""
    return _stemmed(words_of(text))


def _stemmed(words: Collection[str]) -> set[str]:
    return {stem(word) for word in words if len(word) > 2 and not _EMPTY.fullmatch(word)}


def stem(word: str) -> str:
    """A word without its commonest endings: `closes` and `closing` are one."""
    for ending in ("ing", "ies", "ied", "es", "ed", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
