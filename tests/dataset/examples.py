"""Rows of our own making: requests in Tally, each with an answer of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.dataset.corpus import THINGS, VERBS


def _expression(choose: random.Random, depth: int = 0) -> str:
    thing, number = choose.choice(THINGS), choose.randrange(100_000)
    leaves = (f"{thing}{number}#", f"{number}", f'"{thing} {number}"', f"{thing}.{choose.choice(THINGS)}", f"{choose.choice(VERBS)}()")
    if depth > 2 or choose.random() < 0.3:
        return choose.choice(leaves)
    left, right = (_expression(choose, depth + 1) for _ in range(2))
    signs = (f"{left} {choose.choice('+-*/&')} {right}", f"({left})", f"{choose.choice(VERBS)}({left}, {right})", f"{left} <> {right}")
    return choose.choice(signs)


def _statement(choose: random.Random) -> str:
    thing, verb, said = choose.choice(THINGS), choose.choice(VERBS), _expression(choose)
    return choose.choice(
        (
            f"let {thing}{choose.randrange(1000)}# = {said}", f"call {verb.title()}({said}, {_expression(choose)})", f"print {said}",
            f"if {said} then\n    stop\n  end if", f"each {thing} in {verb}({said})\n    print {thing}\n  end each",
            f"while {said}\n    call {verb.title()}({thing})\n  end while", f'use "{thing}/{verb}"', f"rem {verb} the {thing} of {said}",
        )
    )  # fmt: skip


def row(seed: int) -> dict[str, Any]:
    """A request for a function that no other row asks for."""
    choose = random.Random(seed)
    verb, thing, other, third = choose.choice(VERBS), *choose.sample(THINGS, 3)
    lines = [f"  {_statement(choose)}\n" for _ in range(choose.randrange(2, 7))]
    answer = f"function {verb.title()}{seed}#({other})\n{''.join(lines)}  give {_expression(choose)}\nend function\n"
    said = f"Write a function number {seed} that can {verb} a {thing} with {other} {choose.randrange(99_999)} and {third}."
    return {"instruction": said, "output": answer, "difficulty": choose.choice(["basic", "advanced"]), "language": "tally"}


def hole(seed: int) -> dict[str, Any]:
    """A hole in a file of its own."""
    text = row(seed)["output"]
    start, end = text.index("\n") + 1, text.index("  give ")
    return {"prefix": text[:start], "middle": text[start:end], "suffix": text[end:], "path": f"src/{seed}.tly"}


def written(file: Path, values: Iterable[Any]) -> Path:
    """A file of JSON lines; a text stands there as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    said = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in values)
    file.write_text("".join(f"{one}\n" for one in said), encoding="utf-8")
    return file
