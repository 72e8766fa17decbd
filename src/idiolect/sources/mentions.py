"""Who is who in a thread of a forge: people become `@user-1`, `@user-2`, in the order in which they come up."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST = 5
"""Letters of a login below which it is taken for a person only after an `@`: `max` is a word, too."""
MOST_NAMES = 500
_CODE = re.compile(r"(```.*?```|`[^`\n]*+`)", re.DOTALL)
_MENTION = re.compile(r"(?<![\w.+@/-])@([A-Za-z0-9](?:[\w.-]{0,60}[A-Za-z0-9])?)(?:/[\w.-]{1,60})?(?![\w@])")
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
        self._met = 0
        self._names: set[str] = set()
        """Of those who wrote in it, as they may stand without an `@`."""
        self._named: re.Pattern[str] | None = None

    def meet(self, login: str, name: str) -> None:
        """Somebody who wrote in it."""
        if login:
            number = self._number(login.lower())
            if " " in name.strip():
                self.numbers.setdefault(" ".join(name.lower().split()), number)
            known = {login.lower(), " ".join(name.lower().split()) if " " in name.strip() else ""}
            self._names |= {one for one in known if len(one) >= SHORTEST and len(self._names) < MOST_NAMES}
            self._named = None

    def hidden(self, text: str) -> str:
        """The text without people; in code only those go who wrote in the thread."""
        parts = _CODE.split(text)
        return "".join(self._in_code(part) if number % 2 else self._in_prose(part) for number, part in enumerate(parts))

    def _in_prose(self, text: str) -> str:
        if self._named is None:
            names = "|".join(re.escape(one).replace(r"\ ", r"\s{1,9}") for one in sorted(self._names, key=lambda one: (-len(one), one)))
            self._named = re.compile(rf"(?<![\w.@/-])(?:{names or '(?!)'})(?![\w@-])", re.IGNORECASE)
        text = _MENTION.sub(self._mentioned(known_only=False), text)
        return self._named.sub(lambda match: f"@user-{self._number(' '.join(match[0].lower().split()))}", text)

    def _in_code(self, text: str) -> str:
        return _MENTION.sub(self._mentioned(known_only=True), text)

    def _mentioned(self, *, known_only: bool) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            login = match[1].lower()
            if login not in self.numbers and (known_only or _NOBODY.fullmatch(login)):
                return match[0]
            return f"@user-{self._number(login)}"

        return replaced

    def _number(self, name: str) -> int:
        if name not in self.numbers:
            self._met += 1
            self.numbers[name] = self._met
        return self.numbers[name]
