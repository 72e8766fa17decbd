"""How fast and how incremental the dataset stage is: its front half, git's part of it, its builds, and near-duplicates beside peers.

    make setup-bench
    python bench/dataset.py --quick --json              # at most ten minutes on two cores
    python bench/dataset.py --repo ../rails --json      # any repository: prints its commit, and how fast its history is read

The corpora are Python files (standard library, installed packages, the placebo's) and Ruby files (the placebo's), each text once, each
language committed to a git repository of its own that is packed as a server would; making them is not timed.

The front half is all that stands before the makers, by the stage's own parts: sanitised copy, attributes and licences (`open`); tree and
blobs, gates, headers, secrets and personal data, the prints that duplicates are found by, and keeping all that in the cache (`read`); exact
and near duplicates (`duplicates`), sides (`split`), outlines (`parse`). It is done in this process: what it costs to hand work to
others is in the builds. MB are bytes of different documents that reach the parser; time is of the processor, of this process and of every
child (git), so that what else the machine does counts little, and MB per second of it is MB per second and core. The builds are whole runs
of `idiolect.dataset.build`, each in a process of its own: cold; a second time, when the run that stands is found (`warm`); again when that
run was deleted, so that only the cache helps (`cache`); and with one file changed. Fractions are of the cold build's processor time, the
speedup is by the clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import dedupe as peers
from parsing import spent

from idiolect import compute, sources, syntax
from idiolect.cli import ended
from idiolect.dataset import scrubbing, splits
from idiolect.dataset.duplicates.dedupe import dedupe
from idiolect.dataset.stored import Stored
from idiolect.dataset.workshop import Workshop
from idiolect.errors import DataError, ToolError
from idiolect.recipe import Source
from idiolect.scrub import Scrubber, rules
from idiolect.sources import rules as tree

ROOT = Path(__file__).parent.parent
PLACEBO = ROOT / ".bench" / "placebo"
FOLDERS = {
    "python": (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib")), PLACEBO / "pip"),
    "ruby": (PLACEBO / "deb",),
}
ENDINGS = {"python": ".py", "ruby": ".rb"}
QUICK_BYTES, QUICK_FILES, FILES = 30_000_000, 2_000, 10_000
"""Bytes of one language, and files of the builds."""
MOST_FILE = 1_000_000
LEAST_MB = 1.0
HISTORIC = 50_000
"""Blobs of the history that are read."""
_BUILD = """
import json, sys
from pathlib import Path
from idiolect import dataset, recipe
print(json.dumps(dataset.build(recipe.read(Path(sys.argv[1]))).metrics.get("units")))
"""


def texts(language: str, most: int) -> dict[str, bytes]:
    """Different files of a language by path, about `most` bytes, in the order of their contents' hash: any prefix is a fair sample."""
    found: dict[bytes, str] = {}
    for number, folder in enumerate(FOLDERS[language]):
        for path in sorted(folder.rglob(f"*{ENDINGS[language]}")):
            if path.is_file() and path.stat().st_size <= MOST_FILE and not (number == 0 and "packages" in path.as_posix()):
                found.setdefault(path.read_bytes(), f"{language}{number}/{path.relative_to(folder).as_posix()}")
    chosen: dict[str, bytes] = {}
    for data in sorted(found, key=lambda one: hashlib.sha256(one).digest()):
        chosen[found[data]] = data
        if (most := most - len(data)) <= 0:
            break
    return chosen


def repository(folder: Path, files: dict[str, bytes]) -> Path:
    """A git repository with these files in one commit, packed."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    git(folder, "init", "-q")
    commit(folder)
    git(folder, "repack", "-a", "-d", "-q")
    return folder


def commit(folder: Path) -> None:
    """Commit everything as it stands."""
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=Bench", "-c", "user.email=bench@example.org", "commit", "-q", "-m", "Files")


def git(folder: Path, *words: str) -> str:
    """What git says."""
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Timed:
    """Processor seconds by step, of this process and its children, and the bytes that reached the parser."""

    seconds: dict[str, float] = field(default_factory=dict)
    size: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time of a block."""
        before = spent()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + spent() - before

    def rate(self, *without: str) -> float:
        """MB per second, some steps left out."""
        return self.size / 1e6 / sum(taken for name, taken in self.seconds.items() if name not in without)


def front_half(folder: Path, cache: Path) -> Timed:
    """All steps before the makers, over one source, by the stage's own parts in this process."""
    timed, source, store = Timed(), Source(path=str(folder), name="bench"), compute.Store(cache / compute.FOLDER)
    with timed.step("open"):
        opened = sources.opened(folder, cache)
        told = tree.of(source, opened, opened.head)
        scrubber = Scrubber(rules.together(), scrubbing.authors([opened]))
    with compute.engine("here", store) as engine, closing(Workshop(engine, store, scrubber, {}, folder)) as workshop:
        with timed.step("read"):
            read = [one for one in workshop.documents(told, opened, opened.head, sources.MAX_BYTES) if isinstance(one, Stored)]
        with timed.step("duplicates"):
            found = dedupe(read, None, lambda one: one.place.print)
        with timed.step("split"):
            splits.assign(found.kept, found.edges)
        with timed.step("parse"):
            kept = [one for one in workshop.parsed(found.kept) if isinstance(one, Stored) and syntax.has_grammar(one.language)]
        timed.size = sum(one.size for one in kept)
    return timed


def speeds(corpora: dict[str, Path], cache: Path) -> dict[str, Any]:
    """The front half on each language."""
    timed = {language: front_half(folder, cache / language) for language, folder in corpora.items()}
    size = sum(one.size for one in timed.values())
    before = sum(sum(one.seconds.values()) - one.seconds["parse"] for one in timed.values())
    return {
        **{f"{language}_mb_per_s_per_core": round(one.rate(), 2) for language, one in timed.items()},
        "without_parsing_mb_per_s_per_core": round(size / 1e6 / before, 2),
        "megabytes": {language: round(one.size / 1e6, 1) for language, one in timed.items()},
        "ns_per_byte": {
            language: {name: round(taken / one.size * 1e9, 1) for name, taken in one.seconds.items()} for language, one in timed.items()
        },
    }


@dataclass
class Built:
    """One build: seconds by the clock and of the processor, most memory, counts of units."""

    clock: float
    processor: float
    peak: int
    units: dict[str, int] | None


def built(recipe: Path, cores: int = 0) -> Built:
    """Build the dataset of a recipe in a process of its own, on so many cores; 0: all."""
    allowed = sorted(os.sched_getaffinity(0))[: cores or None]
    started = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-c", _BUILD, str(recipe)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )  # fmt: skip
    with watched(child.pid) as most:
        assert child.stdout
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise DataError(f"a build ended with {child.returncode}", where=str(recipe), next="run `idiolect dataset` there to see why")
    return Built(time.monotonic() - started, used.ru_utime + used.ru_stime, most(), json.loads(said))


@contextmanager
def watched(root: int) -> Iterator[Callable[[], int]]:
    """Within this, the memory of a process and its descendants is looked at ten times a second; the function tells the most bytes.

    What processes share is counted once.
    """
    over, peaks = threading.Event(), [0]

    def look() -> None:
        while not over.wait(0.1):
            peaks[0] = max(peaks[0], resident(root))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield lambda: peaks[0]
    finally:
        over.set()
        watcher.join()


def resident(root: int) -> int:
    """Bytes of memory of a process and its descendants: what each has for itself, and the most that one shares."""
    parents, sizes = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                sizes[int(folder.name)] = [int(number) * os.sysconf("SC_PAGE_SIZE") for number in (folder / "statm").read_text().split()]
            except (OSError, IndexError):  # it has ended
                continue
    tree = {root}
    while more := {one for one, above in parents.items() if above in tree} - tree:
        tree |= more
    found = [sizes[one] for one in tree if one in sizes]
    return sum(size[1] - size[2] for size in found) + max((size[2] for size in found), default=0)


def builds(folder: Path, files: dict[str, bytes]) -> dict[str, Any]:
    """What a second build costs, what one changed file costs, and what a second core brings."""
    source = repository(folder / "source", files)
    (folder / "idiolect.toml").write_text('name = "bench"\n[[source]]\npath = "source"\n')

    def build(cores: int = 0, cache: bool = True) -> Built:
        shutil.rmtree(folder / ".idiolect" / ("runs" if cache else ""), ignore_errors=True)
        return built(folder, cores)

    both = len(os.sched_getaffinity(0)) > 1
    alone = build(1, cache=False) if both else None
    cold = build(2, cache=False)
    warm = built(folder, 2)
    again = build(2)
    first = next(iter(files))
    (source / first).write_bytes(files[first] + b"\n\nONE_MORE = 1\n")
    commit(source)
    changed = build(2)
    units = changed.units
    return {
        "two_core_speedup": round(alone.clock / cold.clock, 2) if alone else None,
        "peak_mib": round(max(one.peak for one in (cold, again, changed)) / (1 << 20)),
        "warm_fraction": round(warm.processor / cold.processor, 4),
        "cache_fraction": round(again.processor / cold.processor, 4),
        "one_file_unit_fraction": round(units["computed"] / max(1, sum(units.values())), 5) if units else None,
        "one_file_time_fraction": round(changed.processor / cold.processor, 4),
        "build_files": len(files),
        "build_seconds": {
            "cold": round(cold.clock, 1),
            "warm": round(warm.clock, 1),
            "cache": round(again.clock, 1),
            "one file": round(changed.clock, 1),
        },
        **({} if both else {"why_no_speedup": "this process may use one core"}),
        **({} if units else {"why_no_units": "the build does not count its units"}),
    }


def beside_peers(size: int) -> dict[str, Any]:
    """Near-duplicates alone, ours and theirs, on the same texts; recall against exact ground truth."""
    sys.path.append(str(peers.PEERS))
    corpus = peers.corpus(Path(sysconfig.get_path("purelib")), size)
    ours, datasketch, datatrove = (peers.speed(work, corpus) for work in (peers.ours, peers.datasketch, peers.datatrove))
    return {
        "dedupe_vs_datasketch": round(ours / datasketch, 1),
        "dedupe_vs_datatrove": round(ours / datatrove, 1),
        "dedupe_recall": peers.recall(corpus[:3000])["dedupe_recall"],
    }


def history(place: Path, cache: Path) -> dict[str, Any]:
    """How fast a repository is copied, its change list made and its blobs read, by the clock."""
    clocks, processors = [time.monotonic()], [spent()]

    def lap() -> float:
        clocks.append(time.monotonic())
        processors.append(spent())
        return clocks[-1] - clocks[-2]

    opened = sources.opened(place, cache)
    copied = lap()
    commits = opened.commits()
    listed = lap()
    newest = [entry.oid for entry in opened.tree(opened.head) if entry.size is not None]
    older = dict.fromkeys(touch.new for commit in commits for touch in commit.touches if touch.new)
    asked = list(dict.fromkeys([*newest, *list(older)[:HISTORIC]]))
    lap()
    sizes = [len(data) for _, data in opened.blobs(asked) if data is not None]
    read = lap()
    laps = [after - before for before, after in pairwise(processors)]
    return {
        "commit": opened.head,
        "commits": len(commits),
        "not_merges": sum(len(commit.parents) < 2 for commit in commits),
        "renames": "exact" if opened.exact_renames else "all",
        "copy_s": round(copied, 2),
        "changes_s": round(listed, 2),
        "blobs_per_s": round(len(sizes) / read),
        "blobs": len(sizes),
        "blobs_mb": round(sum(sizes) / 1e6),
        "processor_s": {"copy": round(laps[0], 2), "changes": round(laps[1], 2), "blobs": round(laps[3], 2)},
    }


def measured(quick: bool, work: Path) -> dict[str, Any]:
    """Every figure of the corpora made of installed packages."""
    if not peers.PEERS.is_dir():
        raise ToolError("the peers are missing", next="bring them with `make setup-bench`")
    most = QUICK_BYTES if quick else sys.maxsize
    files = {language: texts(language, most) for language in FOLDERS}
    lacking = [language for language, found in files.items() if sum(map(len, found.values())) < LEAST_MB * 1e6]
    if lacking:
        raise ToolError(f"there is no {' and no '.join(lacking)} to read", next="bring it with `make setup-bench`")
    corpora = {language: repository(work / language, found) for language, found in files.items()}
    some = dict(list(files["python"].items())[: QUICK_FILES if quick else FILES])
    return {
        **speeds(corpora, work / "cache"),
        **builds(work / "build", some),
        **beside_peers(10_000_000 if quick else 40_000_000),
    }


@click.command()
@click.option("--repo", type=click.Path(exists=True, path_type=Path), help="Read the history of this repository instead.")
@click.option("--quick", is_flag=True, help="Smaller corpora and builds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def main(repo: Path | None, quick: bool, as_json: bool) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        found = history(repo, Path(folder)) if repo else measured(quick, Path(folder))
    found["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(found) if as_json else "\n".join(f"{name}: {value}" for name, value in found.items()))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
