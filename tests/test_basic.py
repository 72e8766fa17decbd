"""A language that no grammar knows, brought by a pack: a small invented BASIC goes through the real dataset stage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from idiolect import checks, dataset, pack, recipe, samples, syntax
from idiolect.dataset import probes
from idiolect.errors import UsageError
from idiolect.evaluate.stage import grade
from idiolect.measure import Price
from idiolect.recipe import Source
from idiolect.registry import Run
from idiolect.sources import languages, rules
from idiolect.types import Document, Hole, Sample
from tests.syntax.test_parsers import GOOD

FOLDER = Path(__file__).parent.parent / "examples" / "basic"
CODE = b"""use "money"

rem What a customer pays for
rem all that lies in the basket.
function Owed#(basket)
  let owed# = 0 ' nothing yet
  each line in basket.lines
    let owed# = owed# + line.cost#
  end each
  give Rounded(owed#)
end function
"""


@pytest.fixture(scope="module")
def stall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("basic") / "stall"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(target)], check=True)
    subprocess.run(["git", "-C", str(target), "fast-import", "--quiet"], input=(FOLDER / "stall.fi").read_bytes(), check=True)
    return target


@pytest.fixture(scope="module")
def lessons(stall: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return built(stall, tmp_path_factory.mktemp("built"))


def built(stall: Path, folder: Path, *makers: str) -> Run:
    found = recipe.read(FOLDER)
    source = found.sources[0].model_copy(update={"path": str(stall)})
    asked = found.dataset.model_copy(update={"makers": makers})
    return dataset.build(found.model_copy(update={"folder": folder, "packs": (str(FOLDER),), "sources": (source,), "dataset": asked}))


def made(run: Run, kind: str) -> list[Sample]:
    found = [one for split in ("train", "validation") for one in samples.read(run.folder, split)]
    return [one for one in found if one.kind == kind and one.labels["language"] == ("tally",)]


def test_the_pack_holds() -> None:
    checks.prove(pack.load(str(FOLDER), Path()))


def test_structured_holes(lessons: Run) -> None:
    makers = {one.maker for one in made(lessons, "fim")}
    assert {"fim.node", "fim.aligned"} <= makers
    (tally,) = pack.brought([str(FOLDER)], Path())
    nodes = [one for one in made(lessons, "fim") if one.maker == "fim.node"]
    assert len(nodes) > 4
    for one in nodes:
        assert isinstance(one.prompt, Hole)
        whole = f"{one.prompt.prefix}{one.answer}{one.prompt.suffix}".encode()
        start = len(one.prompt.prefix.encode())
        answer = (one.answer or "").encode()
        left = [
            whole[span.start : start].strip() for span in tally.spans(whole).spans if span.start <= start < span.end == start + len(answer)
        ]
        assert any(b"\n" not in one for one in left) or not tally.parses(whole)  # of a unit at most its first line is shown


def test_requests_and_explanations_are_in_the_team_s_words(lessons: Run, stall: Path, tmp_path: Path) -> None:
    writes = {one.answer or "": one for one in made(lessons, "write") if one.maker == "write"}
    (answer,) = (answer for answer in writes if "function Take#" in answer)
    prompt = writes[answer].prompt
    assert isinstance(prompt, tuple)
    assert "Take fruit out of a box if there is enough of it, and give back how many were taken." in prompt[0].content
    assert "rem Take" not in prompt[0].content
    assert answer.startswith("```tally\nfunction Take#(box, wanted#)") and answer.endswith("end function\n```")
    assert len(writes) > 15
    explained = {one.answer for one in made(built(stall, tmp_path, "explain"), "explain")}
    assert "Put fruit into a box and say how many there are now." in explained


def test_nothing_is_left_out_and_nobody_says_that_a_grammar_lacks(lessons: Run) -> None:
    assert lessons.metrics["languages"]["tally"]["documents"] > 5
    assert "no-language" not in lessons.metrics["dropped"]
    assert not [remark for remarks in lessons.metrics["remarks"].values() for remark in remarks if "tally" in remark]
    (parse,) = (row for row in lessons.metrics["funnel"] if row["step"] == "parse")
    assert parse["dropped"] == {}


def test_without_the_pack_its_files_are_in_no_language(stall: Path, tmp_path: Path) -> None:
    found = dataset.build(recipe.parse({"name": "bare", "source": [{"path": str(stall)}]}, folder=tmp_path))
    assert found.metrics["dropped"]["no-language"] >= 8
    assert "tally" not in found.metrics["languages"]


def test_a_pack_s_globs_go_before_extensions() -> None:
    assert languages.language("a/b.tly") == ""
    with syntax.reading(languages=pack.brought([str(FOLDER)], Path())):
        assert languages.language("a/b.tly") == "tally"
        assert rules.refusal(Source(path="x"), "b.tly") == ""
        assert languages.language("b.py") == "python"


def test_an_answer_is_judged_where_it_stands() -> None:
    start = CODE.index(b"let owed# = owed#")
    end = CODE.index(b"\n", start)
    probe = Sample(
        prompt=Hole(path="a.tly", prefix=CODE[:start].decode(), suffix=CODE[end:].decode()), answer=CODE[start:end].decode(),
        kind="fim", maker="time_probe", labels={"language": ("tally",)},
    )  # fmt: skip
    price = Price(bits=1.0, bytes=1)
    assert grade(probe, "own", probe.answer or "", price).parses is None
    with syntax.reading(languages=pack.brought([str(FOLDER)], Path())):
        assert grade(probe, "own", probe.answer or "", price).parses == 1
        assert grade(probe, "own", "let owed# = (owed#", price).parses == 0


def test_what_was_written_after_the_cut_can_be_a_probe() -> None:
    document = Document("stall", "team", "c" * 40, "a.tly", "tally", CODE, 0)
    assert probes.units(document) == ()
    with syntax.reading(languages=pack.brought([str(FOLDER)], Path())):
        texts = {CODE[unit.start : unit.end] for unit in probes.units(document)}
    assert b"let owed# = owed# + line.cost#" in texts
    assert CODE[CODE.index(b"each") : CODE.index(b"end each") + 8] in texts


def test_units_names_and_comments_of_the_dialect() -> None:
    with syntax.reading(languages=pack.brought([str(FOLDER)], Path())):
        found = syntax.read("tally", CODE)
        assert found and found.sound
        (unit,) = found.units
        assert (unit.kind, unit.name) == ("function", "Owed#")
        assert CODE[unit.start : unit.end].startswith(b"function Owed#") and CODE[unit.start : unit.end].endswith(b"end function")
        assert unit.doc and CODE[slice(*unit.doc)] == b"rem What a customer pays for\nrem all that lies in the basket."
        assert [name.name for name in found.calls] == ["Rounded"]
        assert [name.name for name in found.imports] == ["money"]
        assert [CODE[slice(*span)] for span in found.comments][-1] == b"' nothing yet"


@pytest.mark.parametrize(
    "wrong",
    [
        b"let a = (1",
        b"let a = 1)",
        b'print "a',
        b"end if",
        b"if a then\n",
        b"each x in y\nend while",
        b"frobnicate 1",
        b"let a = ~",
        b"function",
    ],
)
def test_what_is_not_the_dialect_does_not_parse(wrong: bytes) -> None:
    with syntax.reading(languages=pack.brought([str(FOLDER)], Path())):
        assert syntax.parses("tally", wrong) is False
        assert syntax.parses("tally", CODE + wrong) is False
        assert syntax.parses(*GOOD[:2]) is True


def test_lessons_have_the_generation_of_their_files(lessons: Run) -> None:
    made = {one.origins[0].path: one.labels.get("generation") for one in samples.read(lessons.folder, "train", ["raw"])}
    assert made == {
        path: labels
        for path, labels in {
            "README.md": None, "basket.tly": ("spool", "record"), "boxes.tly": ("spool", "record"), "closing.tly": ("spool",),
            "growers.tly": ("spool", "record"), "money.tly": ("all",), "orders.tly": ("spool", "record"),
            "receipt.tly": ("spool", "record"), "weather.tly": ("spool",),
        }.items()
        if path in made
    }  # fmt: skip
    assert len(made) > 5
    assert lessons.metrics["vocabulary"] == {"generation": ["spool", "record", "all"]}
    assert lessons.metrics["labels"]["generation"]["undecided"] == 0


def test_signs_are_compared_with_what_a_person_says(stall: Path, tmp_path: Path) -> None:
    found = recipe.read(FOLDER)
    source = found.sources[0].model_copy(update={"path": str(stall)})
    asked = found.model_copy(update={"folder": tmp_path, "packs": (str(FOLDER),), "sources": (source,)})
    table = dataset.calibrate(asked, FOLDER / "labels.toml")["generation"]
    assert (table["files"], table["undecided"]) == (8, 0)
    rows = {row["value"]: (row["by_hand"], row["by_signs"], row["precision"], row["recall"]) for row in table["values"]}
    assert rows == {"spool": (6, 7, 6 / 7, 1.0), "record": (6, 5, 1.0, 5 / 6), "all": (1, 1, 1.0, 1.0)}
    assert {one["path"]: one["by_signs"] for one in table["differ"]} == {"boxes.tly": ["record", "spool"], "closing.tly": ["spool"]}
    for text, said in (
        ('[generation]\n"shed.tly" = ["all"]\n', "no file of a source"), ('[generation]\n"money.tly" = ["dwc"]\n', "name some of spool"),
        ("[client]\n", "no label is called 'client'"), ("[", "cannot be read as TOML"),
    ):  # fmt: skip
        (tmp_path / "wrong.toml").write_text(text)
        with pytest.raises(UsageError, match=said):
            dataset.calibrate(asked, tmp_path / "wrong.toml")
