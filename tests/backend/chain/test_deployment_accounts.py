"""Deployment files and keystores: what is missing or spoilt is named."""

from __future__ import annotations

import json

import pytest

from biodesci.chain import accounts
from biodesci.chain.deployment import Deployment
from biodesci.core.errors import ConfigurationError, NotFoundError, StateError, WrongKeyError


def test_missing_deployment_file_says_how_to_make_it(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        Deployment.load(tmp_path / "none.json")
    assert "none.json" in caught.value.message
    assert "ape run deploy" in caught.value.hint


@pytest.mark.parametrize("text", ["{", "[]", '{"network": "x", "chainId": 1, "block": 1, "contracts": {}}'])
def test_spoilt_deployment_file(tmp_path, text):
    file = tmp_path / "d.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="deployment file"):
        Deployment.load(file)


def test_first_block(localnet):
    deployment = Deployment.load(localnet.deployment_file)
    assert deployment.first_block == deployment.contracts["KeyRegistry"].block


def test_account_file_is_private_and_opens_with_its_passphrase_only(tmp_path):
    path = tmp_path / "home" / "account.json"
    address = accounts.create(path, "correct horse")
    assert path.stat().st_mode & 0o777 == 0o600
    assert accounts.address(path) == address
    assert accounts.load(path, "correct horse").address == address
    with pytest.raises(WrongKeyError) as caught:
        accounts.load(path, "battery staple")
    assert "battery staple" not in str(caught.value)
    with pytest.raises(StateError):
        accounts.create(path, "correct horse")
    assert accounts.address(path) == address
    assert [p.name for p in path.parent.iterdir()] == ["account.json"]


def test_no_account_and_no_keystore(tmp_path):
    with pytest.raises(NotFoundError) as caught:
        accounts.load(tmp_path / "account.json", "x")
    assert "biodesci account create" in caught.value.hint
    (tmp_path / "account.json").write_text(json.dumps({"address": "nonsense"}))
    with pytest.raises(ConfigurationError, match="not an Ethereum keystore"):
        accounts.load(tmp_path / "account.json", "x")
