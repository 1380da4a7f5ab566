"""GPT-2, Llama and what is shaped like it, in every mode, over random configurations."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import (
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
    GPT2Model,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    LlamaModel,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PretrainedConfig,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from biodesci.core.errors import InputError
from biodesci.ee.keys import ModelKey

MODES = ["permutation", "orthogonal", "general"]
SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
# Of each kind a fifth of what the profile tries: none is left to chance.
several = settings(many, max_examples=settings.default.max_examples // 5)
LLAMAS = [
    (LlamaConfig, LlamaForCausalLM),
    (LlamaConfig, LlamaForSequenceClassification),
    (LlamaConfig, LlamaModel),
    (MistralConfig, MistralForCausalLM),
    (Qwen2Config, Qwen2ForCausalLM),
    (Qwen3Config, Qwen3ForCausalLM),
    (Phi3Config, Phi3ForCausalLM),
]


@st.composite
def llamas(draw: st.DrawFn, kind: type[PretrainedConfig]) -> PretrainedConfig:
    """Sizes, heads, sharing of key heads, biases, QK-norm, partial rotation, tied embeddings."""
    shared = draw(st.integers(1, 3))
    heads = shared * draw(st.integers(1, 3))
    wide = 2 * draw(st.integers(2, 5))
    chosen = {
        "vocab_size": draw(st.integers(5, 60)),
        "hidden_size": heads * wide,
        "num_hidden_layers": draw(st.integers(1, 2)),
        "num_attention_heads": heads,
        "num_key_value_heads": shared,
        "intermediate_size": draw(st.integers(1, 40)),
        "hidden_act": draw(st.sampled_from(["silu", "gelu"])),
        "tie_word_embeddings": draw(st.booleans()),
        "num_labels": draw(st.integers(2, 4)),
        **SPECIAL,
    }
    if kind is LlamaConfig:
        chosen |= {"attention_bias": draw(st.booleans()), "mlp_bias": draw(st.booleans())}
    if kind is Qwen3Config:
        chosen |= {"head_dim": wide, "attention_bias": draw(st.booleans())}
    if kind is Phi3Config and wide % 4 == 0:
        chosen |= {"partial_rotary_factor": draw(st.sampled_from([0.5, 1.0]))}
    return kind(**chosen)


@st.composite
def gpts(draw: st.DrawFn) -> tuple[PretrainedConfig, type]:
    heads = draw(st.integers(1, 4))
    config = GPT2Config(
        vocab_size=draw(st.integers(5, 60)),
        n_embd=heads * draw(st.integers(2, 9)),
        n_layer=draw(st.integers(1, 3)),
        n_head=heads,
        n_positions=16,
        n_inner=draw(st.one_of(st.none(), st.integers(1, 40))),
        activation_function=draw(st.sampled_from(["gelu_new", "relu", "silu", "tanh"])),
        scale_attn_by_inverse_layer_idx=draw(st.booleans()),
        tie_word_embeddings=draw(st.booleans()),
        num_labels=draw(st.integers(2, 4)),
        **SPECIAL,
    )
    return config, draw(st.sampled_from([GPT2LMHeadModel, GPT2Model, GPT2ForSequenceClassification]))


def check(pair, randomize, chosen, mode, seed, dtype, bound) -> None:
    config, head = chosen
    both = pair(randomize(head(config), seed, dtype), mode)
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, config.vocab_size, (3, 8), generator=generator)
    mask = torch.ones(3, 8, dtype=torch.long)
    mask[0, :3] = 0  # padded on the left, as for generation
    ids[0, :3] = 0
    both.encrypted.config.pad_token_id = int(both.tokens(torch.tensor(0)))
    with torch.no_grad():
        expected = both.plain(input_ids=ids, attention_mask=mask)
        got = both.encrypted(input_ids=both.tokens(ids), attention_mask=mask)
    names = {"logits": "logits", "hidden": "last_hidden_state"}
    for output in both.key.layout.outputs:
        one, other = expected[names[output]], got[names[output]]
        where = mask.bool() if one.ndim == 3 else None
        assert both.error(output, one, other, where) <= bound
    assert both.decryption_error() == 0.0 if mode == "permutation" else both.decryption_error() <= bound


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@pytest.mark.parametrize(("kind", "head"), LLAMAS)
@several
@given(st.data(), st.sampled_from(MODES), st.integers(0, 1000))
def test_llama_and_its_kin(pair, randomize, kind, head, dtype, bound, data, mode, seed):
    check(pair, randomize, (data.draw(llamas(kind)), head), mode, seed, dtype, bound)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@many
@given(gpts(), st.sampled_from(MODES), st.integers(0, 1000))
def test_gpt2(pair, randomize, dtype, bound, chosen, mode, seed):
    check(pair, randomize, chosen, mode, seed, dtype, bound)


def tiny(**change: object) -> LlamaConfig:
    return LlamaConfig(
        **{
            "vocab_size": 20,
            "hidden_size": 12,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 9,
            **SPECIAL,
            **change,
        }
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_tie_stays_where_the_key_keeps_it_and_is_cut_where_not(pair, randomize, mode):
    both = pair(randomize(LlamaForCausalLM(tiny(tie_word_embeddings=True)), 1, torch.float64), mode)
    if mode == "permutation":
        assert "lm_head.weight" not in both.encrypted_state
        assert not both.key.layout.config
    else:
        assert "lm_head.weight" in both.encrypted_state
        assert both.key.layout.config == {"tie_word_embeddings": False}


def test_folded_norms_are_ones_and_the_key_keeps_them(pair, randomize):
    both = pair(randomize(LlamaForCausalLM(tiny()), 1, torch.float64), "orthogonal")
    assert set(both.key.plain) == {n for n in both.state if n.endswith("norm.weight")}
    assert all((both.encrypted_state[n] == 1).all() for n in both.key.plain)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_key_value_heads": 3}, "2 query heads cannot share 3 key heads"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor 0.5 is not a stock model"),
        ({"hidden_size": 14}, "shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(randomize, change, said):
    model = randomize(LlamaForCausalLM(tiny()), 1, torch.float64)
    with pytest.raises(InputError, match=said):
        ModelKey.for_model({**model.config.to_dict(), **change}, model.state_dict()).encrypt(
            model.state_dict()
        )


def test_a_norm_weight_of_zero_cannot_be_folded(randomize):
    model = randomize(LlamaForCausalLM(tiny()), 1, torch.float64)
    model.model.norm.weight.data[3] = 0.0
    state = model.state_dict()
    with pytest.raises(InputError, match=r"model\.norm\.weight is \(nearly\) zero"):
        ModelKey.for_model(model.config.to_dict(), state, "orthogonal")
    key = ModelKey.for_model(model.config.to_dict(), state, "permutation")
    assert torch.equal(key.decrypt(key.encrypt(state))["model.norm.weight"], state["model.norm.weight"])


def test_a_trained_folded_norm_is_refused(pair, randomize):
    both = pair(randomize(LlamaForCausalLM(tiny()), 1, torch.float64), "orthogonal")
    trained = {**both.encrypted_state, "model.norm.weight": both.encrypted_state["model.norm.weight"] * 1.1}
    with pytest.raises(InputError, match=r"model\.norm\.weight was trained"):
        both.key.decrypt(trained)


def test_cross_attention_is_refused(randomize):
    model = randomize(
        GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=2, **SPECIAL)), 1, torch.float64
    )
    with pytest.raises(InputError, match="cross-attention"):
        ModelKey.for_model({**model.config.to_dict(), "add_cross_attention": True}, model.state_dict())
