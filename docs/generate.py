"""Write docs/recipe.md and docs/cli.md from the code, or with `--check` fail where they differ from it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from idiolect import labels, recipe
from idiolect.cli import cli

DOCS = Path(__file__).parent
SECTIONS = {
    "": recipe.Recipe,
    "[[source]]": recipe.Source,
    "[source.admit]": recipe.Admit,
    "[[model]]": recipe.ModelRecipe,
    "[[label]]": labels.Label,
    "[[label.sign]]": labels.Sign,
    "[dataset]": recipe.DatasetRecipe,
    "[scrub]": recipe.ScrubRecipe,
    "[train]": recipe.TrainRecipe,
    "[export]": recipe.ExportRecipe,
    "[serve]": recipe.ServeRecipe,
    "[evaluate]": recipe.EvaluateRecipe,
    "[general]": recipe.GeneralRecipe,
}
HEAD = "<!-- Written by docs/generate.py; change the code, then run `make format`. -->\n"


def field_docs(record: type) -> dict[str, str]:
    """Each field's docstring, which stands beneath it in the source."""
    tree = ast.parse(Path(inspect.getfile(record)).read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == record.__name__)
    found = {}
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            found[field.target.id] = ast.literal_eval(after.value)
    return found


def default(field: FieldInfo) -> str:
    """A field's default as TOML would have it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "derived"
    if isinstance(value, tuple):
        return f"`[{', '.join(repr(one) for one in value)}]`".replace("'", '"')
    return f"`{value!r}`".replace("'", '"')


def recipe_page() -> Iterator[str]:
    """Every key of the recipe, by section."""
    yield f"# The recipe\n\n{HEAD}\n{recipe.__doc__.split(chr(10), 1)[1].strip() if recipe.__doc__ else ''}\n"
    for section, record in SECTIONS.items():
        docs = field_docs(record)
        yield f"\n## {section or 'At the top'}\n\n{(record.__doc__ or '').strip()}\n\n| key | default | meaning |\n|---|---|---|\n"
        for name, field in record.model_fields.items():  # type: ignore[attr-defined]  # every section is a Record
            if name in docs and not field.exclude and field.alias is None:
                yield f"| `{name}` | {default(field)} | {docs[name]} |\n"


def cli_page() -> Iterator[str]:
    """The help text of every command."""
    yield f"# The command line\n\n{HEAD}\n"
    yield "Exit codes: 0 done; 1 recipe, no source, nothing to learn from; 2 misuse; 3 data refused; 4 gate failed; 5 disk, port, memory; "
    yield "6 a tool or engine missing or gone; 7 a digest does not match; 70 our bug; 130 and 143 signals.\n"
    yield from command_pages(cli, "idiolect", None)


def command_pages(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    """One command's help, then its own commands'."""
    context = click.Context(command, info_name=name.rsplit(" ", 1)[-1], parent=parent, terminal_width=110, **command.context_settings)
    yield f"\n## {name}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            yield from command_pages(command.commands[one], f"{name} {one}", context)


def main() -> int:
    """Write both pages, or compare them."""
    stale = []
    for name, page in (("recipe.md", recipe_page), ("cli.md", cli_page)):
        text, file = "".join(page()), DOCS / name
        if "--check" in sys.argv and (not file.is_file() or file.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif "--check" not in sys.argv:
            file.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} differs from the code; run `make format`", file=sys.stderr)  # noqa: T201  a script's own output
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
