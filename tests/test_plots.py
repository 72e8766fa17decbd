from __future__ import annotations

import ast
from pathlib import Path
from xml.etree import ElementTree

import pytest

from idiolect import plots
from idiolect.plots import Era, Step, Value

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>alert('x')</script> & \"quotes\""
PICTURES = {
    "bars": plots.bars([(NASTY, 3.0), ("b", 1.0)], title=NASTY, note=NASTY),
    "grouped": plots.grouped([("exact match", [Value("base", 0.2, 0.1, 0.3), Value(NASTY, -0.1, -0.2, 0.05)])], title="t"),
    "stacked": plots.stacked([("raw", {"train": 3.0, NASTY: 1.0}), ("fim", {"train": 7.0})], title="t"),
    "columns": plots.columns([(str(number), float(number)) for number in range(40)], title="t"),
    "lines": plots.lines({"train": [(0, 3.0), (1, 2.0)], NASTY: [(0, 3.5), (1, float("nan")), (2, 2.5)]}, title="t", x="step", y="loss"),
    "funnel": plots.funnel([Step("files", "documents", 6, {"vendored": 3, NASTY: 1}), Step("made", "samples", 9, {})], title="t"),
    "timeline": plots.timeline([Era("shop", 1_600_000_000, {1_500_000_000: 3}, {1_650_000_000: 1}), Era("none", None, {}, {})], title="t"),
}
EMPTY = (
    plots.bars([], title="t"),
    plots.grouped([], title="t"),
    plots.stacked([], title="t"),
    plots.columns([], title="t"),
    plots.lines({}, title="t"),
    plots.lines({"one": [(1, 1.0)]}, title="t"),
    plots.funnel([], title="t"),
    plots.funnel([Step("none", "files", 0, {})], title="t"),
    plots.timeline([], title="t"),
    plots.bars([("zero", 0.0)], title="t"),
)


def rects(picture: str, style: str) -> list[float]:
    """Widths of the bars of a style; the legend's squares are left out."""
    found = [one for one in ElementTree.fromstring(picture).iter(f"{SVG}rect") if one.get("class") == style]
    return [float(one.get("width", "0")) for one in found if one.get("width") != "12.0" or one.get("height") != "12.0"]


def texts(picture: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("picture", [*PICTURES.values(), *EMPTY])
def test_every_picture_is_well_formed_and_needs_nothing_from_outside(picture: str) -> None:
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img" and root.get("aria-label")
    names = {one.tag for one in root.iter()}
    assert names <= {f"{SVG}{name}" for name in ("svg", "style", "rect", "text", "title", "line", "path", "circle")}
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "") and "nan" not in picture


@pytest.mark.parametrize("picture", PICTURES.values())
def test_pictures_have_colours_for_light_and_dark(picture: str) -> None:
    assert "prefers-color-scheme:dark" in picture and ".card{fill:#ffffff" in picture


def test_text_is_escaped() -> None:
    assert all("<script" not in picture for picture in PICTURES.values())
    assert NASTY in texts(PICTURES["bars"])


def test_bars_are_as_long_as_their_values() -> None:
    long, short = rects(plots.bars([("a", 3.0), ("b", 1.0)], title="t"), "c0")
    assert long == pytest.approx(3 * short, abs=0.2)


def test_a_negative_value_lies_left_of_zero() -> None:
    root = ElementTree.fromstring(plots.grouped([("g", [Value("", -1.0)]), ("h", [Value("", 2.0)])], title="t"))
    left, right = (one for one in root.iter(f"{SVG}rect") if one.get("class") == "c0")
    assert float(left.get("x", "")) + float(left.get("width", "")) == pytest.approx(float(right.get("x", "")), abs=0.2)


def test_the_funnel_says_what_was_kept_of_what_and_every_reason() -> None:
    said = " ".join(texts(PICTURES["funnel"]))
    assert "6 of 10 documents" in said and "vendored 3" in said and "9 of 9 samples" in said
    (left, _), (kept, _) = rects(PICTURES["funnel"], "left"), rects(PICTURES["funnel"], "c0")
    assert kept == pytest.approx(0.6 * left, abs=0.2)


def test_values_that_are_no_numbers_are_left_out_of_curves() -> None:
    points = list(ElementTree.fromstring(PICTURES["lines"]).iter(f"{SVG}circle"))
    assert len(points) == 4


def test_long_labels_are_shortened_and_told_whole_in_their_tip() -> None:
    name = "a label that nobody could print in so little room"
    picture = plots.bars([(name, 1.0)], title="t")
    assert any("…" in text for text in texts(picture)) and f"<title>{name}</title>" in picture


@pytest.mark.parametrize(
    ("value", "said"), [(1234.0, "1,234"), (0.12345, "0.123"), (0.0, "0"), (-3.0, "-3"), (12345.6, "12,346"), (2.5, "2.5")]
)
def test_numbers_are_written_for_readers(value: float, said: str) -> None:
    assert plots.number(value) == said


def test_the_module_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(plots.__file__).read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not any(name.startswith("idiolect") for name in names)
