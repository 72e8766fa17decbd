"""Evaluation against a scripted server: what is asked, graded, refused, kept, and compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from idiolect import evaluate, fingerprints
from idiolect.client import Said, Scripted
from idiolect.errors import DataError, ToolError
from idiolect.evaluate import ask, page, probes, stage
from idiolect.evaluate.report import Report
from idiolect.files import read_json
from idiolect.measure import Price
from idiolect.recipe import EvaluateRecipe, Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Hole, Model, Sample
from tests.evaluate.material import exported, lessons, probe

ALL = [probe(number) for number in range(60)]
GOLD = {one.prompt.prefix: one.answer or "" for one in ALL if isinstance(one.prompt, Hole)}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    folder = tmp_path_factory.mktemp("models")
    return exported(folder / "base", "seedling"), exported(folder / "tuned", "acme", adapter="a" * 64)


@pytest.fixture(scope="module")
def renderer(models: tuple[Model, Model]) -> Renderer:
    return Renderer.load(Path(models[0].folder))


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return Recipe(name="acme", folder=tmp_path, evaluate=EvaluateRecipe(probes=55))


class Measured(NamedTuple):
    """The runs of a small team."""

    recipe: Recipe
    lessons: Run
    base: Run
    tuned: Run
    compared: Run


def gold(question: dict[str, Any]) -> str:
    return GOLD.get(question["input_prefix"], "pass") + "\n"


@pytest.fixture(scope="module")
def measured(models: tuple[Model, Model], tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A recipe, its lessons, the runs of both models, and their comparison: the base says nothing, the tuned one all that is wanted."""
    recipe = Recipe(name="acme", folder=tmp_path_factory.mktemp("team"), evaluate=EvaluateRecipe(probes=55))
    made = lessons(recipe, ALL)
    with Scripted(lambda _: "") as silent:
        base = evaluate.evaluate(recipe, models[0], silent.url, made)
    with Scripted(gold) as knowing:
        tuned = evaluate.evaluate(recipe, models[1], knowing.url, made)
    return Measured(recipe, made, base, tuned, evaluate.compare(recipe, made, base, tuned))


def test_gold_answers_score_exactly_one_and_empty_ones_nothing(measured: Measured) -> None:
    assert {name: measured.tuned.metrics["own"][name] for name in ("exact_match", "edit_similarity", "parses", "n")} == {
        "exact_match": 1.0, "edit_similarity": 1.0, "parses": 1.0, "n": 55,
    }  # fmt: skip
    base = measured.base
    assert {base.metrics["own"][name] for name in ("exact_match", "edit_similarity", "parses")} == {0.0}
    assert base.metrics["own"]["bits_per_byte"] > 0


def test_what_goes_in_is_asked_or_dropped_with_a_reason(measured: Measured) -> None:
    base = measured.base
    rows = [json.loads(line) for line in base.path("scores.jsonl").read_text(encoding="utf-8").splitlines()]
    dropped = [json.loads(line) for line in base.path("dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    own = [row for row in rows if row["part"] == "own"]
    assert len(own) + sum(row["source"] == "app" for row in dropped) == len(ALL)
    assert sum(base.metrics["dropped"].values()) == len(dropped)
    assert base.metrics["dropped"]["over_the_limit"] >= 5
    assert {row["file"] for row in own} <= {f"app:src/{number}.py" for number in range(30)}


def test_general_code_is_measured_too(measured: Measured) -> None:
    assert measured.base.metrics["general"]["n"] >= 20
    assert measured.compared.metrics["general"]["drop"]["value"] is not None


def test_the_report_holds_what_the_contract_names(measured: Measured) -> None:
    run = measured.compared
    report = read_json(run.path("report.json"))
    assert report == run.metrics
    for side in ("base", "tuned"):
        assert {"bits_per_byte", "exact_match", "edit_similarity", "parses", "n"} <= report["own"][side].keys()
        assert {"bits_per_byte", "exact_match", "edit_similarity", "parses", "n"} <= report["general"][side].keys()
    for interval in (*report["own"]["difference"].values(), report["general"]["drop"]):
        assert interval.keys() == {"value", "low", "high"}
        assert interval["low"] <= interval["value"] <= interval["high"]
    assert report["own"]["difference"]["exact_match"]["value"] == 1.0
    assert report["gate"]["verdict"] in ("passed", "failed")
    assert all({"why", "key", "value"} <= reason.keys() for reason in report["gate"]["reasons"])
    assert report["cuts"]["app"]["commit"] == "c" * 40


def test_a_second_start_asks_nothing(measured: Measured, models: tuple[Model, Model]) -> None:
    recipe, made, base, tuned, run = measured
    with Scripted([]) as server:
        assert evaluate.evaluate(recipe, models[0], server.url, made).name == base.name
        assert server.asked == []
    assert evaluate.compare(recipe, made, base, tuned).name == run.name


def test_what_is_measured_already_is_known_before_anything_is_served(measured: Measured, models: tuple[Model, Model]) -> None:
    recipe, made, base, *_ = measured
    found = evaluate.done(recipe, models[0], made)
    assert found is not None and found.name == base.name
    fewer = recipe.model_copy(update={"evaluate": EvaluateRecipe(probes=54)})
    assert evaluate.done(fewer, models[0], made) is None


@pytest.fixture(scope="module")
def small(models: tuple[Model, Model], measured: Measured) -> Run:
    """The tuned model on three probes, of which the server cannot hold two."""
    recipe = measured.recipe
    long = Said("too long", status=400, code="context_length_exceeded")
    with Scripted(lambda question: long if question["path"] == "src/0.py" else gold(question)) as server:
        return evaluate.evaluate(recipe, models[1], server.url, lessons(recipe, ALL[:3]))


def test_a_question_that_the_server_cannot_hold_is_dropped_with_a_reason(small: Run) -> None:
    assert small.metrics["dropped"]["longer_than_context"] == 2
    assert small.metrics["own"]["n"] == 1


def test_figures_of_other_probes_are_not_compared(measured: Measured, small: Run) -> None:
    with pytest.raises(DataError, match="not measured alike"):
        evaluate.compare(measured.recipe, measured.lessons, measured.base, small)


def test_an_engine_that_dies_ends_the_run_and_its_answers_are_kept(recipe: Recipe, models: tuple[Model, Model]) -> None:
    made = lessons(recipe, ALL)
    said = iter(["x = 1"] * 40)
    with Scripted(lambda _: next(said, Said("gone", status=503))) as dying, pytest.raises(ToolError):
        evaluate.evaluate(recipe, models[0], dying.url, made)
    run = next(iter((recipe.home / "runs").glob("evaluate-*")))
    assert not (run / "run.json").exists()
    kept = (run / "answers.jsonl").read_bytes()
    known = len(kept.splitlines())
    assert known >= 30
    (run / "answers.jsonl").write_bytes(kept + b'{"id": "half')
    with Scripted(lambda _: "x = 1") as alive:
        done = evaluate.evaluate(recipe, models[0], alive.url, made)
        asked = done.metrics["own"]["n"] + done.metrics["general"]["n"]
        assert len(alive.asked) == asked - known


def test_lessons_without_probes_are_undecided(recipe: Recipe, models: tuple[Model, Model]) -> None:
    made = lessons(recipe, [])
    with Scripted(lambda _: "pass") as server:
        alone = evaluate.evaluate(recipe, models[0], server.url, made)
    report = evaluate.compare(recipe, made, alone, alone).metrics
    assert report["gate"]["verdict"] == "undecided"
    assert report["own"]["base"]["bits_per_byte"] is None
    assert "undecided" in evaluate.table(report)
    assert evaluate.reasons(report)[0].endswith("try dataset.max_after = 0.4")


# ---- what is asked


def test_the_budget_is_more_than_the_wanted_answer_and_the_question_fits(renderer: Renderer) -> None:
    long = Hole(path="a.py", prefix="x = 1\n" * 2000, suffix="\ny = 2" * 2000)
    one = Sample(kind="fim", maker="test", prompt=long, answer="total = width * height")
    question = ask.question(renderer, one, 256)
    assert question.budget > len(renderer.encode("total = width * height"))
    assert isinstance(question.prompt, Hole)
    assert len(renderer.hole(question.prompt)) + question.budget <= 256


def test_questions_are_greedy(renderer: Renderer) -> None:
    with Scripted(gold) as server:
        assert evaluate.fim_exact(server.url, renderer, ALL[:6]) == {one.id: 1.0 for one in ALL[:6]}
        assert all(question["temperature"] == 0 and question["route"] == "/infill" for question in server.asked)


def test_the_choice_depends_on_nothing_but_the_probes(renderer: Renderer) -> None:
    first, _ = probes.pick(ALL, 20, renderer, None)
    second, dropped = probes.pick(reversed(ALL), 20, renderer, None)
    assert [one.id for one in first] == [one.id for one in second]
    assert len(dropped) == 40


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[fingerprints.Fingerprints]:
    fingerprints.build(tmp_path / "seen.bin", [ALL[0].answer or "", "something_else_entirely = True"])
    yield fingerprints.Fingerprints.load(tmp_path / "seen.bin")


def test_probes_that_the_base_was_trained_on_are_refused_with_a_reason(renderer: Renderer, seen: fingerprints.Fingerprints) -> None:
    kept, dropped = probes.pick(ALL[:5], 10, renderer, seen)
    assert len(kept) == 4
    assert probes.reasons(dropped) == {"in_training_text_of_base": 1}


def test_what_cannot_be_asked_fairly_is_refused(renderer: Renderer) -> None:
    hole = Hole(path="a.py", prefix="", suffix="")
    empty, long = (Sample(kind="fim", maker="test", prompt=hole, answer=answer) for answer in (" \n", "value += 1\n" * 400))
    assert probes.reasons(probes.pick([empty, long], 5, renderer, None)[1]) == {"empty_answer": 1, "long_answer": 1}


# ---- grading


def test_a_wrong_answer_that_parses_is_less_than_one() -> None:
    found = stage.grade(ALL[0], "own", "total = width", Price(20, 10))
    assert (found.exact_match, found.parses) == (0.0, 1.0)
    assert 0 < found.edit_similarity < 1


def test_an_answer_that_breaks_the_file_does_not_parse() -> None:
    assert stage.grade(ALL[0], "own", "total = (", Price(20, 10)).parses == 0.0
    assert stage.grade(ALL[0], "own", "", Price(20, 10)).parses == 0.0


def test_parsing_is_unknown_where_even_the_wanted_answer_does_not_parse() -> None:
    broken = ALL[0].model_copy(update={"prompt": Hole(path="a.py", prefix="def (:\n  ", suffix="\n")})
    assert stage.grade(broken, "own", "x = 1", Price(20, 10)).parses is None
    unknown = ALL[0].model_copy(update={"labels": {"language": ("basic",)}})
    assert stage.grade(unknown, "own", "x = 1", Price(20, 10)).parses is None


# ---- the page


class Strict(HTMLParser):
    """Counts what a page must not have, and checks that its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "line", "circle", "rect", "polyline"):
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe") or any(name in ("src", "href") or name.startswith("on") for name, _ in attrs):
            self.outside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("line", "circle", "rect", "polyline", "path")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_without_script_or_anything_fetched(measured: Measured) -> None:
    text = measured.compared.path("report.html").read_text(encoding="utf-8")
    page = Strict()
    page.feed(text)
    assert page.open == []
    assert page.outside == []
    assert "@import" not in text
    assert not re.search(r"url\(", text)
    assert text.count('<article class="probe">') == 12
    assert "bench/effect.py" in text
    assert "cccccccccccc" in text


def test_hostile_answers_are_shown_and_not_run(measured: Measured) -> None:
    evil = "</pre><script>alert(1)</script>"
    pairs = [(one.model_copy(update={"answer": evil, "before": evil, "file": evil}), one) for one in stage.read_grades(measured.base)]
    text = page.html(Report.model_validate(measured.compared.metrics), pairs, {"training": [(1, 2.0), (2, 1.5)]}, evil)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Loss over the steps of training" in text


def test_the_table_shows_both_parts_and_the_verdict(measured: Measured) -> None:
    text = evaluate.table(measured.compared.metrics)
    assert "own code, written after the cut: 55 probes in 30 files" in text or "55 probes in" in text
    assert re.search(r"exact match +0\.0% +100\.0% +\+100\.0", text)
    assert "general code:" in text
    assert re.search(r"^gate: (passed|failed)$", text, re.MULTILINE)
    assert all(len(line) <= 120 for line in text.splitlines() if not line.lstrip().startswith(("the ", "general ", "holes ")))
