"""Where an encrypted file comes from: public IPFS, or its owner's own server, asked alike.

Neither is trusted: IPFS is checked block by block, a server's file by its digest when it is
whole, and what is decrypted segment by segment.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Protocol

import httpx

from biodesci.asking.http import Answer, Asker
from biodesci.chain import signatures
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
_DOCUMENT: Final = 128 << 10  # bytes of what is signed about a container
_ASK: Final = (
    "Try again later; what is here already is kept. A partner of the data owner may have a copy: ask the "
    "owner for the address of its server, and repeat the command with --from https://ADDRESS."
)
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


_elsewhere: ContextVar[tuple[str, ...]] = ContextVar("elsewhere", default=())


@contextmanager
def also_at(origins: Sequence[str]) -> Iterator[None]:
    """Within it, servers of these origins are asked as well, where the one in a card does not answer."""
    before = _elsewhere.set(tuple(map(origin, origins)))
    try:
        yield
    finally:
        _elsewhere.reset(before)


def source_of(ipfs: Ipfs, served_at: str | None, sign: Sign) -> Source:
    """Where a card says that its container is: at the owner's server, or on IPFS where it names none."""
    return ipfs if served_at is None else OwnersServer(served_at, sign, _elsewhere.get())


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
        signature = signatures.sign(chain, document)
        return SignedContentRequest(
            chain_id=chain.chain_id, contract=contract, request=asked, signature=signature
        )

    return sign


class OwnersServer:
    """A data owner's server (market/container_server.py), and those of its partners, which are asked where it
    does not answer. Not for several threads."""

    def __init__(
        self,
        served_at: str,
        sign: Sign,
        others: Sequence[str] = (),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`served_at` is its origin, as a card has it; `others` are the partners'. InputError where one is
        none, or not https. `transport` stands for the network.
        """
        self._sign, self._asker = sign, Asker(_SECONDS, transport)
        self._origins = list(dict.fromkeys(map(origin, (served_at, *others))))
        self._shown: dict[tuple[bytes, str], SignedContentRequest] = {}

    @property
    def answering(self) -> str:
        """The origin of the server that is asked: of the one that answered last."""
        return self._origins[0]

    @property
    def origins(self) -> tuple[str, ...]:
        """Of all servers that are known, the one that is asked first."""
        return tuple(self._origins)

    def add(self, others: Sequence[str]) -> None:
        """Partners' servers that became known."""
        self._origins = list(dict.fromkeys((*self._origins, *map(origin, others))))

    def document(self, digest: bytes, what: str, at: str = "") -> bytes:
        """What the server `at` one of the origins, or else the one that is asked, has signed about a
        container. Raises as `download` does."""
        answer = self._get(f"{cid.from_digest(digest)}/{what}", digest, _DOCUMENT, name=at)
        if answer.is_cut:
            raise IntegrityError("Its answer is too long.", "Tell the data owner.")
        return answer.body

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
        if _digest_of(part) == digest:
            part.replace(target)
            return
        part.unlink()
        if len(self._origins) == 1:
            raise _other(digest)
        self._origins.pop(0)  # it gave something else; another may be right
        self.download(digest, target, progress)

    def _pieces(self, digest: bytes, start: int, size: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            piece, now = self._ask(digest, start, min(start + PIECE, stop))
            if now != size:
                raise _other(digest)
            start += len(piece)
            yield piece

    def _ask(self, digest: bytes, start: int, stop: int) -> tuple[bytes, int]:
        """The bytes from `start` on, at least one and at most to `stop`; and the size of the file. The first
        server that answers is asked from then on; UnavailableError has the reasons where none does."""
        reasons: list[BioDeSciError] = []
        for place, name in enumerate(self._origins):
            try:
                answer = self._range(name, digest, start, stop)
            except UnavailableError as exc:
                reasons.append(exc)
            except (AccessDeniedError, NotFoundError, IntegrityError) as exc:
                if not place:
                    raise  # the owner's word, or that of who answered until now
                reasons.append(exc)
            else:
                self._origins = [name, *(one for one in self._origins if one != name)]
                return answer
        if len(reasons) == 1:
            raise reasons[0]
        messages = " ".join(reason.message for reason in reasons)
        raise UnavailableError(
            f"None of the {len(reasons)} servers that are known gives the file. {messages}", _ASK
        )

    def _range(self, name: str, digest: bytes, start: int, stop: int) -> tuple[bytes, int]:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        answer = self._get(cid.from_digest(digest), digest, stop - start, name=name, headers=headers)
        return answer.body, self._size_of(answer, start, name)

    def _get(
        self, path: str, digest: bytes, most: int, *, name: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        name = name or self.answering
        sent = {"Authorization": self._authorization(digest, name), **(headers or {})}
        try:
            answer = self._asker.ask(
                "GET",
                f"{name}/containers/{path}",
                lambda status: problems.LARGEST if status >= 300 else most,
                headers=sent,
            )
        except httpx.HTTPError as exc:
            raise UnavailableError(f"The server of containers at {name} does not answer.", _ASK) from exc
        if answer.status >= 300:
            raise self._refusal(answer, name)
        return answer

    def _refusal(self, answer: Answer, name: str) -> BioDeSciError:
        refusal = problems.error_from(answer.status, answer.body, f"The server of containers {name}")
        if isinstance(refusal, AccessDeniedError | NotFoundError):
            return refusal
        return UnavailableError(refusal.message, refusal.hint)  # nothing is said of the file

    def _size_of(self, answer: Answer, start: int, name: str) -> int:
        said = _RANGE.fullmatch(answer.range)
        if answer.status == 206 and said is not None and answer.body and not answer.is_cut:
            first, last, size = map(int, said.groups())
            if first == start and last == start + len(answer.body) - 1 < size:
                return size
        raise IntegrityError(
            f"The server of containers at {name} answers with something else than what was asked for.",
            "Tell the data owner: the address leads to another program.",
        )

    def _authorization(self, digest: bytes, name: str) -> str:
        shown = self._shown.get((digest, name))
        if shown is None or shown.request.expires < time.time() + _AHEAD:
            shown = self._shown[digest, name] = self._sign(digest, name)
        return shown.header()


def _digest_of(file: Path) -> bytes:
    with file.open("rb") as source:
        return unixfs.digest_of(source)


def _other(digest: bytes) -> IntegrityError:
    return IntegrityError(
        f"The data owner's server gave another file than {cid.from_digest(digest)}.",
        "Repeat the command, which fetches it anew; if it stays so, tell the data owner.",
    )
