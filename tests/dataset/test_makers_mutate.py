from __future__ import annotations

from collections import Counter

import pytest

from idiolect import syntax
from idiolect.dataset.makers import blocks
from idiolect.dataset.makers.faults import code, faults
from idiolect.dataset.makers.mutate import EVERY, mutate
from idiolect.types import Document, Dropped, Message, Sample

PYTHON = '''async def pick(rows, limit, name="a < b and c"):
    """Rows over 1 and not more."""
    if not rows:
        return None
    # one < two
    best = rows[0]
    for row in rows[1:]:
        if row.size > limit and row.name == name:
            best = await better(best, row)
    return store(best, limit)
'''
RUBY = """class Cart
  def add(item, count = 1)
    return unless item
    raise ArgumentError, "no < such" if count <= 0 || item.sold == true
    found = lines.find { |line| line.item == item }
    unless found
      found = build(item, count - 1)
    end
    found
  end
end
"""
SCRIPT = """export async function load(path, options) {
  if (!path) {
    return;
  }
  const found = await read(path, options);
  if (found.length >= 3 || options.force) {
    return found[0];
  }
  return keep(found, options);
}
"""


def document(text: str, language: str, path: str) -> Document:
    return Document("shop", "team", "c" * 40, path, language, text.encode(), 1)


def kinds(text: str, language: str) -> dict[str, list[str]]:
    data = text.encode()
    parsed = syntax.read(language, data)
    assert parsed
    unit = next(one for one in parsed.units if one.kind in ("function", "method"))
    found = faults(code(language, data, unit, parsed))
    return {kind: [data[unit.start + one.start : unit.start + one.end].decode() for one in places] for kind, places in found.items()}


def test_faults_are_found_in_code_and_not_in_strings_or_comments() -> None:
    found = kinds(PYTHON, "python")
    assert found["comparison"] == [">", "=="] and found["connective"] == ["and"] and found["constant"] == ["0", "1"]
    assert found["negation"] == ["not "] and found["await"] == ["await "] and found["arguments"] == ["best, row", "best, limit"]
    assert found["guard"] == ["    if not rows:\n        return None\n"] and len(found["return"]) == 2
    assert {"best", "row", "limit"} >= set(found["variable"])


def test_other_languages_have_theirs() -> None:
    ruby, script = kinds(RUBY, "ruby"), kinds(SCRIPT, "javascript")
    assert ruby["comparison"] == ["<=", "==", "=="] and ruby["connective"] == ["||"] and "return" not in ruby
    assert ruby["guard"] == ["    return unless item\n"] and ruby["negation"] == ["unless", "unless"]
    assert (
        script["comparison"] == [">="] and script["connective"] == ["||"] and script["await"] == ["await "] and script["negation"] == ["!"]
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("class Ribbon\n  def self.hide(story, user)\n    find_by(user)\n  end\nend\n", "ruby"),
        ("class Cart {\n  add(item, count) {\n    this.put(item);\n  }\n}\n", "javascript"),
        ("function add(item, count) {\n  put(item);\n}\n", "javascript"),
    ],
)
def test_parameters_of_a_definition_are_no_arguments(text: str, language: str) -> None:
    assert "arguments" not in kinds(text, language)


def test_a_guard_whose_names_are_asked_about_again_is_none() -> None:
    guarded = "def up(s)\n  match = s.match(URL)\n  return unless match\n\n  name = {}\n  save(name)\nend\n"
    assert "guard" in kinds(guarded.format("match[:domain]"), "ruby")
    assert "guard" not in kinds(guarded.format("match ? match[:domain] : nil"), "ruby")


def test_a_guard_goes_with_the_empty_line_below_it() -> None:
    text = "def valid(selector)\n  return if selector.nil?\n\n  check(selector)\nend\n"
    assert kinds(text, "ruby")["guard"] == ["  return if selector.nil?\n\n"]


def test_migrations_stay_as_they_are() -> None:
    found = [document(RUBY, "ruby", f"db/migrate/2024_{n}.rb") for n in range(40)]
    assert {one.reason for one in mutate(found) if isinstance(one, Dropped)} == {"beside the program"}


def made(text: str, language: str, suffix: str) -> list[Sample]:
    files = [document(text, language, f"shop/part_{n}{suffix}") for n in range(400)]
    return [one for one in mutate(files) if isinstance(one, Sample)]


@pytest.mark.parametrize(("text", "language", "suffix"), [(PYTHON, "python", ".py"), (RUBY, "ruby", ".rb"), (SCRIPT, "javascript", ".js")])
def test_a_fault_is_named_and_its_mending_gives_the_code_of_the_team(text: str, language: str, suffix: str) -> None:
    samples = made(text, language, suffix)
    assert 400 / EVERY / 2 < len(samples) < 400 / EVERY * 2
    for one in samples:
        assert isinstance(one.prompt, tuple) and isinstance(one.prompt[0], Message)
        path = one.origins[0].path
        shown = one.prompt[0].content.split(f"```{language}\n")[1].split("\n```")[0] + "\n"
        assert shown not in text
        assert blocks.apply(one.answer or "", {path: shown})[path] in text
        assert (one.kind, one.maker, one.labels["synthetic"], one.confidence, one.weight) == ("bugfix", "mutate", ("mutation",), 0.5, 0.5)
    assert len(Counter(one.labels["fault"] for one in samples)) >= 5


def test_what_is_asked_holds_no_trace_of_the_answer() -> None:
    for one in made(PYTHON, "python", ".py"):
        assert isinstance(one.prompt, tuple) and isinstance(one.prompt[0], Message)
        answer = (one.answer or "").split("\n=======\n")
        wrong, mended = ({row.strip() for row in side.split("\n")} for side in (answer[0], answer[1].split("\n>>>>>>>")[0]))
        assert mended - wrong and (mended - wrong).isdisjoint(row.strip() for row in one.prompt[0].content.split("\n"))


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("tests/test_a.py", PYTHON, {"beside the program"}),
        ("shop/a.py", "x = (\n", {"does not parse", "not drawn"}),
        ("shop/a.py", "def f():\n    go()\n", {"no place for a fault", "not drawn"}),
    ],
)
def test_other_files_have_their_reason(path: str, text: str, why: set[str]) -> None:
    found = [one for n in range(20) for one in mutate([document(f"{text}# {n}\n", "python", path)])]
    assert all(isinstance(one, Dropped) for one in found)
    assert {one.reason for one in found if isinstance(one, Dropped)} == why
