"""A chain with a long log of our contracts: written by code that stands at their addresses for a moment.

For a development chain (anvil) alone. The logs are real ones of the chain: in blocks, blooms and receipts.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic

from benchmarks.stories import Story
from biodesci.chain import contracts
from biodesci.chain.client import Chain

_DISPATCHER: Final = "0x" + "00" * 18 + "d15b"
_GAS: Final = 28_000_000
_HEAD: Final = 7 * 32  # address, number of topics, four topics, size
# At each contract: one log, as the call's data say. At the dispatcher: a call for each record.
_EMITTER: Final = """
    let n := calldataload(0x20) let size := calldataload(0xc0)
    calldatacopy(0, 0xe0, size)
    let a := calldataload(0x40) let b := calldataload(0x60)
    let c := calldataload(0x80) let d := calldataload(0xa0)
    switch n
    case 1 { log1(0, size, a) } case 2 { log2(0, size, a, b) }
    case 3 { log3(0, size, a, b, c) } case 4 { log4(0, size, a, b, c, d) }
"""
_DISPATCH: Final = """
    for { let at := 0 } lt(at, calldatasize()) { } {
        let size := add(0xe0, and(add(calldataload(add(at, 0xc0)), 31), not(31)))
        calldatacopy(0, at, size)
        if iszero(call(gas(), calldataload(at), 0, 0, size, 0, 0)) { revert(0, 0) }
        at := add(at, size)
    }
"""


def fill(chain: Chain, solc: Path, *, events: int, in_a_block: int = 250, seed: int = 1) -> int:
    """Adds at least so many events to `chain`. Returns how many blocks they are in."""
    emitter, dispatcher = _compiled(solc, _EMITTER), _compiled(solc, _DISPATCH)
    addresses = {name: one.address for name, one in chain.deployment.contracts.items()}
    ask = chain.provider.request
    before = {address: ask("eth_getCode", address, "latest") for address in addresses.values()}
    told = list(Story(seed).events(events))
    for address in addresses.values():
        ask("anvil_setCode", address, emitter)
    ask("anvil_setCode", _DISPATCHER, dispatcher)
    sender = ask("eth_accounts")[0]
    ask("evm_setAutomine", False)
    blocks = 0
    for start in range(0, len(told), in_a_block):
        some = told[start : start + in_a_block]
        data = b"".join(_record(addresses[contract], contract, name, args) for contract, name, args in some)
        call = {"from": sender, "to": _DISPATCHER, "data": "0x" + data.hex(), "gas": hex(_GAS)}
        ask("eth_sendTransaction", call)
        ask("evm_mine")
        blocks += 1
    ask("evm_setAutomine", True)
    for address, original in before.items():
        ask("anvil_setCode", address, original)
    return blocks


def _record(address: str, contract: str, name: str, args: dict[str, Any]) -> bytes:
    (entry,) = [one for one in contracts.abi(contract) if one["type"] == "event" and one["name"] == name]
    indexed = [field for field in entry["inputs"] if field["indexed"]]
    rest = [field for field in entry["inputs"] if not field["indexed"]]
    topics = [bytes(event_abi_to_log_topic(entry))]  # type: ignore[arg-type]  # read from JSON
    topics += [encode([field["type"]], [_raw(field, args[field["name"]])]) for field in indexed]
    data = encode([_type(field) for field in rest], [_raw(field, args[field["name"]]) for field in rest])
    head = bytes.fromhex(address[2:]).rjust(32, b"\0") + len(topics).to_bytes(32)
    head += b"".join(topics).ljust(4 * 32, b"\0") + len(data).to_bytes(32)
    assert len(head) == _HEAD
    return head + data + bytes(-len(data) % 32)


def _type(field: dict[str, Any]) -> str:
    kind = str(field["type"])
    if kind.startswith("tuple"):
        return "(" + ",".join(_type(one) for one in field["components"]) + ")" + kind[len("tuple") :]
    return kind


def _raw(field: dict[str, Any], value: Any) -> Any:
    """As eth_abi takes it."""
    kind = str(field["type"])
    if kind.endswith("[]"):
        return [_raw({**field, "type": kind[:-2]}, one) for one in value]
    if kind == "tuple":
        return tuple(_raw(one, value[one["name"]]) for one in field["components"])
    return bytes.fromhex(value[2:]) if kind.startswith("bytes") else value


def _compiled(solc: Path, body: str) -> str:
    """Code in 0x hex, of a body in Yul."""
    question = {
        "language": "Yul",
        "sources": {"c.yul": {"content": 'object "C" { code {' + body + "} }"}},
        "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
    }
    done = subprocess.run(
        [str(solc), "--standard-json"], input=json.dumps(question), capture_output=True, text=True, check=True
    )
    return "0x" + str(json.loads(done.stdout)["contracts"]["c.yul"]["C"]["evm"]["bytecode"]["object"])
