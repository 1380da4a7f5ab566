"""Where a run of fine-tuning stands, on disk after each epoch, so that a killed one goes on at the same bits.

One safetensors file, never a pickle: the trained weights, the model's buffers, the optimizer's state, and a
JSON document of the run in its metadata."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from biodesci.core.errors import StateError

FORMAT = "biodesci/tuning-state/v1"
FILE = "state.safetensors"


@dataclass(frozen=True, eq=False)
class Stand:
    """`epochs` and `steps` that are done, the loss before the first; weights and buffers by the model's own
    names; `optimizer` as `Stepper.state` gives it."""

    epochs: int
    steps: int
    loss_before: float
    weights: Mapping[str, Tensor] = field(repr=False)
    optimizer: Mapping[str, Tensor] = field(repr=False)


def folder_of(target: Path) -> Path:
    """The folder beside the target that a run keeps its state in."""
    return target.parent / f"{target.name}.tuning"


def moving(model: nn.Module) -> dict[str, Tensor]:
    """What training changes: parameters that require gradients, and buffers."""
    trained = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    return trained | {f"buffer:{name}": buffer for name, buffer in model.named_buffers()}


def save(target: Path, run: Mapping[str, Any], stand: Stand) -> None:
    """Replaces the state in one step. `run`: the document that a later run must have, too."""
    folder = folder_of(target)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"weight:{n}": t for n, t in stand.weights.items()}
    tensors |= {f"optimizer:{n}": t for n, t in stand.optimizer.items()}
    document = {"run": run, "epochs": stand.epochs, "steps": stand.steps, "loss": stand.loss_before}
    partial = folder / f".{FILE}.partial"
    save_file(
        {n: t.detach().cpu().clone().contiguous() for n, t in tensors.items()},
        partial,
        {"format": FORMAT, "state": json.dumps(document)},
    )
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(folder / FILE)


def find(target: Path, run: Mapping[str, Any]) -> Stand | None:
    """Where a run before stopped; None where there was none. StateError if it was another run, or its state
    is damaged."""
    path = folder_of(target) / FILE
    anew = f"Repeat the command as it was, name another target, or delete {path.parent} to start anew."
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as opened:
            told = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # no mapping
        document = json.loads(told["state"])
        before, done = document["run"], (document["epochs"], document["steps"], document["loss"])
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as exc:
        raise StateError(f"{path} is damaged.", f"Delete {path.parent} to start anew.") from exc
    odd = _differences(before, json.loads(json.dumps(run)))
    if odd:
        raise StateError(f"A run into {target} was begun with another {', '.join(odd)}.", anew)
    parts: dict[str, dict[str, Tensor]] = {"weight": {}, "optimizer": {}}
    for name, tensor in tensors.items():
        what, _, rest = name.partition(":")
        parts[what][rest] = tensor
    return Stand(*done, parts["weight"], parts["optimizer"])


def take_up(model: nn.Module, stand: Stand) -> None:
    """Puts the weights of that moment into the model."""
    own = moving(model)
    if {n: t.shape for n, t in own.items()} != {n: t.shape for n, t in stand.weights.items()}:
        raise StateError("The state is of another model.", "Delete its folder to start anew.")
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(stand.weights[name])


def forget(target: Path) -> None:
    """Removes the state of a run that is over."""
    shutil.rmtree(folder_of(target), ignore_errors=True)


def _differences(one: Any, other: Any, name: str = "run") -> list[str]:
    """The names of the innermost fields that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = [_differences(one.get(n), other.get(n), n) for n in sorted(set(one) | set(other))]
        return [name for names in found for name in names]
    return [] if one == other else [name]
