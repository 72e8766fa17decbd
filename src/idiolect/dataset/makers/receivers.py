"""What a method is called on in a test, as far as its lines tell: many classes have a method of one name."""

from __future__ import annotations

import re
from functools import lru_cache

from idiolect.dataset.makers.prose import words_of
from idiolect.syntax import Unit

_ASSIGNED = re.compile(r"(?<![\w.@])(@?[A-Za-z_]\w*)[ \t]{0,9}(?::=|=(?![=>~]))([^\n]{1,200})")
_LET = re.compile(r"\b(?:let|subject|given)!?[ (]:(\w+)\)?([^\n]{1,200}(?:\n[^\n]{1,200})?)")
_DEFINED = re.compile(r"\b(?:def|function)\s(\w+)[^\n]*((?:\n[ \t][^\n]*){1,3})")
_AS = re.compile(r"^([^\n]{1,200}?)\bas (\w+)", re.MULTILINE)
_LAST = re.compile(r"([A-Za-z_]\w*)[?!]?(?:\([^()\n]{0,80}\))?$")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ITSELF = frozenset({"self", "this", "cls", "subject", "described_class"})
_NOBODY = frozenset({"exports", "module", "prototype"})
"""What functions of a file of JavaScript are assigned to."""
_BEFORE = 200
"""Characters before a call that may say what it is called on."""


def strangers(text: str, whole: str, unit: Unit) -> int:
    """How often a text calls the unit's name on what is none of its class.

    It is of the class where the line names that, or where what it is called on was assigned, in the text or else in the `whole` file,
    by a line that does, or made by a function that does: `basket.total`, `b = Basket.new`, `let(:b) { create(:basket) }`.
    """
    owner, _, name = unit.name.rpartition(".")
    owned = _words(owner) - _NOBODY if owner else _words(unit.parents[-1] if unit.parents else "")
    if not owned:
        return 0
    calls = re.finditer(rf"(?:\.|&\.|->){re.escape(name)}\b", text)
    return sum(not _of(text[max(0, call.start() - _BEFORE) : call.start()], owned, text, whole) for call in calls)


def _of(before: str, owned: set[str], text: str, whole: str) -> bool:
    """Whether what ends here is of the class whose name has these words."""
    line = before.rstrip().rpartition("\n")[2]
    if _words(line) & owned:
        return True
    last = _LAST.search(line)
    if not last or last[1] in _ITSELF:
        return bool(last)
    return bool((_assigned(text).get(last[1]) or _assigned(whole).get(last[1], frozenset())) & owned)


@lru_cache(16)
def _assigned(text: str) -> dict[str, frozenset[str]]:
    """The words of what is assigned to each name, or of the first lines of the function that bears it."""
    found: dict[str, set[str]] = {}
    pairs = [(one[1], one[2]) for form in (_ASSIGNED, _LET, _DEFINED) for one in form.finditer(text)]
    for name, value in [*pairs, *((one[2], one[1]) for one in _AS.finditer(text))]:
        found.setdefault(name.lstrip("@"), set()).update(_words(value))
    return {name: frozenset(words) for name, words in found.items()}


def _words(text: str) -> set[str]:
    """The words of all names in a text, of one or of many."""
    return {word.rstrip("s") for name in _NAME.findall(text) for word in words_of(name) if len(word) > 2}
