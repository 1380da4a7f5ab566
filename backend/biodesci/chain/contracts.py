"""Exported ABIs (`abi/*.json`, written by `scripts/export_abi.py`) and the custom errors in them."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIElement, ChecksumAddress
from web3 import Web3
from web3.contract.contract import Contract, ContractFunction
from web3.exceptions import ContractLogicError

from biodesci.chain import sentences
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.errors import ConfigurationError, RevertedError

_MOST_SHOWN = 4 + 8 * 32
_PANICS = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "index out of range",
}


@cache
def abi(name: str) -> list[dict[str, Any]]:
    """A contract's ABI as the package carries it. Raises ConfigurationError where it carries none."""
    try:
        loaded: list[dict[str, Any]] = json.loads(
            (files("biodesci.chain") / "abi" / f"{name}.json").read_text()
        )
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"The ABI of {name} is missing from the package.", "Write it with `python scripts/export_abi.py`."
        ) from exc
    return loaded


@cache
def _unbound(name: str) -> type[Contract]:
    """A contract's class, made once a process: web3 reads the whole ABI for each."""
    return Web3().eth.contract(abi=abi(name))


def contract(web3: Web3, name: str, address: ChecksumAddress) -> Contract:
    """The contract `name` at `address` of the chain that `web3` talks to."""
    unbound = _unbound(name)
    kind: Any = type(unbound)  # web3's metaclass, which mypy takes for the class that it makes
    bound: type[Contract] = kind(name, (unbound,), {"w3": web3})
    made = bound(address)
    for function in vars(made.functions).values():
        if isinstance(function, ContractFunction):
            function.contract_abi = _entries(name, str(function.fn_name))
    return made


@cache
def _entries(name: str, function: str) -> list[ABIElement]:
    """What the ABI has of one function. At each call web3 hashes the signatures of all that it is given."""
    entries = [entry for entry in abi(name) if entry["type"] == "function" and entry["name"] == function]
    return cast("list[ABIElement]", entries)


def _type(entry: dict[str, Any]) -> str:
    kind = str(entry["type"])
    if kind.startswith("tuple"):
        return "(" + ",".join(_type(c) for c in entry["components"]) + ")" + kind[len("tuple") :]
    return kind


@cache
def _errors() -> dict[bytes, tuple[str, list[tuple[str, str]]]]:
    """By selector: an error's name, and type and name of each of its arguments."""
    inputs_of = dict(sentences.token_errors())
    for name in CONTRACTS:
        for entry in abi(name):
            if entry["type"] == "error":
                inputs_of[str(entry["name"])] = [(_type(i), str(i["name"])) for i in entry["inputs"]]
    return {
        bytes(Web3.keccak(text=f"{name}({','.join(kind for kind, _ in inputs)})")[:4]): (name, inputs)
        for name, inputs in inputs_of.items()
    }


def decode_revert(data: bytes) -> RevertedError:
    """The error behind a revert's return data, whichever contract raised it: a token may be anybody's."""
    selector, body = data[:4], data[4:]
    try:
        if selector in _errors():
            name, inputs = _errors()[selector]
            decoded = decode([kind for kind, _ in inputs], body)
            values = tuple(_shown(kind, value) for (kind, _), value in zip(inputs, decoded, strict=True))
            named = {argument: value for (_, argument), value in zip(inputs, values, strict=True)}
            return RevertedError(name, values, sentences.hint(name), sentences.sentence(name, named) or "")
        if selector == bytes.fromhex("08c379a0"):
            (reason,) = (_shown("string", v) for v in decode(("string",), body))
            return RevertedError("Error", (reason,), says=_refused(reason))
        if selector == bytes.fromhex("4e487b71"):
            (code,) = decode(("uint256",), body)
            what = _PANICS.get(code, hex(code))
            return RevertedError("Panic", (what,), says=_refused(what))
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return RevertedError("undecodable", (_start(data),))
    return RevertedError("unknown", (_start(data),), "The contracts are newer than this program: update it.")


def _refused(reason: str) -> str:
    """A sentence around somebody else's words, which may bring a full stop of their own."""
    return f"The contract refused: {reason.rstrip('. ') or 'no reason given'}."


def _shown(kind: str, value: Any) -> Any:
    if kind == "address":
        return Web3.to_checksum_address(value)
    if kind == "string" and not value.isprintable():
        return ascii(value)
    return value


def _start(data: bytes) -> str:
    return f"0x{data[:_MOST_SHOWN].hex()}" + ("..." if len(data) > _MOST_SHOWN else "")


def reverted(exc: ContractLogicError) -> RevertedError:
    """As `decode_revert`, of what web3 raises."""
    data = exc.data
    if isinstance(data, dict):
        data = data.get("data")
    if isinstance(data, str) and re.fullmatch(r"0x([0-9a-fA-F]{2}){4,}", data):
        return decode_revert(bytes.fromhex(data[2:]))
    reason = exc.message or "no reason given"
    return RevertedError("revert", (reason,), says=_refused(reason))
