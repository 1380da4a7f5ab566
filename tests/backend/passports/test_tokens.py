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
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
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


def test_a_key_that_the_token_brings_along_is_not_looked_at(broker, stranger, trust, keys):
    """By its header, inline or by an address, a forger names a key of its own (RFC 7515, 4.1.2 to 4.1.6)."""
    public = stranger.key.as_dict(private=False)
    for header in (
        {"jwk": public},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["TUlJQg=="]},
        {"jku": None, "jwk": {**public, "kid": broker.key.kid}},
    ):
        body = {"iss": broker.issuer, "sub": "x", "iat": int(time.time()), "exp": int(time.time()) + HOUR}
        forged = signed_by_hand(stranger, body, {"kid": broker.key.kid, **header})
        with pytest.raises(AccessDeniedError, match="signature is not its broker's"):
            verify(forged, trust, keys)


def signed_by_hand(one: Any, claims: dict[str, Any], header: dict[str, Any]) -> str:
    """As a forger writes it, whose program does not know better (RS256)."""
    given = {name: value for name, value in header.items() if value is not None}
    top = {"alg": "RS256", "typ": "JWT", **given}
    key = load_pem_private_key(one.key.as_pem(private=True), None)
    body = unsigned(claims, top).rstrip(".")
    signature = key.sign(body.encode(), PKCS1v15(), SHA256())  # type: ignore[union-attr, call-arg, arg-type]
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    ("header", "kind", "why"),
    [
        ({"kid": 7}, InputError, "no JSON Web Token"),
        ({"kid": ["a", "b"]}, InputError, "no JSON Web Token"),
        ({"crit": ["b64"], "b64": False}, InputError, "no JSON Web Token"),
        ({"b64": False}, InputError, "no JSON Web Token"),
        ({"typ": 7}, AccessDeniedError, "of another kind"),
        ({"alg": ["RS256"]}, AccessDeniedError, "in a way that is not accepted"),
    ],
)
def test_a_header_that_says_odd_things_is_refused(broker, trust, keys, header, kind, why):
    claims = {"iss": broker.issuer, "sub": "x", "iat": int(time.time()), "exp": int(time.time()) + HOUR}
    token = signed_by_hand(broker, claims, {"kid": broker.key.kid})
    assert verify(token, trust, keys).subject == "x", "the same by a usual header"
    with pytest.raises(kind, match=why):
        verify(signed_by_hand(broker, claims, {"kid": broker.key.kid, **header}), trust, keys)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 9000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"exp": 1' + b"0" * 5000 + b"}",
        b"\xff",
        b"7",
    ],
)
def test_a_body_that_is_made_to_break_the_reader_is_refused(broker, trust, keys, body):
    header, _, tail = broker.visa().split(".")
    broken = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    with pytest.raises((InputError, AccessDeniedError)):
        verify(f"{header}.{broken}.{tail}", trust, keys)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": 30}, "has expired"),
        ({"exp": 29}, None),
        ({"iat": -30}, None),
        ({"iat": -31}, "not valid yet"),
        ({"nbf": -31}, "not valid yet"),
        ({"nbf": -30}, None),
    ],
)
def test_clocks_differ_by_thirty_seconds_and_not_by_one_more(broker, trust, keys, claims, why):
    """Seconds that each time is in the past."""
    now = int(time.time())
    token = broker.sign({name: now - ago for name, ago in claims.items()})
    if why is None:
        tokens.verify(token, trust, keys, now)
        return
    with pytest.raises(AccessDeniedError, match=why):
        tokens.verify(token, trust, keys, now)


def test_a_key_that_its_broker_replaced_counts_no_more_once_that_is_seen(
    broker, second, tmp_path, monkeypatch
):
    """A new `kid` has the keys fetched anew, a minute after the last time; else they are kept for ten."""
    now = [10_000.0]
    monkeypatch.setattr("biodesci.passports.keys.time.monotonic", lambda: now[0])
    site = Site(200, json.dumps(broker.jwks()).encode())
    keys, trust = site.keys(tmp_path), at(broker, "https://broker.example/jwks")
    old = broker.visa()
    verify(old, trust, keys)
    newer = RSAKey.generate_key(2048, {"kid": "newer", "use": "sig"})
    site.content = json.dumps({"keys": [newer.as_dict(private=False)]}).encode()
    rotated = broker.sign({}, header={"kid": "newer"}, key=newer)
    with pytest.raises(AccessDeniedError, match="does not publish"):
        verify(rotated, trust, keys)
    verify(old, trust, keys)
    now[0] += 60
    verify(rotated, trust, keys)
    with pytest.raises(AccessDeniedError, match="does not publish"):
        verify(old, trust, keys)
    # Without a new name: the key that was fetched is believed for ten minutes, and not longer.
    site.content = json.dumps(broker.jwks()).encode()
    now[0] += 599
    verify(rotated, trust, keys)
    now[0] += 1
    with pytest.raises(AccessDeniedError, match="does not publish"):
        verify(rotated, trust, keys)
    verify(old, trust, keys)
    site.status = 500
    now[0] += 600
    with pytest.raises(UnavailableError):
        verify(old, trust, keys)


def test_two_keys_of_one_name_are_neither_and_a_key_for_another_use_is_none(broker, second, trust, tmp_path):
    own = broker.key.as_dict(private=False)
    twin = {**RSAKey.generate_key(2048).as_dict(private=False), "kid": broker.key.kid}
    for listed, why in (
        ([own, twin], "does not publish"),
        ([{**own, "use": "enc"}], "algorithm does not fit"),
        ([{**second.key.as_dict(private=False), "kid": broker.key.kid}], "algorithm does not fit"),
        ([broker.key.as_dict(private=True)], "algorithm does not fit"),
    ):
        (tmp_path / "0.json").write_text(json.dumps({"keys": listed}))
        with pytest.raises(AccessDeniedError, match=why):
            verify(broker.visa(), trust, BrokerKeys(tmp_path))
