"""Headers, receipts and transactions of blocks in the encoding that consensus hashes (EIP-2718, RLP).

Nodes show them as JSON; what a block's hash and the roots in its header commit to are these bytes. Whoever
encodes compares the result with the hash or root, so that a form that is not known here is noticed. Read are
Ethereum's: headers up to EIP-7685 (a chain without the later fields has none of them), transactions of the
types 0 (legacy), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844) and 4 (EIP-7702).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from eth_utils.crypto import keccak

from biodesci.core.errors import IntegrityError

_HEADER: Final = (
    ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
    ("extraData", "mixHash", "nonce"),
)
# Each fork's, in the order in which they were added: EIP-1559, 4895, 4844 (two), 4788, 7685.
_LATER: Final = (
    ("baseFeePerGas", True), ("withdrawalsRoot", False), ("blobGasUsed", True), ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False), ("requestsHash", False),
)  # fmt: skip
_FEES: Final = ("maxPriorityFeePerGas", "maxFeePerGas")
_CALL: Final = ("gas", "to", "value", "input")
_TRANSACTIONS: Final[dict[int, tuple[str, ...]]] = {
    0: ("nonce", "gasPrice", *_CALL, "v", "r", "s"),
    1: ("chainId", "nonce", "gasPrice", *_CALL, "accessList", "yParity", "r", "s"),
    2: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "yParity", "r", "s"),
    3: (
        "chainId", "nonce", *_FEES, *_CALL, "accessList", "maxFeePerBlobGas", "blobVersionedHashes",
        "yParity", "r", "s",
    ),
    4: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "authorizationList", "yParity", "r", "s"),
}  # fmt: skip
_AUTHORIZATION: Final = ("chainId", "address", "nonce", "yParity", "r", "s")
_AS_BYTES: Final = {"to", "input", "address"}


@dataclass(frozen=True)
class HeaderRead:
    """What a header says that an audit needs; hashes of 32 bytes, `time` in Unix seconds."""

    hash: bytes
    parent: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    number: int
    time: int


@dataclass(frozen=True)
class LogRead:
    """A log as its receipt has it: the contract's address (20 bytes), topics of 32 bytes each, data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


def header(block: Mapping[str, Any]) -> bytes:
    """The header of a node's JSON block. Raises IntegrityError where its hash is not the block's."""
    hashes, numbers, rest = _HEADER
    fields = [_raw(block[name]) for name in hashes]
    fields += [_number(block[name]) for name in numbers]
    fields += [_raw(block[name]) for name in rest]
    for name, is_number in _LATER:
        if block.get(name) is not None:
            fields.append((_number if is_number else _raw)(block[name]))
    made: bytes = rlp.encode(fields)
    if keccak(made) != _raw(block["hash"]):
        raise IntegrityError(
            f"The header of block {int(block['number'], 16)} does not have the block's hash: the chain has "
            "headers of a form that is not known here, or the node shows a wrong one.",
            "Ask another chain node; if it stays so, update BioDeSci.",
        )
    return made


def read_header(encoded: bytes) -> HeaderRead:
    """What a header says. Raises IntegrityError for bytes that are none."""
    fields = _decoded(encoded, "header of a block")
    known = isinstance(fields, list) and len(fields) >= 15
    sizes = ((0, 32), (4, 32), (5, 32), (6, 256))
    if not known or any(isinstance(one, list) for one in fields):
        raise _malformed("header of a block")
    if any(len(fields[place]) != size for place, size in sizes) or any(len(fields[p]) > 8 for p in (8, 11)):
        raise _malformed("header of a block")
    return HeaderRead(
        keccak(encoded), fields[0], fields[4], fields[5], fields[6],
        int.from_bytes(fields[8]), int.from_bytes(fields[11]),
    )  # fmt: skip


def receipt(shown: Mapping[str, Any]) -> bytes:
    """A node's JSON receipt as the receipts' trie holds it."""
    outcome = _number(shown["status"]) if shown.get("status") is not None else _raw(shown["root"])
    logs = [
        [_raw(log["address"]), [_raw(topic) for topic in log["topics"]], _raw(log["data"])]
        for log in shown["logs"]
    ]
    fields = [outcome, _number(shown["cumulativeGasUsed"]), _raw(shown["logsBloom"]), logs]
    return _prefix(shown) + bytes(rlp.encode(fields))


def read_logs(encoded: bytes) -> tuple[LogRead, ...]:
    """The logs of an encoded receipt. Raises IntegrityError for bytes that are none."""
    fields = _decoded(_payload(encoded, "receipt"), "receipt")
    if not isinstance(fields, list) or len(fields) < 4 or not isinstance(fields[3], list):
        raise _malformed("receipt")
    logs = []
    for log in fields[3]:
        if not isinstance(log, list) or len(log) != 3 or not isinstance(log[1], list):
            raise _malformed("receipt")
        address, topics, data = log
        if not isinstance(address, bytes) or not isinstance(data, bytes) or len(address) != 20:
            raise _malformed("receipt")
        if any(not isinstance(topic, bytes) or len(topic) != 32 for topic in topics):
            raise _malformed("receipt")
        logs.append(LogRead(address, tuple(topics), data))
    return tuple(logs)


def transaction(shown: Mapping[str, Any]) -> bytes:
    """A node's JSON transaction as it was sent, without a blob's sidecar.

    Raises IntegrityError for one of a type that is not known here, or whose hash is not that of these bytes.
    """
    kind = int(shown.get("type") or "0x0", 16)
    if kind not in _TRANSACTIONS:
        raise IntegrityError(
            f"Transaction {shown['hash']} is of type {kind}, which is not Ethereum's: its block cannot be "
            "proven here.",
            "Export from Ethereum, or from a chain with its transactions alone.",
        )
    fields = [_field(name, shown) for name in _TRANSACTIONS[kind]]
    made = _prefix(shown) + bytes(rlp.encode(fields))
    if keccak(made) != _raw(shown["hash"]):
        raise IntegrityError(
            f"Transaction {shown['hash']} does not have this hash as the chain node shows it.",
            "Ask another chain node; if it stays so, update BioDeSci.",
        )
    return made


def chain_of(encoded: bytes) -> int | None:
    """The id of the chain that an encoded transaction was signed for (EIP-155, EIP-2718); None for one that
    was signed for any. Raises IntegrityError for bytes that are no transaction."""
    fields = _decoded(_payload(encoded, "transaction"), "transaction")
    place = 0 if encoded[0] < 0x80 else 6
    if not isinstance(fields, list) or len(fields) < 9 or isinstance(fields[place], list):
        raise _malformed("transaction")
    number = int.from_bytes(fields[place])
    if place == 0:
        return number
    return (number - 35) // 2 if number >= 35 else None


def index(number: int) -> bytes:
    """The key of a block's transaction, and of its receipt, in their tries."""
    return bytes(rlp.encode(number))


def _field(name: str, shown: Mapping[str, Any]) -> Any:
    if name == "yParity":  # some nodes show it as v alone
        return _number(shown["yParity"] if shown.get("yParity") is not None else shown["v"])
    value = shown.get(name)
    if name == "accessList":
        return [[_raw(one["address"]), [_raw(key) for key in one["storageKeys"]]] for one in value or ()]
    if name == "blobVersionedHashes":
        return [_raw(one) for one in value or ()]
    if name == "authorizationList":
        return [[_field(part, one) for part in _AUTHORIZATION] for one in value or ()]
    if name in _AS_BYTES:
        return _raw(value) if value is not None else b""  # nobody: a contract is made
    return _number(value or "0x0")


def _prefix(shown: Mapping[str, Any]) -> bytes:
    kind = int(shown.get("type") or "0x0", 16)
    return bytes([kind]) if kind else b""


def _payload(encoded: bytes, what: str) -> bytes:
    """Behind the type of EIP-2718, which a legacy one does not have."""
    if not encoded:
        raise _malformed(what)
    return encoded if encoded[0] >= 0xC0 else encoded[1:]


def _decoded(encoded: bytes, what: str) -> Any:
    try:
        return rlp.decode(encoded)
    except (rlp.exceptions.RLPException, RecursionError) as exc:
        raise _malformed(what) from exc


def _malformed(what: str) -> IntegrityError:
    return IntegrityError(f"The file holds a {what} that is none.", "Use the file as it was exported.")


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _number(text: str) -> bytes:
    """Without leading zeros, as RLP has numbers."""
    value = int(text, 16)
    return value.to_bytes((value.bit_length() + 7) // 8)
