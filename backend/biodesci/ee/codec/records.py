"""Tabular records: x' = x T + δ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.parts import Part


def encode(part: Part, shift: Tensor | None, x: NDArray[Any]) -> NDArray[np.float64]:
    """x (n, F), normalized -> x T + δ in fp64. InputError for another width, NaN and Inf."""
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != part.size:
        raise InputError(
            f"The records have shape {x.shape}; the codec takes (n, {part.size}).",
            "Encode the records with the model's feature plan first.",
        )
    if not np.isfinite(x).all():
        raise InputError(
            "The records hold missing or infinite values.", "Normalize them first: that fills missing values."
        )
    # einsum keeps the order of summation, so that a record's encoding does not depend on its neighbours.
    moved = np.einsum("nf,fg->ng", x, part.matrix().numpy())
    result: NDArray[np.float64] = moved if shift is None else moved + shift.numpy()
    return result
