"""A Pack: all that is particular to a domain, as one frozen object of pure functions.

Its makers, filters and labels shape the lessons; its checks grade its own probes, which proves them before anything leans on
them (`checks`). Built-in packs come through the same entry-point group, `idiolect.packs`, as anybody's; a folder with a `pack.py` that
defines `pack` will do too.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from idiolect.errors import RecipeError
from idiolect.files import real
from idiolect.labels import Label
from idiolect.outline import Syntax
from idiolect.types import Document, Dropped, File, Finding, Sample, Score

GROUP = "idiolect.packs"
Maker = Callable[[Iterable[Document]], Iterator[Sample | Dropped]]
Filter = Callable[[Sample], str | None]
"""Says why a sample is dropped, or None to keep it."""
Check = Callable[[Sample, str], Score]
Labeller = Callable[[Document], dict[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Language:
    """A language that no grammar knows, read by a pack's own functions."""

    name: str
    """In lower case; files that the globs hold are of it, whatever their extension meant before."""
    globs: tuple[str, ...]
    """`*` stays within a folder, `**/` spans folders: `("**/*.bas",)`."""
    spans: Callable[[bytes], Syntax]
    """Units, nodes for holes, comments and names of a file, by bytes."""
    parses: Callable[[bytes], bool]
    """Whether a whole file is well formed."""


@dataclass(frozen=True)
class Tool:
    """A program of others that looks at files, for instance a linter. A pack names it; idiolect runs it, under bubblewrap or not at all."""

    name: str
    command: tuple[str, ...]
    """Its words: `("rubocop", "--format", "json", ".")`. The files stand in its working folder, under their paths."""
    files: tuple[str, ...]
    """Globs of the paths that it is given, spelled as those of a Language."""
    parse: Callable[[int, bytes], Iterable[tuple[str, Finding]]]
    """Its exit code and output as findings, each with the path of its file; a ValueError where it did not do its work."""
    brings: tuple[File, ...] = ()
    """Files of the pack's own that stand beside them, for instance settings; they replace files of the same path."""
    folders: tuple[str, ...] = ()
    """Where it is installed, if that is not below /usr: it sees these folders too."""


@dataclass(frozen=True)
class Pack:
    """What a domain adds. Every function is pure: no network, no clock, no randomness."""

    name: str
    description: str = ""
    languages: tuple[Language, ...] = ()
    """Languages that it brings; they go before grammars of the same name."""
    label: Labeller | None = None
    """Labels put on every Sample of a Document."""
    vocabulary: tuple[Label, ...] = ()
    """Labels by their signs, as `[[label]]` of a recipe has them."""
    makers: tuple[Maker, ...] = ()
    filters: tuple[Filter, ...] = ()
    checks: tuple[Check | Tool, ...] = ()
    """What grades an answer; a tool's verdict is that of its findings in the lines of the answer."""
    security: Tool | None = None
    """A linter whose findings in a source stand among the facts of its admission."""
    probes: tuple[Sample, ...] = ()
    """Samples with known answers."""


def installed() -> list[str]:
    """Names of the packs that are installed."""
    return sorted(point.name for point in importlib.metadata.entry_points(group=GROUP))


def load(name: str, folder: Path) -> Pack:
    """The pack of that name; a name that begins with `.` or `/` is a folder, relative to `folder`."""
    if name.startswith((".", "/")):
        return _from_folder(real(folder / name))
    points = [point for point in importlib.metadata.entry_points(group=GROUP) if point.name == name]
    if not points:
        raise RecipeError(f"packs: no pack is called '{name}'", next=f"installed are: {', '.join(installed()) or 'none'}")
    return _checked(points[0].load(), name)


def brought(names: Iterable[str], folder: Path) -> list[Language]:
    """The languages that the packs of a recipe bring."""
    return [language for name in names for language in load(name, folder).languages]


def _from_folder(folder: Path) -> Pack:
    file = folder / "pack.py"
    if not file.is_file():
        raise RecipeError("packs: there is no pack.py in this folder", where=str(folder), next="write one that defines `pack = Pack(...)`")
    spec = importlib.util.spec_from_file_location(f"idiolect_pack_{folder.name}", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the pack is the team's own code: its faults are theirs to mend
        raise RecipeError(f"packs: pack.py fails: {type(error).__name__}: {error}", where=str(file), next="mend it") from error
    return _checked(getattr(module, "pack", None), str(file))


def _checked(pack: object, where: str) -> Pack:
    if not isinstance(pack, Pack):
        raise RecipeError("defines no `pack = Pack(...)`", where=where, next="see docs/packs.md")
    return pack
