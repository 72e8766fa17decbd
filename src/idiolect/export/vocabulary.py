"""The tokenizer of a Hugging Face folder as the metadata of a GGUF file.

Special tokens and the family's FIM markers are control tokens: llama.cpp never reads one out of content. The chat template is always
ours, from the one FIM and chat contract; a template of a downloaded model is a program, and is not copied.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, Keys, TokenType

from idiolect.errors import DataError
from idiolect.files import read_json
from idiolect.fim import Chat, Family, family_of

_QWEN2_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PRE_TOKENIZERS = {_QWEN2_SPLIT: "qwen2", _LLAMA3_SPLIT: "llama-bpe"}
"""Splitting expression of a tokenizer to llama.cpp's name of it."""


class Vocabulary:
    """Tokens, merges and special ids of a byte-level BPE tokenizer."""

    def __init__(self, base: Path, size: int) -> None:
        self._file = base / "tokenizer.json"
        if not self._file.is_file():
            raise DataError("there is no tokenizer.json here", where=str(base), next="name a folder of a Hugging Face model")
        self._data: dict[str, Any] = read_json(self._file)
        if self._data["model"].get("type") != "BPE":
            raise DataError("the tokenizer is not byte-level BPE", where=str(self._file), next="choose another base")
        self.ids: dict[str, int] = dict(self._data["model"]["vocab"])
        """Token to id, added tokens included."""
        self._added = {row["content"]: bool(row.get("special")) for row in self._data.get("added_tokens", [])}
        self.ids |= {row["content"]: row["id"] for row in self._data.get("added_tokens", [])}
        self.family: Family = family_of(self.ids)
        """The FIM and chat contract of this vocabulary."""
        if max(self.ids.values()) >= size:
            raise DataError(f"ids go beyond the model's {size} embeddings", where=str(self._file), next="use the model's own tokenizer")
        self.size = size
        """Rows of the embedding; ids that the tokenizer does not use are filled up."""

    @property
    def pre(self) -> str:
        """llama.cpp's name of the pre-tokeniser; an unknown one is a DataError."""
        parts = self._data.get("pre_tokenizer") or {}
        for part in parts.get("pretokenizers", [parts]):
            name = PRE_TOKENIZERS.get((part.get("pattern") or {}).get("Regex", ""))
            if name:
                return name
        known = ", ".join(PRE_TOKENIZERS.values())
        raise DataError("llama.cpp has no pre-tokeniser that splits as this tokenizer does", where=str(self._file), next=f"known: {known}")

    def tokens(self) -> tuple[list[str], list[TokenType]]:
        """Every id's text and type, in order."""
        texts = [f"[PAD{number}]" for number in range(self.size)]
        types = [TokenType.UNUSED] * self.size
        control = {*self.family.markers, *((self.family.chat.end,) if self.family.chat else ())}
        for text, number in self.ids.items():
            added = text in self._added
            texts[number] = text
            types[number] = TokenType.NORMAL if not added else TokenType.USER_DEFINED
            if added and (self._added[text] or text in control):
                types[number] = TokenType.CONTROL
        return texts, types

    def merges(self) -> list[str]:
        """Merge rules, each two tokens with a space between."""
        return [rule if isinstance(rule, str) else " ".join(rule) for rule in self._data["model"]["merges"]]

    def special_ids(self) -> dict[str, int]:
        """GGUF key to id, of every special token that the family has."""
        family = self.family
        texts = {
            Keys.Tokenizer.EOS_ID: family.end, Keys.Tokenizer.PAD_ID: family.end, Keys.Tokenizer.BOS_ID: family.bos or family.end,
            Keys.Tokenizer.EOT_ID: family.chat.end if family.chat else "",
            Keys.Tokenizer.FIM_PRE_ID: family.prefix, Keys.Tokenizer.FIM_SUF_ID: family.suffix, Keys.Tokenizer.FIM_MID_ID: family.middle,
            Keys.Tokenizer.FIM_PAD_ID: "<|fim_pad|>", Keys.Tokenizer.FIM_REP_ID: family.repo, Keys.Tokenizer.FIM_SEP_ID: family.file,
        }  # fmt: skip
        return {key: self.ids[text] for key, text in texts.items() if text in self.ids}

    def write(self, writer: GGUFWriter) -> None:
        """All of it into a GGUF file's metadata."""
        texts, types = self.tokens()
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(self.pre)
        writer.add_token_list(texts)
        writer.add_token_types(types)
        writer.add_token_merges(self.merges())
        for key, number in self.special_ids().items():
            writer.add_uint32(key, number)
        writer.add_add_bos_token(bool(self.family.bos))
        if self.family.chat:
            writer.add_chat_template(chat_template(self.family.chat))


def chat_template(chat: Chat) -> str:
    """The family's conversation format as a Jinja template."""
    before, _, after_role = chat.before.partition("{role}")
    turn = f"{_quoted(before)} + message['role'] + {_quoted(after_role)} + message['content'] + {_quoted(chat.after)}"
    start = f"{{{{ {_quoted(chat.bos)} }}}}" if chat.bos else ""
    opening = _quoted(before + "assistant" + after_role)
    turns = f"{{% for message in messages %}}{{{{ {turn} }}}}{{% endfor %}}"
    return f"{start}{turns}{{% if add_generation_prompt %}}{{{{ {opening} }}}}{{% endif %}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
