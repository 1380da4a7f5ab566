"""The header of a safetensors file: what is in it, before a tensor is read.

    length u64, little-endian ‖ JSON {"__metadata__": {text: text}, name: {dtype, shape, data_offsets}} ‖ data

A file may be a stranger's. So the header is read whole or refused, by one function: it is short enough, says
nothing twice, and its tensors lie one after the other and fill the file
(https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from biodesci.core.documents.base import has_duplicates
from biodesci.core.documents.values import Count
from biodesci.core.errors import InputError

LONGEST: Final = 16 << 20  # bytes: a model of 100,000 tensors has a header of about 12 MB
_BITS: Final = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


class Entry(BaseModel):
    """What the header says of one tensor; `data_offsets` are its first byte and the one after its last,
    counted from the header's end."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    dtype: str
    shape: tuple[Count, ...]
    data_offsets: tuple[Count, Count]


class _Json(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Entry]

    metadata: dict[str, str] = Field(default_factory=dict, alias="__metadata__")


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
        header = _Json.model_validate_json(raw)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(step)[:80] for step in error["loc"])
        why = f"{path}: {error['msg'].lower()}" if path else "its header is not JSON, or is nested too deeply"
        raise _refusal(why) from None
    if has_duplicates(raw):
        raise _refusal("a name stands twice in its header")
    tensors = header.__pydantic_extra__
    _require_filled(tensors, size - 8 - length)
    return Header(header.metadata, tensors)


def _require_filled(tensors: Mapping[str, Entry], size: int) -> None:
    """Without gap, overlap or remainder, so that all readers see the same, and nothing is hidden."""
    end = 0
    for name, entry in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        first, last = entry.data_offsets
        bits = _BITS.get(entry.dtype)
        if first != end or last < first:
            raise _refusal(f"the tensor {name[:80]} does not begin where the one before ends")
        if bits is not None and 8 * (last - first) != bits * math.prod(entry.shape):
            raise _refusal(f"the tensor {name[:80]} has not as many bytes as its shape and type take")
        end = last
    if end != size:
        raise _refusal("its tensors do not fill it")


def _refusal(why: str) -> InputError:
    return InputError(
        f"This is no safetensors file: {why}.", "It may be cut off, damaged or of another kind."
    )
