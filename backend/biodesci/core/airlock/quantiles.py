"""Quantiles with enough people on each side."""

from __future__ import annotations

from collections.abc import Sequence

from biodesci.core.airlock.moments import digits_of, significant
from biodesci.core.airlock.rules import SMALL


def released(values: Sequence[float], share: float) -> float | None:
    """The quantile at `share` (0 to 1) of one value a person, in rising order; None where fewer than 11
    people are on one of its sides, or where it is the value of one person alone between them.

    It is the mean of the 11 values around it, as told quantiles must not be a person's own value.
    """
    below = int(share * len(values))
    if below < SMALL or len(values) - below < SMALL:
        return None
    around = values[below - SMALL // 2 : below + SMALL // 2 + 1]
    return significant(sum(around) / len(around), digits_of(len(values)))
