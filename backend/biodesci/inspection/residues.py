"""Looks through bytes for text that may name people and that their format's reader does not give.

A deleted row, the bytes between two parts, a field of a header that no library reads: whoever gets the file
gets them, too. What the reader gave was judged where it stands, and is left out here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Item, Passage, Residue, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import check_text
from biodesci.inspection.mends import BESIDE
from biodesci.inspection.strings import strings

_MOST: Final = 5_000  # different texts that are checked before what the reader gave is compared
_MOST_UNKNOWN: Final = 20_000  # different texts that are checked of those that the reader did not give
_MOST_WORDS: Final = 5_000_000
# Two words, an address of mail, figures as in dates and record numbers, two characters of East Asia. Of bytes
# by chance about a dozen runs in a MiB are so. Repeated letters are looked for from where a word begins:
# a run of 300,000, as zeros become when they are packed, would be read anew from each.
_SPEAKING: Final = re.compile(
    r"(?<![^\W\d_])[^\W\d_]{3,}[ ,^_.=/;|:-]+[^\W\d_]{3,}|[a-z]{2}[A-Z][a-z]{2}"
    r"|[^\W\d_]{2}[ :.#=-]{0,3}\d{4}|\d{2}[-/. ]\d{2}"
    r"|(?<![\w.+-])[\w.+-]{2,}@[\w-]{2,}\.[A-Za-z]{2}|[\u3040-\u9fff\uac00-\ud7a3]{2}"
)
# Of pixels many bytes are printable by chance, and most such runs are full of signs.
_WRITTEN: Final = re.compile(r"[\w.,:;@^ /()'#+&-]{6,}|[\u3040-\u9fff\uac00-\ud7a3]{2,}")
_PLAIN: Final = re.compile(r"[^\W_]| ")
_READABLE: Final = 0.75
_WORD: Final = re.compile(r"[^\W\d_]+|\d{4,}")
_HUMP: Final = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")  # fields of a fixed width touch: "WeberAnna"
# A program writes when it saved a file: a day by itself leads to nobody.
_HARMLESS: Final = frozenset({"date"})
_MILD: Final = frozenset({"free text"})
_REASON: Final = "it stands in bytes that no program shows, such as deleted rows, padding, unknown fields"


def look(residue: Residue) -> list[Finding]:
    """What stops in the texts of these bytes that their reader did not give; the findings hold no text.

    Reads the bytes once and, where something is suspicious in them, what the reader gives once more.
    """
    candidates: set[str] = set()
    for text in _texts(residue):
        candidates.add(text)
        if len(candidates) > _MOST:
            return _look_at_many(residue)
    suspicious = {text: kinds for text in candidates if (kinds := _kinds(text))}
    if suspicious and residue.given is not None:
        needed = {variant for text in suspicious for word in _words(text) for variant in _variants(word)}
        known = needed.intersection(_given(residue.given()))
        suspicious = {text: kinds for text, kinds in suspicious.items() if not _is_known(text, known)}
    return _findings(residue.place, suspicious.values())


def _look_at_many(residue: Residue) -> list[Finding]:
    """The same for bytes full of text: what the reader gave is left out before anything is checked."""
    known: set[str] = set()
    for word in _given(residue.given()) if residue.given is not None else ():
        known.add(word)
        if len(known) > _MOST_WORDS:
            return [_unread(residue.place)]
    looked_at: set[str] = set()
    kinds: list[Set[str]] = []
    for text in _texts(residue):
        if text in looked_at or _is_known(text, known):
            continue
        looked_at.add(text)
        kinds.append(_kinds(text))
        if len(looked_at) > _MOST_UNKNOWN:
            return [*_findings(residue.place, kinds), _unread(residue.place)]
    return _findings(residue.place, kinds)


def _texts(residue: Residue) -> Iterator[str]:
    with residue.opened() as stream:
        for run in strings(stream):
            for text in _WRITTEN.findall(run):
                if _SPEAKING.search(text) and len(_PLAIN.findall(text)) >= _READABLE * len(text):
                    yield text


@lru_cache(maxsize=20_000)
def _kinds(text: str) -> frozenset[str]:
    """The kinds of what stops in a text; the images of a series have most texts in common."""
    found = check_text("", text.replace("^", " "))
    return frozenset({finding.kind for finding in found if finding.level is Level.STOP} - _HARMLESS)


def _findings(place: str, kinds: Iterable[Set[str]]) -> list[Finding]:
    counted = Counter(kind for of_text in kinds for kind in of_text)
    return [
        Finding(f"{place}, {BESIDE}", kind, Level.ASK if kind in _MILD else Level.STOP, _REASON, number)
        for kind, number in sorted(counted.items())
    ]


def _unread(place: str) -> Finding:
    reason = "there are more texts beside the data than are looked through: write the data to a new file"
    return Finding(f"{place}, {BESIDE}", "text that is not read", Level.ASK, reason)


def _is_known(text: str, known: set[str]) -> bool:
    words = _words(text)
    return bool(words) and all(not known.isdisjoint(_variants(word)) for word in words)


def _words(text: str) -> list[str]:
    """Words of three letters or more and numbers of four digits, as both sides are compared by."""
    parts = (part for word in _WORD.findall(text) for part in _HUMP.split(word))
    return [part for part in parts if len(part) > 2 or (part and ord(part[0]) > 0x3000)]


def _variants(word: str) -> tuple[str, ...]:
    """The word, and without the letters at its ends, which may be of the bytes around it."""
    return (word, word[1:], word[:-1], word[1:-1])


def _given(items: Iterable[Item]) -> Iterator[str]:
    """The words of everything that a reader gives."""
    for item in items:
        match item:
            case Passage():
                yield from _words(item.text)
            case Table():
                yield from _words(" ".join([*item.schema.names, *item.labels.values()]))
                for batch in item.batches:
                    for column in batch.columns:
                        yield from _of_column(column)


def _of_column(column: pa.Array) -> Iterator[str]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        for text in pc.unique(column).to_pylist():
            if text:
                yield from _words(text)
