"""Commitments to keys, inputs, outputs and masked updates (docs/protocol.md, "Commitments").

Keccak-256 over fixed-width ABI encoding with a type hash, chain id and contract, so that one never passes for
another.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode
from eth_utils.address import is_address, to_canonical_address
from eth_utils.crypto import keccak

from biodesci.core.errors import InputError, IntegrityError

_KEY: Final = keccak(b"biodesci/key-commitment/v2")
_INPUT: Final = keccak(b"biodesci/input/v2")
_OUTPUT: Final = keccak(b"biodesci/output/v1")
_STATEMENT: Final = keccak(b"biodesci/statement/v1")
_MASKED_UPDATE: Final = keccak(b"biodesci/masked-update/v1")


@dataclass(frozen=True)
class Publisher:
    """Who commits to a dataset key: the account that publishes, in the DatasetNFT of its chain."""

    chain_id: int
    contract: str
    account: str


def key_commitment(publisher: Publisher, key: bytes, salt: bytes) -> bytes:
    """What a publisher says of a dataset key: hidden by 32 random bytes of salt, and binding.

    Copied into a token that somebody else publishes it commits to nothing: no key and salt open it there.
    """
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "address", "bytes32", "bytes32"],
            [
                _KEY,
                publisher.chain_id,
                address(publisher.contract),
                address(publisher.account),
                _word(salt, "salt"),
                _word(key, "dataset key"),
            ],
        )
    )


def of_version(content_root: bytes, key_commitment: bytes) -> bytes:
    """What DatasetNFT stores of a version's content root and key commitment."""
    words = [_word(content_root, "content root"), _word(key_commitment, "key commitment")]
    return keccak(encode(["bytes32", "bytes32"], words))


@dataclass(frozen=True)
class Inquiry:
    """Who asks whom, and where: what an input is bound to, so that it serves in nobody else's request."""

    chain_id: int
    contract: str
    requester: str
    worker: str


def input_commitment(inquiry: Inquiry, salt: bytes, root: bytes) -> bytes:
    """The requester's commitment to an input tensor. `root` is its tensor root (core/checkpoint.py)."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "address", "address", "bytes32", "bytes32"],
            [
                _INPUT,
                inquiry.chain_id,
                address(inquiry.contract),
                address(inquiry.requester),
                address(inquiry.worker),
                _word(salt, "salt"),
                _word(root, "tensor root"),
            ],
        )
    )


@dataclass(frozen=True)
class Answer:
    """Which answer an output belongs to: the request on its chain, who answers it, and the root of the
    weights that it is computed with."""

    chain_id: int
    contract: str
    request_id: int
    worker: str
    weights_root: bytes


def output_commitment(answer: Answer, salt: bytes, root: bytes) -> bytes:
    """The worker's commitment to an output tensor with this tensor root."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint256", "address", "bytes32", "bytes32", "bytes32"],
            [
                _OUTPUT,
                answer.chain_id,
                address(answer.contract),
                answer.request_id,
                address(answer.worker),
                _word(answer.weights_root, "weights root"),
                _word(salt, "salt"),
                _word(root, "tensor root"),
            ],
        )
    )


def statement(salt: bytes, text: str) -> bytes:
    """What a buyer's purpose carries of a research statement: hidden by 32 random bytes of salt."""
    return keccak(_STATEMENT + _word(salt, "salt") + text.encode())


def masked_update(chain_id: int, registry: str, round_id: int, node: str, digest: bytes) -> bytes:
    """A node's commitment to its masked vector. `digest` is the SHA-256 of the vector's bytes."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint256", "address", "bytes32"],
            [
                _MASKED_UPDATE,
                chain_id,
                address(registry),
                round_id,
                address(node),
                _word(digest, "SHA-256 of the masked vector"),
            ],
        )
    )


def check(expected: bytes, got: bytes, what: str) -> None:
    """Raises IntegrityError unless the two are equal (compared in constant time)."""
    if not hmac.compare_digest(expected, got):
        raise IntegrityError(
            f"The {what} is not the one that was committed to.",
            f"Expected 0x{expected.hex()}, got 0x{got.hex()}: changed since, or of another object.",
        )


def address(text: str) -> bytes:
    """The 20 bytes of an account or contract address in hex. InputError for no address."""
    if not is_address(text):
        raise InputError("Not an Ethereum address.", "Give 0x followed by 40 hexadecimal digits.")
    return to_canonical_address(text)


def _word(value: bytes, name: str) -> bytes:
    if len(value) != 32:
        raise InputError(f"The {name} has 32 bytes, not {len(value)}.")
    return bytes(value)
