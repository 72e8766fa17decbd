"""What a file gives to learn from: a pure function of its path, its bytes and what the tree states of it."""

from __future__ import annotations

from typing import NamedTuple

from idiolect.sources import gates, headers, hidden, languages, licences, webpages
from idiolect.sources.rules import Rules


class Stated(NamedTuple):
    """What the tree says of a file before it is read."""

    language: str
    """By its attributes; empty: what its name or first line says."""
    by_hand: bool
    """The attributes say that it is not generated."""
    documentation: bool | None
    licence: str
    """Of its folder or the source; a header in the file counts more."""


class Content(NamedTuple):
    """What a file gives to learn from."""

    language: str
    data: bytes
    licence: str
    pieces: tuple[headers.Piece, ...]
    """As `Document.pieces`."""
    flags: tuple[str, ...]


def stated(told: Rules, path: str) -> Stated:
    """What the tree says of the file at a path."""
    said = told.attributes.of(path)
    return Stated(told.stated_language(path), said.generated is False, said.documentation, told.licences.of(path))


def content(path: str, data: bytes, said: Stated) -> Content | str:
    """What a file gives to learn from, without its copyright header, a page of documentation as Markdown; or why it gives nothing.

    Pure: path, bytes and what is stated decide it.
    """
    known = said.language or languages.language(path, data)
    if known == "html" and webpages.is_documentation(path, data, said.documentation):
        text, pieces = webpages.markdown(data)
        reason = gates.refusal("html", data, by_hand=True) if b"\0" in data or not data.strip() else ""
        known, reason = "markdown", reason or gates.refusal("markdown", text, by_hand=True)
    else:
        reason = gates.refusal(known, data, by_hand=said.by_hand)
        text, pieces = (data, ()) if reason else headers.stripped(data, known)
    if not reason and not text.strip():
        reason = "empty"
    return reason or Content(known, text, licences.header(data) or said.licence, pieces, hidden.flags(text))
