"""Signatures by this account, and whether an account signed: by its own code where it has some (ERC-1271,
https://eips.ethereum.org/EIPS/eip-1271), else by its key."""

from __future__ import annotations

from typing import Final

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3Exception

from biodesci.chain.client import Chain
from biodesci.core.errors import ChainError
from biodesci.core.typed_data import Document

_MAGIC: Final = bytes.fromhex("1626ba7e")
_ECDSA: Final = 65  # bytes; a contract's may be anything
_ABI: Final = [
    {
        "type": "function",
        "name": "isValidSignature",
        "stateMutability": "view",
        "inputs": [{"name": "hash", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        "outputs": [{"name": "magicValue", "type": "bytes4"}],
    }
]


def sign(chain: Chain, document: Document) -> bytes:
    """The EIP-712 signature of typed data by `chain`'s account, which needs a key for that."""
    return bytes(chain.signer().sign_message(encode_typed_data(full_message=document)).signature)


def is_by(chain: Chain, account: str, message: SignableMessage, signature: bytes) -> bool:
    """Whether `account` signed the message: by its code where it has some, as the contracts ask it.

    Raises what the chain's node does where it can't be asked: nothing is known of the signature then.
    """
    digest = keccak(b"\x19" + message.version + message.header + message.body)
    accepted = accepts(chain, account, digest, signature)
    if accepted is not None:
        return accepted
    if len(signature) != _ECDSA:
        return False
    try:
        return str(Account.recover_message(message, signature=signature)) == account
    except (ValueError, TypeError, ValidationError, BadSignature):
        return False


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
