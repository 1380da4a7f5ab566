"""An encrypted checkpoint's folder as anybody sees it, without key: marks, layout, stock model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from biodesci.core.errors import InputError, StateError
from biodesci.ee.architectures import registry
from biodesci.ee.architectures.architecture import Task
from biodesci.ee.checkpoint.reading import CONFIG, Checkpoint, read_json
from biodesci.ee.groups import MODES, Mode
from biodesci.ee.layout import Layout
from biodesci.ee.mark import Mark
from biodesci.models.stock_names import stored_names

ADAPTER_CONFIG = "adapter_config.json"  # of PEFT
SAVED = "Save the plain model by its class's save_pretrained, encrypt that folder, and grant codecs anew."


@dataclass(frozen=True)
class Marks:
    """What config.json of an encrypted checkpoint says of its key, and the rest of it."""

    key_id: str
    mode: Mode
    split: bool  # whether the first blocks stay at the client (`model split`)
    config: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Marks:
        """The marks of the checkpoint in a folder. Raises StateError for a plain one; InputError for damaged
        marks, or an adapter in the folder."""
        config = read_json(folder / CONFIG)
        if (folder / ADAPTER_CONFIG).exists():
            raise stray_adapter(folder)
        mark = Mark.of(config)
        if mark is None:
            raise StateError(
                f"{folder} holds no encrypted checkpoint.",
                "Name the folder that `biodesci model encrypt` wrote.",
            )
        if mark.mode not in MODES:
            raise InputError(
                f"The mode {mark.mode[:40]!r} is not known here.",
                f"Encrypt the plain model anew: the modes are {', '.join(MODES)}. Or update BioDeSci.",
            )
        return cls(mark.key_id, mark.mode, mark.split is not None, config)

    @property
    def is_stock(self) -> bool:
        """Whether the model is one of `transformers`, which takes seconds to import, and not of our own."""
        return registry.of(self.config).blueprint is None

    @property
    def kind(self) -> str:
        """The class of the model."""
        classes = self.config.get("architectures") or [self.config.get("model_type")]
        return str(classes[0])

    @property
    def task(self) -> Task:
        """What is trained; InputError where nothing is known of a head."""
        if self.split:
            raise InputError(
                "This is the server's half of a split model, which has no head.", "Use the whole model."
            )
        always = registry.of(self.config).task
        if always is not None:
            return always
        name = self.kind
        if name.endswith(("ForSequenceClassification", "ForImageClassification")):
            labels = self.config.get("id2label") or {}
            problem = self.config.get("problem_type") or "single_label_classification"
            if problem != "single_label_classification" or len(labels) == 1:
                raise InputError(
                    "This model regresses, or gives an input several labels: only single classes are known "
                    "here.",
                    "Use a model with one class per input, at least two of them.",
                )
            return "classes"
        if name.endswith(("ForCausalLM", "LMHeadModel")):
            return "next token"
        if name.endswith(("ForMaskedLM", "ForTokenClassification")):
            return "per token"
        raise InputError(f"{name} has no head that can be trained here.", f"Give it one. {SAVED}")


def stray_adapter(folder: Path) -> InputError:
    """Of a model's folder with adapter_config.json: transformers would load the adapter as well, or, in the
    place of the model beside it, the one that this file names."""
    return InputError(
        f"{folder} holds a model, and beside it a stray {ADAPTER_CONFIG}.",
        "Move the adapter's files into a folder of their own, or delete them if you do not know them.",
    )


@dataclass(frozen=True, eq=False)
class Loaded:
    """A stock model with the folder's encrypted weights, on the CPU, in the type that it computes in.

    `layout` names tensors as the model does, and `names` gives those names for the checkpoint's."""

    marks: Marks
    checkpoint: Checkpoint
    layout: Layout
    model: nn.Module
    names: Mapping[str, str]

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights in memory."""
        return next(p.dtype for p in self.model.parameters())


def load(folder: Path) -> Loaded:
    """Checks everything that can be checked without a key. Half-precision weights compute in fp32: steps are
    smaller than their last digit.

    Raises InputError for weights that do not fit, are not finite, or that the stock class names otherwise."""
    marks = Marks.read(folder)
    checkpoint = Checkpoint.open(folder)
    types = {s.dtype for s in checkpoint.tensors.values() if s.dtype.is_floating_point}
    dtype = torch.float64 if types == {torch.float64} else torch.float32
    registry.layout(marks.config, checkpoint.tensors.keys(), marks.mode)  # refuses what has no exact key
    model = build(marks, checkpoint, dtype)
    state = model.state_dict()
    # A model of our own calls its tensors what its checkpoint does.
    own = {stored: name for name, stored in stored_names(model).items()} if marks.is_stock else {}
    names = {stored: own.get(stored, stored) for stored in checkpoint.tensors}
    layout = registry.layout(marks.config, names.values(), marks.mode)
    for stored, name in names.items():
        if layout.rules[name].buffer:
            continue
        if name not in state or state[name].shape != checkpoint.tensors[stored].shape:
            raise InputError(f"{marks.kind} has no tensor {stored} of this shape.", SAVED)
        if not bool(torch.isfinite(state[name]).all()):
            raise InputError(
                f"The tensor {name} holds NaN or infinite values.",
                "Use a checkpoint from before training diverged.",
            )
    return Loaded(marks, checkpoint, layout, model, names)


def build(marks: Marks, checkpoint: Checkpoint, dtype: torch.dtype) -> nn.Module:
    """The model in evaluation mode; InputError where config.json names no class, or weights are missing."""
    blueprint = registry.of(marks.config).blueprint
    if blueprint is not None:
        state = {name: checkpoint.tensor(name) for name in checkpoint.tensors}
        return blueprint.from_settings(marks.config).build(state, dtype).eval()
    import transformers  # noqa: PLC0415  # slow, and not needed for the models above

    kind = getattr(transformers, marks.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, transformers.PreTrainedModel):
        raise InputError(f"transformers has no model {marks.kind}.", "Use the checkpoint's own config.json.")
    stock: Any = kind
    model, loading = stock.from_pretrained(
        checkpoint.folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    odd = sorted([*loading["missing_keys"], *loading["unexpected_keys"]])
    if odd:
        raise InputError(
            f"The checkpoint is not one of a {marks.kind}: missing or unknown are {', '.join(odd[:4])}.",
            SAVED,
        )
    result: nn.Module = model.eval()
    return result
