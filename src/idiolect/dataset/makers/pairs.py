"""Which test tests which file: by path, by references, and how sure that is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeVar

from idiolect.dataset.makers.prose import words_of
from idiolect.syntax import Unit, has_grammar, units
from idiolect.types import Document

_TEST = re.compile(
    r"^(?:test[_-](?P<before>.+)|(?P<after>.+?)[_.-](?:test|spec|tests|specs|cy|e2e)|(?P<java>[A-Z]\w*?)(?:Tests?|IT|Spec)|Test(?P<java2>[A-Z]\w*))$"
)
_TEST_FOLDERS = frozenset({"test", "tests", "spec", "specs", "__tests__", "testing", "e2e", "cypress"})
_ROOTS = frozenset({*_TEST_FOLDERS, "src", "lib", "app", "main", "java", "pkg", "packages", "unit", "integration", "models", "units"})
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMON = re.compile(r"init|new|call|run|get|set|to_s|initialize|setup|main|update|create|show|index|name|id|value|self|test|__\w+|.{0,2}")
BY_NAME, BY_FOLDER = 0.4, 0.25
KEPT = 0.8
"""Pairs that are less sure are counted, not taught."""


@dataclass(frozen=True)
class Pair:
    """A test file and the file that it tests."""

    test: Document
    tested: Document
    confidence: float


class Names:
    """What a file defines and what it mentions."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.path = PurePosixPath(document.path)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier that stands in the file."""
        return frozenset(_WORD.findall(self.document.text))

    @cached_property
    def units(self) -> list[Unit]:
        """The units of the file."""
        return units(self.document.language, self.document.data)

    @cached_property
    def defined(self) -> frozenset[str]:
        """Names of its units that say something."""
        return frozenset(name for unit in self.units if telling(name := unit.name.rpartition(".")[2]))

    @cached_property
    def module(self) -> str:
        """The file as an import names it: the last folder and the stem, or the stem."""
        stem = self.path.stem
        return f"{self.path.parent.name}.{stem}" if self.path.parent.name and stem != "__init__" else self.path.parent.name or stem


def telling(name: str) -> bool:
    """Whether a name is one that few other files use too."""
    return not _COMMON.fullmatch(name)


def stem_tested(path: str) -> str | None:
    """The stem that a test's name points to; None where this is no test. `tests/client/test_auth.py` points to `auth`."""
    pure = PurePosixPath(path)
    stem = pure.name.split(".")[0] if pure.suffix in (".html", ".erb") else pure.stem
    match = _TEST.match(stem)
    found = next((group for group in match.groups() if group), None) if match else None
    if found is None and "__tests__" in pure.parts:
        found = stem
    return found


def is_test(path: str) -> bool:
    """Whether this file is a test or stands among tests."""
    return stem_tested(path) is not None or bool(_TEST_FOLDERS & set(PurePosixPath(path).parts[:-1]))


Doc = TypeVar("Doc", bound=Document)


def groups(documents: Sequence[Doc]) -> list[list[Doc]]:
    """Each test file of one source with the files that it may test by their paths; the rest of the verdict needs the texts."""
    tested: dict[tuple[str, str], list[Doc]] = defaultdict(list)
    for document in documents:
        if not is_test(document.path):
            tested[_family(document.language), _key(PurePosixPath(document.path).stem)].append(document)
    found = []
    for document in documents:
        if stem_tested(document.path) is not None and has_grammar(document.language):
            family = _family(document.language)
            found.append([document, *(other for key, _ in _pointers(document.path) for other in tested.get((family, key), []))])
    return found


def pairs(documents: Sequence[Document]) -> tuple[list[Pair], list[tuple[Document, str]]]:
    """The test files of one source with what they test, and those that stay alone, each with the reason."""
    names = {document.path: Names(document) for document in documents}
    found: list[Pair] = []
    alone: list[tuple[Document, str]] = []
    for test, *others in groups(documents):
        pair = _best(names[test.path], [names[other.path] for other in others])
        if pair is None:
            alone.append((test, "no file of that name"))
        elif pair.confidence < KEPT:
            alone.append((test, "pair not sure enough"))
        else:
            found.append(pair)
    return found, alone


def _family(language: str) -> str:
    return {"typescript": "javascript", "tsx": "javascript", "jsx": "javascript"}.get(language, language)


def _key(stem: str) -> str:
    """A stem without case, marks and word borders: `_HTTPClient` and `http_client` are one."""
    return "".join(words_of(stem)) or stem


def _pointers(path: str) -> list[tuple[str, float]]:
    """Stems that a test's path points to, with what each is worth: its name; its folder, or the last word of its name."""
    stem, folder = stem_tested(path) or "", PurePosixPath(path).parent.name
    last = words_of(stem)[-1:]
    weaker = [_key(name) for name in (folder, *last) if name and name not in _ROOTS]
    return [(_key(stem), BY_NAME), *((key, BY_FOLDER) for key in dict.fromkeys(weaker) if key != _key(stem))]


def _best(test: Names, candidates: Sequence[Names]) -> Pair | None:
    """The surest pair; rivals are candidates that the test's path points to by the same stem."""
    worth = dict(_pointers(test.document.path))
    stems = [_key(other.path.stem) for other in candidates]
    scored = [
        Pair(test.document, other.document, round(min(1.0, worth[stem] + _confirmed(test, other, stems.count(stem))), 2))
        for other, stem in zip(candidates, stems, strict=True)
    ]
    return max(scored, key=lambda pair: (pair.confidence, pair.tested.path), default=None)


def _confirmed(test: Names, tested: Names, rivals: int) -> float:
    """0.15 each for being the only one of its name and for a folder in common, and for each of up to three references."""
    references = len(tested.defined & test.words) + 2 * _imports(test.document.text, tested.module)
    return 0.15 * (rivals == 1) + 0.15 * _mirrored(test.path, tested.path) + 0.15 * min(3, references)


def _mirrored(test: PurePosixPath, tested: PurePosixPath) -> bool:
    """Whether the folders agree: beside each other, or the same below `tests` and `src`."""
    ours, theirs = (tuple(part for part in path.parts[:-1] if part not in _ROOTS) for path in (test, tested))
    return test.parent == tested.parent or (ours == theirs and bool(ours)) or bool(set(ours) & set(theirs))


def _imports(text: str, module: str) -> bool:
    """Whether a line of the test imports the module by its dotted or slashed name."""
    folder, _, stem = module.rpartition(".")
    spelled = rf"{re.escape(folder)}[./]{re.escape(stem)}" if folder else re.escape(stem)
    named = rf"^[^\S\n]*+(?:import|from|require\w*|const|use)\b.*\b{spelled}\b"
    taken = rf"^[^\S\n]*+from\s+{re.escape(folder or stem)}\s+import\s+.*\b{re.escape(stem)}\b"
    return bool(re.search(f"{named}|{taken}", text, re.MULTILINE))
