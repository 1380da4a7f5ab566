"""How keys and codecs are written: safetensors with a format name in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from biodesci.core.errors import InputError
from biodesci.core.safetensors_header import Header


def dump_parts(form: str, parts: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The bytes of `parts`; `form` names the format and its version."""
    contiguous = {name: np.ascontiguousarray(part) for name, part in parts.items()}
    return bytes(save(contiguous, {**metadata, "format": form}))


def load_parts(form: str, data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Parts (own copies) and metadata; InputError when the bytes are of another format."""
    other = InputError(
        f"These bytes are not a {form}.",
        "Use the file as it was written; it may be damaged or of another kind.",
    )
    try:
        metadata = dict(Header.of(data).metadata)
        loaded = load(data)
    except (InputError, SafetensorError, ValueError, KeyError, TypeError) as exc:
        raise other from exc
    if metadata.get("format") != form:
        raise other
    return {name: np.array(part) for name, part in loaded.items()}, metadata
