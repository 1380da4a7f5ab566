"""Bytes that are text: in which encoding, and as a stream of UTF-8."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Final

from biodesci.inspection.reader import Reader
from biodesci.inspection.source import HEAD

# UTF-32's mark begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of one file format's users each; Windows's are supersets of the ISO ones that they are taken for.
_LEGACY: Final = ["cp1252", "cp932", "euc_jp", "gb18030", "big5", "euc_kr", "cp1250", "cp1251", "cp1253"]
_NAMES: Final = {"cp1252": "Windows-1252 (Latin-1)", "cp932": "Shift-JIS"}
_CONTROL: Final = dict.fromkeys(map(chr, [*range(1, 9), 11, *range(14, 26), *range(28, 32), 127]))


# What a text of another encoding becomes in Windows-1252: signs and rare letters within words, capitals after
# small letters.
_NO_WORD: Final = re.compile(
    "[^\\W\\d_][\x80-\x90\x93-\x95\x98-\xbf×÷€‚ƒ„†‡ˆ‰Š‹ŒŽ‘“”•˜™š›œžŸ][^\\W\\d_]|[ß-ÿ][À-Þ]"
)
_SIGNS_ALONE: Final = re.compile(
    rb"(?:[\x00-\x7f]|[\xb0-\xb3\xb5](?=[\x00-\x7f]))*"
)  # ° ± ² ³ µ of Windows-1252
_FEWEST: Final = 20  # letters beyond ASCII: of fewer nobody can say in which code page they are
_UNICODE: Final = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"})
# Letters, figures, blanks and the common signs of IBM's EBCDIC, in which no text has ASCII's ends of lines.
_EBCDIC: Final = bytes(
    [0x05, 0x0D, 0x15, 0x25, 0x40, 0x4B, 0x4D, 0x5D, 0x60, 0x61, 0x6B, 0x6D, 0x7A, 0x7D, 0x7F]
    + [first + i for first in (0x81, 0x91, 0xC1, 0xD1) for i in range(9)]
    + [first + i for first in (0xA2, 0xE2) for i in range(8)]
    + list(range(0xF0, 0xFA))
)


@dataclass(frozen=True)
class Text:
    """The beginning of a text: its encoding by Python's name, the characters without a byte order mark."""

    encoding: str
    beginning: str
    whole: bool


@lru_cache(maxsize=16)
def beginning(head: bytes) -> Text | None:
    """The first bytes of a file as text; None where they are none.

    A text has hardly any control characters. NUL bytes are tolerated where they are few, so that a table
    with one is still looked into (and stopped for it).
    """
    whole = len(head) < HEAD
    encoding = _encoding(head, whole)
    if encoding not in _UNICODE and _is_ebcdic(head):
        return None
    try:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head, whole)
    except UnicodeError:
        return None
    strange = sum(map(text.count, _CONTROL)) + text.count("\ufffd")
    if strange > len(text) / 200 or text.count("\0") > max(2, len(text) / 1000):
        return None
    return Text(encoding, text, whole)


def display_name(encoding: str) -> str:
    """An encoding's name as people know it."""
    return _NAMES.get(encoding, encoding.upper().replace("_", "-"))


def _encoding(head: bytes, whole: bool) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        # Of Latin letters in UTF-16 every second byte is NUL; other scripts have the mark.
        if len(zeros) >= 4 and zeros.count(0) > 0.7 * len(zeros) > 4 * (head.count(0) - zeros.count(0)):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, whole)
    except UnicodeDecodeError:
        return _legacy(head)
    return "utf-8"


def _is_ebcdic(head: bytes) -> bool:
    others = len(head.translate(None, _EBCDIC))
    return b"\n" not in head and head.count(b" ") < len(head) / 100 and others < len(head) / 20


def _legacy(sample: bytes) -> str:
    """Which encoding of before Unicode bytes are in, by the frequency of letters and words."""
    from charset_normalizer import from_bytes  # noqa: PLC0415  # most texts need none of its tables

    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:32_768]
    if _SIGNS_ALONE.fullmatch(telling):
        return "cp1252"
    guesses = from_bytes(telling, cp_isolation=_LEGACY, enable_fallback=False, language_threshold=0.05)
    best = guesses.best()
    if best is None or (
        best.encoding == "cp1250" and _symbols(telling, "cp1252") <= _symbols(telling, "cp1250")
    ):
        return "cp1252"  # the code pages agree on most letters, and this one is the common one
    return best.encoding


def _symbols(sample: bytes, encoding: str) -> int:
    """How many characters beyond ASCII are no letters, as some of a word are in the wrong code page."""
    foreign = (letter for letter in sample.decode(encoding, "replace") if not letter.isascii())
    return sum(not letter.isalpha() for letter in foreign)


class Utf8(Reader):
    """A stream of bytes in any encoding, read as UTF-8 without a byte order mark.

    Bytes that are UTF-8 pass as they are. Where some turn up that aren't, late in a file, they and those
    after them are read as what they seem to be; `encoding` says it afterwards. `nul` says whether there was
    a NUL byte, `quotes` how many double quotes there were, `calls` whether a cell may be a formula.
    """

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._raw = raw
        self.encoding, self.nul, self.calls, self.quotes = encoding, False, False, 0
        self._plain = encoding in ("utf-8", "utf-8-sig")
        self._decoder = codecs.getincrementaldecoder(encoding)("strict" if self._plain else "replace")
        self._begun = self._ended = False
        self._left = b""
        self._foreign = self._strange = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether the text may be in another encoding than the one that it was read in."""
        if self.encoding in _UNICODE:
            return False
        return self._strange > 0 or (self.encoding != "cp1252" and self._foreign < _FEWEST)

    def read(self, size: int = -1) -> bytes:
        """`size` bytes at most, and at least one before the end."""
        while not self._left and not self._ended:
            chunk = self._raw.read(size)
            self._ended = not chunk
            self._left = self._taken(chunk)
            self._note(self._left)
        if size < 0 or len(self._left) <= size:
            out, self._left = self._left, b""
        else:
            out, self._left = self._left[:size], self._left[size:]
        return out

    def close(self) -> None:
        """Closes what is read from."""
        self._raw.close()
        super().close()

    def _note(self, piece: bytes) -> None:
        self.quotes += piece.count(b'"')
        self.nul = self.nul or b"\0" in piece
        signed = b"-" in piece or b"+" in piece
        called = b"(" in piece or b"|" in piece or b"!" in piece
        self.calls = self.calls or b"=" in piece or b"@" in piece or (signed and called)

    def _taken(self, chunk: bytes) -> bytes:
        if not self._plain:
            text = self._decoder.decode(chunk, not chunk)
            if self.encoding == "cp1252":
                self._strange += _NO_WORD.search(text) is not None
            elif self._foreign < _FEWEST:
                self._foreign += sum(not letter.isascii() for letter in text)
            return text.encode("utf-8", "replace")
        pending = self._decoder.getstate()[0]
        if self._begun and not pending and chunk.isascii():
            return chunk
        begun, self._begun = self._begun, True
        try:
            text = self._decoder.decode(chunk, not chunk)
        except UnicodeDecodeError:
            self.encoding, self._plain = _legacy(pending + chunk), False
            self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
            return self._taken(pending + chunk)
        if begun and not pending and not self._decoder.getstate()[0]:
            return chunk
        return text.encode()
