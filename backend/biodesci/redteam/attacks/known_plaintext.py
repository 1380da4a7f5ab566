"""Attack 4: known plaintext. Pairs of an input (or hidden state) and its encoding give the key that
encodes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from biodesci.ee.groups import Mode
from biodesci.redteam.attacks import matching

RIGHT = 1e-3  # relative error below which the key counts as found: good for three digits of every record


@dataclass(frozen=True)
class Solved:
    """T (F, F) and δ (F,) such that an encoding is x T + δ."""

    matrix: Tensor
    shift: Tensor


def solve(plain: Tensor, encoded: Tensor, mode: Mode) -> Solved:
    """From pairs (n, F). The mode is public, and says what T is among: it decides how many pairs are enough.

    permutation: coordinates are matched, one or two pairs of real numbers suffice; orthogonal: Procrustes;
    general: least squares with a shift, F + 1 pairs.
    """
    x, y = plain.double(), encoded.double()
    none = torch.zeros(x.shape[1], dtype=torch.float64)
    if mode == "permutation":
        return Solved(matching.columns(x, y, signed=True), none)
    if mode == "general":
        widened = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1)
        solution = torch.linalg.lstsq(widened, y, driver="gelsd").solution
        return Solved(solution[:-1], solution[-1])
    return Solved(matching.procrustes(x, y), none)


def decode_error(solved: Solved, plain: Tensor, encoded: Tensor) -> float:
    """Relative error of records (n, F) that the attacker had not known, decoded with the key that was
    solved."""
    decoded = torch.linalg.lstsq(
        solved.matrix.T, (encoded.double() - solved.shift).T, driver="gelsd"
    ).solution.T
    return matching.relative_error(decoded, plain)


def sessions_needed(pairs_needed: int, per_session: int) -> int:
    """After how many sessions a server that is also a user has them, if the key stays the same."""
    return -(-pairs_needed // per_session)


def pairs_needed(plain: Tensor, encoded: Tensor, mode: Mode, held_out: int = 64) -> int | None:
    """The fewest of these pairs with which the others decode right; None if all are too few.

    `held_out` last pairs test; success grows with pairs, so the number is found by bisection.
    """
    train, test = plain[:-held_out], plain[-held_out:]
    seen, hidden = encoded[:-held_out], encoded[-held_out:]

    def enough(n: int) -> bool:
        return decode_error(solve(train[:n], seen[:n], mode), test, hidden) < RIGHT

    if not enough(len(train)):
        return None
    low, high = 0, len(train)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
