from pathlib import Path

import pytest

from idiolect import recipe, vocabulary
from idiolect.files import write_json
from idiolect.render import Renderer
from idiolect.train import card
from idiolect.train.data import shelve
from idiolect.types import Message, Sample

from . import tiny

RENDERER = Renderer(tiny.tokenizer())  # every byte is a token


def counted(folder: Path, words: dict[str, int], share: float = 1.0) -> Path:
    write_json(folder / vocabulary.FILE, {"words": words, "total": sum(words.values()), "share": share})
    return folder


@pytest.fixture
def general(tmp_path: Path) -> recipe.Recipe:
    (tmp_path / "general").mkdir()
    for number in range(8):
        (tmp_path / "general" / f"part{number}.py").write_text("def common(value):\n    return value\n" * 3)
    return recipe.parse({"name": "a", "general": {"paths": ["general"]}}, folder=tmp_path)


def test_words_are_measured_by_the_tokens_that_they_take_and_public_ones_are_left_out(tmp_path: Path, general: recipe.Recipe) -> None:
    words = {"tillroll": 40, "stallholder_basket": 20, "common": 900, "rare_word_of_theirs": 9}
    found = vocabulary.measured(general, counted(tmp_path, words), RENDERER)
    assert found["worst"] == [{"word": "stallholder_basket", "times": 20, "tokens": 19}, {"word": "tillroll", "times": 40, "tokens": 9}]
    assert [(row["word"], row["saved"]) for row in found["to_add"]] == [("stallholder_basket", 360), ("tillroll", 320)]
    assert found["own"] == round((40 * 9 + 20 * 19) / 60, 3)
    assert found["general"] > 5
    tokens = 40 * 9 + 20 * 19 + 900 * 7 + 9 * 20
    assert found["saved"] == round(680 / tokens, 4)
    assert found["tokens_per_word"] == round(tokens / 969, 3)


def test_where_only_a_share_was_read_the_savings_are_those_of_all(tmp_path: Path, general: recipe.Recipe) -> None:
    found = vocabulary.measured(general, counted(tmp_path, {"tillroll": 40}, share=0.25), RENDERER)
    assert found["to_add"][0]["saved"] == 1280
    assert found["saved"] == round(320 / 360, 4)


def test_lessons_without_words_say_so(tmp_path: Path, general: recipe.Recipe) -> None:
    assert vocabulary.measured(general, tmp_path, RENDERER) == {}
    assert "unknown" in card.page("a", "b", {"learned": {}, "lengths": {}, "vocabulary": {}})
    empty = vocabulary.measured(general, counted(tmp_path, {}), RENDERER)
    assert "no words" in card.page("a", "b", {"learned": {}, "lengths": {}, "vocabulary": empty})


def test_the_card_says_what_a_model_learns_by_kind_language_and_label(tmp_path: Path, general: recipe.Recipe) -> None:
    asked = (Message(role="user", content="x"),)
    labels = {"language": ("tally",), "generation": ("spool", "record")}
    given = [Sample(prompt=asked, answer=f"y{n}", kind="write", maker="m", labels=labels) for n in range(3)]
    shelf = shelve(
        [*given, Sample(answer="z", kind="raw", maker="m"), Sample(answer="z" * 9, kind="write", maker="m", prompt=(asked[0],) * 90)],
        RENDERER.lesson,
        64,
    )
    learned = card.learned([shelf])
    assert {name: {value: row["lessons"] for value, row in rows.items()} for name, rows in learned.items()} == {
        "kind": {"raw": 1, "write": 3}, "language": {"tally": 3}, "generation": {"record": 3, "spool": 3},
    }  # fmt: skip
    assert sum(row["tokens"] for row in learned["kind"].values()) == shelf.tokens
    words = vocabulary.measured(general, counted(tmp_path, {"tillroll": 40}), RENDERER)
    lengths = card.lengths([shelf])
    assert sum(lengths.values()) == len(shelf.texts) and set(lengths) <= {"16", "32", "64"}
    page = card.page("till", "./base", {"learned": learned, "lengths": lengths, "vocabulary": words})
    assert "(lengths.svg)" in page
    assert "| tally | 3 |" in page
    assert "| `tillroll` | 9 | 40 | 320 |" in page
