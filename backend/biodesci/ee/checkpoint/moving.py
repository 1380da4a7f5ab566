"""Encrypts, decrypts and re-keys checkpoints on disk, tensor by tensor: memory stays far below a shard.

Everything is written into a folder beside the target, which takes its name when all is there: whatever goes
wrong, nothing half done is left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from biodesci.core.errors import InputError, StateError, WrongKeyError
from biodesci.ee.architectures import registry
from biodesci.ee.checkpoint.reading import CONFIG, GENERATION, INDEX, Checkpoint, Stored
from biodesci.ee.checkpoint.writing import ShardWriter
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey, require_finite
from biodesci.ee.layout import Layout, Rule
from biodesci.ee.serving.config import encrypted_config, encrypted_generation_config

Progress = Callable[[int], None]  # bytes done since the last call
# Rows are moved in runs of about this many numbers: the fp64 copies of a vocabulary stay small (4 MiB).
RUN = 1 << 19
# What decryption may differ by between two tensors that were one, and still be tied again.
TIED = 1e-5


def make_key(source: Checkpoint, mode: Mode, *, shuffle: bool = False) -> ModelKey:
    """A fresh key for a plain checkpoint. InputError where the architecture, a tensor or the mode does not
    fit."""
    if "ee" in source.config:
        raise StateError(
            "This checkpoint is already encrypted.", "Use `biodesci model rekey` to give it another key."
        )
    check_floating(source)
    # The layout decides which norm weights the key has to keep.
    names = source.tensors.keys()
    folded = layout_of(source, mode, shuffle).folded
    plain = {name: source.tensor(name) for name in folded}
    return ModelKey.generate(
        source.config, names, mode, plain=plain, shuffle=shuffle, generation=source.generation
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


def encrypt(source: Checkpoint, key: ModelKey, target: Path, progress: Progress = lambda _: None) -> None:
    """Writes the encrypted checkpoint into `target`, which must not exist."""
    config = encrypted_config(key, dict(source.config))
    generation = encrypted_generation_config(key, dict(source.generation)) if source.generation else None

    def contents(name: str, origin: str, rule: Rule) -> Stored:
        stored = source.tensors[origin]
        return replace(stored, shape=stored.shape * 2) if rule.diagonal else stored

    jobs = [
        (name, origin, rule, contents(name, origin, rule)) for name, origin, rule in key.encrypted_tensors()
    ]

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield from _runs(key, rule, source.tensor(origin), source.tensor, inverse=False, name=name)

    _write(source, target, jobs, rows, config, generation, {"ee_key_id": key.key_id}, progress)


def decrypt(source: Checkpoint, key: ModelKey, target: Path, progress: Progress = lambda _: None) -> None:
    """Writes the plain checkpoint that `source` is the encryption of, or was fine-tuned from."""
    check_key(source, key)
    rules = key.layout.rules
    jobs = [
        (
            name,
            name,
            rule,
            replace(source.tensors[name], shape=rule.shape) if rule.diagonal else source.tensors[name],
        )
        for name, rule in rules.items()
    ]
    config = dict(key.config)
    for name in untied(source, key):
        _, rule = key.layout.extra[name]
        jobs.append((name, name, rule, source.tensors[name]))
        config["tie_word_embeddings"] = False

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield from _runs(key, rule, source.tensor(origin), source.tensor, inverse=True, name=name)

    _write(source, target, jobs, rows, config, key.generation, {}, progress)


def untied(source: Checkpoint, key: ModelKey) -> list[str]:
    """The tensors that were tied before encryption and have been trained apart since."""
    apart = []
    for name, (origin, rule) in key.layout.extra.items():
        one = key.decrypt_tensor(name, source.tensor(name), rule, source.tensor)
        other = key.decrypt_tensor(origin, source.tensor(origin), key.layout.rules[origin], source.tensor)
        if float((one.double() - other.double()).norm()) > TIED * float(other.double().norm()) + 1e-30:
            apart.append(name)
    return apart


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
    jobs = [(name, name, rule, source.tensors[name]) for name, _, rule in new.encrypted_tensors()]

    def plain(name: str) -> Tensor:
        return old.decrypt_tensor(name, source.tensor(name), rules[name], source.tensor)

    def rows(name: str, origin: str, rule: Rule) -> Iterator[Tensor]:
        yield new.encrypt_tensor(name, plain(origin), rule, plain)

    _write(source, target, jobs, rows, config, generation, {"ee_key_id": new.key_id}, progress)


def check_key(source: Checkpoint, key: ModelKey) -> None:
    """Raises WrongKeyError, or StateError for a plain checkpoint, unless `source` was encrypted under
    `key`."""
    marked = source.config.get("ee")
    if not isinstance(marked, dict) or "key_id" not in marked:
        raise StateError(
            "This checkpoint is not marked as encrypted.",
            "Name the folder that `biodesci model encrypt` wrote.",
        )
    key.check(str(marked["key_id"]))
    expected = {name for name, _, _ in key.encrypted_tensors()}
    if expected != set(source.tensors):
        odd = sorted(expected ^ set(source.tensors))
        raise WrongKeyError(
            f"The checkpoint does not fit the key: missing or unknown are {', '.join(odd[:4])}.",
            "Use the checkpoint as it was encrypted, or fine-tuned from there, without adapters.",
        )


def check_floating(source: Checkpoint) -> None:
    """Raises InputError unless the weights are floating point; integer buffers are let through by the
    layout."""
    for name, stored in source.tensors.items():
        if (
            not stored.dtype.is_floating_point
            and len(stored.shape) >= 2
            and not name.endswith(("position_ids", "token_type_ids", "attn.bias"))
        ):
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
    config: Mapping[str, Any],
    generation: Mapping[str, Any] | None,
    metadata: Mapping[str, str],
    progress: Progress,
) -> None:
    if target.exists():
        raise StateError(f"{target} exists already.", "Name a folder that does not exist yet.")
    partial = target.parent / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        shards: dict[str, list[tuple[str, str, Rule, Stored]]] = {}
        for job in jobs:
            shards.setdefault(job[3].file, []).append(job)
        for file, held in shards.items():
            contents = {name: stored for name, _, _, stored in held}
            with ShardWriter(partial / file, contents, {"format": "pt", **metadata}) as writer:
                for name, origin, rule, stored in held:
                    progress(writer.write(rows(name, origin, rule), stored.dtype))
        if source.sharded:
            total = sum(stored.size for _, _, _, stored in jobs)
            index = {"metadata": {"total_size": total}, "weight_map": {job[0]: job[3].file for job in jobs}}
            _json(partial / INDEX, index)
        _json(partial / CONFIG, config)
        if generation is not None:
            _json(partial / GENERATION, generation)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
