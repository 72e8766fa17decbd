"""Code of our own making for the tests of the dataset: many files that are all different, the same in every run."""

import random

from idiolect.types import Document, Role

VERBS = ("load", "merge", "split", "close", "render", "count", "order", "parse", "store", "drop", "fetch", "index")
THINGS = ("invoice", "basket", "voucher", "parcel", "customer", "ledger", "shelf", "courier", "refund", "address", "label", "batch")


def function(seed: int) -> str:
    """A Python function of about ten lines whose names depend on the seed."""
    choose = random.Random(seed)
    verb, thing, other, third = choose.choice(VERBS), *choose.sample(THINGS, 3)
    number = choose.randrange(10_000)
    return (
        f"def {verb}_{thing}_{seed}({thing}, {other}, limit={number}):\n"
        f"    {third} = {other}.{choose.choice(VERBS)}({thing}.{choose.choice(THINGS)}, {choose.randrange(99)})\n"
        f"    for {choose.choice(THINGS)}_{seed} in {third}.{choose.choice(THINGS)}s_{choose.randrange(999)}:\n"
        f"        if {thing}.{choose.choice(THINGS)} > limit - {choose.randrange(999)}:\n"
        f"            {other}.{choose.choice(VERBS)}({third}, {choose.choice(THINGS)}={choose.randrange(9999)})\n"
        f"        {third}.{choose.choice(VERBS)}_{choose.choice(THINGS)}({thing}, '{choose.choice(THINGS)} {number}')\n"
        f"    return {third}.{choose.choice(VERBS)}({other}.{choose.choice(THINGS)}_{choose.randrange(999)})\n"
    )


def text(seed: int, functions: int = 5) -> str:
    """A Python file of several such functions."""
    return "\n\n".join(function(1000 * seed + number) for number in range(functions))


def document(
    path: str, data: str | bytes, source: str = "shop", *, time: int = 0, role: Role = "team", language: str = "python"
) -> Document:
    """A Document of a file's text."""
    return Document(source, role, "c" * 40, path, language, data.encode() if isinstance(data, str) else data, time)
