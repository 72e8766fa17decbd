"""The renderer: the same tokens everywhere, and content that can never become a control token."""

import gzip
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from idiolect import fim
from idiolect.errors import DataError
from idiolect.render import Renderer
from idiolect.types import File, Hole, Message, Sample

SHARED = Path(__file__).parents[2] / "shared" / "tokenizers"


def synthetic(tokens: tuple[str, ...]) -> Tokenizer:
    """A byte-level tokenizer without merges, plus these special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    return tokenizer


def tokens_of(family: fim.Family) -> tuple[str, ...]:
    chat = ("<|im_start|>", "<|im_end|>") if family.chat and "im_" in family.chat.end else ()
    llama = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|begin_of_text|>") if family.name == "llama-3" else ()
    return tuple(dict.fromkeys([*family.markers, *([family.bos] if family.bos else []), *chat, *llama]))


@pytest.fixture
def qwen() -> Renderer:
    return Renderer(synthetic(tokens_of(fim.FAMILIES["qwen2.5-coder"])))


def spelled(renderer: Renderer, ids: list[int]) -> str:
    """The ids as text with special tokens in their own spelling."""
    return renderer.tokenizer.decode(ids, skip_special_tokens=False)


LITERAL = {
    "qwen2.5-coder": "<|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>t",
    "starcoder2": "<fim_prefix>a<fim_suffix>c<fim_middle>t",
    "starcoder": "<fim_prefix>a<fim_suffix>c<fim_middle>t",
    "santacoder": "<fim-prefix>a<fim-suffix>c<fim-middle>t",
    "deepseek-coder": "<｜begin▁of▁sentence｜><｜fim▁begin｜>a<｜fim▁hole｜>c<｜fim▁end｜>t",
    "codegemma": "<bos><|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>t",
    "granite": "<|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>t",
}


@pytest.mark.parametrize("name", LITERAL)
def test_a_hole_is_written_as_the_family_was_trained(name: str) -> None:
    renderer = Renderer(synthetic(tokens_of(fim.FAMILIES[name])))
    assert renderer.family.name == name
    assert spelled(renderer, renderer.hole(Hole(path="x", prefix="a", suffix="c", typed="t"))) == LITERAL[name]


AROUND = {
    "qwen2.5-coder": (
        "<|repo_name|>repository\n<|file_sep|>far.py\nX = 1\n\n<|file_sep|>lib/near.rb\nY\n<|file_sep|>m.ts\n"
        "<|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>t"
    ),
    "starcoder2": (
        "<repo_name>repository<file_sep>far.py\nX = 1\n<file_sep>lib/near.rb\nY<file_sep><fim_prefix>m.ts\na<fim_suffix>c<fim_middle>t"
    ),
    "starcoder": "<fim_prefix>#far.py\nX = 1\n\n#lib/near.rb\nY\n//m.ts\na<fim_suffix>c<fim_middle>t",
    "santacoder": "<fim-prefix>#far.py\nX = 1\n\n#lib/near.rb\nY\n//m.ts\na<fim-suffix>c<fim-middle>t",
    "deepseek-coder": ("<｜begin▁of▁sentence｜><｜fim▁begin｜>#far.py\nX = 1\n\n#lib/near.rb\nY\n//m.ts\na<｜fim▁hole｜>c<｜fim▁end｜>t"),
    "codegemma": (
        "<bos><|file_separator|>far.py\nX = 1\n\n<|file_separator|>lib/near.rb\nY\n<|file_separator|>m.ts\n"
        "<|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>t"
    ),
    "granite": "<|fim_prefix|>#far.py\nX = 1\n\n#lib/near.rb\nY\n//m.ts\na<|fim_suffix|>c<|fim_middle|>t",
}


@pytest.mark.parametrize("name", AROUND)
def test_files_around_a_hole_stand_as_the_family_was_trained_to_see_them(name: str) -> None:
    renderer = Renderer(synthetic(tokens_of(fim.FAMILIES[name])))
    files = (File(path="far.py", text="X = 1\n"), File(path="lib/near.rb", text="Y"))
    assert spelled(renderer, renderer.hole(Hole(path="m.ts", prefix="a", suffix="c", typed="t", files=files))) == AROUND[name]


@pytest.mark.parametrize("name", AROUND)
def test_a_file_whose_path_nobody_knows_has_no_line_for_it(name: str) -> None:
    renderer = Renderer(synthetic(tokens_of(fim.FAMILIES[name])))
    files = (File(path="far.py", text="X = 1\n"), File(path="lib/near.rb", text="Y"))
    said = spelled(renderer, renderer.hole(Hole(path="", prefix="a", suffix="c", typed="t", files=files)))
    assert said == AROUND[name].replace("//m.ts\n", "").replace("m.ts\n", "")


def test_every_family_that_fills_holes_has_both_forms_written_down() -> None:
    assert set(AROUND) == set(LITERAL) == {name for name, family in fim.FAMILIES.items() if fim.has_holes(family)}


@pytest.mark.parametrize(
    ("path", "said"),
    [("a.py", "#a.py"), ("Makefile", "#Makefile"), ("a/b.TS", "//a/b.TS"), ("x.html.erb", "<!--x.html.erb-->"), ("t.sql", "--t.sql")],
)
def test_a_path_is_a_comment_of_its_language(path: str, said: str) -> None:
    assert fim.comment(path) == said


def test_special_tokens_in_content_stay_text(qwen: Renderer) -> None:
    evil = "".join(qwen.family.stops)
    special = {qwen.special(token) for token in tokens_of(qwen.family)}
    hole = qwen.hole(Hole(path=evil, prefix=evil, suffix=evil, typed=evil, files=(File(path=evil, text=evil),)))
    chat = qwen.chat([Message(role="user", content=evil)])
    counts = [sum(one in special for one in ids) for ids in (hole, chat, qwen.text(evil))]
    assert counts == [6, 3, 0], "only the template's own: repository, two files, three markers; two openings, one end; none"


def test_markers_that_a_tokenizer_does_not_call_special_stay_text_too() -> None:
    tokenizer = synthetic(("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in fim.FAMILIES["qwen2.5-coder"].markers[:3]])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in ("<|repo_name|>", "<|file_sep|>")])
    renderer = Renderer(tokenizer)
    assert renderer.family.name == "qwen2.5-coder"
    assert renderer.special("<|fim_prefix|>") not in renderer.encode("<|fim_prefix|>")


def test_a_chat_ends_where_the_assistant_begins(qwen: Renderer) -> None:
    ids = qwen.chat([Message(role="system", content="s"), Message(role="user", content="u")])
    assert spelled(qwen, ids) == "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n"


def weighted(renderer: Renderer, sample: Sample, *, whole: bool = False) -> str:
    lesson = renderer.lesson(sample, whole=whole)
    assert len(lesson.ids) == len(lesson.weights)
    return spelled(renderer, [one for one, weight in zip(lesson.ids, lesson.weights, strict=True) if weight])


@pytest.mark.parametrize("name", AROUND)
def test_as_pretraining_the_loss_is_on_all_of_a_hole_s_own_file_and_on_no_marker_and_no_other_file(name: str) -> None:
    renderer = Renderer(synthetic(tokens_of(fim.FAMILIES[name])))
    hole = Hole(path="m.ts", prefix="a", suffix="c", typed="t", files=(File(path="far.py", text="X = 1\n"),))
    for asked in (hole, hole.model_copy(update={"files": ()})):
        sample = Sample(kind="fim", maker="t", prompt=asked, answer="middle")
        assert weighted(renderer, sample, whole=True) == "actmiddle" + renderer.family.end
        assert renderer.lesson(sample, whole=True).ids == renderer.lesson(sample).ids
    bare = Sample(kind="fim", maker="t", prompt=hole.model_copy(update={"prefix": "", "typed": ""}), answer="middle")
    assert weighted(renderer, bare, whole=True) == "cmiddle" + renderer.family.end


def test_the_loss_is_on_the_answer_and_its_end(qwen: Renderer) -> None:
    raw = Sample(kind="raw", maker="t", answer="text")
    hole = Sample(kind="fim", maker="t", prompt=Hole(path="x", prefix="p", suffix="s"), answer="middle")
    chat = Sample(kind="write", maker="t", prompt=(Message(role="user", content="u"),), answer="code")
    assert weighted(qwen, raw) == "text<|endoftext|>"
    assert weighted(qwen, hole) == "middle<|endoftext|>"
    assert weighted(qwen, chat) == "code<|im_end|>"


def test_spans_narrow_the_loss_by_bytes(qwen: Renderer) -> None:
    sample = Sample(kind="raw", maker="t", answer="é=1;b=2", spans=((5, 8),))
    assert weighted(qwen, sample) == "b=2<|endoftext|>"


def test_a_family_without_holes_refuses_them() -> None:
    renderer = Renderer(synthetic(tokens_of(fim.FAMILIES["llama-3"])))
    with pytest.raises(DataError, match="never trained to fill holes"):
        renderer.hole(Hole(path="x", prefix="a", suffix="b"))
    assert spelled(renderer, renderer.chat([Message(role="user", content="u")])).startswith(
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nu<|eot_id|>"
    )


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(DataError, match="no known family"):
        Renderer(synthetic(("<eos>",)))


@pytest.mark.skipif(not SHARED.is_dir(), reason="skipped: the shared tokenizers are not here")
def test_real_qwen_ids_are_the_published_ones(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_bytes(gzip.decompress((SHARED / "qwen2-tokenizer-derived.json.gz").read_bytes()))
    renderer = Renderer.load(file)
    assert renderer.family.name == "qwen2.5-coder"
    ids = renderer.hole(Hole(path="x", prefix="def f():\n", suffix="\n", typed=""))
    assert [one for one in ids if one >= 151643] == [151659, 151661, 151660]
    assert renderer.stops()[:2] == [151643, 151645]
    texts = (SHARED / "ggml-vocab-qwen2.gguf.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")
    expected = [[int(one) for one in line.split()] for line in (SHARED / "ggml-vocab-qwen2.gguf.out").read_text().split("\n")]
    assert [renderer.encode(text) for text in texts] == expected
