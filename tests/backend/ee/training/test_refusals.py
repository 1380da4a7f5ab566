"""What would not train alike under a key is refused, with the reason."""

from __future__ import annotations

import pytest
import torch
import transformers
from torch import nn

from biodesci.core.errors import InputError
from biodesci.ee.groups import MODES
from biodesci.ee.keys import ModelKey
from biodesci.ee.training import (
    EXACT,
    check_combination,
    check_model,
    fine_tune,
    freeze_for,
    minibatches,
    untied,
)
from biodesci.ee.training.losses import own_loss, token_losses
from tests.backend.ee.training.drift import Subject
from tests.backend.ee.training.drift_table import PLANS, subject

TABLE = {
    "sgd": {"plain", "permutation", "orthogonal"},
    "muon": {"plain", "permutation", "orthogonal"},
    "shampoo": {"plain", "permutation", "orthogonal"},
    "adamw": {"plain", "permutation"},
    "lion": {"plain", "permutation"},
}


def key_of(one: Subject, mode: str) -> ModelKey:
    return ModelKey.for_model(one.config, one.state, mode)  # type: ignore[arg-type]


def test_the_table() -> None:
    assert {name: set(modes) for name, modes in EXACT.items()} == TABLE
    for name, modes in TABLE.items():
        for mode in ("plain", *MODES):
            if mode in modes:
                check_combination(name, mode)
            else:
                with pytest.raises(
                    InputError, match=f"Training with {name} under {mode} keys is not equivalent"
                ):
                    check_combination(name, mode)
    with pytest.raises(InputError, match="no such mode"):
        check_combination("sgd", "none")


def test_fine_tuning_asks_before_it_trains() -> None:
    one = subject("bert")
    batches = minibatches(one.columns, PLANS["adamw"])
    key = key_of(one, "orthogonal")
    with pytest.raises(InputError, match="scales every coordinate"):
        fine_tune(one.under(key), batches, PLANS["adamw"], key.layout)
    general = key_of(one, "general")
    with pytest.raises(InputError, match="stretch weights"):
        fine_tune(one.under(general), batches, PLANS["sgd"], general.layout)


@pytest.mark.parametrize("setting", ["resid_pdrop", "embd_pdrop", "attn_pdrop"])
@pytest.mark.parametrize("mode", ["permutation", "orthogonal"])
def test_dropout_is_refused(setting: str, mode: str) -> None:
    one = subject("gpt2")
    key = key_of(one, mode)
    dropping = transformers.GPT2LMHeadModel(transformers.GPT2Config(**{**one.config, setting: 0.1}))
    freeze_for(dropping, key.layout)
    with pytest.raises(InputError, match=r"drops 0\.1 .* moving the masks along takes the key"):
        check_model(dropping, key.layout)


def test_attention_dropout_kept_as_a_number_is_refused() -> None:
    one = subject("llama")
    key = key_of(one, "permutation")
    dropping = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(**{**one.config, "attention_dropout": 0.2})
    )
    with pytest.raises(InputError, match=r"attention_dropout drops 0\.2"):
        check_model(dropping, key.layout)


def test_norm_weights_that_must_stay_are_refused_until_frozen() -> None:
    one = subject("gpt2", layers=2)
    key = key_of(one, "orthogonal")
    encrypted = one.under(key)
    with pytest.raises(InputError, match="folded into the next layer"):
        check_model(encrypted, key.layout)
    frozen = freeze_for(encrypted, key.layout)
    check_model(encrypted, key.layout)
    assert len(frozen) == 5
    assert {n for n, p in encrypted.named_parameters() if not p.requires_grad} == set(frozen)


def test_norms_stay_trainable_where_nothing_is_folded() -> None:
    one = subject("gpt2")
    key = key_of(one, "permutation")
    assert freeze_for(one.under(key), key.layout) == ()
    qwen = subject("qwen3")
    assert not any(
        "q_norm" in n or "k_norm" in n for n in freeze_for(qwen.model, key_of(qwen, "orthogonal").layout)
    )


def test_general_keys_freeze_everything() -> None:
    one = subject("bert")
    key = key_of(one, "general")
    model = one.under(key)
    freeze_for(model, key.layout)
    assert not any(p.requires_grad for p in model.parameters())


def test_unknown_parameters_and_other_names_are_refused() -> None:
    one = subject("gpt2")
    key = key_of(one, "orthogonal")
    model = one.under(key)
    with pytest.raises(InputError, match=r"own state_dict"):
        freeze_for(nn.Linear(2, 2), key.layout)
    freeze_for(model, key.layout)
    model.extra = nn.Linear(2, 2)
    with pytest.raises(
        InputError, match=r"extra\.weight cannot be trained under this key: the key has no rule"
    ):
        check_model(model, key.layout)


def tied(kind: str) -> Subject:
    one = subject(kind)
    config = {**one.config, "tie_word_embeddings": True}
    model = type(one.model)(type(one.model.config)(**config)).double()  # type: ignore[call-overload, operator]
    return Subject(kind, model, config, one.columns, token_losses)


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_tied_heads_are_refused_until_untied(kind: str) -> None:
    one = tied(kind)
    key = key_of(one, "orthogonal")
    model = one.under(key)
    freeze_for(model, key.layout)
    with pytest.raises(InputError, match="one tensor in the plain model, and two under this key"):
        check_model(model, key.layout)

    config, state = untied(one.config, one.state, key.layout)
    free = type(one.model)(type(one.model.config)(**config)).double()  # type: ignore[call-overload, operator]
    free.load_state_dict(state)
    ids = one.columns["input_ids"][:2]
    assert torch.equal(free(input_ids=ids).logits, one.model(input_ids=ids).logits)  # type: ignore[operator]
    other = key_of(Subject(kind, free, config, one.columns, token_losses), "orthogonal")
    assert not other.layout.extra
    freeze_for(free, other.layout)
    check_model(free, other.layout)


def test_tied_heads_stay_tied_under_permutations() -> None:
    one = tied("gpt2")
    key = key_of(one, "permutation")
    check_model(one.under(key), key.layout)
    assert untied(one.config, one.state, key.layout)[0] == one.config


def test_batches_and_losses_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="not equally many"):
        minibatches({"a": torch.zeros(3), "b": torch.zeros(2)}, PLANS["sgd"])
    one = subject("gpt2")
    batches = minibatches({"input_ids": one.columns["input_ids"]}, PLANS["sgd"])
    with pytest.raises(InputError, match="returned no loss"):
        fine_tune(one.model, batches, PLANS["sgd"], loss=own_loss)
