"""The issuer: a passport and a signed message come in, visas signed for that account go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from eth_utils.crypto import keccak

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core.documents.passport import IssuerTrust, SignInTerms, VisaAnswer, VisaRequest
from biodesci.core.documents.visa import SignedVisa, Visa
from biodesci.core.errors import AccessDeniedError, ConfigurationError, InputError
from biodesci.party import visas
from biodesci.passports import passport as passports
from biodesci.passports import siwe
from biodesci.passports.keys import BrokerKeys
from biodesci.passports.nonces import LIFETIME, Nonces
from biodesci.passports.passport import Accepted, Shown
from biodesci.passports.register import Issued, Register
from biodesci.passports.siwe import SignIn
from biodesci.passports.tokens import LEEWAY

_MOST: Final = 64  # visas of one answer
_REVOKED: Final = "A visa that this passport gives for this account was revoked."


@dataclass
class Issuer:
    """Signs by `chain`'s account what `trust` allows, for one account of each person (`register`). `clock`
    tells Unix seconds: brokers' times are the world's, not the chain's."""

    chain: Chain
    trust: IssuerTrust
    keys: BrokerKeys
    clock: Callable[[], int]
    register: Register

    def __post_init__(self) -> None:
        """Raises ConfigurationError for rules about datasets that are not on chain."""
        self._nonces = Nonces()
        count = self.chain.call(self.chain.datasets.functions.datasetCount())
        for rule in self.trust.rules:
            if rule.dataset is not None and rule.dataset > count:
                raise ConfigurationError(
                    f"A rule is about dataset {rule.dataset}, which is none.", "Correct it."
                )

    def terms(self) -> SignInTerms:
        """What the next message has to say. Nothing is kept of it."""
        now = self.clock()
        return SignInTerms(
            chain_id=self.chain.chain_id,
            registry=str(self.chain.visas.address),
            nonce=self._nonces.issue(now),
            issued_at=now,
            expires=now + LIFETIME,
        )

    def issue(self, request: VisaRequest) -> VisaAnswer:
        """Visas for the account that signed the message, as far as the passport shows what rules ask for.

        None leaves before the register has it on disk that its holder has this account.
        Raises InputError for what is no message or passport, AccessDeniedError with the reason where nothing
        may be signed. A message is used up by this, whether its passport counts or not.
        """
        asked = SignIn.parse(request.message)
        self._check_message(asked, request.passport)
        self._check_signature(asked, request.signature)
        self._nonces.use(asked.nonce, self.clock())
        shown = passports.read(request.passport, self.trust, self.keys, self.clock())
        if not shown.accepted:
            why = shown.ignored[0] if shown.ignored else "It holds none that a rule asks for."
            raise AccessDeniedError(
                f"No visa of this passport counts. {why}", "Ask its broker, or the issuer."
            )
        signed = self._signed(asked.address, shown)
        issued = [Issued(visas.hash_of(one), one.visa.issuer, one.visa.expires) for one in signed]
        self.register.enter(shown.identities, asked.address, issued, self.clock())
        good = tuple(one for one, noted in zip(signed, issued, strict=True) if not self._is_revoked(noted))
        if not good:
            raise AccessDeniedError(_REVOKED, "If the issuer's operator agrees, ask with a newer passport.")
        ignored = shown.ignored if len(good) == len(signed) else (_REVOKED, *shown.ignored)
        return VisaAnswer(visas=good, ignored=ignored[:_MOST])

    def _check_message(self, asked: SignIn, passport: str) -> None:
        now = self.clock()
        wrong = {
            "for another site": asked.domain.lower() != siwe.domain(self.trust.url),
            "for another address of the site": asked.uri.rstrip("/") != self.trust.url.rstrip("/"),
            "for another chain": asked.chain_id != self.chain.chain_id,
            "about another passport": asked.passport != siwe.fingerprint(passport),
            "expired": asked.expires <= now,
            "dated in the future": asked.issued_at > now + LEEWAY,
            "valid for longer than its nonce": asked.expires > self._nonces.expiry(asked.nonce),
        }
        for why, is_wrong in wrong.items():
            if is_wrong:
                raise AccessDeniedError(f"The signed message is {why}.", "Sign one for this passport, here.")

    def _check_signature(self, asked: SignIn, signature: bytes) -> None:
        """By the account's code where it has some, an EIP-7702 delegation too; else by its key."""
        if not signatures.is_by(self.chain, asked.address, asked.signable(), signature):
            raise AccessDeniedError(
                f"The message is not signed by {asked.address}.", "Sign it with the account that it names."
            )

    def _signed(self, subject: str, shown: Shown) -> tuple[SignedVisa, ...]:
        """One for each type, value and dataset: the one that lasts longest."""
        best: dict[tuple[int, bytes], Accepted] = {}
        for one in shown.accepted:
            key = (one.rule.type, self._value(one))
            if key not in best or best[key].expires < one.expires:
                best[key] = one
        if len(best) > _MOST:
            raise InputError(
                f"The passport gives more than {_MOST} visas.", "Give a passport with those needed alone."
            )
        return tuple(
            visas.sign(
                self.chain,
                Visa(
                    subject=subject,
                    type=one.rule.type,
                    value=value,
                    issuer=self.chain.address,
                    asserted=one.asserted,
                    expires=one.expires,
                ),
            )
            for (_, value), one in best.items()
        )

    def _is_revoked(self, one: Issued) -> bool:
        """The same passport gives an account the same visa once more: what was taken back stays so."""
        return visas.is_revoked(self.chain, one.issuer, one.hash)

    def _value(self, one: Accepted) -> bytes:
        """On chain: the hash of the GA4GH value, or what stands for the rule's dataset."""
        if one.rule.dataset is None:
            return keccak(one.value.encode())
        return bytes(self.chain.call(self.chain.licenses.functions.grantOf(one.rule.dataset)))
