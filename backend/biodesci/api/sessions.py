"""Sign-in with Ethereum (EIP-4361), where something is shown to one account alone.

The message is made here, with a nonce that is good once and for ten minutes; domain and chain are bound
into it. A session is a random token in a cookie that scripts can't read and other sites can't send. Sessions
are in memory: a restart ends them all.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address
from fastapi import Cookie, Depends, FastAPI, Request
from fastapi.security import APIKeyCookie
from starlette.exceptions import HTTPException
from starlette.responses import Response

from biodesci.api.answers import problems_of
from biodesci.api.node import Node
from biodesci.api.schemas.session import MessageRequest, Session, SignedMessage, SignInMessage
from biodesci.chain import signatures
from biodesci.core.errors import AccessDeniedError, ChainError, UnavailableError
from biodesci.core.onchain import utc
from biodesci.passports.nonces import LIFETIME, Nonces

if TYPE_CHECKING:
    from siwe.siwe import ISO8601Datetime

_log = logging.getLogger(__name__)
COOKIE: Final = "biodesci_session"
LASTS_S: Final = 1_800
_MOST: Final = 10_000
_SAYS: Final = re.compile(r"\n(?P<account>0x[0-9a-fA-F]{40})\n[^\0]*\nNonce: (?P<nonce>[0-9a-f]{80})\n")
_STATEMENT: Final = "Show me what waits for this account. This sends no transaction and costs nothing."
NOBODY_HERE: Final = Session(account=None, expires_at=None)
_NO_STORE: Final = {"Cache-Control": "no-store"}
_scheme = APIKeyCookie(name=COOKIE, auto_error=False, description="POST /v1/session sets it.")


@dataclass(frozen=True)
class _Open:
    account: str
    expires: int


class Sessions:
    """Who has signed in, by the hash of a token that the browser alone has."""

    def __init__(self) -> None:
        self._open: dict[bytes, _Open] = {}
        self._lock = threading.Lock()

    def begin(self, account: str, now: int) -> str:
        """A session's token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            if len(self._open) >= _MOST:
                self._open = {key: one for key, one in self._open.items() if one.expires > now}
            while len(self._open) >= _MOST:
                del self._open[next(iter(self._open))]
            self._open[_key(token)] = _Open(account, now + LASTS_S)
        return token

    def of(self, token: str | None, now: int) -> _Open | None:
        """Whose session it is, while it lasts."""
        one = self._open.get(_key(token)) if token else None
        return one if one is not None and one.expires > now else None

    def end(self, token: str | None) -> None:
        """Signs out."""
        with self._lock:
            self._open.pop(_key(token or ""), None)


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class SignIn:
    """Makes messages, and takes them back signed."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._nonces = Nonces()
        self.sessions = Sessions()

    def message(self, request: Request, account: str, now: int) -> str:
        """What `account` signs to sign in at the address that the request came to."""
        return self._text(request, account, self._nonces.issue(now))

    def _text(self, request: Request, account: str, nonce: str) -> str:
        """The message with this nonce; raises AccessDeniedError for one that was not issued here."""
        from siwe import SiweMessage  # noqa: PLC0415  # its grammars take a second: not of every start

        host = request.headers.get("host", "")  # the server has checked it
        expires = self._nonces.expiry(nonce)
        return str(
            SiweMessage(
                domain=host,
                address=to_checksum_address(account),
                statement=_STATEMENT,
                uri=f"{request.url.scheme}://{host}",
                version="1",
                chain_id=self._node.deployed.now().chain_id,
                nonce=nonce,
                issued_at=_written(expires - LIFETIME),
                expiration_time=_written(expires),
            ).prepare_message()
        )

    def account_of(self, request: Request, signed: SignedMessage, now: int) -> str:
        """Who signed. Raises AccessDeniedError unless it is a message of ours, for this domain and chain, in
        time, not used before, and signed by its account: by its key, or by its code (ERC-1271).

        It is made again and compared. siwe's parser takes minutes for two thousand digits of a stranger's.
        """
        parts = _SAYS.search(signed.message)
        if parts is None or self._text(request, parts["account"], parts["nonce"]) != signed.message:
            raise _refused("it is not one that this server made for its own page")
        if self._nonces.expiry(parts["nonce"]) <= now:
            raise _refused("it has expired")
        account = parts["account"]
        text, signature = encode_defunct(text=signed.message), bytes.fromhex(signed.signature[2:])
        try:
            with self._node.asked() as chain:
                is_signed = signatures.is_by(chain, account, text, signature)
        except (UnavailableError, ChainError) as exc:
            # It names the node by its address, which is nobody's business.
            _log.warning("signing in: %s", exc)
            raise UnavailableError(
                "The chain, by which signatures are judged, does not answer.", "Try again in a moment."
            ) from None
        if not is_signed:
            raise _refused(f"{account} did not sign it")
        self._nonces.use(parts["nonce"], now)
        return account


def _written(seconds: int) -> ISO8601Datetime:
    from siwe.siwe import ISO8601Datetime  # noqa: PLC0415  # as above

    return ISO8601Datetime.from_datetime(datetime.fromtimestamp(seconds, UTC), timespec="seconds")


def _refused(why: str) -> AccessDeniedError:
    return AccessDeniedError(f"This message does not sign in: {why}.", "Ask for a new one, and sign that.")


def from_own_page(request: Request) -> None:
    """Raises unless a request that changes something comes from this server's own page, or from no page."""
    origin = request.headers.get("origin")
    # Compared as it is written: what is no address has no host, and is nobody's page.
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise AccessDeniedError("A page of another site asked for this.", "Use this server's own page.")


def json_alone(request: Request) -> None:
    """Raises for a body that is not JSON: 415."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body is not application/json")


def install(app: FastAPI, sign_in: SignIn) -> None:
    """Adds the routes."""
    answers = {**problems_of(400, 403, 413, 415, 503)}
    reads = [Depends(from_own_page), Depends(json_alone)]

    @app.post(
        "/v1/session/message",
        tags=["session"],
        response_model=SignInMessage,
        responses=answers,
        dependencies=reads,
    )
    def message(request: Request, wanted: MessageRequest) -> Response:
        """What a wallet signs to sign in (EIP-4361); good once, for ten minutes."""
        text = sign_in.message(request, wanted.account, int(time.time()))
        return _json(SignInMessage(message=text))

    @app.post("/v1/session", tags=["session"], response_model=Session, responses=answers, dependencies=reads)
    def begin(request: Request, signed: SignedMessage) -> Response:
        """Signs in for half an hour, by a cookie."""
        now = int(time.time())
        account = sign_in.account_of(request, signed, now)
        response = _json(Session(account=account, expires_at=utc(now + LASTS_S)))
        response.set_cookie(
            COOKIE,
            sign_in.sessions.begin(account, now),
            max_age=LASTS_S,
            path="/v1",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @app.get("/v1/session", tags=["session"], response_model=Session, responses=problems_of())
    def session(token: Annotated[str | None, Cookie(alias=COOKIE)] = None) -> Response:
        """Who has signed in."""
        one = sign_in.sessions.of(token, int(time.time()))
        return _json(Session(account=one.account, expires_at=utc(one.expires)) if one else NOBODY_HERE)

    @app.delete(
        "/v1/session",
        tags=["session"],
        status_code=204,
        responses=problems_of(403),
        dependencies=[Depends(from_own_page)],
    )
    def end(token: Annotated[str | None, Cookie(alias=COOKIE)] = None) -> Response:
        """Signs out."""
        sign_in.sessions.end(token)
        response = Response(status_code=204, headers=_NO_STORE)
        response.delete_cookie(COOKIE, path="/v1", httponly=True, samesite="strict")
        return response


def whose(sign_in: SignIn, token: str | None) -> str:
    """The account that has signed in; raises 401 where nobody has."""
    one = sign_in.sessions.of(token, int(time.time()))
    if one is None:
        raise HTTPException(401, "sign in first", {"WWW-Authenticate": "SIWE"})
    return one.account


Token = Annotated[str | None, Depends(_scheme)]


def _json(body: SignInMessage | Session) -> Response:
    return Response(body.model_dump_json(by_alias=True), headers=_NO_STORE, media_type="application/json")
