"""How a command runs a local network: its state folder, the signals that end it, what it prints."""

from __future__ import annotations

import json
import secrets
import shlex
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from eth_account import Account

from biodesci.core import files
from biodesci.localnet.local_chain import CHAIN_ID
from biodesci.localnet.ports import Ports
from biodesci.localnet.stack import Party, Stack


def new_state(root: Path, chosen: Path | None, name: str) -> Path:
    """An empty folder for the network's state: `chosen`, or a new one under `root`/.biodesci."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chosen.resolve()
    parent = (root / ".biodesci").resolve()
    parent.mkdir(exist_ok=True, mode=0o700)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))


def stop_on_signals() -> None:
    """SIGTERM ends the command as Ctrl-C does: by leaving the `with` that stops every process.

    SIGINT too where a shell started the command in the background, and so had it ignored.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)


def announce(stack: Stack, target: Path | None, datasets: list[dict[str, Any]]) -> tuple[str, str]:
    """A new funded account for trying the page: its address and private key.

    With `target`, all addresses and the `datasets` that were published go there as JSON.
    """
    account = Account.from_key(secrets.token_bytes(32))
    stack.fund(account.address)
    key = "0x" + bytes(account.key).hex()
    if target is not None:
        document = {
            "apiUrl": stack.api_url,
            "rpcUrl": stack.rpc_url,
            "gatewayUrl": stack.gateway_url,
            "containersUrl": stack.containers_url,
            "chainId": CHAIN_ID,
            "testAccount": {"address": account.address, "privateKey": key},
            "datasets": datasets,
        }
        files.write_private(target, json.dumps(document, indent=2).encode())
    return account.address, key


def addresses(stack: Stack, account: tuple[str, str], actor: Party | None = None) -> str:
    """Where everything is, for the terminal, and how to act as `actor`, whose passphrase is not shown."""
    holder, private_key = account
    rows = {
        "Web page": stack.api_url,
        "API": f"{stack.api_url}/docs",
        "Chain (RPC)": f"{stack.rpc_url}, chain id {CHAIN_ID}",
        "IPFS gateway": stack.gateway_url,
        "Test account": f"{holder} (100 ETH of this local chain)",
        "its key": f"{private_key} (throw-away: import it into a wallet, never use it elsewhere)",
        "Logs": str(stack.state / "logs"),
    }
    width = max(map(len, rows))
    lines = (f"  {name:<{width}}  {value}" for name, value in rows.items())
    return "\n".join(["", *lines, "", *_settings(stack), *_acting(actor), "  Ctrl-C stops everything."])


def _settings(stack: Stack) -> list[str]:
    """What the commands and the console need in another terminal: on the ports that they know, the index."""
    settings: dict[str, object] = {"BIODESCI_DATABASE": stack.database}
    if stack.ports != Ports():
        settings |= {
            "BIODESCI_RPC_URL": stack.rpc_url,
            "BIODESCI_DEPLOYMENT": stack.deployment_file,
            "BIODESCI_IPFS_API": stack.ipfs_api,
            "BIODESCI_IPFS_GATEWAY": stack.gateway_url,
            "BIODESCI_API_URL": stack.api_url,
            "NETWORK": f"ethereum:local:{stack.rpc_url}",
        }
    return ["  For `biodesci` and `make console` in another terminal:", *_exports(settings), ""]


def _acting(actor: Party | None) -> list[str]:
    if actor is None:
        return []
    settings = {
        "BIODESCI_HOME": actor.home,
        "BIODESCI_ACCOUNT": actor.account_file,
        "BIODESCI_PASSPHRASE_FILE": actor.passphrase_file,
    }
    return [f"  To act there as {actor.name} ({actor.address}):", *_exports(settings), ""]


def _exports(settings: Mapping[str, object]) -> list[str]:
    return [f"  export {name}={shlex.quote(str(value))}" for name, value in settings.items()]
