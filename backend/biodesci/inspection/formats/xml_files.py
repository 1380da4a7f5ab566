"""XML: the elements below the root are records, tags and attributes name their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, Item, Passage
from biodesci.inspection.formats import whole
from biodesci.inspection.formats.records import Record, Records
from biodesci.inspection.formats.text import beginning
from biodesci.inspection.source import Source

_BEGINS: Final = re.compile(r"\s*<(?:\?xml\b|!DOCTYPE\s+(?!html\b)|!--|[A-Za-z_][\w.:-]*(?:\s[^<>]*)?/?>)")
_HTML: Final = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)
_MOST_ELEMENTS: Final = 2_000_000  # of one record, which is held in memory
_DEEPEST: Final = 100


class Xml:
    """XML documents without entities of their own."""

    name = "XML"
    media_type = "application/xml"

    def recognises(self, source: Source) -> bool:
        """A text that begins with a tag or an XML declaration, and is no HTML."""
        text = beginning(source.head)
        if text is None or _HTML.match(text.beginning):
            return False
        return _BEGINS.match(text.beginning) is not None

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """Tables of strings, and the comments. Raises InputError for what is no XML, or declares entities."""
        place = f"{source.where}, comment" if source.where else "comment"
        for comment in _comments(source):
            yield Passage(place, comment)
        yield from Records(lambda: _records(source)).tables()
        yield whole.residue(self, source, declared)  # texts between records, and in the document's type


def _records(source: Source) -> Iterator[Record]:
    path: list[Element] = []
    elements = 0
    for event, element in _events(source, ("start", "end")):
        if event == "start":
            path.append(element)
            elements += 1
            if elements > _MOST_ELEMENTS or len(path) > _DEEPEST:
                raise InputError(
                    f"An element holds more than {_MOST_ELEMENTS:,} elements, or {_DEEPEST} levels of them.",
                    "Write the data as a table or as JSON lines.",
                )
            continue
        path.pop()
        if len(path) == 1:
            yield {_name(element.tag): [_content(element)]}  # a list: each kind of element is a table
            path[0].remove(element)
            elements = 1
        elif not path and (root := _attributes(element) | _texts(element)):
            yield {_name(element.tag): [root]}


def _comments(source: Source) -> Iterator[str]:
    for _, element in _events(source, ("comment", "pi")):
        if element.text and element.text.strip():
            yield element.text


def _events(source: Source, events: tuple[str, ...]) -> Iterator[tuple[str, Element]]:
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415  # no other format needs it
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    with source.open() as stream:
        try:
            yield from iterparse(stream, events, forbid_external=True)
        except DefusedXmlException:
            raise InputError(
                "The XML declares entities, which may unfold to anything or be fetched from anywhere.",
                "Write it again without a document type.",
            ) from None
        except (ParseError, LookupError, ValueError) as refused:
            line = getattr(refused, "position", (0, 0))[0]
            where = f" in line {line}" if line else ""
            raise InputError(f"The XML is not well-formed{where}.", "Mend it, then repeat.") from None


def _content(element: Element) -> Any:
    """A text for an element that holds nothing else, else its attributes, children and texts by name."""
    if not len(element) and not element.attrib:
        return (element.text or "").strip() or None
    content: dict[str, Any] = _attributes(element) | _texts(element)
    for child in element:
        name, value = _name(child.tag), _content(child)
        if name not in content:
            content[name] = value
        elif isinstance(content[name], list):
            content[name].append(value)
        else:
            content[name] = [content[name], value]
    return content


def _attributes(element: Element) -> dict[str, Any]:
    return {f"@{_name(name)}": value for name, value in element.attrib.items()}


def _texts(element: Element) -> dict[str, Any]:
    texts = [element.text, *(child.tail for child in element)]
    text = " ".join(text.strip() for text in texts if text and text.strip())
    return {"#text": text} if text else {}


def _name(tag: str) -> str:
    """A name without its namespace."""
    return tag.rsplit("}", 1)[-1]
