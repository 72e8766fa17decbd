"""Documents whose bytes lie in the private cache: a build holds as many as a team has files, and the text of a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from idiolect.dataset.duplicates.dedupe import Print
from idiolect.types import Document, Replaced


class Place(NamedTuple):
    """Where a Document's bytes lie, and what is known of them without reading them."""

    key: str
    """Digest of path, bytes and all else that makers see."""
    read: Callable[[], bytes]
    size: int
    print: Print
    findings: tuple[str, ...] = ()
    """Rules of the scrubber that found something in the file."""


class Stored(Document):
    """A Document that reads its bytes each time it is asked for them."""

    place: Place

    def __init__(self, document: Document, place: Place, replaced: Iterable[Iterable[int]] = ()) -> None:
        fields = {name: value for name, value in vars(document).items() if name not in ("data", "text")}
        for name, value in {**fields, "place": place, "replaced": tuple(Replaced(*one) for one in replaced)}.items():
            object.__setattr__(self, name, value)

    @property
    def data(self) -> bytes:
        """The bytes, read now."""
        return self.place.read()

    @property
    def text(self) -> str:
        """The bytes as UTF-8."""
        return self.data.decode()

    @property
    def size(self) -> int:
        """Bytes."""
        return self.place.size
