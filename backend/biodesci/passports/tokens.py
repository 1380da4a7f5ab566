"""JSON Web Tokens of brokers (RFC 7519, GA4GH AAI 1.2): whose they are, and that they hold now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import MissingRequiredClaimError, PyJWTError

from biodesci.core.documents.passport import Broker, IssuerTrust
from biodesci.core.errors import AccessDeniedError, InputError
from biodesci.passports.keys import BrokerKeys
from biodesci.passports.links import Identity

LIMIT: Final = 16 << 10  # characters of one visa
LEEWAY: Final = 30  # seconds that clocks may differ
ALGORITHMS: Final = ("RS256", "ES256")
_TYPES: Final = {None, "JWT", "AT+JWT", "VND.GA4GH.PASSPORT+JWT", "VND.GA4GH.VISA+JWT"}
_LONGEST: Final = 255


@dataclass(frozen=True)
class Claims:
    """What a verified token says. Times are Unix seconds; its `repr` shows nothing, as it is personal."""

    broker: Broker
    subject: str
    expires: int
    all: dict[str, Any]

    def __repr__(self) -> str:
        return "Claims()"

    @property
    def identity(self) -> Identity:
        """GA4GH Passport: the pair of `sub` and `iss`."""
        return (self.subject, self.broker.issuer)


def verify(token: str, trust: IssuerTrust, keys: BrokerKeys, now: int, limit: int = LIMIT) -> Claims:
    """Checks size, algorithm, broker, key, signature, times and audience, in this order.

    Raises InputError for what is no token, AccessDeniedError with the reason for one that does not count,
    UnavailableError where the broker's keys cannot be had. No error holds what the token says.
    """
    if len(token) > limit:
        raise InputError(f"A token has more than {limit} characters.", "Ask the broker for a smaller one.")
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise AccessDeniedError(
            "A token is signed in a way that is not accepted.", f"Accepted: {', '.join(ALGORITHMS)}."
        )
    broker = _broker(token, trust)
    _check_header(header, broker)
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise AccessDeniedError("A token does not name its key (kid).", "Ask the broker for a new one.")
    key = keys.find(broker, kid, str(algorithm))
    claims = _decoded(token, key, str(algorithm), broker)
    return _held(claims, broker, trust.url, now)


def _header(token: str) -> dict[str, Any]:
    try:
        if token.count(".") != 2 or not token.isascii():
            raise ValueError
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, TypeError, RecursionError) as exc:
        raise InputError("This is no JSON Web Token.", "Give the broker's token, unchanged.") from exc
    return header


def _broker(token: str, trust: IssuerTrust) -> Broker:
    """By what the token says before it is verified: the choice of the key, and nothing else, rests on it."""
    try:
        unverified = jwt.decode(token, options={"verify_signature": False})
    except (PyJWTError, ValueError, TypeError, RecursionError) as exc:
        raise InputError("This is no JSON Web Token.", "Give the broker's token, unchanged.") from exc
    for broker in trust.brokers:
        if broker.issuer == unverified.get("iss"):
            return broker
    raise AccessDeniedError("A token is of a broker whom this issuer does not trust.", "Ask another issuer.")


def _check_header(header: dict[str, Any], broker: Broker) -> None:
    kind = header.get("typ")
    if (kind.upper() if isinstance(kind, str) else kind) not in _TYPES:
        raise AccessDeniedError("A token is of another kind than a passport or a visa.", "Give a passport.")
    if "crit" in header:
        raise AccessDeniedError(
            "A token asks for extensions that are not known here (crit).", "Ask its broker."
        )
    if "jku" in header and header["jku"] != broker.jwks:
        raise AccessDeniedError("A token says that its key is elsewhere (jku).", "Ask its broker.")


def _decoded(token: str, key: Any, algorithm: str, broker: Broker) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=broker.issuer,
            # Times and audience are held against our own clock and name below.
            options={
                "require": ["exp", "iat", "iss", "sub"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except MissingRequiredClaimError as exc:
        raise AccessDeniedError(
            "A token lacks exp, iat, iss or sub.", "Ask its broker for one with all of them."
        ) from exc
    except (PyJWTError, ValueError, TypeError) as exc:
        raise AccessDeniedError("A token's signature is not its broker's.", "Give it unchanged.") from exc
    return claims


def _held(claims: dict[str, Any], broker: Broker, url: str, now: int) -> Claims:
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf") if name in claims}
    if not all(type(value) is int and 0 <= value < 1 << 40 for value in times.values()):
        raise AccessDeniedError("A token's times are none.", "Ask its broker for a new one.")
    if claims["exp"] <= now - LEEWAY:
        raise AccessDeniedError("A token has expired.", "Ask its broker for a new one.")
    if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY:
        raise AccessDeniedError("A token is not valid yet.", "Wait, and check the clocks.")
    audience = claims.get("aud")
    if audience is not None and url not in (audience if isinstance(audience, list) else [audience]):
        raise AccessDeniedError(
            "A token was made for somebody else (aud).", "Ask its broker for one for here."
        )
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST:
        raise AccessDeniedError("A token names nobody (sub).", "Ask its broker for a new one.")
    return Claims(broker, subject, claims["exp"], claims)
