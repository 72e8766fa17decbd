"""Whether an answer stands on what its prompt shows: nobody can know the names of a team's own making that appear nowhere before it."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from idiolect.dataset.makers.macros import declared

MOST = 2
"""Names that an answer may use and nothing shows, besides the well-known: of sixteen lessons with more, read by hand, one was good."""
REASON = "uses what is not shown"
OWN = re.compile(r"\b(?!\d|\w*(?:Error|Exception)\b)[A-Za-z]*(?:[A-Za-z0-9]_|[a-z][A-Z])\w+\b")
"""A name with an underscore or a capital within."""
_BINDS = re.compile(
    r"""(?:def|class|module|function|func|fn|let|const|var|type|interface|as|import)\s+(?:self\.)?:?(\w+)
    |(\w+)\s*(?::=|=(?!=)|:(?!:))|[(,]\s*(?:self,\s*)?(\w+)\s*(?=[,)=])""",
    re.VERBOSE,
)
"""Where a name is defined, assigned or passed by name, or stands alone between brackets, as a parameter does and some arguments do."""
_ATTRIBUTE = re.compile(r"(?<![\w@])(?:self\.|this\.|@{1,2})(?!__|class\b)([A-Za-z_]\w*)\b(?!\s*[(:]|\s*=(?!=))")
"""An attribute that is read: no call, no type of one, no target of an assignment."""
_MEMBER = re.compile(r"(?<![\w@])(?:self\.|this\.|@{1,2})(?!__|class\b)([A-Za-z_]\w*)\b(?!\s*=(?!=))")
"""The same, and a method that is called."""
_SETS = re.compile(r"(?:self\.|this\.|@{1,2})(\w+)(?=[^=\n()]{0,120}(?<![=!<>])=(?!=))|(?:def|class)\s+(\w+)")
"""What code sets or defines itself; several at once stand before one sign."""
_WORD = re.compile(r"\w+")
_HASHED = frozenset({"elixir", "julia", "lua", "makefile", "perl", "python", "r", "ruby", "shell", "toml", "yaml"})
"""Languages in which `//` begins no remark: it is an operator, an empty pattern or part of an address."""
_STRING = r"""(\"(?:\\.|[^"\\\n])*+\"|'(?:\\.|[^'\\\n])*+')"""
_HASH = r"(?<!\.)#(?!\{)[^\n]*"
_REMARK, _REMARK_OR_SLASHES = re.compile(f"{_STRING}|{_HASH}"), re.compile(f"{_STRING}|{_HASH}|(?<!:)//[^\\n]*")
_ADDRESS = re.compile(r"://[^\s\"'`#{]*")
_DOCSTRING = re.compile(r'"""(?:(?!""").)*"""', re.DOTALL)


def plain(code: str, language: str) -> str:
    """Code without its remarks and the paths of addresses, which name nothing; what looks like a remark within a string stays."""
    kept = (_REMARK if language in _HASHED else _REMARK_OR_SLASHES).sub(lambda match: match[1] or "", code)
    return _ADDRESS.sub("", kept)


@cache
def _known() -> frozenset[str]:
    """Names of common languages' libraries and frameworks, which are known wherever code is written."""
    tables = tomllib.loads((files("idiolect") / "data" / "known.toml").read_text(encoding="utf-8"))
    return frozenset(name for table in tables.values() for name in table["names"].split())


def rootless(code: str, language: str, prompt: str) -> bool:
    """Whether whole functions use an attribute of their object's, `self.x` or `@x`, that they do not set and their prompt does not show.

    `code` is `plain`. Of lessons read by hand that did, two of twelve were good; of the others 72 of 201.
    """
    return bool(_unshown(_ATTRIBUTE, code, language, prompt))


def members(code: str, language: str, prompt: str) -> set[str]:
    """Attributes and methods of its object's that code uses, and neither sets nor has from its prompt; it is `plain`."""
    return _unshown(_MEMBER, code, language, prompt)


def _unshown(used: re.Pattern[str], code: str, language: str, prompt: str) -> set[str]:
    known = {name for names in _SETS.findall(code) for name in names}.union(_WORD.findall(prompt))
    return set(used.findall(code if language == "ruby" else code.replace("@", " "))) - known  # elsewhere it decorates


def coined(code: str, prompt: str) -> set[str]:
    """Names of a team's own making that stand in code, and nowhere in its prompt; it is `plain`."""
    return set(OWN.findall(_DOCSTRING.sub(" ", code))).difference(OWN.findall(prompt), _known())


def baseless(code: str, prompt: str) -> bool:
    """Whether more names than may be are used in code, and neither its prompt shows nor the code itself brings them; it is `plain`."""
    said = _DOCSTRING.sub(" ", code)
    brought = {name for match in _BINDS.finditer(said) for name in match.groups() if name}
    brought.update(name for macro in declared(said.encode()) for name in macro.names)
    return len(coined(code, prompt) - brought) > MOST


def groundless(code: str, language: str, prompt: str) -> bool:
    """Whether whole functions, or tests, stand on what neither they nor their prompt show: `baseless` or `rootless`."""
    said = plain(code, language)
    return baseless(said, prompt) or rootless(said, language, prompt)
