"""Python: that an answer parses where it stands."""

from __future__ import annotations

from idiolect.pack import Pack
from idiolect.syntax import parses as parses_as
from idiolect.types import Finding, Hole, Sample, Score


def parses(sample: Sample, answer: str) -> Score:
    """1 where prefix + answer + suffix has no syntax error and the answer is not empty, else 0; of another language it says nothing."""
    if "python" not in sample.labels.get("language", ("python",)):
        return Score(value=1.0, answer=answer)
    hole = sample.prompt if isinstance(sample.prompt, Hole) else Hole(path="", prefix="", suffix="")
    text = hole.prefix + hole.typed + answer + hole.suffix
    if answer.strip() and parses_as("python", text.encode()):
        return Score(value=1.0, answer=answer)
    line = hole.prefix.count("\n") + 1
    return Score(value=0.0, answer=answer, findings=(Finding(rule="parses", severity="error", line=line, message="not valid Python here"),))


_PROBES = (
    Sample(
        kind="fim", maker="python", prompt=Hole(path="a.py", prefix="def area(r):\n    return ", suffix="\n"), answer="3.14159 * r ** 2"
    ),
    Sample(
        kind="fim",
        maker="python",
        prompt=Hole(path="a.py", prefix="def first(rows):\n    ", suffix="\n    return None\n"),
        answer="for row in rows:\n        return row",
    ),
)

pack = Pack(name="python", description="Python: answers parse where they stand", checks=(parses,), probes=_PROBES)
