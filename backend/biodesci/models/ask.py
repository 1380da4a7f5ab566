"""A client asks an encrypted model in a folder, with a codec or the client half of a split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save
from torch import Tensor

from biodesci.core import files
from biodesci.core.errors import InputError
from biodesci.ee.architectures import registry
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.codec import Codec
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.serving.model import Answer, EncryptedModel
from biodesci.models import encrypted_folder
from biodesci.models.encrypted_folder import Marks
from biodesci.models.tuning import records
from biodesci.models.tuning.data import load_tokenizer

ARGUMENTS = ("pixel_values", "x", "input_ids")


def open_model(
    folder: Path,
    secret: Codec | ClientHalf,
    *,
    tokenizer: Path | None = None,
    padded: bool = False,
) -> EncryptedModel:
    """The client of the encrypted model (or split's server half) in `folder`. WrongKeyError for another
    model's secret, InputError where a codec meets a split or the reverse."""
    marks = Marks.read(folder)
    secret.check(marks.key_id)
    plain = None if tokenizer is None else load_tokenizer(tokenizer)
    if registry.of(marks.config).blueprint is None:
        return EncryptedModel.load(secret, folder, tokenizer=plain, padded=padded)
    model = encrypted_folder.load(folder).model
    dtype = next(model.parameters()).dtype

    def run(x: Tensor) -> Any:
        return model(x.to(dtype))

    return EncryptedModel(secret, run)


def read_inputs(path: Path, column: str) -> list[str] | Tensor:
    """Texts of a CSV or JSON Lines, or an array named as the model's argument: records x (n, F), images
    pixel_values (n, C, H, W), token numbers input_ids (n, T)."""
    if not records.is_arrays(path):
        return records.read_texts(path, column)
    arrays = records.read_arrays(path)
    named = [name for name in ARGUMENTS if name in arrays]
    if len(named) != 1:
        raise InputError(
            f"{path} has the arrays {', '.join(sorted(arrays))}.", f"One of {', '.join(ARGUMENTS)} is asked."
        )
    return arrays[named[0]]


def ask(
    model: EncryptedModel,
    inputs: Sequence[str] | Tensor,
    *,
    folder: Path,
    batch_size: int = 16,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Answer]:
    """The decoded answers, one per input; `progress` gets how many were answered since the last call."""
    if isinstance(inputs, Tensor) and inputs.is_floating_point():
        types = {s.dtype for s in Checkpoint.open(folder).tensors.values() if s.dtype.is_floating_point}
        wide = torch.float64 if types == {torch.float64} else torch.float32
        inputs = inputs.to(wide)
    asked = inputs if isinstance(inputs, Tensor) else list(inputs)
    return model(asked, batch_size=batch_size, progress=progress)


def write_answers(target: Path, answers: Sequence[Answer]) -> None:
    """As safetensors, fp64: `logits` (n, classes), ...; answers per token as `hidden.0` (length, d), ..."""
    columns = {}
    for name in answers[0]:
        rows = [torch.from_numpy(answer[name]) for answer in answers]
        if rows[0].ndim == 1:
            columns[name] = torch.stack(rows).numpy()
        else:
            columns |= {f"{name}.{i}": row.contiguous().numpy() for i, row in enumerate(rows)}
    files.write_private(target, save(columns))
