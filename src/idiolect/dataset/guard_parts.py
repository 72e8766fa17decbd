"""The guard's search for parts of probes: ten words in a row, or half of the patterns of twenty tokens.

The same definitions as in `contamination`, found without hashes: tuples of words and of tokens. Keywords and what a comment is are
data of `patterns`; the rest is written twice on purpose.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from idiolect.dataset.duplicates import patterns

_WORDS = re.compile(r"[A-Za-z0-9_]+")
_TOKENS = re.compile(r"[A-Za-z0-9_\u0080-\U0010ffff]+|[!-/:-@\[-^`{-~]")
_NUMBER = re.compile(r"[0-9]+")
_KEYWORDS = frozenset(word.decode() for word in patterns.KEYWORDS)
_TEN, _TWENTY = 10, 20
_NAME = "name of any kind"
_VARIED_WORDS, _VARIED_TOKENS, _FEWEST = 5, 8, 10

Run = tuple[str, ...]
Pattern = tuple[str | int, ...]


class Parts:
    """What probes, by id, are recognised by in part."""

    def __init__(self, probes: Iterable[tuple[str, str]]) -> None:
        self.tens: dict[Run, list[str]] = defaultdict(list)
        self.shape = _Shapes()
        self.shapes: set[Run] = set()
        self.patterns: dict[Pattern, list[str]] = defaultdict(list)
        self.sizes: dict[str, int] = {}
        for name, text in probes:
            for run in {run for run in _runs(_WORDS.findall(text), _TEN) if _varied(run)}:
                self.tens[run].append(name)
            tokens = _tokens(text)
            found = {pattern for run in _runs(tokens, _TWENTY) if (pattern := self._pattern(run))}
            if len(found) >= _FEWEST:
                self.sizes[name] = len(found)
                self.shapes.update(_runs([self.shape[token] for token in tokens], _TWENTY))
                for pattern in found:
                    self.patterns[pattern].append(name)

    def search(self, text: str, words: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each probe of which a part stands in a text, with `words` or `syntax`."""
        if not self.tens.keys().isdisjoint(_runs(words, _TEN)):
            yield from ((name, "words") for name in {name for run in _runs(words, _TEN) for name in self.tens.get(run, ())})
        tokens = _tokens(text)
        shape = [self.shape[token] for token in tokens]
        if self.shapes.isdisjoint(_runs(shape, _TWENTY)):
            return
        seen = {self._pattern(run) for run, like in zip(_runs(tokens, _TWENTY), _runs(shape, _TWENTY), strict=True) if like in self.shapes}
        counts: dict[str, int] = defaultdict(int)
        for pattern in seen - {()}:
            for name in self.patterns.get(pattern, ()):
                counts[name] += 1
        yield from ((name, "syntax") for name, count in counts.items() if 2 * count >= self.sizes[name])

    def _pattern(self, run: Run) -> Pattern:
        """Each name as how far back it was last seen, 0 where it was not; nothing where there is too little variety."""
        if len(set(run)) < _VARIED_TOKENS:
            return ()
        last: dict[str, int] = {}
        found: list[str | int] = []
        for place, token in enumerate(run):
            found.append(place - last.get(token, place) if self.shape[token] == _NAME else token)
            last[token] = place
        return tuple(found)


def _runs(words: Sequence[str], width: int) -> Iterator[Run]:
    return zip(*(words[place:] for place in range(width)), strict=False)


def _varied(run: Run) -> bool:
    return len({"0" if _NUMBER.fullmatch(word) else word for word in run}) >= _VARIED_WORDS


def _tokens(text: str) -> list[str]:
    """Words and signs; every number is 0."""
    code = patterns.COMMENT.sub(b"", text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    return ["0" if "0" <= token[0] <= "9" else token for token in _TOKENS.findall(code)]


class _Shapes(dict[str, str]):
    """Each token with every name put alike; a token is looked at once."""

    def __missing__(self, token: str) -> str:
        name = (token[0].isalpha() or token[0] == "_" or token[0] >= "\u0080") and token not in _KEYWORDS
        self[token] = _NAME if name else token
        return self[token]
