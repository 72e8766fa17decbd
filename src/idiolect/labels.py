"""A vocabulary of labels: what files are told apart by, and the signs that decide it.

It stands in a recipe (`[[label]]`) or in a pack (`Pack.vocabulary`). Labels of one name are a closed list: a file has each value
whose signs weigh enough, and none where none do.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping, Sequence

from pydantic import Field, field_validator, model_validator

from idiolect.types import Record

OWN_LABELS = ("language", "difficulty")
"""Labels that every lesson may have, whatever the recipe says."""
LESSONS_OWN = frozenset((*OWN_LABELS, "type", "level", "category", "tags", "topic", "pattern"))
"""Labels that speak of a lesson, not of the code that it asks for: they steer nothing."""
LOCKED = re.compile(r"([A-Za-z0-9@/._:-]*[A-Za-z0-9_]) ?(>=|<=|==|<|>) ?(\d+(?:\.\d+)*)")
"""A name, how, and a version."""


def _checked(glob: str) -> str:
    """A glob that can fit; braces, which other tools have, would fit nothing and say nothing."""
    if "{" in glob:
        raise ValueError("globs have no braces here; write one for each")
    return glob


class Sign(Record):
    """One `[[label.sign]]`, below its `[[label]]`: what speaks for it in a file; where several keys are given, all of them must hold."""

    text: str = ""
    """Regular expression (RE2, over bytes) that is found in the file outside of its comments; `(?i)` at its start: whatever the case."""
    calls: str = ""
    """Name of something that the file calls."""
    imports: str = ""
    """Something that the file imports, or a glob of it, as it is spelled there."""
    query: str = ""
    """Query of tree-sitter that has a match in the file, for instance `(call function: (identifier) @f (#eq? @f "at"))`."""
    language: str = ""
    """Language of the query, for instance `ruby`; it is asked of files of that language, and of what others hold of it (`html+erb`)."""
    path: str = ""
    """Glob of its path."""
    locked: str = ""
    """Version in the nearest lock file at the cut, for instance `rails>=7.1`; what commits teach has no such sign."""
    since: datetime.date | None = None
    """It was last written on that day or later."""
    until: datetime.date | None = None
    """It was last written before that day."""
    weight: float = 1.0
    """How much it says; below zero it speaks against the label."""

    @field_validator("text")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        import re2

        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(pattern.encode(), options)
        except re2.error:
            raise ValueError("is no regular expression of RE2; look-ahead and back-references it does not have") from None
        return pattern

    @field_validator("locked")
    @classmethod
    def _is_a_version(cls, wanted: str) -> str:
        if wanted and not LOCKED.fullmatch(wanted):
            raise ValueError("should be a name, one of >= > == < <= and a version, for instance `rails>=7.1`")
        return wanted

    @field_validator("path")
    @classmethod
    def _is_a_glob(cls, glob: str) -> str:
        return _checked(glob)

    @model_validator(mode="after")
    def _says_something(self) -> Sign:
        if bool(self.query) != bool(self.language):
            raise ValueError("a sign with one of query and language needs the other; files of a language are told apart by path")
        if not any((self.text, self.calls, self.imports, self.query, self.path, self.locked, self.since, self.until)):
            raise ValueError("a sign needs one of text, calls, imports, query, path, locked, since, until")
        return self


class Label(Record):
    """One `[[label]]`: a word that files are told apart by, for instance a generation of the language, and the signs that decide it."""

    name: str = Field(default="generation", pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    """What it is a value of; labels of one name are a closed list."""
    value: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    """The word. A file has each one whose signs weigh enough, and none where none do."""
    files: tuple[str, ...] = ()
    """Globs of the paths that may have it; default: all."""
    signs: tuple[Sign, ...] = Field(default=(), alias="sign")
    """What speaks for it."""
    threshold: float = Field(default=1.0, gt=0)
    """What its signs must weigh together."""
    implies: tuple[str, ...] = ()
    """Other values of this name that a file with this one has too."""
    conflicts: tuple[str, ...] = ()
    """Values that it cannot stand beside: where both are decided, the file has none of this name."""
    supersedes: tuple[str, ...] = ()
    """Values that it took the place of, one generation after another: migrations go from theirs to it."""
    rest: bool = False
    """It fits every other value (`all`): given to files among `files` where no sign of any value of this name was found."""

    @field_validator("files")
    @classmethod
    def _are_globs(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_checked, globs))


def complain(labels: Sequence[Label]) -> None:
    """Raise a ValueError where a vocabulary contradicts itself."""
    known: dict[str, dict[str, Label]] = {}
    for one in labels:
        if one.name in OWN_LABELS:
            raise ValueError(f"label: '{one.name}' is a label of our own; choose another name")
        if one.value in known.setdefault(one.name, {}):
            raise ValueError(f"label: '{one.name}' has the value '{one.value}' twice; put its signs together")
        if one.rest == bool(one.signs):
            raise ValueError(f"label: '{one.value}' needs " + ("no sign, as it is the rest" if one.rest else "a [[label.sign]]"))
        known[one.name][one.value] = one
    for one in labels:
        _complain_of(one, known[one.name])


def _complain_of(one: Label, known: Mapping[str, Label]) -> None:
    """The same, of what a label says of the others of its name."""
    for other in (*one.implies, *one.conflicts, *one.supersedes):
        if other not in known:
            raise ValueError(f"label: '{one.value}' names '{other}', which is no value of '{one.name}'")
    if both := set(one.implies) & set(one.supersedes):
        raise ValueError(f"label: '{one.value}' implies and supersedes '{min(both)}': every file of it would be of two generations")
    if one.value in superseded(known, one.value):
        raise ValueError(f"label: '{one.value}' supersedes itself, directly or by way of others")


def superseded(known: Mapping[str, Label], value: str) -> set[str]:
    """The values that a value of one name took the place of, and those that these did."""
    found: set[str] = set()
    waiting = [*known[value].supersedes]
    while waiting:
        if (one := waiting.pop()) not in found and one in known:
            found.add(one)
            waiting += known[one].supersedes
    return found


def unknown(labels: Mapping[str, Sequence[str]], table: Mapping[str, Sequence[str]]) -> str:
    """What is wrong with the first value that a closed list (`Vocabulary.table`) does not have, its own values by likeness; or nothing."""
    for name, value in ((name, value) for name, values in labels.items() if name in table for value in values):
        if value not in table[name]:
            nearest = difflib.get_close_matches(value, table[name], n=1)
            known = difflib.get_close_matches(value, table[name], n=len(table[name]), cutoff=0)
            return (
                f"{name}: unknown value '{value}'" + (f"; did you mean '{nearest[0]}'?" if nearest else ";") + f" it has {', '.join(known)}"
            )
    return ""
