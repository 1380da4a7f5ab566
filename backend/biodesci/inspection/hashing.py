"""64-bit hashes of a column's values, a batch at a time: the same in every run, so that samples are, too.

Eight bytes after the other are mixed in with splitmix64's finalizer. Nothing secret rests on it: who makes up
values of one hash makes a table's own counts of people smaller.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_LONG: Final = 256  # bytes of a text from which on it is hashed by itself
_NULL: Final = np.uint64(0x9E3779B97F4A7C15)
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


def hashed(array: pa.Array) -> NDArray[np.uint64]:
    """The hash of each row's value as text (n rows -> n hashes); all nulls have one."""
    if pa.types.is_dictionary(array.type):
        if len(array.dictionary) <= len(array):
            return _of_places(array)
        array = array.dictionary_decode()
    plain = _as_bytes(array)
    if not len(plain):
        return np.zeros(0, np.uint64)
    _, offsets, data = plain.buffers()
    starts = np.frombuffer(offsets, np.int64, len(plain) + 1, plain.offset * 8)
    # Eight bytes may be read from every place of the values.
    padded = np.zeros(int(starts[-1] - starts[0]) + 8, np.uint8)
    if data is not None:
        padded[:-8] = np.frombuffer(data, np.uint8, len(padded) - 8, int(starts[0]))
    hashes = _of_bytes(padded, starts - starts[0])
    if plain.null_count:
        hashes[~plain.is_valid().to_numpy(zero_copy_only=False)] = _NULL
    return hashes


def mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's finalizer (Steele, Lea, Flood 2014), which spreads each bit over all."""
    hashes = hashes + np.uint64(0x9E3779B97F4A7C15)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def _of_places(array: pa.DictionaryArray) -> NDArray[np.uint64]:
    """Each value of the dictionary is hashed once."""
    places = array.indices
    if places.null_count:  # what is null has the place after all values
        places = pc.fill_null(places.cast(pa.int64()), len(array.dictionary))
    of_values = np.append(hashed(array.dictionary), _NULL)
    hashes: NDArray[np.uint64] = of_values[places.to_numpy(zero_copy_only=False)]
    return hashes


def _of_bytes(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hashes of the values that lie from one of `starts` to the next; `data` has eight bytes more."""
    lengths = np.diff(starts)
    words: NDArray[np.uint64] = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
    hashes = mixed(lengths.astype(np.uint64))
    for place in range(0, min(int(lengths.max()), _LONG), 8):
        rows = np.flatnonzero((lengths > place) & (lengths <= _LONG))
        left = np.minimum(lengths[rows] - place, 8).astype(np.uint64)
        word = words[starts[rows] + place] & (_ALL >> (np.uint64(64) - np.uint64(8) * left))
        hashes[rows] = mixed(hashes[rows] ^ word)
    for row in np.flatnonzero(lengths > _LONG):
        digest = hashlib.blake2b(data[starts[row] : starts[row + 1]].tobytes(), digest_size=8).digest()
        hashes[row] = np.frombuffer(digest, "<u8")[0]
    return hashes


def _as_bytes(array: pa.Array) -> Any:
    """The values as Arrow's texts or bytes with offsets of 64 bits."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_large_binary(array.type):
        return array
    if any(is_bytes(array.type) for is_bytes in (pa.types.is_binary, pa.types.is_fixed_size_binary)):
        return pc.cast(array, pa.large_binary())
    try:
        return pc.cast(array, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array(
            [None if value is None else str(value) for value in array.to_pylist()], pa.large_string()
        )
