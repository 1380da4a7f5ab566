"""A data owner's HTTP server of private containers: `GET /containers/<cid>` for those entitled, now.

Each request carries what its account signed (core/documents/content_request.py), and each is checked against
the chain (market/entitlement.py). No answer is longer than `LARGEST`, so that a licence that ends is heard of
within that. The process needs no key: what it reads is the chain, and the containers of its home.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account.messages import encode_typed_data
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.middleware.cors import CORSMiddleware

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import cid, problems, typed_data
from biodesci.core.documents.content_request import LONGEST_LIFE, SCHEME, SignedContentRequest
from biodesci.core.documents.copies import CopyReceipt
from biodesci.core.documents.deletion import DeletionReceipt, DeletionRequest
from biodesci.core.errors import AccessDeniedError, BioDeSciError, ConfigurationError, InputError
from biodesci.market import entitlement, partners
from biodesci.market.entitlement import Grant
from biodesci.party.containers import DELETION, RECEIPT, REQUEST, Containers, HeldContainer
from biodesci.serving import ranges

_log = logging.getLogger("containers")
LARGEST: Final = 64 << 20  # bytes of an answer
_PIECE: Final = 1 << 18
_OCTETS: Final = "application/octet-stream"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Vary": "Authorization",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


def _of_copy(raw: bytes) -> tuple[int, int]:
    receipt = CopyReceipt.parse(raw)
    return receipt.chain_id, receipt.dataset_id


def _of_request(raw: bytes) -> tuple[int, int]:
    request = DeletionRequest.parse(raw)
    return request.chain_id, request.dataset_id


def _of_deletion(raw: bytes) -> tuple[int, int]:
    request = DeletionReceipt.parse(raw).request
    return request.chain_id, request.dataset_id


_OF: Final = {RECEIPT: _of_copy, REQUEST: _of_request, DELETION: _of_deletion}
"""Of which chain and dataset each document is."""


class _UnsignedError(AccessDeniedError):
    """The request shows no signature at all."""


@dataclass(frozen=True)
class ContainerServer:
    """Whom it serves and what: `origin` is its own address, as askers sign it; `partners` are the addresses
    that keep copies; `clock` gives Unix seconds."""

    chain: Chain
    containers: Containers
    origin: str
    partners: frozenset[str] = frozenset()
    clock: Callable[[], float] = time.time

    def authorize(self, name: str, authorization: str | None) -> tuple[HeldContainer, str]:
        """The container with the CID `name`, which whoever signed `authorization` may have now, and who it
        is. Raises InputError, AccessDeniedError or NotFoundError, and says why."""
        content = cid.to_digest(name)
        grant, account = self._granted(content, authorization)
        held = self.containers.find(content)
        if held is None or held.network != self.chain.identity:
            raise entitlement.absent()
        entitlement.require_version(self.chain, grant, held.dataset_id, held.version, held.card)
        return held, f"{grant.who} {account}"

    def document(self, name: str, what: str, authorization: str | None) -> bytes:
        """What is signed about that container, for those who may have something of its dataset: the list of
        partners, and for those who act for it the receipt of the copy here, the request to delete copies, and
        the receipt that this one was deleted. Raises as `authorize` does."""
        content = cid.to_digest(name)
        grant, _ = self._granted(content, authorization)
        if what == partners.DOCUMENT:
            named = partners.known(self.chain, self.containers, grant.dataset_id)
            raw = None if named is None else named.to_bytes()
        else:
            raw = self._attached(content, what, grant)
        if raw is None:
            raise entitlement.absent()
        return raw

    def _attached(self, content: bytes, what: str, grant: Grant) -> bytes | None:
        raw = self.containers.attached(content, what) if what in _OF and grant.version is None else None
        if raw is None or _OF[what](raw) != (self.chain.chain_id, grant.dataset_id):
            return None
        return raw

    def _granted(self, content: bytes, authorization: str | None) -> tuple[Grant, str]:
        """What whoever signed `authorization` may have now of the dataset that it names, and its account."""
        if not authorization:
            raise _UnsignedError(
                "This file is not public: the request has to show a signature.",
                "Fetch it as a licensee: biodesci license download.",
            )
        signed = SignedContentRequest.of_header(authorization)
        self._require_signed(signed, content)
        dataset_id, now = signed.request.dataset_id, self.clock()
        others = partners.served(self.chain, self.containers, dataset_id, self.origin, now)
        grant = entitlement.entitled(self.chain, signed.request, self.partners | others)
        return grant, signed.request.account

    def _require_signed(self, signed: SignedContentRequest, content: bytes) -> None:
        """Raises AccessDeniedError unless it is signed by its account, for this server, file and moment."""
        asked, chain, now = signed.request, self.chain, self.clock()
        licenses = str(chain.licenses.address)
        if (signed.chain_id, signed.contract) != (chain.chain_id, licenses):
            raise AccessDeniedError("The request is for another network.", "Sign it for this one.")
        if asked.audience != self.origin:
            raise AccessDeniedError(
                "The request was signed for another server.", f"Sign it for {self.origin}."
            )
        if asked.content != content:
            raise AccessDeniedError("The request was signed for another file.", "Sign one for each file.")
        if asked.expires <= now:
            raise AccessDeniedError("The request has expired.", "Sign it anew; look at your clock.")
        if asked.expires > now + LONGEST_LIFE:
            raise AccessDeniedError(
                "The request would be good for too long.", f"Sign it for {LONGEST_LIFE} seconds at most."
            )
        document = typed_data.content_request(chain.chain_id, licenses, asked)
        message = encode_typed_data(full_message=document)
        if not signatures.is_by(chain, asked.account, message, signed.signature):
            raise AccessDeniedError(
                f"The request is not signed by {asked.account}.", "Sign with the account that asks."
            )


def create_app(server: ContainerServer) -> FastAPI:
    """The server's HTTP interface.

    Pages of any origin may ask it from a browser: who is served shows a signature, and no cookie counts.
    """
    app = FastAPI(title="BioDeSci containers", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        allow_headers=["Authorization", "Range"],
        expose_headers=["Content-Range"],
    )

    @app.exception_handler(BioDeSciError)
    def problem(request: Request, exc: BioDeSciError) -> Response:
        if isinstance(exc, ConfigurationError):
            _log.error("%s", exc)
        status = 401 if isinstance(exc, _UnsignedError) else None
        described = problems.describe(exc, request.url.path, status)
        shown = {"WWW-Authenticate": SCHEME} if described.status == 401 else {}
        return Response(
            described.to_bytes(), described.status, _HEADERS | shown, media_type=problems.MEDIA_TYPE
        )

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "origin": server.origin}

    @app.api_route("/containers/{name}", methods=["GET", "HEAD"])
    def container(name: str, request: Request) -> Response:
        held, who = server.authorize(name, request.headers.get("Authorization"))
        return _answer(request, held, server.containers.path(held.content), who)

    @app.get("/containers/{name}/{what}")
    def document(name: str, what: str, request: Request) -> Response:
        raw = server.document(name, what, request.headers.get("Authorization"))
        return Response(raw, 200, _HEADERS, media_type="application/json")

    return app


def _answer(request: Request, held: HeldContainer, path: Path, who: str) -> Response:
    asked = ranges.asked(request.headers.get("Range", ""), held.size)
    if asked.status == 416:
        return Response(None, 416, _HEADERS | {"Content-Range": f"bytes */{held.size}"})
    if asked.status == 200 and held.size > LARGEST:
        raise InputError(
            f"The file has {held.size} bytes, and an answer {LARGEST} at most.", "Ask for it by ranges."
        )
    # Less than was asked for is allowed: Content-Range says what it is (RFC 9110, section 15.3.7).
    stop = min(asked.stop, asked.start + LARGEST)
    headers = _HEADERS | {"Content-Length": str(stop - asked.start), "Accept-Ranges": "bytes"}
    if asked.status == 206:
        headers["Content-Range"] = f"bytes {asked.start}-{stop - 1}/{held.size}"
    if request.method == "HEAD":
        return Response(None, asked.status, headers, media_type=_OCTETS)
    _log.info(
        "%s: bytes %d to %d of dataset %d, version %d",
        *(who, asked.start, stop, held.dataset_id, held.version),
    )
    return StreamingResponse(_pieces(path, asked.start, stop), asked.status, headers, media_type=_OCTETS)


def _pieces(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while start < stop and (piece := source.read(min(_PIECE, stop - start))):
            start += len(piece)
            yield piece
