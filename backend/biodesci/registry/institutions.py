"""Who is behind an account, proven by HTTPS: the institution's file is fetched from its domain and checked.

1. `https://DOMAIN/.well-known/biodesci.json` is fetched (asking/public.py): 200, `application/json`, small.
2. It is an institution proof of this domain, for this network or for all.
3. It is in force.
4. The account that it names signed it, by its key or by its code (ERC-1271), as this chain has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import httpx
from eth_account.messages import encode_typed_data

from biodesci.asking.public import PublicWeb
from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import domains, typed_data
from biodesci.core.documents.institution import (
    PATH,
    Asked,
    Institution,
    InstitutionFile,
    Network,
    Proven,
)
from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ChainError,
    ConfigurationError,
    InputError,
    IntegrityError,
    NotFoundError,
    StateError,
    UnavailableError,
)
from biodesci.core.onchain import DAY, utc
from biodesci.core.pauses import doubled
from biodesci.registry.ror_release import RorRelease

FRESH: Final = 7 * DAY  # seconds that a proof counts without being fetched anew
_AGAIN: Final = DAY  # seconds after which it is fetched anew
_FIRST_PAUSE: Final = 300  # seconds after a failure; twice as many after the next, up to _AGAIN
_AHEAD: Final = 600  # seconds that the institution's clock may be ahead of ours
_MAKE: Final = "Its account makes the file: biodesci account prove-domain."


def network_of(chain: Chain) -> Network:
    """What a proof for these contracts alone is bound to."""
    return Network(chain_id=chain.chain_id, contract=str(chain.datasets.address))


def sign(chain: Chain, institution: Institution, network: Network | None) -> InstitutionFile:
    """The file for the web server, signed by `chain`'s account; where the institution's account has code,
    that has to accept it (ERC-1271). Raises AccessDeniedError where it does not count for that account."""
    document = typed_data.institution(network, institution)
    signature = signatures.sign(chain, document)
    file = InstitutionFile(network=network, institution=institution, signature=signature)
    _require_signed(chain, file)
    return file


def prove(chain: Chain, web: PublicWeb, domain: str, now: int, release: RorRelease | None = None) -> Proven:
    """Fetches and checks what a domain says; `now` in Unix seconds.

    Raises UnavailableError where it can't be asked at the moment, and where it was asked and proves nothing:
    NotFoundError (no file), InputError (no such document, or of another kind), IntegrityError (of another
    domain or network), StateError (not in force), AccessDeniedError (not signed by the account, or a domain
    that leads into a private network).
    """
    return check(chain, fetch(web, domain), domain, now, release)


@dataclass(frozen=True)
class Asker:
    """Asks domains whose accounts they are, for one network, and says when each is to be asked again."""

    chain: Chain
    web: PublicWeb
    release: RorRelease | None = None

    def ask(self, domain: str, now: int, before: Asked | None) -> Asked:
        """How asking it went; `before` is how it went the last time.

        A server that is away for a while does not unprove what it said: that counts until its own end. One
        that answers, and proves nothing any more, does. Raises what concerns this machine or the chain.
        """
        try:
            proven = prove(self.chain, self.web, domain, now, self.release)
        except (ConfigurationError, ChainError):
            raise
        except BioDeSciError as exc:
            attempts = before.attempts + 1 if before else 1
            known = before.proven if before and isinstance(exc, UnavailableError) else None
            return Asked(
                domain=domain,
                proven=known if known and known.until > now else None,
                why=exc.message,
                attempts=attempts,
                retry_at=now + int(doubled(attempts, _FIRST_PAUSE, _AGAIN)),
            )
        return Asked(domain=domain, proven=proven, attempts=0, retry_at=now + _AGAIN)


def fetch(web: PublicWeb, domain: str) -> bytes:
    """The file as the domain serves it. Raises as `prove` does."""
    answer = web.get(domain, PATH, InstitutionFile.limit)
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise UnavailableError(f"{domain} answers with an error ({answer.status}).", "Try again later.")
    if 300 <= answer.status < 400:
        raise InputError(
            f"{domain} leads elsewhere for its proof, and no redirect is followed.",
            f"It has to serve {PATH} itself.",
        )
    if answer.status != httpx.codes.OK:
        raise NotFoundError(f"{domain} has no proof at {PATH} ({answer.status}).", _MAKE)
    if answer.is_cut:
        raise InputError(f"What {domain} has at {PATH} is too large to be a proof.", _MAKE)
    if answer.media_type != "application/json":
        raise InputError(
            f"What {domain} has at {PATH} is not of the type application/json.",
            "Have the web server say so.",
        )
    return answer.body


def check(chain: Chain, raw: bytes, domain: str, now: int, release: RorRelease | None = None) -> Proven:
    """What these bytes prove of `domain`. Raises as `prove` does."""
    domain, file = domains.parse(domain), InstitutionFile.parse(raw)
    signed = file.institution
    if signed.domain != domain:
        raise IntegrityError(f"The proof that {domain} has is of another domain.", _MAKE)
    if file.network not in (None, network_of(chain)):
        raise IntegrityError(f"The proof that {domain} has is for other contracts or another chain.", _MAKE)
    if now > signed.expires:
        raise StateError(f"The proof of {domain} ended on {utc(signed.expires):%Y-%m-%d}.", _MAKE)
    if now < signed.issued - _AHEAD:
        raise StateError(f"The proof of {domain} counts from {utc(signed.issued):%Y-%m-%d} on.", _MAKE)
    _require_signed(chain, file)
    listed = None if release is None or signed.ror is None else release.names(signed.ror, domain)
    return Proven(
        domain=domain,
        account=signed.account,
        name=signed.name,
        ror=signed.ror,
        ror_listed=listed,
        proven_at=now,
        until=min(signed.expires, now + FRESH),
    )


def _require_signed(chain: Chain, file: InstitutionFile) -> None:
    signed = file.institution
    message = encode_typed_data(full_message=typed_data.institution(file.network, signed))
    if not signatures.is_by(chain, signed.account, message, file.signature):
        raise AccessDeniedError(
            f"The proof for {signed.domain} is not signed by {signed.account}, which it names.", _MAKE
        )
