"""Tied heads and folded norm weights: what stays tied, what comes back, and what is refused for that."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from biodesci.core.errors import InputError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import WEIGHTS, Checkpoint

KINDS = ["gpt2", "llama"]
TYPES = [torch.bfloat16, torch.float16, torch.float32, torch.float64]


def test_what_was_trained_apart_stays_apart(tmp_path, plain):
    """A tie that encryption cut: equal afterwards, it is tied again; trained, both are kept."""
    plain("gpt2").save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    stock = AutoModelForCausalLM.from_pretrained(tmp_path / "encrypted")
    with torch.no_grad():
        stock.lm_head.weight.add_(0.01)
    stock.save_pretrained(tmp_path / "trained")
    moving.decrypt(Checkpoint.open(tmp_path / "trained"), key, tmp_path / "back")
    assert json.loads((tmp_path / "back/config.json").read_text())["tie_word_embeddings"] is False
    back, told = AutoModelForCausalLM.from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not told["missing_keys"]
    assert not torch.allclose(back.lm_head.weight, back.transformer.wte.weight, atol=1e-3)


def tied(plain, kind: str, dtype: torch.dtype) -> torch.nn.Module:
    """A model with one matrix for both ends, and norm weights of different sizes."""
    model = plain("gpt2") if kind == "gpt2" else plain("llama", tie_word_embeddings=True)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 1 and name.endswith("weight"):
                p.copy_(torch.linspace(0.3, 3.0, p.numel()))
    return model.to(dtype)


def paired(options: list[Any]) -> list[Any]:
    """Each type with each kind of model, `options` in turn; the full product is for `make test-deep`."""
    cases = list(itertools.product(options, KINDS, TYPES))
    return [
        case
        if (options.index(case[0]) + KINDS.index(case[1]) + TYPES.index(case[2])) % 2
        else pytest.param(*case, marks=pytest.mark.deep)
        for case in cases
    ]


@pytest.mark.parametrize(("mode", "kind", "dtype"), paired(["orthogonal", "general"]))
def test_what_was_tied_stays_tied_in_every_type(tmp_path, mode, kind, dtype, plain):
    """After encryption, and after many keys, too."""
    tied(plain, kind, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    moving.encrypt(source, key, tmp_path / "0")
    for i in range(4):
        assert moving.untied(Checkpoint.open(tmp_path / str(i)), key) == []
        fresh = key.renewed()
        moving.rekey(Checkpoint.open(tmp_path / str(i)), key, fresh, tmp_path / str(i + 1))
        key = fresh
    moving.decrypt(Checkpoint.open(tmp_path / "4"), key, tmp_path / "back")
    assert "lm_head.weight" not in Checkpoint.open(tmp_path / "back").tensors
    assert json.loads((tmp_path / "back/config.json").read_text())["tie_word_embeddings"] is True


@pytest.mark.parametrize(("whole", "kind", "dtype"), paired([True, False]))
def test_what_was_trained_apart_is_seen_in_every_type(tmp_path, kind, dtype, whole, plain):
    """The whole head, or one token's row; before and after another key."""
    tied(plain, kind, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    path = tmp_path / "encrypted" / WEIGHTS
    state = load_file(path)
    head = state["lm_head.weight"].double()
    largest = int(head.norm(dim=1).argmax())  # the padding token's row, wherever the key puts it, is zero
    rows = slice(None) if whole else slice(largest, largest + 1)
    drawn = torch.randn(head.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    by = 6 * max(torch.finfo(dtype).eps, 1e-13)  # trained by a few of the smallest steps of its type
    head[rows] += (by * head.norm(dim=1, keepdim=True) * drawn / drawn.norm(dim=1, keepdim=True))[rows]
    save_file(state | {"lm_head.weight": head.to(dtype)}, path, {"format": "pt"})
    assert moving.untied(Checkpoint.open(tmp_path / "encrypted"), key) == ["lm_head.weight"]
    fresh = key.renewed()
    moving.rekey(Checkpoint.open(tmp_path / "encrypted"), key, fresh, tmp_path / "again")
    assert moving.untied(Checkpoint.open(tmp_path / "again"), fresh) == ["lm_head.weight"]


def norm_of(plain, smallest: float, dtype: torch.dtype) -> LlamaForCausalLM:
    model = plain("llama")
    with torch.no_grad():
        model.model.layers[0].input_layernorm.weight[3] = smallest
    return model.to(dtype)


@pytest.mark.parametrize(
    ("dtype", "refused", "taken"),
    [(torch.bfloat16, 0.07, 0.09), (torch.float16, 0.009, 0.011), (torch.float32, 9e-6, 1.1e-5)],
)
def test_a_folded_weight_comes_back_in_the_type_or_is_refused(tmp_path, dtype, refused, taken, plain):
    norm_of(plain, refused, dtype).save_pretrained(tmp_path / "small")
    with pytest.raises(InputError, match=r"layers\.0\.input_layernorm\.weight is .*(small|zero)") as caught:
        moving.make_key(Checkpoint.open(tmp_path / "small"), "orthogonal")
    assert "permutation mode" in str(caught.value)
    moving.make_key(Checkpoint.open(tmp_path / "small"), "permutation")

    norm_of(plain, taken, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    back, name = Checkpoint.open(tmp_path / "back"), "model.layers.0.self_attn.q_proj.weight"
    column, got = (c.tensor(name)[:, 3].double() for c in (source, back))
    assert float((column - got).norm() / column.norm()) < 0.05


def test_the_readers_type_counts_not_the_norms(tmp_path, plain):
    """Norm weights are often kept in fp32 beside layers in bf16."""
    model = norm_of(plain, 0.01, torch.bfloat16)
    for name, module in model.named_modules():
        if name.endswith("norm"):
            module.float()
    model.save_pretrained(tmp_path / "plain")
    with pytest.raises(InputError, match="in bfloat16, those would come back 38% off"):
        moving.make_key(Checkpoint.open(tmp_path / "plain"), "orthogonal")
    wide = norm_of(plain, 0.01, torch.bfloat16).float()  # what the hint says to do
    wide.save_pretrained(tmp_path / "wide")
    moving.make_key(Checkpoint.open(tmp_path / "wide"), "orthogonal")
