"""One DICOM dataset, read without its large values: bounded in memory, depth and expansion."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydicom import Dataset, config, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.valuerep import VR

from biodesci.core.errors import InputError

LARGE: Final = 1 << 20
"""Values of more bytes stay on disk: pixels, waveforms, documents."""
_LARGEST_SEQUENCE: Final = 64 << 20
_LARGEST_INFLATED: Final = 256 << 20
_DEEPEST: Final = 32
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_TYPES: Final = frozenset(str(vr) for vr in VR if len(vr) == 2)  # others are alternatives
# What pydicom raises of bytes that are not as it expects.
BROKEN: Final = (
    InvalidDicomError,
    BytesLengthException,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    NotImplementedError,
    AttributeError,
)
_ADVICE: Final = "Export it from the archive again, or leave it out."


@contextmanager
def lenient() -> Iterator[None]:
    """pydicom reads values that break their type's rules without a word: old scanners write such."""

    with warnings.catch_warnings(), config.disable_value_validation():
        warnings.simplefilter("ignore")
        yield


def read(path: Path) -> Dataset:
    """The file's dataset, within `lenient`.

    Raises InputError for one that ends early, is nested without an end or expands too far.
    """

    size = path.stat().st_size
    is_deflated = _check_deflated(path)
    try:
        dataset = _parsed(path, None if is_deflated else LARGE)
    except RecursionError:
        raise InputError("Sequences of this DICOM file are nested without an end.", _ADVICE) from None
    except BROKEN:
        raise InputError("This DICOM file is damaged: its elements can't be read.", _ADVICE) from None
    if not len(dataset):
        raise InputError("This DICOM file holds no attribute.", _ADVICE)
    if not is_deflated:
        for tag in list(dataset.keys()):
            _require_whole(dataset.get_item(tag, keep_deferred=True), size)
    return dataset


def _parsed(path: Path, defer_size: int | None) -> Dataset:
    mode = config.settings.reading_validation_mode
    # An element that is cut off passes without a word in the other modes.
    config.settings.reading_validation_mode = config.RAISE
    try:
        return dcmread(path, force=True, defer_size=defer_size)
    except InvalidDicomError:
        config.settings.reading_validation_mode = config.IGNORE  # types other than the header says
        return dcmread(path, force=True, defer_size=defer_size)
    finally:
        config.settings.reading_validation_mode = mode


def elements(dataset: Dataset, depth: int = 0) -> Iterator[DataElement | RawDataElement]:
    """Each element once, raw where its value stayed on disk. Raises InputError for one that can't be read."""
    if depth > _DEEPEST:
        raise InputError(f"Sequences of this DICOM file are nested more than {_DEEPEST} deep.", _ADVICE)
    for tag in list(dataset.keys()):
        raw: Any = dataset.get_item(tag, keep_deferred=True)
        if getattr(raw, "is_raw", False) and raw.value is None and raw.length and not _is_sequence(raw):
            yield raw
            continue
        if getattr(raw, "is_raw", False) and raw.length > _LARGEST_SEQUENCE and raw.length != 0xFFFFFFFF:
            raise InputError("A sequence of this DICOM file has more than 64 MiB.", _ADVICE)
        try:
            yield dataset[tag]
        except BROKEN:
            if _is_sequence(raw):
                raise InputError("A sequence of this DICOM file can't be read.", _ADVICE) from None
            yield raw
        except RecursionError:
            raise InputError("Sequences of this DICOM file are nested without an end.", _ADVICE) from None


def vr_of(element: Any) -> str:
    """The type of the element's values: for a standard attribute the dictionary's, whatever the file says.

    A file that calls a patient's name a text would hide it otherwise. Of attributes that the dictionary
    doesn't know, or that may be of several types, it is the file's; UN where the file's is none.
    """
    own = str(element.VR) if element.VR in _TYPES else ""
    if own == "SQ":
        return own
    try:
        listed = str(dictionary_VR(element.tag))
    except KeyError:
        listed = ""
    if listed in _TYPES and listed != "SQ":
        return listed
    return own or (listed if listed == "SQ" and not element.VR else "UN")


def _is_sequence(raw: Any) -> bool:
    return vr_of(raw) == "SQ"


def _require_whole(raw: Any, size: int) -> None:
    if not getattr(raw, "is_raw", False) or raw.length in {0, 0xFFFFFFFF}:
        return
    is_short = raw.value is not None and len(raw.value) < raw.length
    if is_short or raw.value_tell + raw.length > size:
        tag = f"({raw.tag.group:04X},{raw.tag.element:04X})"
        raise InputError(f"This DICOM file ends within the element {tag}.", _ADVICE)


def _check_deflated(path: Path) -> bool:
    """Whether the dataset is deflated; refuses one that expands beyond what is read into memory."""

    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_preamble(stream, force=False)
            if _read_file_meta_info(stream).get("TransferSyntaxUID") != _DEFLATED:
                return False
        except BROKEN:  # without meta information it isn't deflated; other damage is told by who reads it
            return False
        inflater, inflated = zlib.decompressobj(-zlib.MAX_WBITS), 0
        try:
            while piece := inflater.unconsumed_tail or stream.read(1 << 16):
                inflated += len(inflater.decompress(piece, 1 << 20))
                if inflated > _LARGEST_INFLATED:
                    raise InputError("This DICOM file expands to more than 256 MiB.", "Save it uncompressed.")
        except zlib.error:
            raise InputError("The compressed part of this DICOM file is damaged.", _ADVICE) from None
    return True
