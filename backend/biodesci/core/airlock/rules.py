"""The rules by name: what each says, and who asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
"""Of all rules together. A report names it, so that a reader knows which rules were kept."""
SMALL: Final = 11
"""The smallest number of people that a cell, a group or a sum may be of (k)."""

_SDC: Final = "Hundepool et al., Statistical Disclosure Control, Wiley 2012"
_OUTPUTS: Final = "Griffiths et al., Handbook on Statistical Disclosure Control for Outputs, SDAP 2019"


@dataclass(frozen=True)
class Rule:
    """A rule: its name in reports and refusals, what it says, and its source."""

    name: str
    says: str
    source: str


THRESHOLD: Final = Rule(
    "threshold",
    "No cell, group or sum is told that is of fewer than 11 people.",
    f"{_OUTPUTS}, frequency tables",
)
ZERO: Final = Rule(
    "zero cells",
    "A cell of nobody is hidden as one of few people is: it says of everybody that they are elsewhere.",
    f"{_OUTPUTS}, class disclosure",
)
COMPLEMENT: Final = Rule(
    "complementary suppression",
    "Hidden cells are several, and of at least 11 people together, so that a total gives none of them back.",
    f"{_SDC}, chapter 4",
)
ROUNDING: Final = Rule(
    "rounding",
    "Counts are rounded to tens and to three digits, other numbers to two to four digits by how many people "
    "they are of.",
    f"{_SDC}, chapter 5; OpenSAFELY, rounding of outputs",
)
P_PERCENT: Final = Rule(
    "p-percent",
    "Of a sum the second largest contributor must not be able to tell the largest within 10%.",
    f"{_SDC}, section 4.2",
)
NK: Final = Rule(
    "(n, k) dominance",
    "One person makes at most 25% of a sum, and two at most 90% of it.",
    f"{_SDC}, section 4.2",
)
EXTREMES: Final = Rule(
    "no extremes",
    "Neither minimum nor maximum is told: each is one person's value.",
    f"{_OUTPUTS}, maxima and minima",
)
QUANTILES: Final = Rule(
    "quantiles",
    "A quantile has at least 11 people on each side.",
    f"{_OUTPUTS}, percentiles",
)
MOMENTS: Final = Rule(
    "moments",
    "Mean and standard deviation are of the values in told cells alone, of which there are at least 11 "
    "different ones, so that they give no hidden count and no outlier back.",
    f"{_OUTPUTS}, means; the arithmetic is in moments.py",
)
DIFFERENCING: Final = Rule(
    "differencing",
    "What changed between two releases by fewer than 11 people is not told in the later one.",
    f"{_OUTPUTS}, differencing",
)

RULES: Final = (
    THRESHOLD, ZERO, COMPLEMENT, ROUNDING, P_PERCENT, NK, EXTREMES, QUANTILES, MOMENTS, DIFFERENCING,
)  # fmt: skip
