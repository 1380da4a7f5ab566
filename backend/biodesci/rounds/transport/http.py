"""A node's HTTP client of the aggregator. Each message is signed by the node's account (rounds.py)."""

from __future__ import annotations

import httpx
from eth_account.signers.local import LocalAccount

from biodesci.core import problems
from biodesci.core.errors import UnavailableError
from biodesci.fl.masking import Context
from biodesci.fl.messages import Inbox
from biodesci.rounds import signatures
from biodesci.rounds.signatures import MessageKind

SIGNATURE_HEADER = "X-BioDeSci-Signature"


class AggregatorClient:
    """Sends a node's messages; sending the same bytes again is harmless."""

    def __init__(self, url: str, account: LocalAccount, *, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._account = account
        self._http = httpx.Client(base_url=self.url, timeout=timeout)

    def post(self, where: Context, kind: MessageKind, body: bytes) -> None:
        """Raises what the aggregator refuses with (core/problems.py), or UnavailableError if it is away."""
        self._request(
            "POST",
            f"/rounds/{where.round_id}/{kind}",
            content=body,
            headers={
                "Content-Type": "application/octet-stream",
                SIGNATURE_HEADER: signatures.sign(self._account, where, kind, body),
            },
        )

    def inbox(self, where: Context) -> Inbox | None:
        """The peers' shares for this node; None until sharing is over."""
        response = self._request("GET", f"/rounds/{where.round_id}/inbox/{self._account.address}")
        return Inbox.from_bytes(response.content) if response.status_code == 200 else None

    def _request(
        self, method: str, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as exc:
            raise UnavailableError(
                f"The aggregator at {self.url} does not answer ({type(exc).__name__}).",
                "Wait until it is up again; nothing is lost.",
            ) from exc
        if response.status_code < 300:
            return response
        raise problems.error_from(response.status_code, response.content, "The aggregator")
