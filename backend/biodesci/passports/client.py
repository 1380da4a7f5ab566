"""Who asks an issuer for visas: signs for its own account, and takes nothing that is not about it."""

from __future__ import annotations

import contextlib
from typing import Final
from urllib.parse import urlsplit

import httpx

from biodesci.asking.http import Asker
from biodesci.chain.client import Chain
from biodesci.core import problems
from biodesci.core.documents.passport import SignInTerms, VisaAnswer, VisaRequest
from biodesci.core.errors import InputError, IntegrityError, UnavailableError
from biodesci.passports import siwe
from biodesci.passports.nonces import LIFETIME
from biodesci.passports.siwe import SignIn

_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}


def request(
    chain: Chain, url: str, passport: str, transport: httpx.BaseTransport | None = None
) -> VisaAnswer:
    """Asks the issuer at `url` for visas on a passport, for `chain`'s account.

    The passport says who somebody is: it goes out by https alone, but for an issuer on this machine. The
    message is made here, from the address that was typed: an issuer cannot have another site's signed.
    Raises what the issuer refuses with, UnavailableError where it does not answer, and IntegrityError for
    visas of another subject or network.
    """
    _check_url(url)
    with contextlib.closing(Asker(60.0, transport)) as asker:
        terms = SignInTerms.parse(_post(asker, f"{url.rstrip('/')}/nonce", b"", SignInTerms.limit))
        asked = _message(chain, url, passport, terms)
        signature = bytes(chain.signer().sign_message(asked.signable()).signature)
        body = VisaRequest(passport=passport, message=asked.text(), signature=signature).to_bytes()
        answer = VisaAnswer.parse(_post(asker, f"{url.rstrip('/')}/visas", body, VisaAnswer.limit))
    ours = (chain.address, chain.chain_id, str(chain.visas.address))
    if any((one.visa.subject, one.chain_id, one.registry) != ours for one in answer.visas):
        raise IntegrityError(
            "The issuer answered with a visa of another account or network.",
            "Don't use it; ask its operator.",
        )
    return answer


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InputError(
            "A passport is sent by https alone, to an address without a login.",
            "Give the issuer's address as its operator writes it, such as https://visas.example.org.",
        )


def _message(chain: Chain, url: str, passport: str, terms: SignInTerms) -> SignIn:
    if (terms.chain_id, terms.registry) != (chain.chain_id, str(chain.visas.address)):
        raise InputError(
            f"The issuer signs for another network: chain {terms.chain_id}, registry {terms.registry}.",
            "Set BIODESCI_DEPLOYMENT to that network's file, or ask another issuer.",
        )
    if not 0 < terms.expires - terms.issued_at <= LIFETIME:
        raise IntegrityError("The issuer wants a message signed that lasts too long.", "Ask its operator.")
    return SignIn(
        domain=siwe.domain(url),
        address=chain.address,
        passport=siwe.fingerprint(passport),
        uri=url,
        chain_id=chain.chain_id,
        nonce=terms.nonce,
        issued_at=terms.issued_at,
        expires=terms.expires,
    )


def _post(asker: Asker, url: str, body: bytes, limit: int) -> bytes:
    """The answer. One that is longer than `limit` is refused by the document that it should be."""
    try:
        answer = asker.ask(
            "POST",
            url,
            lambda status: (limit if status < 300 else problems.LARGEST) + 1,
            content=body,
            headers={"Content-Type": "application/json"},
        )
    except httpx.HTTPError as exc:
        raise UnavailableError(
            f"The issuer does not answer ({type(exc).__name__}).", "Check its address, or try again later."
        ) from exc
    if answer.status >= 300:
        raise problems.error_from(answer.status, answer.body, "The issuer")
    return answer.body
