"""Which files of a source stand around a file: those that it depends on, in the order of their own dependence.

Pointers (`pointers`) are looked for among the paths of the source. Dependencies come before what depends on them, as in the
repository contexts of DeepSeek-Coder (arXiv 2401.14196) and Granite (2405.04324): again and again the file with the fewest
dependencies left is taken, which breaks cycles where they are weakest. Files of the same folder stand in where nothing is found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from idiolect.dataset.makers.pointers import NO_LINKS, READERS, Links
from idiolect.types import Document

MOST = 5
"""Files around one: a group is made anew when any of its files has changed."""
SIBLINGS = 2
_FAMILIES = {"typescript": "javascript", "tsx": "javascript", "vue": "javascript", "html+erb": "ruby", "c++": "c"}
_RIVALS, _CROWD = 2, 64
_ROOTS = frozenset({"src", "lib", "app", "python", "include", "java", "kotlin", "concerns"})
_INDEXES = frozenset({"__init__", "index", "mod"})
_DOUBLE = frozenset({".erb", ".html"})
_MANIFESTS = frozenset({".gemspec", ".podspec"})
Parts = tuple[str, ...]

Doc = TypeVar("Doc", bound=Document)


def around(documents: Sequence[Doc], links: Mapping[str, Links]) -> list[list[Doc]]:
    """Each file of one source that has links, and after it at most `MOST` that stand around it, the most distant first.

    `links` are those of each path.
    """
    places = Places(documents, links)
    found = {one.path: places.found(one) for one in documents}
    uses = {path: frozenset(other.path for other in others) for path, others in found.items()}
    groups = []
    for one in documents:
        if one.language in READERS and one.path in links:
            near = found[one.path][:MOST] or places.siblings(one)
            groups.append([one, *_ordered(near, uses)])
    return groups


class Places(Generic[Doc]):
    """The files of a source by what a pointer may call them."""

    def __init__(self, documents: Sequence[Doc], links: Mapping[str, Links]) -> None:
        self.links = links
        self.definers: dict[tuple[str, str], list[Doc]] = defaultdict(list)
        self.by_path: dict[tuple[str, Parts], Doc] = {}
        self.by_name: dict[tuple[str, Parts], list[tuple[Parts, Doc]]] = defaultdict(list)
        self.passed: dict[str, list[Doc]] = {}
        self.folders: dict[tuple[str, str], list[Doc]] = defaultdict(list)
        for one in sorted(documents, key=lambda one: one.path):
            if one.language in READERS and PurePosixPath(one.path).suffix not in _MANIFESTS:
                family, parts = _family(one), _called(one.path)
                self.by_path.setdefault((family, parts), one)
                for last in {parts[-1:], parts[-2:]}:
                    self.by_name[family, last].append((parts, one))
                self.folders[one.language, str(PurePosixPath(one.path).parent)].append(one)
                for name in links.get(one.path, NO_LINKS).defines:
                    self.definers[family, name].append(one)

    def found(self, document: Doc) -> list[Doc]:
        """The files that the pointers of a document lead to, in their order; a file that only passes things on is not one of them."""
        found: dict[str, Doc] = {}
        for one in self._led(document):
            passed = self._passed_on(one)
            if len(passed) == 1 and passed[0].path != document.path:
                found.setdefault(passed[0].path, passed[0])
        return list(found.values())

    def _led(self, document: Doc) -> Iterator[Doc]:
        for pointer in self.links.get(document.path, NO_LINKS).points:
            look = {".": self._near, "=": self._defining}.get(pointer[:1], self._anywhere)
            if (one := look(document, pointer)) is not None and one.path != document.path:
                yield one

    def _passed_on(self, document: Doc) -> list[Doc]:
        """The file itself, or, of an index that defines nothing, those that it points to."""
        if PurePosixPath(document.path).stem not in _INDEXES or self.links.get(document.path, NO_LINKS).defines:
            return [document]
        if document.path not in self.passed:
            self.passed[document.path] = list({other.path: other for other in self._led(document)}.values())
        return self.passed[document.path]

    def _defining(self, document: Doc, pointer: str) -> Doc | None:
        """The file that defines a name; of two the nearest, of more nobody can say."""
        found = self.definers.get((_family(document), pointer[1:]), [])
        return max(found, key=lambda one: (_shared(_folder(one), _folder(document)), one.path)) if 0 < len(found) <= _RIVALS else None

    def siblings(self, document: Doc) -> list[Doc]:
        """Those before it in its folder, of its language, else those after it.

        Not those that changed last: each commit would change what stands around all the others.
        """
        folder = self.folders[document.language, str(PurePosixPath(document.path).parent)]
        at = bisect_left(folder, document.path, key=lambda one: one.path)
        after = at + (at < len(folder) and folder[at].path == document.path)
        return [*reversed(folder[max(0, at - SIBLINGS) : at]), *folder[after : after + SIBLINGS]][:SIBLINGS]

    def _near(self, document: Doc, pointer: str) -> Doc | None:
        parts = list(_folder(document))
        for part in pointer.split("/"):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in (".", ""):
                parts.append(part)
        wanted = tuple(map(_plain, parts))
        found = self.by_path.get((_family(document), wanted))
        return found or (self.by_path.get((_family(document), wanted[:-1])) if wanted else None)

    def _anywhere(self, document: Doc, pointer: str) -> Doc | None:
        """The file whose path ends like the pointer, or like it without its last part; of several the nearest, of a crowd none."""
        parts = tuple(map(_plain, pointer.split("/")))
        here = _folder(document)
        for wanted in (parts, parts[:-1]):
            named = self.by_name.get((_family(document), wanted[-2:]), [])
            ending = [(path, one) for path, one in (named if len(named) <= _CROWD else ()) if _ends(path, wanted)]
            likely = [(path, one) for path, one in ending if len(wanted) > 1 or _begins(one, here)]
            if likely:
                return max(likely, key=lambda pair: (_shared(_folder(pair[1]), here), -len(pair[0]), pair[1].path))[1]
        return None


def _folder(document: Document) -> Parts:
    return tuple(document.path.split("/")[:-1])


def _family(document: Document) -> str:
    return _FAMILIES.get(document.language, document.language)


def _called(path: str) -> Parts:
    """A path as a pointer calls it: without endings, case and marks, a folder's index as the folder."""
    pure = PurePosixPath(path)
    stem = pure.name.split(".")[0] if pure.suffix in _DOUBLE else pure.stem
    return tuple(map(_plain, pure.parent.parts if stem in _INDEXES else (*pure.parent.parts, stem)))


def _plain(part: str) -> str:
    return part.lower().replace("_", "").replace("-", "") or part


def _ends(path: Parts, wanted: Parts) -> bool:
    return path[-len(wanted) :] == wanted


def _begins(found: Document, here: Sequence[str]) -> bool:
    """Whether a name of one part may lead there: from the top, a folder that code begins in, or one around the file that points."""
    folder = _folder(found)
    if PurePosixPath(found.path).stem in _INDEXES:
        folder = folder[:-1]
    return not folder or folder[-1] in _ROOTS or folder[-2:-1] == ("app",) or tuple(here[: len(folder)]) == folder


def _shared(folder: Sequence[str], here: Sequence[str]) -> int:
    """Folders that two paths begin with alike."""
    return next((at for at, (one, other) in enumerate(zip(folder, here, strict=False)) if one != other), min(len(folder), len(here)))


def _ordered(near: Sequence[Doc], uses: Mapping[str, frozenset[str]]) -> list[Doc]:
    """What others depend on first; among equals the least wanted first, so that the most wanted stands next to the hole."""
    left = list(reversed(near))
    ordered: list[Doc] = []
    while left:
        paths = {one.path for one in left}
        ordered.append(min(left, key=lambda one: len(uses[one.path] & paths - {one.path})))
        left.remove(ordered[-1])
    return ordered
