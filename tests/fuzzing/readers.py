"""The readers of what strangers send: containers, envelopes, cards and other documents, Crypt4GH.

Each takes any bytes, or refuses them with an error of ours. hypothesis tries them in
tests/backend/core/test_hostile_bytes.py, atheris in tests/fuzzing/target.py.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from biodesci.core import container, envelope
from biodesci.core.crypt4gh import header, keyfiles, whole
from biodesci.core.crypt4gh.committed import Committed
from biodesci.core.documents import published_card
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.documents.kinds import KINDS
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.errors import BioDeSciError
from biodesci.core.random_access import RandomAccess

VECTORS: Final = Path(__file__).parents[1] / "vectors"
PRIVATE, KEY, SEED, INFO = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34)), bytes(32)
SECRETS: Final = (PRIVATE, KEY, SEED)
_SMALLEST: Final = 1 << 16  # bytes of a segment


def _part(raw: bytes) -> None:
    part = RandomAccess(lambda start, stop: raw[start:stop], len(raw), KEY)
    for _ in part.read(part.size // 3, part.size):
        pass


def _packets(raw: bytes) -> None:
    """What is sealed in the packets of a Crypt4GH header: pieces of the bytes, each after its length."""
    payloads, at = [], 0
    while at < len(raw):
        length = raw[at]
        payloads.append(raw[at + 1 : at + 1 + length])
        at += 1 + length
    packets = [header._sealed(payload, keyfiles.public_key(PRIVATE)) for payload in payloads]
    start = header.MAGIC + (1).to_bytes(4, "little") + len(packets).to_bytes(4, "little")
    header.open_(io.BytesIO(start + b"".join(packets)), PRIVATE)


def _shown_card(raw: bytes) -> None:
    """A card as an index and a page show it: whatever can be read of it, and what of it is refused alone."""
    for read in (published_card.content, published_card.served_at, published_card.diseases):
        refused(read, raw)
    published_card.content_root(raw)
    card = PublishedCard.read(raw)
    refused(lambda _raw: card.require_listable(), raw)
    parts = (card.name, card.description(200), card.keywords(20), card.records, card.file, card.diseases)
    assert len(str(parts)) < 1 << 20


def _document(raw: bytes) -> None:
    """A document of the kind that the first byte says."""
    if raw:
        document = KINDS[raw[0] % len(KINDS)].parse(raw[1:])
        assert type(document).parse(document.to_bytes()) == document


READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "crypt4gh": lambda raw: whole.decrypt(io.BytesIO(raw), io.BytesIO(), PRIVATE),
    "crypt4gh header": lambda raw: header.skip(io.BytesIO(raw)),
    "crypt4gh packets": _packets,
    "container": lambda raw: container.decrypt(io.BytesIO(raw), io.BytesIO(), KEY, expected_root=None),
    "part of a container": _part,
    "content root": lambda raw: container.content_root(io.BytesIO(raw)),
    "container's front": lambda raw: Committed(raw, KEY).check(bytes(32)),
    "envelope": lambda raw: envelope.open_(SEED, raw, INFO),
    "private key": lambda raw: keyfiles.read_private(raw, "ten letters"),
    "public key": keyfiles.read_public,
    "dataset card": DatasetCard.parse,
    "published card": _shown_card,
    "document": _document,
}


def refused(read: Callable[[bytes], object], raw: bytes) -> bool:
    """Whether the reader refuses the bytes: with an error of ours, which says something and holds no key."""
    try:
        read(raw)
    except BioDeSciError as exc:
        assert exc.message
        assert not any(secret.hex() in str(exc) for secret in SECRETS)
        return True
    return False


@cache
def good(name: str) -> bytes:
    """What the reader takes, to be damaged."""
    return _GOOD.get(name, lambda: _container(b"x" * 70_000))()


def _container(plain: bytes) -> bytes:
    target = io.BytesIO()
    container.encrypt(io.BytesIO(plain), target, KEY, segment_size=_SMALLEST)
    return target.getvalue()


def _crypt4gh(plain: bytes) -> bytes:
    target = io.BytesIO()
    whole.encrypt(io.BytesIO(plain), target, [keyfiles.public_key(PRIVATE)])
    return target.getvalue()


def _open_key() -> bytes:
    """The file of a private key without a passphrase, as the tools write it."""
    body = base64.b64encode(b"c4gh-v1\x00\x04none\x00\x04none\x00\x20" + PRIVATE)
    return b"-----BEGIN CRYPT4GH PRIVATE KEY-----\n%b\n-----END CRYPT4GH PRIVATE KEY-----\n" % body


def _card(name: str = "dataset-card.json") -> bytes:
    return (VECTORS / "documents" / name).read_bytes()


_GOOD: Final[dict[str, Callable[[], bytes]]] = {
    "crypt4gh": lambda: _crypt4gh(b"x" * 70_000),
    "crypt4gh header": lambda: _crypt4gh(b"x" * 70_000),
    "crypt4gh packets": lambda: b"\x28" + bytes(8) + KEY,
    "container's front": lambda: _container(b"")[: container.HEADER_SIZE],
    "envelope": lambda: envelope.seal(envelope.public_key(SEED), b"secret" * 10, INFO),
    "private key": _open_key,
    "public key": lambda: keyfiles.write_public(keyfiles.public_key(PRIVATE)),
    "dataset card": _card,
    "published card": _card,
    "document": lambda: bytes([KINDS.index(DatasetCard)]) + _card("dataset-card-opaque.json"),
}


def seeds(name: str) -> list[bytes]:
    """Where a search begins: the good one, one that is short, and those of tests/vectors."""
    inputs = [good(name)]
    match name:
        case "container" | "part of a container" | "content root":
            inputs.append(_container(b"abc"))
            inputs += (base64.b64decode(one["containerBase64"]) for one in _accepted("container"))
        case "crypt4gh" | "crypt4gh header":
            inputs.append(_crypt4gh(b"abc"))
        case "envelope":
            inputs += (bytes.fromhex(one["envelope"]) for one in _accepted("envelope"))
        case "dataset card" | "published card":
            inputs += (path.read_bytes() for path in sorted(VECTORS.glob("*/*card*.json")))
        case "document":
            files = (path.read_bytes() for path in sorted((VECTORS / "documents").glob("*.json")))
            inputs += (bytes([number]) + raw for raw in files for number in _kinds_of(raw))
    return inputs


def _accepted(name: str) -> list[dict[str, Any]]:
    accepted: list[dict[str, Any]] = json.loads((VECTORS / f"{name}.json").read_bytes())["accepted"]
    return accepted


def _kinds_of(raw: bytes) -> list[int]:
    return [number for number, kind in enumerate(KINDS) if not refused(kind.parse, raw)]
