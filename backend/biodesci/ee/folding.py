"""What tensors have to be, so that a key moves them and decryption gives them back.

They are finite; and a norm's weight that is folded into the layers that read it is not too small for their
type."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.layout import Layout

# Folding multiplies by a norm's weights and decryption divides by them: smallest against largest weight...
SMALLEST_FOLD = 1e-5
# ... and what rounding to the readers' own type may cost a decrypted column, relative to its size.
MOST_LOSS = 0.05


def require_finite(name: str, x: Tensor) -> None:
    """Raises InputError for NaN and Inf."""
    if x.is_floating_point() and not bool(torch.isfinite(x).all()):
        raise InputError(
            f"The tensor {name} holds NaN or infinite values.",
            "Use a checkpoint from before training diverged.",
        )


def check_fold(name: str, weight: Tensor, *types: torch.dtype) -> None:
    """Raises InputError if folding a norm's weight γ could not be undone in the `types` that its readers are
    stored in (else in its own).

    A stored number is off by at most u of itself (bf16: 2⁻⁸, fp16: 2⁻¹¹, fp32: 2⁻²⁴). The key spreads this
    over all columns, so decryption gives column j back to about u · rms(γ) / |γ_j| of the columns' usual
    size. Admitted are at most 5% (MOST_LOSS): bf16 takes weights down to a 13th of their root mean square,
    fp16 to a 100th; in every type to a 100,000th of the largest (SMALLEST_FOLD)."""
    require_finite(name, weight)
    size = weight.double().abs()
    if float(size.min()) <= SMALLEST_FOLD * float(size.max()):
        raise InputError(
            f"The norm weight {name} is (nearly) zero in places: folded into the next layer, those could "
            "not be decrypted again.",
            "Encrypt this model in permutation mode, which folds nothing.",
        )
    coarse = max(types or (weight.dtype,), key=lambda dtype: torch.finfo(dtype).eps)
    loss = torch.finfo(coarse).eps / 2 * float(size.square().mean().sqrt()) / float(size.min())
    if loss > MOST_LOSS:
        raise InputError(
            f"The norm weight {name} is small in places: folded into a layer in {str(coarse)[6:]}, those "
            f"would come back {loss:.0%} off, more than {MOST_LOSS:.0%}.",
            "Convert the model to float32 first, or encrypt it in permutation mode, which folds nothing.",
        )


def readers_of(layout: Layout, folded: str, types: Mapping[str, torch.dtype]) -> list[torch.dtype]:
    """The types of what a norm weight is folded into, as far as they are known."""
    rules = list(layout.rules.items()) + [(source, rule) for source, rule in layout.extra.values()]
    return [types[name] for name, rule in rules if folded in (rule.fold, rule.unfold) and name in types]
