"""Small files of our own in every language that has a grammar, and beside each what reading it must find.

`python -m tests.golden` writes what it finds now; the difference shows in review.
"""

from collections import Counter
from pathlib import Path

from idiolect import syntax
from idiolect.sources import languages
from idiolect.syntax import Name, Syntax

FOLDER = Path(__file__).parent
FILES = sorted(path for path in FOLDER.iterdir() if path.name.lower().startswith("door.") and path.suffix != ".txt")


def language(path: Path) -> str:
    """What a sample is written in."""
    return languages.language(path.name, path.read_bytes())


def described(path: Path) -> str:
    """All that is found in a sample, as text that can be read."""
    data = path.read_bytes()
    found = syntax.read(language(path), data)
    assert found
    marks = Counter(span.kind for span in found.spans)
    return "\n".join(
        [
            f"{language(path)}, {'sound' if found.sound else 'unsound'}",
            *_units(found, data),
            *(f"{what}: {_names(names)}" for what, names in _named(found)),
            "marks: " + ", ".join(f"{kind} {count}" for kind, count in sorted(marks.items())),
            "comments: " + " | ".join(_shown(data, span) for span in found.comments),
            "",
        ]
    )


def _units(found: Syntax, data: bytes) -> list[str]:
    rows = []
    for unit in found.units:
        name = "/".join((*unit.parents, unit.name))
        body = _shown(data, (unit.body_start, unit.body_end or 0)) if unit.body_start is not None else "none"
        doc = _shown(data, unit.doc) if unit.doc else "none"
        rows.append(f"{unit.kind} {name}: {_shown(data, (unit.start, unit.end))}\n  doc {doc}\n  body {body}")
    return rows


def _named(found: Syntax) -> list[tuple[str, list[Name]]]:
    return [("defined", found.defined), ("calls", found.calls), ("imports", found.imports)]


def _names(names: list[Name]) -> str:
    return ", ".join(name.name for name in names)


def _shown(data: bytes, span: tuple[int, int]) -> str:
    """Both ends of a text, on one line."""
    text = " ".join(data[slice(*span)].decode().split())
    return text if len(text) <= 60 else f"{text[:28]} ... {text[-27:]}"
