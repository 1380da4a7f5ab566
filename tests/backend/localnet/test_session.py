"""What a local network prints for another terminal: where everything is, and how to act as somebody there."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.localnet import session
from biodesci.localnet.ports import Ports
from biodesci.localnet.stack import Party, Stack

WORD = "a passphrase that nobody sees"


@pytest.mark.parametrize("default", [True, False], ids=["default ports", "other ports"])
def test_the_settings_name_index_and_actor_and_no_secret(tmp_path: Path, default: bool) -> None:
    home = tmp_path / "homes" / "basel"
    actor = Party("basel", home, home / "account.json", "0xabc", WORD, tmp_path / "passphrases" / "basel")
    with Stack(tmp_path, root=tmp_path, ports=Ports() if default else Ports.auto()) as stack:
        shown = session.addresses(stack, ("0x1", "0x2"), actor)
    exports = dict(
        line.removeprefix("export ").split("=", 1)
        for line in map(str.strip, shown.splitlines())
        if line.startswith("export ")
    )
    assert exports["BIODESCI_DATABASE"] == str(tmp_path / "index.sqlite")
    assert exports["BIODESCI_HOME"] == str(actor.home)
    assert exports["BIODESCI_ACCOUNT"] == str(actor.account_file)
    assert exports["BIODESCI_PASSPHRASE_FILE"] == str(actor.passphrase_file)
    assert ("BIODESCI_RPC_URL" in exports) is not default
    assert WORD not in shown


def test_a_network_of_nobody_s_names_no_actor(tmp_path: Path) -> None:
    with Stack(tmp_path, root=tmp_path, ports=Ports()) as stack:
        shown = session.addresses(stack, ("0x1", "0x2"))
    assert "BIODESCI_DATABASE" in shown
    assert "BIODESCI_HOME" not in shown
