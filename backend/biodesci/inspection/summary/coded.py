"""Values that are counted one by one: each different text has a code, and each row the code of its text."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biodesci.inspection.summary import texts

MISSING: Final = -1
"""The code of a row without a value."""


class Coded:
    """Texts by their codes 0, 1, 2 ..., and how many rows have each. Of `limit` spellings of values the codes
    are kept, so that of a batch only new ones are looked at one by one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.missing = 0  # rows without a value
        self._codes: dict[str, int] = {}
        self._counts = np.zeros(0, np.int64)
        self._spellings: pa.Array | None = None
        self._spelled = np.zeros(0, np.int32)  # the codes of these spellings

    @property
    def values(self) -> dict[str, int]:
        """How many rows have each text, in the order of the codes."""
        return dict(zip(self._codes, self._counts.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, array: pa.Array) -> NDArray[np.int32] | None:
        """Counts a batch: the code of each row. None, and nothing is counted, for more than `limit` different
        values."""
        encoded = pc.dictionary_encode(array)
        if len(encoded.dictionary) > self._limit:
            return None
        places = encoded.indices
        if places.null_count:  # what is null has the place after all values
            places = pc.fill_null(places, len(encoded.dictionary))
        of_values = np.append(self._of(encoded.dictionary), np.int32(MISSING))
        rows = places.to_numpy(zero_copy_only=False)
        by_value = np.bincount(rows, minlength=len(of_values))
        grown = len(self._codes) - len(self._counts)
        self._counts = np.append(self._counts, np.zeros(grown, np.int64))
        is_there = of_values != MISSING
        np.add.at(self._counts, of_values[is_there], by_value[is_there])
        self.missing += int(by_value[~is_there].sum())
        codes: NDArray[np.int32] = of_values[rows]
        return codes

    def _of(self, spellings: pa.Array) -> NDArray[np.int32]:
        """The codes of spellings, of which new texts get new ones."""
        if self._spellings is None:
            return self._of_new(spellings)
        place = pc.index_in(spellings, value_set=self._spellings)
        is_new = place.is_null()
        codes: NDArray[np.int32] = self._spelled[pc.fill_null(place, 0).to_numpy(zero_copy_only=False)]
        codes[is_new.to_numpy(zero_copy_only=False)] = self._of_new(spellings.filter(is_new))
        return codes

    def _of_new(self, spellings: pa.Array) -> NDArray[np.int32]:
        codes = np.fromiter(map(self._code, spellings.to_pylist()), np.int32, len(spellings))
        self._remember(spellings, codes)
        return codes

    def _code(self, value: Any) -> int:
        text = text_of(value)
        return MISSING if texts.is_missing(text) else self._codes.setdefault(text.strip(), len(self._codes))

    def _remember(self, spellings: pa.Array, codes: NDArray[np.int32]) -> None:
        if not len(spellings) or len(self._spelled) + len(spellings) > self._limit:
            return
        before = [] if self._spellings is None else [self._spellings]
        self._spellings = pa.concat_arrays([*before, spellings])
        self._spelled = np.append(self._spelled, codes)


def text_of(value: object) -> str:
    """A value as the text that stands for it; a null is an empty one."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
