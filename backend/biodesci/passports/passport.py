"""What a GA4GH passport shows: which of its visas count, by an issuer's rules, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from biodesci.core.documents.passport import IssuerTrust, Rule
from biodesci.core.errors import AccessDeniedError, InputError
from biodesci.core.visa import NAMES
from biodesci.passports import conditions, tokens
from biodesci.passports.keys import BrokerKeys
from biodesci.passports.links import Assertion, Identity
from biodesci.passports.links import linked as linked_to
from biodesci.passports.tokens import LEEWAY, Claims

MOST: Final = 64  # visas of one passport
LIMIT: Final = 192 << 10  # characters of one
_PASSPORT, _VISA = "ga4gh_passport_v1", "ga4gh_visa_v1"
_LINKED: Final = "LinkedIdentities"
_BY: Final = frozenset({"self", "peer", "system", "so", "dac"})
_LONGEST: Final = 255
_LONGEST_LINKS: Final = 4096


@dataclass(frozen=True)
class Accepted:
    """A visa that counts, and the rule by which it does. Times are Unix seconds."""

    rule: Rule
    value: str = field(repr=False)
    asserted: int
    expires: int


@dataclass(frozen=True)
class Shown:
    """Of one passport: what counts, in words why the others do not (nothing personal), and the identities
    (`sub`, `iss`) that are its holder's: its own, and those that are linked to it."""

    accepted: tuple[Accepted, ...]
    ignored: tuple[str, ...]
    identities: tuple[Identity, ...] = field(repr=False)


@dataclass(frozen=True)
class _Visa:
    """A verified one, of a source for which its broker speaks."""

    claims: Claims
    fields: Mapping[str, str] = field(repr=False)  # type, value, source, by
    asserted: int
    conditions: object = field(repr=False)

    @property
    def type(self) -> str:
        return self.fields["type"]


def read(passport: str, trust: IssuerTrust, keys: BrokerKeys, now: int) -> Shown:
    """Judges a passport (a JWT with `ga4gh_passport_v1`) or a single visa (with `ga4gh_visa_v1`).

    A visa that does not count is passed over, with the reason. Raises what `tokens.verify` does for the
    token itself, and InputError for one that is neither. `now` is in Unix seconds.
    """
    outer = tokens.verify(passport.strip(), trust, keys, now, LIMIT)
    visas, ignored = _visas(outer, trust, keys, now)
    links = (one for one in visas if one.type == _LINKED and one.conditions in (None, []))
    linked = linked_to(outer.identity, (_assertion(one) for one in links))
    accepted: list[Accepted] = []
    for visa in visas:
        if visa.type == _LINKED:
            continue
        try:
            accepted += _accept(visa, visas, linked, trust)
        except AccessDeniedError as exc:
            ignored.append(exc.message)
    return Shown(tuple(accepted), tuple(ignored), tuple(linked))


def _visas(outer: Claims, trust: IssuerTrust, keys: BrokerKeys, now: int) -> tuple[list[_Visa], list[str]]:
    if _VISA in outer.all and _PASSPORT not in outer.all:
        return [_visa(outer, now)], []
    listed = outer.all.get(_PASSPORT)
    if not isinstance(listed, list) or _VISA in outer.all:
        raise InputError("This token is neither a passport nor a visa.", "Give a GA4GH Passport.")
    if len(listed) > MOST:
        raise InputError(f"The passport holds more than {MOST} visas.", "Ask its broker for those needed.")
    visas, ignored = [], []
    for token in listed:
        try:
            if not isinstance(token, str):
                raise InputError("This is no JSON Web Token.")
            visas.append(_visa(tokens.verify(token, trust, keys, now), now))
        except (AccessDeniedError, InputError) as exc:
            ignored.append(exc.message)
    return visas, ignored


def _visa(claims: Claims, now: int) -> _Visa:
    said = claims.all.get(_VISA)
    if not isinstance(said, dict):
        raise InputError("A token in the passport is no visa.")
    kind, value, source, by = (said.get(name) for name in ("type", "value", "source", "by"))
    longest = _LONGEST_LINKS if kind == _LINKED else _LONGEST
    said_texts = {"type": kind, "value": value, "source": source} | ({} if by is None else {"by": by})
    texts = {
        name: text for name, text in said_texts.items() if isinstance(text, str) and 0 < len(text) <= longest
    }
    if texts.keys() != said_texts.keys():
        raise AccessDeniedError("A visa's type, value, source or by is missing, or no text of its length.")
    if by is not None and by not in _BY:
        raise AccessDeniedError("A visa's `by` is of no known authority.")
    asserted = said.get("asserted")
    if type(asserted) is not int or not 0 < asserted < claims.expires:
        raise AccessDeniedError("A visa does not say when it was asserted, or says a time after its end.")
    if asserted > now + LEEWAY:
        raise AccessDeniedError("A visa says that it was asserted at a time that has not come yet.")
    if source not in claims.broker.sources:
        raise AccessDeniedError("A visa is of a source for which its broker does not speak.")
    return _Visa(claims, texts, asserted, said.get("conditions"))


def _assertion(link: _Visa) -> Assertion:
    claims = link.claims
    return Assertion(claims.broker, claims.identity, link.fields["value"], claims.expires)


def _accept(
    visa: _Visa, all_: list[_Visa], linked: Mapping[Identity, int], trust: IssuerTrust
) -> list[Accepted]:
    """By each rule that fits: a grant may stand for several datasets."""
    if visa.claims.identity not in linked:
        raise AccessDeniedError(
            "A visa is of another identity, and nothing that counts links it to the passport's."
        )
    if visa.type not in NAMES:
        raise AccessDeniedError("A visa is of a type for which there is no rule.")
    expires = visa.claims.expires
    if visa.conditions not in (None, []):
        others = [one for one in all_ if one.conditions in (None, []) and one.claims.identity in linked]
        if not conditions.are_met(visa.conditions, (one.fields for one in others)):
            raise AccessDeniedError("A visa's conditions are not met by the passport's other visas.")
        # Which of them met it may not last as long: it ends with the first.
        expires = min(expires, *(one.claims.expires for one in others))
    rules = [rule for rule in trust.rules if NAMES[rule.type] == visa.type]
    fitting = [rule for rule in rules if visa.fields["value"] in rule.values]
    if not fitting:
        raise AccessDeniedError("A visa is of a type or value for which there is no rule.")
    by_whom = [rule for rule in fitting if visa.fields.get("by") in rule.by]
    if not by_whom:
        raise AccessDeniedError("A visa was asserted by an authority that does not suffice (by).")
    end = min(expires, linked[visa.claims.identity])
    return [Accepted(rule, visa.fields["value"], visa.asserted, end) for rule in by_whom]
