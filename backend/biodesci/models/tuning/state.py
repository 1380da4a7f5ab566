"""Where a run of fine-tuning stands, on disk after each epoch, so that a killed one goes on at the same bits.

One safetensors file, never a pickle: the trained weights, the model's buffers, the optimizer's state, and, in
its metadata, what is run and how far it is (`TuningState`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from biodesci.core.documents.tuning import Run, TuningState
from biodesci.core.errors import InputError, StateError
from biodesci.core.safetensors_header import Header

FORMAT = "biodesci/tuning-state/v1"
FILE = "state.safetensors"


@dataclass(frozen=True, eq=False)
class StoppedRun:
    """A run after its last whole epoch: `progress` says how far it is, `weights` are its weights and buffers
    by the model's own names, and `optimizer` is what `Stepper.state` gives."""

    progress: TuningState
    weights: Mapping[str, Tensor] = field(repr=False)
    optimizer: Mapping[str, Tensor] = field(repr=False)


def folder_of(target: Path) -> Path:
    """The folder beside the target that a run keeps its state in."""
    return target.parent / f"{target.name}.tuning"


def moving(model: nn.Module) -> dict[str, Tensor]:
    """What training changes: parameters that require gradients, and buffers."""
    trained = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    return trained | {f"buffer:{name}": buffer for name, buffer in model.named_buffers()}


def save(target: Path, stopped: StoppedRun) -> None:
    """Replaces the state of the run into `target` in one step."""
    folder = folder_of(target)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"weight:{n}": t for n, t in stopped.weights.items()}
    tensors |= {f"optimizer:{n}": t for n, t in stopped.optimizer.items()}
    partial = folder / f".{FILE}.partial"
    save_file(
        {n: t.detach().cpu().clone().contiguous() for n, t in tensors.items()},
        partial,
        {"format": FORMAT, "state": stopped.progress.to_bytes().decode()},
    )
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(folder / FILE)


def find(target: Path, run: Run) -> StoppedRun | None:
    """Where an earlier run into `target` stopped; None where there was none. StateError if it was another run
    than `run`, or its state is damaged."""
    path = folder_of(target) / FILE
    if not path.exists():
        return None
    try:
        progress = TuningState.parse(Header.read(path).metadata["state"].encode())
        tensors = load_file(path)
        parts: dict[str, dict[str, Tensor]] = {"weight": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            part, _, rest = name.partition(":")
            parts[part][rest] = tensor
    except (InputError, SafetensorError, OSError, KeyError, ValueError, StateError) as exc:
        raise StateError(f"{path} is damaged.", f"Delete {path.parent} to start anew.") from exc
    differing = _differences(progress.run.model_dump(), run.model_dump())
    if differing:
        raise StateError(
            f"A run into {target} was begun with another {', '.join(differing)}.",
            f"Repeat the command as it was, name another target, or delete {path.parent} to start anew.",
        )
    return StoppedRun(progress, parts["weight"], parts["optimizer"])


def restore(model: nn.Module, stopped: StoppedRun) -> None:
    """Puts the weights of the stopped run into the model. StateError where they are of another model."""
    own = moving(model)
    if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in stopped.weights.items()}:
        raise StateError("The state is of another model.", "Delete its folder to start anew.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(stopped.weights[name])


def forget(target: Path) -> None:
    """Removes the state of a run that is over."""
    shutil.rmtree(folder_of(target), ignore_errors=True)


def _differences(one: Any, other: Any, name: str = "run") -> list[str]:
    """The names of the innermost fields that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        inner = [_differences(one.get(n), other.get(n), n) for n in sorted(set(one) | set(other))]
        return [name for names in inner for name in names]
    return [] if one == other else [name]
