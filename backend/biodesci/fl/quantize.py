"""Real numbers as elements of Z_2^32, so that a sum over n nodes cannot overflow unnoticed.

docs/protocol.md, "Secure aggregation": `round(v · 2^scale)` as int32, refused when n values of that size
could reach 2^31. Two widths:

- *narrow*: one ring element a value. For model updates (4 bytes a parameter) and counts (scale 0).
- *wide*: three ring elements a value, limbs of 21 bits, the highest signed. For sums of squares of raw
  features, whose range is not known beforehand. The limbs of 100 nodes add up to less than 2^28.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from biodesci.core.errors import InputError

Ring = npt.NDArray[np.uint32]
Reals = npt.NDArray[np.float64]

MAX_NODES: Final = 100
MAX_SCALE: Final = 30
LIMBS: Final = 3
LIMB_BITS: Final = 21
_WIDE_LIMIT: Final = 1 << 62


def encode(values: npt.ArrayLike, scale: int, nodes: int) -> Ring:
    """Encode values (P,) for a sum over `nodes` nodes. Raises InputError rather than let a sum wrap round."""
    scaled = _scaled(values, scale, nodes)
    worst = float(np.max(np.abs(scaled), initial=0.0))
    if worst * nodes >= 2**31:
        raise InputError(
            f"An update has an entry of size {worst / 2**scale:.6g}; summed over {nodes} nodes at "
            f"scale {scale} it could overflow.",
            "Clip the update, or open the round with a smaller scale.",
        )
    return _ring(scaled)


def decode(total: Ring, scale: int) -> Reals:
    """The sum (P,) as reals. Exact: a float64 holds every int32 divided by a power of two."""
    reals: Reals = _signed(total).astype(np.float64) / 2**scale
    return reals


def encode_wide(values: npt.ArrayLike, scale: int, nodes: int) -> Ring:
    """Encode values (P,) as limbs (3·P,), low limb first, for a sum over `nodes` nodes.

    Raises InputError for NaN, infinity and values that do not fit.
    """
    scaled = _scaled(values, scale, nodes)
    worst = float(np.max(np.abs(scaled), initial=0.0))
    if worst * nodes >= _WIDE_LIMIT:
        raise InputError(
            f"A statistic of size {worst / 2**scale:.6g} does not fit three limbs at scale {scale}.",
            "Check the feature's unit, or open the round with a smaller scale.",
        )
    whole = scaled.astype(np.int64)
    mask = np.int64((1 << LIMB_BITS) - 1)
    limbs = [whole & mask, (whole >> LIMB_BITS) & mask, whole >> (2 * LIMB_BITS)]
    return _ring(np.stack(limbs, axis=1).reshape(-1))


def decode_wide(total: Ring, scale: int) -> Reals:
    """The sum (3·P,) of limbs as reals (P,). InputError unless they are a multiple of three."""
    if total.size % LIMBS:
        raise InputError(f"{total.size} ring elements are not a whole number of limbs.", "Check the layout.")
    limbs = _signed(total).astype(np.int64).reshape(-1, LIMBS)
    whole = limbs[:, 0] + (limbs[:, 1] << LIMB_BITS) + (limbs[:, 2] << (2 * LIMB_BITS))
    reals: Reals = whole.astype(np.float64) / 2**scale
    return reals


def _scaled(values: npt.ArrayLike, scale: int, nodes: int) -> Reals:
    if not 1 <= nodes <= MAX_NODES:
        raise InputError(f"A round of {nodes} nodes is not supported.", f"Enrol 1 to {MAX_NODES} nodes.")
    if not 0 <= scale <= MAX_SCALE:
        raise InputError(f"A scale of {scale} bits is not supported.", f"Choose 0 to {MAX_SCALE}.")
    reals = np.asarray(values, dtype=np.float64)
    if reals.ndim != 1:
        raise InputError(f"An update must be a vector, not of {reals.ndim} dimensions.", "Flatten it first.")
    if not np.isfinite(reals).all():
        raise InputError("An update holds NaN or infinity.", "Training diverged: lower the learning rate.")
    scaled: Reals = np.rint(reals * 2.0**scale)
    return scaled


def _ring(whole: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Ring:
    return whole.astype(np.int32).view(np.uint32)


def _signed(total: Ring) -> npt.NDArray[np.int32]:
    return np.asarray(total, dtype=np.uint32).view(np.int32)
