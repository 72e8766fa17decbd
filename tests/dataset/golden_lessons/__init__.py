"""What each maker makes of the little shop, as text that a person has read and agreed to.

`python -m tests.dataset.golden_lessons` writes what is made now; the difference shows in review.
"""

from pathlib import Path

from idiolect.dataset.makers import MAKERS
from idiolect.types import Dropped, Message, Sample
from tests.dataset import mended_shop
from tests.dataset.little_shop import changes, documents

FOLDER = Path(__file__).parent
NAMES = ("write", "templated", "explain", "spec", "implement", "tested", "linked", "described", "diff", "next_edit", "added")

MENDED = ("bugfix", "mutate", "diagnose", "refactor", "feature")


def described(name: str) -> str:
    """All that a maker makes, in the order in which it comes."""
    material = [*mended_shop.documents(), *mended_shop.changes()] if name in MENDED else [*documents(), *changes()]
    return "\n".join(_told(one) for one in MAKERS[name](material))


def _told(one: Sample | Dropped) -> str:
    if isinstance(one, Dropped):
        return f"==== dropped: {one.reason} ({one.what}: {one.detail})\n"
    labels = "; ".join(f"{name} {' '.join(values)}" for name, values in one.labels.items())
    spans = ", ".join(f"{span.commit[:1]}:{span.path}:{span.start}-{span.end}" for span in one.origins)
    turns = [turn.content for turn in one.prompt or () if isinstance(turn, Message)]
    head = f"==== {one.kind} by {one.maker}, confidence {one.confidence}; {labels}\n{spans}"
    return "\n".join([head, "---- asked", *turns, "---- answered", one.answer or "", ""])
