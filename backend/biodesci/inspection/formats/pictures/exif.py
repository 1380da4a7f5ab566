"""EXIF, XMP, IPTC and comments, as Pillow gives them."""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from PIL import ExifTags, Image, UnidentifiedImageError

from biodesci.core.errors import InputError
from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

BROKEN: Final = (
    struct.error,
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    EOFError,
    IndexError,
    AttributeError,
    OverflowError,
    RuntimeError,
)
_MOST_PAGES: Final = 10_000
_LONGEST_TEXT: Final = 1 << 16
_LETTERS: Final = re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}")
_TECHNICAL: Final = frozenset({"Make", "Model", "Software", "LensMake", "LensModel", "InterColorProfile"})
_NAMES: Final = re.compile(r"Artist|Owner|Author|Photographer|Copyright")
_DEVICES: Final = re.compile(r"Serial|HostComputer|UniqueID")
_BYTES: Final = re.compile(r"MakerNote|PrintImageMatching")


@contextmanager
def unbounded() -> Iterator[None]:
    """Pillow opens pictures of any size: their pixels are not decoded here."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def look(stream: BinaryIO, tally: Tally) -> Iterator[Passage]:
    """Tallies the metadata of a picture's pages, yields their texts. Raises InputError for a damaged one."""
    try:
        with unbounded(), Image.open(stream) as picture:
            pages = min(getattr(picture, "n_frames", 1), _MOST_PAGES) if picture.format == "TIFF" else 1
            for page in range(pages):
                if pages > 1:
                    picture.seek(page)
                yield from _page(picture, tally)
    except BROKEN:
        raise InputError("The picture is cut off or damaged.", "Fetch or write it again.") from None
    reason = "words and faces in the picture are not read here; confirm that there are none"
    tally.add("pixels", "words or faces in a picture", Level.ASK, reason)


def block(raw: bytes, tally: Tally) -> Iterator[Passage]:
    """Tallies a block of EXIF that stands by itself, as in a PNG."""
    exif = Image.Exif()
    try:
        exif.load(raw)
        yield from _exif(exif, tally)
    except BROKEN:
        raise InputError("The picture's EXIF is damaged.", "Write the picture again.") from None


def _page(picture: Image.Image, tally: Tally) -> Iterator[Passage]:
    if picture.format != "PNG":  # of a PNG Pillow would decode the pixels for it
        yield from _exif(picture.getexif(), tally)
    for key in ("comment", "xmp", "photoshop"):
        text = _text(picture.info.get(key))
        if text:
            tally.add(key, "free text", Level.ASK, "people may be named in it")
            yield from tally.passages(key, text)


def _exif(exif: Image.Exif, tally: Tally) -> Iterator[Passage]:
    yield from _tags(dict(exif), ExifTags.TAGS, tally)
    yield from _tags(exif.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS, tally)
    if any(
        value not in {"", b"", None} for value in map(_plain, exif.get_ifd(ExifTags.IFD.GPSInfo).values())
    ):
        tally.add("EXIF GPS", "address", Level.STOP, "it says where the picture was taken")


def _tags(tags: Mapping[int, Any], names: Mapping[int, str], tally: Tally) -> Iterator[Passage]:
    for number, value in tags.items():
        name, text = names.get(number, f"0x{number:04X}"), _text(value)
        if not text or name in _TECHNICAL or not isinstance(_plain(value), str | bytes):
            continue
        place = f"tag {name}"
        if "Date" in name or re.fullmatch(r"\d{4}:\d\d:\d\d.*", text):
            tally.add(place, "date", Level.ASK, "days of a treatment lead to a person unless shifted")
            continue
        if _BYTES.search(name):
            tally.add(
                place, "bytes that are not read", Level.ASK, "only the camera's maker knows what they hold"
            )
            continue
        if _DEVICES.search(name):
            tally.add(place, "institution or device", Level.ASK, "it leads to one camera or computer")
        elif _NAMES.search(name):
            tally.add(place, "name", Level.ASK, "it names who made or owns the picture")
        elif isinstance(_plain(value), str) or len(text) > 3:  # shorter bytes are versions
            tally.add(place, "free text", Level.ASK, "people may be named in it")
        for part in re.split(r"[|\r\n]+", text):  # scanners and microscopes write lists of fields
            if re.search(r"[^\W\d_]{3}", part):
                yield from tally.passages(place, part)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and len(value) == 1:
        return value[0]
    return value


def _text(value: Any) -> str:
    """The letters of a value; of XML those of its attributes, too."""
    value = _plain(value)
    if isinstance(value, bytes):
        if value[1:2] == b"\0" or value[2:4] == b"\0\0":  # Windows writes UTF-16
            return value.decode("utf-16-le", "replace").strip("\0 ")[:_LONGEST_TEXT]
        value = b" ".join(_LETTERS.findall(value[:_LONGEST_TEXT])).decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return re.sub(r"[<>=\"]+", " ", value).strip("\0 ")[:_LONGEST_TEXT]
