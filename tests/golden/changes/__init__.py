"""A small repository of our own with a history, and what the makers of changes and of faults make of it, written down beside it.

`python -m tests.golden.changes` writes what they make now; the difference shows in review.
"""

import tempfile
from pathlib import Path

from idiolect import sources
from idiolect.dataset import migrations
from idiolect.dataset.makers import MAKERS
from idiolect.recipe import Source
from idiolect.sources import commits, rules
from idiolect.types import Change, Document, Dropped, Sample
from tests import repositories
from tests.golden.changes.history import HISTORY

FOLDER = Path(__file__).parent
NAMES = ("refactor", "feature", "bugfix", "mutate", "migrate")


def read(folder: Path) -> tuple[list[Document], list[Change]]:
    """Write the history into a repository, and read its files and its commits, the oldest first."""
    repository = repositories.made(folder / "shop", HISTORY[0][1])
    for number, (message, files) in enumerate(HISTORY[1:], 1):
        repositories.commit(repository, files, message, time=1_700_000_000 + number * 86_400)
    source = Source(path=str(repository), name="shop", licence="MIT")
    opened = sources.opened(repository, folder / "cache")
    told = rules.of(source, opened, opened.head)
    documents, _ = sources.documents(source, opened, opened.head)
    changes = []
    for plan in commits.planned(told, opened, opened.head):
        assert not isinstance(plan, Dropped), plan
        blobs = dict(opened.blobs(oid for side in plan.sides for oid in (side.old, side.new) if oid))
        versions = [(side.path, blobs.get(side.old, b""), blobs.get(side.new, b""), side.stated) for side in plan.sides]
        change = commits.edited(plan.change, versions, None)
        assert isinstance(change, Change), change
        changes.append(change)
    return documents, changes


def made() -> dict[str, str]:
    """All that each maker makes of the repository, as text that can be read."""
    with tempfile.TemporaryDirectory() as folder:
        documents, changes = read(Path(folder))
    subjects = {change.commit: change.subject for change in changes}
    found: dict[str, list[Sample | Dropped]] = {name: list(MAKERS[name]([*documents, *changes])) for name in NAMES}
    found["migrate"] = [item for _, item in migrations.judged((("migrate", one) for one in found["migrate"]), documents, [])]
    return {name: "".join(_shown(one, subjects) for one in items) for name, items in found.items()}


def _shown(one: Sample | Dropped, subjects: dict[str, str]) -> str:
    if isinstance(one, Dropped):
        what = subjects.get(one.what, one.what)
        detail = "" if one.detail == what else one.detail
        return f"======== dropped {what}: {one.reason} {detail}".rstrip() + "\n"
    spans = " ".join(f"{span.path}:{span.start}-{span.end}" for span in one.origins)
    labels = " ".join(value for values in one.labels.values() for value in values)
    head = f"======== {one.kind} {one.maker} {labels} {one.confidence} {one.weight} of {spans}\n"
    assert isinstance(one.prompt, tuple)
    return head + "".join(f"[{turn.role}]\n{turn.content}\n" for turn in one.prompt) + f"[answer]\n{one.answer}\n"
