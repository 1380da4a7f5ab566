"""Asks an account's own code whether it signed (ERC-1271, https://eips.ethereum.org/EIPS/eip-1271)."""

from __future__ import annotations

from typing import Final

from web3 import Web3
from web3.exceptions import ContractLogicError, Web3Exception

from biodesci.chain.client import Chain
from biodesci.core.errors import ChainError

_MAGIC: Final = bytes.fromhex("1626ba7e")
_ABI: Final = [
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "magicValue", "type": "bytes4"}],
    }
]


def accepts(chain: Chain, account: str, digest: bytes, signature: bytes) -> bool | None:
    """Whether the code of `account` accepts the signature of `digest`; None where it has no code.

    An account that delegates to code (EIP-7702) answers by that code, as the contracts have it.
    """
    if not chain.has_code(account):
        return None
    wallet = chain.web3.eth.contract(address=Web3.to_checksum_address(account), abi=_ABI)
    try:
        return bytes(wallet.functions.isValidSignature(digest, signature).call()) == _MAGIC
    except ContractLogicError:
        return False
    except Web3Exception as exc:
        if chain.web3.is_connected():
            return False  # code that answers something else than the standard says
        raise ChainError(f"The chain could not answer a call: {exc}.") from exc
