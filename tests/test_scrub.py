"""Secrets and personal data out of bytes."""

from __future__ import annotations

import ast
import json
import pickle
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idiolect import syntax
from idiolect.errors import RecipeError
from idiolect.scrub import Scrubber, engines, filters, rules
from idiolect.types import Document, Replaced, original
from tests import look_alikes, planted
from tests.planted import Planted, R, some

PEOPLE = look_alikes.people()
SHARED = Scrubber(rules.together(), PEOPLE, engines.by_keywords)


@pytest.fixture
def scrubber() -> Scrubber:
    return SHARED


@pytest.fixture(scope="module")
def everything() -> list[Planted]:
    return [
        *planted.structured(seed=11, each=4), *planted.generic(seed=12, count=80), *planted.private_keys(seed=13, each=1),
        *list(look_alikes.personal(seed=14))[::10], *look_alikes.negatives(seed=15, count=120),
    ]  # fmt: skip


def test_a_finding_becomes_a_word_that_says_what_it_was(scrubber: Scrubber) -> None:
    value = planted.STRUCTURED["github-personal"](R(1))
    found = scrubber.scrub(f'client = Client("{value}")\n'.encode())
    assert found.data == b'client = Client("REDACTED_GITHUB_TOKEN")\n'
    assert [(one.rule, one.start, one.end) for one in found.findings] == [("github-token", 17, 57)]
    assert found.replaced == (Replaced(17, 38, 17, 57),)


def test_both_engines_find_the_same(scrubber: Scrubber, everything: list[Planted]) -> None:
    pytest.importorskip("hyperscan")
    other = Scrubber(rules.together(), PEOPLE, engines.by_hyperscan)
    together = b"\n".join(one.data for one in everything)
    assert len(scrubber.scrub(together).findings) > 200
    for data in [*(one.data for one in everything), together]:
        assert other.scrub(data) == scrubber.scrub(data)


def test_lines_stay_and_scrubbing_again_changes_nothing(scrubber: Scrubber, everything: list[Planted]) -> None:
    for one in everything:
        cleaned = scrubber.scrub(one.data).data
        assert cleaned.count(b"\n") == one.data.count(b"\n")
        assert scrubber.scrub(cleaned) == (cleaned, (), ())


def test_what_was_not_replaced_stands_where_the_way_back_says(scrubber: Scrubber, everything: list[Planted]) -> None:
    for one in everything:
        found = scrubber.scrub(one.data)
        at = before = 0
        for place in found.replaced:
            assert found.data[at : place.start] == one.data[before : place.original_start]
            at, before = place.end, place.original_end
        assert found.data[at:] == one.data[before:]


@pytest.mark.parametrize("place", sorted(planted.PLACES))
def test_code_with_a_placeholder_parses_as_it_did(scrubber: Scrubber, place: str) -> None:
    language = {"c-sharp": "", "python-call": "python", "ruby-hash": "ruby"}.get(place, place)
    for kind, make in planted.STRUCTURED.items():
        value = make(R(7))
        text = planted.PLACES[place](R(8), value).encode()
        cleaned = scrubber.scrub(text).data
        assert planted.secret_part(kind, value).encode() not in cleaned
        before, after = (syntax.read(language, data) for data in (text, cleaned))
        if before is not None and after is not None and before.sound:
            assert after.sound
        if place in ("json", "notebook"):
            json.loads(cleaned)


@pytest.mark.parametrize("held", sorted(planted.HELD))
def test_a_key_loses_its_body_and_the_code_around_it_stays_sound(scrubber: Scrubber, held: str) -> None:
    rows, body = planted.key(R(3), "RSA ", 609)
    text = planted.HELD[held](rows)
    cleaned = scrubber.scrub(text.encode()).data
    assert all(row.encode() not in cleaned for row in body if len(row) > 11)
    assert b"REDACTED_PRIVATE_KEY" in cleaned
    if held.startswith("python"):
        ast.parse(cleaned)
    if held == "json":
        json.loads(cleaned)
    if held == "comment":
        assert cleaned.endswith(b"\ndef run():\n    return 1\n")
        assert all(line.startswith(b"#") for line in cleaned.split(b"\n")[: len(rows)])
    if held == "cut-off":
        assert cleaned.endswith(b"\n\ndef run():\n    return 1\n")


def test_code_that_only_speaks_of_keys_stays(scrubber: Scrubber) -> None:
    text = (
        'BEGIN = "-----BEGIN PRIVATE' + ' KEY-----"\nEND = "-----END PRIVATE' + ' KEY-----"\n'
        "def encoded(value):\n    return BEGIN + base64_encoded_string_of(value) + END\n"
    ).encode()
    assert scrubber.scrub(text).data == text


def test_a_password_in_an_address_goes_and_the_rest_of_it_stays(scrubber: Scrubber) -> None:
    value = some(R(5), 16)
    assert scrubber.text(f"postgres://app:{value}@db.internal:5432/shop") == "postgres://app:REDACTED_URL_PASSWORD@db.internal:5432/shop"


def test_addresses_and_numbers_of_people_become_those_of_examples(scrubber: Scrubber) -> None:
    name, email = PEOPLE[0]
    text = f"# Author: {name} <{email}>\nserver = '81.2.69.142'\nother = '2a01:4f8:1:2::3'\n"
    cleaned = "# Author: REDACTED_NAME <person@example.com>\nserver = '192.0.2.1'\nother = '2001:db8::1'\n"
    assert scrubber.text(text) == cleaned
    assert not scrubber.touches("", cleaned)


def test_machines_that_are_nobodys_keep_their_numbers(scrubber: Scrubber) -> None:
    for value in (
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.10",
        "172.16.4.5",
        "169.254.1.1",
        "0.0.0.0",
        "192.0.2.7",
        "8.8.8.8",
        "::1",
        "fe80::1",
        "2001:db8::5",
    ):
        text = f'host = "{value}"\n'
        assert scrubber.text(text) == text
    for text in ("version = '45.62.81.104'", "Chrome/91.0.4472.124", "rails (7.0.4.1)", "pip install foo==12.30.14.15", "v45.62.81.104"):
        assert scrubber.text(text) == text


def test_names_are_words_of_their_own_and_common_identifiers_stay() -> None:
    who = [("Mark Downing", "mark@acme.io"), ("Text", "text@acme.io"), ("dependabot[bot]", "x@acme.io"), ("José Müller", "jm@acme.io")]
    scrubber = Scrubber(rules.together(), who, engines.by_keywords)
    same = "mark = text.read()\nclass Text: pass\nMark Downingham\nXMark Downing\nfrom dependabot import Mark\n"
    assert scrubber.text(same) == same
    assert scrubber.text("by Mark Downing, 2020") == "by REDACTED_NAME, 2020"
    assert scrubber.text("Downing, Mark wrote") == "REDACTED_NAME wrote"
    assert scrubber.text("von José Müller.") == "von REDACTED_NAME."
    assert (
        scrubber.text("# TODO(mark): later\n@author text\n@author nobody")
        == "# TODO(REDACTED_NAME): later\n@author REDACTED_NAME\n@author nobody"
    )


def test_a_scrubber_crosses_processes_and_threads(scrubber: Scrubber, everything: list[Planted]) -> None:
    documents = [one.data for one in everything[::3]]
    for one in (scrubber, Scrubber(rules.together(), PEOPLE, engines.by_keywords)):
        copy = pickle.loads(pickle.dumps(one))
        assert copy.digest == one.digest
        alone = [copy.scrub(data) for data in documents]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(one.scrub, documents)) == alone


def test_the_digest_says_whether_anything_can_have_changed(scrubber: Scrubber) -> None:
    known = rules.together()
    assert Scrubber(known, PEOPLE[::-1]).digest == scrubber.digest
    assert Scrubber(known, PEOPLE[1:]).digest != scrubber.digest
    fewer = known.model_copy(update={"rules": known.rules[1:]})
    assert Scrubber(fewer, PEOPLE).digest != scrubber.digest


HOUSE = """
[[rules]]
id = "house-token"
description = "our own"
regex = '''\\b(hs-[0-9a-f]{12})\\b'''
keywords = ["hs-"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''not a token''']
[extend]
useDefault = true
disabledRules = ["email"]
[allowlist]
stopwords = ["abc123"]
"""


def test_a_team_adds_rules_and_allowlists_and_turns_ours_off(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text(HOUSE)
    scrubber = Scrubber(rules.together((rules.read(file),)), engine=engines.by_keywords)
    assert scrubber.text("a = 'hs-0123456789fe'") == "a = 'hs-0123456789fe'"  # our own allowlist: counting
    assert scrubber.text("a = 'hs-92af5c77d01e'") == "a = 'REDACTED_HOUSE_TOKEN'"
    assert scrubber.text("a = 'hs-92abc1235c77'") == "a = 'hs-92abc1235c77'"
    assert scrubber.text("a = 'hs-92af5c77d01e'  # not a token") == "a = 'hs-92af5c77d01e'  # not a token"
    assert scrubber.text("ada@acme.io") == "ada@acme.io"
    assert scrubber.touches("", "a = 'REDACTED_HOUSE_TOKEN'")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rules]]\nid = 'x'\nregex = '(a'\n", "rule x.regex: not a regular expression of RE2: missing \\)"),
        ("[[rules]]\nid = 'x'\nregex = '(?=a)b'\n", "not a regular expression of RE2: invalid perl operator"),
        ("[[rules]]\nid = 'x'\n", "rule x.regex: Field required"),
        ("[[rules]]\nid = 'x'\nregex = 'a'\nregx = 'b'\n", "rule x.regx: unknown key"),
        ("[[rules]]\nid = 'email'\nregex = 'a'\n", "two rules are called 'email'"),
        ("[extend]\ndisabledRules = ['emial']\n", "no rule is called 'emial'"),
        ("rules = [", "not valid TOML"),
        ("a = " + "[" * 9000, "nested too deeply"),
        ("rules = 5\n", "rules: should be a list"),
        ("rules = [1]\n", "rule 1: should be a table"),
        ("allowlist = 1\n", "allowlists.0: should be a table"),
        ("allowlists = 3\n", "allowlists: should be a list"),
        ("[[rules]]\nid = 'x'\nregex = '(a)'\nsecretGroup = 2\n", "rule x: secretGroup: the regex has no more than 1 groups"),
        ("[[rules]]\nid = 'x'\nregex = 'a'\nkeywords = ['']\n", "rule x.keywords.0: String should have at least 1 character"),
        ("[[rules]]\nid = 'x'\nregex = 'a'\nreach = [-1, 9]\n", "rule x.reach.0"),
        ("[[rules]]\nid = 'x'\nregex = 'a'\nentropy = nan\n", "rule x.entropy: Input should be a finite number"),
    ],
)
def test_a_rule_that_cannot_be_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "house.toml"
    file.write_text(text)
    with pytest.raises(RecipeError, match=said) as caught:
        rules.together((rules.read(file),))
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("pattern", ["(?U)sesame+", r"\p{Greek}|sesame", r"\pL+same"])
def test_an_expression_that_hyperscan_does_not_know_is_searched_all_the_same(pattern: str) -> None:
    known = rules.Rules(rules=(rules.Rule(id="house", regex=pattern), rules.Rule(id="other", regex="poppy")))
    for engine in (engines.by_keywords, engines.by_hyperscan):
        assert Scrubber(known, engine=engine).text("open sesame, poppy") == "open REDACTED_HOUSE, REDACTED_OTHER"


def test_every_rule_of_ours_has_keywords_and_a_placeholder_that_no_rule_finds(scrubber: Scrubber) -> None:
    known = tomllib.loads(rules.OURS.read_text(encoding="utf-8"))["rules"]
    assert len(known) > 100
    assert all(rule["description"] for rule in known)
    assert [rule["id"] for rule in known if not rule.get("keywords")] == ["ipv4"]
    for rule in rules.together().rules:
        assert not (rule.reach and not rule.keywords)
        assert rule.check == "" or rule.check == "author" or rule.check in filters.CHECKS
        assert not scrubber.scrub(b'value = "' + rule.stands_for + b'"').findings


def test_what_a_rule_needs_stands_in_all_that_it_finds(scrubber: Scrubber) -> None:
    text = b"mail ada@analytical.org or .b+c@d-e.fr, see 93.184.216.34: and 9.9.9.10\n@media x @ivar a@ @b 1.2.3"
    for rule in scrubber.known.rules:
        found = [match.group() for match in rule.pattern.finditer(text)] if rule.needs else []
        assert all(rule.needed.search(one) for one in found)
        assert found or not rule.needs
    with pytest.raises(ValueError, match="not a regular expression of Python"):
        rules.Rule(id="one", regex="a", needs="(")


def test_a_rule_is_not_tried_where_what_it_needs_is_missing() -> None:
    known = rules.Rules(rules=(rules.Rule(id="one", regex="(b+)", keywords=("b",), needs="a"),))
    assert Scrubber(known).scrub(b"bb").data == b"bb"
    assert Scrubber(known).scrub(b"a bb").data == b"a REDACTED_ONE"


def test_words_are_cheap_and_secrets_are_not() -> None:
    assert filters.characters_per_token(b"authenticity_token") > 3
    assert filters.characters_per_token(some(R(1), 40).encode()) < 1.4
    assert filters.entropy(b"aaaa") == 0
    assert filters.entropy(b"abcd") == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b"-----BEGIN PRIVATE" + b" KEY-----" * size,
        lambda size: b"password = '" + b"testpassword" * size,
        lambda size: b'token = "' + b"a.b" * size + b'"',
        lambda size: b'"a" + ' * size,
        lambda size: b"1.2.3.4" * size,
        lambda size: b"A" * size * 8,
        lambda size: b"a@" * size * 4,
        lambda size: b"://a:" * size,
    ],
)
def test_hostile_text_takes_time_that_grows_with_its_length(scrubber: Scrubber, make: Callable[[int], bytes]) -> None:
    data = make(20_000)
    assert scrubber.scrub(data).data.count(b"\n") == data.count(b"\n")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([one.data for one in planted.structured(seed=21, each=1)])), max_size=6))
def test_any_bytes_come_through(parts: list[bytes]) -> None:
    data = b"\n".join(parts)
    found = SHARED.scrub(data)
    assert found.data.count(b"\n") == data.count(b"\n")
    assert SHARED.scrub(found.data).data == found.data


def test_a_span_of_a_scrubbed_file_names_the_bytes_that_stood_there() -> None:
    text = b'a = 1\nkey = "%s"\nb = 2\n' % planted.STRUCTURED["stripe-live"](R(2)).encode()
    found = Scrubber(rules.together(), engine=engines.by_keywords).scrub(text)
    document = Document("shop", "team", "c" * 40, "a.py", "python", found.data, 0, replaced=found.replaced)
    for line in (b"a = 1\n", b"b = 2\n"):
        at = found.data.index(line)
        span = document.span(at, at + len(line))
        assert text[span.start : span.end] == line
    whole, placeholder = document.span(), document.replaced[0]
    assert (whole.start, whole.end) == (0, len(text))
    inside = document.span(placeholder.start + 3, placeholder.start + 5)
    assert (inside.start, inside.end) == (placeholder.original_start, placeholder.original_end)


def test_the_way_back_passes_over_what_was_taken_away_whole() -> None:
    replaced = (Replaced(2, 5, 2, 10), Replaced(7, 7, 12, 20))
    assert original(replaced, 0, 2) == (0, 2)
    assert original(replaced, 5, 7) == (10, 12)
    assert original(replaced, 7, 9) == (20, 22)
    assert original(replaced, 4, 8) == (2, 21)
    assert original((), 3, 4) == (3, 4)


def test_no_key_stands_in_this_repository(scrubber: Scrubber) -> None:
    """What is planted in tests is put together when they run; a scanner of this repository has nothing to say."""
    root = Path(__file__).parent.parent
    files = [path for room in ("src", "tests", "docs", "bench", "seedling", "examples") for path in sorted((root / room).rglob("*"))]
    for path in files:
        if path.suffix in (".py", ".toml", ".md", ".txt", ".yml", ".rb", ".json") and path.stat().st_size < 1_000_000:
            data = path.read_bytes()
            found = [(one.rule, data[one.start : one.end]) for one in scrubber.scrub(data).findings]
            personal = {rule.id for rule in scrubber.known.rules if rule.personal} | {"author-name"}
            assert not [one for one in found if one[0] not in personal], path
