"""Writes small whole slides as Aperio's scanners do: a TIFF of tiled levels, label and macro in strips."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

SHORT, LONG, ASCII = 3, 4, 2
DESCRIPTION: Final = (
    "Aperio Image Library v11.2.1\r\n256x256 [0,0 256x256] (240x240) J2K|AppMag = 20|MPP = 0.499"
    "|Filename = S12-3456 Weber A1|Date = 03/07/19|Time = 10:11:12|User = aweber|ScanScope ID = SS7"
)


def aperio(path: Path, label: bool, description: str = DESCRIPTION) -> Path:
    """A slide of one level, 256 x 256 pixels in one tile; with `label` also label and macro images."""
    pages = [
        _page(256, 256, description, is_tiled=True),
        _page(64, 64, "Aperio Image Library v11.2.1\r\n256x256 -> 64x64", is_tiled=False),
    ]
    if label:
        pages.append(_page(64, 48, "Aperio Image Library v11.2.1\nlabel 64x48", is_tiled=False, subfile=1))
        pages.append(_page(80, 40, "Aperio Image Library v11.2.1\nmacro 80x40", is_tiled=False, subfile=9))
    content = bytearray(b"II*\0" + struct.pack("<I", 0))
    place_of_next = 4
    for tags, pixels in pages:
        data_at = len(content)
        content += pixels
        entries = []
        for number, kind, given in tags:
            values = [data_at if value is None else value for value in given]
            if kind == ASCII:
                raw, count = bytes(values), len(values)
            else:
                raw = b"".join(struct.pack("<H" if kind == SHORT else "<I", value) for value in values)
                count = len(values)
            if len(raw) > 4:
                content += b"\0" * (len(content) % 2)
                field = struct.pack("<I", len(content))
                content += raw
            else:
                field = raw.ljust(4, b"\0")
            entries.append(struct.pack("<HHI", number, kind, count) + field)
        content += b"\0" * (len(content) % 2)
        content[place_of_next : place_of_next + 4] = struct.pack("<I", len(content))
        content += struct.pack("<H", len(entries)) + b"".join(entries)
        place_of_next = len(content)
        content += struct.pack("<I", 0)
    path.write_bytes(content)
    return path


def _page(
    width: int, height: int, description: str, is_tiled: bool, subfile: int = 0
) -> tuple[list[tuple[int, int, list[int | None]]], bytes]:
    pixels = bytes([200]) * (width * height * 3)
    tags: list[tuple[int, int, list[int | None]]] = [
        (254, LONG, [subfile]),
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [8, 8, 8]),
        (259, SHORT, [1]),
        (262, SHORT, [2]),
        (270, ASCII, list(description.encode() + b"\0")),
        (277, SHORT, [3]),
        (284, SHORT, [1]),
    ]
    if is_tiled:
        tags += [(322, LONG, [width]), (323, LONG, [height]), (324, LONG, [None]), (325, LONG, [len(pixels)])]
    else:
        tags += [(273, LONG, [None]), (278, LONG, [height]), (279, LONG, [len(pixels)])]
    return sorted(tags), pixels
