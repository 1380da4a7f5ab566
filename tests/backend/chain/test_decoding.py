"""Our reading of logs is eth_abi's, for every event of every contract; what is not encoded so is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi import encode
from eth_utils.abi import event_abi_to_log_topic
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from biodesci.chain import contracts
from biodesci.chain.decoding import checksummed, decode
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.errors import ConfigurationError, IntegrityError

EVENTS = [
    (contract, entry)
    for contract in CONTRACTS
    for entry in contracts.abi(contract)
    if entry["type"] == "event"
]
NAMES = [f"{contract}.{entry['name']}" for contract, entry in EVENTS]


@dataclass(frozen=True)
class Raw:
    """What `decode` reads of a log."""

    topics: tuple[bytes, ...]
    data: bytes


PLAIN = {
    "address": st.binary(min_size=20, max_size=20).map(checksummed),
    "bool": st.booleans(),
    "string": st.text(max_size=40),
    "bytes": st.binary(max_size=70),
}


def values(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = field["type"]
    if kind.endswith("[]"):
        return st.lists(values({**field, "type": kind[:-2]}), max_size=3)
    if kind == "tuple":
        return st.tuples(*(values(inner) for inner in field["components"]))
    if kind in PLAIN:
        return PLAIN[kind]
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def plain(field: dict[str, Any], value: Any) -> Any:
    kind = field["type"]
    if kind.endswith("[]"):
        return [plain({**field, "type": kind[:-2]}, one) for one in value]
    if kind == "tuple":
        return {
            inner["name"]: plain(inner, one) for inner, one in zip(field["components"], value, strict=True)
        }
    return "0x" + value.hex() if isinstance(value, bytes) else value


def is_whole(field: dict[str, Any]) -> bool:
    return field["type"] not in {"tuple", "bytes", "string"} and "[" not in field["type"]


@pytest.mark.parametrize(("contract", "entry"), EVENTS, ids=NAMES)
@given(data=st.data())
def test_an_event_is_read_as_it_was_encoded(contract, entry, data):
    given_ = {field["name"]: data.draw(values(field)) for field in entry["inputs"]}
    indexed = [field for field in entry["inputs"] if field["indexed"]]
    rest = [field for field in entry["inputs"] if not field["indexed"]]
    kinds = [contracts._type(field) for field in rest]
    log = encoded(entry, indexed, given_, encode(kinds, [given_[field["name"]] for field in rest]))
    expected = {
        field["name"]: plain(field, given_[field["name"]])
        if not field["indexed"] or is_whole(field)
        else "0x" + log.topics[1 + indexed.index(field)].hex()
        for field in (*indexed, *rest)
    }
    read = decode(contract, log)
    assert read == (entry["name"], expected)
    assert read is not None
    assert list(read[1]) == list(expected)


def encoded(entry: dict[str, Any], indexed: list[dict[str, Any]], given_: dict[str, Any], data: bytes) -> Raw:
    topics = tuple(
        encode([field["type"]], [given_[field["name"]]]) if is_whole(field) else bytes(range(32))
        for field in indexed
    )
    return Raw((bytes(event_abi_to_log_topic(entry)), *topics), data)


def closed(*topics: bytes, data: bytes) -> Raw:
    (entry,) = [entry for contract, entry in EVENTS if entry["name"] == "AuditAttested"]
    return Raw((bytes(event_abi_to_log_topic(entry)), *topics), data)


ONE = (1).to_bytes(32)


@pytest.mark.parametrize(
    ("topics", "data", "why"),
    [
        ((ONE,), ONE * 3, "number of topics"),
        ((ONE, ONE), ONE + ONE, "end too early"),
        ((ONE, b"\xff" * 32), ONE * 3, "more than 20 bytes"),
        ((ONE, ONE), ONE + b"\xff" * 32 + ONE, "neither 0 nor 1"),
        ((ONE, ONE), b"\xff" * 32 + ONE * 2, "bits"),
        ((ONE[:5], ONE), ONE * 3, "not of 32 bytes"),
        ((ONE + ONE[:1], ONE), ONE * 3, "not of 32 bytes"),
    ],
)
def test_what_is_not_encoded_as_the_abi_says_is_refused(topics, data, why):
    with pytest.raises(IntegrityError, match=why):
        decode("InferenceCommitment", closed(*topics, data=data))


def test_a_list_that_says_it_is_longer_than_the_data_is_refused_at_once():
    (entry,) = [entry for _, entry in EVENTS if entry["name"] == "VisasShown"]
    indexed = sum(field["indexed"] for field in entry["inputs"])
    head = (64).to_bytes(32) * (len(entry["inputs"]) - indexed)
    log = Raw((bytes(event_abi_to_log_topic(entry)), *[ONE] * indexed), head + (2**200).to_bytes(32) + ONE)
    with pytest.raises(IntegrityError, match=r"end too early|bits"):
        decode("AccessLicense", log)


@pytest.mark.parametrize("topics", [(), (bytes(32),)])
def test_another_topic_is_no_event_of_the_contract(topics):
    assert decode("KeyRegistry", Raw(topics, b"")) is None


@given(st.binary(min_size=20, max_size=20))
def test_addresses_have_their_checksum(address):
    assert checksummed(address) == Web3.to_checksum_address(address)


@pytest.mark.parametrize("kind", ["int256", "bytes32[2]", "function", "string[]", "uint8[][]"])
def test_a_type_that_no_event_of_ours_has_is_said(monkeypatch, kind):
    """By files of another version: a worker ends with it, instead of trying again for ever."""
    event = {"type": "event", "name": "New", "inputs": [{"name": "a", "type": kind, "indexed": False}]}
    monkeypatch.setattr("biodesci.chain.decoding.abi", lambda _: [event])
    with pytest.raises(ConfigurationError, match="does not read") as caught:
        decode("Another", Raw((b"\0" * 32,), b""))
    assert "Install" in caught.value.hint
