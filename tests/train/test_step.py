from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from transformers import AttentionInterface, PreTrainedModel

from idiolect import weights
from idiolect.errors import DataError
from idiolect.train.attention import NAME, borders, choose
from idiolect.train.plan import Settings
from idiolect.train.step import Learner, batch

from . import tiny

SETTINGS = Settings(rank=4, alpha=8, learning_rate=1e-2, length=64, batch_tokens=128, step_tokens=128, validation_tokens=200)
TEXTS = tuple(tiny.text(length, length, share=0.6) for length in (17, 5, 30, 2, 11))


def learner(settings: Settings = SETTINGS, *, attention: str = NAME, dtype: torch.dtype = torch.float32, noise: bool = True) -> Learner:
    base = tiny.model(dtype=dtype)
    base.set_attn_implementation(attention)
    built = Learner(base, settings)
    if noise:  # a fresh adapter adds nothing, and has no gradient in A
        torch.manual_seed(5)
        built.restore({f"adapter.{name}": torch.randn_like(one) * 0.1 for name, one in built.masters.items()})
    return built


def reference(model: PreTrainedModel) -> torch.Tensor:
    """The loss of each labelled token, one text at a time, by transformers' own attention and head."""
    losses = []
    model.set_attn_implementation("eager")
    for text in TEXTS:
        ids = torch.from_numpy(text.ids).long()
        logits = model(input_ids=ids[None], use_cache=False).logits[0]
        found = cross_entropy(logits[:-1].float(), ids[1:], reduction="none")
        losses.append(found * torch.from_numpy(text.weights[1:]))
    model.set_attn_implementation(NAME)
    return torch.cat(losses)


def test_packed_losses_and_gradients_equal_unpacked_ones() -> None:
    subject = learner()
    expected = reference(subject.base)
    assert int((expected != 0).sum()) > 20
    one = batch(TEXTS)
    kept = torch.nonzero(expected.detach()).flatten()
    for number, place in enumerate(kept):
        alone = replace(one, at=one.at[number, None], labels=one.labels[number, None], weights=one.weights[number, None])
        assert subject.loss(alone).item() == pytest.approx(expected[place].item(), abs=1e-4)
    expected.sum().backward()
    slopes = {name: parameter.grad.clone() for name, parameter in subject.computed.items() if parameter.grad is not None}
    subject.model.zero_grad()
    subject.loss(one).backward()
    assert len(slopes) == 28
    for name, parameter in subject.computed.items():
        torch.testing.assert_close(parameter.grad, slopes[name], atol=1e-4, rtol=1e-4)


def test_packs_have_few_shapes_whatever_their_texts_are() -> None:
    """Each new shape costs memory for good: oneDNN keeps the kernels that it compiles for it."""
    shapes: set[tuple[int, ...]] = set()
    lengths: set[int] = set()
    for seed in range(60):
        one = batch(tuple(tiny.text(2 + (seed * 37 + at * 101) % 400, seed, share=0.3) for at in range(1 + seed % 4)))
        assert one.tokens == sum(2 + (seed * 37 + at * 101) % 400 for at in range(1 + seed % 4))
        assert sum(one.lengths) == len(one.ids) == len(one.positions)
        shapes.add((len(one.ids), len(one.labels)))
        lengths |= set(one.lengths)
    assert len(shapes) <= 15
    assert all(length % 32 == 0 for length in lengths)


def test_the_generic_head_gives_the_same_loss_and_gradient() -> None:
    subject = learner()
    assert subject.is_plain_head
    one = batch(TEXTS)
    losses, slopes = [], []
    for plain in (True, False):
        subject.is_plain_head = plain
        losses.append(subject.gradient([one]))
        slopes.append({name: master.grad.clone() for name, master in subject.masters.items() if master.grad is not None})
        subject.optimizer.zero_grad()
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    for name, slope in slopes[0].items():
        torch.testing.assert_close(slope, slopes[1][name], atol=1e-5, rtol=1e-4)


def test_recomputing_activations_changes_no_gradient() -> None:
    found = []
    for recompute in (False, True):
        subject = learner(replace(SETTINGS, recompute=recompute))
        subject.gradient([batch(TEXTS)])
        found.append({name: master.grad for name, master in subject.masters.items()})
    for name, slope in found[0].items():
        torch.testing.assert_close(slope, found[1][name])


def test_gradients_of_several_batches_add_up_to_that_of_one() -> None:
    subject = learner()
    whole = subject.gradient([batch(TEXTS)])
    slopes = {name: master.grad.clone() for name, master in subject.masters.items() if master.grad is not None}
    subject.optimizer.zero_grad()
    parts = subject.gradient([batch(TEXTS[:2]), batch(TEXTS[2:])])
    assert parts == pytest.approx(whole, abs=1e-5)
    for name, slope in slopes.items():
        torch.testing.assert_close(subject.masters[name].grad, slope, atol=1e-6, rtol=1e-4)


def seeing_neighbours(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None, **named: Any
) -> tuple[torch.Tensor, None]:
    """What a naive packer does: one causal attention over the whole pack."""
    found = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True, scale=named["scaling"], enable_gqa=True)
    return found.transpose(1, 2), None


AttentionInterface.register("seeing_neighbours", seeing_neighbours)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_architecture_in_which_texts_see_each_other_is_refused(dtype: torch.dtype) -> None:
    with pytest.raises(DataError, match="see each other"):
        learner(attention="seeing_neighbours", dtype=dtype, noise=False)


def test_the_seed_decides_the_first_weights_whatever_was_drawn_before() -> None:
    torch.manual_seed(1)
    one = learner(noise=False).adapter()
    torch.rand(100)
    again, other = learner(noise=False).adapter(), learner(replace(SETTINGS, seed=1), noise=False).adapter()
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_learning_in_bfloat16_keeps_small_changes_in_the_masters() -> None:
    subject = learner(dtype=torch.bfloat16)
    before = subject.adapter()
    loss = [subject.learn([batch(TEXTS)], 1e-6)[0] for _ in range(2)]
    after = subject.adapter()
    assert all(one.dtype == torch.bfloat16 for one in subject.computed.values())
    assert all(one.dtype == torch.float32 for one in after.values())
    assert all(not torch.equal(before[name], after[name]) for name in before)
    assert loss[0] == pytest.approx(loss[1], rel=0.01)


def test_learning_lowers_the_loss() -> None:
    subject = learner(noise=False)
    one = batch(TEXTS)
    losses = [subject.learn([one], 1e-2)[0] for _ in range(40)]
    assert losses[-1] < 0.6 * losses[0]


def test_only_linear_layers_inside_the_blocks_are_adapted() -> None:
    names = {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in learner().computed}
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_a_saved_adapter_opened_again_says_the_same(tmp_path: Path) -> None:
    subject = learner()
    folder = tiny.base(tmp_path / "base")
    file = subject.save(subject.adapter(), tmp_path / "adapter", "seedling")
    assert all(one.dtype == torch.float32 for one in load_file(file).values())
    opened = weights.load(folder, "float32", adapter=tmp_path / "adapter")
    ids = torch.arange(20)[None]
    with torch.no_grad():
        subject.base.set_attn_implementation("eager")
        torch.testing.assert_close(opened(input_ids=ids).logits, subject.base(input_ids=ids).logits, atol=1e-4, rtol=1e-4)
        plain = weights.load(folder, "float32")(input_ids=ids).logits
        assert not torch.allclose(opened(input_ids=ids).logits, plain, atol=1e-2)


def test_two_saves_of_one_adapter_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (learner().save(learner().adapter(), tmp_path / name, "seedling") for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert (one.parent / "adapter_config.json").read_bytes() == (other.parent / "adapter_config.json").read_bytes()


def test_each_attention_is_told_the_borders_of_the_texts_in_its_own_words() -> None:
    assert choose("cpu") == NAME
    assert borders(NAME, (3, 2), "cpu") == {"lengths": (3, 2)}
    flash = borders("flash_attention_2", (3, 2), "cpu")
    assert flash["cu_seq_lens_q"].tolist() == flash["cu_seq_lens_k"].tolist() == [0, 3, 5]
    assert (flash["max_length_q"], flash["max_length_k"]) == (3, 3)
