"""What fields of documents are made of. In Python numbers are numbers and bytes are bytes; in JSON bytes are
hexadecimal digits after 0x, and numbers that a JSON reader could round are decimal digits in a text."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from eth_utils.address import is_address, to_checksum_address
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
)

from biodesci.core import disease
from biodesci.core.errors import InputError

_ADDRESS: Final = {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
_LONGEST: Final = 78  # digits of 2^256


def _checksummed(text: str) -> str:
    if not text.startswith("0x") or not is_address(text):
        raise ValueError("it should be an address: 0x and 40 hexadecimal digits")
    return str(to_checksum_address(text))


def _from_hex(prefix: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        digits = value.removeprefix(prefix)
        if not value.startswith(prefix) or not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", digits):
            raise ValueError(f"it should be hexadecimal digits{' after 0x' if prefix else ''}")
        return bytes.fromhex(digits)

    return read


def _hex(prefix: str, length: int | None = None) -> tuple[Any, ...]:
    """What makes bytes from a text of hexadecimal digits; exactly `length` bytes where that is given."""
    digits = "([0-9a-fA-F]{2})*" if length is None else f"[0-9a-fA-F]{{{2 * length}}}"
    return (
        Field(min_length=length, max_length=length),
        BeforeValidator(_from_hex(prefix)),
        PlainSerializer(lambda value: prefix + value.hex(), when_used="json"),
        WithJsonSchema({"type": "string", "pattern": f"^{prefix}{digits}$"}),
    )


def _from_digits(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9][0-9]*", value) or len(value) > _LONGEST:
        raise ValueError("it should be a text of decimal digits")
    return int(value)


def _digits(bits: int) -> tuple[Any, ...]:
    """What makes a number of so many bits from a text of decimal digits."""
    return (
        Field(ge=0, lt=1 << bits),
        BeforeValidator(_from_digits),
        PlainSerializer(str, when_used="json"),
        WithJsonSchema({"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}),
    )


def _finite(value: JsonValue) -> JsonValue:
    """Python reads NaN and Infinity where JSON has neither."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, float) and not math.isfinite(one):
            raise ValueError("it should hold finite numbers only")
        waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return value


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, UnicodeError):
        raise ValueError("it should be base64") from None


def _whole(value: object) -> object:
    if type(value) is not int:
        raise ValueError("it should be a whole number")
    return value


def _from_id(value: object, info: ValidationInfo) -> object:
    if info.mode != "json":
        return value
    try:
        number = disease.parse(value if isinstance(value, str) else "")
    except InputError:
        number = 0
    if not number or disease.format_id(number) != value:
        raise ValueError("it should be a MONDO id with seven digits, such as MONDO:0005068")
    return number


def _sayable(text: str) -> str:
    """Half of a surrogate pair is a text for Python and JavaScript, and for nobody else."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it should be text, without half a character") from None
    return text


Address = Annotated[str, AfterValidator(_checksummed), WithJsonSchema(_ADDRESS)]
"""Checksummed, however it was written."""
LowerAddress = Annotated[
    str,
    AfterValidator(_checksummed),
    PlainSerializer(str.lower, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-f]{40}$"}),
]
"""Checksummed in Python, in lower case in JSON."""
Text = Annotated[str, AfterValidator(_sayable)]
HexBytes = Annotated[bytes, *_hex("0x")]
Bytes32 = Annotated[bytes, *_hex("0x", 32)]
Bytes65 = Annotated[bytes, *_hex("0x", 65)]
BareHex = Annotated[bytes, *_hex("")]
BareAddress = Annotated[bytes, *_hex("", 20)]
BareBytes32 = Annotated[bytes, *_hex("", 32)]
"""Hexadecimal digits without the 0x."""
Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Version1 = Annotated[Literal[1], BeforeValidator(_whole)]
"""The number 1, and not true, which Python takes for it."""
Version3 = Annotated[Literal[3], BeforeValidator(_whole)]
"""The number 3."""
Byte = Annotated[int, Field(ge=0, lt=1 << 8)]
Count = Annotated[int, Field(ge=0, lt=1 << 53)]
"""What every JSON reader takes as it is."""
UnixSeconds = Annotated[int, Field(ge=0, lt=1 << 40)]
"""A time as contracts hold it: uint40."""
Uint32 = Annotated[int, Field(ge=0, lt=1 << 32)]
Uint256 = Annotated[int, Field(ge=0, lt=1 << 256)]
DuoBits = Annotated[int, *_digits(64)]
Amount = Annotated[int, *_digits(256)]
"""In a currency's smallest unit, and what else has 256 bits."""
Json = Annotated[JsonValue, AfterValidator(_finite)]
"""What others define: any JSON."""
Disease = Annotated[
    int,
    Field(ge=1, le=9_999_999),
    BeforeValidator(_from_id),
    PlainSerializer(disease.format_id, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^MONDO:[0-9]{7}$"}),
]
"""The number of a MONDO id; the id itself in JSON."""
