"""Tokens of brokers: each thing that is wrong with one is refused for its own reason."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import httpx
import jwt as pyjwt
import pytest
from joserfc.jwk import RSAKey

from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ConfigurationError,
    InputError,
    UnavailableError,
)
from biodesci.passports import tokens
from biodesci.passports.keys import LIMIT, BrokerKeys
from tests.backend.passports.conftest import HOUR, URL, trust_in


def verify(token: str, trust: Any, keys: Any) -> tokens.Claims:
    return tokens.verify(token, trust, keys, int(time.time()))


def test_a_token_of_either_algorithm_is_verified(broker, second, trust, keys):
    for one in (broker, second):
        claims = verify(one.visa(), trust, keys)
        assert claims.identity == ("researcher", one.issuer)
        assert "researcher" not in repr(claims)


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])


def test_an_unsigned_token_is_refused(broker, trust, keys):
    claims = pyjwt.decode(broker.visa(), options={"verify_signature": False})
    for name in ("none", "None", "NONE"):
        with pytest.raises(AccessDeniedError, match="in a way that is not accepted"):
            verify(unsigned(claims, {"alg": name, "typ": "JWT", "kid": broker.key.kid}), trust, keys)
    with pytest.raises(AccessDeniedError, match="signature is not its broker's"):
        verify(unsigned(claims, {"alg": "RS256", "typ": "JWT", "kid": broker.key.kid}), trust, keys)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(broker, trust, keys):
    claims = pyjwt.decode(broker.visa(), options={"verify_signature": False})
    body = unsigned(claims, {"alg": "HS256", "typ": "JWT", "kid": broker.key.kid}).rstrip(".")
    secret = broker.key.as_pem(private=False)
    tag = base64.urlsafe_b64encode(hmac.digest(secret, body.encode(), "sha256")).rstrip(b"=").decode()
    forged = f"{body}.{tag}"
    with pytest.raises(AccessDeniedError, match="in a way that is not accepted"):
        verify(forged, trust, keys)


def test_an_algorithm_that_does_not_fit_the_key_is_refused(broker, second, trust, keys):
    forged = broker.sign({}, header={"kid": broker.key.kid, "alg": "ES256"}, key=second.key)
    with pytest.raises(AccessDeniedError, match="algorithm does not fit"):
        verify(forged, trust, keys)
    with pytest.raises(AccessDeniedError, match="in a way that is not accepted"):
        verify(broker.sign({}, header={"alg": "RS512"}), trust, keys)


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_short_key_is_refused(broker, trust, tmp_path):
    short = RSAKey.generate_key(1024, {"kid": "short"}, private=True)
    (tmp_path / "0.json").write_text(json.dumps({"keys": [short.as_dict(private=False)]}))
    with pytest.raises(AccessDeniedError, match="algorithm does not fit"):
        verify(broker.sign({}, header={"kid": "short"}), trust, BrokerKeys(tmp_path))


@pytest.mark.parametrize(
    ("header", "claims", "why"),
    [
        ({"kid": "another"}, {}, "a key that its broker does not publish"),
        ({"kid": None}, {}, "does not name its key"),
        ({"jku": "https://evil.example/jwks"}, {}, "its key is elsewhere"),
        ({"typ": "dpop+jwt"}, {}, "of another kind"),
        ({}, {"exp": int(time.time()) - HOUR}, "has expired"),
        ({}, {"exp": None}, "lacks exp"),
        ({}, {"iat": None}, "lacks exp, iat"),
        ({}, {"sub": None}, "lacks exp, iat, iss or sub"),
        ({}, {"sub": ""}, "names nobody"),
        ({}, {"iat": int(time.time()) + HOUR}, "not valid yet"),
        ({}, {"nbf": int(time.time()) + HOUR}, "not valid yet"),
        ({}, {"exp": 1 << 50}, "times are none"),
        ({}, {"aud": "https://elsewhere.example"}, "made for somebody else"),
    ],
)
def test_what_does_not_count_is_refused_for_its_reason(broker, trust, keys, header, claims, why):
    with pytest.raises(AccessDeniedError, match=why):
        verify(broker.sign(claims, header=header), trust, keys)


def test_clocks_may_differ_a_little_and_an_audience_may_be_us(broker, trust, keys):
    now = int(time.time())
    verify(broker.sign({"iat": now + 20, "exp": now + 100, "aud": ["https://x.example", URL]}), trust, keys)
    verify(broker.sign({"exp": now - 10}), trust, keys)


def test_a_broker_that_nobody_named_is_refused(stranger, broker, trust, keys):
    with pytest.raises(AccessDeniedError, match="whom this issuer does not trust"):
        verify(stranger.visa(), trust, keys)
    with pytest.raises(AccessDeniedError, match="signature is not its broker's"):
        verify(stranger.sign({"iss": broker.issuer}, header={"kid": broker.key.kid}), trust, keys)
    with pytest.raises(AccessDeniedError, match="does not publish"):
        verify(stranger.sign({"iss": broker.issuer}), trust, keys)


def test_a_broker_does_not_sign_for_another(broker, second, trust, keys):
    """Both are trusted, and each for itself."""
    with pytest.raises(AccessDeniedError, match="does not publish"):
        verify(broker.sign({"iss": second.issuer}), trust, keys)


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "{}", "é.é.é", "." * 3])
def test_what_is_no_token_is_refused(trust, keys, text):
    with pytest.raises(InputError):
        verify(text, trust, keys)


def test_a_changed_or_oversized_token_is_refused(broker, trust, keys):
    token = broker.visa()
    head, body, signature = token.split(".")
    with pytest.raises(AccessDeniedError, match="signature is not"):
        verify(f"{head}.{body}.{signature[:-8]}AAAAAAAA", trust, keys)
    with pytest.raises(InputError, match="more than"):
        verify(broker.sign({"filler": "x" * tokens.LIMIT}), trust, keys)


class Site:
    """Serves a JWKS, and counts how often it is asked."""

    def __init__(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.status, self.content, self.headers = status, content, headers
        self.asked = 0

    def keys(self, tmp_path: Any) -> BrokerKeys:
        def serve(request: httpx.Request) -> httpx.Response:
            self.asked += 1
            return httpx.Response(self.status, headers=self.headers, content=iter([self.content]))

        return BrokerKeys(tmp_path, httpx.MockTransport(serve))


def at(broker: Any, url: str) -> Any:
    said = {"issuer": broker.issuer, "jwks": url, "sources": [broker.source]}
    return trust_in(broker, brokers=[said])


def test_keys_are_fetched_once_and_kept(broker, tmp_path):
    site = Site(200, json.dumps(broker.jwks()).encode())
    keys, trust = site.keys(tmp_path), at(broker, "https://broker.example/jwks")
    for _ in range(3):
        verify(broker.visa(), trust, keys)
    assert verify(broker.sign({}, header={"jku": "https://broker.example/jwks"}), trust, keys)
    for _ in range(3):
        with pytest.raises(AccessDeniedError, match="does not publish"):
            verify(broker.sign({}, header={"kid": "another"}), trust, keys)
    assert site.asked == 1, "an unknown key is looked for once a minute at most"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((302, b"", {"Location": "http://169.254.169.254/"}), UnavailableError),
        ((200, b" " * (LIMIT + 1)), UnavailableError),
        ((200, b"<html>"), ConfigurationError),
        ((200, b'{"keys": 7}'), ConfigurationError),
        ((200, b'{"keys": []}'), ConfigurationError),
        ((500,), UnavailableError),
    ],
)
def test_what_is_no_set_of_keys_is_refused(broker, tmp_path, answer, kind):
    site = Site(*answer)
    with pytest.raises(kind):
        verify(broker.visa(), at(broker, "https://broker.example/jwks"), site.keys(tmp_path))
    assert site.asked == 1


def test_keys_are_not_fetched_without_tls(broker, tmp_path):
    site = Site(200, json.dumps(broker.jwks()).encode())
    with pytest.raises(BioDeSciError, match="https alone"):
        verify(broker.visa(), at(broker, "http://broker.example/jwks"), site.keys(tmp_path))
    assert site.asked == 0
