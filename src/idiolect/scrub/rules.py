"""Rules that say what is a secret: data in the format of gitleaks' configuration, ours and a team's.

Our own stand in `data/scrub.toml`, whose head describes the keys. A team's file adds rules and allowlists, and turns some of
ours off by `[extend] disabledRules`; ours always apply otherwise.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import re2
from pydantic import Field, ValidationError, field_validator, model_validator

from idiolect.errors import RecipeError
from idiolect.types import Record, complaint

OURS = Path(__file__).parent.parent / "data" / "scrub.toml"
PERSONAL = "personal"
"""Tag of rules that find personal data: it is replaced, but is no reason to drop a lesson."""
_MEMORY = 64 << 20
"""Bytes that RE2 may take for one rule; with less it falls back to a slower search."""


@cache
def compiled(pattern: str) -> Any:
    """A pattern over bytes in RE2, whose time is linear in the text; a fault is a ValueError."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as error:
        raise ValueError(f"not a regular expression of RE2: {_words(error)}") from None


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


class Allowlist(Record):
    """What is no finding after all."""

    description: str = ""
    condition: Literal["OR", "AND"] = "OR"
    """Whether one of `regexes`, `stopwords` and `paths` suffices."""
    target: Literal["secret", "match", "line"] = Field(default="secret", alias="regexTarget")
    """What `regexes` are searched in."""
    regexes: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()
    """Words that a finding with them is none, in any case of letters."""
    paths: tuple[str, ...] = ()

    @field_validator("regexes", "paths")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            compiled(pattern)
        return patterns

    @cached_property
    def patterns(self) -> Any:
        """`regexes` as one."""
        return compiled("|".join(f"(?:{pattern})" for pattern in self.regexes))

    @cached_property
    def path_patterns(self) -> Any:
        """`paths` as one."""
        return compiled("|".join(f"(?:{pattern})" for pattern in self.paths))

    @cached_property
    def lowered_stopwords(self) -> tuple[bytes, ...]:
        """`stopwords` as they are searched."""
        return tuple(word.lower().encode() for word in self.stopwords)

    def allows(self, secret: bytes, match: bytes, line: bytes, path: bytes) -> bool:
        """Whether what was found is no secret."""
        text = {"secret": secret, "match": match, "line": line}[self.target]
        lowered = secret.lower()
        said = []
        if self.regexes:
            said.append(self.patterns.search(text) is not None)
        if self.stopwords:
            said.append(any(word in lowered for word in self.lowered_stopwords))
        if self.paths:
            said.append(self.path_patterns.search(path) is not None)
        return bool(said) and (any(said) if self.condition == "OR" else all(said))


class Rule(Record):
    """One kind of secret, and how it is recognised."""

    id: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$")
    description: str = ""
    regex: str
    """RE2; the first group that takes part, or `secretGroup`, is what is replaced."""
    group: int = Field(default=0, ge=0, alias="secretGroup")
    entropy: float = 0.0
    """Least Shannon entropy of what is replaced, in bits per character."""
    keywords: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """The rule is tried where one of them stands in the text, in any case; none: always."""
    reach: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None
    """How many bytes before and after where a keyword begins a match lies in; left out: anywhere in the text."""
    needs: str = ""
    """An expression of Python's `re` that matches wherever `regex` does: best one that begins with a rare letter, which is found fast."""
    path: str = ""
    """Pattern of the paths that it is tried at."""
    tags: tuple[str, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    characters: float = Field(default=0.0, alias="charsPerToken")
    """Most characters per token of the code tokenizer; 0: any."""
    check: Literal["", "armour", "password", "literal", "basic", "address", "ip", "phone", "author"] = ""
    """Function of `filters` that has the last word."""
    placeholder: str = Field(default="", max_length=80, pattern=r"^[^\s\"'`\\<>]*$")

    @field_validator("regex", "path")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        compiled(pattern)
        return pattern

    @field_validator("needs")
    @classmethod
    def _is_an_expression(cls, needs: str) -> str:
        try:
            re.compile(needs)
        except re.error as error:
            raise ValueError(f"not a regular expression of Python: {error}") from None
        return needs

    @model_validator(mode="after")
    def _has_its_group(self) -> Rule:
        if self.group > (groups := self.pattern.groups):
            raise ValueError(f"secretGroup: the regex has no more than {groups} groups")
        return self

    @property
    def personal(self) -> bool:
        """Whether it finds personal data, not a secret."""
        return PERSONAL in self.tags

    @cached_property
    def pattern(self) -> Any:
        """The compiled `regex`."""
        return compiled(self.regex)

    @cached_property
    def needed(self) -> re.Pattern[bytes]:
        """The compiled `needs`."""
        return re.compile(self.needs.encode())

    @cached_property
    def words(self) -> tuple[bytes, ...]:
        """`keywords` as they are searched: in lower case."""
        return tuple(word.lower().encode() for word in self.keywords)

    @cached_property
    def stands_for(self) -> bytes:
        """What is put in place of a finding."""
        return (self.placeholder or "REDACTED_" + self.id.upper().replace("-", "_")).encode()


class Extend(Record):
    """What a team's file says of ours."""

    default: bool = Field(default=True, alias="useDefault")
    disabled: tuple[str, ...] = Field(default=(), alias="disabledRules")


class Rules(Record):
    """A file of rules."""

    title: str = ""
    description: str = ""
    version: str = Field(default="", alias="minVersion")
    extend: Extend = Extend()
    rules: tuple[Rule, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    """They hold for every rule."""

    @property
    def digest_parts(self) -> Any:
        """All that decides what is found, as JSON."""
        return self.model_dump(mode="json", exclude={"title", "description", "version"})


def read(file: Path) -> Rules:
    """The rules in a TOML file; every fault is a RecipeError that names the rule and the key."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"rules cannot be read ({error.strerror})", where=str(file), next="mend `[scrub] rules` in the recipe") from None
    except RecursionError:
        raise RecipeError("not valid TOML: it is nested too deeply", where=str(file), next="mend it") from None
    except ValueError as error:  # no TOML, no UTF-8, or a NUL in the path
        raise RecipeError(f"not valid TOML: {error}", where=str(file), next="mend that line") from None
    try:
        return Rules.model_validate(_modern(values))
    except ValidationError as error:
        raise RecipeError(_explained(error, values), where=str(file), next="see docs/scrub.md for every key") from None


def _modern(values: dict[str, Any]) -> dict[str, Any]:
    """The single `[allowlist]` of older files as the first of `[[allowlists]]`, also within rules."""
    rest = {key: value for key, value in values.items() if key != "allowlist"}
    if isinstance(rules := values.get("rules"), list):
        rest["rules"] = [_modern(rule) if isinstance(rule, dict) else rule for rule in rules]
    if "allowlist" in values:
        rest["allowlists"] = [values["allowlist"], *(lists if isinstance(lists := values.get("allowlists"), list) else ())]
    return rest


def _explained(error: ValidationError, values: dict[str, Any]) -> str:
    first = error.errors()[0]
    place = list(first["loc"])
    if len(place) > 1 and place[0] == "rules" and isinstance(place[1], int):
        rule = values["rules"][place[1]]
        place[:2] = [f"rule {rule.get('id', place[1] + 1) if isinstance(rule, dict) else place[1] + 1}"]
    what = "unknown key" if first["type"] == "extra_forbidden" else complaint(first["type"], first["msg"])
    return f"{'.'.join(map(str, place))}: {what}"


def together(theirs: tuple[Rules, ...] = ()) -> Rules:
    """A team's rules before ours, less those of ours that they turn off; a name twice is a RecipeError."""
    ours = read(OURS)
    off = {name for one in theirs for name in one.extend.disabled}
    unknown = sorted(off - {rule.id for rule in ours.rules})
    if unknown:
        raise RecipeError(f"disabledRules: no rule is called '{unknown[0]}'", next="`src/idiolect/data/scrub.toml` lists them")
    rules = [rule for one in theirs for rule in one.rules] + [rule for rule in ours.rules if rule.id not in off]
    names = [rule.id for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RecipeError(f"two rules are called '{twice[0]}'", next="rename yours, or name ours in `[extend] disabledRules`")
    lists = tuple(one for file in (ours, *theirs) for one in file.allowlists)
    return Rules(rules=tuple(rules), allowlists=lists)
