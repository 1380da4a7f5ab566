"""The chain of a local network: anvil, which is started here and gives anybody ether."""

from __future__ import annotations

from pathlib import Path

from web3.types import RPCEndpoint

from biodesci.chain.provider import Provider, origin
from biodesci.core.errors import ConfigurationError, UnavailableError

CHAIN_ID = 31337
BLOCK_SECONDS = 2


def command(root: Path, port: int, folder: Path) -> list[str]:
    """Starts anvil of the checkout at `root` on a loopback port; it keeps old states in `folder`.

    Raises ConfigurationError where it is not installed.
    """
    binaries = sorted(root.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
    if not binaries:
        raise ConfigurationError("anvil, the local chain, is not installed.", "Run `make setup`.")
    # Blocks at once for transactions, and one every few seconds without any, so that deadlines pass.
    return [
        str(binaries[0]),
        *("--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID)),
        *("--block-time", str(BLOCK_SECONDS), "--mixed-mining", "--quiet"),
        *("--cache-path", str(folder)),
    ]


def answers(rpc_url: str) -> bool:
    """Whether a local chain answers there."""
    try:
        return _is_local(_node(rpc_url))
    except UnavailableError:
        return False


def set_balance(rpc_url: str, address: str, wei: int) -> None:
    """Set an account's balance on a local chain (anvil).

    Raises:
        ConfigurationError: another chain answers there.
        UnavailableError: nothing does.
    """
    node = _node(rpc_url)
    if not _is_local(node):
        raise ConfigurationError(
            f"The chain at {origin(rpc_url)} is not a local one.",
            "Get ether from that network's own sources.",
        )
    node.make_request(RPCEndpoint("anvil_setBalance"), [address, hex(wei)])


def _node(url: str) -> Provider:
    return Provider(url, patience=0.0)


def _is_local(node: Provider) -> bool:
    return bool(node.make_request(RPCEndpoint("eth_chainId"), [])["result"] == hex(CHAIN_ID))
