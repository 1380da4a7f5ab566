"""Where an encrypted file comes from: public IPFS, or its owner's own server, asked alike.

Neither is trusted: IPFS is checked block by block, a server's file by its digest when it is
whole, and what is decrypted segment by segment.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import httpx
from eth_account.messages import encode_typed_data

from biodesci.asking.http import Answer, Asker
from biodesci.chain.client import Chain
from biodesci.core import cid, problems, typed_data
from biodesci.core.documents.content_request import ContentRequest, SignedContentRequest, origin
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    IntegrityError,
    NotFoundError,
    UnavailableError,
)
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs

Progress = Callable[[int], None]
Sign = Callable[[bytes, str], SignedContentRequest]
"""(digest of the CID, origin of the server) -> what is shown there."""
PIECE: Final = 16 << 20  # bytes that are asked for at a time
_SECONDS: Final = 30.0
_LIFE: Final = 600  # seconds that a signature is good for
_AHEAD: Final = 60  # seconds before its end, from which on another is made
_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class Source(Protocol):
    """Something that containers are fetched from, by the digests of their CIDs."""

    def size(self, digest: bytes) -> int:
        """In bytes."""
        ...

    def stream(self, digest: bytes, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `stop` in order. IntegrityError, at the end at the latest, for a whole
        file of other bytes."""
        ...

    def download(self, digest: bytes, target: Path, progress: Progress | None = None) -> None:
        """Writes them to `target`, which appears when complete; what was interrupted goes on."""
        ...


def source_of(ipfs: Ipfs, served_at: str | None, sign: Sign) -> Source:
    """Where a card says that its container is: at the owner's server, or on IPFS where it names none."""
    return ipfs if served_at is None else OwnersServer(served_at, sign)


def signer(chain: Chain, dataset_id: int, license_id: int) -> Sign:
    """Signs as the account of `chain`, which asks by its licence, or (0) by its role for the dataset."""

    def sign(content: bytes, audience: str) -> SignedContentRequest:
        asked = ContentRequest(
            dataset_id=dataset_id,
            license_id=license_id,
            content=content,
            account=chain.address,
            audience=audience,
            expires=int(time.time()) + _LIFE,
        )
        contract = str(chain.licenses.address)
        document = typed_data.content_request(chain.chain_id, contract, asked)
        signature = chain.signer().sign_message(encode_typed_data(full_message=document)).signature
        return SignedContentRequest(
            chain_id=chain.chain_id, contract=contract, request=asked, signature=bytes(signature)
        )

    return sign


class OwnersServer:
    """A data owner's server (market/container_server.py). Not for several threads."""

    def __init__(self, served_at: str, sign: Sign, transport: httpx.BaseTransport | None = None) -> None:
        """`served_at` is its origin, as a card has it; InputError where that is none, or not https.

        `transport` stands for the network.
        """
        self._origin, self._sign = origin(served_at), sign
        self._asker = Asker(_SECONDS, transport)
        self._shown: dict[bytes, SignedContentRequest] = {}

    def size(self, digest: bytes) -> int:
        """In bytes, as the server says. Raises as `download` does."""
        return self._ask(digest, 0, 1)[1]

    def stream(self, digest: bytes, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `stop` in order. IntegrityError at the end, where the whole file is not
        that of this digest; of a part, only who decrypts it can tell."""
        size, hasher = self.size(digest), unixfs.Hasher()
        is_whole = start == 0 and (stop is None or stop >= size)
        for piece in self._pieces(digest, start, size, size if stop is None else min(stop, size)):
            if is_whole:
                hasher.update(piece)
            yield piece
        if is_whole and hasher.digest() != digest:
            raise _other(digest)

    def download(self, digest: bytes, target: Path, progress: Progress | None = None) -> None:
        """Writes the file to `target`; what was interrupted lies beside it, in `….part`, and goes on.

        Raises AccessDeniedError or NotFoundError for what the server refuses, in its words; IntegrityError
        for another file; and UnavailableError where it does not answer as it should.
        """
        if target.exists() and _digest_of(target) == digest:
            return  # a licence of one use may be spent by now
        part = target.with_name(f"{target.name}.{digest.hex()[:16]}.part")
        target.parent.mkdir(parents=True, exist_ok=True)
        size = self.size(digest)
        with part.open("ab") as output:
            if output.tell() > size:
                output.truncate(0)
            if progress is not None:
                progress(output.tell())
            for piece in self._pieces(digest, output.tell(), size, size):
                output.write(piece)
                if progress is not None:
                    progress(len(piece))
            output.flush()
            os.fsync(output.fileno())
        if _digest_of(part) != digest:
            part.unlink()
            raise _other(digest)
        part.replace(target)

    def _pieces(self, digest: bytes, start: int, size: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            piece, now = self._ask(digest, start, min(start + PIECE, stop))
            if now != size:
                raise _other(digest)
            start += len(piece)
            yield piece

    def _ask(self, digest: bytes, start: int, stop: int) -> tuple[bytes, int]:
        """The bytes from `start` on, at least one and at most to `stop`; and the size of the file."""
        url = f"{self._origin}/containers/{cid.from_digest(digest)}"
        headers = {"Authorization": self._authorization(digest), "Range": f"bytes={start}-{stop - 1}"}
        try:
            answer = self._asker.ask(
                "GET",
                url,
                lambda status: problems.LARGEST if status >= 300 else stop - start,
                headers=headers,
            )
        except httpx.HTTPError as exc:
            raise UnavailableError(
                f"The data owner's server at {self._origin} does not answer.",
                "Try again later; what is here already is kept.",
            ) from exc
        if answer.status >= 300:
            raise self._refusal(answer)
        return answer.body, self._size_of(answer, start)

    def _refusal(self, answer: Answer) -> BioDeSciError:
        refusal = problems.error_from(answer.status, answer.body, f"The data owner's server {self._origin}")
        if isinstance(refusal, AccessDeniedError | NotFoundError):
            return refusal
        return UnavailableError(refusal.message, refusal.hint)  # nothing is said of the file

    def _size_of(self, answer: Answer, start: int) -> int:
        said = _RANGE.fullmatch(answer.range)
        if answer.status == 206 and said is not None and answer.body and not answer.is_cut:
            first, last, size = map(int, said.groups())
            if first == start and last == start + len(answer.body) - 1 < size:
                return size
        raise IntegrityError(
            f"The data owner's server at {self._origin} answers with something else than what was asked for.",
            "Tell the data owner: the address in the card leads to another program.",
        )

    def _authorization(self, digest: bytes) -> str:
        shown = self._shown.get(digest)
        if shown is None or shown.request.expires < time.time() + _AHEAD:
            shown = self._shown[digest] = self._sign(digest, self._origin)
        return shown.header()


def _digest_of(file: Path) -> bytes:
    with file.open("rb") as source:
        return unixfs.digest_of(source)


def _other(digest: bytes) -> IntegrityError:
    return IntegrityError(
        f"The data owner's server gave another file than {cid.from_digest(digest)}.",
        "Repeat the command, which fetches it anew; if it stays so, tell the data owner.",
    )
