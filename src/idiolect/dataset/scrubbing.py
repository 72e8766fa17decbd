"""Where bytes enter the dataset, secrets and personal data leave them: files, both sides of edits, messages, paths.

Nothing of this stage sees or writes what was not scrubbed. A lesson whose answer held a secret is dropped: the model may see a
placeholder, and is never taught to write one.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from idiolect.recipe import Recipe
from idiolect.scrub import Scrubbed, Scrubber, rules
from idiolect.scrub.names import Author
from idiolect.sources.gitread import Repository
from idiolect.types import Change, Document, Dropped, Edit, Hole, Sample

_NAMED = re.compile(r"^[\w-]+-by:\s*([^<\n]*)<([^>\n]*)>", re.IGNORECASE | re.MULTILINE)


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
    """The scrubber of one build, and what it found: counts, never the bytes."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.scrubber = scrubber
        self.counts: dict[str, Counter[str]] = {"files": Counter(), "history": Counter()}
        """Findings by rule: in files as they stood at the cut, and in what history says besides, each text once."""
        self._clean: set[bytes] = set()
        self._scrubbed: dict[bytes, Scrubbed] = {}

    def document(self, item: Document | Dropped, where: str = "files") -> Document | Dropped:
        """A file without secrets; one whose path holds one is dropped as `secret-path`."""
        if isinstance(item, Dropped):
            return self.dropped(item)
        if self.text(item.path) != item.path:
            return Dropped(reason="secret-path", what=self.text(item.path), source=item.source)
        found = self._bytes(item.data, where)
        return replace(item, data=found.data, replaced=found.replaced) if found.replaced else item

    def change(self, item: Change | Dropped) -> Change | Dropped:
        """A commit without secrets in its message and its edits, less the edits of files whose path holds one."""
        if isinstance(item, Dropped):
            return self.dropped(item)
        edits = tuple(self._edit(edit) for edit in item.edits if self.text(edit.path) == edit.path)
        if not edits:
            return Dropped(reason="secret-path", what=item.commit, source=item.source)
        subject, body = self._said(item.subject), self._said(item.body)
        return replace(item, subject=subject, body=body, edits=edits)

    def dropped(self, item: Dropped) -> Dropped:
        """What is said of something that was not kept, without secrets."""
        what, detail = self.text(item.what), self.text(item.detail)
        return item if (what, detail) == (item.what, item.detail) else item.model_copy(update={"what": what, "detail": detail})

    def taught(self, samples: Iterable[Sample]) -> Iterator[Sample | Dropped]:
        """The samples, but for those whose answer held a secret: `secret-in-answer`."""
        for sample in samples:
            if self.teaches(sample):
                yield Dropped(reason="secret-in-answer", what=sample.id, source=sample.origins[0].source if sample.origins else "")
            else:
                yield sample

    def text(self, text: str) -> str:
        """A short text without secrets; it is not counted."""
        return self.scrubber.text(text) if text else text

    def teaches(self, sample: Sample) -> bool:
        """Whether the answer held a secret, so that a placeholder stands in it."""
        prompt = sample.prompt
        before, after = (prompt.prefix + prompt.typed, prompt.suffix) if isinstance(prompt, Hole) else ("", "")
        return any(self.scrubber.touches(before, text, after) for text in (sample.answer, sample.rejected) if text)

    def _edit(self, edit: Edit) -> Edit:
        before, after = self._bytes(edit.before, "history"), self._bytes(edit.after, "history")
        if not before.replaced and not after.replaced:
            return edit
        return replace(edit, before=before.data, after=after.data, replaced_before=before.replaced, replaced_after=after.replaced)

    def _said(self, text: str) -> str:
        found = self._bytes(text.encode("utf-8", "surrogatepass"), "history")
        return found.data.decode("utf-8", "surrogatepass") if found.replaced else text

    def _bytes(self, data: bytes, where: str) -> Scrubbed:
        """Each different text is scrubbed and counted once; what is clean is remembered by its digest alone."""
        key = hashlib.blake2b(data, digest_size=16).digest()
        if key in self._clean:
            return Scrubbed(data, (), ())
        if key in self._scrubbed:
            return self._scrubbed[key]
        found = self.scrubber.scrub(data)
        self.counts[where].update(finding.rule for finding in found.findings)
        if found.replaced:
            self._scrubbed[key] = found
        else:
            self._clean.add(key)
        return found

    def metrics(self) -> dict[str, dict[str, int]]:
        """Findings by rule and by where they stood."""
        names = sorted({name for counts in self.counts.values() for name in counts})
        return {name: {where: counts[name] for where, counts in self.counts.items()} for name in names}
