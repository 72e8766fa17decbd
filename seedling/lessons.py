"""Documents to rows of token ids: plain text, fill-in-the-middle and chat, packed without padding.

About 45 % of the tokens are plain text, 45 % fill-in-the-middle in Qwen2.5-Coder's form (prefix, suffix, middle), 10 % ChatML.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from seedling.corpus import Document

Rows = npt.NDArray[np.uint16]
CHAT_SHARE, FIM_SHARE = 0.10, 0.45
CLOSE_SHARE = 0.6
"""Of the holes, those with only some lines around them."""
CHARACTERS = 3.6
"""Characters per token, about."""
DEF = re.compile(r"((?:^[ \t]*#.*\n)+)(^([ \t]*)def (\w+[?!]?).*\n(?:.*\n){0,40}?^\3end\b)", re.M)


def window(text: str, limit: int, rng: random.Random) -> str:
    """Return a stretch of whole lines of at most about `limit` characters."""
    if len(text) <= limit:
        return text
    start = rng.randrange(len(text) - limit // 2)
    start = text.rfind("\n", 0, start) + 1
    end = text.find("\n", start + limit)
    end = len(text) if end < 0 else end + 1
    return text[start : min(end, start + limit * 5 // 4)]


def cut(text: str, rng: random.Random) -> tuple[str, str, str]:
    """Return prefix, middle and suffix of a text, which joined give the text again.

    The shares follow how editors ask: half from within a line to its end, then whole lines, character spans, several lines, nothing.
    """
    lines = [m.span() for m in re.finditer(r"[^\n]+", text) if m.group().strip()]
    if not lines:
        return text, "", ""
    dice = rng.random()
    at = rng.randrange(len(lines))
    start, end = lines[at]
    indent = len(text[start:end]) - len(text[start:end].lstrip())
    first = start + indent
    if dice < 0.50:
        begin, stop = rng.randint(first, max(first, end - 1)), end
    elif dice < 0.75:
        begin, stop = first, lines[min(len(lines) - 1, at + (0 if rng.random() < 0.5 else rng.randint(1, 5)))][1]
    elif dice < 0.87:
        begin = rng.randint(start, end)
        stop = min(len(text), begin + int(rng.lognormvariate(3.2, 0.9)) + 1)
    elif dice < 0.95:
        begin, stop = rng.randint(first, end), lines[min(len(lines) - 1, at + rng.randint(1, 6))][1]
    else:
        begin = stop = rng.randint(first, end)
    suffix = "" if rng.random() < 0.05 else text[stop:]
    return text[:begin], text[begin:stop], suffix


def fim(document: Document, limit: int, rng: random.Random) -> list[str]:
    """Return the parts of one fill-in-the-middle lesson: marker tokens alternate with texts."""
    prefix, middle, suffix = cut(window(document.text, limit, rng), rng)
    head = ["<|repo_name|>", f"{document.package}\n", "<|file_sep|>", f"{document.path}\n"] if rng.random() < 0.1 else []
    return [*head, "<|fim_prefix|>", prefix, "<|fim_suffix|>", suffix, "<|fim_middle|>", middle, "<|endoftext|>"]


def chats(document: Document, rng: random.Random) -> Iterator[list[str]]:
    """Yield ChatML lessons made of documented functions: write it, or explain it."""
    pairs = _python(document.text) if document.language == "python" else _ruby(document.text) if document.language == "ruby" else []
    for name, purpose, code in pairs:
        language = document.language.capitalize()
        fenced = f"```{document.language}\n{code}\n```"
        if rng.random() < 0.6:
            ask, answer = f"Write a {language} function `{name}` that: {purpose}", rng.choice((fenced, code))
        else:
            ask, answer = f"{rng.choice(('Explain this code', 'What does this code do?', 'Explain this code.'))}\n\n{fenced}", purpose
        yield ["<|im_start|>", f"user\n{ask}", "<|im_end|>", "\n", "<|im_start|>", f"assistant\n{answer}", "<|im_end|>", "\n"]


def _python(text: str) -> list[tuple[str, str, str]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or len(node.body) < 2:
            continue
        purpose = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        if 15 <= len(purpose) <= 240 and node.end_lineno and node.end_lineno - node.lineno < 30:
            node.body, code = node.body[1:], ""
            try:
                code = ast.unparse(node)
            except (ValueError, RecursionError):
                continue
            if len(code) < 1000:
                found.append((node.name, purpose, code))
    return found


def _ruby(text: str) -> list[tuple[str, str, str]]:
    found = []
    for match in DEF.finditer(text):
        purpose = " ".join(line.strip().lstrip("#").strip() for line in match[1].splitlines()).split("  ")[0].strip()
        code = "\n".join(line.removeprefix(match[3]) for line in match[2].splitlines())
        if 15 <= len(purpose) <= 240 and len(code) < 1000:
            found.append((match[4], purpose, code))
    return found


def encoder(tokenizer: Tokenizer) -> Callable[[list[str]], list[int]]:
    """Return a function that turns parts into ids: a part that is exactly a special token becomes its one id, all else is plain text."""
    specials = {t: i for t, i in tokenizer.get_vocab(with_added_tokens=True).items() if t.startswith("<|") and t.endswith("|>")}
    tokenizer.encode_special_tokens = True

    def encode(parts: list[str]) -> list[int]:
        ids: list[int] = []
        for part in parts:
            if part in specials:
                ids.append(specials[part])
            elif part:
                ids.extend(tokenizer.encode(part, add_special_tokens=False).ids)
        return ids

    return encode


def rows(documents: Iterable[Document], tokenizer: Tokenizer, length: int, count: int, seed: int) -> tuple[Rows, int]:
    """Return at most `count` rows of `length` + 1 ids, and how many documents they took.

    A row is whole fill-in-the-middle and chat lessons, and plain text where they leave room.

    A document gives plain text or fill-in-the-middle lessons of about its size, as the seed draws; so little is read twice.
    """
    encode = encoder(tokenizer)
    rng = random.Random(seed)
    out = np.zeros((count, length + 1), np.uint16)
    stream: list[int] = []
    short: list[list[int]] = []
    credit = {"fim": 0.0, "chat": 0.0}
    done, end = 0, encode(["<|endoftext|>"])[0]
    taken = 0
    for taken, document in enumerate(documents, 1):  # noqa: B007
        size = len(document.text) / CHARACTERS
        credit["chat"] += size * CHAT_SHARE
        if rng.random() < FIM_SHARE / (1 - CHAT_SHARE):
            credit["fim"] += size
        else:
            stream.extend(encode([document.text, "<|endoftext|>"]))
        while credit["fim"] > 0:
            lesson = encode(fim(document, _limit(length, rng), rng))
            credit["fim"] -= len(lesson)
            if len(lesson) <= length:
                short.append(lesson)
        for parts in chats(document, rng):
            if credit["chat"] <= 0:
                break
            lesson = encode(parts)
            credit["chat"] -= len(lesson)
            if len(lesson) <= length:
                short.append(lesson)
        while len(stream) > length and done < count:
            done = _pack(out, done, stream, short, rng, end)
        if done >= count:
            break
    return out[:done], taken


def _limit(length: int, rng: random.Random) -> int:
    """Characters around a hole: most often few, since a small model first has to learn that the answer goes on where the prefix ends."""
    return rng.randint(60, 400) if rng.random() < CLOSE_SHARE else rng.randint(300, max(600, length * 5 // 2))


def _pack(out: Rows, done: int, stream: list[int], short: list[list[int]], rng: random.Random, end: int) -> int:
    """Fill one row with lessons that fit and then with plain text; return the number of filled rows."""
    size = out.shape[1]
    row: list[int] = []
    rng.shuffle(short)
    for _ in range(min(len(short), 12)):
        if len(row) + len(short[-1]) <= size:
            row.extend(short.pop())
        else:
            short.insert(0, short.pop())
    room = size - len(row)
    if row and room > 1 and rng.random() < 0.5:
        out[done] = [*stream[: room - 1], end, *row]
        del stream[: room - 1]
    else:
        out[done] = [*row, *stream[:room]]
        del stream[:room]
    return done + 1
