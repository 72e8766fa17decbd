"""Carry a git repository once round the loop and show what it gained: `make demo`, or `make demo REPO=path`.

The work stands in `.demo/<name>`; a second start skips what is done. A repository with too little history after the cut cannot be
measured: then the loop goes round the small repository beside this file instead, and says so.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from idiolect import dataset, evaluate, loop, preflight, recipe
from idiolect.cli import ended
from idiolect.errors import RecipeError
from idiolect.registry import Run

ROOT = Path(__file__).parent.parent
HISTORY = Path(__file__).parent / "bookshop.fi"
ENOUGH = 50
"""Fewer probes decide nothing (design, section 3)."""
PROBES = 200


def main() -> None:
    """Go round, print the table, and say what to do next."""
    repository = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = prepared(repository)
    lessons = dataset.build(found)
    if lessons.metrics["probes"]["kept"] < ENOUGH:
        few = f"{repository.name} has {lessons.metrics['probes']['kept']} probes written after the cut, and {ENOUGH} are needed"
        if repository == ROOT:
            raise RecipeError(few, where=str(ROOT), next="idiolect's own history has more: clone it whole, not shallow")
        click.echo(f"{few}; going on with {HISTORY.relative_to(ROOT)}", err=True)
        found = prepared(bookshop())
        lessons = dataset.build(found)
    report = loop.tune(found, found.models[0], lessons)
    tell(found, report)


def prepared(repository: Path) -> recipe.Recipe:
    """The recipe of the demo for a repository; written anew at each start, so that it follows the program."""
    folder = ROOT / ".demo" / (repository.name or "repository")
    folder.mkdir(parents=True, exist_ok=True)
    file = preflight.init(folder, (repository,), name="", effort="quick", force=True)
    with file.open("a", encoding="utf-8") as more:
        more.write(f"\n[evaluate]\nprobes = {PROBES}   # enough for an interval; asking is half of the demo's time\n")
    return recipe.read(file)


def bookshop() -> Path:
    """The repository beside this file, made from its history in text form."""
    target = ROOT / ".demo" / "bookshop-repository"
    if not (target / "HEAD").is_file():
        git = ["git", "-c", "core.hooksPath=/dev/null"]
        subprocess.run([*git, "init", "--quiet", "--bare", "--initial-branch=main", str(target)], check=True)
        subprocess.run([*git, "-C", str(target), "fast-import", "--quiet"], input=HISTORY.read_bytes(), check=True)
    return target


def tell(found: recipe.Recipe, report: Run) -> None:
    """Print the table, three commands and where the report is."""
    folder = found.folder.relative_to(ROOT)
    click.echo(evaluate.table(report.metrics))
    click.echo("\nGo on with:")
    click.echo(f"  .venv/bin/idiolect serve --recipe {folder}")
    click.echo(f"""  curl -s http://127.0.0.1:{found.serve.port}/v1/completions -H 'content-type: application/json' \\
       -d '{{"prompt": "def read(path):\\n    ", "suffix": "\\n    return text\\n", "max_tokens": 32}}'""")
    click.echo("  .venv/bin/idiolect init PATH_OF_YOUR_REPOSITORY")
    click.echo(f"\nreport: {report.path('report.html')}")


if __name__ == "__main__":
    sys.exit(ended(main))
