"""Named tensors as bytes (safetensors), as one vector, and their root (docs/protocol.md, "Commitments").

Shapes: `flatten` gives float64 (P,), the tensors in the order of their names' UTF-8 bytes, each row-major.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as _load
from safetensors.numpy import save as _save

from biodesci.core import merkle
from biodesci.core.errors import InputError, IntegrityError
from biodesci.core.safetensors_header import Header

Tensor = npt.NDArray[Any]
Tensors = Mapping[str, Tensor]

_NAMES: Final = {
    np.dtype(np.bool_): "BOOL",
    np.dtype(np.uint8): "U8",
    np.dtype(np.int8): "I8",
    np.dtype(np.uint16): "U16",
    np.dtype(np.int16): "I16",
    np.dtype(np.uint32): "U32",
    np.dtype(np.int32): "I32",
    np.dtype(np.uint64): "U64",
    np.dtype(np.int64): "I64",
    np.dtype(np.float16): "F16",
    np.dtype(np.float32): "F32",
    np.dtype(np.float64): "F64",
}


def dump(tensors: Tensors, metadata: Mapping[str, str] | None = None) -> bytes:
    """Safetensors bytes. Raises InputError for NaN, Inf or a dtype that the format does not have."""
    ready: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        _dtype_name(name, tensor)
        _require_finite(name, tensor, InputError)
        # safetensors writes a view's buffer as it lies, so strides have to go first.
        ready[name] = np.asarray(tensor, order="C")
    data: bytes = _save(ready, metadata=dict(metadata) if metadata else None)
    return data


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors, as writable copies. Raises IntegrityError for malformed bytes, NaN or Inf."""
    try:
        Header.of(data)
        loaded: dict[str, Tensor] = _load(data)
    except (InputError, SafetensorError, KeyError, ValueError, TypeError, OverflowError) as exc:
        raise IntegrityError(
            "These bytes are not a safetensors checkpoint.", "Fetch it again, or ask for the right file."
        ) from exc
    for name, tensor in loaded.items():
        _require_finite(name, tensor, IntegrityError)
    return {name: np.array(tensor, order="C", copy=True) for name, tensor in loaded.items()}


def root(tensors: Tensors) -> bytes:
    """The tensor root: what contracts call weights root, and what commitments to inputs and outputs hold."""
    return merkle.root(_leaf(name, tensors[name]) for name in ordered(tensors))


def ordered(tensors: Tensors) -> list[str]:
    """The names in the order that roots and vectors use."""
    return sorted(tensors, key=lambda name: name.encode())


def flatten(tensors: Tensors) -> npt.NDArray[np.float64]:
    """All values as one float64 vector (P,)."""
    if not tensors:
        return np.zeros(0, dtype=np.float64)
    return np.concatenate(
        [np.asarray(tensors[name], dtype=np.float64).reshape(-1) for name in ordered(tensors)]
    )


def unflatten(vector: npt.NDArray[np.float64], like: Tensors) -> dict[str, Tensor]:
    """Back to tensors with the names, shapes and dtypes of `like`.

    Raises InputError unless the vector (P,) has as many entries as they have.
    """
    needed = sum(int(np.asarray(tensor).size) for tensor in like.values())
    if vector.shape != (needed,):
        raise InputError(f"The vector has shape {vector.shape}; these tensors need ({needed},).")
    tensors: dict[str, Tensor] = {}
    offset = 0
    for name in ordered(like):
        tensor = np.asarray(like[name])
        part = vector[offset : offset + tensor.size]
        tensors[name] = part.reshape(tensor.shape).astype(tensor.dtype)
        offset += tensor.size
    return tensors


def _leaf(name: str, tensor: Tensor) -> bytes:
    dtype = _dtype_name(name, tensor).encode("ascii")
    encoded = name.encode()
    if len(encoded) > 0xFFFF or tensor.ndim > 0xFF:
        raise InputError(f"Tensor {name[:40]!r} has too long a name or too many dimensions.")
    header = struct.pack(">H", len(encoded)) + encoded + struct.pack(">B", len(dtype)) + dtype
    shape = struct.pack(f">B{tensor.ndim}I", tensor.ndim, *tensor.shape)
    little = np.asarray(tensor, dtype=tensor.dtype.newbyteorder("<"), order="C")
    return header + shape + little.tobytes()


def _dtype_name(name: str, tensor: Tensor) -> str:
    known = _NAMES.get(np.dtype(tensor.dtype).newbyteorder("="))
    if known is None:
        raise InputError(f"Tensor {name!r} has dtype {tensor.dtype}, which a checkpoint cannot hold.")
    return known


def _require_finite(name: str, tensor: Tensor, error: type[InputError] | type[IntegrityError]) -> None:
    if np.issubdtype(tensor.dtype, np.floating) and not np.isfinite(tensor).all():
        raise error(f"Tensor {name!r} holds NaN or Inf.", "Training diverged, or the file is damaged.")
