"""Finds secrets in whatever a network left behind or gave away, in each way that a program writes bytes.

As they are, hexadecimal in small and in capital letters, base64 and base64url (at each place within a longer
text), a decimal number, and with escapes (of a URL, and of a `bytes` that Python shows).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes

import numpy as np
from numpy.typing import NDArray

_WINDOW: Final = 8  # bytes by which a place is found before it is looked at
_PIECE: Final = 24  # bytes of a long secret that are looked for, at several places of it
_PIECES: Final = 12


@dataclass(frozen=True)
class Finding:
    """Where a secret was found, by their names; never the secret."""

    secret: str
    encoding: str
    place: str


def encodings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """The secret as each encoding writes it, by the encoding's name."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for shift in range(3):
        # What stands before it moves it in the text; the letters that others share are left out.
        plain = base64.b64encode(bytes(shift) + secret)
        first, last = (0, 2, 3)[shift], len(plain) - (0, 4, 4)[(len(secret) + shift) % 3]
        inner = plain[first:last]
        yield "base64", inner
        yield "base64url", inner.replace(b"+", b"-").replace(b"/", b"_")
    for order in ("big", "little"):
        yield "decimal", str(int.from_bytes(secret, order)).encode()  # type: ignore[arg-type]
    yield "escaped", quote_from_bytes(secret, safe="").encode()
    yield "escaped", repr(secret)[2:-1].encode()


def pieces(secret: bytes) -> Iterable[bytes]:
    """A short secret as it is; of a long one pieces that are its own: with many different bytes."""
    if len(secret) <= 2 * _PIECE:
        return [secret]
    places = np.linspace(0, len(secret) - _PIECE, 8 * _PIECES).astype(int)
    cut = [secret[place : place + _PIECE] for place in places]
    return [piece for piece in dict.fromkeys(cut) if len(set(piece)) >= 16][:_PIECES]


class Search:
    """Looks for all secrets at once. Each has a name of ours, and 8 bytes at least."""

    def __init__(self, secrets: Iterable[tuple[str, bytes]]) -> None:
        self._patterns: dict[bytes, list[tuple[bytes, str, str]]] = {}
        self.names: set[str] = set()
        for name, secret in secrets:
            if len(secret) < _WINDOW:
                raise ValueError(f"{name} is too short to be told from chance.")
            self.names.add(name)
            for piece in pieces(secret):
                for encoding, pattern in dict.fromkeys(encodings(piece)):
                    self._patterns.setdefault(pattern[:_WINDOW], []).append((pattern, name, encoding))
        words = sorted(int.from_bytes(word, "little") for word in self._patterns)
        self._words = np.array(words, dtype="<u8")
        # Which pairs of bytes a pattern begins with: most places are passed over by that alone.
        self._begins = np.zeros(1 << 16, dtype=bool)
        self._begins[self._words & 0xFFFF] = True

    def look(self, place: str, data: bytes) -> set[Finding]:
        """What of the secrets is in these bytes."""
        findings = set()
        for start in range(_WINDOW):
            count = (len(data) - start) // _WINDOW
            if count <= 0:
                break
            words = np.frombuffer(data, dtype="<u8", count=count, offset=start)
            for index in self._candidates(words):
                at = start + _WINDOW * int(index)
                for pattern, name, encoding in self._patterns.get(data[at : at + _WINDOW], ()):
                    if data.startswith(pattern, at):
                        findings.add(Finding(name, encoding, place))
        return findings

    def _candidates(self, words: NDArray[np.uint64]) -> NDArray[np.intp]:
        likely = np.flatnonzero(self._begins[words & 0xFFFF])
        return likely[np.isin(words[likely], self._words)]
