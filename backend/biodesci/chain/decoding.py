"""Logs of our contracts as JSON-ready arguments, by readers that are made once for each topic.

The ABI specification's "Strict Encoding Mode" is what is read; a test holds this against `eth_abi`, which
takes five to ten times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eth_utils.abi import event_abi_to_log_topic
from web3 import Web3

from biodesci.chain.contracts import abi
from biodesci.core.errors import ConfigurationError, IntegrityError

if TYPE_CHECKING:
    from biodesci.chain.logs import Log

_WORD: Final = 32
_Convert = Callable[[bytes], Any]  # of a word
_Read = Callable[[bytes, int], Any]  # of the data, what is encoded from this byte on


class _Type(NamedTuple):
    """`size` are the bytes that it takes in place; one that `is_dynamic` has an offset there. One that is
    just a word has `convert` too."""

    size: int
    is_dynamic: bool
    read: _Read
    convert: _Convert | None = None


class _Event(NamedTuple):
    name: str
    topics: tuple[tuple[str, _Convert], ...]
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
        args: dict[str, Any] = {}
        for (name, convert), topic in zip(event.topics, log.topics[1:], strict=True):
            if len(topic) != _WORD:
                raise ValueError("a topic is not of 32 bytes")
            args[name] = convert(topic)
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


def _topic(field: dict[str, Any]) -> _Convert:
    # Of what does not fit into a word, a topic has the hash.
    return _type(field).convert or _bytes_of(32)


def _type(field: dict[str, Any]) -> _Type:
    kind = str(field["type"])
    if kind.endswith("[]"):
        return _array(_type({**field, "type": kind[:-2]}))
    if kind == "tuple":
        return _struct(field["components"])
    if kind in {"bytes", "string"}:
        return _Type(_WORD, True, _bytes if kind == "bytes" else _string)
    convert = _elementary(kind)
    return _Type(_WORD, False, lambda data, at: convert(_word(data, at)), convert)


def _elementary(kind: str) -> _Convert:
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


def _uint_of(bits: int) -> _Convert:
    def convert(word: bytes) -> int:
        value = int.from_bytes(word)
        if value >> bits:
            raise ValueError(f"a number has more than {bits} bits")
        return value

    return convert if bits < 8 * _WORD else int.from_bytes


def _bool(word: bytes) -> bool:
    value = int.from_bytes(word)
    if value > 1:
        raise ValueError("a truth value is neither 0 nor 1")
    return value == 1


@lru_cache(1 << 14)
def _address(word: bytes) -> str:
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


def _bytes_of(size: int) -> _Convert:
    def convert(word: bytes) -> str:
        if any(word[size:]):
            raise ValueError(f"bytes{size} has more than {size} bytes")
        return "0x" + word[:size].hex()

    return convert if size < _WORD else lambda word: "0x" + word.hex()


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
    names, kinds = [str(field["name"]) for field in fields], [_type(field) for field in fields]
    places = list(accumulate((kind.size for kind in kinds), initial=0))
    size, is_dynamic = places[-1], any(kind.is_dynamic for kind in kinds)
    converts = [kind.convert for kind in kinds if kind.convert is not None]
    words = Struct(f"{_WORD}s" * len(kinds))
    plan = list(zip(names, places, kinds, strict=False))

    def read_words(data: bytes, at: int) -> dict[str, Any]:
        if len(data) < at + size:
            raise ValueError("its data end too early")
        values = words.unpack_from(data, at)
        return {name: convert(value) for name, convert, value in zip(names, converts, values, strict=True)}

    def read(data: bytes, at: int) -> dict[str, Any]:
        values = {}
        for name, place, kind in plan:
            start = at + place
            if kind.is_dynamic:
                start = at + int.from_bytes(_word(data, start))
            values[name] = kind.read(data, start)
        return values

    is_words = len(converts) == len(kinds)
    return _Type(_WORD if is_dynamic else size, is_dynamic, read_words if is_words else read)
