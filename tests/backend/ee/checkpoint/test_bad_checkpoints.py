"""Checkpoints, keys and folders that do not fit: refused before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from biodesci.core.errors import InputError, NotFoundError, StateError, WrongKeyError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import INDEX, WEIGHTS, Checkpoint


def _save(folder: Path, tensors: dict[str, torch.Tensor], config: dict[str, object]) -> None:
    folder.mkdir()
    save_file(tensors, folder / WEIGHTS)
    (folder / "config.json").write_text(json.dumps(config))


def test_bad_checkpoints_are_refused_before_anything_is_written(tmp_path, plain):
    model = plain("llama")
    config, state = model.config.to_dict() | {"dtype": "float32"}, dict(model.state_dict())

    def attempt(said: str, error: type[Exception] = InputError) -> None:
        with pytest.raises(error, match=said):
            source = Checkpoint.open(tmp_path / "bad")
            moving.encrypt(source, moving.make_key(source, "orthogonal"), tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert not list(tmp_path.glob(".out*"))
        for path in sorted((tmp_path / "bad").glob("*")):
            path.unlink()
        if (tmp_path / "bad").exists():
            (tmp_path / "bad").rmdir()

    attempt("There is no config.json", NotFoundError)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    attempt("neither model.safetensors nor", NotFoundError)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    torch.save(state, tmp_path / "bad/pytorch_model.bin")
    attempt("can run any program")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text("{")
    attempt("not readable as JSON")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text("[" * 100_000)
    attempt("not readable as JSON")
    _save(tmp_path / "bad", state, config | {"model_type": "t5"})
    attempt("'t5' is not known")
    _save(tmp_path / "bad", state | {"adapter.weight": torch.ones(2)}, config)
    attempt(r"not known: adapter\.weight")
    _save(tmp_path / "bad", {n: t for n, t in state.items() if "layers.1.mlp" not in n}, config)
    attempt(r"missing: model\.layers\.1\.mlp")
    _save(tmp_path / "bad", state | {"model.embed_tokens.weight": torch.zeros(41, 16)}, config)
    attempt(r"embed_tokens\.weight is \(41, 16\), but config.json says \(40, 16\)")
    _save(tmp_path / "bad", state | {"model.norm.weight": torch.full((16,), torch.nan)}, config)
    attempt(r"model\.norm\.weight holds NaN")
    poisoned = state["model.layers.1.mlp.down_proj.weight"].clone()
    poisoned[3, 3] = torch.inf
    _save(tmp_path / "bad", state | {"model.layers.1.mlp.down_proj.weight": poisoned}, config)
    attempt(r"down_proj\.weight holds NaN or infinite")
    quantized = {n: t.to(torch.uint8) for n, t in state.items()}
    _save(tmp_path / "bad", quantized, config)
    attempt("quantized")
    _save(tmp_path / "bad", state, config)
    (tmp_path / "bad" / WEIGHTS).write_bytes(b"\x80\x04 a pickle under another name")
    attempt("not a safetensors file")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    (tmp_path / "bad" / INDEX).write_text(json.dumps({"weight_map": {"x": "../elsewhere.safetensors"}}))
    attempt("not a shard in this folder")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    (tmp_path / "bad" / INDEX).write_text(json.dumps({"weight_map": {"x": "model-1.safetensors"}}))
    attempt("shard model-1.safetensors is missing", NotFoundError)


def test_the_wrong_key_or_folder_is_named(tmp_path, plain):
    for name in ("one", "two"):
        plain("llama").save_pretrained(tmp_path / name)
    one, two = (Checkpoint.open(tmp_path / n) for n in ("one", "two"))
    key, other = moving.make_key(one, "orthogonal"), moving.make_key(two, "orthogonal")
    with pytest.raises(StateError, match="not marked as encrypted"):
        moving.decrypt(one, key, tmp_path / "out")
    moving.encrypt(one, key, tmp_path / "encrypted")
    encrypted = Checkpoint.open(tmp_path / "encrypted")
    with pytest.raises(WrongKeyError, match="another model"):
        moving.decrypt(encrypted, other, tmp_path / "out")
    with pytest.raises(StateError, match="already encrypted"):
        moving.make_key(encrypted, "orthogonal")
    with pytest.raises(StateError, match="exists already"):
        moving.decrypt(encrypted, key, tmp_path / "two")
    tensors = load_file(tmp_path / "encrypted" / WEIGHTS)
    del tensors["model.norm.weight"]
    save_file(tensors, tmp_path / "encrypted" / WEIGHTS)
    with pytest.raises(WrongKeyError, match=r"missing or unknown are model\.norm\.weight"):
        moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "out")
    assert not (tmp_path / "out").exists()
