"""Split mode: what each half holds, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor, nn

from biodesci.core.errors import InputError, StateError, WrongKeyError
from biodesci.ee.codec.client_half import FORMAT, ClientHalf
from biodesci.ee.codec.split import Split, split
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.partfile import dump_parts, load_parts

SIZES: dict[str, Any] = {
    "vocab_size": 29,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
}


def plain(kind: str, dtype: torch.dtype = torch.float64) -> tuple[dict[str, Any], dict[str, Tensor], Any]:
    family = next(f for f in ("GPT2", "Llama", "Qwen2", "Bert", "ViT") if kind.startswith(f))
    special = (
        {} if family in ("Bert", "ViT") else {"bos_token_id": 1, "eos_token_id": [2, 5], "pad_token_id": 0}
    )
    sizes = SIZES if family != "ViT" else {k: v for k, v in SIZES.items() if k != "vocab_size"}
    wide = {} if family == "GPT2" else {"intermediate_size": 12}
    wide |= {"num_key_value_heads": 1} if family == "Qwen2" else {}
    config = getattr(transformers, f"{family}Config")(**sizes, **wide, **special)
    model = getattr(transformers, kind)(config).to(dtype).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.3 * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    state = dict(model.state_dict())
    if getattr(config, "tie_word_embeddings", False):
        for name in model._tied_weights_keys or ():
            state.pop(name, None)
    return json.loads(config.to_json_string()), state, model


def halves(
    kind: str, mode: Mode = "orthogonal", blocks: int = 0
) -> tuple[Split, ModelKey, dict[str, Tensor]]:
    config, state, _ = plain(kind)
    key = ModelKey.for_model(config, state, mode)
    return split(key, state, config, blocks=blocks), key, state


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
@pytest.mark.parametrize("kind", ["GPT2LMHeadModel", "LlamaForCausalLM"])
def test_the_client_holds_rows_times_q(kind: str, mode: Mode) -> None:
    both, key, state = halves(kind, mode)
    prefix = "transformer.wte" if kind == "GPT2LMHeadModel" else "model.embed_tokens"
    embedding = state[f"{prefix}.weight"]
    q = key.parts["stream"].matrix()
    rows = both.client.tensors["tokens"]
    assert torch.allclose(rows, embedding @ q, rtol=1e-12, atol=1e-12)
    final = "transformer.ln_f.weight" if kind == "GPT2LMHeadModel" else "model.norm.weight"
    folded = torch.ones(16, dtype=torch.float64) if mode == "permutation" else state[final]
    head = both.client.tensors.get("head.weight", rows)
    want = state.get("lm_head.weight", embedding) * folded @ q
    assert torch.allclose(head, want, rtol=1e-11, atol=1e-12)
    if kind == "GPT2LMHeadModel":
        assert torch.allclose(
            both.client.tensors["positions"], state["transformer.wpe.weight"] @ q, atol=1e-12
        )
    # Nothing it holds is Q, or a plain weight.
    for tensor in both.client.tensors.values():
        assert tensor.shape != q.shape or not torch.allclose(tensor, q)
        assert not any(tensor.shape == w.shape and torch.allclose(tensor, w) for w in state.values())


@pytest.mark.parametrize(
    "kind", ["GPT2LMHeadModel", "LlamaForCausalLM", "BertForMaskedLM", "Qwen2ForCausalLM"]
)
@pytest.mark.parametrize("blocks", [0, 2])
def test_the_server_holds_no_vocabulary(kind: str, blocks: int, tmp_path: Path) -> None:
    """Stock transformers opens its checkpoint with every weight in place, and none of them is a table."""
    both, key, _ = halves(kind, blocks=blocks)
    both.write(tmp_path / "server")
    model, told = transformers.AutoModel.from_pretrained(tmp_path / "server", output_loading_info=True)
    assert not told["unexpected_keys"]
    assert all("pooler" in name for name in told["missing_keys"])  # a masked-language model has none
    assert model.config.ee == {"key_id": key.key_id, "mode": "orthogonal", "split": {"blocks": blocks}}
    assert model.config.num_hidden_layers == 3 - blocks
    words = model.get_input_embeddings().weight
    assert words.shape == (1, 16)
    tables = [m.weight for m in model.modules() if isinstance(m, nn.Embedding)]
    assert not any(bool(t.any()) for t in tables)
    assert not any(name.endswith("_token_id") and value is not None for name, value in both.config.items())
    with pytest.raises(StateError, match="exists already"):
        both.write(tmp_path / "server")


def test_the_client_runs_its_blocks_in_the_key() -> None:
    """Its states are the plain ones after two layers, times Q."""
    config, state, model = plain("GPT2LMHeadModel")
    key = ModelKey.for_model(config, state, "orthogonal")
    half = split(key, state, config, blocks=2).client
    ids = torch.tensor([[3, 4, 28, 0], [1, 1, 2, 9]])
    positions = torch.arange(4).expand(2, 4)
    with torch.no_grad():
        want = model(ids, output_hidden_states=True).hidden_states[2] @ key.parts["stream"].matrix()
        assert half.first is not None
        got = half.first(inputs_embeds=half.embed(ids, positions), position_ids=positions).last_hidden_state
    assert torch.allclose(got, want, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("blocks", [0, 1])
def test_bytes_round_trip(dtype: torch.dtype, blocks: int) -> None:
    config, state, _ = plain("LlamaForCausalLM", dtype)
    half = split(ModelKey.for_model(config, state), state, config, blocks=blocks).client
    back = ClientHalf.from_bytes(half.to_bytes())
    assert (back.key_id, back.blocks, back.reads, back.config) == (
        half.key_id,
        half.blocks,
        half.reads,
        half.config,
    )
    assert back.tensors.keys() == half.tensors.keys()
    for name, tensor in half.tensors.items():
        assert tensor.dtype == dtype
        assert torch.equal(back.tensors[name], tensor)


def test_plain_numbers_of_special_tokens_stay_at_the_client() -> None:
    half = halves("LlamaForCausalLM")[0].client
    assert half.config["eos_token_id"] == [2, 5]
    assert half.config["pad_token_id"] == 0


@pytest.mark.parametrize("kind", ["GPT2LMHeadModel", "BertModel"])
def test_the_server_does_not_even_hold_signs(kind: str) -> None:
    both = halves(kind)[0]
    tables = [n for n in both.state if n == "wpe.weight" or (n.startswith("embeddings.") and "Norm" not in n)]
    assert tables
    for name in tables:
        assert not bool(torch.signbit(both.state[name]).any())
        assert not any(both.state[name].numpy().tobytes())


def test_layers_that_compute_by_their_number_stay_together() -> None:
    config, state, _ = plain("GPT2LMHeadModel")
    config["scale_attn_by_inverse_layer_idx"] = True
    key = ModelKey.for_model(config, state)
    split(key, state, config)
    with pytest.raises(InputError, match="scale_attn_by_inverse_layer_idx: each layer's attention"):
        split(key, state, config, blocks=1)
    config, state, _ = plain("Qwen2ForCausalLM")
    config |= {"use_sliding_window": True, "max_window_layers": 1, "sliding_window": 4}
    key = ModelKey.for_model(config, state)
    split(key, state, config | {"layer_types": ["full_attention"] * 3}, blocks=1)
    with pytest.raises(InputError, match="which layers have a window"):
        split(key, state, config | {"layer_types": None}, blocks=1)


def test_what_cannot_be_split() -> None:
    config, state, _ = plain("ViTModel")
    with pytest.raises(InputError, match="takes no embeddings"):
        split(ModelKey.for_model(config, state), state, config)
    config, state, _ = plain("GPT2LMHeadModel")
    key = ModelKey.for_model(config, state)
    for blocks in (3, -1):
        with pytest.raises(InputError, match=f"cannot run {blocks} of 3"):
            split(key, state, config, blocks=blocks)


def test_bad_inputs_of_a_client_half() -> None:
    half = halves("GPT2LMHeadModel")[0].client
    ids = torch.tensor([[1, 29]])
    with pytest.raises(InputError, match="no token 29: the model has 29"):
        half.embed(ids, torch.zeros_like(ids))
    with pytest.raises(InputError, match="no position 1024"):
        half.embed(ids - 1, ids * 0 + 1024)
    with pytest.raises(InputError, match="must be an integer"):
        half.embed(ids.double(), ids)
    with pytest.raises(InputError, match="width 15, the model 16"):
        half.scores(torch.zeros(1, 15))
    with pytest.raises(WrongKeyError, match="another model key"):
        half.check("other")
    with pytest.raises(InputError, match="no head"):
        halves("BertModel")[0].client.scores(torch.zeros(1, 16))


def test_damaged_client_halves() -> None:
    half = halves("GPT2LMHeadModel")[0].client
    with pytest.raises(InputError, match="not a biodesci/client-half"):
        ClientHalf.from_bytes(half.to_bytes()[:-1])
    arrays, metadata = load_parts(FORMAT, half.to_bytes())
    details = json.loads(metadata["half"])
    for kind in ("quint8", "bits8", "__name__", "nothing"):
        other = metadata | {"half": json.dumps(details | {"types": dict.fromkeys(details["types"], kind)})}
        with pytest.raises(InputError, match="damaged"):
            ClientHalf.from_bytes(dump_parts(FORMAT, arrays, other))
    with pytest.raises(InputError, match="incomplete"):
        ClientHalf("id", half.config, 0, "tokens", {})
    for name, bad in (("positions", torch.zeros(4, 15)), ("tokens", half.tensors["tokens"] / 0.0)):
        with pytest.raises(InputError, match="damaged"):
            ClientHalf("id", half.config, 0, "tokens", {**half.tensors, name: bad})
