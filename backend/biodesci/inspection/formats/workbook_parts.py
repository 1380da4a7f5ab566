"""What a workbook holds beside its sheets: properties, remarks, names, caches, pictures, macros."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, Final, cast
from xml.etree.ElementTree import ParseError

from biodesci.core.errors import InputError
from biodesci.inspection.content import Item, Member, Passage
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats.archives import opener
from biodesci.inspection.formats.workbook_formulas import Formulas
from biodesci.inspection.reader import OneAfterTheOther
from biodesci.inspection.source import Source

# How the cells are shown, and what the sheets hold, which is read as tables.
_LAYOUT: Final = re.compile(
    r"xl/(?:worksheets/[^/]+|sharedStrings|styles|theme/.*|calcChain|metadata)\.(?:xml|bin)|\[Content_Types\]\.xml"
    r"|styles\.xml|settings\.xml|manifest\.rdf|META-INF/.*|xl/printerSettings/.*|mimetype|Configurations2/.*",
    re.IGNORECASE,
)
_MACRO: Final = re.compile(r".*vbaProject\.bin|xl/macrosheets/.*|Basic/.*|Scripts/.*", re.IGNORECASE)
_PICTURE: Final = re.compile(
    r"xl/media/.*|xl/embeddings/.*|docProps/thumbnail.*|Pictures/.*|Thumbnails/.*|Object .*/.*", re.IGNORECASE
)
_PRINTED: Final = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)(?:\s[^<>]*)?>([^<]+)<")
# Sections and fields part what stands around them, fonts and sizes don't (ISO/IEC 29500-1, 18.3.1.46).
_CODE: Final = re.compile(
    r'&(?:(&)|([LCRPNDTGAFZ])|"[^"]*"|K(?:[0-9A-F]{6}|\d\d[+-]\d{3})|\d+|[A-Z+-])', re.IGNORECASE
)
_ATTRIBUTES: Final = {"v", "author", "displayname", "userid", "descr", "title", "name", "initials"}
# Elements whose text or value is a person's, or a cell's: a number or a day alone may be somebody's, too.
_WRITTEN: Final = frozenset(
    {"t", "text", "p", "span", "author", "s", "d", "lpwstr"}  # remarks, a pivot table's cache, own properties
    | {"title", "subject", "description", "keywords", "keyword", "category", "creator", "lastmodifiedby"}
)
_NO_TEXT: Final = re.compile(r"[\d.,:+ -]*|\d+-\d+-\d+T[\d:.]+Z?|true|false|t|f", re.IGNORECASE)
_TOGETHER: Final = 4_000  # characters that are looked at in one passage
_PLACES: Final = (
    ("docProps/", "properties of the document"),
    ("meta.xml", "properties of the document"),
    ("xl/workbook", "names in the workbook"),
    ("xl/comments", "remarks"),
    ("xl/threadedComments", "remarks"),
    ("xl/persons", "authors of remarks"),
    ("xl/pivotCache", "cache of a pivot table"),
    ("xl/externalLinks", "cache of another workbook"),
    ("content.xml", "remarks"),
)


def parts(archive: zipfile.ZipFile, source: Source) -> Iterator[Item]:
    """Texts as passages, pictures and embedded files as members, a finding for macros."""
    prefix = f"{source.where}, " if source.where else ""
    macros, formulas = 0, Formulas(source.where or "workbook")
    for number, entry in enumerate(archive.infolist(), 1):
        name = entry.filename
        if _MACRO.fullmatch(name):
            macros += 1
        elif _PICTURE.fullmatch(name) and not entry.is_dir():
            place = f"part {number}"
            yield Member(source.member(name, place, opener(archive, entry, f"{prefix}{place}")))
        elif re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
            sheet = archive.read(entry)
            formulas.feed(sheet, name)
            texts = [_printed(text.decode("utf-8", "replace")) for text in _PRINTED.findall(sheet)]
            yield from _passages(f"{prefix}header or footer", texts)
        elif not _LAYOUT.fullmatch(name) and name.endswith((".xml", ".rels", ".vml")):
            place = next((place for start, place in _PLACES if name.startswith(start)), f"part {number}")
            part = archive.read(entry)
            formulas.feed(part, name)
            yield from _passages(prefix + place, _texts(part, name))
    yield from formulas.items()
    if macros:
        reason = "macros run when the workbook is opened: save it as .xlsx without them"
        yield Finding(source.where or "workbook", "macros", Level.STOP, reason)


def unpacked(archive: zipfile.ZipFile, source: Source) -> BinaryIO:
    """The bytes of all parts but pictures, embedded files and macros, which are looked at by themselves."""
    parts = [
        opener(archive, entry, source.where or "The workbook")
        for entry in archive.infolist()
        if not entry.is_dir()
        and not _MACRO.fullmatch(entry.filename)
        and not _PICTURE.fullmatch(entry.filename)
    ]
    return cast(BinaryIO, OneAfterTheOther(parts))


def _texts(part: bytes, name: str) -> list[str]:
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415  # no other format needs it
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    texts: dict[str, None] = {}
    remarks = 0
    try:
        for event, element in iterparse(io.BytesIO(part), ("start", "end"), forbid_external=True):
            tag = element.tag.rsplit("}", 1)[-1]
            # Of an OpenDocument the cells are read as tables.
            remarks += {"start": 1, "end": -1}[event] * (tag == "annotation")
            if event == "start" or (name == "content.xml" and not remarks and tag != "annotation"):
                continue
            kept = [element.text or "", element.tail or ""]
            if name.endswith(".rels"):
                kept = [element.get("Target", "")] if element.get("TargetMode") == "External" else []
            elif name != "content.xml":
                kept += [v for k, v in element.attrib.items() if k.rsplit("}")[-1].lower() in _ATTRIBUTES]
            stripped = [text.strip() for text in kept]
            is_written = tag.lower() in _WRITTEN
            texts.update(
                (text, None) for text in stripped if text and (is_written or not _NO_TEXT.fullmatch(text))
            )
    except (ParseError, DefusedXmlException) as refused:
        raise InputError("A part of the workbook is no XML that can be read.", "Save it again.") from refused
    return list(texts)


def _printed(text: str) -> str:
    """What a header or footer shows, without the codes of its layout: `&CAnna Weber` is a name."""
    return _CODE.sub(lambda code: code[1] or (" " if code[2] else ""), html.unescape(text))


def _passages(place: str, texts: list[str]) -> Iterator[Passage]:
    gathered = ""
    for text in texts:
        if gathered and len(gathered) + len(text) > _TOGETHER:
            yield Passage(place, gathered)
            gathered = ""
        gathered += f"{text}\n"
    if gathered:
        yield Passage(place, gathered)
