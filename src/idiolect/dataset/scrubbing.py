"""Where bytes enter the dataset, secrets and personal data leave them: files, both sides of edits, messages, paths.

Nothing of this stage sees or writes what was not scrubbed. A lesson whose answer held a secret is dropped: the model may see a
placeholder, and is never taught to write one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from idiolect.dataset.stored import Stored
from idiolect.recipe import Recipe
from idiolect.scrub import Scrubber, rules
from idiolect.scrub.names import Author
from idiolect.sources.gitread import Repository
from idiolect.types import Dropped

_NAMED = re.compile(r"^[\w-]+-by:[^\S\n]*+([^<\n]*+)<([^>\n]*)>", re.IGNORECASE | re.MULTILINE)


def known(recipe: Recipe) -> rules.Rules:
    """The rules of a recipe: a team's own, then ours."""
    return rules.together(tuple(rules.read(recipe.folder / file) for file in recipe.scrub.rules))


def authors(repositories: Iterable[Repository]) -> set[Author]:
    """Everybody whom a commit of any source names, as its author or in a line such as `Co-authored-by`."""
    found: set[Author] = set()
    for repository in repositories:
        for commit in repository.commits():
            found.add((commit.name, commit.email))
            if "-by:" in commit.body.lower():
                found.update((name.strip(), email) for name, email in _NAMED.findall(commit.body))
    return found


class Scrubbing:
    """What the scrubber of one build found: counts, never the bytes."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.scrubber = scrubber
        self.counts: dict[str, Counter[str]] = {"files": Counter(), "history": Counter()}
        """Findings by rule: in files as they stood at the cut, and in what history says besides, each text once."""
        self._seen: set[tuple[str, str]] = set()

    def document(self, item: Stored | Dropped) -> Stored | Dropped:
        """A file as it was read, counted."""
        if isinstance(item, Dropped):
            return self.dropped(item)
        self.counted("files", item)
        return item

    def counted(self, where: str, document: Stored) -> None:
        """Count what was found in a file."""
        self._count(where, document.place.key, document.place.findings)

    def history(self, findings: Iterable[tuple[str, Iterable[str]]], commit: str) -> None:
        """Count what was found in the texts of a commit: blob id, or nothing for its message, and rules."""
        for oid, found in findings:
            self._count("history", oid or commit, found)

    def row(self, name: str, found: Iterable[str]) -> None:
        """Count what was found in a row."""
        self._count("files", name, found)

    def dropped(self, item: Dropped) -> Dropped:
        """What is said of something that was not kept, without secrets."""
        what, detail = self._text(item.what), self._text(item.detail)
        return item if (what, detail) == (item.what, item.detail) else item.model_copy(update={"what": what, "detail": detail})

    def metrics(self) -> dict[str, dict[str, int]]:
        """Findings by rule and by where they stood."""
        names = sorted({name for counts in self.counts.values() for name in counts})
        return {name: {where: counts[name] for where, counts in self.counts.items()} for name in names}

    def _text(self, text: str) -> str:
        return self.scrubber.text(text) if text else text

    def _count(self, where: str, name: str, found: Iterable[str]) -> None:
        if (where, name) not in self._seen:
            self._seen.add((where, name))
            self.counts[where].update(found)
