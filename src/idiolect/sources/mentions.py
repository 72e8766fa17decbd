"""Who is who in a thread of a forge: people become `@user-1`, `@user-2`, in the order in which they come up."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST = 5
"""Letters of a login below which it is taken for a person only after an `@`: `max` is a word, too."""
_CODE = re.compile(r"(```.*?```|`[^`\n]*+`)", re.DOTALL)
_MENTION = re.compile(r"(?<![\w.+@/-])@([A-Za-z0-9](?:[\w.-]{0,60}[A-Za-z0-9])?)(?:/[\w.-]{1,60})?(?![\w@])")
_WORD = re.compile(r"(?<![\w.@/-])[\w-]+(?: [\w-]+)?(?![\w@])")
_NOBODY = re.compile(
    r"(?:property|staticmethod|classmethod|dataclass|overrid\w*|deprecated|params?|returns?|raises?|throws|yield\w*|example|see|since|api|todo"
    r"|media|import|include|extend|mixin|keyframes|pytest|patch|mock|test|before\w*|after\w*|autowired|entity|component|injectable|type\w*|private"
    r"|public|protected|nullable|cached?\w*|attr\w*|each|if|else|for|end|all|here|channel|\d.*)",
    re.IGNORECASE,
)
"""What stands after an `@` in code that somebody forgot to mark as such."""


class Thread:
    """The people of one thread."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        """By login or full name, in lower case."""

    def meet(self, login: str, name: str) -> None:
        """Somebody who wrote in it."""
        number = self.numbers.setdefault(login.lower(), len(set(self.numbers.values())) + 1) if login else 0
        if number and " " in name.strip():
            self.numbers.setdefault(" ".join(name.lower().split()), number)

    def hidden(self, text: str) -> str:
        """The text without people; in code only those go who wrote in the thread."""
        parts = _CODE.split(text)
        return "".join(self._in_code(part) if number % 2 else self._in_prose(part) for number, part in enumerate(parts))

    def _in_prose(self, text: str) -> str:
        return _WORD.sub(self._named, _MENTION.sub(self._mentioned(known_only=False), text))

    def _in_code(self, text: str) -> str:
        return _MENTION.sub(self._mentioned(known_only=True), text)

    def _mentioned(self, *, known_only: bool) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            login = match[1].lower()
            if login not in self.numbers and (known_only or _NOBODY.fullmatch(login)):
                return match[0]
            return self._user(self.numbers.setdefault(login, len(set(self.numbers.values())) + 1))

        return replaced

    def _named(self, match: re.Match[str]) -> str:
        """Of one word or two: a full name, or a login that is long enough."""
        words = match[0].split(" ")
        if whole := self._known(match[0]):
            return whole
        return " ".join(self._known(word) or word for word in words)

    def _known(self, words: str) -> str:
        number = self.numbers.get(words.lower()) if len(words) >= SHORTEST else None
        return self._user(number) if number else ""

    def _user(self, number: int) -> str:
        return f"@user-{number}"
