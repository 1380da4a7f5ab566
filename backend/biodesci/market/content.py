"""What is behind a version on chain: its card, and the container that the card names.

A licensee who fetches its copy and an arbiter who judges a delivery look at the same things, and say the same
of them. A `Fault` is the publisher's, whoever looks: card and container are checked against their CIDs, so
that no IPFS node can bring one about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from biodesci.core import container
from biodesci.core.documents import published_card
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, WrongKeyError
from biodesci.ipfs.client import Ipfs
from biodesci.market.sources import Source


class Fault(Enum):
    """What is wrong with what was published; the value says it in a sentence."""

    CARD_NAMES_NO_CONTAINER = (
        "The card that the publisher put on chain does not say where the encrypted file is: by it nobody can "
        "fetch what was sold."
    )
    CARD_OF_ANOTHER_FILE = (
        "The card that the publisher put on chain describes another file than the one that it committed to: "
        "the two have different content roots."
    )
    OTHER_CONTAINER = (
        "The encrypted file that the card names is not the one that the publisher committed to on chain, or "
        "was damaged before it was published."
    )
    KEY_DOES_NOT_OPEN = (
        "The encrypted file is the one that the publisher committed to on chain, and so is the key, but the "
        "key does not open the file: nobody can read what was sold."
    )


class FaultError(IntegrityError):
    """Raised for a `Fault`."""

    def __init__(self, fault: Fault, hint: str = "") -> None:
        super().__init__(fault.value, hint)
        self.fault = fault


@dataclass(frozen=True)
class Located:
    """The digest of a container's CID, and the owner's server that serves it; None: it is on public IPFS."""

    content: bytes
    served_at: str | None


def locate(ipfs: Ipfs, card: bytes, content_root: bytes) -> Located:
    """The container that a card names; `content_root` is the version's on chain.

    Raises FaultError for a card that names none, or that is of another file. What keeps a card from being
    read at all comes as NotFoundError, UnavailableError or IntegrityError: it may be the node's fault.
    """
    try:
        read = ipfs.cat(card, max_size=published_card.MAX_CARD)
    except InputError as exc:  # a folder, or far too large: its own blocks say so
        raise FaultError(Fault.CARD_NAMES_NO_CONTAINER) from exc
    try:
        located = Located(published_card.content(read), published_card.served_at(read))
    except IntegrityError as exc:
        raise FaultError(Fault.CARD_NAMES_NO_CONTAINER) from exc
    if published_card.content_root(read) not in (None, content_root):
        raise FaultError(Fault.CARD_OF_ANOTHER_FILE)
    return located


def fetch(
    source: Source, content: bytes, target: Path, progress: Callable[[int], None] | None = None
) -> None:
    """Fetches a container by its digest; a fetch that was interrupted goes on.

    Raises FaultError for what is no file at all, and what `download` of the source does.
    """
    try:
        source.download(content, target, progress)
    except InputError as exc:  # a folder: its own blocks say so
        raise FaultError(Fault.OTHER_CONTAINER) from exc


def decrypt(
    source: Source, content: bytes, fetched: Path, target: BinaryIO, key: bytes, content_root: bytes
) -> int:
    """Decrypts to `target` a container that was fetched by its digest `content`; the plaintext's size.

    Raises FaultError for a container that is not the one with this content root, or that the key does not
    open, and IntegrityError where the copy on this machine's disk is another than `source` has.
    """
    cause: BioDeSciError
    try:
        with fetched.open("rb") as sealed:
            return container.decrypt(sealed, target, key, expected_root=content_root)
    except WrongKeyError as exc:
        fault, cause = Fault.KEY_DOES_NOT_OPEN, exc
    except IntegrityError as exc:
        fault, cause = Fault.OTHER_CONTAINER, exc
    # Nobody is to be blamed for what a disk did, to a download that was interrupted, say.
    _require_undamaged(source, content, fetched)
    raise FaultError(fault) from cause


def _require_undamaged(source: Source, content: bytes, fetched: Path) -> None:
    with fetched.open("rb") as copy:
        is_same = all(copy.read(len(piece)) == piece for piece in source.stream(content))
        if is_same and not copy.read(1):
            return
    raise IntegrityError(
        "The copy of the encrypted file on this machine is not what was published: it was damaged here.",
        "Repeat the command, which fetches it again; if it stays so, check the disk.",
    )
