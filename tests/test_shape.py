"""Short tails: quality shows in the longest function and the longest signature, not in the median."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for room in ("src", "bench", "seedling", "examples", "docs") for path in (ROOT / room).rglob("*.py"))
MOST_LINES, MOST_FUNCTION_LINES, MOST_PARAMETERS = 400, 40, 6

EXCEPTIONS: dict[str, str] = {}
"""Place: why it may be longer."""


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([name for name in names if name.arg not in ("self", "cls")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_functions_and_signatures_are_short(path: Path) -> None:
    label = str(path.relative_to(ROOT))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    for node in functions(path):
        if f"{label}:{node.name}" in EXCEPTIONS:
            continue
        assert (node.end_lineno or 0) - node.lineno + 1 <= MOST_FUNCTION_LINES, f"{label}:{node.lineno} {node.name} is long"
        assert parameters(node) <= MOST_PARAMETERS, f"{label}:{node.lineno} {node.name} takes many parameters"


def test_every_exception_is_still_needed() -> None:
    for place in EXCEPTIONS:
        file, name = place.split(":")
        node = next(node for node in functions(ROOT / file) if node.name == name)
        assert (node.end_lineno or 0) - node.lineno + 1 > MOST_FUNCTION_LINES or parameters(node) > MOST_PARAMETERS
