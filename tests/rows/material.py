"""Rows of our own writing, in every form, and what they are as Samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from idiolect import rows
from idiolect.types import File, Hole, Message, Sample

CODE = "function Total#(basket)\n  give Sum#(basket.prices)\nend function\n"


def asked(text: str = "Write Total#.", system: str = "") -> tuple[Message, ...]:
    head = (Message(role="system", content=system),) if system else ()
    return (*head, Message(role="user", content=text))


CHAT = (*asked("Write Total#.", "You write Tally."), Message(role="assistant", content=CODE), Message(role="user", content="With VAT."))
SAMPLES = (
    Sample(prompt=asked(), answer=CODE, kind="write", maker="alpaca", labels={"language": ("tally",), "generation": ("two", "three")}),
    Sample(prompt=asked("Größe?", "Kurz."), answer="Drei.", kind="qa", maker="alpaca", labels={"difficulty": ("basic",)}),
    Sample(prompt=CHAT, answer=CODE.replace("prices", "gross"), kind="chat", maker="conversation"),
    Sample(prompt=Hole(path="a.tly", prefix="let a = ", suffix="\nstop\n", typed="1"), answer=" + 2", kind="fim", maker="fim_row"),
    Sample(
        prompt=Hole(path="b.tly", prefix="", suffix="", files=(File(path="c.tly", text="rem c\n"),)), answer="stop", kind="fim", maker="fim"
    ),
    Sample(answer=CODE, kind="raw", maker="text_row"),
    Sample(prompt=asked(), answer=CODE, rejected="Dim x As Integer", kind="contrast", maker="preference"),
    Sample(prompt=asked(), answer=CODE, kind="spec", maker="x", spans=((0, 4),), files=(File(path="t.tly", text="call T"),), weight=2.0),
)


def read(folder: Path, name: str, data: bytes | str) -> list[rows.Row | rows.Fault]:
    """What stands in a file of these bytes."""
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(rows.read(file))


def lines(*values: Any) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def faults(found: list[rows.Row | rows.Fault]) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found if isinstance(one, rows.Fault)]


def values(found: list[rows.Row | rows.Fault]) -> list[Any]:
    return [one.value for one in found if isinstance(one, rows.Row)]


def of(value: Any) -> Sample:
    """The one Sample of a row."""
    (sample,) = rows.shaped(value).samples
    return sample


def refused(value: Any) -> str:
    """Why nothing is made of a row."""
    try:
        rows.shaped(value)
    except rows.Refused as why:
        return why.reason
    return ""
