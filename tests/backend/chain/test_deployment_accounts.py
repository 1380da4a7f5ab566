"""Deployment files and keystores: what is missing or spoilt is named."""

from __future__ import annotations

import copy
import json

import pytest

from biodesci.chain import accounts
from biodesci.chain.deployment import load_deployment
from biodesci.core.errors import ConfigurationError, NotFoundError, StateError, WrongKeyError


def test_missing_deployment_file_says_how_to_make_it(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load_deployment(tmp_path / "none.json")
    assert "none.json" in caught.value.message
    assert "ape run deploy" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "[]", '{"network": "x", "chainId": 1, "block": 1, "contracts": {}}'])
def test_spoilt_deployment_file(tmp_path, text):
    file = tmp_path / "d.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="deployment file"):
        load_deployment(file)


def test_first_block(localnet):
    deployment = load_deployment(localnet.deployment_file)
    assert deployment.first_block == deployment.contracts["KeyRegistry"].block


def test_account_file_is_private_and_opens_with_its_passphrase_only(tmp_path):
    path = tmp_path / "home" / "account.json"
    address = accounts.create(path, "correct horse", work_factor=1024)
    assert path.stat().st_mode & 0o777 == 0o600
    assert accounts.address(path) == address
    assert accounts.load(path, "correct horse").address == address
    with pytest.raises(WrongKeyError) as caught:
        accounts.load(path, "battery staple")
    assert "battery staple" not in str(caught.value)
    with pytest.raises(StateError):
        accounts.create(path, "correct horse", work_factor=1024)
    assert accounts.address(path) == address
    assert [p.name for p in path.parent.iterdir()] == ["account.json"]


def test_the_cost_that_people_get(tmp_path):
    """A second for each guess at a passphrase, and a file of that cost opens."""
    path = tmp_path / "account.json"
    address = accounts.create(path, "correct horse")
    assert json.loads(path.read_text())["crypto"]["kdfparams"]["n"] == 1 << 18
    assert accounts.load(path, "correct horse").address == address


def test_no_account_and_no_keystore(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        accounts.load(tmp_path / "account.json", "x")
    assert "biodesci account create" in caught.value.hint
    for text in ('{"address": "nonsense"}', "{}", "[]", "null", "{", "[" * 100_000):
        (tmp_path / "account.json").write_text(text)
        with pytest.raises(ConfigurationError, match="not an Ethereum keystore"):
            accounts.load(tmp_path / "account.json", "x")


@pytest.fixture(scope="module")
def keystore(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("keystore") / "account.json"
    accounts.create(path, "correct horse", work_factor=1024)
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda k: k.pop("crypto"),
        lambda k: k.update(version=9),
        lambda k: k.update(crypto=[]),
        lambda k: k["crypto"].update(kdf="none"),
        lambda k: k["crypto"].update(kdfparams={}),
        lambda k: k["crypto"].update(mac=5),
    ],
)
def test_a_spoilt_keystore_is_named(keystore, tmp_path, spoil):
    spoilt = copy.deepcopy(keystore)
    spoil(spoilt)
    (tmp_path / "account.json").write_text(json.dumps(spoilt))
    with pytest.raises(ConfigurationError, match="not an Ethereum keystore"):
        accounts.load(tmp_path / "account.json", "correct horse")


@pytest.mark.parametrize(
    "spoil",
    [lambda k: k.update(address="11" * 20), lambda k: k["crypto"]["cipherparams"].update(iv="00" * 16)],
    ids=["address", "iv"],
)
def test_an_account_is_the_one_that_its_file_names(keystore, tmp_path, spoil):
    changed = copy.deepcopy(keystore)
    spoil(changed)
    (tmp_path / "account.json").write_text(json.dumps(changed))
    with pytest.raises(ConfigurationError, match="the key of another"):
        accounts.load(tmp_path / "account.json", "correct horse")
