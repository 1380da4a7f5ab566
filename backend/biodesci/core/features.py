"""From a CSV table to the numbers a model reads, the same at every site.

A plan fixes columns, categories and label; it is public and part of what a node approves. Missing
values stay visible (NaN) until normalization, whose statistics come from sums over all sites: each
site contributes count, sum and sum of squares per numeric column, of values mapped from the column's
public range to [-1, 1]. So the sums are bounded by the number of rows, whatever the values.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from biodesci.core.documents.base import Document, Part
from biodesci.core.errors import InputError

Matrix = NDArray[np.float64]
MISSING = frozenset({"", "?", "na", "nan", "null", "none"})


class NumericColumn(Part):
    """A measured column; values outside its plausible range low..high are clipped to it.

    `indicator` adds a 0/1 feature that says whether the value was missing.
    """

    name: str
    low: float
    high: float
    zero_is_missing: bool = False
    indicator: bool = False


class CategoricalColumn(Part):
    """A column with known values, one 0/1 feature each; a missing value is all zeros."""

    name: str
    values: tuple[str, ...]


class LabelColumn(Part):
    """The class is 1 where the column's number is above the threshold, else 0."""

    name: str
    threshold: float


class FeaturePlan(Document):
    """Raw features are the numeric columns (NaN: missing), then one 0/1 column per category value.

    Numbers are floats, whatever they are written as: 100 and 100.0 would be two hashes to approve.
    """

    title: ClassVar = "feature plan"
    remedy: ClassVar = "Write it as docs/reference/schemas/feature-plan.json says."
    limit: ClassVar = 256 << 10
    readable: ClassVar = True

    numeric: tuple[NumericColumn, ...]
    categorical: tuple[CategoricalColumn, ...]
    label: LabelColumn

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [*self._columns(), self.label.name]
        if len(set(names)) != len(names) or len(names) < 2:
            raise InputError(
                "A feature plan needs features, and each column at most once.", "Correct the plan."
            )
        for column in self.numeric:
            if not column.low < column.high or not math.isfinite(column.high - column.low):
                raise InputError(f"The range of column {column.name} is empty.", "Correct the plan.")
        for category in self.categorical:
            if not category.values or len(set(category.values)) != len(category.values):
                raise InputError(f"Column {category.name} needs distinct values.", "Correct the plan.")
        return self

    def _columns(self) -> list[str]:
        return [c.name for c in self.numeric] + [c.name for c in self.categorical]

    @property
    def width(self) -> int:
        """Number of features after normalization: what the model reads."""
        indicators = sum(c.indicator for c in self.numeric)
        return len(self.numeric) + indicators + sum(len(c.values) for c in self.categorical)

    @property
    def feature_names(self) -> list[str]:
        """Names of the normalized features, in order."""
        names = [c.name for c in self.numeric]
        names += [f"{c.name} missing" for c in self.numeric if c.indicator]
        return names + [f"{c.name} = {v}" for c in self.categorical for v in c.values]

    def encode(self, table: bytes) -> tuple[Matrix, NDArray[np.int64]]:
        """Raw features (n, columns) and classes (n,). Errors name row and column, never the value."""
        rows = self._rows(table, labelled=True)
        y = [self._label(row, i) for i, row in enumerate(rows, start=2)]
        return self._raw(rows), np.array(y, dtype=np.int64)

    def encode_inputs(self, table: bytes) -> Matrix:
        """Raw features (n, columns) of a table that need not hold the label column."""
        return self._raw(self._rows(table, labelled=False))

    def sums(self, x: Matrix) -> Matrix:
        """Per numeric column count, sum, sum of squares of the present values, on the [-1, 1] scale."""
        values = self._mapped(x)
        present = ~np.isnan(values)
        filled = np.where(present, values, 0.0)
        moments = [present.sum(axis=0), filled.sum(axis=0), (filled**2).sum(axis=0)]
        result: Matrix = np.stack(moments, axis=1).reshape(-1).astype(np.float64)
        return result

    def _mapped(self, x: Matrix) -> Matrix:
        low = np.array([c.low for c in self.numeric])
        high = np.array([c.high for c in self.numeric])
        scaled = (2.0 * x[:, : len(self.numeric)] - (low + high)) / (high - low)
        clipped: Matrix = np.clip(scaled, -1.0, 1.0)
        return clipped

    def _rows(self, table: bytes, labelled: bool) -> list[dict[str, str]]:
        try:
            reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig")), strict=True)
            rows = list(reader)
        except (UnicodeDecodeError, csv.Error) as exc:
            raise InputError(
                "The table is not a CSV file in UTF-8.", "Export it again as CSV, UTF-8."
            ) from exc
        needed = self._columns() + [self.label.name] * labelled
        absent = [name for name in needed if name not in (reader.fieldnames or ())]
        if absent:
            raise InputError(f"The table has no column {', '.join(absent)}.", "Add the plan's columns.")
        if not rows:
            raise InputError("The table has no rows.", "Give at least one record.")
        return rows

    def _label(self, row: Mapping[str, str], line: int) -> int:
        value = _number(row[self.label.name], line, self.label.name)
        if math.isnan(value):
            raise InputError(f"The label in line {line} is missing.", "Leave out records without label.")
        return int(value > self.label.threshold)

    def _raw(self, rows: list[dict[str, str]]) -> Matrix:
        x = np.zeros((len(rows), len(self.numeric) + sum(len(c.values) for c in self.categorical)))
        for i, row in enumerate(rows):
            for j, column in enumerate(self.numeric):
                value = _number(row[column.name], i + 2, column.name)
                x[i, j] = math.nan if column.zero_is_missing and value == 0 else value
            offset = len(self.numeric)
            for category in self.categorical:
                text = (row[category.name] or "").strip()
                if text in category.values:
                    x[i, offset + category.values.index(text)] = 1.0
                elif text.lower() not in MISSING:
                    raise InputError(
                        f"Line {i + 2} holds an unknown value in column {category.name}.",
                        f"Known are {', '.join(category.values)}; leave a missing one empty.",
                    )
                offset += len(category.values)
        return x


@dataclass(frozen=True)
class Normalization:
    """Mean and deviation per numeric column, on the plan's [-1, 1] scale."""

    plan: FeaturePlan
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __post_init__(self) -> None:
        count = len(self.plan.numeric)
        if len(self.mean) != count or len(self.deviation) != count:
            raise InputError("The statistics do not fit the feature plan.", "Use the plan they belong to.")
        if not all(map(math.isfinite, self.mean)) or not all(
            math.isfinite(d) and d > 0 for d in self.deviation
        ):
            raise InputError("The statistics are not finite.", "Run the statistics round again.")

    @classmethod
    def from_sums(cls, plan: FeaturePlan, sums: NDArray[Any]) -> Normalization:
        """From the (securely aggregated) total of the sites' `FeaturePlan.sums`.

        Raises InputError unless they have shape (3 · numeric columns,).
        """
        total = np.asarray(sums, dtype=np.float64)
        if total.shape != (3 * len(plan.numeric),):
            raise InputError(
                f"Expected {3 * len(plan.numeric)} sums, got shape {total.shape}.",
                "Use the same feature plan.",
            )
        count, first, second = total.reshape(-1, 3).T
        # A column that nobody measured is 0 everywhere after `apply`, whatever its statistics.
        count = np.where(count >= 1, count, 1.0)
        mean = first / count
        variance = second / count - mean**2
        # A constant column carries nothing: dividing would blow up the rounding of fixed-point sums.
        deviation = np.where(variance > 1e-8, np.sqrt(np.maximum(variance, 1e-8)), 1.0)
        return cls(plan, tuple(map(float, mean)), tuple(map(float, deviation)))

    def apply(self, x: Matrix) -> Matrix:
        """Raw features -> (n, plan.width): standardized (missing: 0), indicators, categories.

        Raises InputError for another width than the plan's raw features (n, columns).
        """
        count = len(self.plan.numeric)
        raw_width = count + sum(len(c.values) for c in self.plan.categorical)
        if x.ndim != 2 or x.shape[1] != raw_width:
            raise InputError(
                f"The raw features have shape {x.shape}, not (n, {raw_width}).",
                "Encode them with this very plan.",
            )
        missing = np.isnan(x[:, :count])
        scaled = (self.plan._mapped(x) - np.array(self.mean)) / np.array(self.deviation)
        indicators = [j for j, c in enumerate(self.plan.numeric) if c.indicator]
        return np.hstack(
            [np.where(missing, 0.0, scaled), missing[:, indicators].astype(np.float64), x[:, count:]]
        )


def _number(text: str | None, line: int, column: str) -> float:
    stripped = (text or "").strip()
    if stripped.lower() in MISSING:
        return math.nan
    try:
        value = float(stripped)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        # Not raised in the handler above: the chained ValueError would show the value, a patient's.
        raise InputError(f"Line {line} holds no number in column {column}.", "Correct it, or leave it empty.")
    return value
