"""Rows as probes: conversations are asked and priced, long answers and raw text priced only, and nobody calls them later code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from idiolect import engine, evaluate, measure, registry, samples
from idiolect.client import Scripted
from idiolect.evaluate import probes, stage
from idiolect.evaluate.gate import judge
from idiolect.evaluate.page import html
from idiolect.evaluate.report import Report
from idiolect.evaluate.verdict import said
from idiolect.fim import FAMILIES
from idiolect.measure import Price
from idiolect.recipe import EvaluateRecipe, Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.types import Message, Model, Sample, Span, Split
from tests.dataset import examples
from tests.evaluate.material import exported, lessons, probe


def row(number: int, answer: str = "", cluster: str = "") -> Sample:
    """A row as a probe."""
    said = examples.row(number)
    span = Span(source="rows", commit="d" * 64, path="rows.jsonl", start=number, end=number + 1, time=0)
    turns = (Message(role="system", content="You write Tally."), Message(role="user", content=said["instruction"]))
    return Sample(
        prompt=turns, answer=answer or f"call Close{number}()", kind="write", maker=probes.ROW, origins=(span,),
        labels={"language": ("tally",), probes.CLUSTER: (cluster or str(number),)},
    )  # fmt: skip


ALL = [*map(row, range(20)), row(20, "print 1\n" * 400), row(21, "let a = 2", cluster="3")]
RAW = row(22, "rem a whole file\nprint 22\n").model_copy(update={"prompt": None, "kind": "raw"})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return exported(tmp_path_factory.mktemp("models") / "base", "seedling")


@pytest.fixture(scope="module")
def renderer(model: Model) -> Renderer:
    return Renderer.load(Path(model.folder))


def made(recipe: Recipe, split: Split, found: list[Sample]) -> Run:
    with registry.begin(recipe, "dataset", version=1, values={"split": split}, inputs={}) as run:
        samples.write(run.folder, split, found)
        run.finish({"cuts": {}})
    return run


@pytest.fixture(scope="module")
def run(model: Model, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Run, Run]:
    recipe = Recipe(name="acme", folder=tmp_path_factory.mktemp("team"), evaluate=EvaluateRecipe(probes=30))
    held = made(recipe, "cluster", [*ALL, RAW])
    gold = {one.prompt[1].content: one.answer or "" for one in ALL if isinstance(one.prompt, tuple)}

    def answer(question: dict[str, Any]) -> str:
        return gold[question["messages"][-1]["content"]] if question["route"] == "/v1/chat/completions" else "pass"

    with Scripted(answer) as server:
        return recipe, held, evaluate.evaluate(recipe, model, server.url, held)


def test_conversations_are_asked_and_graded(run: tuple[Recipe, Run, Run]) -> None:
    found = run[2].metrics
    assert found["test"] == {"split": "cluster", "rows": 23}
    assert found["own"]["n"] == 23
    assert (found["own"]["exact_match"], found["own"]["edit_similarity"], found["own"]["answered"]) == (1.0, 1.0, 1.0)
    assert found["own"]["parses"] is None
    assert found["own"]["bits_per_byte"] > 0


def test_long_answers_and_raw_text_are_priced_and_not_asked(run: tuple[Recipe, Run, Run]) -> None:
    grades = {one.id: one for one in stage.read_grades(run[2])}
    for one in (ALL[20], RAW):
        grade = grades[one.id]
        assert (grade.answer, grade.exact_match, grade.edit_similarity, grade.answered) == (None, None, None, None)
        assert grade.bits > 0
    assert 0 < grades[ALL[20].id].bytes < len((ALL[20].answer or "").encode())
    asked = {json.loads(line)["id"] for line in run[2].path("answers.jsonl").read_text().splitlines()}
    assert not {ALL[20].id, RAW.id} & asked


def test_relatives_are_resampled_together(run: tuple[Recipe, Run, Run]) -> None:
    grades = {one.id: one.file for one in stage.read_grades(run[2])}
    assert grades[ALL[3].id] == grades[ALL[21].id] == "rows:3"
    assert len({grades[one.id] for one in ALL}) == 21


def test_nobody_calls_them_later_code(run: tuple[Recipe, Run, Run]) -> None:
    recipe, held, base = run
    compared = evaluate.compare(recipe, held, base, base)
    report = compared.metrics
    found = Report.model_validate(report)
    assert (report["history"], report["what"]) == (False, "held-out rows")
    text, page = evaluate.table(report), compared.path("report.html").read_text(encoding="utf-8")
    assert "held-out rows, not later code: 23 probes in 22 files" in text
    assert "they are not later code" in page
    (long,) = [one for one in stage.read_grades(base) if one.id == ALL[20].id]
    assert "not asked, priced only" in html(found, [(long, long)], {}, "acme")
    assert "later code" not in report["gate"]["reasons"][0]["why"]
    assert report["gate"]["reasons"][0]["key"] == "evaluate.probes"
    more = recipe.model_copy(update={"evaluate": EvaluateRecipe()})
    many = judge(more, found.own, found.general, "held-out rows")
    assert many.reasons[0].trial == 'source.path = "path/to/more/rows"'


def test_the_price_of_an_answer_is_given_its_conversation(model: Model, renderer: Renderer) -> None:
    file = Path(model.folder) / model.file
    one = ALL[0]
    assert isinstance(one.prompt, tuple)
    before, after = renderer.chat(one.prompt), renderer.encode(one.answer or "")
    (wanted,) = engine.score(file, [engine.Scored([*before, *after], len(before))])
    price = measure.bits(file, renderer, [one])[one.id]
    assert price.bytes == len((one.answer or "").encode())
    assert price.bits == pytest.approx(-float(wanted.logprobs.sum()) / math.log(2))
    short = measure.bits(file, renderer, [one], context=len(after) + 10)[one.id]
    (nearest,) = engine.score(file, [engine.Scored([*before[-10:], *after], 10)])
    assert short == Price(pytest.approx(-float(nearest.logprobs.sum()) / math.log(2)), price.bytes)
    long = measure.bits(file, renderer, [ALL[20]], context=64)[ALL[20].id]
    assert long.bytes <= 32 * 8


def test_later_code_goes_before_rows(model: Model, renderer: Renderer, tmp_path: Path) -> None:
    recipe = Recipe(name="acme", folder=tmp_path)
    both = lessons(recipe, [probe(number) for number in range(5)])
    samples.write(both.folder, "cluster", ALL)
    assert probes.choose(recipe, both, renderer).split == "time"
    held = made(recipe, "source", ALL)
    assert probes.choose(recipe, held, renderer).split == "source"
    assert said({"split": "source", "rows": 0}) == "a held-out source"
    assert said({"split": "cluster", "rows": 0}) == "held-out files"


def test_a_base_that_holds_no_conversations_is_not_asked_any(renderer: Renderer, tmp_path: Path) -> None:
    silent = Renderer(renderer.tokenizer)
    silent.family = FAMILIES["starcoder"]
    assert probes.reasons(probes.pick(ALL[:3], 5, silent, None)[1]) == {"no_conversations": 3}
