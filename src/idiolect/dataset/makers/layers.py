"""Which part of a program a file is, by its path, and the order in which a change of several files is told."""

from __future__ import annotations

import re
from collections.abc import Sequence

from idiolect.dataset.makers.sections import PROSE
from idiolect.sources.testpaths import is_test
from idiolect.syntax import units
from idiolect.types import Edit

LAYERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile("|".join(patterns), re.IGNORECASE))
    for name, *patterns in (
        ("docs", r"(?:^|/)(?:docs?|documentation|examples?|guides?)/", r"(?:^|/)(?:readme|changes|changelog|history|contributing)[^/]*$"),
        ("manifest", r"\.(?:gemspec|csproj|nuspec)$", r"(?:^|/)(?:Gemfile|Rakefile|Appraisals|Dockerfile|Makefile|Jenkinsfile)[^/]*$",
         r"(?:^|/)(?:package|composer|bower|tsconfig)\.json$", r"(?:^|/)(?:setup\.(?:py|cfg)|pyproject\.toml|tox\.ini|noxfile\.py)$",
         r"(?:^|/)requirements[^/]*$", r"(?:^|/)(?:Cargo\.toml|go\.mod|pom\.xml|build\.gradle(?:\.kts)?)$",
         r"(?:^|/)\.(?:github|gitlab|circleci)[^/]*/", r"(?:^|/)\.[^/]+\.ya?ml$"),
        ("schema", r"(?:^|/)(?:migrations?|migrate|schema)/", r"(?:^|/)(?:schema|structure)\.(?:rb|sql|prisma)$",
         r"\.(?:sql|proto|graphql|prisma)$"),
        ("model", r"(?:^|/)(?:models?|entities|entity|domain)(?:/|\.\w+$)"),
        ("route", r"(?:^|/)(?:routes?|urls|routing)(?:/|\.\w+$)"),
        ("view", r"(?:^|/)(?:views?|templates?|components?|pages|layouts|partials)/",
         r"\.(?:erb|haml|slim|jinja2?|j2|ejs|hbs|vue|html?|jsp|blade\.php)$"),
        ("style", r"\.(?:css|scss|sass|less)$"),
        ("locale", r"(?:^|/)(?:locales?|i18n|translations)/"),
    )
)  # fmt: skip
ORDER = ("manifest", "schema", "model", "code", "route", "view", "style", "locale", "test", "docs")
"""What others build on comes first."""
BESIDE = frozenset({"manifest", "style", "locale", "test", "docs"})
"""What stands beside the program."""
_WORD = re.compile(rb"[A-Za-z_]\w*")


def layer(path: str, language: str = "") -> str:
    """One of `ORDER`; a controller, a service and whatever has no place of its own is `code`."""
    if is_test(path):
        return "test"
    found = next((name for name, pattern in LAYERS if pattern.search(path)), "code")
    return "docs" if found == "code" and language in PROSE else found


def in_order(edits: Sequence[Edit]) -> list[Edit]:
    """From the schema to the documentation; within a layer a file comes after those whose new names it uses, else by path."""
    left = sorted(edits, key=lambda edit: (ORDER.index(layer(edit.path, edit.language)), edit.path))
    names = {edit.path: _new_names(edit) for edit in left}
    words = {edit.path: set(_WORD.findall(edit.after)) for edit in left}
    found: list[Edit] = []
    while left:
        here = [edit for edit in left if layer(edit.path, edit.language) == layer(left[0].path, left[0].language)]
        free = [edit for edit in here if not any(names[other.path] & words[edit.path] for other in here if other is not edit)]
        found.append((free or here)[0])
        left.remove(found[-1])
    return found


def _new_names(edit: Edit) -> set[bytes]:
    """Names of the units that a file defines now and did not before."""
    had = {unit.name for unit in units(edit.language, edit.before)} if edit.before else set()
    return {unit.name.rpartition(".")[2].encode() for unit in units(edit.language, edit.after) if unit.name and unit.name not in had}
