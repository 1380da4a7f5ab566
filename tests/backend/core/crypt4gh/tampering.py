"""What somebody without a key does to a Crypt4GH file on its way; also measured (benchmarks/crypt4gh.py)."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass

from biodesci.core.crypt4gh import header, keyfiles, whole
from biodesci.core.crypt4gh.body import NONCE, SEALED, SEGMENT

_START = 16 + header.PACKET_SIZE


@dataclass(frozen=True)
class Sample:
    """A file of four whole segments and a short one, for the reader whose private key it has."""

    plain: bytes
    private: bytes
    raw: bytes

    @classmethod
    def new(cls) -> Sample:
        plain, private = os.urandom(4 * SEGMENT + 1_000), keyfiles.generate()
        return cls(plain, private, _encrypted(plain, keyfiles.public_key(private)))

    @property
    def segments(self) -> list[bytes]:
        return [self.raw[at : at + SEALED] for at in range(_START, len(self.raw), SEALED)]

    @property
    def head(self) -> bytes:
        return self.raw[:_START]

    def of(self, *order: int) -> bytes:
        return self.head + b"".join(self.segments[index] for index in order)

    def flipped(self, at: int) -> bytes:
        changed = bytearray(self.raw)
        changed[at] ^= 1
        return bytes(changed)

    def numbered(self, at: int, value: int) -> bytes:
        return self.raw[:at] + value.to_bytes(4, "little") + self.raw[at + 4 :]

    def of_another(self) -> bytes:
        """Another file that somebody wrote for the same reader."""
        return _encrypted(os.urandom(len(self.plain)), keyfiles.public_key(self.private))


def _encrypted(plain: bytes, public: bytes) -> bytes:
    target = io.BytesIO()
    whole.encrypt(io.BytesIO(plain), target, [public])
    return target.getvalue()


def _for_somebody_else(file: Sample) -> bytes:
    return _encrypted(file.plain, keyfiles.public_key(keyfiles.generate()))


KINDS: dict[str, Callable[[Sample], bytes]] = {
    "two segments swapped": lambda file: file.of(0, 2, 1, 3, 4),
    "the first two swapped": lambda file: file.of(1, 0, 2, 3, 4),
    "all whole segments turned round": lambda file: file.of(3, 2, 1, 0, 4),
    "the first segment left out": lambda file: file.of(1, 2, 3, 4),
    "a middle segment left out": lambda file: file.of(0, 1, 3, 4),
    "the last segment cut off": lambda file: file.of(0, 1, 2, 3),
    "all but the first cut off": lambda file: file.of(0),
    "all segments cut off": lambda file: file.head,
    "all but the last left out": lambda file: file.of(4),
    "a segment twice": lambda file: file.of(0, 1, 1, 2, 3, 4),
    "the last segment in the middle": lambda file: file.of(0, 1, 4),
    "a segment for another": lambda file: file.of(0, 1, 1, 3, 4),
    "the whole data twice": lambda file: file.of(0, 1, 2, 3, 4) + file.of(0, 1, 2, 3, 4)[_START:],
    "a segment of another file": lambda file: file.of(0) + file.of_another()[_START + SEALED :],
    "cut within a segment": lambda file: file.raw[: _START + 2 * SEALED + 5_000],
    "cut within a tag": lambda file: file.raw[:-1],
    "a byte behind it": lambda file: file.raw + b"\0",
    "a segment of zeros behind it": lambda file: file.of(0, 1, 2, 3) + bytes(SEALED),
    "a bit of a nonce": lambda file: file.flipped(_START + 3),
    "a bit of the data": lambda file: file.flipped(_START + SEALED + NONCE + 7),
    "a bit of a tag": lambda file: file.flipped(_START + SEALED - 1),
    "a bit of the magic": lambda file: file.flipped(0),
    "a bit of the version": lambda file: file.flipped(8),
    "a bit of the sealed data key": lambda file: file.flipped(_START - 30),
    "a bit of the writer's key": lambda file: file.flipped(16 + 8 + 5),
    "a header for somebody else": _for_somebody_else,
    "a header cut within its packet": lambda file: file.raw[: _START - 9],
    "a header cut before its packets": lambda file: file.raw[:16],
    "no packet": lambda file: file.numbered(12, 0),
    "four billion packets": lambda file: file.numbered(12, 2**32 - 1),
    "a packet of four gigabytes": lambda file: file.numbered(16, 2**32 - 1),
    "a packet of no bytes": lambda file: file.numbered(16, 0),
    "a packet of another method": lambda file: file.numbered(20, 1),
    "another file for the same reader": Sample.of_another,
}
# Whoever has a reader's public key may write another file for it: the root on chain alone shows that.
BY_ROOT_ALONE = "another file for the same reader"
