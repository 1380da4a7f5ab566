"""Walks through an HDF5 file. Links out of it are never followed: they lead to other files of the house."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import h5py
import numpy as np

from biodesci.core.errors import InputError
from biodesci.inspection.content import Item, Passage, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import tree
from biodesci.inspection.formats.hdf5 import columns
from biodesci.inspection.formats.tally import Tally

_MOST_OBJECTS: Final = 100_000
_LARGEST_ATTRIBUTE: Final = 16 << 20
_FEW: Final = 1_000  # strings that are looked at one by one
_ADVICE: Final = "Write the file again, or leave it out."
_SPARSE: Final = frozenset({"data", "indices", "indptr"})
# What AnnData and PyTables say of how they write.
_ENCODING: Final = frozenset(
    {
        "encoding-type",
        "encoding-version",
        "column-order",
        "_index",
        "CLASS",
        "VERSION",
        "PYTABLES_FORMAT_VERSION",
    }
)


def walk(file: h5py.File, where: str) -> Iterator[Item]:
    """Everything that the file holds. Raises InputError for what can't be read."""
    try:
        yield from _walk(file, where)
    except columns.BROKEN:
        raise InputError("An object of the HDF5 file can't be read.", _ADVICE) from None


def _walk(file: h5py.File, where: str) -> Iterator[Item]:
    tally = Tally(where)
    names: dict[str, None] = {}
    for path, group in _groups(file, tally, names):
        encoding = _encoding(group)
        if encoding == "dataframe" and path != "/":
            yield from _frame(path, group, tally)
        elif encoding != "categorical" and not encoding.startswith("nullable-"):
            yield from _arrays(path, group, tally)
        yield from _attributes(path, group, tally)
    yield from tree.joined(f"{where}: names of groups and arrays".removeprefix(": "), names)
    yield from tally.findings()


def _groups(file: h5py.File, tally: Tally, names: dict[str, None]) -> Iterator[tuple[str, h5py.Group]]:
    """Each group once, however many links lead to it."""
    waiting, met = [("", file)], set()
    while waiting:
        path, group = waiting.pop()
        token = h5py.h5o.get_info(group.id).addr
        if token in met:
            continue
        met.add(token)
        yield path or "/", group
        for name in group:
            names[name] = None
            if len(names) > _MOST_OBJECTS or len(met) > _MOST_OBJECTS:
                raise InputError(f"The HDF5 file has more than {_MOST_OBJECTS:,} names.", "Split it.")
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                tally.add(
                    "links", "link to another file", Level.STOP, "what it leads to is not published with it"
                )
            elif isinstance(link, h5py.HardLink) and group.get(name, getclass=True) is h5py.Group:
                waiting.append((f"{path}/{name}", group[name]))


def _encoding(group: h5py.Group) -> str:
    return str(group.attrs.get("encoding-type", ""))


def _frame(path: str, group: h5py.Group, tally: Tally) -> Iterator[Item]:
    """A data frame of AnnData: its index, and its columns in whichever encoding."""
    found = []
    for name in group:
        element = _opened(group, name)
        label = "index" if name == "_index" else name
        column = None
        if isinstance(element, h5py.Group):
            column = columns.of_encoded(label, element)
        elif isinstance(element, h5py.Dataset) and _may_be_read(f"{path}/{name}", element, tally):
            column = columns.of_dataset(label, element) if element.ndim == 1 else None
            yield from _attributes(f"{path}/{name}", element, tally)
        if column is None:
            tally.add(
                _place(f"{path}/{name}"),
                "column that is not read",
                Level.STOP,
                "its encoding is unknown here",
            )
        else:
            found.append(column)
    if found and len({column.length for column in found}) != 1:
        raise InputError("Columns of a data frame in the HDF5 file have different lengths.", _ADVICE)
    if found:
        yield columns.table(path.strip("/"), found)


def _arrays(path: str, group: h5py.Group, tally: Tally) -> Iterator[Item]:
    """The arrays of a group: those of one length are the columns of a table."""
    by_length: dict[int, list[columns.Column]] = defaultdict(list)
    is_sparse = set(group) >= _SPARSE
    for name in group:
        element = _opened(group, name)
        if not isinstance(element, h5py.Dataset):
            continue
        place = f"{path.rstrip('/')}/{name}"
        yield from _attributes(place, element, tally)
        if (is_sparse and name in _SPARSE) or not _may_be_read(place, element, tally):
            continue
        if element.dtype.names and element.ndim == 1:
            yield columns.table(place.strip("/"), columns.of_fields(element))
        elif columns.is_text(element.dtype) and (element.ndim != 1 or len(element) <= _FEW):
            yield from _texts(place, element, tally)
        elif element.ndim == 1 and element.dtype.kind in "biufSUO":
            by_length[len(element)].append(columns.of_dataset(name, element))
    for length, found in by_length.items():
        if length > 1:
            yield columns.table(path.strip("/"), found)


def _texts(place: str, dataset: h5py.Dataset, tally: Tally) -> Iterator[Passage | Table]:
    if dataset.size > _FEW * _FEW:
        tally.add(
            _place(place),
            "texts that are not read",
            Level.STOP,
            "they stand in an array of several dimensions",
        )
        return
    try:
        found = columns.texts(dataset)
    except columns.BROKEN:
        raise InputError("A dataset of the HDF5 file can't be read.", _ADVICE) from None
    for text in found:
        yield from tally.passages(_place(place), text)


def _may_be_read(path: str, dataset: h5py.Dataset, tally: Tally) -> bool:
    """Tallies what nobody can look into. Matrices of numbers and what was never written are left out."""
    place, dtype = _place(path), dataset.dtype
    if dataset.external or dataset.is_virtual:
        tally.add(place, "data in another file", Level.STOP, "the array's values are not in this file")
        return False
    if str(dataset.attrs.get("PSEUDOATOM", "")).strip("b'") in {"object", "vlunicode"} or (
        dtype.kind == "V" and not dtype.names
    ):
        tally.add(
            place, "bytes that are not read", Level.STOP, "they may be objects of a program, such as pickles"
        )
        return False
    if h5py.check_ref_dtype(dtype) is not None or dataset.shape is None:
        return False
    is_of_interest = bool(dtype.names) or columns.is_text(dtype) or dataset.ndim == 1
    if is_of_interest and not columns.is_readable(dataset):
        tally.add(
            place, "array that is not read", Level.STOP, "it claims to be larger than what is read here"
        )
        return False
    return is_of_interest and (dataset.id.get_storage_size() > 0 or columns.is_text(dtype))


def _attributes(path: str, element: Any, tally: Tally) -> Iterator[Passage]:
    for name in element.attrs:
        if name in _ENCODING:
            continue
        place = f"attribute {name[:40]!r} of {_place(path)}"
        try:
            attribute = h5py.h5a.open(element.id, name.encode("utf-8", "surrogateescape"))
            if attribute.shape != (0,) and attribute.get_storage_size() > _LARGEST_ATTRIBUTE:
                tally.add(place, "attribute that is not read", Level.STOP, "it has more than 16 MiB")
                continue
            value = element.attrs[name]
        except columns.BROKEN:
            tally.add(place, "attribute that is not read", Level.STOP, "its type is unknown here")
            continue
        for part in np.atleast_1d(np.asarray(value, dtype=object)).ravel():
            if isinstance(part, str | bytes):
                text = part.decode("utf-8", "replace") if isinstance(part, bytes) else part
                yield from tally.passages(place, text)


def _opened(group: h5py.Group, name: str) -> Any:
    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.HardLink):
        return None
    try:
        return group[name]
    except columns.BROKEN:
        raise InputError("An object of the HDF5 file can't be opened.", _ADVICE) from None


def _place(path: str) -> str:
    return f"array {path[-60:]!r}"
