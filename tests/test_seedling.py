from __future__ import annotations

import json
import random
import re
import tomllib
from pathlib import Path

import pytest
import torch
from seedling.corpus import Excluded, flaw, shingles
from seedling.fetch import read_list
from seedling.lessons import cut
from seedling.model import Seedling, Shape
from seedling.tokenizer import SPECIALS
from seedling.train import END, FIM_MIDDLE, middle_weights
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from idiolect.fingerprints import Fingerprints

ROOT = Path(__file__).parent.parent
DATA = ROOT / "src" / "idiolect" / "data"
FOLDER = DATA / "seedling"
TEXTS = ["def f(x):\n\treturn x  # ☃ é 漢字\r\n", "  a = 'it''s'\n\n\n   ", "".join(map(chr, range(32, 127))), "x" * 300]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


def test_the_vocabulary_is_8192_with_each_special_token_one_id_at_the_end(tokenizer: Tokenizer) -> None:
    assert tokenizer.get_vocab_size() == 8192
    assert [tokenizer.token_to_id(t) for t in SPECIALS] == list(range(8192 - len(SPECIALS), 8192))
    for token in SPECIALS:
        assert tokenizer.encode(token, add_special_tokens=False).ids == [tokenizer.token_to_id(token)]


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_from_the_tokenizer(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text


def test_text_that_looks_like_a_special_token_can_be_read_as_text(tokenizer: Tokenizer) -> None:
    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.encode_special_tokens = True
    for token in SPECIALS:
        ids = plain.encode(f"a {token} b", add_special_tokens=False).ids
        assert max(ids) < 8192 - len(SPECIALS)
        assert plain.decode(ids) == f"a {token} b"


def test_the_pre_tokeniser_and_normaliser_are_those_of_qwen() -> None:
    layout = json.loads((FOLDER / "tokenizer.json").read_text(encoding="utf-8"))
    assert layout["normalizer"] == {"type": "NFC"}
    split, level = layout["pre_tokenizer"]["pretokenizers"]
    assert split["pattern"]["Regex"].startswith("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|")
    assert (level["type"], level["add_prefix_space"], level["use_regex"]) == ("ByteLevel", False, False)


def test_transformers_loads_the_shipped_folder_and_a_chat_ends_its_turns() -> None:
    words = AutoTokenizer.from_pretrained(FOLDER)
    text = words.apply_chat_template([{"role": "user", "content": "hello"}], tokenize=False, add_generation_prompt=True)
    assert text == "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"
    model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    assert sum(p.numel() for p in model.parameters()) == 8_397_056
    ids = words("def __init__(self):\n    self", return_tensors="pt").input_ids
    with torch.inference_mode():
        loss = model(ids, labels=ids).loss
    assert 0 < float(loss) < 7  # a random model has 9


def test_the_hand_written_network_computes_what_transformers_computes() -> None:
    torch.manual_seed(1)
    mine = Seedling(Shape(vocab_size=97, num_hidden_layers=2))
    with torch.no_grad():
        for p in mine.parameters():
            p.add_(torch.randn_like(p) * 0.05)
    names = {k: v for k, v in mine.shape.config().items() if k not in ("architectures", "torch_dtype")}
    theirs = Qwen2ForCausalLM(Qwen2Config(**names))
    theirs.load_state_dict(mine.state_dict(), strict=False)
    ids = torch.randint(0, 97, (2, 300))
    assert torch.allclose(mine(ids), theirs(ids).logits, atol=1e-4)


def test_the_card_names_the_digest_of_the_corpus_and_every_package_that_was_read() -> None:
    facts = json.loads((FOLDER / "corpus.json").read_text(encoding="utf-8"))
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"`([0-9a-f]{64})`", card) == [facts["digest"]]
    assert sum(c["bytes"] for c in facts["languages"].values()) == facts["bytes"]
    sources = {line.split("|")[2].strip() for line in card.splitlines() if line.startswith(("| PyPI", "| npm", "| Debian"))}
    assert sources
    assert sources <= {p.name for p in read_list(ROOT / "seedling" / "packages.txt")}


def test_the_lists_are_disjoint() -> None:
    train, placebo, held_out = (
        {(p.ecosystem, p.name) for p in read_list(ROOT / "seedling" / f"{n}.txt")} for n in ("packages", "placebo", "held_out")
    )
    assert len(train) > 100
    assert not train & placebo
    assert not train & held_out
    assert not placebo & held_out
    for halves in tomllib.loads((DATA / "general.toml").read_text(encoding="utf-8")).values():
        assert not set(halves["replay"]) & set(halves["probe"])
        assert len(set(halves["probe"])) == len(halves["probe"])


def test_only_permissive_licences_are_listed() -> None:
    for package in (p for n in ("packages", "placebo") for p in read_list(ROOT / "seedling" / f"{n}.txt")):
        words = re.split(r"\bor\b|/", package.licence, flags=re.IGNORECASE)
        assert any(not re.search(r"[AL]?GPL|MPL|EPL|SSPL", word) for word in words), package


def test_idiolect_and_the_general_list_are_not_in_the_fingerprint_index() -> None:
    index = Fingerprints.load(FOLDER / "fingerprints.bin")
    assert index.share((ROOT / "seedling" / "corpus.py").read_text(encoding="utf-8")) < 0.05
    assert index.share((ROOT / "src" / "idiolect" / "types.py").read_text(encoding="utf-8")) < 0.05


def test_a_near_copy_of_an_excluded_file_stays_out_of_the_corpus_and_another_file_does_not() -> None:
    rng = random.Random(0)
    original = "\n".join(f"def name_{rng.getrandbits(30)}(a, b): return a + {rng.getrandbits(20)} * b" for _ in range(60))
    other = "\n".join(f"class Thing{rng.getrandbits(30)}: size = {rng.getrandbits(20)}" for _ in range(300))
    excluded = Excluded([original])
    assert excluded.reason(original.replace("\n", "\n\n")) == "equals an excluded file"
    assert excluded.reason("# vendored\n" + original.replace("+", "-", 5)) == "shares half of its shingles with excluded files"
    assert excluded.reason(other + original) == "contains half of an excluded file"
    assert excluded.reason(other) is None
    assert len(shingles("a b")) == 0


def test_unfit_files_are_named() -> None:
    code = b"def total(prices):\n    return sum(prices)\n" * 5
    assert flaw("a.py", code) is None
    assert flaw("a.py", code + b"x = '<|fim_prefix|>'\n") == "special tokens"
    assert flaw("pkg/_vendor/a.py", code) is not None
    assert flaw("a.py", b"# do not edit\n" + code) == "generated"
    assert flaw("a.js", b"function f(a, b) { return a + b }" * 100) == "minified or binary"
    assert flaw("a.py", code + b"\xff") == "no UTF-8"


def test_a_cut_document_joins_to_itself_unless_its_end_is_withheld() -> None:
    rng = random.Random(3)
    text = "class A:\n\n    def f(self):\n        return [1,\n                2]\n\n\nprint('é')\n"
    for _ in range(300):
        prefix, middle, suffix = cut(text, rng)
        assert (prefix + middle + suffix == text) or (suffix == "" and text.startswith(prefix + middle))


def test_only_the_tokens_that_fill_a_hole_and_their_end_weigh_more() -> None:
    row = torch.tensor([[5, FIM_MIDDLE, 6, 7, END, 8, 9]])
    weights = middle_weights(row[:, :-1], 4.0)
    assert weights is not None
    assert weights.tolist() == [[1, 4, 4, 4, 1, 1]]  # of the ids 1 to 6: what fills, twice, and the end
    assert middle_weights(row, 1.0) is None
