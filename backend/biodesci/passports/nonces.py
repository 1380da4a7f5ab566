"""Numbers that are used once. Issuing one keeps nothing, so that nobody can exhaust the issuer by asking;
what is kept is which were used, until they expire."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import Final

from biodesci.core.errors import AccessDeniedError, UnavailableError

LIFETIME: Final = 600  # seconds from the question to the signed answer
_KEPT: Final = 100_000  # used ones; each costs a valid signature
_TIME, _RANDOM, _TAG = 16, 32, 32  # hexadecimal digits


class Nonces:
    """Of one process: after a restart those of before are worth nothing."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def issue(self, now: int) -> str:
        """A new one, good until `LIFETIME` seconds from now (Unix seconds)."""
        body = f"{now + LIFETIME:0{_TIME}x}{secrets.token_hex(_RANDOM // 2)}"
        return body + self._tag(body)

    def expiry(self, nonce: str) -> int:
        """When it ends (Unix seconds). Raises AccessDeniedError for one that was not issued here."""
        body, tag = nonce[: _TIME + _RANDOM], nonce[_TIME + _RANDOM :]
        if not hmac.compare_digest(tag.encode(), self._tag(body).encode()):
            raise AccessDeniedError("The message's nonce was not issued here.", "Ask for one, and sign anew.")
        return int(body[:_TIME], 16)

    def use(self, nonce: str, now: int) -> None:
        """Takes it, once. Raises AccessDeniedError for one that is used, expired or not of here."""
        expiry = self.expiry(nonce)
        if expiry <= now:
            raise AccessDeniedError("The message's nonce has expired.", "Ask for one, and sign anew.")
        with self._lock:
            if nonce in self._used:
                raise AccessDeniedError("The message was used already.", "Ask for a nonce, and sign anew.")
            if len(self._used) >= _KEPT:
                self._used = {one: end for one, end in self._used.items() if end > now}
            if len(self._used) >= _KEPT:
                raise UnavailableError("The issuer has too much to do.", "Try again in ten minutes.")
            self._used[nonce] = expiry

    def _tag(self, body: str) -> str:
        return hmac.digest(self._key, body.encode(), "sha256").hex()[:_TAG]
