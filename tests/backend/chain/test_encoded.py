"""Headers, transactions and receipts are encoded as Ethereum does it, by what py-evm and eth-account say."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import rlp
from eth.rlp.logs import Log
from eth.rlp.receipts import Receipt
from eth.vm.forks.berlin.receipts import TypedReceipt
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.cancun.receipts import CancunTypedReceipt
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth.vm.forks.frontier.blocks import BlockHeader
from eth.vm.forks.london.blocks import LondonBlockHeader
from eth.vm.forks.london.receipts import LondonTypedReceipt
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.chain import encoded, inclusion
from biodesci.core.errors import IntegrityError

KEY = PrivateKey(b"\x46" * 32)
TO = b"\x35" * 20
AUTHORIZATION = Account.sign_authorization(
    {"chainId": 1, "address": "0x" + "22" * 20, "nonce": 0}, KEY.to_bytes()
)
CALL = {"gas": 50_000, "to": "0x" + TO.hex(), "value": 7, "data": "0x1234"}


def shown(value: Any) -> Any:
    """As a node writes it in JSON."""
    return hex(value) if isinstance(value, int) else "0x" + value.hex()


TYPED = (TypedReceipt, LondonTypedReceipt, CancunTypedReceipt)  # py-evm's, of the types 1, 2 and 3
# Names of py-evm's fields in JSON-RPC.
NAMES = {
    "parent_hash": "parentHash", "uncles_hash": "sha3Uncles", "coinbase": "miner", "state_root": "stateRoot",
    "transaction_root": "transactionsRoot", "receipt_root": "receiptsRoot", "difficulty": "difficulty",
    "block_number": "number", "gas_limit": "gasLimit", "gas_used": "gasUsed", "timestamp": "timestamp",
    "extra_data": "extraData", "mix_hash": "mixHash", "nonce": "nonce", "base_fee_per_gas": "baseFeePerGas",
    "withdrawals_root": "withdrawalsRoot", "blob_gas_used": "blobGasUsed",
    "excess_blob_gas": "excessBlobGas", "parent_beacon_block_root": "parentBeaconBlockRoot",
    "requests_hash": "requestsHash",
}  # fmt: skip


@pytest.mark.parametrize(
    ("made", "later"),
    [
        (BlockHeader, {}),
        (LondonBlockHeader, {"base_fee_per_gas": 0}),
        (ShanghaiBlockHeader, {"base_fee_per_gas": 7, "withdrawals_root": b"\5" * 32}),
        (
            CancunBlockHeader,
            {
                "base_fee_per_gas": 7, "withdrawals_root": b"\5" * 32, "blob_gas_used": 0,
                "excess_blob_gas": 131_072, "parent_beacon_block_root": b"\6" * 32,
            },
        ),
        (
            PragueBlockHeader,
            {
                "base_fee_per_gas": 7, "withdrawals_root": b"\5" * 32, "blob_gas_used": 0,
                "excess_blob_gas": 0, "parent_beacon_block_root": b"\6" * 32, "requests_hash": b"\7" * 32,
            },
        ),
    ],
)  # fmt: skip
def test_a_header_of_each_fork_has_its_hash(made: Any, later: dict[str, Any]) -> None:
    header = made(
        difficulty=0, block_number=19_000_000, gas_limit=30_000_000, gas_used=21_000, timestamp=1_700_000_000,
        parent_hash=b"\1" * 32, coinbase=b"\2" * 20, state_root=b"\3" * 32, extra_data=b"geth",
        bloom=1 << 9, **later,
    )  # fmt: skip
    block = {name: shown(getattr(header, field)) for field, name in NAMES.items() if hasattr(header, field)}
    block |= {"logsBloom": "0x" + header.bloom.to_bytes(256).hex(), "hash": "0x" + header.hash.hex()}
    raw = encoded.header(block)
    assert raw == rlp.encode(header)
    read = encoded.read_header(raw)
    assert (read.hash, read.parent, read.number) == (header.hash, b"\1" * 32, 19_000_000)
    assert (read.time, read.bloom[-2:]) == (1_700_000_000, b"\2\0")
    with pytest.raises(IntegrityError, match="does not have the block's hash"):
        encoded.header({**block, "gasUsed": "0x1"})


def test_the_first_block_of_ethereum_has_the_hash_that_everybody_knows() -> None:
    empty = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    block = {
        "parentHash": "0x" + "00" * 32,
        "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        "miner": "0x" + "00" * 20,
        "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
        "transactionsRoot": empty, "receiptsRoot": empty, "logsBloom": "0x" + "00" * 256,
        "difficulty": "0x400000000", "number": "0x0", "gasLimit": "0x1388", "gasUsed": "0x0",
        "timestamp": "0x0", "mixHash": "0x" + "00" * 32, "nonce": "0x0000000000000042",
        "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
        "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    }  # fmt: skip
    assert encoded.read_header(encoded.header(block)).number == 0


def from_account(fields: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    signed = Account.sign_transaction({"nonce": 3, **CALL, **fields}, KEY.to_bytes())
    raw = bytes(signed.raw_transaction)
    items = rlp.decode(raw if raw[0] >= 0xC0 else raw[1:])
    kind = 0 if raw[0] >= 0xC0 else raw[0]
    json = {"type": hex(kind), "hash": signed.hash.to_0x_hex()}
    for name, item in zip(encoded._TRANSACTIONS[kind], items, strict=True):
        json[name] = as_shown(name, item)
    return json, raw


def as_shown(name: str, item: Any) -> Any:
    match name:
        case "accessList":
            return [
                {"address": shown(one), "storageKeys": [shown(key) for key in keys]} for one, keys in item
            ]
        case "authorizationList":
            return [
                {part: as_shown(part, value) for part, value in zip(encoded._AUTHORIZATION, one, strict=True)}
                for one in item
            ]
        case "blobVersionedHashes":
            return [shown(one) for one in item]
        case "to" | "input" | "address":
            return shown(item) if item or name == "input" else None
    return hex(int.from_bytes(item))


@pytest.mark.parametrize(
    ("kind", "fields", "chain_id"),
    [
        (0, {"gasPrice": 10**9}, None),
        (0, {"gasPrice": 10**9, "chainId": 137}, 137),
        (0, {"gasPrice": 0, "chainId": 1, "to": b"", "data": "0x6001"}, 1),
        (1, {"gasPrice": 10**9, "chainId": 1, "accessList": [
            {"address": "0x" + "11" * 20, "storageKeys": ["0x" + "00" * 31 + "01"]}
        ]}, 1),
        (2, {"maxFeePerGas": 9, "maxPriorityFeePerGas": 0, "chainId": 11_155_111}, 11_155_111),
        (4, {
            "maxFeePerGas": 9, "maxPriorityFeePerGas": 1, "chainId": 1, "authorizationList": [AUTHORIZATION],
        }, 1),
    ],
)  # fmt: skip
def test_a_transaction_of_each_type_has_its_hash(
    kind: int, fields: dict[str, Any], chain_id: int | None
) -> None:
    json, raw = from_account(fields)
    assert int(json["type"], 16) == kind
    assert encoded.transaction(json) == raw
    assert encoded.chain_of(raw) == chain_id
    with pytest.raises(IntegrityError, match="does not have this hash"):
        encoded.transaction({**json, "value": "0x8"})


def test_a_transaction_with_blobs_is_encoded_without_them() -> None:
    made = CancunTransactionBuilder.new_unsigned_blob_transaction(
        chain_id=1, nonce=3, max_priority_fee_per_gas=1, max_fee_per_gas=9, gas=50_000, to=TO, value=0,
        data=b"\x12", access_list=[(b"\1" * 20, (1, 2))], max_fee_per_blob_gas=5,
        blob_versioned_hashes=[b"\1" * 32],
    ).as_signed_transaction(KEY)  # fmt: skip
    raw = made.encode()
    items = rlp.decode(raw[1:])
    names = encoded._TRANSACTIONS[3]
    json = {name: as_shown(name, item) for name, item in zip(names, items, strict=True)}
    json |= {"type": "0x3", "hash": shown(made.hash), "v": json["yParity"]}
    assert encoded.transaction(json) == raw
    del json["yParity"]  # some nodes show it by its older name alone
    assert encoded.transaction(json) == raw
    assert encoded.chain_of(raw) == 1


def test_a_transaction_that_is_not_ethereums_is_named() -> None:
    with pytest.raises(IntegrityError, match="is of type 126, which is not Ethereum's"):
        encoded.transaction({"type": "0x7e", "hash": "0x" + "00" * 32})


def receipt(kind: int, outcome: bytes, logs: int) -> tuple[dict[str, Any], bytes]:
    made = [Log(bytes([n]) * 20, [n + 1, 2**255], bytes(n)) for n in range(logs)]
    legacy = Receipt(outcome, 21_000 + kind, made)
    raw = rlp.encode(legacy)
    if 1 <= kind <= len(TYPED):
        assert TYPED[kind - 1](kind, legacy).encode() == bytes([kind]) + raw
    raw = bytes([kind]) * bool(kind) + raw
    json = {
        "type": hex(kind), "cumulativeGasUsed": hex(21_000 + kind),
        "logsBloom": "0x" + legacy.bloom.to_bytes(256).hex(),
        "logs": [
            {
                "address": shown(log.address), "data": shown(log.data),
                "topics": ["0x" + topic.to_bytes(32).hex() for topic in log.topics],
            }
            for log in made
        ],
    }  # fmt: skip
    json |= {"root": shown(outcome)} if len(outcome) == 32 else {"status": "0x1" if outcome else "0x0"}
    return json, raw


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("outcome", [b"", b"\1", b"\7" * 32])
def test_a_receipt_of_each_type_is_what_the_trie_has(kind: int, outcome: bytes) -> None:
    json, raw = receipt(kind, outcome, 2)
    assert encoded.receipt(json) == raw
    logs = encoded.read_logs(raw)
    assert [log.address for log in logs] == [bytes(20), b"\1" * 20]
    assert logs[1].topics == ((2).to_bytes(32), (2**255).to_bytes(32))


def header_of(receipts: list[bytes], sent: list[bytes]) -> encoded.HeaderRead:
    roots = [inclusion._trie(values).root_hash for values in (sent, receipts)]
    return encoded.HeaderRead(bytes(32), bytes(32), *roots, bytes(256), 1, 0)


@given(number=st.integers(1, 140), data=st.data())
def test_each_transaction_of_a_block_is_proven_and_no_other(number: int, data: st.DataObject) -> None:
    """Of blocks with more than 16 and 128 transactions too, whose keys have other lengths."""
    _, sent = from_account({"gasPrice": 10**9, "chainId": 1})
    receipts = [receipt(place % 5, b"\1", place % 3)[1] for place in range(number)]
    header = header_of(receipts, [sent] * number)
    place = data.draw(st.integers(0, number - 1))
    proof = inclusion.prove(header, receipts, [sent] * number, [place])
    proven = inclusion.check(header, proof, [place])[place]
    assert (len(proven.logs), proven.chain_id) == (place % 3, 1)
    for other in (place + number, 10**6):
        with pytest.raises(IntegrityError):
            inclusion.check(header, proof, [other])
    inclusion.require_whole(header, receipts)
    with pytest.raises(IntegrityError, match="are not the block's"):
        inclusion.require_whole(header, receipts[:-1])
    with pytest.raises(IntegrityError, match="are not what the block's header commits to"):
        inclusion.prove(header, [*receipts, receipts[0]], [sent] * number, [place])


@given(st.binary(max_size=700))
def test_bytes_that_are_no_header_receipt_or_transaction_are_refused(raw: bytes) -> None:
    for read in (encoded.read_header, encoded.read_logs, encoded.chain_of):
        with pytest.raises(IntegrityError):
            read(raw)


made_up = st.recursive(
    st.sampled_from([b"", b"\x20", b"\0", b"\x31", b"\x80", b"\x20\x80", b"\7" * 31, b"\7" * 32]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, min_size=17, max_size=17),
    max_leaves=40,
)


@settings(max_examples=100)
@given(node=made_up, place=st.sampled_from([0, 1, 5, 200]))
def test_a_root_that_somebody_made_up_leads_to_a_value_or_is_refused(node: Any, place: int) -> None:
    raw = rlp.encode(node)
    header = encoded.HeaderRead(bytes(32), bytes(32), keccak(raw), keccak(raw), bytes(256), 1, 0)
    with contextlib.suppress(IntegrityError):
        inclusion.check(header, inclusion.Proof((raw,), (raw,)), [place])


def test_nodes_of_a_proof_that_are_none_are_refused() -> None:
    _, sent = from_account({"gasPrice": 10**9})
    receipts = [receipt(2, b"\1", 1)[1]]
    header = header_of(receipts, [sent])
    proof = inclusion.prove(header, receipts, [sent], [0])
    for wrong in ((), (b"",), (b"\xc0",), (b"\x83abc",), (rlp.encode([b"\0" * 5] * 3),), (HexBytes(sent),)):
        with pytest.raises(IntegrityError):
            inclusion.check(header, inclusion.Proof(wrong, proof.transactions), [0])
