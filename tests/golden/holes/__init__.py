"""A small repository of our own, and what the makers of holes and raw text make of it, written down beside it.

`python -m tests.golden.holes` writes what they make now; the difference shows in review.
"""

from collections.abc import Iterator
from pathlib import Path

from idiolect.dataset.makers import MAKERS, neighbours
from idiolect.dataset.makers.pointers import links
from idiolect.sources import languages
from idiolect.types import Document, Dropped, Hole, Sample

FOLDER = Path(__file__).parent
NAMES = ("fim", "near", "infill", "raw")


def documents() -> list[Document]:
    """The files of the repository, by path."""
    root = FOLDER / "files"
    found = sorted((path.relative_to(root).as_posix(), path.read_bytes()) for path in root.rglob("*") if path.is_file())
    return [Document("shop", "team", "c" * 40, path, languages.language(path, data), data, 0) for path, data in found]


def made(name: str) -> str:
    """All that a maker makes of the repository, as text that can be read."""
    return "".join(_shown(one) for group in _groups(name) for one in MAKERS[name](group))


def _groups(name: str) -> Iterator[list[Document]]:
    held = documents()
    if name == "near":
        yield from neighbours.around(held, {one.path: links(one) for one in held})
    else:
        yield from ([one] for one in held)


def _shown(one: Sample | Dropped) -> str:
    if isinstance(one, Dropped):
        return f"======== dropped {one.what}: {one.reason} {one.detail}".rstrip() + "\n"
    spans = " ".join(f"{span.path}:{span.start}-{span.end}" for span in one.origins)
    head = f"======== {one.kind} {one.maker} of {spans}\n"
    if isinstance(one.prompt, Hole):
        around = "".join(f"[{file.path}]\n{file.text}\n" for file in one.prompt.files)
        text = f"{around}[{one.prompt.path}]\n{one.prompt.prefix}⟦{one.prompt.typed}│{one.answer}⟧{one.prompt.suffix}\n"
    else:
        text = "".join(f"[{turn.role}]\n{turn.content}\n" for turn in one.prompt or ()) + f"[answer]\n{one.answer}\n"
    return head + text.replace("\r", "␍")
