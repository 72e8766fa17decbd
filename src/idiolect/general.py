"""General code: other people's code that the seedling never saw, for replay in training and for measuring what was forgotten.

A committed list (`data/general.toml`) names modules of the standard libraries in two halves, `replay` and `probe`; the files are
read where they are installed. Their digest stands in every Run that read them, and Runs with other digests are not compared.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from idiolect.errors import RecipeError
from idiolect.files import digest_json, real
from idiolect.recipe import Recipe
from idiolect.syntax import units
from idiolect.types import Hole, Kind, Sample, Span

Half = Literal["replay", "probe"]
_EXTENSIONS = {".py": "python", ".rb": "ruby", ".js": "javascript", ".ts": "typescript", ".java": "java", ".go": "go", ".c": "c"}
_MOST_BYTES = 60_000
"""Of one file; more would let a few long modules stand for all."""


@dataclass(frozen=True)
class GeneralFile:
    """One file of general code."""

    path: str
    """A label: the name in the list, or the path below `[general] paths`."""
    language: str
    text: str


def general_files(recipe: Recipe, half: Half) -> list[GeneralFile]:
    """The files of one half, by path; a listed module that is not installed here is left out, which the digest shows."""
    listed = [GeneralFile(label, language, _read(path)) for label, language, path in _listed(half)]
    return [one for one in (*listed, *_own(recipe, half)) if one.text]


def digest(recipe: Recipe) -> str:
    """Names and contents of both halves."""
    halves: tuple[Half, Half] = ("replay", "probe")
    return digest_json([[one.path, one.text] for half in halves for one in general_files(recipe, half)])


def replay(recipe: Recipe) -> list[Sample]:
    """Raw lessons of general code, one per file."""
    return [_sample(one, answer=one.text, prompt=None, start=0) for one in general_files(recipe, "replay")]


def probes(recipe: Recipe) -> list[Sample]:
    """Holes in general code: of each file the statements of its functions, at most four, chosen by hash."""
    return [probe for one in general_files(recipe, "probe") for probe in _holes(one)]


def _holes(one: GeneralFile) -> Iterator[Sample]:
    data = one.text.encode()
    found = []
    for unit in units(one.language, data):
        if unit.body_start is not None and unit.body_end is not None:
            start, end = _middle_lines(data, unit.body_start, unit.body_end)
            if end - start >= 20:
                found.append((hashlib.sha256(data[start:end]).hexdigest(), start, end))
    for _, start, end in sorted(found)[:4]:
        prefix, middle, suffix = (part.decode(errors="strict") for part in (data[:start], data[start:end], data[end:]))
        yield _sample(one, answer=middle, prompt=Hole(path=one.path, prefix=prefix, suffix=suffix), start=start)


def _middle_lines(data: bytes, start: int, end: int) -> tuple[int, int]:
    """One to three whole lines in the middle of a body, as byte offsets without the first line's indentation."""
    lines, at = [], start
    for line in data[start:end].splitlines(keepends=True):
        if line.strip():
            lines.append((at + len(line) - len(line.lstrip()), at + len(line.rstrip())))
        at += len(line)
    if not lines:
        return start, start
    first = len(lines) // 2
    last = min(first + len(lines) % 3, len(lines) - 1)
    return lines[first][0], lines[last][1]


def _sample(one: GeneralFile, *, answer: str, prompt: Hole | None, start: int) -> Sample:
    origin = Span(source="general", commit="", path=one.path, start=start, end=start + len(answer.encode()), time=0)
    kind: Kind = "raw" if prompt is None else "fim"
    return Sample(kind=kind, maker="general", prompt=prompt, answer=answer, labels={"language": (one.language,)}, origins=(origin,))


def _own(recipe: Recipe, half: Half) -> Iterator[GeneralFile]:
    for folder in recipe.general.paths:
        root = real(recipe.folder / folder)
        if not root.is_dir():
            raise RecipeError("general.paths: there is no folder here", where=str(root), next="correct the path")
        for path in sorted(root.rglob("*")):
            label = path.relative_to(root).as_posix()
            is_probe = hashlib.sha256(label.encode()).digest()[0] % 2 == 1
            if path.suffix in _EXTENSIONS and path.is_file() and is_probe == (half == "probe"):
                yield GeneralFile(label, _EXTENSIONS[path.suffix], _read(path))


def _listed(half: Half) -> list[tuple[str, str, Path]]:
    """Label, language and place of each listed file that is installed."""
    lists = tomllib.loads((files("idiolect") / "data" / "general.toml").read_text(encoding="utf-8"))
    found = []
    for language, root in (("python", Path(sysconfig.get_paths()["stdlib"])), ("ruby", _ruby_library())):
        for name in lists.get(language, {}).get(half, []):
            if root and (root / name).is_file():
                found.append((name, language, root / name))
    return sorted(found)


@lru_cache(maxsize=1)
def _ruby_library() -> Path | None:
    """Where Ruby's own library lies, if Ruby is installed."""
    if not shutil.which("ruby"):
        return None
    answer = subprocess.run(["ruby", "-e", 'print RbConfig::CONFIG["rubylibdir"]'], capture_output=True, text=True, timeout=20, check=False)
    return Path(answer.stdout) if answer.returncode == 0 and answer.stdout else None


def _read(path: Path) -> str:
    """The first part of a file, whole lines, or nothing where it is no UTF-8."""
    try:
        text = path.read_bytes()[:_MOST_BYTES].decode("utf-8", errors="ignore")
    except OSError:
        return ""
    return text[: text.rfind("\n") + 1]
