"""What is written, what stock transformers makes of it, what comes back."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
)

from biodesci.core.errors import StateError, WrongKeyError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import INDEX, WEIGHTS, Checkpoint
from biodesci.ee.keys import ModelKey

MODES = ["permutation", "orthogonal", "general"]
IDS = torch.arange(3, 15).reshape(2, 6)


def same_files(one: Path, other: Path) -> None:
    """Every tensor to the bit, in the same shards; the configurations to the field."""
    for name in ("config.json", "generation_config.json"):
        assert (one / name).exists() == (other / name).exists()
        if (one / name).exists():
            assert json.loads((one / name).read_text()) == json.loads((other / name).read_text())
    shards = sorted(p.name for p in one.glob("*.safetensors"))
    assert shards == sorted(p.name for p in other.glob("*.safetensors"))
    for shard in shards:
        left, right = load_file(one / shard), load_file(other / shard)
        assert set(left) == set(right)
        for name, tensor in left.items():
            assert tensor.dtype == right[name].dtype
            assert torch.equal(tensor.view(torch.uint8), right[name].view(torch.uint8)), name


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", ["llama", "gpt2", "bert"])
def test_stock_transformers_loads_it_and_decryption_gives_it_back(tmp_path, make, mode, plain):
    model = plain(make)
    model.save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    done: list[int] = []
    moving.encrypt(source, key, tmp_path / "encrypted", done.append)
    written = Checkpoint.open(tmp_path / "encrypted")
    assert sum(done) == written.size

    auto = AutoModelForSequenceClassification if make == "bert" else AutoModelForCausalLM
    stock, told = auto.from_pretrained(tmp_path / "encrypted", output_loading_info=True)
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    order = key.parts["vocabulary"].order.argsort()
    with torch.no_grad():
        expected = model(input_ids=IDS).logits
        got = torch.from_numpy(
            key.codec("inference").decode_logits(stock.eval()(input_ids=order[IDS]).logits.numpy())
        )
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-4
    assert torch.equal(got.argmax(-1), expected.argmax(-1))

    moving.decrypt(written, key, tmp_path / "back")
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")
    back = load_file(tmp_path / "back" / WEIGHTS)
    for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
        assert float((back[name] - tensor).norm()) <= 1e-6 * max(1.0, float(tensor.norm())), name
    assert json.loads((tmp_path / "back/config.json").read_text()) == dict(source.config)


@pytest.mark.parametrize("mode", MODES)
def test_shards_stay_shards(tmp_path, mode, plain):
    plain("llama", tie_word_embeddings=True).save_pretrained(tmp_path / "plain", max_shard_size="6KB")
    assert len(list((tmp_path / "plain").glob("*.safetensors"))) > 2
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    moving.encrypt(source, key, tmp_path / "encrypted")
    AutoModelForCausalLM.from_pretrained(tmp_path / "encrypted")
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    plain, back = Checkpoint.open(tmp_path / "plain"), Checkpoint.open(tmp_path / "back")
    assert {n: s.file for n, s in plain.tensors.items()} == {n: s.file for n, s in back.tensors.items()}
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_every_floating_type_comes_back_to_the_bit_under_permutations(tmp_path, dtype, plain):
    plain("llama").to(dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = ModelKey.from_bytes(moving.make_key(source, "permutation").to_bytes())
    moving.encrypt(source, key, tmp_path / "encrypted")
    assert {s.dtype for s in Checkpoint.open(tmp_path / "encrypted").tensors.values()} == {dtype}
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    same_files(tmp_path / "plain", tmp_path / "back")


def test_runs_of_rows_give_the_same_bytes(tmp_path, monkeypatch, plain):
    plain("llama").save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    for mode in MODES:
        key = moving.make_key(source, mode)
        moving.encrypt(source, key, tmp_path / f"whole-{mode}")
        with monkeypatch.context() as smaller:
            smaller.setattr(moving, "RUN", 100)
            moving.encrypt(source, key, tmp_path / f"runs-{mode}")
            moving.decrypt(Checkpoint.open(tmp_path / f"runs-{mode}"), key, tmp_path / f"back-{mode}")
        for name, tensor in load_file(tmp_path / f"whole-{mode}" / WEIGHTS).items():
            assert torch.allclose(
                tensor, load_file(tmp_path / f"runs-{mode}" / WEIGHTS)[name], rtol=1e-6, atol=1e-7
            )
        back = load_file(tmp_path / f"back-{mode}" / WEIGHTS)
        for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
            assert torch.allclose(back[name], tensor, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_rekeying_gives_the_same_model_under_another_key(tmp_path, mode, plain):
    model = plain("gpt2")
    model.save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    old = moving.make_key(source, mode)
    moving.encrypt(source, old, tmp_path / "one")
    new = old.renewed()
    moving.rekey(Checkpoint.open(tmp_path / "one"), old, new, tmp_path / "two")
    with pytest.raises(WrongKeyError, match="another encryption of it"):
        moving.decrypt(Checkpoint.open(tmp_path / "two"), old, tmp_path / "wrong")
    moving.decrypt(Checkpoint.open(tmp_path / "two"), new, tmp_path / "back")
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")
    back = load_file(tmp_path / "back" / WEIGHTS)
    for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
        assert float((back[name] - tensor).norm()) <= 2e-6 * max(1.0, float(tensor.norm())), name
    one, two = load_file(tmp_path / "one" / WEIGHTS), load_file(tmp_path / "two" / WEIGHTS)
    assert not torch.allclose(one["transformer.wte.weight"], two["transformer.wte.weight"], atol=1e-3)


def modes(folder: Path) -> dict[str, int]:
    return {p.name: stat.S_IMODE(p.stat().st_mode) for p in (folder, *folder.iterdir())}


def test_plain_weights_are_their_owners_alone(tmp_path, plain):
    """From the first byte on; encrypted ones have ordinary modes."""
    plain("llama").save_pretrained(tmp_path / "plain", max_shard_size="6KB")
    source = Checkpoint.open(tmp_path / "plain")
    key, before = moving.make_key(source, "orthogonal"), os.umask(0o022)
    seen: list[int] = []

    def look(_: int) -> None:
        for path in tmp_path.glob(".back.*"):
            seen.extend(stat.S_IMODE(p.stat().st_mode) for p in (path, *path.rglob("*")))

    try:
        moving.encrypt(source, key, tmp_path / "encrypted")
        moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back", look)
    finally:
        os.umask(before)
    found = modes(tmp_path / "encrypted")
    assert found.pop("encrypted") == 0o755
    assert set(found.values()) == {0o644}
    found = modes(tmp_path / "back")
    assert {"config.json", "generation_config.json", INDEX} < set(found)
    assert found.pop("back") == 0o700
    assert set(found.values()) == {0o600}
    assert set(seen) == {0o700, 0o600}


def test_runs_side_by_side_and_leftovers_of_killed_ones(tmp_path, plain):
    """No run touches what another is writing, or takes up what a killed one left; an interrupt leaves
    nothing."""
    plain("llama").save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "permutation")
    old = tmp_path / ".out.partial"
    old.mkdir()
    (old / "left.txt").write_text("by a killed run")
    started: list[int] = []

    def meanwhile(_: int) -> None:
        if not started:
            started.append(1)
            moving.encrypt(source, key, tmp_path / "out")

    with pytest.raises(StateError, match="out exists already"):
        moving.encrypt(source, key, tmp_path / "out", meanwhile)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.partial", "out", "plain"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "config.json",
        "generation_config.json",
        WEIGHTS,
    ]
    assert (old / "left.txt").exists()
    moving.decrypt(Checkpoint.open(tmp_path / "out"), key, tmp_path / "back")
    same_files(tmp_path / "plain", tmp_path / "back")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.encrypt(source, key, tmp_path / "stopped", interrupt)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.partial", "back", "out", "plain"]


def test_the_encrypted_configuration_tells_no_label(tmp_path, plain):
    plain("bert").save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "permutation")
    moving.encrypt(source, key, tmp_path / "encrypted")
    text = (tmp_path / "encrypted/config.json").read_text()
    assert "malignant" not in text
    assert json.loads(text)["ee"] == {"key_id": key.key_id, "mode": "permutation"}
