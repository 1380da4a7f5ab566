"""Whole-slide images: the label, the overview, and the properties that scanners write, by OpenSlide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import openslide

from biodesci.core.errors import InputError
from biodesci.inspection.content import Passage
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

_NUMBER: Final = re.compile(r"[-+\d.,eE:xX/ ]*")
_NOT_SLIDES: Final = frozenset({None, "generic-tiff"})
_ADVICE: Final = "Export the slide again, or leave it out."


def look(path: Path, tally: Tally) -> Iterator[Passage]:
    """Tallies a slide's associated images and properties; yields their texts. Of what is no slide nothing."""
    if openslide.OpenSlide.detect_format(path) in _NOT_SLIDES:
        return
    try:
        with openslide.OpenSlide(path) as slide:
            images, properties = set(slide.associated_images), dict(slide.properties)
    except openslide.OpenSlideError:
        raise InputError("The slide is cut off or damaged.", _ADVICE) from None
    for image in sorted(images & {"label", "macro"}):
        reason = (
            "a slide's label shows who it is of" if image == "label" else "an overview shows the label, too"
        )
        tally.add(f"associated image {image}", "label image", Level.STOP, reason)
    for name, value in properties.items():
        yield from _property(name, value, tally)


def _property(name: str, value: str, tally: Tally) -> Iterator[Passage]:
    place, vendor = f"property {name[:60]}", name.split(".", 1)[0]
    if vendor in {"openslide", "tiff"}:  # the first are computed, the others are looked at as the pages' tags
        return
    if re.search(r"barcode|label|filename|title|slide.?(id|name)|case|accession|sample", name, re.IGNORECASE):
        if value.strip():
            tally.add(place, "record number", Level.STOP, "laboratories write the case's number into it")
    elif re.search(r"user|operator|technician|hostname|serial|scanscope", name, re.IGNORECASE):
        tally.add(place, "institution or device", Level.ASK, "it tells who scanned the slide, and with what")
    elif re.search(r"date|time(?!.?zone)", name, re.IGNORECASE):
        tally.add(place, "date", Level.ASK, "days of a treatment lead to a person unless shifted")
        return
    if not _NUMBER.fullmatch(value):
        yield from tally.passages(place, value[: 1 << 16])
