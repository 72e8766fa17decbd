"""C3 and what follows from it: nothing planted stands in any artefact of a build, and spans, cut and guard still hold."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from idiolect import dataset, recipe, samples
from idiolect.dataset import units
from idiolect.dataset.makers import diff
from idiolect.dataset.scrubbing import Scrubbing
from idiolect.registry import Run
from idiolect.scrub import Scrubber, engines, rules
from idiolect.types import SPLITS, Change, Edit, Hole, Sample
from tests import planted
from tests.dataset.history_of import grown
from tests.planted import HELD, STRUCTURED, R, key, some
from tests.repositories import commit, made

AUTHOR = "Wilhelmina Quastenberg"
EMAIL = f"{AUTHOR.lower()}@example.org"


class Secrets:
    """What is planted, and where."""

    def __init__(self) -> None:
        r = R(77)
        self.aws, self.github, self.stripe, self.slack, self.old, self.said, self.probe, self.path = (
            STRUCTURED[kind](r)
            for kind in ("aws-access-key", "github-personal", "stripe-live", "slack-bot", "gitlab", "npm", "sendgrid", "linear")
        )
        self.password = some(r, 18)
        self.mail = "quastenberg@acme-shop.io"
        self.host = "81.2.69.142"
        rows, self.body = key(r, "EC ", 121)
        self.pem = HELD["python-lines"](rows)

    @property
    def all(self) -> list[str]:
        """Everything that must stand nowhere."""
        singles = [
            self.aws,
            self.github,
            self.stripe,
            self.slack,
            self.old,
            self.said,
            self.probe,
            self.path,
            self.password,
            self.mail,
            self.host,
        ]
        return [*singles, *(row for row in self.body if len(row) > 11), AUTHOR, EMAIL]


SETTINGS = """\"\"\"Settings, kept by {who} <{s.mail}>.\"\"\"

import os

REGION = "eu-west-1"
ACCESS = "{s.aws}"
DATABASE_PASSWORD = "{s.password}"
HOST = "{s.host}"


def connect(region=REGION):
    \"\"\"Open a connection to the region.\"\"\"
    client = Client(region, "{s.github}")
    return client.open(os.devnull)


def close(client):
    \"\"\"Close the connection and forget what it was opened for.\"\"\"
    client.flush()
    client.close()
    return None
"""
PAID_ONCE = """def pay(order):
    client = Pay("{s.old}")
    client.charge(order.total)
    return client.receipt()
"""
PAID = """def pay(order):
    client = Pay.of(order.shop)
    client.charge(order.total, order.currency)
    return client.receipt(order)
"""
TOLD = """def notify(order):
    chat = Chat("{s.slack}")
    chat.say(order.total, order.customer_name)
    pay = Pay("{s.stripe}")
    return pay
"""
CHARGED = """Charge in the currency of the order

It was {s.said} before, said {who}.

Co-authored-by: Berta Quintessen <berta@acme-shop.io>
"""
BADLY_NAMED = b"def secret():\n    return 'a file with a bad name'\n"


@pytest.fixture(scope="module")
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, secrets: Secrets) -> Path:
    folder = made(
        tmp_path_factory.mktemp("shop") / "shop", {"README.md": f"# Shop\n\nAsk {AUTHOR}, or write to {secrets.mail}.\n".encode()}
    )
    clock = 1_600_000_000

    def filled(text: str) -> bytes:
        return text.format(s=secrets, who=AUTHOR).encode()

    settings = {"lib/settings.py": filled(SETTINGS) + secrets.pem.encode(), "lib/pay.py": filled(PAID_ONCE)}
    commit(folder, settings, "Add settings", time=clock)
    commit(folder, {"lib/pay.py": filled(PAID)}, filled(CHARGED).decode(), author=AUTHOR, time=clock + 86_400)
    commit(folder, {f"lib/{secrets.path}.py": BADLY_NAMED}, "Add a file", time=clock + 2 * 86_400)
    clock += 10 * 86_400
    for number, (message, files) in enumerate(grown(files=9, functions=8)[:12]):
        commit(folder, {path: (text or "").encode() for path, text in files.items()}, message, time=clock + number * 86_400)
    commit(folder, {"lib/notify.py": filled(TOLD)}, f"Tell the team, with {secrets.probe}", author=AUTHOR, time=clock + 20 * 86_400)
    return folder


@pytest.fixture(scope="module")
def built(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("built")
    return dataset.build(recipe.parse({"name": "acme", "source": [{"path": str(shop)}], "dataset": {"candidates": 3}}, folder=folder))


def rows(run: Run) -> list[Sample]:
    return [one for split in SPLITS for one in samples.read(run.folder, split)]


def texts(folder: Path) -> dict[str, str]:
    """Every artefact below a folder as text, Parquet decoded column by column; the private cache is none."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "cache" not in path.relative_to(folder).parts:
            raw = path.read_bytes().decode("utf-8", "replace")
            decoded = json.dumps(parquet.read_table(path).to_pylist(), default=str, ensure_ascii=False) if path.suffix == ".parquet" else ""
            found[str(path.relative_to(folder))] = raw + decoded
    return found


def test_nothing_planted_stands_in_any_artefact(built: Run, secrets: Secrets) -> None:
    home = built.folder.parent.parent
    found = texts(home)
    assert {Path(name).suffix for name in found} >= {".parquet", ".jsonl", ".json", ".md", ".svg"}
    assert any("REDACTED_" in text for text in found.values())
    for name, text in found.items():
        for secret in secrets.all:
            assert secret not in text, f"{name} holds what was planted"


def test_the_cache_that_holds_what_was_not_scrubbed_is_its_owners_alone(built: Run) -> None:
    cache = built.folder.parent.parent / "cache"
    assert cache.stat().st_mode & 0o777 == 0o700
    assert (cache / "authors.key").stat().st_mode & 0o777 == 0o600


def test_authors_are_pseudonyms_that_only_the_key_explains(built: Run) -> None:
    home = built.folder.parent.parent
    secret = (home / "cache" / "authors.key").read_bytes()
    who = {author for one in rows(built) for span in one.origins for author in span.authors}
    assert "a-" + hmac.new(secret, EMAIL.encode(), hashlib.sha256).hexdigest()[:10] in who
    assert all(len(name) == 12 and name.startswith("a-") for name in who)
    assert secret.hex() not in "".join(texts(home).values())


def test_no_answer_held_a_secret_and_each_that_did_is_counted(built: Run) -> None:
    for one in rows(built):
        assert "REDACTED_" not in (one.answer or "").replace("REDACTED_NAME", "")
    assert built.metrics["dropped"]["secret-in-answer"] > 0
    steps = [row for row in built.metrics["funnel"] if row["step"].startswith("make ")]
    assert sum(row["dropped"].get("secret-in-answer", 0) for row in steps) == built.metrics["dropped"]["secret-in-answer"]
    holes = [one.prompt for one in rows(built) if isinstance(one.prompt, Hole)]
    assert any("REDACTED_SLACK_TOKEN" in hole.prefix + hole.suffix for hole in holes)


def test_a_path_that_holds_a_secret_costs_its_file(built: Run) -> None:
    assert built.metrics["dropped"]["secret-path"] >= 1
    said = [json.loads(line) for line in built.path("dropped.jsonl").read_text().splitlines()]
    assert "lib/REDACTED_LINEAR_KEY.py" in {row["what"] for row in said if row["reason"] == "secret-path"}


def test_the_card_counts_by_rule(built: Run) -> None:
    counts = built.metrics["scrubbed"]
    assert counts["aws-access-key"]["files"] == 1
    assert counts["private-key"]["files"] == 1
    assert counts["gitlab-token"]["history"] >= 1
    assert counts["author-name"]["files"] >= 2
    card = built.path("README.md").read_text(encoding="utf-8")
    assert "## Secrets and personal data" in card
    assert "| `aws-access-key` | 1 |" in card


def test_origins_name_the_bytes_that_stood_in_the_repository(built: Run, shop: Path) -> None:
    """Although the texts around them have other lengths now."""
    checked = set()
    for one in rows(built):
        span = one.origins[0]
        if span.path != "lib/settings.py" or one.kind != "write":
            continue
        shown = subprocess.run(["git", "show", f"{span.commit}:{span.path}"], cwd=shop, check=True, capture_output=True).stdout
        text = shown[span.start : span.end].decode()
        assert text.strip() in (one.answer or "")
        checked.add(span.path)
    assert checked == {"lib/settings.py"}


def test_the_same_sources_give_the_same_rows_and_a_rule_of_the_team_others(shop: Path, built: Run, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text("[[rules]]\nid = 'region'\nregex = 'eu-west-1'\nkeywords = ['eu-west']\ntags = ['personal']\n")
    values = {"name": "acme", "source": [{"path": str(shop)}], "dataset": {"candidates": 3}}
    again = dataset.build(recipe.parse(values, folder=tmp_path))
    other = dataset.build(recipe.parse({**values, "scrub": {"rules": ["house.toml"]}}, folder=tmp_path))
    assert [one.id for one in rows(again)] == [one.id for one in rows(built)]
    assert other.folder != again.folder
    assert other.metrics["scrubbed"]["region"]["files"] == 1
    assert "eu-west-1" not in "".join(texts(other.folder).values())


def test_what_is_planted_here_is_found_by_the_generators_own_names() -> None:
    assert {"linear", "npm", "gitlab"} < set(planted.STRUCTURED)


def test_an_edit_whose_context_held_a_secret_names_the_bytes_of_both_files() -> None:
    steps = "".join(f"def step_{number}(value):\n    return value + {number}\n\n\n" for number in range(6))
    before = f'KEY = "{STRUCTURED["stripe-live"](R(9))}"\n\n\n{steps}'.encode()
    after = before.replace(b"return value + 3\n", b"if value is None:\n        value = 0\n        note(3)\n    return value + 3\n")
    told = Change(
        "shop", "team", "a" * 40, 1, "p", "Treat a missing value as zero", "", (Edit("a.py", "python", before, after),), parent="b" * 40
    )
    cleaned, _ = units.cleaned(told, {"a.py": ("1" * 40, "2" * 40)}, Scrubber(rules.together(), engine=engines.by_keywords))
    (made,) = diff([cleaned])
    assert isinstance(made, Sample) and isinstance(made.prompt, tuple)
    assert "REDACTED_STRIPE_KEY" in made.prompt[0].content
    shown, written = made.origins
    assert (shown.commit, shown.start, shown.end) == ("b" * 40, 0, len(before))
    assert b"note(3)" in after[written.start : written.end]
    answer = made.answer or ""
    assert after[written.start : written.end].decode() in re.sub(r"^[+ ]", "", answer, flags=re.MULTILINE) + answer


def test_what_was_found_in_one_text_is_counted_once() -> None:
    scrubbing = Scrubbing(Scrubber(rules.together(), engine=engines.by_keywords))
    text = f'key = "{STRUCTURED["aws-access-key"](R(9))}"\n'
    edit = Edit("a.py", "python", b"", text.encode())
    for number in range(3):
        change = Change("shop", "team", str(number), 1, "p", "Add", "", (edit,))
        scrubbing.history(units.cleaned(change, {"a.py": ("", "2" * 40)}, scrubbing.scrubber)[1], change.commit)
    assert scrubbing.metrics() == {"aws-access-key": {"files": 0, "history": 1}}
