"""Logs of our contracts as JSON-ready arguments, by readers that are made once for each topic.

The ABI specification's "Strict Encoding Mode" is what is read; a test holds this against `eth_abi`, which
takes five to ten times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eth_utils.abi import event_abi_to_log_topic
from web3 import Web3

from biodesci.chain.contracts import abi
from biodesci.core.errors import ConfigurationError, IntegrityError

if TYPE_CHECKING:
    from biodesci.chain.logs import Log

_WORD: Final = 32
_Read = Callable[[bytes, int], Any]  # of the data, what is encoded from this byte on


class _Type(NamedTuple):
    """`size` are the bytes that it takes in place; one that `is_dynamic` has an offset there."""

    size: int
    is_dynamic: bool
    read: _Read


class _Event(NamedTuple):
    name: str
    topics: tuple[tuple[str, _Read], ...]
    data: _Read


def decode(contract_name: str, log: Log) -> tuple[str, dict[str, Any]] | None:
    """An event's name and arguments: the indexed ones first, bytes as 0x hex, structs as dicts.

    None for a topic that the contract's ABI does not have. Raises IntegrityError where a log of a known topic
    is not encoded as the ABI says.
    """
    event = _events(contract_name).get(log.topics[0]) if log.topics else None
    if event is None:
        return None
    try:
        if len(log.topics) != len(event.topics) + 1:
            raise ValueError("it has another number of topics")
        args = {
            name: read(topic, 0) for (name, read), topic in zip(event.topics, log.topics[1:], strict=True)
        }
        args.update(event.data(log.data, 0))
    except (ValueError, UnicodeDecodeError) as exc:
        raise IntegrityError(f"The log is no {event.name} as the contract's ABI has it: {exc}.") from exc
    return event.name, args


@cache
def _events(contract_name: str) -> dict[bytes, _Event]:
    events = {}
    for entry in abi(contract_name):
        if entry["type"] == "event":
            indexed = [field for field in entry["inputs"] if field["indexed"]]
            rest = [field for field in entry["inputs"] if not field["indexed"]]
            topics = tuple((str(field["name"]), _topic(field)) for field in indexed)
            topic = event_abi_to_log_topic(entry)  # type: ignore[arg-type]  # read from JSON
            events[bytes(topic)] = _Event(str(entry["name"]), topics, _struct(rest).read)
    return events


def _topic(field: dict[str, Any]) -> _Read:
    # Of what does not fit into a word, a topic has the hash.
    kind = _type(field)
    return _bytes_of(32) if kind.is_dynamic or kind.size > _WORD else kind.read


def _type(field: dict[str, Any]) -> _Type:
    kind = str(field["type"])
    if kind.endswith("[]"):
        return _array(_type({**field, "type": kind[:-2]}))
    if kind == "tuple":
        return _struct(field["components"])
    if kind in {"bytes", "string"}:
        return _Type(_WORD, True, _bytes if kind == "bytes" else _string)
    return _Type(_WORD, False, _elementary(kind))


def _elementary(kind: str) -> _Read:
    if kind == "address":
        return _address
    if kind == "bool":
        return _bool
    sized = re.fullmatch(r"(uint|bytes)(\d+)", kind)
    if sized is None:
        raise _not_read(kind)
    return (_uint_of if sized[1] == "uint" else _bytes_of)(int(sized[2]))


def _not_read(kind: str) -> ConfigurationError:
    """The contracts of this version have no such event: only files of another version can say so."""
    return ConfigurationError(
        f"The contracts' ABI has an event with a field of the type {kind}, which this program does not read.",
        "Install the program anew: its ABI files are not of its own version.",
    )


def _word(data: bytes, at: int) -> bytes:
    word = data[at : at + _WORD]
    if len(word) != _WORD:
        raise ValueError("its data end too early")
    return word


def _uint_of(bits: int) -> _Read:
    def read(data: bytes, at: int) -> int:
        value = int.from_bytes(_word(data, at))
        if value >> bits:
            raise ValueError(f"a number has more than {bits} bits")
        return value

    return read


def _bool(data: bytes, at: int) -> bool:
    value = int.from_bytes(_word(data, at))
    if value > 1:
        raise ValueError("a truth value is neither 0 nor 1")
    return value == 1


def _address(data: bytes, at: int) -> str:
    word = _word(data, at)
    if any(word[:12]):
        raise ValueError("an address has more than 20 bytes")
    return checksummed(word[12:])


@lru_cache(1 << 14)
def checksummed(address: bytes) -> str:
    """20 bytes as an address with the checksum of EIP-55."""
    digits = address.hex()
    marks = Web3.keccak(text=digits).hex().removeprefix("0x")
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False)
    )


def _bytes_of(size: int) -> _Read:
    def read(data: bytes, at: int) -> str:
        word = _word(data, at)
        if any(word[size:]):
            raise ValueError(f"bytes{size} has more than {size} bytes")
        return "0x" + word[:size].hex()

    return read


def _counted(data: bytes, at: int) -> bytes:
    size = int.from_bytes(_word(data, at))
    content = data[at + _WORD : at + _WORD + size]
    if len(content) != size:
        raise ValueError("its data end too early")
    return content


def _bytes(data: bytes, at: int) -> str:
    return "0x" + _counted(data, at).hex()


def _string(data: bytes, at: int) -> str:
    return _counted(data, at).decode("utf-8")


def _array(inner: _Type) -> _Type:
    if inner.is_dynamic:
        # Whose offsets could all name the same bytes: few bytes could say very much.
        raise _not_read("array of arrays, bytes or strings")

    def read(data: bytes, at: int) -> list[Any]:
        number, first = int.from_bytes(_word(data, at)), at + _WORD
        if first + number * inner.size > len(data):
            raise ValueError("its data end too early")
        return [inner.read(data, first + i * inner.size) for i in range(number)]

    return _Type(_WORD, True, read)


def _struct(fields: Sequence[dict[str, Any]]) -> _Type:
    plan: list[tuple[str, int, bool, _Read]] = []
    size, is_dynamic = 0, False
    for field in fields:
        kind = _type(field)
        plan.append((str(field["name"]), size, kind.is_dynamic, kind.read))
        size, is_dynamic = size + kind.size, is_dynamic or kind.is_dynamic

    def read(data: bytes, at: int) -> dict[str, Any]:
        values = {}
        for name, place, has_offset, inner in plan:
            if has_offset:
                values[name] = inner(data, at + int.from_bytes(_word(data, at + place)))
            else:
                values[name] = inner(data, at + place)
        return values

    return _Type(_WORD if is_dynamic else size, is_dynamic, read)
