"""The stage: one run, model folders with everything beside the file, done once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest

from idiolect import engine, export, registry
from idiolect.errors import DigestError, UsageError
from idiolect.export import modelfile
from idiolect.export.vocabulary import chat_template
from idiolect.files import digest_file
from idiolect.fim import FAMILIES
from idiolect.recipe import Recipe, parse
from idiolect.render import Renderer
from idiolect.types import Hole, Message, Model
from tests.export.test_gguf_file import write_adapter

QWEN = FAMILIES["qwen2.5-coder"]


def recipe_in(folder: Path, *types: str) -> Recipe:
    return parse({"name": "team", "export": {"types": list(types)}}, folder=folder)


def go(recipe: Recipe, base: Path, adapter: Model | None = None) -> tuple[Model, registry.Run]:
    model = export.export(recipe, str(base), adapter)
    return model, registry.run(recipe, "export")


def test_a_base_becomes_a_model_folder_with_everything_beside_the_file(base: Path, tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path, "Q8_0", "Q4_K_M")
    model, run = go(recipe, base)
    folder = Path(model.folder)
    assert (model.name, model.form, model.type, model.family, model.context) == (base.name, "gguf", "Q8_0", "qwen2.5-coder", 2048)
    assert model.file == f"{base.name}-Q8_0.gguf"
    assert digest_file(folder / model.file) == model.digest == folder.name
    assert {path.name for path in folder.iterdir()} == {
        model.file, "model.json", "tokenizer.json", "Modelfile", "README.md", "parity.json",
    }  # fmt: skip
    assert (folder / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    assert sorted(one.type for one in registry.models(recipe)) == ["Q4_K_M", "Q8_0"]
    assert not list((recipe.home / "models").glob(".building-*"))
    assert run.done
    assert run.metrics["Q8_0"]["fallbacks"] == []
    assert run.metrics["Q8_0"]["bytes"] == (folder / model.file).stat().st_size


def test_parity_says_how_far_each_type_is_from_16_bits(base: Path, tmp_path: Path) -> None:
    _, run = go(recipe_in(tmp_path, "F16", "Q8_0", "Q4_K_M"), base)
    wide, eight, four = (run.metrics[kind]["parity"] for kind in ("F16", "Q8_0", "Q4_K_M"))
    assert wide["reference"] == ""
    assert 0 < eight["mean_kl"] < four["mean_kl"]
    assert eight["mean_kl"] < 0.02
    assert eight["top1_agreement"] > 0.9
    assert eight["tokens"] == four["tokens"] > 200
    model = next(one for one in registry.models(recipe_in(tmp_path, "F16")) if one.type == "Q4_K_M")
    written = json.loads((Path(model.folder) / "parity.json").read_text(encoding="utf-8"))
    assert written == {"model": model.digest, "type": "Q4_K_M", **four}


def test_the_same_export_is_made_once_and_a_changed_one_anew(base: Path, tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path, "Q8_0")
    model, run = go(recipe, base)
    changed = (Path(model.folder) / model.file).stat().st_mtime_ns
    again, same = go(recipe, base)
    assert (again, same.name) == (model, run.name)
    assert (Path(again.folder) / again.file).stat().st_mtime_ns == changed
    other, next_run = go(recipe_in(tmp_path, "F16"), base)
    assert other.digest != model.digest
    assert next_run.name != run.name


def test_a_model_that_was_deleted_is_written_again_and_one_that_was_altered_is_a_digest_error(base: Path, tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path, "F16")
    model, _ = go(recipe, base)
    file = Path(model.folder) / model.file
    file.unlink()
    (Path(model.folder) / "model.json").unlink()
    assert go(recipe, base)[0] == model
    assert digest_file(file) == model.digest
    file.write_bytes(file.read_bytes()[:-1] + b"\x77")
    with pytest.raises(DigestError, match="does not have the digest"):
        go(recipe, base)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_an_adapter_becomes_a_tuned_model_that_names_it(base: Path, tmp_path: Path) -> None:
    write_adapter(base, tmp_path / "adapter")
    digest = digest_file(tmp_path / "adapter" / "adapter_model.safetensors")
    adapter = Model(name="completer", form="adapter", digest=digest, file="adapter_model.safetensors", folder=str(tmp_path / "adapter"))
    recipe = recipe_in(tmp_path, "Q8_0")
    plain, _ = go(recipe, base)
    tuned, run = go(recipe, base, adapter)
    assert (tuned.name, tuned.adapter_digest, tuned.base_digest) == ("completer", digest, plain.base_digest)
    assert run.metrics["Q8_0"]["adapted"] == 56
    assert run.metrics["Q8_0"]["parity"]["top1_agreement"] > 0.9  # the reference is merged too
    files = [Path(one.folder) / one.file for one in (plain, tuned)]
    first, second = (engine.logits(file, [1, 40, 50], threads=1) for file in files)
    assert abs(first - second).max() > 0.1
    with pytest.raises(UsageError, match="of the form 'gguf' cannot be merged"):
        go(recipe, base, tuned)
    (tmp_path / "adapter" / "adapter_config.json").unlink()
    with pytest.raises(DigestError, match="the adapter's files are gone"):
        go(recipe_in(tmp_path, "F16"), base, adapter)


def test_the_card_says_where_the_file_comes_from(base: Path, tmp_path: Path) -> None:
    (base / "README.md").write_text("---\nlicense: apache-2.0\n---\n# a base\n", encoding="utf-8")
    model, _ = go(recipe_in(tmp_path, "Q8_0"), base)
    (base / "README.md").unlink()
    card = (Path(model.folder) / "README.md").read_text(encoding="utf-8")
    front = card.split("---\n")[1]
    assert f"base_model: {json.dumps(model.base)}\n" in front
    assert "license: apache-2.0\n" in front
    for fact in (model.digest, model.base_digest, "Q8_0 (tensors: 41 F32, 57 Q8_0)", "qwen2.5-coder", "2048 tokens"):
        assert fact in card
    assert export.licence_of(base) == ""


def ollama(template: str, **values: Any) -> str:
    """What Ollama makes of a template: the few forms that ours uses, given to Jinja."""
    text = template.replace("{{ if .Suffix }}", "{% if Suffix %}").replace("{{ else if .Messages }}", "{% elif Messages %}")
    text = text.replace("{{ range .Messages }}", "{% for one in Messages %}").replace("{{ else }}", "{% else %}")
    text = text.replace("{{ .Role }}", "{{ one.role }}").replace("{{ .Content }}", "{{ one.content }}")
    text = text.replace("{{ .Prompt }}", "{{ Prompt }}").replace("{{ .Suffix }}", "{{ Suffix }}")
    head, _, rest = text.partition("{% for one in Messages %}")
    turns, _, tail = rest.partition("{{ end }}")
    text = f"{head}{{% for one in Messages %}}{turns}{{% endfor %}}{tail}".replace("{{ end }}", "{% endif %}")
    return jinja2.Environment(keep_trailing_newline=True, autoescape=False).from_string(text).render(**values)


def test_the_modelfile_writes_the_tokens_of_our_own_contract(base: Path) -> None:
    model = Model(name="m", form="gguf", digest="0" * 64, file="m-Q8_0.gguf", context=2048)
    text = modelfile.modelfile(model, QWEN)
    assert text.startswith("FROM ./m-Q8_0.gguf\n")
    assert text.endswith("PARAMETER num_ctx 2048\n")
    assert {line.split(" ", 2)[2] for line in text.splitlines() if line.startswith("PARAMETER stop")} == {json.dumps(s) for s in QWEN.stops}
    template = text.split('"""')[1]
    renderer = Renderer.load(base)
    tokenizer = renderer.tokenizer
    tokenizer.encode_special_tokens = False
    hole = ollama(template, Prompt="def a():\n    ", Suffix="\n    return b\n")
    assert tokenizer.encode(hole).ids == renderer.hole(Hole(path="a.py", prefix="def a():\n    ", suffix="\n    return b\n"))
    turns = (Message(role="system", content="Be brief."), Message(role="user", content="Why?"))
    rows = [turn.model_dump() for turn in turns]
    chat = renderer.chat(turns)
    assert tokenizer.encode(ollama(template, Messages=rows)).ids == chat
    assert tokenizer.encode(ollama(template, Prompt="Why?")).ids == renderer.chat(turns[1:])
    made = jinja2.Environment(keep_trailing_newline=True, autoescape=False).from_string(chat_template(QWEN.chat))  # type: ignore[arg-type]
    assert tokenizer.encode(made.render(messages=rows, add_generation_prompt=True)).ids == chat


def test_a_family_without_conversations_or_holes_has_a_template_too() -> None:
    model = Model(name="m", form="gguf", digest="0" * 64, file="m.gguf", context=10)
    assert '"""{{ if .Suffix }}<fim_prefix>{{ .Prompt }}<fim_suffix>{{ .Suffix }}<fim_middle>{{ else }}{{ .Prompt }}{{ end }}"""' in (
        modelfile.modelfile(model, FAMILIES["starcoder2"])
    )
    assert "fim" not in modelfile.modelfile(model, FAMILIES["llama-3"])


def test_importing_the_stage_loads_nothing_heavy() -> None:
    import sys

    code = "import idiolect.export, sys; print(sorted({'numpy', 'gguf', 'torch', 'tokenizers', 'xllamacpp'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
