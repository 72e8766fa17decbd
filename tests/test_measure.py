"""Graders and figures have their own tests: what is right scores 1, what is empty 0, and intervals hold the truth."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from idiolect.errors import DataError
from idiolect.export import gguf_file
from idiolect.measure import Term, bits, edit_similarity, exact_match, filled, interval, wilson, window
from idiolect.render import Renderer
from idiolect.types import File, Hole, Message, Sample
from tests.tiny_model import write_model, write_tokenizer

VOCABULARY = 1024


@pytest.fixture(scope="module")
def uniform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a GGUF in which every next token is as likely as any other."""
    folder = tmp_path_factory.mktemp("uniform")
    model = write_model(folder, num_hidden_layers=1, vocab_size=VOCABULARY)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    model.to(torch.bfloat16).save_pretrained(folder)
    gguf_file.write(folder, None, "F16", folder / "model.gguf")
    return folder


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return Renderer.load(folder)


def probe(prefix: str, answer: str, suffix: str = "\n") -> Sample:
    return Sample(kind="fim", maker="test", prompt=Hole(path="a.py", prefix=prefix, suffix=suffix), answer=answer)


# ---- graders


@pytest.mark.parametrize("wanted", ["return a + b", "x = 1\n    y = 2", "naïve = '→'", "a"])
def test_the_gold_answer_scores_exactly_one(wanted: str) -> None:
    assert exact_match(wanted, wanted) == 1.0
    assert edit_similarity(wanted, wanted) == 1.0


@pytest.mark.parametrize("empty", ["", " ", "\n\n", "\t"])
@pytest.mark.parametrize("wanted", ["return a", "", "\n"])
def test_an_empty_answer_is_wrong_whatever_was_wanted(empty: str, wanted: str) -> None:
    assert exact_match(empty, wanted) == 0.0
    assert edit_similarity(empty, wanted) == 0.0


def test_white_space_at_the_very_end_does_not_count_and_at_the_beginning_it_does() -> None:
    assert exact_match("return a\n", "return a") == 1.0
    assert exact_match("return a", "return a  ") == 1.0
    assert exact_match(" return a", "return a") == 0.0
    assert exact_match("return a\nreturn b", "return a") == 0.0


def test_a_wrong_answer_is_less_than_one_and_the_nearer_the_more() -> None:
    assert exact_match("return b", "return a") == 0.0
    near, far = edit_similarity("return b", "return a"), edit_similarity("raise Exception", "return a")
    assert 0 < far < near < 1
    assert near == pytest.approx(7 / 8)


# ---- bits


def test_a_uniform_model_costs_the_logarithm_of_its_vocabulary_for_each_token(uniform: Path) -> None:
    renderer = Renderer.load(uniform)
    probes = [probe("def add(a, b):\n    return ", "a + b"), probe("", "import os"), probe("# für\n", "naïve = '→'")]
    prices = bits(uniform / "model.gguf", renderer, probes)
    for one in probes:
        tokens = len(renderer.encode(one.answer or ""))
        assert prices[one.id].bits == pytest.approx(math.log2(VOCABULARY) * tokens, rel=1e-5)
        assert prices[one.id].bytes == len((one.answer or "").encode())


def test_a_long_file_is_cut_to_the_context_and_a_long_answer_is_priced_over_the_bytes_that_were_scored(uniform: Path) -> None:
    renderer = Renderer.load(uniform)
    long_file, long_answer = probe("x = 1\n" * 900, "y = 2"), probe("z = 0\n", "total += value\n" * 90)
    prices = bits(uniform / "model.gguf", renderer, [long_file, long_answer], context=64)
    assert prices[long_file.id].bytes == 5
    assert prices[long_file.id].bits == pytest.approx(10 * len(renderer.encode("y = 2")), rel=1e-5)
    scored = renderer.encode(long_answer.answer or "")[:63]
    assert prices[long_answer.id].bits == pytest.approx(10 * 63, rel=1e-5)
    assert prices[long_answer.id].bytes == len(renderer.decode(scored).encode())


def test_what_precedes_an_answer_changes_its_price(tmp_path: Path) -> None:
    write_model(tmp_path, num_hidden_layers=1)
    gguf_file.write(tmp_path, None, "F16", tmp_path / "model.gguf")
    first, second = probe("alpha = 1\n", "return a"), probe("class B:\n", "return a")
    prices = bits(tmp_path / "model.gguf", Renderer.load(tmp_path), [first, second])
    assert prices[first.id].bits != pytest.approx(prices[second.id].bits, rel=1e-3)


def test_teacher_forced_matching_tells_the_first_choices_from_others(tmp_path: Path) -> None:
    model = write_model(tmp_path, num_hidden_layers=1)
    gguf_file.write(tmp_path, None, "F16", tmp_path / "model.gguf")
    renderer = Renderer.load(tmp_path)
    wrong = probe("def f():\n    ", "return 1")
    assert not filled(tmp_path / "model.gguf", renderer, [wrong])[wrong.id].exact
    # A model whose every first choice is the end token is exact on the empty answer, and on nothing else.
    end = renderer.special(renderer.family.end)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if "norm" in name else 0.0)
        model.model.embed_tokens.weight.fill_(0.01)
        model.model.embed_tokens.weight[end] = 1.0
    model.to(torch.bfloat16).save_pretrained(tmp_path)
    gguf_file.write(tmp_path, None, "F16", tmp_path / "ends.gguf")
    empty = probe("def f():\n    ", "")
    found = filled(tmp_path / "ends.gguf", renderer, [empty, wrong])
    assert {name: one.exact for name, one in found.items()} == {empty.id: True, wrong.id: False}
    assert found[empty.id].bits < 1, "the end alone is priced, and it is what comes first"
    assert found[wrong.id].bits > found[empty.id].bits
    assert (found[empty.id].bytes, found[wrong.id].bytes) == (0, len("return 1"))


def test_only_holes_are_checked_token_for_token(renderer: Renderer) -> None:
    chat = Sample(kind="chat", maker="test", prompt=(Message(role="user", content="hi"),), answer="hello")
    with pytest.raises(DataError, match="only a hole"):
        filled(Path("none.gguf"), renderer, [chat])


# ---- windows


@pytest.mark.parametrize("room", [40, 64, 200])
def test_a_window_fits_and_keeps_the_nearest_whole_lines(renderer: Renderer, room: int) -> None:
    prefix = "".join(f"before_{number} = {number}\n" for number in range(200)) + "    x = "
    suffix = " + 1\n" + "".join(f"after_{number} = {number}\n" for number in range(200))
    hole = window(renderer, Hole(path="a.py", prefix=prefix, suffix=suffix), room)
    assert len(renderer.hole(hole)) <= room
    assert prefix.endswith(hole.prefix)
    assert suffix.startswith(hole.suffix)
    assert hole.prefix.endswith("    x = ")
    assert hole.prefix.startswith(("before_", "    x"))
    assert len(renderer.encode(hole.prefix)) > len(renderer.encode(hole.suffix))


def test_a_hole_that_fits_is_sent_whole(renderer: Renderer) -> None:
    hole = Hole(path="a.py", prefix="def f():\n    return ", suffix="\n")
    assert window(renderer, hole, 200) == hole


def test_files_around_a_hole_get_the_room_that_its_own_file_leaves(renderer: Renderer) -> None:
    files = tuple(File(path=f"{name}.py", text=f"{name} = 1\n" * 9) for name in ("far", "near"))
    hole = Hole(path="a.py", prefix="def f():\n    return ", suffix="\n", typed="x", files=files)
    whole = len(renderer.hole(hole))
    assert window(renderer, hole, whole + 20) == hole
    assert window(renderer, hole, whole - 10) == hole.model_copy(update={"files": files[1:]})
    assert window(renderer, hole, 40) == hole.model_copy(update={"files": ()})


def test_room_that_one_side_does_not_need_goes_to_the_other(renderer: Renderer) -> None:
    lines = "".join(f"line_{number} = {number}\n" for number in range(300))
    only_after = window(renderer, Hole(path="a.py", prefix="", suffix=lines), 200)
    only_before = window(renderer, Hole(path="a.py", prefix=lines, suffix=""), 200)
    assert len(renderer.hole(only_after)) > 150
    assert len(renderer.hole(only_before)) > 150


# ---- intervals


def test_the_bootstrap_holds_a_known_truth_as_often_as_it_says() -> None:
    """Files differ more than the probes within them: single probes resampled would hold it in about half of the cases."""
    random_numbers = np.random.default_rng(5)
    truth, held, trials = 0.3, 0, 300
    for trial in range(trials):
        terms = []
        for file in range(12):
            level = random_numbers.normal(truth, 0.5)
            terms += [Term(f"f{file}", level + random_numbers.normal(0, 0.2)) for _ in range(8)]
        found = interval(terms, resamples=400, seed=trial)
        held += found.low <= truth <= found.high
    assert 0.92 <= held / trials <= 0.98


def test_a_figure_is_a_sum_over_a_sum_so_that_long_probes_count_for_what_they_are() -> None:
    found = interval([Term("a", 10, 1), Term("b", 10, 99)])
    assert found.value == pytest.approx(0.2)


def test_an_interval_is_the_same_on_every_run_and_lies_around_its_value() -> None:
    random.seed(3)
    terms = [Term(f"f{number % 9}", random.gauss(1, 1), random.uniform(1, 3)) for number in range(80)]
    found = interval(terms)
    assert interval(list(reversed(terms))) == found
    assert found.low < found.value < found.high


def test_seeds_that_disagree_widen_the_interval() -> None:
    agreeing = [Term(f"f{file}", 1 + 0.01 * file, 1, seed) for file in range(10) for seed in range(3)]
    differing = [Term(f"f{file}", seed + 0.01 * file, 1, seed) for file in range(10) for seed in range(3)]
    narrow, wide = interval(agreeing), interval(differing)
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_nothing_has_no_value_and_one_file_no_interval() -> None:
    assert interval([]).model_dump() == {"value": None, "low": None, "high": None}
    assert interval([Term("a", 1), Term("a", 2)]).model_dump() == {"value": 1.5, "low": None, "high": None}
    assert interval([Term("a", 0, 0), Term("b", 0, 0)]).value is None


def test_wilson_gives_the_published_values_and_stays_honest_at_the_ends() -> None:
    found = wilson(15, 148)  # Newcombe 1998, table I
    assert (found.low, found.high) == (pytest.approx(0.0624, abs=1e-4), pytest.approx(0.1605, abs=1e-4))
    assert [wilson(0, n).low for n in range(1, 60)] == [0.0] * 59
    assert [wilson(n, n).high for n in range(1, 60)] == [1.0] * 59
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=1e-4)
    assert wilson(0, 0).value is None
