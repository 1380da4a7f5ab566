"""Who is behind an account: what an institution says of itself on its own web server, signed by its account.

The file is public, at `https://DOMAIN/.well-known/biodesci.json` (RFC 8615). It proves that whoever controls
the domain and whoever controls the account name each other; docs/institutions.md says what that holds
against.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from biodesci.core import domains, ror
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Count, HexBytes, Text, Uint256, UnixSeconds
from biodesci.core.errors import InputError
from biodesci.core.onchain import DAY, utc
from biodesci.core.public_text import require_printable

PATH: Final = "/.well-known/biodesci.json"
LONGEST_NAME: Final = 120  # characters
LONGEST_LIFE: Final = 400 * DAY  # seconds from `issued` to `expires`
UNPROVEN: Final = "unproven"
ROR_WORDS: Final = {
    None: "claimed by the domain",
    True: "as the ROR registry has it",
    False: "which the ROR registry does not have for this domain",
}
# Scripts in which letters of one look like letters of another.
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK", "CHEROKEE", "ARMENIAN"})


def _is_written(name: str) -> str:
    if domains.parse(name) != name:
        raise ValueError("it should be in lower case")
    return name


def _is_spelled(id_: str) -> str:
    if ror.parse(id_) != id_:
        raise ValueError("it should be spelled as https://ror.org/ and the id in lower case")
    return id_


def require_name(name: str) -> str:
    """`name`, if people can be shown it; else InputError: empty, long, unprintable, not in the form NFC, or
    with a word in which scripts are mixed whose letters look alike."""
    require_printable("name", name)
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise InputError(
            f"A name has 1 to {LONGEST_NAME} characters, and no space at its ends.", "Write it so."
        )
    if not unicodedata.is_normalized("NFC", name):
        raise InputError("The name is not in Unicode's form NFC.", "Write accents with their letters.")
    for word in name.split():
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
        if len(scripts & _ALIKE) > 1:
            raise InputError(
                "A word of the name mixes letters of scripts that look alike.", "Write it in one script."
            )
    return name


DomainName = Annotated[Text, AfterValidator(_is_written), Field(max_length=domains.LONGEST)]
"""Of a public host: in lower case, in ASCII."""
Ror = Annotated[Text, AfterValidator(_is_spelled), Field(max_length=40)]
Name = Annotated[Text, AfterValidator(require_name)]


class Network(Part):
    """One set of contracts: the chain, and its DatasetNFT."""

    chain_id: Uint256
    contract: Address


class Institution(Part):
    """What `account` signs: that it is of the institution at `domain`, which calls itself `name`; `ror` is
    its own word, unless a release of ROR names the domain. Times are Unix seconds."""

    domain: DomainName
    account: Address
    name: Name
    ror: Ror | None = None
    issued: UnixSeconds
    expires: UnixSeconds

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if not 0 < self.expires - self.issued <= LONGEST_LIFE:
            raise InputError(
                f"A proof lasts {LONGEST_LIFE // DAY} days at most.", "Give an end within that time."
            )
        return self


class InstitutionFile(Document):
    """The file on the web server. Without `network` it counts on all chains."""

    title: ClassVar = "institution proof"
    remedy: ClassVar = "The institution has to make it anew: biodesci account prove-domain."
    limit: ClassVar = 16 << 10  # a contract's signature may be long
    readable: ClassVar = True

    format: Literal["biodesci-institution/1"] = "biodesci-institution/1"
    network: Network | None = None
    institution: Institution
    signature: HexBytes


class Proven(Part):
    """An institution whose file was fetched and checked at `proven_at`; the proof counts until `until`.

    `ror_listed`: whether a release of ROR's registry names the domain for this id; absent: not checked.
    """

    domain: DomainName
    account: Address
    name: Name
    ror: Ror | None = None
    ror_listed: bool | None = None
    proven_at: UnixSeconds
    until: UnixSeconds

    def in_words(self) -> str:
        """The domain first, which is what is proven; the name is the domain's own word."""
        words = f"{self.domain} ({self.name}), proven by HTTPS on {utc(self.proven_at):%Y-%m-%d}"
        return words if self.ror is None else f"{words}; {self.ror}, {ROR_WORDS[self.ror_listed]}"


class Asked(Part):
    """How asking a domain went: `proven`, or why not; `attempts` failures in a row, the next after
    `retry_at`."""

    domain: DomainName
    proven: Proven | None = None
    why: Text | None = None
    attempts: Count
    retry_at: UnixSeconds


class KnownInstitutions(Document):
    """What a party's home remembers of domains that were asked, so that they are not asked each time."""

    title: ClassVar = "memory of institutions"
    remedy: ClassVar = "It may be deleted: what is needed is fetched again."
    limit: ClassVar = 1 << 20
    readable: ClassVar = True

    format: Literal["biodesci-known-institutions/1"] = "biodesci-known-institutions/1"
    asked: Annotated[tuple[Asked, ...], Field(max_length=500)]


def announced(card: Mapping[str, Any]) -> str | None:
    """The domain that a card, whoever wrote it, names as its creator's: the host of `creator.url`
    (https://schema.org/url). None where it names none that is a public one, by https."""
    creator = card.get("creator")
    url = creator.get("url") if isinstance(creator, Mapping) else None
    if not isinstance(url, str) or len(url) > 2 * domains.LONGEST:
        return None
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.netloc.lower() == parts.hostname
        return domains.parse(parts.hostname or "") if is_plain else None
    except (InputError, ValueError):
        return None
