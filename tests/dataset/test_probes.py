import itertools
from dataclasses import replace

from idiolect.dataset import probes
from idiolect.sources import headers
from idiolect.types import Hole
from tests.dataset.corpus import document, text

CODE = '''import os
from shop import basket, voucher


class Parcel:
    """A parcel on its way to somebody."""

    # where it stands at this hour, as far as anybody knows
    shelf = basket.first_free_shelf(voucher)

    def weigh(self, scale):
        total = scale.measure(self) + self.wrapping_weight
        return total if total > 0 else scale.fail("empty")
'''


def answers(code: str, added: tuple[range, ...]) -> list[str]:
    file = document("a.py", code)
    units = probes.units(file)
    return [str(probes.probe(file, unit).answer) for _, unit in probes.choose({"a.py": added}, lambda _: units)]


def test_units_fill_whole_lines_and_say_something() -> None:
    found = {CODE.encode()[unit.start : unit.end].decode() for unit in probes.units(document("a.py", CODE))}
    assert "total = scale.measure(self) + self.wrapping_weight" in found
    assert 'return total if total > 0 else scale.fail("empty")' in found
    assert "shelf = basket.first_free_shelf(voucher)" in found
    assert any(text.startswith("def weigh") for text in found)
    assert not any(text.startswith(("import", "from", '"""', "#", "scale.measure")) for text in found)


def test_a_unit_lies_wholly_within_the_added_lines() -> None:
    assert answers(CODE, (range(11, 12),)) == ["total = scale.measure(self) + self.wrapping_weight"]
    assert answers(CODE, (range(8),)) == []


def test_prefix_answer_and_suffix_are_the_file() -> None:
    file = document("a.py", CODE.replace("somebody", "Jürgen"))
    for unit in probes.units(file):
        made = probes.probe(file, unit)
        assert isinstance(made.prompt, Hole)
        assert (made.prompt.prefix + str(made.answer) + made.prompt.suffix).encode() == file.data
        assert made.labels == {"language": ("python",)}
        assert (made.origins[0].start, made.origins[0].end) == (unit.start, unit.end)


def test_at_most_one_is_taken_from_ten_added_lines_and_none_overlap() -> None:
    files = {f"{number}.py": document(f"{number}.py", text(number)) for number in range(30)}
    lines = {path: len(file.text.splitlines()) for path, file in files.items()}
    units = {path: probes.units(file) for path, file in files.items()}
    chosen = probes.choose({path: (range(count),) for path, count in lines.items()}, units.__getitem__)
    assert 0.6 * sum(lines.values()) / 10 < len(chosen) <= -(-sum(lines.values()) // 10)
    for path in files:
        taken = sorted((unit.start, unit.end) for where, unit in chosen if where == path)
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(taken))


def test_what_does_not_parse_or_has_no_grammar_gives_no_unit() -> None:
    assert probes.units(document("a.py", CODE + "def (:\n")) == ()
    assert probes.units(document("a.md", CODE, language="markdown")) == ()


def test_lines_are_those_of_the_file_where_its_header_stays_out() -> None:
    header = b"# Copyright 2024 A Team\n# Licensed under the MIT licence\n\n"
    whole = document("a.py", text(1))
    text_left, pieces = headers.stripped(header + whole.data, "python")
    bare = replace(whole, data=text_left, pieces=pieces)
    assert text_left == whole.data
    assert [(unit.first - 3, unit.last - 3) for unit in probes.units(bare)] == [(unit.first, unit.last) for unit in probes.units(whole)]


def test_nobody_is_asked_for_a_digest_or_the_version_of_an_action() -> None:
    assert not probes.says_something("uses: actions/checkout@v7 and more of it")
    assert not probes.says_something("shelf = basket.open('de0fac2e4500dabe0009e67214ff5f5447ce83dd')")
    assert probes.says_something("shelf = basket.open('de0fac2', uses=actions)")
