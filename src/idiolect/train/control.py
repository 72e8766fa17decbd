"""Labels as words that steer: said before half of the lessons, so that the model writes as it is told, and well where it is told nothing.

What is said stands in no Sample: it is added when a lesson is rendered (docs/decisions/0027-labels-by-signs.md). A conversation gets
it as its system message, a hole as a file around it; raw text gets none, as it would be learned there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b

from idiolect.types import File, Hole, Message, Sample

SHARE = 0.5
"""Of the lessons with a label; StarCoder2 (arXiv 2402.19173) left the names of repositories and files out of half."""
PATH = "labels"
"""Path of the file around a hole that says them."""


def text(labels: Mapping[str, tuple[str, ...]], names: Collection[str]) -> str:
    """What is said of these labels, a line for each name: `generation: bbj-gui, dwc`."""
    return "\n".join(f"{name}: {', '.join(labels[name])}" for name in sorted(names) if labels.get(name))


def controlled(sample: Sample, names: Collection[str]) -> Sample:
    """The lesson as it is rendered; which half of them is told is decided by the id."""
    said = text(sample.labels, names)
    if not said or sample.prompt is None or int.from_bytes(blake2b(sample.id.encode(), digest_size=4).digest()) >= SHARE * 2**32:
        return sample
    if isinstance(sample.prompt, Hole):
        hole = sample.prompt.model_copy(update={"files": (File(path=PATH, text=said), *sample.prompt.files)})
        return sample.model_copy(update={"prompt": hole})
    first, *rest = sample.prompt
    system = first.role == "system"
    turns = [Message(role="system", content=f"{said}\n\n{first.content}" if system else said), *([] if system else [first]), *rest]
    return sample.model_copy(update={"prompt": tuple(turns)})


def wanted(sample: Sample, labels: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a model that names these labels learns a lesson; `""` stands for lessons without the label."""
    return all(any(value in chosen for value in sample.labels.get(name, ()) or ("",)) for name, chosen in labels.items())
