"""Runs a stage on a disk that is really full, then on the same disk with room again; run as a program in a mount namespace of its own.

    unshare -Urm python -m tests.full_disk STAGE FOLDER SHARE...

The disk is a tmpfs over FOLDER/.idiolect. First the stage is run with room enough; then, for each share of the bytes that it left
behind, with so many free. Of every start a line of JSON tells how it ended: the first, and for each share the full and the roomy one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from idiolect import dataset, export, recipe, registry, samples, train
from idiolect.cli import ended
from idiolect.files import digest_file, disk_errors
from idiolect.recipe import Recipe
from tests.train import tiny
from tests.train.child import learner

ROOMY = 64 << 20
NO_DISK = 77
"""Exit code where this machine lets nobody mount a disk."""


def built(made: Recipe) -> str:
    return dataset.build(made).name


def exported(made: Recipe) -> str:
    return export.export(made, made.models[0].base).digest


def trained(made: Recipe) -> str:
    return train.train(made, made.models[0], lessons(made)).digest


def saved(made: Recipe) -> str:
    """Not a stage of its own: the adapter's file, which a library writes."""
    with disk_errors(made.home):
        subject = learner()
        return digest_file(subject.save(subject.adapter(), made.home / "adapter", "tiny"))


def lessons(made: Recipe) -> registry.Run:
    """A finished dataset run of lessons for the tiny model."""
    with registry.begin(made, "dataset", version=1, values={}, inputs={}) as run:
        if not run.done:
            samples.write(run.folder, "train", tiny.lessons(6))
            samples.write(run.folder, "validation", tiny.lessons(2))
            run.finish({})
    return run


STAGES: dict[str, Callable[[Recipe], str]] = {"dataset": built, "export": exported, "train": trained, "adapter": saved}


def mount(home: Path, size: int, *options: str) -> bool:
    words = ",".join([*options, f"size={size}"])
    return subprocess.run(["mount", "-t", "tmpfs", "-o", words, "tmpfs", str(home)], capture_output=True).returncode == 0


def used(home: Path) -> int:
    found = os.statvfs(home)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def leave(home: Path, free: int) -> None:
    """Make the disk so large that `free` bytes are left."""
    assert mount(home, used(home) + free, "remount")


def start(stage: str, made: Recipe) -> dict[str, Any]:
    """Start a stage as the command line does; how it ended, and what stands on the disk then."""
    given: list[str] = []
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = ended(lambda: given.append(STAGES[stage](made)))
    finished = [file.parent.name for file in sorted(made.home.glob(f"runs/{stage}-*/run.json"))]
    models = sorted(path.name for path in made.home.glob("models/**/*") if path.is_file() or path.name.startswith("."))
    return {"code": code, "said": said.getvalue(), "finished": finished, "models": models, "given": given}


def fresh(stage: str, made: Recipe) -> int:
    """An empty disk with what the stage needs to begin; how much that takes."""
    leave(made.home, ROOMY)
    for left in made.home.iterdir():
        shutil.rmtree(left)
    if stage == "train":
        lessons(made)
    return used(made.home)


def main(stage: str, folder: Path, shares: list[float]) -> int:
    """Every share in turn, each on an empty disk."""
    made = recipe.read(folder)
    made.home.mkdir()
    if not mount(made.home, ROOMY):
        return NO_DISK
    before = fresh(stage, made)
    told(start(stage, made))
    size = used(made.home) - before
    for share in shares:
        fresh(stage, made)
        leave(made.home, max(4096, round(share * size)))
        told(start(stage, made))
        leave(made.home, ROOMY)
        told(start(stage, made))
    return 0


def told(row: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), [float(word) for word in sys.argv[3:]]))
