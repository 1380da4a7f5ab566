"""Writes a safetensors file tensor by tensor: the library's own writer needs all of them in memory at once.

Format: u64 little-endian length of the header, a JSON header with type, shape and offsets, then the data.
https://github.com/huggingface/safetensors (format section).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import torch
from torch import Tensor

from biodesci.ee.checkpoint.reading import INTEGERS, TYPES, Stored

_NAMES = {dtype: name for name, dtype in (TYPES | INTEGERS).items()}


def created(path: Path, *, private: bool) -> BinaryIO:
    """A new file to write; `private`: for its owner alone, from the start. FileExistsError if there is."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb")


class ShardWriter:
    """Takes the tensors of one shard in the order of `contents`, in pieces of whole rows if need be;
    `private`: the file is for its owner alone."""

    def __init__(
        self,
        path: Path,
        contents: Mapping[str, Stored],
        metadata: Mapping[str, str],
        *,
        private: bool = False,
    ) -> None:
        header: dict[str, object] = {"__metadata__": dict(metadata)}
        end = 0
        for name, stored in contents.items():
            header[name] = {
                "dtype": _NAMES[stored.dtype],
                "shape": list(stored.shape),
                "data_offsets": [end, end + stored.size],
            }
            end += stored.size
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)  # the data begins aligned
        self._size = 8 + len(text) + end
        self._file = created(path, private=private)
        self._file.write(len(text).to_bytes(8, "little") + text)

    def write(self, rows: Iterable[Tensor], dtype: torch.dtype) -> int:
        """The next tensor, as one or more runs of rows; bytes written."""
        written = 0
        for run in rows:
            flat = run.to(dtype).contiguous().reshape(-1).view(torch.uint8)
            written += self._file.write(flat.numpy().data)
        return written

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                assert self._file.tell() == self._size, "a shard must hold what its header says"
        finally:
            self._file.close()
