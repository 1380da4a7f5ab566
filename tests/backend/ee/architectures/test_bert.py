"""BERT in every mode, over random configurations: the decoded answer is the plaintext answer."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)

from biodesci.core.errors import InputError
from biodesci.ee.groups import MODES
from biodesci.ee.keys import ModelKey

HEADS = [BertModel, BertForSequenceClassification, BertForTokenClassification, BertForMaskedLM]
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def configs(draw: st.DrawFn) -> BertConfig:
    heads = draw(st.integers(1, 4))
    return BertConfig(
        vocab_size=draw(st.integers(5, 60)),
        hidden_size=heads * draw(st.integers(2, 9)),
        num_hidden_layers=draw(st.integers(1, 3)),
        num_attention_heads=heads,
        intermediate_size=draw(st.integers(1, 40)),
        hidden_act=draw(st.sampled_from(["gelu", "relu", "silu", "tanh", "gelu_new"])),
        max_position_embeddings=16,
        num_labels=draw(st.integers(2, 5)),
    )


def batch(config: BertConfig, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.ones(3, 8, dtype=torch.long)
    mask[0, 5:] = 0
    mask[2, 1:] = 0
    return {
        "input_ids": torch.randint(0, config.vocab_size, (3, 8), generator=generator),
        "token_type_ids": torch.randint(0, 2, (3, 8), generator=generator),
        "attention_mask": mask,
    }


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@many
@given(configs(), st.sampled_from(HEADS), st.sampled_from(MODES), st.integers(0, 1000))
def test_answers_are_the_plaintext_answers(pair, randomize, dtype, bound, config, head, mode, seed):
    both = pair(randomize(head(config), seed, dtype), mode)
    inputs = batch(config, seed)
    with torch.no_grad():
        expected = both.plain(**inputs)
        got = both.encrypted(**{**inputs, "input_ids": both.tokens(inputs["input_ids"])})
    names = {"logits": "logits", "hidden": "last_hidden_state", "pooled": "pooler_output"}
    for output in both.key.layout.outputs:
        one, other = expected[names[output]], got[names[output]]
        where = inputs["attention_mask"].bool() if one.ndim == 3 else None
        assert both.error(output, one, other, where) <= bound
    assert both.decryption_error() == 0.0 if mode == "permutation" else both.decryption_error() <= bound


@pytest.mark.parametrize("mode", MODES)
def test_question_answering(pair, randomize, mode):
    config = BertConfig(
        vocab_size=20, hidden_size=12, num_hidden_layers=1, num_attention_heads=2, intermediate_size=9
    )
    both = pair(randomize(BertForQuestionAnswering(config), 1, torch.float64), mode)
    inputs = batch(config, 2)
    with torch.no_grad():
        expected = both.plain(**inputs)
        got = both.encrypted(**{**inputs, "input_ids": both.tokens(inputs["input_ids"])})
    one, other = (torch.stack([o.start_logits, o.end_logits], dim=-1) for o in (expected, got))
    assert both.error("logits", one, other, inputs["attention_mask"].bool()) <= 1e-12


@pytest.mark.parametrize("mode", ["permutation", "general"])
def test_positions_and_types_move_as_well_with_a_shuffle(pair, randomize, mode):
    config = BertConfig(
        vocab_size=20, hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=9
    )
    both = pair(randomize(BertModel(config), 3, torch.float64), mode, shuffle=True)
    inputs = batch(config, 4)
    order = torch.tensor([0, 6, 2, 7, 1, 5, 3, 4])  # [CLS] stays: the pooler reads it
    position = both.key.parts["positions"].order.argsort()
    kind = both.key.parts["types"].order.argsort()
    with torch.no_grad():
        expected = both.plain(**inputs)
        got = both.encrypted(
            input_ids=both.tokens(inputs["input_ids"])[:, order],
            token_type_ids=kind[inputs["token_type_ids"]][:, order],
            attention_mask=inputs["attention_mask"][:, order],
            position_ids=position[order].expand(3, -1),
        )
    assert both.error("pooled", expected.pooler_output, got.pooler_output) <= 1e-12
    unshuffled = got.last_hidden_state[:, order.argsort()]
    where = inputs["attention_mask"].bool()
    assert both.error("hidden", expected.last_hidden_state, unshuffled, where) <= 1e-12


def test_what_the_worker_sees_is_not_the_plain_model(pair, randomize):
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24
    )
    for mode in MODES:
        both = pair(randomize(BertForSequenceClassification(config), 5, torch.float64), mode)
        for name, tensor in both.state.items():
            moved = both.encrypted_state[name]
            if tensor.numel() > 4 and moved.shape == tensor.shape:
                assert not torch.allclose(moved, tensor, atol=1e-3), (mode, name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "deberta"}, "'deberta' is not known"),
        ({"hidden_act": "prelu"}, "'prelu' is not known to act on each neuron alike"),
        ({"is_decoder": True}, "is_decoder"),
        ({"num_hidden_layers": 3}, r"missing: bert\.encoder\.layer\.2"),
        ({"num_hidden_layers": 1}, r"not known: bert\.encoder\.layer\.1"),
        ({"vocab_size": 21}, r"word_embeddings\.weight"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(randomize, change, said):
    config = BertConfig(
        vocab_size=20, hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=9
    )
    model = randomize(BertForSequenceClassification(config), 1, torch.float64)
    settings_ = {**model.config.to_dict(), **change}
    state = dict(model.state_dict())
    with pytest.raises(InputError, match=said):
        ModelKey.for_model(settings_, state).encrypt(state)
