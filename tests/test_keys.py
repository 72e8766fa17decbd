"""Every key of the recipe has a check here in which changing it changes a result; a new key without one fails."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from idiolect import dataset, export, general, recipe, registry, samples, serve, syntax, train
from idiolect.dataset import balance, labelling
from idiolect.dataset.labelling import Place, Vocabulary
from idiolect.errors import RecipeError, SourceError, UsageError
from idiolect.evaluate import probes
from idiolect.evaluate.figures import compared
from idiolect.evaluate.gate import judge
from idiolect.hardware import Compute
from idiolect.recipe import Recipe
from idiolect.registry import Run
from idiolect.render import Renderer
from idiolect.train import plan
from idiolect.types import SPLITS, Model, Record, Sample
from tests.dataset.corpus import text
from tests.dataset.history_of import grown, repository
from tests.dataset.reviewed_shop import Shop
from tests.evaluate import material
from tests.sources.test_licences import MIT
from tests.tiny_model import write_model
from tests.train import tiny

SHAPE = plan.Shape(8_400_000, layers=8, hidden=256, inner=768, queries=256, keys=128, vocabulary=8192, context=2048)
LARGE = plan.Shape(7_600_000_000, layers=28, hidden=3584, inner=18_944, queries=3584, keys=512, vocabulary=151_936, context=32_768)


@dataclass(frozen=True)
class Ground:
    """What the checks work on, made once."""

    folder: Path
    """Of every recipe here. It holds `shop` and `other` (repositories), `base` and `second` (tiny bases), `house` (a pack), `general`."""
    gguf: Path
    """A random model of one layer with its tokenizer."""

    def recipe(self, **values: Any) -> Recipe:
        """A recipe in this folder."""
        return recipe.parse({"name": "acme", "effort": "quick", **values}, folder=self.folder)

    def built(self, *sources: dict[str, Any], **values: Any) -> Run:
        """The dataset of these sources; one that was made before is not made again."""
        settings = {"candidates": 10, **values.pop("dataset", {})}
        rows = [{"path": "shop", **source} for source in sources or ({},)]
        return dataset.build(self.recipe(source=rows, dataset=settings, **values), "here")

    def trained(self, model: dict[str, Any] | None = None, **values: Any) -> tuple[Model, Run]:
        """An adapter of a tiny base, and its run."""
        numbers = {"tokens": 300, "length": 128, "rank": 4, "replay": 0.0, **values}
        made = self.recipe(model=[{"name": "helper", "base": "./base", **(model or {})}], train=numbers)
        with registry.begin(made, "dataset", version=1, values={"lessons": "tiny"}, inputs={}) as lessons:
            if not lessons.done:
                samples.write(lessons.folder, "train", tiny.lessons(6))
                lessons.finish({})
        adapter = train.train(made, made.models[0], lessons)
        return adapter, next(run for run in registry.runs(made) if run.info.get("model", {}).get("digest") == adapter.digest)

    def planned(self, base: plan.Shape = SHAPE, effort: str = "quick", **values: Any) -> tuple[plan.Budget, plan.Settings]:
        """The numbers of a training on 200,000 tokens of lessons."""
        made = self.recipe(effort=effort, train=values)
        budget = plan.budget(made, 150_000, 50_000, made.train.replay)
        return budget, plan.settings(made, base, budget.tokens, Compute("cpu", "bfloat16", 2, 64_000))


def lessons(run: Run) -> list[Sample]:
    return [one for split in SPLITS for one in samples.read(run.folder, split)]


def paths(run: Run) -> set[str]:
    return {span.path for one in lessons(run) for span in one.origins}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("keys")
    repository(folder / "shop", grown(files=12, functions=6))
    repository(folder / "other", grown(500, files=4, functions=6))
    borrowed = {"LICENSE": MIT, "src/borrowed.py": "# SPDX-License-Identifier: GPL-3.0-only\n" + text(900)}
    repository(folder / "licensed", [("Borrow", borrowed), *grown(700, files=4, functions=6)])
    tiny.base(folder / "base")
    tiny.base(folder / "second", seed=1)
    (folder / "house").mkdir()
    (folder / "house" / "pack.py").write_text(
        "from idiolect.pack import Pack\n"
        "def no_holes(sample):\n    return 'no-holes' if sample.kind == 'fim' else None\n"
        "pack = Pack(name='house', filters=(no_holes,))\n"
    )
    (folder / "general").mkdir()
    for number in range(8):
        (folder / "general" / f"part_{number}.py").write_text(material.FUNCTION.format(n=number))
    gguf = tmp_path_factory.mktemp("gguf")
    material.exported(gguf, "tiny")
    return Ground(folder, gguf)


# What is learned from: every check builds the dataset of a small repository.


def name(ground: Ground) -> None:
    titles = [
        dataset.build(recipe.parse({"name": title, "source": [{"path": str(ground.folder / "shop")}]}, folder=ground.folder / title))
        .path("README.md").read_text(encoding="utf-8") for title in ("acme", "bakery")
    ]  # fmt: skip
    assert ["acme" in text for text in titles] == [True, False]
    assert "bakery" in titles[1]


def packs(ground: Ground) -> None:
    assert "fim" in ground.built().metrics["samples"]
    held = ground.built(packs=["./house"])
    assert held.metrics["dropped"]["no-holes"] > 0
    assert "fim" not in {one.kind for one in samples.read(held.folder, "train")}


def source_path(ground: Ground) -> None:
    assert len(paths(ground.built())) > len(paths(ground.built({"path": "other"}))) > 0


def source_form(ground: Ground) -> None:
    place = ground.folder / "given"
    place.mkdir(exist_ok=True)
    (place / "rows.jsonl").write_text("".join(f'{{"prompt": "Say {one} aloud.", "completion": "{one} is said"}}\n' for one in range(9)))
    (place / "a.py").write_text(text(1))
    plain, rows = ground.built({"path": "given"}), ground.built({"path": "given", "form": "rows"})
    assert ({one.kind for one in lessons(rows)}, paths(rows)) == ({"write"}, {"rows.jsonl"})
    assert "a.py" in paths(plain)


def source_name(ground: Ground) -> None:
    runs = ground.built(), ground.built({"name": "store"})
    assert [{span.source for one in lessons(run) for span in one.origins} for run in runs] == [{"shop"}, {"store"}]


def source_include(ground: Ground) -> None:
    found = paths(ground.built({"include": ["src/part_1*"]}))
    assert found == {path for path in paths(ground.built()) if path.startswith("src/part_1")}


def source_exclude(ground: Ground) -> None:
    found = paths(ground.built({"exclude": ["src/part_1*"]}))
    assert found == {path for path in paths(ground.built()) if not path.startswith("src/part_1")}


def source_forge(ground: Ground) -> None:
    shop = Shop(ground.folder / "reviewed")
    runs = [shop.build(source={"forge": forge}) for forge in ([], ["reviews/pulls.json"], ["reviews"])]
    assert ["forge" in {row["step"] for row in run.metrics["funnel"]} for run in runs] == [False, True, True]
    assert [any(one.maker == "review.fix" for one in lessons(run)) for run in runs] == [False, False, True]


def source_weight(ground: Ground) -> None:
    before, after = ground.built(), ground.built({"weight": 3.0})
    weights = {one.id: one.weight for one in samples.read(before.folder, "train")}
    assert all(one.weight == pytest.approx(3 * weights[one.id]) for one in samples.read(after.folder, "train"))


def source_licence(ground: Ground) -> None:
    assert {span.licence for one in lessons(ground.built()) for span in one.origins} == {""}
    assert {span.licence for one in lessons(ground.built({"licence": "MIT"})) for span in one.origins} == {"MIT"}


def source_role(ground: Ground) -> None:
    assert list(samples.read(ground.built().folder, "time"))
    assert not list(samples.read(ground.built({"role": "public", "licence": "MIT"}).folder, "time"))
    legacy = ground.built({"path": "other"}, {"role": "legacy"})
    assert {one.origins[0].source for one in lessons(legacy)} == {"other"}
    before, after = ground.built(), ground.built({"role": "reference"})
    weights = {one.id: one.weight for one in samples.read(before.folder, "train")}
    assert all(one.weight == pytest.approx(2 * weights[one.id]) for one in samples.read(after.folder, "train"))


def source_licences(ground: Ground) -> None:
    kept = ground.built({"path": "licensed", "licences": ["MIT"]})
    assert paths(ground.built({"path": "licensed"})) - paths(kept) == {"src/borrowed.py"}
    assert kept.metrics["dropped"]["licence"] == 1
    with pytest.raises(SourceError, match="1 licence"):
        ground.built({"path": "licensed", "include": ["src/borrowed.py"], "role": "public"})


def refused(ground: Ground, **criteria: Any) -> bool:
    """Whether `shop` gives nothing beside `other` by these criteria; the reason stands in the run."""
    run = ground.built({"admit": criteria}, {"path": "other"})
    verdict = run.metrics["admission"]["shop"]
    given = {span.source for one in lessons(run) for span in one.origins}
    assert (verdict["verdict"] == "refused") is bool(verdict["because"]) is ("shop" not in given)
    return "shop" not in given


def admit_months(ground: Ground) -> None:
    assert [refused(ground, months=least) for least in (0.1, 60)] == [False, True]


def admit_active_since(ground: Ground) -> None:
    assert [refused(ground, active_since=day) for day in ("2020-09-14", "2030-01-01")] == [False, True]


def admit_reviewed(ground: Ground) -> None:
    assert [refused(ground, reviewed=least) for least in (0.0, 0.5)] == [False, True]


def admit_tested(ground: Ground) -> None:
    assert [refused(ground, tested=least) for least in (0.0, 0.5)] == [False, True]


def admit_otherwise(ground: Ground) -> None:
    before, after = ground.built(), ground.built({"admit": {"months": 60, "otherwise": 0.25}})
    weights = {one.id: one.weight for one in samples.read(before.folder, "train")}
    assert all(one.weight == pytest.approx(weights[one.id] / 4) for one in samples.read(after.folder, "train"))


def labelled(ground: Ground, *labels: dict[str, Any]) -> dict[str, set[str]]:
    """Of some files the labels, as `name value`; the whole way into the lessons is that of `label_value`."""
    words = Vocabulary(ground.recipe(label=[{"value": "signed", **one} for one in labels]).labels)
    with syntax.reading():
        signs = frozenset(labelling.found(words.asked, "python", text(1).encode()) or ())
    places = [Place(f"src/part_{number}.py", 1_600_000_000, signs) for number in range(4)]
    return {one.path: {f"{name} {value}" for name, values in words.decided(one).items() for value in values} for one in places}


ONE, TWO = {"path": "src/part_1.py"}, {"path": "src/part_[12].py"}


def label_value(ground: Ground) -> None:
    run = ground.built(label=[{"value": "signed", "sign": [{"path": "src/part_*.py"}]}])
    assert {one.labels.get("generation") for one in samples.read(run.folder, "train")} == {("signed",)}
    assert labelled(ground, {"value": "other", "sign": [ONE]})["src/part_1.py"] == {"generation other"}


def label_name(ground: Ground) -> None:
    assert labelled(ground, {"sign": [ONE]})["src/part_1.py"] == {"generation signed"}
    assert labelled(ground, {"name": "phase", "sign": [ONE]})["src/part_1.py"] == {"phase signed"}


def label_files(ground: Ground) -> None:
    wide, narrow = labelled(ground, {"sign": [TWO]}), labelled(ground, {"sign": [TWO], "files": ["src/part_1.py"]})
    assert [sum(map(len, found.values())) for found in (wide, narrow)] == [2, 1]


def label_threshold(ground: Ground) -> None:
    found = labelled(ground, {"sign": [ONE, TWO], "threshold": 1.5})
    assert {path for path, labels in found.items() if labels} == {"src/part_1.py"}


def label_implies(ground: Ground) -> None:
    never = {"value": "old", "sign": [{"path": "nowhere"}]}
    assert labelled(ground, never, {"sign": [ONE]})["src/part_1.py"] == {"generation signed"}
    assert labelled(ground, never, {"sign": [ONE], "implies": ["old"]})["src/part_1.py"] == {"generation signed", "generation old"}


def label_conflicts(ground: Ground) -> None:
    old = {"value": "old", "sign": [TWO]}
    both, none = labelled(ground, old, {"sign": [ONE]}), labelled(ground, old, {"sign": [ONE], "conflicts": ["old"]})
    assert [len(found["src/part_1.py"]) for found in (both, none)] == [2, 0]
    assert both["src/part_2.py"] == none["src/part_2.py"] != set()


def label_rest(ground: Ground) -> None:
    found = labelled(ground, {"sign": [ONE]}, {"value": "all", "rest": True})
    assert (found["src/part_1.py"], found["src/part_3.py"]) == ({"generation signed"}, {"generation all"})


def label_supersedes(ground: Ground) -> None:
    rows = [{"value": value, "sign": [ONE]} for value in ("old", "new")]
    found = [Vocabulary(ground.recipe(label=[rows[0], {**rows[1], **said}]).labels).generations() for said in ({}, {"supersedes": ["old"]})]
    assert found == [{}, {"generation": {"new": {"old"}}}]  # and so on into the lessons in tests/dataset/test_generations.py


def sign(wide: dict[str, Any], narrow: dict[str, Any]) -> Callable[[Ground], None]:
    """A check that a file has its label by one sign and not by the other."""

    def check(ground: Ground) -> None:
        found = [labelled(ground, {"sign": [{**ONE, **asked}]})["src/part_1.py"] for asked in (wide, narrow)]
        assert found == [{"generation signed"}, set()]

    return check


def model_labels(ground: Ground) -> None:
    made = [Sample(answer=one.answer, kind="raw", maker="m", labels={"generation": ("a", "b")[number % 2:][:1]})
            for number, one in enumerate(tiny.lessons(6))]  # fmt: skip
    counts = []
    for chosen in ({}, {"generation": ["a"]}):
        asked = ground.recipe(
            model=[{"name": "helper", "base": "./base", "labels": chosen}], train={"tokens": 300, "length": 128, "rank": 4, "replay": 0.0}
        )
        with registry.begin(asked, "dataset", version=1, values={"lessons": "labelled"}, inputs={}) as run:
            if not run.done:
                samples.write(run.folder, "train", made)
                run.finish({"vocabulary": {"generation": ["a", "b"]}})
        adapter = train.train(asked, asked.models[0], run)
        trained = next(one for one in registry.runs(asked) if one.info.get("model", {}).get("digest") == adapter.digest)
        counts.append(trained.metrics["samples"]["pretrain"]["read"])
    assert counts[0] == 2 * counts[1] > 0


def share(key: str, field: str, values: Sequence[Any]) -> Callable[[Ground], None]:
    """A check that the first and largest of many groups weighs less where its share is capped."""

    def check(ground: Ground) -> None:
        scales = balance.Scales()
        for number, value in enumerate(values):
            said: dict[str, Any] = {"source": "app", "authors": ("a",), "kind": "raw", "language": "ruby", field: value}
            cell = balance.Cell(**said)
            scales.size[cell] = 100 if number else {"source": 4_000}.get(field, 400)  # of sources, the root counts
            scales.weight[cell] = float(scales.size[cell])
        factors = [list(scales.factors(ground.recipe(dataset={key: most}).dataset).values()) for most in (1.0, 0.12)]
        assert factors[1][0] < factors[0][0]
        assert factors[1][1] > factors[0][1]

    return check


MANY: list[Any] = [f"g{number}" for number in range(30)]


def max_tokens(ground: Ground) -> None:
    (ground.folder / "talk").mkdir(exist_ok=True)
    (ground.folder / "talk" / "pack.py").write_text(
        "from idiolect.pack import Pack\n"
        "from idiolect.types import Message, Sample\n"
        "def long(documents):\n"
        "    asked = (Message(role='user', content='Why? ' * 200),)\n"
        "    yield Sample(prompt=asked, answer='So it is.', kind='qa', maker='talk', origins=(list(documents)[0].span(),))\n"
        "pack = Pack(name='talk', makers=(long,))\n"
    )
    found = [ground.built(packs=["./talk"], dataset={"max_tokens": most}) for most in (8192, 100)]
    assert [run.metrics["samples"].get("qa", {}).get("train", 0) > 0 for run in found] == [True, False]
    assert found[1].metrics["dropped"]["too long"] > 0


def max_file_bytes(ground: Ground) -> None:
    grown_later = {"src/part_2.py", "src/part_5.py"}  # 2,600 bytes; the others have fewer than 2,000
    assert grown_later < paths(ground.built())
    assert not grown_later & paths(ground.built(dataset={"max_file_bytes": 2_000}))


def candidates(ground: Ground) -> None:
    cuts = [ground.built(dataset={"candidates": most}).metrics["cuts"]["shop"] for most in (10, 3)]
    assert cuts[0]["time"] < cuts[1]["time"]
    assert cuts[0]["candidates"] > cuts[1]["candidates"] >= 3


def max_after(ground: Ground) -> None:
    assert ground.built().metrics["probes"]["kept"] > 0
    assert ground.built(dataset={"max_after": 0.05}).metrics["probes"]["kept"] == 0


def scrub_rules(ground: Ground) -> None:
    (ground.folder / "rules.toml").write_text("[[rules]]\nid = 'house'\nregex = 'Weigh parcels'\nkeywords = ['weigh']\n")
    before, after = ground.built(), ground.built(scrub={"rules": ["rules.toml"]})
    assert "house" not in before.metrics["scrubbed"]
    assert after.metrics["scrubbed"]["house"]["history"] > 0


def held_out(ground: Ground) -> None:
    both = {"path": "shop"}, {"path": "other"}
    assert {span.source for one in lessons(ground.built(*both)) for span in one.origins} == {"shop", "other"}
    held = ground.built(*both, dataset={"held_out": "other"})
    assert {span.source for one in samples.read(held.folder, "train") for span in one.origins} == {"shop"}
    assert {span.source for one in samples.read(held.folder, "source") for span in one.origins} == {"other"}
    with pytest.raises(RecipeError, match="no source is called 'shed'"):
        ground.built(*both, dataset={"held_out": "shed"})


def benchmarks(ground: Ground) -> None:
    (ground.folder / "tasks").mkdir(exist_ok=True)
    learned = next(one.answer for one in samples.read(ground.built().folder, "train", kinds=["raw"]))
    (ground.folder / "tasks" / "rows.jsonl").write_text(json.dumps({"solution": (learned or "")[:200]}) + "\n")
    held = ground.built(dataset={"benchmarks": ["tasks"]})
    assert held.metrics["dropped"]["benchmark"] > 0
    assert "benchmark" not in ground.built().metrics["dropped"]
    assert learned not in {one.answer for one in samples.read(held.folder, "train")}


def steps(run: Run) -> set[str]:
    return {row["step"] for row in run.metrics["funnel"]}


def makers(ground: Ground) -> None:
    assert {one.maker for one in samples.read(ground.built(dataset={"makers": ["raw"]}).folder, "train")} == {"raw"}
    assert len({one.maker for one in samples.read(ground.built().folder, "train")}) > 1
    by_default = steps(ground.built())
    assert "make explain" not in by_default and "make raw" in by_default
    assert steps(ground.built(dataset={"makers": ["+explain", "-raw"]})) == by_default - {"make raw"} | {"make explain"}
    with pytest.raises(RecipeError, match="no maker is called 'rwa'"):
        ground.built(dataset={"makers": ["rwa"]})
    with pytest.raises(RecipeError, match=r"'-fim' changes the default.*before all, or before none"):
        ground.built(dataset={"makers": ["raw", "-fim"]})


def without(ground: Ground) -> None:
    assert "src/part_3.py" in paths(ground.built())
    held = ground.built(dataset={"without": ["path=src/part_[34].py"]})
    assert not {"src/part_3.py", "src/part_4.py"} & paths(held)
    assert held.metrics["dropped"]["forgotten"] >= 2


# What is tuned, and for how long.


def model_name(ground: Ground) -> None:
    assert [Path(ground.trained({"name": called})[0].folder).parent.name for called in ("helper", "clerk")] == ["helper", "clerk"]


def model_base(ground: Ground) -> None:
    first, second = (ground.trained({"base": base})[0] for base in ("./base", "./second"))
    assert first.base_digest != second.base_digest
    assert first.digest != second.digest


def model_kinds(ground: Ground) -> None:
    assert set(ground.trained()[1].metrics["phases"]) == {"pretrain", "instruct"}
    assert set(ground.trained({"kinds": ["write"]})[1].metrics["phases"]) == {"instruct"}


def effort(ground: Ground) -> None:
    plans = [ground.planned(LARGE, notch) for notch in ("quick", "standard", "thorough")]
    assert [numbers.rank for _, numbers in plans] == [16, 32, 64]
    assert plans[0][0].tokens < plans[1][0].tokens < plans[2][0].tokens


def learning_rate(ground: Ground) -> None:
    assert ground.trained()[0].digest != ground.trained(learning_rate=1e-4)[0].digest


def rank(ground: Ground) -> None:
    sizes = [Path(model.folder, model.file).stat().st_size for model, _ in (ground.trained(), ground.trained(rank=8))]
    assert 1.5 < sizes[1] / sizes[0] < 2.5


def epochs(ground: Ground) -> None:
    assert ground.planned(epochs=0.5)[0].tokens == pytest.approx(ground.planned(epochs=1)[0].tokens / 2, rel=0.01)


def tokens(ground: Ground) -> None:
    amounts = [ground.trained(tokens=most)[1].metrics["tokens"] for most in (300, 600)]
    assert 1.5 < amounts[1] / amounts[0] < 2.5


def length(ground: Ground) -> None:
    kept = [ground.trained(length=most)[1].metrics["samples"]["instruct"]["kept"] for most in (128, 90)]
    assert kept == [6, 0]


def replay(ground: Ground) -> None:
    read = [ground.trained(replay=share)[1].metrics["samples"]["replay"]["read"] for share in (0.0, 0.5)]
    assert read[0] == 0 < read[1]
    assert ground.planned(replay=0.5)[0].epochs < ground.planned(replay=0.1)[0].epochs


def seed(ground: Ground) -> None:
    assert ground.trained()[0].digest != ground.trained(seed=1)[0].digest


def general_paths(ground: Ground) -> None:
    halves = [
        {one.path for half in ("replay", "probe") for one in general.general_files(made, half)}
        for made in (ground.recipe(), ground.recipe(general={"paths": ["general"]}))
    ]
    assert halves[1] - halves[0] == {f"part_{number}.py" for number in range(8)}


# What ships, how it is served, how it is measured.


def export_types(ground: Ground) -> None:
    write_model(ground.folder / "shipped", num_hidden_layers=1)
    made = [export.export(ground.recipe(export={"types": types}), "./shipped") for types in (["F16"], ["Q8_0"])]
    sizes = [Path(model.folder, model.file).stat().st_size for model in made]
    assert [model.type for model in made] == ["F16", "Q8_0"]
    assert sizes[0] > sizes[1]


def tiny_gguf(ground: Ground) -> Model:
    return Model(name="tiny", form="gguf", digest="0" * 64, file="model.gguf", type="F16", context=256, folder=str(ground.gguf))


@pytest.fixture(scope="module")
def ways(ground: Ground) -> Iterator[dict[str, tuple[str, Recipe]]]:
    """Two gateways at once: with the defaults, and with every key of [serve] said. Address and recipe of each."""
    port = free_port()
    said = {"host": "127.0.0.2", "port": port, "context": 64, "key": "open sesame"}
    recipes = {"plain": ground.recipe(serve={"port": 0}), "said": ground.recipe(serve=said)}
    with ExitStack() as stack:
        yield {way: (stack.enter_context(serve.serve(made, tiny_gguf(ground))), made) for way, made in recipes.items()}


def free_port() -> int:
    with socket.socket() as claimed:
        claimed.bind(("127.0.0.2", 0))
        return int(claimed.getsockname()[1])


def asked(way: tuple[str, Recipe], prompt: str, key: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    body = {"prompt": prompt, "max_tokens": 1}
    return httpx.post(f"{way[0]}/v1/completions", json=body, headers=headers, timeout=60, trust_env=False)


def serve_address(ground: Ground, ways: dict[str, tuple[str, Recipe]]) -> None:
    assert ways["said"][0] == f"http://127.0.0.2:{ways['said'][1].serve.port}"
    assert ways["plain"][0].startswith("http://127.0.0.1:")
    with pytest.raises(UsageError, match="no key"), serve.serve(ground.recipe(serve={"host": "0.0.0.0"}), tiny_gguf(ground)):
        pass


def serve_context(ground: Ground, ways: dict[str, tuple[str, Recipe]]) -> None:
    long = "a, b = b, a\n" * 12
    assert [asked(ways[way], long, "open sesame").status_code for way in ("plain", "said")] == [200, 400]


def serve_key(ground: Ground, ways: dict[str, tuple[str, Recipe]]) -> None:
    assert [asked(ways[way], "a =", "").status_code for way in ("plain", "said")] == [200, 401]
    assert asked(ways["said"], "a =", "open sesame").status_code == 200


def evaluate_probes(ground: Ground) -> None:
    asked_of = material.lessons(ground.recipe(), [material.probe(number) for number in range(30)])
    renderer = Renderer.load(ground.gguf)
    chosen = [probes.choose(ground.recipe(evaluate={"probes": most}), asked_of, renderer) for most in (300, 12)]
    assert len(chosen[0].own) > 20
    assert len(chosen[1].own) == 12


def max_general_drop(ground: Ground) -> None:
    grades = [
        [material.grade(number, bits * (20 + number % 7) / 20, part) for number in range(100)]
        for part, bits in (("own", 20.0), ("own", 15.0 + 0.01), ("general", 20.0), ("general", 20.6))
    ]
    own, other = compared(*grades[:2], "own"), compared(*grades[2:], "general")
    verdicts = [judge(ground.recipe(evaluate={"max_general_drop": limit}), own, other).verdict for limit in (0.05, 0.01)]
    assert verdicts == ["passed", "failed"]


CHECKS: dict[str, Callable[..., None]] = {
    "name": name,
    "effort": effort,
    "packs": packs,
    "source.path": source_path,
    "source.form": source_form,
    "source.name": source_name,
    "source.include": source_include,
    "source.exclude": source_exclude,
    "source.weight": source_weight,
    "source.licence": source_licence,
    "source.licences": source_licences,
    "source.role": source_role,
    "source.forge": source_forge,
    "source.admit.months": admit_months,
    "source.admit.active_since": admit_active_since,
    "source.admit.reviewed": admit_reviewed,
    "source.admit.tested": admit_tested,
    "source.admit.otherwise": admit_otherwise,
    "model.name": model_name,
    "model.base": model_base,
    "model.kinds": model_kinds,
    "model.labels": model_labels,
    "label.name": label_name,
    "label.value": label_value,
    "label.files": label_files,
    "label.threshold": label_threshold,
    "label.implies": label_implies,
    "label.conflicts": label_conflicts,
    "label.supersedes": label_supersedes,
    "label.rest": label_rest,
    "label.sign.text": sign({"text": "def "}, {"text": "procedure "}),
    "label.sign.calls": sign({}, {"calls": "nobody"}),
    "label.sign.imports": sign({}, {"imports": "nothing"}),
    "label.sign.query": sign({"language": "python", "query": "(call)"}, {"language": "python", "query": "(class_definition)"}),
    "label.sign.language": sign({"language": "python", "query": "(identifier)"}, {"language": "javascript", "query": "(identifier)"}),
    "label.sign.path": sign({}, {"path": "lib/**"}),
    "label.sign.locked": sign({}, {"locked": "rails>=7"}),
    "label.sign.since": sign({"since": "2020-01-01"}, {"since": "2030-01-01"}),
    "label.sign.until": sign({"until": "2030-01-01"}, {"until": "2020-01-01"}),
    "label.sign.weight": sign({"weight": 1.0}, {"weight": 0.5}),
    "dataset.max_source_share": share("max_source_share", "source", MANY),
    "dataset.max_author_share": share("max_author_share", "authors", [(one,) for one in MANY]),
    "dataset.max_kind_share": share("max_kind_share", "kind", MANY),
    "dataset.max_language_share": share("max_language_share", "language", MANY),
    "dataset.max_tokens": max_tokens,
    "dataset.max_file_bytes": max_file_bytes,
    "dataset.candidates": candidates,
    "dataset.max_after": max_after,
    "scrub.rules": scrub_rules,
    "dataset.held_out": held_out,
    "dataset.benchmarks": benchmarks,
    "dataset.makers": makers,
    "dataset.without": without,
    "train.learning_rate": learning_rate,
    "train.rank": rank,
    "train.epochs": epochs,
    "train.tokens": tokens,
    "train.length": length,
    "train.replay": replay,
    "train.seed": seed,
    "export.types": export_types,
    "serve.host": serve_address,
    "serve.port": serve_address,
    "serve.context": serve_context,
    "serve.key": serve_key,
    "evaluate.probes": evaluate_probes,
    "evaluate.max_general_drop": max_general_drop,
    "general.paths": general_paths,
}
"""By dotted key."""
SERVED = {"serve.host", "serve.port", "serve.context", "serve.key"}


def keys(record: type[Record], prefix: str = "") -> Iterator[str]:
    """Every key below a record, as in `[train] rank`: train.rank."""
    for field_name, field in record.model_fields.items():
        if field.exclude:
            continue
        key = prefix + (field.alias or field_name)
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type) and issubclass(one, Record)]
        if inner:
            yield from keys(inner[0], f"{key}.")
        else:
            yield key


def test_every_key_of_the_recipe_has_a_check_and_no_check_is_for_a_key_that_is_gone() -> None:
    assert set(keys(Recipe)) == set(CHECKS)


@pytest.mark.parametrize("key", sorted(set(CHECKS) - SERVED))
def test_changing_the_key_changes_a_result(key: str, ground: Ground) -> None:
    CHECKS[key](ground)


@pytest.mark.parametrize("key", sorted(SERVED))
def test_changing_the_key_changes_how_a_model_is_served(key: str, ground: Ground, ways: dict[str, tuple[str, Recipe]]) -> None:
    CHECKS[key](ground, ways)
