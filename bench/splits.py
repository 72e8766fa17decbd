"""What the splits leave of a repository: how many probes of each test set, how much training text, and why files are not tied by commits.

    python bench/splits.py --repo ../shop --repo ../desk

The build is the real one, with the recipe's defaults. The last two columns are the largest cluster's share of the bytes: tied by
near-duplicates and renames, as we do, and tied by commits too, as if whatever was changed together had to stand on one side.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from idiolect import dataset, recipe, samples, sources
from idiolect.cli import ended
from idiolect.dataset.duplicates.dedupe import dedupe
from idiolect.dataset.guard import SIDES, TESTS
from idiolect.dataset.splits import Clusters
from idiolect.sources import commits
from idiolect.sources.gitread import Repository
from idiolect.types import Document

ROOT = Path(__file__).parent.parent


def row(path: Path) -> dict[str, Any]:
    """The figures of one repository."""
    name = path.parent.name if path.name == "repo" else path.name
    folder = ROOT / ".bench" / "splits" / name
    folder.mkdir(parents=True, exist_ok=True)
    made = recipe.parse({"name": "splits", "source": [{"path": str(path), "name": name}]}, folder=folder)
    run = dataset.build(made)
    source = made.sources[0]
    repository = sources.opened(path, made.cache)
    cut = run.metrics["cuts"][name]["commit"]
    documents, _ = sources.documents(source, repository, cut)
    sides = run.metrics["splits"]
    total = sum(side["bytes"] for side in sides.values())
    near, commits = largest(documents, repository, cut)
    return {
        "repository": name,
        "head": run.metrics["cuts"][name]["head"][:12],
        "commits": len(repository.commits(cut)),
        "cut": cut[:12],
        "files": run.metrics["documents"],
        "megabytes": round(total / 1e6, 2),
        "learned": {side: f"{sides[side]['bytes'] / total:.1%}" for side in sides},
        "lessons": sum(sum(kinds.get(side, 0) for side in SIDES) for kinds in run.metrics["samples"].values()),
        "probes": {split: sum(1 for _ in samples.read(run.folder, split)) for split in TESTS},
        "probes_dropped": run.metrics["probes"]["dropped"],
        "largest_cluster": f"{near:.1%}",
        "largest_cluster_by_commits": f"{commits:.1%}",
    }


def largest(documents: Sequence[Document], repository: Repository, until: str) -> tuple[float, float]:
    """The largest cluster's share of the bytes, without and with the ties of commits that touch no more files than a lesson may."""
    sizes = {one.path: len(one.data) for one in documents}
    clusters: Clusters[str] = Clusters()
    for (_, first), (_, second) in dedupe(documents).edges:
        clusters.tie(first, second)
    touched = [commit.touches for commit in repository.commits(until) if len(commit.parents) < 2]
    for touch in (touch for touches in touched for touch in touches if touch.status == "R"):
        clusters.tie(touch.old_path, touch.path)
    without = share(clusters, sizes)
    for touches in touched:
        if len(touches) <= commits.MAX_EDITS:
            for touch in touches[1:]:
                clusters.tie(touches[0].path, touch.path)
    return without, share(clusters, sizes)


def share(clusters: Clusters[str], sizes: Mapping[str, int]) -> float:
    """The largest cluster's share of the bytes."""
    found: Counter[str] = Counter()
    for path, size in sizes.items():
        found[clusters.root(path)] += size
    return max(found.values()) / sum(found.values())


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """As Markdown."""
    head = ("repository", "commits to the cut", "files", "train", "validation", "cluster", "lessons", "time probes", "cluster probes")
    lines = ["| " + " | ".join((*head, "largest cluster", "tied by commits")) + " |", "|" + "---|" * (len(head) + 2)]
    for one in rows:
        learned: dict[str, str] = defaultdict(lambda: "0", one["learned"])
        cells = [f"{one['repository']} @ {one['head']}", one["commits"], one["files"], learned["train"], learned["validation"]]
        cells += [learned["cluster"], one["lessons"], one["probes"]["time"], one["probes"]["cluster"]]
        lines.append("| " + " | ".join(map(str, [*cells, one["largest_cluster"], one["largest_cluster_by_commits"]])) + " |")
    return "\n".join(lines)


@click.command()
@click.option("--repo", "paths", type=click.Path(exists=True, path_type=Path), multiple=True, required=True, help="A repository; several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def main(paths: Sequence[Path], as_json: bool) -> None:
    """Print the figures of each repository."""
    rows = [row(path) for path in paths]
    print(json.dumps(rows) if as_json else table(rows))


if __name__ == "__main__":
    sys.exit(ended(lambda: main.main(standalone_mode=False)))
