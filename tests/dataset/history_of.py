"""Git repositories with a history, made by one process."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.dataset.corpus import text

DAY = 86_400


def repository(folder: Path, commits: Sequence[tuple[str, Mapping[str, str | None]]]) -> Path:
    """A repository whose main branch has these commits: a message, and files by path; None takes a file away."""
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=folder, check=True)
    stream = bytearray()
    for number, (message, files) in enumerate(commits):
        stamp = f"Ada Example <ada@example.com> {1_600_000_000 + number * DAY} +0000"
        stream += f"commit refs/heads/main\nauthor {stamp}\ncommitter {stamp}\n".encode() + _data(message)
        for path, content in files.items():
            stream += f"D {path}\n".encode() if content is None else f"M 100644 inline {path}\n".encode() + _data(content)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=bytes(stream), check=True)
    return folder


def grown(seed: int = 0, files: int = 60, functions: int = 12) -> list[tuple[str, dict[str, str | None]]]:
    """A history in which a file of about a hundred lines comes with each commit, and every third grows again later."""
    commits: list[tuple[str, dict[str, str | None]]] = []
    for number in range(files):
        path = f"src/part_{number}.py"
        commits.append((f"Add part {number}", {path: text(seed + number, functions)}))
        if number % 3 == 2:
            commits.append((f"Weigh parcels in part {number}", {path: text(seed + number, functions + 2)}))
    return commits


def _data(content: str) -> bytes:
    data = content.encode()
    return f"data {len(data)}\n".encode() + data + b"\n"
