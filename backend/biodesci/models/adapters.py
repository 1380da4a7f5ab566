"""The model owner encrypts and decrypts PEFT adapters, which move with the key of their base model.

An adapter that was trained on the encrypted model needs no key beside that one. One that was encrypted here
has a secret of its own, sealed in the home beside the model keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from biodesci.core import files, keyfile
from biodesci.core.documents.tuning import AdapterMark
from biodesci.core.errors import InputError, NotFoundError, StateError
from biodesci.core.safetensors_header import Header
from biodesci.ee.adapter_key import AdapterKey
from biodesci.ee.checkpoint.reading import CONFIG, INDEX, PICKLES, WEIGHTS, read_json
from biodesci.models.encrypt import Moved
from biodesci.models.encrypted_folder import ADAPTER_CONFIG, Marks, stray_adapter
from biodesci.models.stock_names import renamed, stored_modules
from biodesci.models.tuning import result as tuned
from biodesci.models.tuning.result import ADAPTER, MARK
from biodesci.party.model_keys import adapter_key_path, key_path, open_key

PURPOSE = "ee-adapter-key"


@dataclass(frozen=True, eq=False)
class Adapter:
    """adapter_config.json, the weights, and the mark of an encrypted one."""

    config: Mapping[str, Any]
    state: Mapping[str, Tensor]
    mark: AdapterMark | None

    @classmethod
    def open(cls, folder: Path) -> Adapter:
        """The adapter in a folder. Raises NotFoundError where there is none, InputError for pickles, a
        damaged mark and what is no adapter."""
        config = read_json(folder / ADAPTER_CONFIG)
        path = folder / ADAPTER
        if not path.exists():
            pickled = any(True for pattern in PICKLES for _ in folder.glob(pattern))
            raise NotFoundError(
                f"There is no {ADAPTER} in {folder}."
                + (" Pickled weights are not read: loading them can run any program." if pickled else ""),
                "Save the adapter with PEFT's save_pretrained(folder).",
            )
        try:
            Header.read(path)
            state = load_file(path)
        except (InputError, SafetensorError, OSError) as exc:
            raise InputError(f"{path} is not a safetensors file.", "Save the adapter again.") from exc
        mark = AdapterMark.parse(files.read(folder / MARK)) if (folder / MARK).exists() else None
        return cls(config, state, mark)

    @property
    def size(self) -> int:
        """The bytes of all tensors."""
        return sum(tensor.nbytes for tensor in self.state.values())


def is_adapter(folder: Path) -> bool:
    """InputError for a model's folder with an adapter's files in it, which may be meant as either."""
    if not (folder / ADAPTER_CONFIG).exists():
        return False
    if (folder / CONFIG).exists() and any((folder / name).exists() for name in (WEIGHTS, INDEX)):
        raise stray_adapter(folder)
    return True


def encrypt(source: Path, base: Path, target: Path, home: Path, passphrase: str) -> Moved:
    """The plain adapter in `source` -> `target`, for the encrypted model in the folder `base`.

    Raises InputError, with the reason, for adapters that do not move with a key; StateError for an encrypted
    one; NotFoundError where the base model's key is not in this home. Fails without leaving anything."""
    files.check_new_folder(target, source)
    adapter = Adapter.open(source)
    if adapter.mark is not None:
        raise StateError(
            "This adapter is already encrypted.", "Decrypt it first, with the key of its base model."
        )
    marks = Marks.read(base)
    key = open_key(home, passphrase, marks.key_id)
    modules = stored_modules(key.config)
    state = renamed(adapter.state, modules)
    own = AdapterKey.generate(key, adapter.config, state)
    moved = renamed(own.encrypt(key, state), {stored: name for name, stored in modules.items()})
    path = adapter_key_path(home, own.key_id)
    files.write_private(path, keyfile.seal(own.to_bytes(), passphrase, PURPOSE))
    try:
        mark = AdapterMark(base_key_id=key.key_id, key_id=own.key_id, mode=key.mode)
        _write(target, adapter.config, moved, mark)
    except BaseException:
        if not target.exists():  # interrupted after it took its name, it is whole and needs its key
            path.unlink(missing_ok=True)
        raise
    return Moved(target, own.key_id, path, adapter.size)


def decrypt(source: Path, target: Path, home: Path, passphrase: str) -> Moved:
    """The encrypted adapter in `source`, encrypted here or trained on the encrypted model -> a plain one for
    the plain model in `target`, readable by its owner alone. StateError for a plain one; NotFoundError
    without its keys."""
    files.check_new_folder(target, source)
    adapter = Adapter.open(source)
    if adapter.mark is None:
        raise StateError(
            f"{source} holds no encrypted adapter: there is no {MARK} that names a key.",
            "Name the folder that `biodesci tune run --lora-rank` or `biodesci model encrypt --base` wrote.",
        )
    key = open_key(home, passphrase, adapter.mark.base_key_id)
    modules = stored_modules(key.config)
    state = renamed(adapter.state, modules)
    own_key_id = adapter.mark.key_id
    if own_key_id is not None:
        path = adapter_key_path(home, own_key_id)
        own = AdapterKey.from_bytes(keyfile.open_(files.read(path), passphrase, PURPOSE))
    else:
        path = key_path(home, key.key_id)
        own = AdapterKey.of_started(key, adapter.config, state)
    plain = renamed(own.decrypt(key, state), {stored: name for name, stored in modules.items()})
    _write(target, adapter.config, plain, None)
    return Moved(target, own_key_id or key.key_id, path, adapter.size)


def _write(
    target: Path, config: Mapping[str, Any], state: Mapping[str, Tensor], mark: AdapterMark | None
) -> None:
    # Where it was trained, and on what, is nobody's business and would name the plain model to the worker.
    kept = json.loads(json.dumps(config)) | {"base_model_name_or_path": None}

    def fill(folder: Path) -> None:
        save_file({n: t.contiguous() for n, t in state.items()}, folder / ADAPTER, {"format": "pt"})
        tuned.write_json(folder / ADAPTER_CONFIG, kept)
        if mark is not None:
            (folder / MARK).write_bytes(mark.to_bytes())

    tuned.whole(target, fill, private=mark is None)
