"""Brokers' keys (JWKS, RFC 7517): from a file, or from an https URL that the configuration names.

A token never says where its key is: `jku` is compared, not followed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from biodesci.asking.http import Asker
from biodesci.core import files
from biodesci.core.documents.passport import Broker
from biodesci.core.errors import AccessDeniedError, BioDeSciError, ConfigurationError, UnavailableError

LIMIT: Final = 64 << 10  # bytes of a JWKS
_TIMEOUT: Final = 5.0  # seconds, for the whole of it
_FRESH: Final = 600.0  # seconds that a fetched JWKS is believed
_AGAIN: Final = 60.0  # seconds between two fetches for a key that is not there, or after a failure
_LEAST_RSA: Final = 2048  # bits (RFC 7518, 3.3)

PublicKey = RSAPublicKey | EllipticCurvePublicKey


@dataclass
class _Cached:
    keys: PyJWKSet | None
    fetched: float
    tried: float


class BrokerKeys:
    """Finds a broker's key by its `kid`; fetches each JWKS once in ten minutes."""

    def __init__(self, folder: Path, transport: httpx.BaseTransport | None = None) -> None:
        """`folder` is where relative files are; `transport` stands for the network."""
        self._folder = folder
        self._transport = transport
        self._cache: dict[str, _Cached] = {}
        self._lock = threading.Lock()

    def find(self, broker: Broker, kid: str, algorithm: str) -> PublicKey:
        """The key for RS256 or ES256. Raises AccessDeniedError where the broker has none of that `kid` and
        kind, UnavailableError where its JWKS cannot be had."""
        with self._lock:
            key = _one(self._keys(broker, fresh=False), kid) or _one(self._keys(broker, fresh=True), kid)
        if key is None:
            raise AccessDeniedError(
                "A token is signed by a key that its broker does not publish.",
                "Ask the broker for a new one.",
            )
        return _fitting(key, algorithm)

    def _keys(self, broker: Broker, *, fresh: bool) -> PyJWKSet:
        now = time.monotonic()
        cached = self._cache.get(broker.jwks)
        if cached is None:
            cached = self._cache[broker.jwks] = _Cached(None, now - _FRESH, now - _AGAIN)
        is_old = cached.keys is None or now - cached.fetched >= _FRESH
        if (is_old or fresh) and now - cached.tried >= _AGAIN:
            cached.tried = now
            cached.keys = self._read(broker)
            cached.fetched = now
        if cached.keys is None or now - cached.fetched >= _FRESH:
            raise UnavailableError("A broker's keys could not be fetched.", "Try again in a minute.")
        return cached.keys

    def _read(self, broker: Broker) -> PyJWKSet:
        raw = self._fetch(broker.jwks) if "://" in broker.jwks else self._file(broker.jwks)
        try:
            return PyJWKSet.from_json(raw.decode())
        except (PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as exc:
            raise ConfigurationError(
                f"What broker {broker.issuer} publishes as keys is no JWKS.",
                "Check `jwks` in the configuration.",
            ) from exc

    def _file(self, name: str) -> bytes:
        path = self._folder / name
        try:
            raw = files.read(path)
        except (OSError, BioDeSciError) as exc:
            raise ConfigurationError(
                f"The file of keys {name} cannot be read.", "Check `jwks` in the configuration."
            ) from exc
        if len(raw) > LIMIT:
            raise ConfigurationError(f"The file of keys {name} is too large.", f"At most {LIMIT} bytes.")
        return raw

    def _fetch(self, url: str) -> bytes:
        if not url.startswith("https://"):
            raise ConfigurationError(f"Keys are fetched by https alone, not from {url}.", "Correct `jwks`.")
        try:
            with contextlib.closing(Asker(_TIMEOUT, self._transport, trust_env=False)) as asker:
                answer = asker.ask("GET", url, lambda _: LIMIT, headers={"Accept": "application/json"})
        except httpx.HTTPError as exc:
            raise UnavailableError(
                f"A broker's keys could not be fetched ({type(exc).__name__}).", "Try again later."
            ) from exc
        if answer.status != httpx.codes.OK:
            raise UnavailableError(f"A broker's keys were not served ({answer.status}).")
        if answer.is_cut:
            raise UnavailableError(f"A broker's keys have more than {LIMIT} bytes.")
        return answer.body


def _one(keys: PyJWKSet, kid: str) -> PyJWK | None:
    found = [key for key in keys.keys if key.key_id == kid]
    return found[0] if len(found) == 1 else None  # two of one name: neither


def _fitting(key: PyJWK, algorithm: str) -> PublicKey:
    public: object = key.key
    if key.public_key_use in {None, "sig"}:
        if algorithm == "RS256" and isinstance(public, RSAPublicKey) and public.key_size >= _LEAST_RSA:
            return public
        if (
            algorithm == "ES256"
            and isinstance(public, EllipticCurvePublicKey)
            and isinstance(public.curve, SECP256R1)
        ):
            return public
    raise AccessDeniedError(
        "A token's algorithm does not fit its broker's key.",
        "RS256 wants RSA of 2048 bits, ES256 wants P-256.",
    )
