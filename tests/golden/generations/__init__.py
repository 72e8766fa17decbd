"""The same screens in three generations, and the migrations that they give, written down beside them.

`python -m tests.golden.generations` writes what is made now; the difference shows in review.
"""

from pathlib import Path
from typing import Any

from idiolect import recipe, syntax
from idiolect.dataset import generations, labelling
from idiolect.dataset.labelling import Place, Vocabulary
from idiolect.dataset.makers import links
from idiolect.dataset.marking import Book
from idiolect.types import Document, Dropped, Message, Sample
from tests.golden.generations.shop import LABELLED, NEW, OLD

FOLDER = Path(__file__).parent


class Names:
    """As much of a Workshop as is asked for."""

    def named(self, documents: list[Document]) -> list[list[str]]:
        return [links.names(one) for one in documents]


def documents() -> list[Document]:
    """The files of both repositories."""
    old = [Document("old", "legacy", "a" * 40, path, "python", text.encode(), 0) for path, text in OLD.items()]
    return [*old, *(Document("new", "team", "b" * 40, path, "python", text.encode(), 0) for path, text in NEW.items())]


def lessons(found: list[Document], labels: list[dict[str, Any]] = LABELLED) -> list[Sample | Dropped]:
    """What is made of some files."""
    vocabulary = Vocabulary(recipe.parse({"name": "shop", "label": labels}, folder=Path()).labels)
    book: Any = Book(vocabulary)
    with syntax.reading():
        for one in found:
            signs = frozenset(labelling.found(vocabulary.asked, one.language, one.data) or ())
            book.files[one.source, one.path] = vocabulary.decided(Place(one.path, one.time, signs))
        held: Any = found
        workshop: Any = Names()
        return generations.migrations(held, book, workshop)


def made() -> str:
    """All of it as text that can be read."""
    return "".join(map(_shown, lessons(documents())))


def _shown(one: Sample | Dropped) -> str:
    if isinstance(one, Dropped):
        return f"======== dropped {one.source}:{one.what}: {one.reason} {one.detail}".rstrip() + "\n"
    spans = " ".join(f"{span.source}:{span.path}:{span.start}-{span.end}" for span in one.origins)
    labels = " ".join(value for values in one.labels.values() for value in values)
    turns = "".join(f"[{turn.role}]\n{turn.content}\n" for turn in one.prompt or () if isinstance(turn, Message))
    return f"======== {one.kind} {one.maker} {labels} {one.confidence} of {spans}\n{turns}[answer]\n{one.answer}\n"
