"""Encrypts, decrypts and re-keys checkpoints on disk, tensor by tensor: memory stays far below a shard.

Everything is written into a fresh folder beside the target, which takes its name when all is there: an error
or an interrupt leaves nothing. A killed process (SIGKILL, power) leaves its `.NAME.*` folder, readable by its
owner alone, to be deleted by hand; no later run uses it. Decrypted weights and the files around them are for
their owner alone (0600, in a folder of 0700)."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError, StateError, WrongKeyError
from biodesci.ee.architectures import registry
from biodesci.ee.checkpoint.reading import CONFIG, GENERATION, INDEX, Checkpoint, Stored
from biodesci.ee.checkpoint.writing import ShardWriter, created
from biodesci.ee.folding import require_finite
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey, PlainTensors
from biodesci.ee.layout import Layout, Rule
from biodesci.ee.mark import Mark
from biodesci.ee.serving.config import encrypted_config, encrypted_generation_config

Progress = Callable[[int], None]  # bytes done since the last call
# Rows are moved in runs of about this many numbers: the fp64 copies of a vocabulary stay small (4 MiB).
RUN = 1 << 19
# What the moves in fp64 lose by themselves.
DOUBLE = 1e-13


def make_key(source: Checkpoint, mode: Mode, *, shuffle: bool = False) -> ModelKey:
    """A fresh key for a plain checkpoint. InputError where the architecture, a tensor or the mode does not
    fit."""
    if Mark.of(source.config) is not None:
        raise StateError(
            "This checkpoint is already encrypted.", "Use `biodesci model rekey` to give it another key."
        )
    check_floating(source)
    # The layout decides which norm weights the key has to keep.
    names = source.tensors.keys()
    layout = layout_of(source, mode, shuffle)
    plain = {name: source.tensor(name) for name in layout.folded}
    types = {name: stored.dtype for name, stored in source.tensors.items()}
    return ModelKey.generate(
        source.config, names, mode, PlainTensors(plain, types), shuffle=shuffle, generation=source.generation
    )


def layout_of(source: Checkpoint, mode: Mode, shuffle: bool) -> Layout:
    """The layout, with every shape compared with the checkpoint's."""
    layout = registry.layout(source.config, source.tensors.keys(), mode, shuffle=shuffle)
    for name, rule in layout.rules.items():
        if not rule.buffer and source.tensors[name].shape != rule.shape:
            raise InputError(
                f"The tensor {name} is {source.tensors[name].shape}, but config.json says {rule.shape}.",
                "Use the weights and the config.json of one model.",
            )
    return layout


@dataclass(frozen=True)
class Beside:
    """What is written beside the tensors: config.json, generation_config.json if there is one, and marks in
    each shard's metadata. `private`: nobody but the owner may read the files."""

    config: Mapping[str, Any]
    generation: Mapping[str, Any] | None
    metadata: Mapping[str, str]
    private: bool = False


def encrypt(source: Checkpoint, key: ModelKey, target: Path, progress: Progress = lambda _: None) -> None:
    """Writes the encrypted checkpoint into `target`, which must not exist."""
    config = encrypted_config(key, dict(source.config))
    generation = encrypted_generation_config(key, dict(source.generation)) if source.generation else None
    jobs = [(name, origin, rule, source.tensors[origin]) for name, origin, rule in key.encrypted_tensors()]

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield from _runs(key, rule, source.tensor(origin), source.tensor, inverse=False, name=name)

    _write(source, target, jobs, rows, Beside(config, generation, {"ee_key_id": key.key_id}), progress)


def decrypt(source: Checkpoint, key: ModelKey, target: Path, progress: Progress = lambda _: None) -> None:
    """Writes the plain checkpoint that `source` is the encryption of, or was fine-tuned from."""
    check_key(source, key)
    rules = key.layout.rules
    jobs = [(name, name, rule, source.tensors[name]) for name, rule in rules.items()]
    config = dict(key.config)
    for name in untied(source, key):
        _, rule = key.layout.extra[name]
        jobs.append((name, name, rule, source.tensors[name]))
        config["tie_word_embeddings"] = False

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield from _runs(key, rule, source.tensor(origin), source.tensor, inverse=True, name=name)

    _write(source, target, jobs, rows, Beside(config, key.generation, {}, private=True), progress)


def untied(source: Checkpoint, key: ModelKey) -> list[str]:
    """The tensors that were tied before encryption and have been trained apart since: those with a row that
    is further from its twin's than rounding to the stored types explains."""
    return [
        name
        for name, (origin, rule) in key.layout.extra.items()
        if not _tied(key, source.tensor(name), rule, source.tensor(origin), key.layout.rules[origin])
    ]


def _tied(key: ModelKey, one: Tensor, rule: Rule, other: Tensor, origin: Rule) -> bool:
    """Whether two encrypted tensors may come from the same plain one. `one` has been rounded once, u |x|, and
    `other`, with its rounding, is multiplied by at most the largest folded weight: orthogonal maps do the
    rest."""
    reach = 1.0 if rule.fold is None else float(key.plain[rule.fold].double().abs().max())
    step = max(1, RUN // (one.shape[1] if one.ndim == 2 else 1))
    for start in range(0, one.shape[0], step):
        stored, twin = one[start : start + step].double(), other[start : start + step].double()
        if one.ndim == 2:
            # Their rows lie in one order; only columns are moved by different parts.
            moved = key.basis.columns(rule, key.basis.columns(origin, twin, inverse=True), inverse=False)
        else:
            moved, stored, twin = twin[:, None], stored[:, None], twin[:, None]
        room = _rounding(stored, one.dtype) + reach * _rounding(twin, other.dtype)
        if not bool(((stored - moved).norm(dim=1) <= room).all()):
            return False
    return True


def _rounding(rows: Tensor, dtype: torch.dtype) -> Tensor:
    """How far each row may be from what it was before it was stored as `dtype`, at most."""
    known = torch.finfo(dtype)
    least = known.smallest_normal * known.eps * rows.shape[1] ** 0.5  # where numbers are subnormal
    room: Tensor = (known.eps / 2 + DOUBLE) * rows.norm(dim=1) + least
    return room


def rekey(
    source: Checkpoint, old: ModelKey, new: ModelKey, target: Path, progress: Progress = lambda _: None
) -> None:
    """Writes the checkpoint under another key of the same mode; no plain weight is written on the way.

    Whoever has both encryptions can link them: a new key alone protects nothing that was readable before.
    """
    check_key(source, old)
    config = encrypted_config(new, dict(old.config))
    generation = encrypted_generation_config(new, dict(old.generation)) if old.generation else None
    rules = {name: rule for name, _, rule in old.encrypted_tensors()}
    # What is still tied comes from one tensor again, so that roundings don't add up to look like training.
    apart = set(untied(source, old))
    jobs = [
        (name, name if name in apart else origin, rule, source.tensors[name])
        for name, origin, rule in new.encrypted_tensors()
    ]

    def plain(name: str) -> Tensor:
        return old.decrypt_tensor(name, source.tensor(name), rules[name], source.tensor)

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield new.encrypt_tensor(name, plain(origin), rule, plain)

    _write(source, target, jobs, rows, Beside(config, generation, {"ee_key_id": new.key_id}), progress)


def check_key(source: Checkpoint, key: ModelKey) -> None:
    """Raises WrongKeyError, or StateError for a plain checkpoint, unless `source` was encrypted under
    `key`."""
    mark = Mark.of(source.config)
    if mark is None:
        raise StateError(
            "This checkpoint is not marked as encrypted.",
            "Name the folder that `biodesci model encrypt` wrote.",
        )
    key.check(mark.key_id)
    expected = {name for name, _, _ in key.encrypted_tensors()}
    if expected != set(source.tensors):
        odd = sorted(expected ^ set(source.tensors))
        raise WrongKeyError(
            f"The checkpoint does not fit the key: missing or unknown are {', '.join(odd[:4])}.",
            "Use the checkpoint as it was encrypted, or fine-tuned from there, without adapters.",
        )


def check_floating(source: Checkpoint) -> None:
    """Raises InputError unless the weights are floating point, but for the architecture's constants."""
    constants = registry.of(source.config).constants
    for name, stored in source.tensors.items():
        if not stored.dtype.is_floating_point and len(stored.shape) >= 2 and not name.endswith(constants):
            raise InputError(
                f"The tensor {name} holds integers: quantized weights have no exact key.",
                "Use the checkpoint in F32, BF16 or F16.",
            )


def _runs(
    key: ModelKey, rule: Rule, x: Tensor, look: Callable[[str], Tensor], *, inverse: bool, name: str
) -> Iterator[Tensor]:
    """The moved tensor, in runs of rows where rows only change places."""
    rows = key.basis.row_order(rule, inverse) if x.numel() > RUN and x.ndim == 2 else None
    if rows is None:
        move = key.decrypt_tensor if inverse else key.encrypt_tensor
        yield move(name, x, rule, look)
        return
    step = max(1, RUN // x.shape[1])
    for start in range(0, x.shape[0], step):
        run = x[rows[start : start + step]]
        require_finite(name, run)
        yield key.basis.columns(rule, run, inverse)


def _write(
    source: Checkpoint,
    target: Path,
    jobs: list[tuple[str, str, Rule, Stored]],
    rows: Callable[[str, str, Rule], Iterator[Tensor]],
    beside: Beside,
    progress: Progress,
) -> None:
    taken = StateError(f"{target} exists already.", "Name a folder that does not exist yet.")
    if target.exists():
        raise taken
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, so that parallel runs don't meet, and closed to others whatever is written in it.
    own = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        partial = own / f"{target.name}.partial"
        partial.mkdir(mode=0o700 if beside.private else 0o777)
        shards: dict[str, list[tuple[str, str, Rule, Stored]]] = {}
        for job in jobs:
            shards.setdefault(job[3].file, []).append(job)
        for file, tensors in shards.items():
            contents = {name: stored for name, _, _, stored in tensors}
            marks = {"format": "pt", **beside.metadata}
            with ShardWriter(partial / file, contents, marks, private=beside.private) as writer:
                for name, origin, rule, stored in tensors:
                    progress(writer.write(rows(name, origin, rule), stored.dtype))
        if source.sharded:
            total = sum(stored.size for _, _, _, stored in jobs)
            index = {"metadata": {"total_size": total}, "weight_map": {job[0]: job[3].file for job in jobs}}
            _json(partial / INDEX, index, beside.private)
        _json(partial / CONFIG, beside.config, beside.private)
        if beside.generation is not None:
            _json(partial / GENERATION, beside.generation, beside.private)
        try:
            partial.rename(target)
        except OSError as exc:
            if target.exists():  # a parallel run was faster
                raise taken from exc
            raise
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _json(path: Path, value: Mapping[str, Any], private: bool) -> None:
    with created(path, private=private) as file:
        file.write((json.dumps(value, indent=2, sort_keys=True) + "\n").encode())
