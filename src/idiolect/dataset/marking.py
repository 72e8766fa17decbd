"""The labels of every file and commit of a build, and of the lessons that are made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from idiolect.dataset import locks
from idiolect.dataset.labelling import Labels, Place, Vocabulary
from idiolect.dataset.locks import Versions
from idiolect.dataset.splits import Key
from idiolect.dataset.workshop import History, Workshop
from idiolect.sources.gitread import Repository
from idiolect.types import Dropped, Sample

if TYPE_CHECKING:
    from idiolect.dataset.lessons import Portion


@dataclass
class Book:
    """The labels of every file and commit of a build."""

    vocabulary: Vocabulary
    files: dict[Key, Labels] = field(default_factory=dict)
    """By source and path, as they stood at the cut."""
    commits: dict[tuple[str, str, str], Labels] = field(default_factory=dict)
    """By source, path and commit, as the commit left the file."""
    locks: list[str | Dropped] = field(default_factory=list)
    """Lock files that were read, and those that could not be."""

    def of(self, source: str, paths: Iterable[str], commit: str = "") -> dict[str, tuple[str, ...]]:
        """The labels of what is made of these files, as they stood at the cut or as a commit left them."""
        if commit:
            return self.vocabulary.united(self.commits.get((source, path, commit), {}) for path in paths)
        return self.vocabulary.united(self.files.get((source, path), {}) for path in paths)

    def marked(self, sample: Sample) -> Sample:
        """A lesson of a pack with the labels of its files."""
        source = sample.origins[0].source if sample.origins else ""
        labels = self.of(source, dict.fromkeys(one.path for one in sample.origins)) if self.vocabulary else {}
        return sample.model_copy(update={"labels": {**sample.labels, **labels}}) if labels else sample

    def metrics(self) -> dict[str, dict[str, int]]:
        """Of each name and value, how many files have it; `undecided` are those that could have one and have none."""
        found: dict[str, dict[str, int]] = {}
        for name, values in self.vocabulary.table().items():
            counts = Counter(value for one in self.files.values() for value in one.get(name, ()))
            left = sum(name not in one and self.vocabulary.may_have(name, path) for (_, path), one in self.files.items())
            found[name] = {value: counts[value] for value in values} | {"undecided": left}
        return found


def book(vocabulary: Vocabulary, portions: Iterable[Portion], workshop: Workshop, max_bytes: int) -> Book:
    """Decide the labels of all that lessons are made of; nothing is looked at where there is no vocabulary."""
    made = Book(vocabulary)
    known: dict[str, dict[str, Versions]] = {}
    for portion in portions if vocabulary else ():
        material = portion.material
        name, documents = material.source.name, portion.documents
        if vocabulary.locked and name not in known:
            known[name], read = lock_files(material.repository, material.cut.commit, name)
            made.locks += read
        stated = known.get(name, {})
        for one, found in zip(documents, workshop.signs(documents, vocabulary.asked), strict=True):
            place = Place(one.path, one.time, found, locks.nearest(one.path, stated))
            made.files[name, one.path] = vocabulary.decided(place)
        edited = [
            (one.change, side) for one in (*portion.changes, *portion.threads, *portion.branches) for side in one.plan.sides if side.new
        ]
        history = History(material.repository, material.told, max_bytes)
        signs = workshop.signs_of(history, [side for _, side in edited], vocabulary.asked)
        for (change, side), found in zip(edited, signs, strict=True):
            key = name, side.path, change.commit
            made.commits.pop(key, None)  # a file may come twice, last as the commit left it
            if labels := vocabulary.decided(Place(side.path, change.time, found)):
                made.commits[key] = labels
    return made


def lock_files(repository: Repository, at: str, source: str = "") -> tuple[dict[str, Versions], list[str | Dropped]]:
    """What the lock files of a tree state, by folder; and each one's path, or why nothing of it was read."""
    entries = [one for one in repository.tree(at) if PurePosixPath(one.path).name in locks.READERS]
    stated: dict[str, dict[str, str]] = {}
    read: list[str | Dropped] = []
    for one, (_, data) in zip(entries, repository.blobs((entry.oid for entry in entries), locks.MOST_BYTES), strict=True):
        folder = one.path.rpartition("/")[0]
        try:
            found = locks.versions(one.path, _there(data))
        except ValueError as error:
            read.append(Dropped(reason="damaged lock file", what=one.path, source=source, detail=str(error)[:200]))
            continue
        before = stated.setdefault(folder, {})
        before |= {library: version if before.get(library, version) == version else "" for library, version in found.items()}
        read.append(one.path)
    return {**stated}, read


def _there(data: bytes | None) -> bytes:
    if data is None:
        raise ValueError(f"missing, or more than {locks.MOST_BYTES:,} bytes")
    return data
