"""People who run commands, with a home each, against the session's chain and IPFS node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.cli import main, session
from biodesci.party import keys

PASS = "one for all"
QUICK = 1 << 12


def typed(capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command, in the environment as it is now."""
    session.settings.cache_clear()
    session.passphrase.cache_clear()
    try:
        main([*map(str, arguments), "--json"])
        code = 0
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


class People:
    """Runs commands as one of them."""

    def __init__(
        self, homes: Path, localnet: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._homes, self._localnet, self._set, self._capsys = homes, localnet, monkeypatch.setenv, capsys

    def home(self, who: str) -> Path:
        return self._homes / who

    def address(self, who: str) -> str:
        return accounts.address(self.home(who) / "account.json")

    def chain(self, who: str) -> Chain:
        account = accounts.load(self.home(who) / "account.json", PASS)
        deployment = load_deployment(self._localnet.deployment_file)
        return Chain(self._localnet.rpc_url, deployment, account, self.home(who))

    def try_(self, who: str, *arguments: object) -> tuple[int, str, str]:
        self._set("BIODESCI_HOME", str(self.home(who)))
        return typed(self._capsys, arguments)

    def run(self, who: str, *arguments: object) -> Any:
        code, out, err = self.try_(who, *arguments)
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def crowd(
    tmp_path: Path,
    localnet: Any,
    ipfs_node: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., People]:
    """crowd("ann", "bob", keyed=("bob",)): both have an account with ether, Bob a key on chain too."""
    for name, value in {
        "PASSPHRASE": PASS,
        "RPC_URL": localnet.rpc_url,
        "IPFS_API": ipfs_node.api,
        "DEPLOYMENT": str(localnet.deployment_file),
    }.items():
        monkeypatch.setenv(f"BIODESCI_{name}", value)

    def gather(*names: str, keyed: tuple[str, ...] = ()) -> People:
        made = People(tmp_path, localnet, monkeypatch, capsys)
        for who in names:
            made.run(who, "fund", accounts.create(made.home(who) / "account.json", PASS, work_factor=QUICK))
        for who in keyed:
            keys.register(made.chain(who), made.home(who), PASS)
        return made

    return gather


@pytest.fixture
def owner(tmp_path, monkeypatch, capsys):
    """Runs commands of somebody who needs no chain, with a home of their own; gives exit code, stdout,
    stderr."""
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BIODESCI_PASSPHRASE", PASS)
    return lambda *arguments: typed(capsys, arguments)
