"""What the tree at a commit says of its own files: attributes, licences, people; and with the recipe, which paths are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from idiolect.recipe import Source
from idiolect.sources import attributes, forgetting, generated, globs, languages, licences, messages, vendored
from idiolect.sources.attributes import Attributes
from idiolect.sources.forgetting import Forgotten
from idiolect.sources.gitread import Repository
from idiolect.sources.licences import Licences

MOST_TEXTS = 2_000
"""Licence texts of one tree that are looked at."""
FORGOTTEN = "forgotten"
"""Why a file or a commit is left out that `[dataset] without` names."""
_MAILMAP = ".mailmap"


class Rules:
    """The verdict on every path of one source, and what its files are."""

    def __init__(self, source: Source, said: Attributes, texts: Licences, people: dict[str, tuple[str, str]]) -> None:
        self.source = source
        self.attributes = said
        self.licences = texts
        self.people = people
        """Address of a commit, in lower case -> name and address that stand for it."""
        self.forgotten: Forgotten = forgetting.NOTHING
        self.lacking: tuple[str, ...] = ()
        """Attribute files, licence texts and the mailmap that could not be read, so that what they say is unknown."""
        self.refusal = lru_cache(maxsize=1_000_000)(self._refusal)
        self.may_learn = lru_cache(maxsize=10_000)(self._may_learn)

    def admits(self, path: str) -> bool:
        """Whether a file at this path would be read, as far as a path can tell."""
        return not self.refusal(path)

    def stated_language(self, path: str) -> str:
        """What the attributes call its language; empty where they do not."""
        stated = self.attributes.of(path).language
        return languages.named(stated) if stated else ""

    def language(self, path: str) -> str:
        """What the attributes call its language, else what its name says."""
        return self.stated_language(path) or languages.language(path)

    def _refusal(self, path: str) -> str:
        if path in self.forgotten.paths or globs.matches(path, self.forgotten.globs):
            return FORGOTTEN
        return refusal(self.source, path, self.attributes)

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """The licences that may be learned from; None: all, the owner's own code and what the owner vouches for."""
        if self.source.licences:
            return self.source.licences
        if self.source.role != "public":
            return None
        return (*sorted(licences.PERMISSIVE), *([self.source.licence] if self.source.licence else []))

    def _may_learn(self, licence: str) -> bool:
        """Whether text under this licence may become lessons."""
        return self.allowed is None or licences.allowed(licence, self.allowed)


def refusal(source: Source, path: str, said: Attributes = attributes.NONE) -> str:
    """Why a path is not read: bad-path, excluded, vendored, minified, generated, no-language; empty where it is.

    What `.gitattributes` states of a file counts more than what its path looks like.
    """
    if languages.bad_path(path):
        return "bad-path"
    if (source.include and not globs.matches(path, source.include)) or globs.matches(path, source.exclude):
        return "excluded"
    stated = said.of(path)
    if stated.vendored if stated.vendored is not None else vendored.vendored(path):
        return "vendored"
    if stated.generated:
        return "generated"
    if stated.generated is None and (reason := generated.by_path(path)):
        return reason
    return "" if stated.language or languages.language(path) else "no-language"


def of(source: Source, repository: Repository, at: str, without: Sequence[str] = ()) -> Rules:
    """The rules of the tree at a commit; attribute files, licence texts and the mailmap are read from it as bytes.

    `without` is the recipe's `[dataset] without`.
    """
    entries = [entry for entry in repository.tree(at) if entry.mode in ("100644", "100755", "100664")]
    wanted = [entry for entry in entries if entry.path.rpartition("/")[2] == attributes.FILE or entry.path == _MAILMAP]
    wanted += [entry for entry in entries if licences.is_text(entry.path)][:MOST_TEXTS]
    found = repository.blobs((entry.oid for entry in wanted), limit=attributes.MAX_BYTES)
    read = {entry.path: data for entry, (_, data) in zip(wanted, found, strict=True)}
    texts = {path: data for path, data in read.items() if data is not None}
    people = messages.mailmap(texts.pop(_MAILMAP, b""))
    stated = {path: texts.pop(path) for path in list(texts) if path.rpartition("/")[2] == attributes.FILE}
    told = Rules(source, Attributes(stated), Licences(source.licence, texts), people)
    told.forgotten = forgetting.forgotten(repository, without, people)
    told.lacking = tuple(path for path, data in read.items() if data is None)
    return told
