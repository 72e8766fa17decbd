"""What a file points to: other files as its language names them, to be looked for among the files of its source (`neighbours`).

A pointer is a path without its ending: `./lock` and `../lock` from the file's own folder, `shop/lock` from wherever such paths begin. Its
last part may name something within the file. Where Rails loads by the name of a constant, that is a path too. `=Lock` is a name that
some file defines: what packages, folders and files that only pass things on leave to be found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from idiolect.dataset.makers.pairs import telling
from idiolect.dataset.makers.prose import words_of
from idiolect.syntax import comments, units
from idiolect.types import Document

MOST = 60
"""Pointers of one file."""
_LONGEST = 2000
"""Characters of one import."""
_PYTHON = re.compile(
    rf"""^[ \t]*+(?:from[ \t]++(?P<base>\.*[\w.]*)[ \t]++import[ \t]++(?P<names>\([^)]{{0,{_LONGEST}}}\)?|[^\n]*)
    |import[ \t]++(?P<whole>[^\n]*))""",
    re.MULTILINE | re.VERBOSE,
)
_REQUIRED = re.compile(r"""^[ \t]*+require(?P<near>_relative)?[ \t(]+["'](?P<path>[^"'\n]+)["']""", re.MULTILINE)
_CONSTANT = re.compile(r"(?<![\w.@$])(?<!module )(?<!class )[A-Z]\w*+(?:::[A-Z]\w*+)*+")
"""But not one that is opened here."""
_COMMENT = re.compile(r"^[ \t]*+#[^\n]*", re.MULTILINE)
_PARTIAL = re.compile(r"""\brender\b[ \t(]*+(?:partial:[ \t]*+)?["'](?P<path>[\w/]++)["']""")
_SCRIPT = re.compile(r"""\b(?:from|import|require)\b[ \t(]*+["'](?P<path>[.@~][^"'\n]*)["']""")
_CAPITALISED = re.compile(r"\b[A-Z]\w++")
_WRAPPERS = frozenset({"module", "namespace"})
_DOTTED = re.compile(r"^[ \t]*+import[ \t]++(?:static[ \t]++)?(?P<path>[\w.]++)", re.MULTILINE)
_BACKSLASHED = re.compile(r"^[ \t]*+use[ \t]++\\?(?P<path>[\w\\]++)", re.MULTILINE)
_INCLUDED = re.compile(r'^[ \t]*+#[ \t]*+include[ \t]*+"(?P<path>[^"\n]+)"', re.MULTILINE)
_CRATE = re.compile(
    r"^[ \t]*+(?:pub(?:\([^)\n]*\))?[ \t]++)?(?:use[ \t]++crate::(?P<path>[\w:]++)|mod[ \t]++(?P<child>\w++)[ \t]*+;)", re.MULTILINE
)
_ENDING = re.compile(r"\.(?:[cm]?[jt]sx?|rb|h|hh|hpp|vue)$")
_WORD = re.compile(r"\w+")


class Links(NamedTuple):
    """How a file hangs together with others."""

    points: tuple[str, ...]
    """Pointers, those most often named first."""
    defines: tuple[str, ...]
    """Names that it defines for others, of those that say something."""


NO_LINKS = Links((), ())


def links(document: Document) -> Links:
    """The links of a file; none where its language names no files."""
    if document.language not in READERS:
        return NO_LINKS
    text = document.text
    defined = _defined(document)
    named = Counter(_WORD.findall(text))
    read = dict.fromkeys(READERS[document.language](text))
    types = dict.fromkeys(f"={name}" for name in _CAPITALISED.findall(_code(document)) if name not in defined and not name.isupper())
    found = sorted((*read, *types), key=lambda pointer: -named[pointer.rpartition("/")[2].removeprefix("=")])
    return Links(tuple(found[:MOST]), tuple(defined))


def _code(document: Document) -> str:
    """The text of a file less its comments."""
    kept, stop = [], 0
    for start, end in comments(document.language, document.data):
        kept.append(document.data[stop:start])
        stop = max(stop, end)
    return b" ".join([*kept, document.data[stop:]]).decode(errors="replace")


def _defined(document: Document) -> list[str]:
    """Its outermost units, and those that stand in a namespace only."""
    found = units(document.language, document.data)
    spaces = {unit.name for unit in found if unit.kind in _WRAPPERS}
    names = (unit.name for unit in found if unit.kind not in _WRAPPERS and spaces.issuperset(unit.parents))
    return list(dict.fromkeys(name for name in names if telling(name)))


def _python(text: str) -> Iterator[str]:
    for match in _PYTHON.finditer(text):
        if match["whole"]:
            yield from ("/".join(name.split(".")) for name in _names(match["whole"]))
            continue
        base = match["base"] or ""
        dots = len(base) - len(base.lstrip("."))
        up = "./" if dots == 1 else "../" * (dots - 1)
        inner = base[dots:].replace(".", "/")
        for name in _names(match["names"] or "") or [""]:
            yield up + "/".join(part for part in (inner, name) if part)


def _names(text: str) -> list[str]:
    """Of `(a as b, c)  # why` a and c."""
    found = (part.split("#")[0].split() for line in text.strip("( )\r").split("\n") for part in line.split("#")[0].split(","))
    return [name for words in found if words and (name := words[0].strip("()*"))]


def _ruby(text: str) -> Iterator[str]:
    for match in _REQUIRED.finditer(text):
        yield _plain(match["path"], near=bool(match["near"]))
    for match in _PARTIAL.finditer(text):
        folder, _, name = match["path"].rpartition("/")
        yield f"{folder}/_{name}" if folder else f"./_{name}"
    counted = Counter(match[0] for match in _CONSTANT.finditer(_COMMENT.sub("", text)))
    for name, _ in counted.most_common(MOST):
        yield "/".join("_".join(words_of(part)) or part for part in name.split("::"))


def _script(text: str) -> Iterator[str]:
    for match in _SCRIPT.finditer(text):
        path = match["path"]
        yield _plain(path if path.startswith(".") else path[1:].lstrip("/"), near=path.startswith("."))


def _java(text: str) -> Iterator[str]:
    for match in _DOTTED.finditer(text):
        yield match["path"].replace(".", "/").rstrip("/")


def _php(text: str) -> Iterator[str]:
    for match in _BACKSLASHED.finditer(text):
        yield match["path"].strip("\\").replace("\\", "/")


def _nothing(_: str) -> Iterator[str]:
    return iter(())


def _included(text: str) -> Iterator[str]:
    for match in _INCLUDED.finditer(text):
        yield _plain(match["path"], near=True)
        yield _plain(match["path"], near=False)


def _rust(text: str) -> Iterator[str]:
    for match in _CRATE.finditer(text):
        yield f"./{match['child']}" if match["child"] else match["path"].strip(":").replace("::", "/")


def _plain(path: str, *, near: bool) -> str:
    """A path as it is spelled, without its ending, and with `./` where it is of the same folder."""
    path = _ENDING.sub("", path)
    return path if not near or path.startswith(".") else f"./{path}"


READERS: dict[str, Callable[[str], Iterator[str]]] = {
    "python": _python, "ruby": _ruby, "html+erb": _ruby, "javascript": _script, "typescript": _script, "tsx": _script,
    "vue": _script, "java": _java, "kotlin": _java, "scala": _java, "php": _php, "c": _included, "c++": _included, "rust": _rust,
    "c#": _nothing, "go": _nothing,
}  # fmt: skip
"""By language; one that reads nothing is found by the names that its files define."""
