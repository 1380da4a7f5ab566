"""The forward pass of inference worker and auditor: fp64 on one CPU thread, the same for any batch.

Every record is computed alone, because matrix products over several rows may sum in another order. On one
machine the result is the same to the bit; between kinds of CPU it may differ in the last digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from biodesci.core.errors import InputError
from biodesci.ee.architectures.blueprint import Blueprint


def infer(config: Blueprint, tensors: Mapping[str, NDArray[Any]], x: NDArray[Any]) -> NDArray[np.float64]:
    """Logits (n, classes) for x (n, F) under `tensors` (encrypted or not)."""
    rows = np.ascontiguousarray(x, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != config.features:
        raise InputError(
            f"The input has shape {rows.shape}; the model takes (n, {config.features}).",
            "Encode the records with the model's feature plan and codec.",
        )
    if not np.isfinite(rows).all():
        raise InputError("The input holds missing or infinite values.", "Normalize the records first.")
    model = config.build({name: torch.from_numpy(np.array(t)) for name, t in tensors.items()})
    model.eval()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            logits = [model(torch.from_numpy(row[None])).numpy()[0] for row in rows]
    finally:
        torch.set_num_threads(threads)
    return np.array(logits, dtype=np.float64).reshape(len(rows), config.classes)
