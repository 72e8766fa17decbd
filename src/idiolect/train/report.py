"""What a training run says while it works, on stderr, and the curves that it leaves."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from idiolect.files import read_jsonl, write_jsonl

Say = Callable[[str], None]
_EVERY = 10.0
"""Seconds between lines where nobody watches a terminal."""


def say(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"train: {text}\n")
    sys.stderr.flush()


class Meter:
    """Steps as they pass: a line that renews itself on a terminal, now and then a plain line elsewhere."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.console = Console(stderr=True)
        self.status = self.console.status("training") if self.console.is_terminal else None
        self.told = time.monotonic()

    def __enter__(self) -> Meter:
        if self.status:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()

    def step(self, step: int, loss: float, tokens_per_second: float, left: float) -> None:
        """Tell where the run stands; `left` in seconds."""
        text = f"step {step} of {self.steps}, loss {loss:.3f}, {tokens_per_second:,.0f} tokens/s, {spell(left)} left"
        if self.status:
            self.status.update(text)
        elif time.monotonic() - self.told >= _EVERY:
            say(text)
            self.told = time.monotonic()


class Curve:
    """A file of JSON lines that grows by step; going on from a checkpoint drops what came after it."""

    def __init__(self, file: Path, last: int) -> None:
        self.file = file
        rows = list(_whole(file)) if file.is_file() else []
        write_jsonl(file, [row for row in rows if row["step"] <= last])

    def add(self, **row: Any) -> None:
        """Append one line."""
        with self.file.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(json.dumps(row, sort_keys=True) + "\n")


def rows(file: Path) -> list[dict[str, Any]]:
    """The lines of a curve."""
    return list(read_jsonl(file)) if file.is_file() else []


def spell(seconds: float) -> str:
    """A time as a person says it, for instance `2 min 5 s`."""
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def _whole(file: Path) -> list[dict[str, Any]]:
    """Lines up to the first that a kill cut short."""
    found = []
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
