from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

from idiolect import recipe, samples, vocabulary, weights
from idiolect.dataset import card, census, excerpts, lengths
from idiolect.dataset.census import take
from idiolect.files import write_json
from idiolect.render import Renderer
from idiolect.types import Dropped, File, Hole, Kind, Message, Sample, Span, Split

CUT = 1_650_000_000


def span(time: int = CUT - 86_400, source: str = "shop", path: str = "a.py") -> Span:
    return Span(source=source, commit="c" * 40, path=path, start=0, end=9, time=time, licence="MIT")


def sample(number: int, kind: Kind = "raw", **values: Any) -> Sample:
    values.setdefault("origins", (span(CUT - 86_400 * (1 + 20 * number)),))
    return Sample(**{"answer": f"answer {number}", "kind": kind, "maker": kind, "labels": {"language": ("python",)}, **values})


def lessons() -> dict[Split, list[Sample]]:
    hole = Hole(path="a.py", prefix="def a():\n    return ", suffix="\n")
    return {
        "train": [
            *(sample(number) for number in range(12)),
            sample(20, "fim", prompt=hole),
            sample(30, "write", prompt=(Message(role="user", content="Write it."),)),
        ],
        "validation": [sample(40)],
        "time": [sample(50, "fim", prompt=hole, origins=(span(CUT + 86_400),))],
    }


METRICS: dict[str, Any] = {
    "documents": 30,
    "leaks": 0,
    "searched": 1,
    "seconds": 3.2,
    "funnel": [
        {"step": "files", "unit": "documents", "in": 34, "kept": 30, "dropped": {"vendored": 3, "binary": 1}},
        {"step": "make raw", "unit": "samples", "in": 14, "kept": 13, "dropped": {"blank": 1}},
        {"step": "make spec", "unit": "samples", "in": 0, "kept": 0, "dropped": {}},
        {"step": "merge", "unit": "samples", "in": 13, "kept": 12, "dropped": {"merged": 1}},
    ],
    "cuts": {"shop": {"commit": "d" * 40, "time": CUT, "candidates": 400, "note": "a short history"}},
}
DROPPED = [Dropped(reason="vendored", what=f"vendor/{number}.js", source="shop") for number in range(3)]


def written(folder: Path, splits: dict[Split, list[Sample]] | None = None, metrics: dict[str, Any] | None = None) -> str:
    made = lessons() if splits is None else splits
    for split, found in made.items():
        samples.write(folder, split, found)
    counted = take(made, DROPPED)
    path = card.write(folder, METRICS if metrics is None else metrics, counted, excerpts.drawn(folder, counted), name="acme")
    assert path == folder / "README.md"
    return path.read_text(encoding="utf-8")


def test_the_front_matter_names_a_file_pattern_for_every_split(tmp_path: Path) -> None:
    front = written(tmp_path).split("---")[1]
    assert 'pretty_name: "acme"' in front and '- "n<1K"' in front
    for split in ("train", "validation", "time"):
        assert f"  - split: {split}\n    path: {split}/*.parquet" in front
    assert "cluster" not in front


def test_every_picture_is_linked_stands_there_and_is_well_formed(tmp_path: Path) -> None:
    linked = re.findall(r"!\[[^\]]+\]\((card/\w+\.svg)\)", written(tmp_path))
    assert set(linked) == {f"card/{path.name}" for path in (tmp_path / "card").iterdir()}
    assert {"card/funnel.svg", "card/kinds.svg", "card/languages.svg", "card/lengths.svg", "card/ages.svg", "card/cut.svg"} <= set(linked)
    for name in linked:
        ElementTree.parse(tmp_path / name)


def test_what_was_written_on_one_day_has_no_picture_of_its_time(tmp_path: Path) -> None:
    day = [Sample(answer=f"x = {place}\n", kind="raw", maker="raw", origins=(span(),)) for place in range(3)]
    text = written(tmp_path, {"train": day[:2], "time": day[2:]})
    assert "card/lengths.svg" in text and "card/cut.svg" not in text and "card/ages.svg" not in text
    assert "| `shop` | `dddddddddddd` |" in text


def test_the_card_opens_without_a_network(tmp_path: Path) -> None:
    text = written(tmp_path) + "".join(path.read_text() for path in (tmp_path / "card").iterdir())
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "") and "<script" not in text


def test_the_funnel_shows_what_came_in_as_kept_and_dropped(tmp_path: Path) -> None:
    text = written(tmp_path)
    first, makers, last = ((tmp_path / f"card/{stem}.svg").read_text(encoding="utf-8") for stem in ("funnel", "makers", "finishing"))
    assert "30 of 34 documents" in first and "vendored 3" in first and "samples" not in first
    assert "13 of 14 samples" in makers and "blank 1" in makers and "spec" not in makers
    assert "12 of 13 samples" in last and "merged 1" in last
    assert "| vendored | 3 | `vendor/0.js`, `vendor/1.js`, `vendor/2.js` |" in text


def test_the_commonest_values_of_each_label_are_pictured(tmp_path: Path) -> None:
    marked = [
        sample(number).model_copy(update={"labels": {"language": ("ruby",), "intent": (f"intent-{number % 8}",)}}) for number in range(20)
    ]
    written(tmp_path, {"train": marked})
    said = (tmp_path / "card/labels.svg").read_text(encoding="utf-8")
    assert "intent: intent-0" in said and "intent: 2 others" in said and "ruby" not in said
    written(tmp_path, {"train": [one.model_copy(update={"labels": {"intent": (f"intent-{n % 7}",)}}) for n, one in enumerate(marked)]})
    said = (tmp_path / "card/labels.svg").read_text(encoding="utf-8")
    assert "intent: intent-6" in said and "other" not in said


def test_counts_leaks_cut_and_licences_are_told(tmp_path: Path) -> None:
    text = written(tmp_path)
    assert "| **raw** | files as they stand, every token counts | 12 | 1 | 0 |" in text
    assert "| **0** |" in text and "No probe's text stands in any training text" in text
    assert "| `shop` | `dddddddddddd` | 2022-04-15 05:20 | 400 | a short history |" in text
    assert "`MIT` (14)" in text


def test_a_leak_is_told_plainly(tmp_path: Path) -> None:
    assert "**2 probes leak into training text**" in written(tmp_path, metrics={**METRICS, "leaks": 2})


def test_ten_samples_of_a_kind_are_shown_the_same_each_time(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b", {split: found[::-1] for split, found in lessons().items()})
    raw = first.split("### raw")[1].split("### write")[0]
    assert raw.count("made by `raw`") == 10
    assert raw == second.split("### raw")[1].split("### write")[0]
    assert "return █\n" in first.split("### fim")[1]


def test_what_a_sample_holds_is_never_markup(tmp_path: Path) -> None:
    nasty = "text\n```\n# heading\n<img src=x onerror=alert(1)>\n````\n\x1b[31mred\u202e"
    bad = Sample(
        prompt=(Message(role="user", content=nasty),), answer=nasty, kind="write", maker="write", origins=(span(path="a|b`c<d>.py"),)
    )  # fmt: skip
    text = written(tmp_path, {"train": [bad]})
    shown = text.split("### write")[1]
    fences = re.findall(r"^(`{3,})(?:text)?$", shown, re.MULTILINE)
    assert fences.count("`````") == 4
    assert "\x1b" not in text and "\u202e" not in text and "\\u001b[31mred\\u202e" in shown
    assert "`` a¦b`c<d>.py ``" in shown or "``a¦b`c<d>.py``" in shown


def test_of_long_samples_the_middle_is_left_out_and_every_fence_is_closed(tmp_path: Path) -> None:
    told = "Said first.\n```ruby\n" + "middle\n" * 2_000 + "````\nSaid last."
    hole = Hole(path="a.py", prefix="far above\n" + "x = 1\n" * 1_000, typed="ret", suffix="\n" + "y = 2\n" * 1_000 + "far below")
    long = [
        Sample(prompt=(Message(role="user", content=told),), answer="z" * 5_000, kind="feature", maker="feature", origins=(span(),)),
        Sample(prompt=hole, answer="urn x", kind="fim", maker="fim", origins=(span(),)),
    ]
    shown = written(tmp_path, {"train": long}).split("## Samples to read")[1]
    assert "Said first." in shown and "Said last." in shown and "x = 1\nret█\ny = 2" in shown
    assert "far above" not in shown and "far below" not in shown and len(shown) < 6_000
    counts = [int(count.replace(",", "")) for count in re.findall(r"(?m)^\[… ([\d,]+) characters left out …\]$", shown)]
    kept = [text.split("\n[… ")[0] for text in re.findall(r"(?ms)^`{3,}text\n(.*?)\n`{3,}$", shown)]
    assert len(counts) == 4 and counts[1] == 5_000 - 1_500 and kept[1] == "z" * 1_000
    opened = re.findall(r"(?m)^(`{3,})text\n(?s:.*?)^\1$", shown)
    assert len(opened) == 4 and not re.search(r"`{3}", re.sub(r"(?m)^(`{3,})text\n(?s:.*?)^\1$", "", shown))


def test_a_kind_that_only_validation_has_is_shown_from_there(tmp_path: Path) -> None:
    text = written(tmp_path, {**lessons(), "validation": [sample(40), sample(41, "review")]})
    assert "1 of 1 in validation<" in text.split("### review")[1]
    assert "10 of 12 in train<" in text.split("### raw")[1] and "answer 40" not in text


def test_what_is_not_to_be_said_and_the_files_around_a_hole_are_shown(tmp_path: Path) -> None:
    hole = Hole(path="a.py", prefix="x = ", suffix="\n", files=(File(path="b.py", text="y = 2\n"),))
    found = [sample(1, "contrast", rejected="never this"), sample(2, "fim", prompt=hole)]
    shown = written(tmp_path, {"train": found}).split("## Samples to read")[1]
    assert "not to be said:\n\n```text\nnever this\n```" in shown and "with `b.py` around it" in shown


def test_every_kind_is_told_what_it_teaches() -> None:
    assert set(card.KINDS) == set(get_args(Kind))


def test_duplicates_are_told_of_files_and_of_finished_lessons(tmp_path: Path) -> None:
    steps = (
        ("dedupe", 34, {"duplicate": 3, "near-duplicate": 1}),
        ("merge", 20, {"merged": 2}),
        ("near-duplicates", 18, {"near-duplicate": 5}),
    )
    funnel = [{"step": step, "unit": "x", "in": met, "kept": met - sum(lost.values()), "dropped": lost} for step, met, lost in steps]
    text = written(tmp_path, metrics={**METRICS, "funnel": funnel})
    assert "| files | 34 | 3 | 1 |" in text and "| finished lessons | 20 | 2 | 5 |" in text
    assert "candidates for probes" not in text


def test_lengths_are_told_in_the_tokens_of_the_base_and_in_bytes(tmp_path: Path) -> None:
    asked = (Message(role="user", content="Write it."),)
    splits: dict[Split, list[Sample]] = {
        "train": [sample(1, answer="def price(amount):\n    return amount\n" * 9), sample(2, "write", prompt=asked)]
    }
    for split, found in splits.items():
        samples.write(tmp_path, split, found)
    write_json(tmp_path / vocabulary.FILE, {"words": {"stallholder_basket": 20}, "total": 20, "share": 1.0})
    models = [{"name": "a"}, {"name": "b", "base": "./elsewhere"}, {"name": "c", "base": "nobody/has-this-model"}]
    made = recipe.parse({"name": "a", "model": models}, folder=tmp_path)
    counted = take(splits)
    found = lengths.measured(made, counted, excerpts.drawn(tmp_path, counted), tmp_path)
    renderer = Renderer.load(weights.tokenizer("seedling", tmp_path))
    size = len(renderer.encode("Write it.")) + len(renderer.encode("answer 2"))
    assert found["kinds"]["write"] == {"lessons": 1, "bytes": [17, 17, 17]}
    assert found["bases"]["seedling"]["tokens"]["write"] == [size] * 3
    assert sum(found["bases"]["seedling"]["classes"].values()) == 2
    text = written(tmp_path, splits, {**METRICS, "lengths": found})
    assert f"| **write** | 1 | 17 / 17 / 17 | {size} / {size} / {size} |" in text
    assert "(card/tokens.svg)" in text and "`stallholder_basket`" in text
    for base in ("./elsewhere", "nobody/has-this-model"):
        assert f"No tokens of `{base}`, only bytes: the tokenizer of" in text


def test_a_tokenizer_that_cannot_be_read_is_told_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base/tokenizer.json").write_text("{}")
    found = lengths.measured(recipe.parse({"name": "a", "model": [{"base": "base"}]}, folder=tmp_path), take({}), {}, tmp_path)
    assert "not readable as a tokenizer" in found["bases"]["base"]["why"]


def test_an_empty_dataset_has_a_card_too(tmp_path: Path) -> None:
    text = written(tmp_path, {}, {})
    assert text.startswith("---\n") and "# acme" in text


def test_the_census_counts_each_sample_once() -> None:
    counted = census.take(lessons(), DROPPED)
    assert counted.samples.total() == 16 and counted.splits() == {"train": 14, "validation": 1, "time": 1}
    assert counted.languages == {"python": 14} and counted.lengths.total() == 14 and counted.reasons == {"vendored": 3}
    assert sum(counted.days["shop", True].values()) == 1
