"""From a prompt to tokens, and from a lesson to tokens and loss weights: the same code for training, evaluation and serving.

Content is always encoded with special tokens off, so that text which looks like a control token stays text. Special tokens
are looked up one by one, and each must be a single id of the vocabulary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from tokenizers import Tokenizer

from idiolect import fim
from idiolect.errors import DataError
from idiolect.types import Hole, Message, Sample

_SPECIAL = re.compile(r"(<\|[a-z_]+\|>)")


@dataclass(frozen=True)
class Lesson:
    """A rendered sample: token ids, and as many loss weights; position i is weighted for being predicted."""

    ids: list[int]
    weights: list[float]
    start: int = 0
    """Index of the answer's first token."""


class Renderer:
    """One tokenizer together with its family's contract."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        # Content must never become control tokens: transformers#29279.
        tokenizer = _all_special(tokenizer)
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()
        self.tokenizer = tokenizer
        self.family = fim.family_of(tokenizer.get_vocab(with_added_tokens=True))

    @classmethod
    def load(cls, path: Path) -> Renderer:
        """Read `tokenizer.json`, or that file in a folder."""
        file = path / "tokenizer.json" if path.is_dir() else path
        if not file.is_file():
            raise DataError("there is no tokenizer.json here", where=str(path), next="name a folder of a Hugging Face model")
        try:
            read = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises nothing narrower
            raise DataError(f"not readable as a tokenizer ({error})", where=str(file), next="get the model anew") from error
        return cls(read)

    @cached_property
    def vocabulary(self) -> int:
        """How many ids the tokenizer knows, special ones included."""
        return self.tokenizer.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        """Content to ids; whatever looks like a special token is plain text."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: Sequence[int]) -> str:
        """Ids to text, special tokens left out."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=True)

    def special(self, token: str) -> int:
        """The id of a special token; not in the vocabulary is a DataError."""
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise DataError(f"the tokenizer has no token {token!r}")
        return found

    def stops(self) -> list[int]:
        """Ids at which generation ends."""
        return [self.special(token) for token in self.family.stops]

    def hole(self, hole: Hole) -> list[int]:
        """A hole as prompt ids, up to where the answer begins."""
        return self._join(fim.parts(hole, self.family)).ids

    def chat(self, messages: Sequence[Message]) -> list[int]:
        """A conversation as prompt ids, up to where the assistant's answer begins."""
        style = self._chat_style()
        parts = [fim.Part(style.bos, special=True)] if style.bos else []
        for message in messages:
            parts += [*_template(style.before, message.role), fim.Part(message.content), *_template(style.after)]
        return self._join([*parts, *_template(style.before, "assistant")]).ids

    def text(self, text: str) -> list[int]:
        """Raw text as prompt ids: the family's first token, where it has one, and the content."""
        bos = [self.special(self.family.bos)] if self.family.bos else []
        return [*bos, *self.encode(text)]

    def lesson(self, sample: Sample, *, whole: bool = False) -> Lesson:
        """A sample as ids and loss weights.

        Raw text: every token and the end. A hole: the answer and the end token; with `whole`, the rest of its file too, but no marker and
        no file around it. A conversation: the answer and the token that ends a turn. With `spans`, only the answer's tokens that touch one
        of them, and the end. Weights are 1 or 0: how often a sample is drawn is what its own weight says.
        """
        if sample.answer is None:
            raise DataError("a sample without an answer cannot be a lesson of this kind", where=sample.id)
        end = self.special(self.family.end)
        if sample.prompt is None:
            return self._answered(_unlearned(self.text("")), sample, end)
        if isinstance(sample.prompt, Hole):
            hole = self._join(fim.parts(sample.prompt, self.family))
            return self._answered(hole if whole else _unlearned(hole.ids), sample, end)
        return self._answered(_unlearned(self.chat(sample.prompt)), sample, self.special(self._chat_style().end))

    def _answered(self, prompt: Lesson, sample: Sample, end: int) -> Lesson:
        encoding = self.tokenizer.encode(sample.answer or "", add_special_tokens=False)
        weights = [1.0] * len(encoding.ids)
        if sample.spans:
            inside = _touched(sample.answer or "", encoding.offsets, sample.spans)
            weights = [weight if touched else 0.0 for weight, touched in zip(weights, inside, strict=True)]
        return Lesson([*prompt.ids, *encoding.ids, end], prompt.weights + weights + [1.0], len(prompt.ids))

    def _join(self, parts: Sequence[fim.Part]) -> Lesson:
        """Neighbouring pieces of content are encoded as one text, as a chat template would; weighted is what is a hole's own."""
        ids: list[int] = []
        weights: list[float] = []
        for special, run in groupby(parts, key=attrgetter("special")):
            pieces = list(run)
            if special:
                ids += [self.special(piece.text) for piece in pieces]
                weights += [0.0] * len(pieces)
            else:  # in a run, what is not its own stands first
                encoding = self.tokenizer.encode("".join(piece.text for piece in pieces), add_special_tokens=False)
                foreign = sum(len(piece.text) for piece in pieces if not piece.own)
                ids += encoding.ids
                weights += [float(start >= foreign) for start, _ in encoding.offsets]
        return Lesson(ids, weights)

    def _chat_style(self) -> fim.Chat:
        if self.family.chat is None:
            raise DataError(
                f"models of the family '{self.family.name}' hold no conversations", next="leave out chat kinds with `[[model]] kinds`"
            )
        return self.family.chat


def _all_special(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer with every added token marked special: some families leave their FIM markers unmarked, and text would become them."""
    if all(token.special for token in tokenizer.get_added_tokens_decoder().values()):
        return tokenizer
    values = json.loads(tokenizer.to_str())
    values["added_tokens"] = [{**token, "special": True} for token in values["added_tokens"]]
    return Tokenizer.from_str(json.dumps(values))


def _unlearned(ids: list[int]) -> Lesson:
    return Lesson(ids, [0.0] * len(ids))


def _template(text: str, role: str = "") -> list[fim.Part]:
    """Split a template at its special tokens."""
    pieces = _SPECIAL.split(text.replace("{role}", role))
    return [fim.Part(piece, special=bool(_SPECIAL.fullmatch(piece))) for piece in pieces if piece]


def _touched(answer: str, offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> list[bool]:
    """Which tokens, given by character offsets, touch one of the byte ranges."""
    ends = [0]
    for character in answer:
        ends.append(ends[-1] + len(character.encode()))
    return [any(ends[a] < stop and start < ends[b] for start, stop in spans) for a, b in offsets]
