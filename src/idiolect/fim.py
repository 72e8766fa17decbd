"""The one fill-in-the-middle contract: which tokens each model family was trained with, and in which order.

Dataset, training, evaluation, Modelfile and server all read this table, so that they cannot disagree. A new family is a
new row. Sources: Qwen2.5-Coder technical report (arXiv 2409.12186) and repository; StarCoder2 (2402.19173); DeepSeek-Coder
(2401.14196); CodeGemma (2406.11409); the loader of llama.cpp for Granite. Code Llama and Codestral have no row: their suffix is
encoded without the space that SentencePiece puts before a text, which no other family asks for.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from idiolect.errors import DataError
from idiolect.types import Hole


@dataclass(frozen=True)
class Chat:
    """How a family writes a conversation: text around each turn, as special tokens and plain text."""

    before: str
    """Before a turn; `{role}` is replaced."""
    after: str
    """After a turn's content; its first special token ends the answer."""
    end: str
    """The token that ends an answer."""
    bos: str = ""
    """Token at the very start, where the family has one."""


@dataclass(frozen=True)
class Family:
    """The tokens of one model family. Each marker is exactly one id of its vocabulary."""

    name: str
    prefix: str
    suffix: str
    middle: str
    end: str
    """Ends raw text and a filled hole."""
    repo: str = ""
    """Before the name of a repository."""
    file: str = ""
    """Before the path of a file that stands around the hole."""
    bos: str = ""
    """Token at the very start of a FIM prompt, where the family has one."""
    chat: Chat | None = None
    path_within: bool = False
    """The path of the hole's own file stands after the prefix marker, not before it."""

    @property
    def markers(self) -> tuple[str, ...]:
        """Every special token that a rendered hole may contain, or that ends one."""
        return tuple(token for token in (self.prefix, self.suffix, self.middle, self.end, self.repo, self.file) if token)

    @property
    def stops(self) -> tuple[str, ...]:
        """Texts of the tokens at which generation ends: a model that writes a marker has left the hole."""
        ends = (self.chat.end,) if self.chat else ()
        return tuple(dict.fromkeys((self.end, *ends, *self.markers)))


class Part(NamedTuple):
    """A piece of what a model reads."""

    text: str
    special: bool = False
    """It is a special token, not content."""
    own: bool = False
    """It is content of the file that the hole stands in."""


_CHATML = Chat(before="<|im_start|>{role}\n", after="<|im_end|>\n", end="<|im_end|>")
_LLAMA3 = Chat(before="<|start_header_id|>{role}<|end_header_id|>\n\n", after="<|eot_id|>", end="<|eot_id|>", bos="<|begin_of_text|>")

FAMILIES = {
    family.name: family
    for family in (
        Family(
            "qwen2.5-coder", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>",
            repo="<|repo_name|>", file="<|file_sep|>", chat=_CHATML,
        ),
        Family(
            "starcoder2", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>", repo="<repo_name>", file="<file_sep>",
            path_within=True,
        ),
        Family("starcoder", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<|endoftext|>"),
        Family("santacoder", "<fim-prefix>", "<fim-suffix>", "<fim-middle>", "<|endoftext|>"),
        Family(
            "deepseek-coder", "<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>", "<｜end▁of▁sentence｜>",
            bos="<｜begin▁of▁sentence｜>",
        ),
        Family(
            "codegemma", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<eos>", file="<|file_separator|>", bos="<bos>",
        ),
        Family("granite", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|end_of_text|>"),
        Family("llama-3", "", "", "", "<|end_of_text|>", chat=_LLAMA3),
        Family("qwen2", "", "", "", "<|endoftext|>", chat=_CHATML),
    )
}  # fmt: skip


def family_of(vocabulary: Container[str]) -> Family:
    """The first family of which every marker stands in the vocabulary; none is a DataError."""
    for family in FAMILIES.values():
        extra = (family.bos, *((family.chat.end,) if family.chat else ()))
        if all(token in vocabulary for token in (*family.markers, *extra) if token):
            return family
    raise DataError(
        "the tokenizer has the marker tokens of no known family",
        next=f"known are {', '.join(FAMILIES)}; add a row to idiolect/fim.py",
    )


def has_holes(family: Family) -> bool:
    """Whether the family was trained to fill holes."""
    return bool(family.middle)


def parts(hole: Hole, family: Family) -> list[Part]:
    """A hole as text and special tokens in the family's order, up to where the answer begins.

    What was just typed stands after the middle marker (the order of EFIM, arXiv 2505.21889), so that prefix and suffix stay cached
    while somebody types.
    """
    if not has_holes(family):
        raise DataError(
            f"models of the family '{family.name}' were never trained to fill holes", next="choose a base with FIM tokens, or ask by chat"
        )
    before, within = _around(hole, family)
    cut = [
        Part(family.prefix, special=True),
        Part(within),
        Part(hole.prefix, own=True),
        Part(family.suffix, special=True),
        Part(hole.suffix, own=True),
        Part(family.middle, special=True),
        Part(hole.typed, own=True),
    ]
    return [part for part in (Part(family.bos, special=True), *before, *cut) if part.text]


def _around(hole: Hole, family: Family) -> tuple[list[Part], str]:
    """The files around a hole as the family was trained to see them: what stands before the prefix marker, and right after it.

    Each path stands after the family's separator, the hole's own last; a family without one reads them as one text, each file below a
    comment with its path (DeepSeek-Coder). Without files no path is shown, and never one that is not known.
    """
    if not hole.files:
        return [], ""
    if not family.file:
        return [], "".join(f"{comment(file.path)}\n{file.text}\n" for file in hole.files) + (f"{comment(hole.path)}\n" if hole.path else "")
    between = "" if family.path_within else "\n"
    separator = Part(family.file, special=True)
    before = [Part(family.repo, special=True), Part(f"repository{between}")] if family.repo else []
    for file in hole.files:
        before += [separator, Part(f"{file.path}\n{file.text}{between}")]
    own = f"{hole.path}\n" if hole.path else ""
    return ([*before, separator], own) if family.path_within else ([*before, separator, Part(own)], "")


_SLASHES = ("c", "cc", "cpp", "cs", "go", "h", "hpp", "java", "js", "jsx", "kt", "mjs", "php", "rs", "scala", "scss", "swift", "ts", "tsx")
_TAGS = ("erb", "htm", "html", "md", "svelte", "vue", "xml")


def comment(path: str) -> str:
    """A path as a comment of the language that its ending stands for; `#` where nobody can say."""
    ending = path.rpartition(".")[2].lower()
    if ending in _TAGS:
        return f"<!--{path}-->"
    return ("//" if ending in _SLASHES else "--" if ending == "sql" else "#") + path
