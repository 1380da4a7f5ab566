"""What each event says, in words and in HL7's: the kinds of a record's lifecycle (ISO 21089) and actions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from biodesci.core import duo
from biodesci.index.accounts import RULES, addresses
from biodesci.market.trail.following import Args, Entry

Lifecycle = Literal["originate", "amend", "deprecate", "disclose", "access", "hold", "unhold"]
Action = Literal["C", "R", "U", "D", "E"]


@dataclass(frozen=True)
class Meaning:
    """`group` is one of those that docs/audit.md lists; `lifecycle` and `action` are codes of HL7's."""

    group: str
    words: str
    lifecycle: Lifecycle
    action: Action


_TOKEN: Final = Meaning("transfer", "an account was allowed to transfer the token", "amend", "U")
MEANINGS: Final[dict[tuple[str, str], Meaning]] = {
    ("DatasetNFT", "DatasetPublished"): Meaning("publication", "a dataset was published", "originate", "C"),
    ("DatasetNFT", "VersionPublished"): Meaning("version", "a version was published", "amend", "U"),
    ("DatasetNFT", "VersionWithdrawn"): Meaning("withdrawal", "consent was withdrawn", "deprecate", "D"),
    ("DatasetNFT", "RoleGranted"): Meaning("role", "a role was proposed", "amend", "U"),
    ("DatasetNFT", "RoleAccepted"): Meaning("role", "a role was accepted", "amend", "U"),
    ("DatasetNFT", "RoleRevoked"): Meaning("role", "a role was ended", "amend", "U"),
    ("DatasetNFT", "Transfer"): Meaning("transfer", "the token was made or changed hands", "amend", "U"),
    ("DatasetNFT", "Approval"): _TOKEN,
    ("DatasetNFT", "MetadataUpdate"): Meaning("version", "wallets were told of a new card", "amend", "U"),
    ("AccessLicense", "OfferCreated"): Meaning("offer", "an offer was made", "originate", "C"),
    ("AccessLicense", "OfferClosed"): Meaning("offer", "an offer was closed", "deprecate", "U"),
    ("AccessLicense", "LicensePurchased"): Meaning("purchase", "a licence was bought", "originate", "C"),
    ("AccessLicense", "PurposeDeclared"): Meaning("purchase", "a purpose was declared", "originate", "C"),
    ("AccessLicense", "VisasShown"): Meaning("purchase", "visas were shown", "originate", "C"),
    ("AccessLicense", "LicenseApproved"): Meaning("approval", "a purchase was approved", "amend", "U"),
    ("AccessLicense", "LicenseRejected"): Meaning("approval", "a purchase was rejected", "deprecate", "U"),
    ("AccessLicense", "LicenseCancelled"): Meaning("purchase", "a buyer withdrew", "deprecate", "U"),
    ("AccessLicense", "LicenseDelivered"): Meaning("delivery", "a key was delivered", "disclose", "E"),
    ("AccessLicense", "KeyRedelivered"): Meaning("delivery", "a key was delivered again", "disclose", "E"),
    ("AccessLicense", "LicenseSettled"): Meaning("payment", "the owner was credited", "amend", "U"),
    ("AccessLicense", "LicenseEarned"): Meaning("payment", "the owner was credited in part", "amend", "U"),
    ("AccessLicense", "LicenseRefunded"): Meaning("payment", "the buyer was credited", "amend", "U"),
    ("AccessLicense", "LicenseDisputed"): Meaning("dispute", "a delivery was disputed", "hold", "U"),
    ("AccessLicense", "DisputeResolved"): Meaning("dispute", "a dispute was decided", "unhold", "U"),
    ("AccessLicense", "LicenseRevoked"): Meaning("revocation", "a licence was revoked", "deprecate", "D"),
    ("AccessLicense", "LicenseConsumed"): Meaning("use", "a use was counted", "access", "R"),
    ("AccessLicense", "Transfer"): Meaning("purchase", "a token was made or taken back", "originate", "C"),
    ("AccessLicense", "Approval"): _TOKEN,
    ("AccessLicense", "Locked"): Meaning("purchase", "a licence's token was bound", "amend", "U"),
    ("AccessLicense", "Unlocked"): Meaning("transfer", "a licence's token was unbound", "amend", "U"),
    ("GuardedCustody", "GuardiansNamed"): Meaning("role", "a version's guardians were named", "amend", "U"),
    ("GuardedCustody", "DeliveryApproved"): Meaning("delivery", "guardians signed a delivery", "amend", "U"),
    ("ModelRegistry", "NodeEnrolled"): Meaning("use", "a site enrolled in a training round", "access", "R"),
    ("ModelRegistry", "StatisticsReleased"): Meaning("use", "statistics were released", "disclose", "E"),
    ("VisaRegistry", "IssuerTrusted"): Meaning("role", "trust in an issuer was declared", "amend", "U"),
    ("VisaRegistry", "ValueRequired"): Meaning("role", "a visa's value was asked for", "amend", "U"),
    ("VisaRegistry", "VisaRevoked"): Meaning("revocation", "an issuer revoked a visa", "deprecate", "D"),
}  # fmt: skip


@dataclass(frozen=True)
class Party:
    """An account of an event: its address, its part in it, and whether it is the one that called."""

    address: str
    role: str
    is_caller: bool


def of(entry: Entry) -> Meaning:
    """The meaning of an entry's event."""
    return MEANINGS[entry.contract, entry.name]


def parties(entry: Entry) -> list[Party]:
    """The accounts that an event names, the caller first; each once.

    The role is what the contract lets nobody else be, else the name of the event's field.
    """
    rule = RULES[entry.contract][entry.name]
    fields = [(*rule.by, True)] if rule.by else []
    fields += [(field, role, False) for field, _, role in rule.credits]
    fields += [(field, role, False) for field, role in rule.names]
    seen: dict[str, Party] = {}
    for field, role, is_caller in fields:
        word = role or ("caller" if is_caller else field.rpartition(".")[2])
        for address in addresses(dict(entry.args), field):
            seen.setdefault(address, Party(address, word, is_caller))
    return list(seen.values())


def purpose(args: Args) -> str:
    """The DUO codes of a purpose that a buyer declared; none where the event declares none."""
    return " ".join(duo.codes(args["purpose"])) if "purpose" in args else ""


def reason(args: Args) -> str:
    """The text of a reason on chain; none where there is none, or where its bytes are no text to show."""
    try:
        text = bytes.fromhex(args.get("reason", "0x")[2:]).rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""
