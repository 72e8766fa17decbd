import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from idiolect import dataset, recipe, sources, syntax
from idiolect.dataset import labelling, locks, marking, units
from idiolect.dataset.labelling import Place, Vocabulary
from idiolect.errors import RecipeError
from idiolect.labels import Label, unknown
from idiolect.pack import Pack
from idiolect.sandbox import Failed
from idiolect.syntax import reader
from idiolect.syntax.parsers import ParserProcess
from tests.dataset.corpus import text
from tests.dataset.history_of import repository

POM = """<?xml version="1.0" encoding="ISO-8859-1"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.a</groupId><artifactId>parent</artifactId><version>3.2.0</version></parent>
  <properties><util.version> 2.0 </util.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.b</groupId><artifactId>core</artifactId><version>1.5</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.c</groupId><artifactId>util</artifactId><version>${util.version}</version>
      <exclusions><exclusion><groupId>org.x</groupId><artifactId>y</artifactId></exclusion></exclusions></dependency>
    <dependency><groupId>org.d</groupId><artifactId>inherited</artifactId></dependency>
    <dependency><groupId>org.e</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>org.f</groupId><artifactId>elsewhere</artifactId><version>${project.version}</version></dependency>
  </dependencies>
  <build><plugins><plugin><groupId>org.g</groupId><artifactId>p</artifactId><version>1</version></plugin></plugins></build>
</project>
"""
GENERATIONS: list[dict[str, Any]] = [
    {"value": "screen", "sign": [{"text": r"(?i)^\s*at\("}, {"text": "cursor", "weight": 0.5}], "conflicts": ["web"]},
    {"value": "window", "sign": [{"calls": "open_window"}, {"imports": "gui.*"}, {"text": "get_page", "weight": -1.0}]},
    {"value": "web", "sign": [{"text": "get_page"}], "implies": ["events"]},
    {"value": "events", "sign": [{"text": "on_event"}]},
    {"value": "all", "rest": True, "files": ["src/**"]},
]


def vocabulary(*labels: dict[str, Any]) -> Vocabulary:
    return Vocabulary(recipe.parse({"name": "a", "label": list(labels or GENERATIONS)}, folder=Path()).labels)


def decided(code: str, path: str = "src/a.py", known: Vocabulary | None = None, **about: Any) -> tuple[str, ...]:
    words = known or vocabulary()
    with syntax.reading():
        found = frozenset(labelling.found(words.asked, "python", code.encode()) or ())
    return words.decided(Place(path, about.pop("time", 0), found, **about)).get("generation", ())


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("at(3, 4)\n", ("screen",)),
        ("open_window(3)\n", ("window",)),
        ("import gui.boxes\n", ("window",)),
        ("open_window(get_page())\n", ("web", "events")),  # a sign against, and what is implied
        ("open_window(on_event)\n", ("window", "events")),
        ("total = 1\n", ("all",)),
        ("# open_window(3), get_page\ntotal = 1\n", ("all",)),  # comments say nothing
        ("cursor = 1\n", ()),  # a sign that weighs too little: not `all` either
        ("at(3, get_page())\n", ("screen", "web", "events")[:0]),  # two that conflict: nothing is said
    ],
)
def test_signs_decide_and_what_they_do_not_decide_is_not_guessed(text: str, values: tuple[str, ...]) -> None:
    assert decided(text) == values


def test_weights_that_come_to_the_threshold_reach_it() -> None:
    signs = [{"text": word, "weight": weight} for word, weight in (("one", 0.6), ("two", 0.3), ("three", 0.1))]
    known = vocabulary({"value": "sum", "sign": signs})
    assert decided("one = two = three\n", known=known) == ("sum",)
    assert decided("one = two\n", known=known) == ()


def test_the_rest_is_only_for_the_files_that_it_is_a_question_of() -> None:
    assert decided("total = 1\n", "docs/a.py") == ()


def test_a_sign_holds_where_all_that_it_says_holds() -> None:
    known = vocabulary({"value": "late", "sign": [{"text": "total", "path": "new/**", "since": datetime.date(2020, 1, 1)}]})
    late, early = 1_600_000_000, 1_500_000_000
    places = (("new/a.py", late), ("old/a.py", late), ("new/a.py", early))
    assert [decided("total = 1\n", path, known, time=time) for path, time in places] == [("late",), (), ()]
    assert decided("sum = 1\n", "new/a.py", known, time=late) == ()
    old = vocabulary({"value": "old", "sign": [{"until": datetime.date(2020, 1, 1)}]})
    assert [decided("", known=old, time=time) for time in (early, late)] == [("old",), ()]


def test_versions_are_those_of_the_nearest_lock_file() -> None:
    stated = {"": {"rails": "6.1.7", "rack": "2.2"}, "engines/new": {"rails": "7.1.3"}}
    known = vocabulary({"value": "seven", "sign": [{"locked": "rails>=7.1"}]})
    versions = [locks.nearest(path, stated) for path in ("app/a.py", "engines/new/app/a.py", "engines/newer/a.py")]
    assert [decided("", known=known, versions=one) for one in versions] == [(), ("seven",), ()]
    assert versions[1]["rack"] == "2.2"


def test_a_library_that_the_nearest_lock_file_has_in_several_versions_has_none() -> None:
    inner = locks.versions("go.mod", b"require example.org/a v1.2.3\nrequire example.org/a v2.0.0\n")
    assert inner == {"example.org/a": ""}
    assert locks.nearest("inner/a.go", {"": {"example.org/a": "1.0.0", "b": "2.0"}, "inner": inner}) == {"b": "2.0"}


def test_lock_files_of_one_folder_that_differ_leave_a_version_open(tmp_path: Path) -> None:
    node = '{"packages": {"node_modules/vue": {"version": "3.4.1"}, "node_modules/ms": {"version": "2.0.0"}}}'
    repository(tmp_path / "shop", [("Begin", {"package-lock.json": node, "yarn.lock": 'ms@2:\n  version "2.1.3"\n'})])
    opened = sources.opened(tmp_path / "shop", tmp_path / "cache")
    stated, read = marking.lock_files(opened, opened.head)
    assert stated == {"": {"vue": "3.4.1", "ms": ""}} and len(read) == 2


@pytest.mark.parametrize(
    ("wanted", "version", "holds"),
    [
        ("rails>=7.1", "7.1", True), ("rails>=7.1", "7.0.8", False), ("rails==7.1", "7.1.2", True), ("rails<=7.1", "7.1.2", True),
        ("rails>7.1", "7.1.2", False), ("rails>7.1", "7.2", True), ("rails<7", "6.1", True), ("rails<7", "7.0", False),
        ("rails>=7", "10.0.0.rc1", True), ("org.a:core>=7", "7", False), ("rack>=1", "7", False),
    ],
)  # fmt: skip
def test_a_version_is_compared_number_by_number(wanted: str, version: str, holds: bool) -> None:
    assert locks.holds(wanted, {"rails": version}) is holds


@pytest.mark.parametrize(
    ("path", "text", "stated"),
    [
        ("Gemfile.lock", "GEM\n  specs:\n    rails (7.1.2)\n      rack (>= 2)\n    rack (2.2.8)\n", {"rails": "7.1.2", "rack": "2.2.8"}),
        ("package-lock.json", '{"packages": {"": {}, "node_modules/vue": {"version": "3.4.1"}}}', {"vue": "3.4.1"}),
        ("package-lock.json", '{"packages": {"node_modules/a/node_modules/vue": {"version": "2"}}}', {}),
        ("uv.lock", '[[package]]\nname = "django"\nversion = "5.0"\n', {"django": "5.0"}),
        ("go.mod", "module a\n\nrequire (\n\tgithub.com/b/c v1.2.3\n)\n", {"github.com/b/c": "1.2.3"}),
        ("requirements.txt", "django[argon2]==4.2.1 ; python_version > '3'\nflask>=2\n", {"django": "4.2.1"}),
        ("Cargo.lock", '[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "a"\nversion = "2"\n', {}),  # which of them?
        ("yarn.lock", '# yarn lockfile v1\n\n\n"@babel/core@^7.0.0", "@babel/core@^7.1":\n  version "7.2.3"\n  resolved "x"\n\n'
         'vue@^3, vue@3.x:\r\n  version "3.4.1"\r\n\nms@2.0.0:\n  version "2.0.0"\n\nms@^2.1:\n  version "2.1.3"\n',
         {"@babel/core": "7.2.3", "vue": "3.4.1"}),
        ("yarn.lock", '__metadata:\n  version: 6\n\n"lodash@npm:^4.17.21, lodash@npm:4":\n  version: 4.17.21\n', {"lodash": "4.17.21"}),
        ("pnpm-lock.yaml", "lockfileVersion: 5.4\n\npackages:\n\n  /@babel/core/7.2.3:\n    dev: true\n  /vue/3.4.1_ts@5:\n    x: y\n",
         {"@babel/core": "7.2.3", "vue": "3.4.1"}),
        ("pnpm-lock.yaml", "overrides:\n  ms@2: 2.1.3\n\npackages:\n\n  '@babel/core@7.2.3':\n    engines: {}\n\n  vue@3.4.1:\n    a: b\n\n"
         "snapshots:\n\n  '@babel/core@7.2.3': {}\n\n  vue@3.4.1(ts@5.0.0):\n    a: b\n  b@1.0.0: {}\n  b@2.0.0: {}\n",
         {"@babel/core": "7.2.3", "vue": "3.4.1"}),
        ("composer.lock", '{"packages": [{"name": "symfony/console", "version": "v6.4.1"}, {"name": "a/b", "version": "dev-main"}], '
         '"packages-dev": [{"name": "c/d", "version": "1.0"}]}', {"symfony/console": "6.4.1", "c/d": "1.0"}),
        ("Pipfile.lock", '{"default": {"django": {"version": "==4.2.1"}, "own": {"path": "."}}, '
         '"develop": {"pytest": {"version": "==8.0"}}}', {"django": "4.2.1", "pytest": "8.0"}),
        ("gradle.lockfile", "# comment\norg.a:core:5.3.1=compileClasspath,runtimeClasspath\norg.b:x:1=a\norg.b:x:2=b\nempty=c\n",
         {"org.a:core": "5.3.1"}),
        ("pom.xml", POM, {"org.a:parent": "3.2.0", "org.b:core": "1.5", "org.c:util": "2.0"}),
    ],
)  # fmt: skip
def test_lock_files_are_read(path: str, text: str, stated: dict[str, str]) -> None:
    assert {name: version for name, version in locks.versions(path, text.encode()).items() if version} == stated


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package-lock.json", "{"), ("package-lock.json", "[1]"), ("package-lock.json", '{"packages": 3}'),
        ("package-lock.json", "[" * 100_000),
        ("Cargo.lock", "package = 3"), ("uv.lock", "[[package]"),
        ("composer.lock", '{"packages": {}}'), ("Pipfile.lock", '{"default": []}'),
        ("pom.xml", "<project>"), ("pom.xml", "<a>" * 1000), ("pom.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><project/>"),
        ("yarn.lock", "x" * (locks.MOST_BYTES + 1)),
    ],
)  # fmt: skip
def test_a_damaged_lock_file_says_so(path: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        locks.versions(path, text.encode())


def test_damaged_lock_files_are_counted_once(tmp_path: Path) -> None:
    files = {"package-lock.json": "{", "old/Gemfile.lock": "GEM\n  specs:\n    rails (6.1.7)\n", "old/a.py": text(1)}
    repository(tmp_path / "shop", [("Begin", files | {f"part_{number}.py": text(number) for number in range(2, 14)})])
    label = {"value": "six", "sign": [{"locked": "rails<7"}]}
    run = dataset.build(recipe.parse({"name": "shop", "source": [{"path": "shop"}], "label": [label]}, folder=tmp_path), "here")
    step = next(one for one in run.metrics["funnel"] if one["step"] == "lock files")
    assert (step["kept"], step["dropped"]) == (1, {"damaged lock file": 1})
    assert run.metrics["labels"]["generation"]["six"] == 1


def test_what_is_made_of_several_files_has_the_labels_of_all_unless_they_conflict() -> None:
    known = vocabulary()
    screen, window, rest, web = ({"generation": (value,)} for value in ("screen", "window", "all", "web"))
    assert known.united([window, rest, {}]) == {"generation": ("window",)}
    assert known.united([screen, window]) == {"generation": ("screen", "window")}
    assert known.united([screen, web]) == {}
    assert known.united([rest, rest]) == {"generation": ("all",)}


def test_a_value_that_a_vocabulary_does_not_know_is_left_as_it_is() -> None:
    labels = {"generation": ("screen", "ancient"), "area": ("a",)}
    assert vocabulary().agreed(labels) == labels


def test_a_pack_brings_labels_and_one_that_a_recipe_has_already_is_refused() -> None:
    label = Label(value="screen", sign=({"text": "x"},))
    assert Vocabulary([], [Pack("a", vocabulary=(label,))]).table() == {"generation": ["screen"]}
    with pytest.raises(RecipeError, match="twice"):
        Vocabulary(vocabulary().labels, [Pack("a", vocabulary=(label,))])


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"value": "a"}, "needs a [[label.sign]]"),
        ({"value": "a", "rest": True, "sign": [{"text": "x"}]}, "needs no sign"),
        ({"value": "a", "sign": [{"weight": 2.0}]}, "needs one of text"),
        ({"value": "a", "sign": [{"text": "(?=x)"}]}, "no regular expression of RE2"),
        ({"value": "a", "sign": [{"path": "{lib,app}/**"}]}, "no braces"),
        ({"value": "a", "sign": [{"text": "x"}], "files": ["*.{rb,ru}"]}, "no braces"),
        ({"value": "a", "sign": [{"locked": "rails ~> 7"}]}, "should be a name"),
        ({"value": "a", "sign": [{"text": "x"}], "implies": ["b"]}, "no value of 'generation'"),
        ({"name": "language", "value": "a", "sign": [{"text": "x"}]}, "label of our own"),
        ({"value": "a", "sign": [{"query": "(call)"}]}, "needs the other"),
        ({"value": "a", "sign": [{"text": "x", "language": "ruby"}]}, "needs the other"),
        ({"value": "a", "sign": [{"txt": "x"}]}, "did you mean 'text'"),
    ],
)  # fmt: skip
def test_a_label_that_makes_no_sense_is_refused_with_the_reason(label: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        vocabulary(label)
    assert said in str(refused.value)


QUERY = '(call function: (identifier) @f arguments: (argument_list . (integer)) (#eq? @f "at"))'


@pytest.mark.parametrize(
    ("query", "language", "text", "values"),
    [
        (QUERY, "python", "at(3, 4)\n", ("a",)),
        (QUERY, "python", "at(row, 4)\n", ()),
        (QUERY, "python", "# at(3, 4)\n", ()),
        (QUERY, "python", "at(3, 4\n" + "x" * 2_000_000, ()),  # not parsed, so nothing of it is known
        ("(method)", "ruby", "def at; end\n", ()),  # another language's
    ],
)
def test_a_query_holds_where_it_has_a_match(query: str, language: str, text: str, values: tuple[str, ...]) -> None:
    assert decided(text, known=vocabulary({"value": "a", "sign": [{"query": query, "language": language}]})) == values


def test_a_query_is_asked_of_what_a_file_holds_of_its_language() -> None:
    known = vocabulary({"value": "a", "sign": [{"query": "(if)", "language": "ruby"}]})
    page = b"<p>if</p>\n<% if paid? %>\n<b>x</b>\n<% end %>\n"
    with syntax.reading():
        assert [labelling.found(known.asked, "html+erb", text) for text in (page, page.replace(b"<% if", b"<% x if"))] == [(0,), ()]


@pytest.mark.parametrize(
    ("query", "language", "said"),
    [
        ("(colour)", "python", "Invalid node type at row 0, column 1: colour"),
        ("(call", "python", "Unexpected EOF"),
        ("; nothing", "python", "no pattern"),
        ('((call) @a (#like? @a "x"))', "python", "no predicate is called #like?"),
        ("(call)", "cobol", "no grammar for 'cobol'"),
    ],
)
def test_a_query_that_cannot_be_asked_is_a_sentence(query: str, language: str, said: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(said)) as refused:
        vocabulary({"value": "screen", "sign": [{"query": query, "language": language}]})
    assert "the query of 'screen' cannot be asked" in str(refused.value)


def test_a_query_that_takes_too_long_decides_nothing_and_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = ParserProcess(seconds=0.3)
    known = vocabulary(
        {"value": "slow", "sign": [{"query": '((identifier) @a (#match? @a "^(a+)+$"))', "language": "python"}]},
        {"value": "early", "sign": [{"until": datetime.date(2020, 1, 1)}]},
        {"value": "all", "rest": True},
    )
    monkeypatch.setattr(reader, "_PARSERS", [parser])
    with syntax.reading():
        assert labelling.found(known.asked, "python", b"aaaa = 1\n") == (0, 1)
        assert labelling.found(known.asked, "python", b"a" * 60 + b"b = 1\n") is None
        assert labelling.found(known.asked, "python", b"aaaa = 2\n") == (0, 1)
    parser.end()
    assert known.decided(Place("a.py", 0, None)) == {}


def test_a_text_that_is_not_there_is_asked_for_again_the_next_time() -> None:
    (found,) = units.signs(iter([None]), code=units.code(), packs={}, folder="", asked=[])
    assert found == Failed("missing") and not found.lasting


def test_a_build_leaves_a_file_undecided_on_which_a_query_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = ParserProcess(seconds=0.5)
    monkeypatch.setattr(reader, "_PARSERS", [parser])
    slow = text(1) + "\n" + "a" * 60 + "b = 1\n"
    repository(tmp_path / "shop", [("Begin", {"slow.py": slow, **{f"part_{number}.py": text(number) for number in range(2, 8)}})])
    signs = [{"query": '((identifier) @a (#match? @a "^(a+)+$"))', "language": "python"}]
    told = {"name": "shop", "source": [{"path": "shop"}], "label": [{"value": "a", "sign": signs}, {"value": "all", "rest": True}]}
    run = dataset.build(recipe.parse(told, folder=tmp_path), "here")
    assert run.metrics["labels"]["generation"] == {"a": 0, "all": 6, "undecided": 1}
    parser.end()


def test_a_pattern_that_would_make_others_wait_for_ever_is_linear_here() -> None:
    known = vocabulary({"value": "a", "sign": [{"text": "(a+)+$"}]})
    assert labelling.found(known.asked, "", b"a" * 200_000 + b"b") == ()


LISTED = {"generation": ["dwc", "bbj-gui", "vga"]}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"generation": ["bbj-giu"]}, "generation: unknown value 'bbj-giu'; did you mean 'bbj-gui'? it has bbj-gui, "),
        ({"generation": ["dwc", "qqq"]}, "generation: unknown value 'qqq'; it has "),
        ({"generation": ["dwc", "vga"], "client": ["anything"]}, ""),
    ],
)
def test_a_value_that_a_closed_list_has_not_is_told_from_one_that_it_has(labels: dict[str, list[str]], said: str) -> None:
    found = unknown(labels, LISTED)
    assert found.startswith(said) if said else not found
    assert not found or all(value in found for value in LISTED["generation"])


def named(**labels: list[str]) -> recipe.Recipe:
    return recipe.parse({"name": "a", "label": GENERATIONS, "model": [{"labels": labels}]}, folder=Path())


def test_a_model_names_values_that_there_are_or_a_label_of_which_nobody_has_a_list() -> None:
    brought = Pack("a", vocabulary=(Label(value="vga", sign=({"text": "x"},)),))
    with pytest.raises(RecipeError, match=r"model 'idiolect': labels: generation: unknown value 'vga'; it has .*events.*; mend it"):
        labelling.vocabulary(named(generation=["vga"]), [])
    for good, packs in (({"generation": ["web", ""]}, []), ({"client": ["x"]}, []), ({"generation": ["vga"]}, [brought])):
        assert labelling.vocabulary(named(**good), packs)
