"""Code as patterns: what is left of it where every name is put for another, so that a renamed copy is still one.

The tokens are what the leaves of a syntax tree are: words, numbers, signs; lines that are comments only are left out. In a run
of tokens each name stands as how far back in the run it was last seen (the parameterised matching of Baker 1996), so that `a + b * a`
is `x + y * x` and not `x + y * y`; numbers are all alike. A keyword that the list below lacks counts as a name, which changes nothing
as long as nobody renames it. A lexer rather than a parser: it takes every language and any piece of a file, also one that does not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from idiolect.dataset.duplicates import shingles
from idiolect.dataset.duplicates.shingles import Hashes, Offsets, Rows

WIDTH = 20
VARIED = 8
"""Different tokens that a run must have: a table of numbers or words is no pattern."""
_SPACE, _WORD, _SIGN = range(3)
_NUMBER = np.uint64(1)
_NAME = 2
"""And as many more as the name was last seen tokens ago."""
_FAR = 1 << 30
COMMENT = re.compile(rb"^[ \t]*(?:#(?!include|define|if|endif)|//|/?\*+(?=[\s/])|--\s).*\n?", re.MULTILINE)
KEYWORDS = (
    b"and as assert async await begin break case catch class const continue def default del do elif else elsif end ensure enum except "
    b"extends false False final finally fn for foreach from func function global go if implements import in instanceof interface is lambda "
    b"let match module namespace new next nil None nonlocal not null or package pass private protected public raise require rescue return "
    b"self static struct super switch then this throw throws trait true True try type typeof undef union unless until use using var void "
    b"when while with yield"
).split()


def _class(byte: int) -> int:
    if byte >= 128 or chr(byte).isalnum() or byte == ord("_"):
        return _WORD
    return _SPACE if byte <= 32 or byte == 127 else _SIGN


_CLASSES = bytes(map(_class, range(256)))
_SEEN = np.unique(shingles.tokens(KEYWORDS).hashes)


def of(texts: Iterable[bytes], width: int = WIDTH) -> Rows:
    """The patterns of every text: one hash for each run of `width` tokens that is varied enough, in order."""
    return shingles.joined([_patterns(batch, width) for batch in shingles.batches(texts)])


def _patterns(batch: Sequence[bytes], width: int) -> Rows:
    hashes, names, offsets = _tokens([COMMENT.sub(b"", text) for text in batch])
    count = len(hashes) - width + 1
    if count < 1:
        return Rows(np.zeros(0, np.uint64), np.zeros(len(batch) + 1, np.int64))
    back = _back(hashes)
    total = np.full(count, width, np.uint64)
    varied = np.zeros(count, np.uint8)
    for place in range(width):
        ago = back[place : place + count]
        fresh = ago > place  # not seen before in this run
        varied += fresh
        named = np.where(fresh, 0, ago).astype(np.uint64) + np.uint64(_NAME)
        total *= np.uint64(0x9E3779B97F4A7C15)
        total += np.where(names[place : place + count], named, hashes[place : place + count])
    owners = np.repeat(np.arange(len(batch)), np.diff(offsets))[:count]
    good = (varied >= VARIED) & (np.arange(width, width + count) <= offsets[1:][owners])
    return Rows(total[good], np.concatenate([np.zeros(1, np.int64), np.bincount(owners[good], minlength=len(batch)).cumsum()]))


def _tokens(batch: Sequence[bytes]) -> tuple[Hashes, npt.NDArray[np.bool_], Offsets]:
    """Hash of each token, whether it is a name, and where each text's begin."""
    data = b"\n".join(batch) + b"\n"
    classes = np.frombuffer(data.translate(_CLASSES), np.uint8)
    before = np.concatenate([np.zeros(1, np.uint8), classes[:-1]])
    starts = np.flatnonzero((classes == _SIGN) | ((classes == _WORD) & (before != _WORD)))
    word = classes[starts] == _WORD
    lengths = np.ones(len(starts), np.int64)
    lengths[word] = np.flatnonzero((before == _WORD) & (classes != _WORD)) - starts[word]
    hashes = shingles.words(data, starts, lengths)
    first = np.frombuffer(data, np.uint8)[starts]
    number = (first >= ord("0")) & (first <= ord("9"))
    hashes[number] = _NUMBER
    names = word & ~number & ~np.isin(hashes, _SEEN)
    begins = np.cumsum([0, *(len(text) + 1 for text in batch)])
    return hashes, names, np.searchsorted(starts, begins)


def _back(hashes: Hashes) -> Offsets:
    """How many tokens ago each token was last seen; very far where it was not."""
    order = np.argsort(hashes, kind="stable")
    same = hashes[order[1:]] == hashes[order[:-1]]
    back = np.full(len(hashes), _FAR, np.int64)
    back[order[1:][same]] = (order[1:] - order[:-1])[same]
    return back
