"""A node's HTTP client of the aggregator. Each message is signed by the node's account (rounds.py)."""

from __future__ import annotations

import httpx
from eth_account.signers.local import LocalAccount

from biodesci.asking.http import Asker
from biodesci.core import problems
from biodesci.core.documents.round_messages import Inbox
from biodesci.core.errors import IntegrityError, UnavailableError
from biodesci.fl.masking import Context
from biodesci.rounds import signatures
from biodesci.rounds.signatures import DIGEST_HEADER, SIGNATURE_HEADER, MessageKind


class AggregatorClient:
    """Sends a node's messages; sending the same bytes again is harmless."""

    def __init__(self, url: str, account: LocalAccount, *, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._account = account
        self._asker = Asker(timeout)

    def post(self, where: Context, kind: MessageKind, body: bytes) -> None:
        """Raises what the aggregator refuses with (core/problems.py), or UnavailableError if it is away."""
        self._request(
            "POST",
            f"/rounds/{where.round_id}/{kind}",
            content=body,
            headers={
                "Content-Type": "application/octet-stream",
                DIGEST_HEADER: signatures.write_digest(body),
                SIGNATURE_HEADER: signatures.sign(self._account, where, kind, body),
            },
        )

    def inbox(self, where: Context) -> Inbox | None:
        """The peers' shares for this node; None until sharing is over."""
        status, body = self._request("GET", f"/rounds/{where.round_id}/inbox/{self._account.address}")
        return Inbox.parse(body) if status == 200 else None

    def _request(
        self, method: str, path: str, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; no more of a body is read than an answer of its kind may have."""
        try:
            answer = self._asker.ask(method, self.url + path, _limit, content=content, headers=headers)
        except httpx.HTTPError as exc:
            raise UnavailableError(
                f"The aggregator at {self.url} does not answer ({type(exc).__name__}).",
                "Wait until it is up again; nothing is lost.",
            ) from exc
        if answer.status >= 300:
            raise problems.error_from(answer.status, answer.body, "The aggregator")
        if answer.is_cut:
            raise IntegrityError(
                f"The aggregator at {self.url} answered with more than {Inbox.limit} bytes.",
                "It is not what an aggregator answers: ask its operator.",
            )
        return answer.status, answer.body


def _limit(status: int) -> int:
    return Inbox.limit if status < 300 else problems.LARGEST
