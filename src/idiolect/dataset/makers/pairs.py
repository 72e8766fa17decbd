"""Which test tests which file: by path, references, calls (methods2test) and history, and how sure that is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from idiolect.dataset.makers.prose import words_of
from idiolect.sources.testpaths import FOLDERS, is_test, stem_tested
from idiolect.syntax import Unit, has_grammar, units
from idiolect.types import Change, Document

_CODE_FOLDERS = frozenset({"app", "lib", "src"})
_ROOTS = frozenset({*FOLDERS, "src", "lib", "app", "main", "java", "pkg", "packages", "unit", "integration", "models", "units"})
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMON = re.compile(r"init|new|call|run|get|set|to_s|initialize|setup|main|update|create|show|index|name|id|value|self|test|__\w+|.{0,2}")
_CALLED = re.compile(r"(?:[.#]|&\.|(?<![:\w]):)([A-Za-z_]\w*[?!]?)|(?<![\w.])([A-Za-z_]\w*[?!]?)\(")
"""A method as tests name it: `.name`, `#name`, `:name`, `name(`."""
BY_NAME, BY_FOLDER, BY_HISTORY = 0.4, 0.25, 0.25
"""What a path is worth that points to a file by its name, or by its folder or last word; and what it is worth that both change together."""
EACH = 0.15
"""What every other sign adds."""
MOST_TOGETHER = 10
"""Files of a commit beyond which it says nothing of who belongs to whom."""
OFTEN, SHARE = 3, 0.5
"""A file and a test change together where so many commits touch both, and so many of those that touch the file."""
MOST_BY_HISTORY = 3
SHORTEST = 3
"""Letters of an abbreviation."""
KEPT = 0.8
"""Pairs that are less sure are counted, not taught."""


@dataclass(frozen=True)
class Pair:
    """A test file and the file that it tests."""

    test: Document
    tested: Document
    confidence: float


class Together:
    """How often files changed in one commit, over the history that is told."""

    def __init__(self, commits: Iterable[Collection[str]]) -> None:
        """`commits` are the paths that each touched, by the names of today."""
        self.alone: Counter[str] = Counter()
        self.joint: dict[str, Counter[str]] = defaultdict(Counter)
        for paths in commits:
            if len(paths) <= MOST_TOGETHER:
                self.alone.update(paths)
                for test in filter(is_test, paths):
                    self.joint[test].update(path for path in paths if not is_test(path))

    def share(self, test: str, tested: str) -> float:
        """Of the commits that touched the tested file the share that touched the test too; 0 where they are few."""
        joint = self.joint[test][tested] if test in self.joint else 0
        return joint / self.alone[tested] if joint >= OFTEN else 0.0

    def partners(self, test: str) -> list[str]:
        """The files that change with a test, those first that do so most."""
        shares = [(self.share(test, path), path) for path in self.joint.get(test, ())]
        return [path for share, path in sorted(shares, key=lambda one: (-one[0], one[1])) if share >= SHARE][:MOST_BY_HISTORY]


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
    def methods(self) -> frozenset[str]:
        """Names of its functions and methods that say something."""
        found = (unit.name.rpartition(".")[2] for unit in self.units if unit.kind in ("function", "method"))
        return frozenset(name for name in found if telling(name))

    @cached_property
    def called(self) -> frozenset[str]:
        """Names that the file calls."""
        return frozenset(called(self.document.text))

    @cached_property
    def module(self) -> str:
        """The file as an import names it: the last folder and the stem, or the stem."""
        stem = self.path.stem
        return f"{self.path.parent.name}.{stem}" if self.path.parent.name and stem != "__init__" else self.path.parent.name or stem


def called(text: str) -> Counter[str]:
    """How often each name is called in a text, or named as a method."""
    return Counter(match[1] or match[2] for match in _CALLED.finditer(text))


def telling(name: str) -> bool:
    """Whether a name is one that few other files use too."""
    return not _COMMON.fullmatch(name)


class Group(NamedTuple):
    """Paths of a test and of the files that it may test."""

    test: str
    tested: tuple[str, ...]


def groups(documents: Sequence[Document], together: Together) -> list[Group]:
    """Each test file of one source with the files that it may test by its path or by history; the rest of the verdict needs the texts."""
    tested: dict[tuple[str, str], list[str]] = defaultdict(list)
    begun: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    families = {document.path: _family(document.language) for document in documents}
    for path, family in families.items():
        if not is_test(path):
            key = _key(PurePosixPath(path).stem)
            tested[family, key].append(path)
            begun[family][key[:SHORTEST]].append(path)
    own = {_package(path) for path in families if is_test(path)}
    found = []
    for document in documents:
        path, family = document.path, families[document.path]
        if has_grammar(document.language) and is_test(path):
            ours = [other for key, _ in _pointers(path) for other in tested.get((family, key), [])] if stem_tested(path) else []
            ours = ours or _abbreviated(path, begun[family])
            history = [other for other in together.partners(path) if families.get(other) == family]
            if stem_tested(path) or history:
                others = [other for other in (*ours, *history) if _package(other) == _package(path) or _package(other) not in own]
                found.append(Group(path, tuple(dict.fromkeys(others))))
    return found


def _package(path: str) -> tuple[str, ...]:
    """The folder of a repository of many packages that a path stands in, each with its tests: `extra` of `extra/lib/a.rb`; else nothing."""
    parts = PurePosixPath(path).parts[:-1]
    return next((parts[:place] for place, part in enumerate(parts) if part in FOLDERS or part in _CODE_FOLDERS), ())


def paired(material: Iterable[Document | Change]) -> Iterator[tuple[list[Pair], list[tuple[Document, str]]]]:
    """The `pairs` of each source that may be learned from."""
    sources: dict[str, list[Document | Change]] = defaultdict(list)
    for one in material:
        if one.role != "legacy":
            sources[one.source].append(one)
    yield from (pairs(held) for held in sources.values())


def pairs(material: Sequence[Document | Change]) -> tuple[list[Pair], list[tuple[Document, str]]]:
    """The test files of one source with what they test, and those that stay alone, each with the reason.

    Of Changes only the paths count: which files were touched together.
    """
    documents = [one for one in material if isinstance(one, Document)]
    together = Together([edit.path for edit in one.edits] for one in material if isinstance(one, Change))
    names = {document.path: Names(document) for document in documents}
    found: list[Pair] = []
    alone: list[tuple[Document, str]] = []
    for test, others in groups(documents, together):
        pair = _best(names[test], [names[other] for other in others], together)
        if pair is None:
            alone.append((names[test].document, "no file of that name"))
        elif pair.confidence < KEPT:
            alone.append((names[test].document, "pair not sure enough"))
        else:
            found.append(pair)
    return found, alone


def points(test: str, tested: str) -> bool:
    """Whether the path of a test points to that of another file by its name."""
    stem = stem_tested(test)
    return stem is not None and not is_test(tested) and _key(stem) == _key(PurePosixPath(tested).stem)


def _family(language: str) -> str:
    return {"typescript": "javascript", "tsx": "javascript"}.get(language, language)


def _key(stem: str) -> str:
    """A stem without case, marks and word borders: `_HTTPClient` and `http_client` are one."""
    return "".join(words_of(stem)) or stem


def _pointers(path: str) -> list[tuple[str, float]]:
    """Stems that a test's path points to, with what each is worth: its name; its folder, or the last word of its name."""
    stem, folder = stem_tested(path) or "", PurePosixPath(path).parent.name
    last = words_of(stem)[-1:]
    weaker = [_key(name) for name in (folder, *last) if name and name not in _ROOTS]
    return [(_key(stem), BY_NAME), *((key, BY_FOLDER) for key in dict.fromkeys(weaker) if key != _key(stem))]


def _abbreviated(path: str, begun: Mapping[str, list[str]]) -> list[str]:
    """The files whose name the first part of a test's name abbreviates: `test/res.send.js` is of what `response.js` calls `res.send`."""
    head, dot, _ = (stem_tested(path) or "").partition(".")
    found = begun.get(_key(head)[:SHORTEST], []) if dot and len(_key(head)) >= SHORTEST else []
    ours = [other for other in found if _key(PurePosixPath(other).stem).startswith(_key(head))]
    return ours if len(ours) <= MOST_BY_HISTORY else []


def _best(test: Names, candidates: Sequence[Names], together: Together) -> Pair | None:
    """The surest pair; rivals are candidates that the test's path points to by the same stem."""
    worth = dict(_pointers(test.document.path)) if stem_tested(test.document.path) else {}
    stems = [_key(other.path.stem) for other in candidates]
    calls = [len(other.methods & test.called) for other in candidates]
    scored = []
    for other, stem, own in zip(candidates, stems, calls, strict=True):
        signs = _signs(test, other, stems.count(stem)) + (own == sum(calls) > 0)
        signs += together.share(test.document.path, other.document.path) >= SHARE
        scored.append(Pair(test.document, other.document, round(min(1.0, worth.get(stem, BY_HISTORY) + EACH * signs), 2)))
    return max(scored, key=lambda pair: (pair.confidence, pair.tested.path), default=None)


def _signs(test: Names, tested: Names, rivals: int) -> int:
    """One for being the only one of its name, one for a folder in common, and one for each of up to three references.

    A test that imports the file, or is called as a unit of it is (`res.send.js`), refers to it twice.
    """
    called = stem_tested(test.document.path)
    references = len(tested.defined & test.words) + 2 * _imports(test.document.text, tested.module)
    references += 2 * any("." in unit.name and unit.name == called for unit in tested.units)
    return (rivals == 1) + _mirrored(test.path, tested.path) + min(3, references)


def _mirrored(test: PurePosixPath, tested: PurePosixPath) -> bool:
    """Whether the folders agree: beside each other, or the same below `tests` and `src`."""
    ours, theirs = (tuple(part for part in path.parts[:-1] if part not in _ROOTS or part == "models") for path in (test, tested))
    return test.parent == tested.parent or (ours == theirs and bool(ours)) or bool(set(ours) & set(theirs))


def _imports(text: str, module: str) -> bool:
    """Whether a line of the test imports the module by its dotted or slashed name."""
    folder, _, stem = module.rpartition(".")
    spelled = rf"{re.escape(folder)}[./]{re.escape(stem)}" if folder else re.escape(stem)
    named = rf"^[^\S\n]*+(?:import|from|require\w*|const|let|var|use)\b.*\b{spelled}\b"
    taken = rf"^[^\S\n]*+from\s+{re.escape(folder or stem)}\s+import\s+.*\b{re.escape(stem)}\b"
    return bool(re.search(f"{named}|{taken}", text, re.MULTILINE))
