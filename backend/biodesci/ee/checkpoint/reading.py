"""Opens a checkpoint without loading it: names, types and shapes first, tensors one by one from the mapped
file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from biodesci.core.errors import InputError, NotFoundError
from biodesci.core.safetensors_header import Header

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
CONFIG = "config.json"
GENERATION = "generation_config.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
INTEGERS = {"I64": torch.int64, "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool}
_Opened = TypeVar("_Opened")


@dataclass(frozen=True)
class Stored:
    """Where a tensor lies, and what it is."""

    file: str
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        count = self.dtype.itemsize
        for side in self.shape:
            count *= side
        return count


@dataclass(frozen=True)
class Checkpoint:
    """`config` is config.json, `generation` generation_config.json or None."""

    folder: Path
    config: Mapping[str, Any]
    generation: Mapping[str, Any] | None
    tensors: Mapping[str, Stored]
    sharded: bool
    _mapped: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: Path) -> Checkpoint:
        """Raises NotFoundError without config.json or weights; InputError for pickles, quantized weights, and
        shards that don't fit their index."""
        if folder.is_file():
            raise InputError(f"{folder} is a file.", f"Name its folder: {folder.parent}.")
        config = read_json(folder / CONFIG)
        generation = read_json(folder / GENERATION) if (folder / GENERATION).exists() else None
        sharded = not (folder / WEIGHTS).exists()
        index: dict[str, str] = {}
        if sharded:
            index = _index(folder)
        tensors: dict[str, Stored] = {}
        for file in sorted(set(index.values())) if sharded else [WEIGHTS]:
            for name, entry in sorted(_opened(folder / file, Header.read).tensors.items()):
                kind = (TYPES | INTEGERS).get(entry.dtype)
                if kind is None:
                    raise InputError(
                        f"The tensor {name} is {entry.dtype}: quantized weights have no exact key.",
                        "Use the checkpoint in F32, BF16 or F16.",
                    )
                tensors[name] = Stored(file, kind, entry.shape)
        files = {name: stored.file for name, stored in tensors.items()}
        if sharded and files != index:
            odd = sorted(set(files.items()) ^ set(index.items()))
            raise InputError(
                f"The shards do not hold what {INDEX} says, {odd[0][0]} for one.",
                "Fetch the checkpoint again.",
            )
        return cls(folder, config, generation, tensors, sharded)

    def tensor(self, name: str) -> Tensor:
        """Mapped from the file, not copied; one shard at a time, so that the others take no memory."""
        file = self.tensors[name].file
        if file not in self._mapped:
            self._mapped.clear()
            self._mapped[file] = _opened(self.folder / file, lambda path: safe_open(path, framework="pt"))
        found: Tensor = self._mapped[file].get_tensor(name)
        return found

    @property
    def size(self) -> int:
        """Of all tensors, in bytes."""
        return sum(stored.size for stored in self.tensors.values())


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; NotFoundError or InputError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise NotFoundError(
            f"There is no {path.name} in {path.parent}.", "Name the folder that save_pretrained wrote."
        ) from exc
    except (ValueError, RecursionError, OSError) as exc:
        raise InputError(f"{path} is not readable as JSON.", "Fetch the checkpoint again.") from exc
    if not isinstance(document, dict):
        raise InputError(f"{path} holds no JSON object.", "Fetch the checkpoint again.")
    return document


def _index(folder: Path) -> dict[str, str]:
    """Tensor name -> shard."""
    if not (folder / INDEX).exists():
        pickles = sorted(p.name for pattern in PICKLES for p in folder.glob(pattern))
        if pickles:
            raise InputError(
                f"The weights in {folder} are pickled ({pickles[0]}): loading one can run any program.",
                "Convert it where you trust it: model.save_pretrained(folder) writes safetensors.",
            )
        raise NotFoundError(
            f"There is neither {WEIGHTS} nor {INDEX} in {folder}.",
            "Name the folder that save_pretrained wrote.",
        )
    index = read_json(folder / INDEX).get("weight_map")
    if not isinstance(index, dict) or not all(isinstance(file, str) for file in index.values()):
        raise InputError(f"{INDEX} has no weight_map.", "Fetch the checkpoint again.")
    for file in index.values():
        if Path(file).name != file or not file.endswith(".safetensors"):
            raise InputError(
                f"{INDEX} names {file!r}, which is not a shard in this folder.", "Do not use it."
            )
    return index


def _opened(path: Path, open_: Callable[[Path], _Opened]) -> _Opened:
    try:
        return open_(path)
    except FileNotFoundError as exc:
        raise NotFoundError(f"The shard {path.name} is missing in {path.parent}.", "Fetch it.") from exc
    except (InputError, SafetensorError, OSError) as exc:
        raise InputError(f"{path} is not a safetensors file.", "Fetch the checkpoint again.") from exc
