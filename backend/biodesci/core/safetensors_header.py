"""The header of a safetensors file: what is in it, before a tensor is read.

    length u64, little-endian ‖ JSON {"__metadata__": {text: text}, name: {dtype, shape, data_offsets}} ‖ data

A file may be a stranger's. So the header is read whole or refused, by one function: it is short enough, says
nothing twice, and its tensors lie one after the other and fill the file
(https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, ValidationError

from biodesci.core.documents.base import first_reason
from biodesci.core.documents.values import Count
from biodesci.core.errors import InputError

LONGEST: Final = 16 << 20  # bytes: a model of 100,000 tensors has a header of about 12 MB
_MOST_DIMENSIONS: Final = 64  # of a tensor; torch and numpy have no more
_BITS: Final = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


_Shape = Annotated[
    tuple[Count, ...], FailFast(), Field(max_length=_MOST_DIMENSIONS), BeforeValidator(_as_tuple)
]


class Entry(BaseModel):
    """What the header says of one tensor; `data_offsets` are its first byte and the one after its last,
    counted from the header's end."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    dtype: str
    shape: _Shape
    data_offsets: Annotated[tuple[Count, Count], BeforeValidator(_as_tuple)]


@dataclass(frozen=True)
class Header:
    """`metadata`, empty where the file has none, and the tensors by name, in the order of the header."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Entry]

    @classmethod
    def of(cls, data: bytes) -> Header:
        """The header of a whole file's bytes. InputError, with the reason, for what is no safetensors."""
        return _read(io.BytesIO(data), len(data))

    @classmethod
    def read(cls, path: Path) -> Header:
        """The header of a file, whose tensors are not read. InputError as `of`; OSError as opening raises."""
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)


def _read(file: BinaryIO, size: int) -> Header:
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > size - 8:
        raise _refusal("it ends before its header does")
    if length > LONGEST:
        raise _refusal(f"its header has more than {LONGEST:,} bytes")
    raw = file.read(length)
    if not raw.startswith(b"{"):  # no reader has to look for where the header begins
        raise _refusal("its header is no JSON object")
    try:
        fields = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise _refusal("its header is not JSON, or is nested too deeply") from None
    metadata = fields.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise _refusal("its metadata are not texts by name")
    tensors = {name: _entry(name, fields[name]) for name in fields}
    _require_filled(tensors, size - 8 - length)
    return Header(metadata, tensors)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise _refusal("a name stands twice in its header")
    # UnicodeEncodeError, a ValueError, for half a surrogate pair: other readers would see another text.
    "".join([*unique, *(text for text in unique.values() if isinstance(text, str))]).encode("utf-8")
    return unique


def _entry(name: str, value: object) -> Entry:
    # One by one, as the first that is amiss ends it: pydantic would collect millions of errors of a long one.
    try:
        return Entry.model_validate(value)
    except ValidationError as exc:
        raise _refusal(f"{name[:80]}: {first_reason(exc)}") from None


def _require_filled(tensors: Mapping[str, Entry], size: int) -> None:
    """Without gap, overlap or remainder, so that all readers see the same, and nothing is hidden."""
    end = 0
    for name, entry in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        first, last = entry.data_offsets
        bits = _BITS.get(entry.dtype)
        if first != end or last < first:
            raise _refusal(f"the tensor {name[:80]} does not begin where the one before ends")
        if bits is not None and 8 * (last - first) != _bits(bits, entry.shape, 8 * size):
            raise _refusal(f"the tensor {name[:80]} has not as many bytes as its shape and type take")
        end = last
    if end != size:
        raise _refusal("its tensors do not fill it")


def _bits(each: int, shape: tuple[int, ...], most: int) -> int:
    """Bits of a tensor; where they are more than `most`, any number above that."""
    if 0 in shape:
        return 0
    bits = each
    for dimension in shape:
        bits *= dimension
        if bits > most:
            break
    return bits


def _refusal(why: str) -> InputError:
    return InputError(
        f"This is no safetensors file: {why}.", "It may be cut off, damaged or of another kind."
    )
