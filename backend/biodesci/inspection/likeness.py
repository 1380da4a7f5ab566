"""The sketch of a table by which its owner's home sees later that another table is of the same people.

Hashes are keyed by a secret of the home, so that a sketch tells nobody else which values are in a table.
Numbers hash by value, however they are written; names and order of columns do not count.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from biodesci.core.airlock.overlap import KEPT, MOST_ROWS, Sketch
from biodesci.core.airlock.rules import SMALL
from biodesci.core.documents.dataset_card import MAX_FIELDS
from biodesci.inspection.hashing import mixed
from biodesci.inspection.identifiers.persons import person_column
from biodesci.inspection.summary import texts
from biodesci.inspection.summary.column import is_number, is_text

Hashes = npt.NDArray[np.uint64]
_COLUMNS: Final = 8  # that are combined
_AT_ONCE: Final = 3  # columns of a combination, at most
_LOOKED_AT: Final = 2_000  # rows by which columns and combinations are chosen
_UNIQUE: Final = 0.97  # a combination tells rows apart that differs in so many of them
_LONGEST: Final = 256  # bytes of a text, on average


class Likeness:
    """Makes the sketch of a table whose batches are fed one after the other."""

    def __init__(self, schema: pa.Schema, declared_person: str | None, key: bytes) -> None:
        """`key` is the home's secret."""
        self._schema, self._key, self._rows = schema, key, 0
        self._person = person_column(schema.names, declared_person)
        self._salt = np.uint64(int.from_bytes(hashlib.blake2b(b"number", key=key, digest_size=8).digest()))
        self._columns: list[int] | None = None
        self._measured: list[str] = []
        self._kept: dict[tuple[int, ...], Hashes] = {}

    def feed(self, batch: pa.RecordBatch) -> None:
        """Takes more rows in."""
        if not batch.num_rows:
            return
        if self._columns is None:
            self._choose(batch.slice(0, _LOOKED_AT))
        if self._kept and self._rows <= MOST_ROWS:
            columns = {i: self._hashed(batch.column(i)) for i in self._columns or ()}
            for chosen, kept in self._kept.items():
                self._kept[chosen] = _smallest(kept, _combined([columns[i] for i in chosen]))
        self._rows += batch.num_rows

    def finish(self) -> Sketch:
        """Of all rows."""
        return Sketch(
            rows=self._rows,
            measured=frozenset(self._measured),
            combinations=tuple(frozenset(kept.tolist()) for kept in self._kept.values() if len(kept)),
        )

    def _choose(self, batch: pa.RecordBatch) -> None:
        """The columns with most values, the column of persons, and which of them together tell rows apart."""
        distinct = {}
        for i in range(min(batch.num_columns, MAX_FIELDS)):
            column = batch.column(i)
            if _is_hashed(column) and not _is_numbering(column):
                distinct[i] = pc.count_distinct(_plain(column)).as_py()
        by_size = sorted(distinct, key=lambda i: (-distinct[i], i))
        chosen = {i for i in by_size[:_COLUMNS] if distinct[i] >= SMALL}
        if self._person in distinct:
            chosen.add(self._person)
        self._columns = sorted(chosen)
        # Pseudonyms and dates may be other ones the next time, for the same people.
        self._measured = [batch.schema.field(i).name for i in self._columns if _is_measured(batch.column(i))]
        columns = {i: self._hashed(batch.column(i)) for i in self._columns}
        for size in range(1, _AT_ONCE + 1):
            for some in combinations(self._columns, size):
                hashes = _combined([columns[i] for i in some])
                is_unique = len(hashes) >= SMALL and len(np.unique(hashes)) >= _UNIQUE * len(hashes)
                if is_unique or some == (self._person,):
                    self._kept[some] = np.empty(0, np.uint64)

    def _hashed(self, array: pa.Array) -> tuple[Hashes, npt.NDArray[np.bool_]]:
        """The hash of each value, and which are there."""
        array = _plain(array)
        if not is_number(array.type):
            return self._of_texts(pc.cast(array, pa.string()))
        numbers = pc.cast(array, pa.float64(), safe=False)
        plain = pc.fill_null(numbers, math.nan).to_numpy(zero_copy_only=False)
        return self._of_numbers(plain), np.isfinite(plain)

    def _of_texts(self, array: pa.Array) -> tuple[Hashes, npt.NDArray[np.bool_]]:
        """Each different text is hashed once."""
        encoded = pc.dictionary_encode(array)
        values = [text.strip() for text in encoded.dictionary.to_pylist()]
        keyed = hashlib.blake2b(key=self._key, digest_size=8)
        digests, numbers = bytearray(), dict[int, float]()
        for i, text in enumerate(values):
            number = _number(text)
            if number is None:
                one = keyed.copy()
                one.update(text.encode())
                digests += one.digest()
            else:
                digests += bytes(8)
                numbers[i] = number
        # The last stands for null.
        hashes = np.append(np.frombuffer(digests, ">u8").astype(np.uint64), np.uint64(0))
        is_there = np.append(~np.fromiter(map(texts.is_missing, values), np.bool_, len(values)), False)
        if numbers:
            hashes[list(numbers)] = self._of_numbers(np.array(list(numbers.values()), np.float64))
        places = pc.fill_null(encoded.indices, len(values)).to_numpy(zero_copy_only=False)
        return hashes[places], is_there[places]

    def _of_numbers(self, numbers: npt.NDArray[np.float64]) -> Hashes:
        return mixed((numbers + 0.0).view(np.uint64) ^ self._salt)  # + 0.0 makes -0.0 zero


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _is_hashed(array: pa.Array) -> bool:
    if is_text(array.type):
        return bool(array.nbytes <= _LONGEST * (len(array) + 1))
    return is_number(array.type) or bool(pa.types.is_temporal(array.type))


def _is_measured(array: pa.Array) -> bool:
    plain: pa.Array = _plain(array)
    if is_number(plain.type):
        return True
    values: list[str] = plain.drop_null().to_pylist() if is_text(plain.type) else []
    return bool(values) and all(_number(text) is not None or texts.is_missing(text) for text in values)


def _is_numbering(array: pa.Array) -> bool:
    """Whether a column numbers the rows, as any table's may."""
    try:
        numbers = pc.cast(_plain(array), pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    if numbers.null_count:
        return False
    ordered: npt.NDArray[np.int64] = numbers.to_numpy()
    is_next: npt.NDArray[np.bool_] = ordered[1:] - ordered[:-1] == 1
    return bool(is_next.all())


def _number(text: str) -> float | None:
    first = text.lstrip()[:1]
    if not (first.isdecimal() or first in "+-."):  # most texts are none, and to try takes long
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _combined(columns: Sequence[tuple[Hashes, npt.NDArray[np.bool_]]]) -> Hashes:
    """One hash a row, whatever the order of the columns; of rows in which none of the values is missing."""
    total, is_there = columns[0]
    for hashes, others in columns[1:]:
        total, is_there = total + hashes, is_there & others
    return mixed(total[is_there] + np.uint64(len(columns)))


def _smallest(kept: Hashes, more: Hashes) -> Hashes:
    if len(kept) == KEPT:
        more = more[more < kept[-1]]
    return np.unique(np.concatenate([kept, more]))[:KEPT] if len(more) else kept
