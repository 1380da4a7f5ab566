"""Greedy decoding of encrypted models with a cache equals that of plain ones, token by token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.serving.model import EncryptedModel

PROMPTS = [[1, 5, 9, 33, 17], [1, 40], [1, 60, 3, 4, 4, 8, 21], [11]]
NEW = 44


def expected(plain: Any, prompts: list[list[int]], new: int = NEW) -> torch.Tensor:
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    found: torch.Tensor = plain.generate(ids, attention_mask=mask, max_new_tokens=new, do_sample=False)
    return found


EVERY_CHANGE = [
    ("gpt2", "permutation"),
    ("llama", "general"),
    ("llama-tied", "orthogonal"),
    ("qwen2", "orthogonal"),
]
PRODUCT = [(name, mode) for name, _ in EVERY_CHANGE for mode in ("permutation", "orthogonal", "general")]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *EVERY_CHANGE,
        *(pytest.param(*one, marks=pytest.mark.deep) for one in PRODUCT if one not in EVERY_CHANGE),
    ],
)
def test_greedy_decoding_equals_plain(name: str, mode: Any, causal: Callable[[str], Any]) -> None:
    model = causal(name)
    want = expected(model.plain, PROMPTS)
    assert len(want[:, -NEW:].unique()) > 10, "a constant answer would prove little"
    key = model.key(mode)
    assert torch.equal(model.whole(key).generate(PROMPTS, NEW), want)
    assert torch.equal(model.halves(key).generate(PROMPTS, NEW), want)
    assert torch.equal(model.halves(key, blocks=1).generate(PROMPTS, NEW), want)


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_an_end_token_ends_a_sequence(name: str, causal: Callable[[str], Any]) -> None:
    """The end token is one that plain decoding reaches: what follows it must be padding, in both."""
    model = causal(name)
    free = expected(model.plain, PROMPTS)
    ends = [int(free[0, 20]), int(free[2, 30])]
    config = model.plain.generation_config
    config.eos_token_id = ends
    model.plain.config.eos_token_id = ends
    model.plain.save_pretrained(model.folder)
    want = expected(model.plain, PROMPTS)
    assert not torch.equal(want, free[:, : want.shape[1]])
    key = model.key("orthogonal")
    assert torch.equal(model.whole(key).generate(PROMPTS, NEW), want)
    assert torch.equal(model.halves(key, blocks=1).generate(PROMPTS, NEW), want)


def test_the_server_never_sees_plain_numbers(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    client = model.whole(key)
    sent = client.encode(PROMPTS).arguments["input_ids"]
    assert torch.equal(key.parts["vocabulary"].order[sent][0, :5], torch.tensor(PROMPTS[0]))
    assert not torch.equal(sent[0, :5], torch.tensor(PROMPTS[0]))
    halved = model.halves(key).encode(PROMPTS)
    assert set(halved.arguments) == {"inputs_embeds", "attention_mask", "position_ids"}


def test_models_that_do_not_generate_say_so(causal: Callable[[str], Any]) -> None:
    model = causal("gpt2")
    key = model.key("orthogonal")
    forward = model.whole(key).model.forward  # as a server that offers one pass, and no more
    with pytest.raises(InputError, match="does not generate"):
        EncryptedModel(key.codec("inference"), forward).generate(PROMPTS, 4)
    with pytest.raises(InputError, match="110 tokens are asked for, and the model reads 96"):
        model.halves(key).generate([[1] * 90], 20)
