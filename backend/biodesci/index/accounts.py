"""The accounts of an event: who called, whom it credits with how much, and whom it names besides.

`RULES` has every event of every contract. What an account was at that moment (an owner, a custodian, ...) is
what the contract lets nobody else do, or else what the log says of the account until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, Self

from biodesci.core.onchain import NOBODY
from biodesci.core.onchain import Role as DatasetRole
from biodesci.index.changes.datasets import ACCEPTED
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args
from biodesci.index.tables import (
    datasets,
    enrolments,
    inferences,
    licenses,
    models,
    offers,
    roles,
)
from biodesci.index.tables import rounds as rounds_table

Part = Literal["by", "names", "credits"]
Role = Literal[
    "owner", "former owner", "publisher", "custodian", "operator", "committee", "licensee", "buyer",
    "arbiter", "payee", "site", "aggregator", "requester", "worker", "auditor", "issuer", "keyholder",
    "guardian", "grantee", "model registry", "account", "somebody else",
]  # fmt: skip
DATASET_ROLES: Final[dict[DatasetRole, Role]] = {
    DatasetRole.CUSTODIAN: "custodian",
    DatasetRole.OPERATOR: "operator",
    DatasetRole.COMMITTEE: "committee",
}
_NUMBERED: Final = tuple((int(number), word) for number, word in DATASET_ROLES.items())


class Money(NamedTuple):
    """An amount in smallest units of a currency: an ERC-20's address, or NOBODY for ether."""

    amount: str
    currency: str


class Account(NamedTuple):
    """An account, its part in an event, and what it was at that moment; `money` where it is credited."""

    part: Part
    address: str
    role: Role
    money: Money | None = None

    def stored(self) -> list[Any]:
        """As a row of `events` has it."""
        part, address, role, money = self
        return [part, address, role, None if money is None else [*money]]

    @classmethod
    def of(cls, stored: Sequence[Any]) -> Self:
        """As the index stores it, in a row of `events`."""
        part, address, role, money = stored
        return cls(part, address, role, None if money is None else Money(*money))


@dataclass(frozen=True)
class Rule:
    """The fields of an event that hold accounts, with what these are.

    A role that is None is read from the log so far, and is `otherwise` if that has none. A field with a dot
    is inside a struct.
    """

    by: tuple[str, Role | None] | None
    names: tuple[tuple[str, Role | None], ...] = ()
    credits: tuple[tuple[str, str, Role], ...] = ()  # account, amount, role
    otherwise: Role = "somebody else"
    no_caller: str = ""  # why the event says no caller

    @cached_property
    def is_open(self) -> bool:
        """Whether what an account was is to be read from the log so far."""
        return any(role is None for _, role in (*(() if self.by is None else (self.by,)), *self.names))


_BY: Final = ("by", None)
_ERC721: Final[dict[str, Rule]] = {
    "Transfer": Rule(
        None,
        names=(("from", "former owner"), ("to", "owner")),
        no_caller="ERC-721 names both owners, and not who called",
    ),
    "Approval": Rule(
        None,
        names=(("owner", "owner"), ("approved", "grantee")),
        no_caller="ERC-721 names the owner and the approved account, and not who called",
    ),
    "ApprovalForAll": Rule(("owner", "owner"), names=(("operator", "grantee"),)),
}
_NOTHING_DONE: Final = Rule(
    None, no_caller="it says for wallets and viewers what an event beside it says in full"
)
_OF_THE_PURCHASE: Final = Rule(None, no_caller="LicensePurchased of the same transaction says who called")

RULES: Final[dict[str, dict[str, Rule]]] = {
    "DatasetNFT": {
        **_ERC721,
        "MetadataUpdate": _NOTHING_DONE,
        "BatchMetadataUpdate": _NOTHING_DONE,
        "EIP712DomainChanged": _NOTHING_DONE,
        "DatasetPublished": Rule(("owner", "owner")),
        "VersionPublished": Rule(("publisher", "owner")),
        "VersionWithdrawn": Rule(_BY),
        "RoleGranted": Rule(_BY, names=(("account", None),)),
        "RoleAccepted": Rule(("account", None)),
        "RoleRevoked": Rule(_BY, names=(("account", None),)),
    },
    "AccessLicense": {
        **_ERC721,
        "Locked": _NOTHING_DONE,
        "Unlocked": _NOTHING_DONE,
        "EIP712DomainChanged": _NOTHING_DONE,
        "ArbitrationAccepted": Rule(("account", "arbiter")),
        "OfferCreated": Rule(_BY, names=(("offer.arbiter", "arbiter"),)),
        "OfferClosed": Rule(_BY),
        "LicensePurchased": Rule(_BY, names=(("licensee", "licensee"),)),
        "PurposeDeclared": _OF_THE_PURCHASE,
        "VisasShown": _OF_THE_PURCHASE,
        "OrdersCancelled": Rule(("buyer", "buyer")),
        "LicenseApproved": Rule(_BY),
        "LicenseRejected": Rule(_BY),
        "LicenseCancelled": Rule(("by", "licensee")),
        "LicenseDelivered": Rule(_BY),
        "KeyRedelivered": Rule(_BY),
        "LicenseSettled": Rule(
            _BY, credits=(("owner", "amount", "owner"), ("publisher", "royalty", "publisher"))
        ),
        "LicenseEarned": Rule(
            _BY, credits=(("owner", "amount", "owner"), ("publisher", "royalty", "publisher"))
        ),
        "LicenseRefunded": Rule(_BY, credits=(("licensee", "amount", "licensee"),)),
        "LicenseDisputed": Rule(("by", "licensee")),
        "DisputeResolved": Rule(("by", "arbiter")),
        "LicenseRevoked": Rule(("by", "owner")),
        # Whoever else consumes for a licensee is the contract of rounds.
        "LicenseConsumed": Rule(_BY, otherwise="model registry"),
        "Collected": Rule(_BY, names=(("account", "payee"),), credits=(("to", "amount", "payee"),)),
    },
    "ModelRegistry": {
        **_ERC721,
        "ModelRegistered": Rule(("owner", "owner")),
        "ModelVersionPublished": Rule(_BY),
        "CodecGranted": Rule(_BY, names=(("account", "grantee"),)),
        "RoundOpened": Rule(("owner", "owner"), names=(("opening.aggregator", "aggregator"),)),
        "NodeEnrolled": Rule(("node", "site")),
        "RoundStarted": Rule(_BY),
        "DealersFixed": Rule(("aggregator", "aggregator")),
        "UpdateCommitted": Rule(("node", "site")),
        "CommitsClosed": Rule(("aggregator", "aggregator"), names=(("summed", "site"),)),
        "RoundFinalized": Rule(("aggregator", "aggregator")),
        "RoundAborted": Rule(_BY),
        "StatisticsReleased": Rule(_BY),
    },
    "GuardedCustody": {
        "EIP712DomainChanged": _NOTHING_DONE,
        "GuardiansNamed": Rule(("by", "owner"), names=(("accounts", "guardian"),)),
        # Whoever sends what guardians signed.
        "DeliveryApproved": Rule(_BY),
    },
    "InferenceCommitment": {
        "InferenceRequested": Rule(
            ("requester", "requester"), names=(("worker", "worker"), ("arbiter", "arbiter"))
        ),
        "InferenceCommitted": Rule(("worker", "worker")),
        "InferenceChallenged": Rule(("requester", "requester")),
        "ChallengeResolved": Rule(("arbiter", "arbiter")),
        "InferenceCancelling": Rule(("requester", "requester")),
        "InferenceFinalized": Rule(_BY, credits=(("worker", "paid", "worker"),)),
        "InferenceRefused": Rule(_BY, credits=(("requester", "paid", "requester"),)),
        "InferenceExpired": Rule(_BY, credits=(("requester", "paid", "requester"),)),
        "ArbitrationAccepted": Rule(("account", "arbiter")),
        "AuditorNamed": Rule(("requester", "requester"), names=(("auditor", "auditor"),)),
        "AuditorTrusted": Rule(("owner", "owner"), names=(("auditor", "auditor"),)),
        "AuditAttested": Rule(("auditor", "auditor")),
        "Collected": Rule(_BY, credits=(("account", "amount", "payee"),)),
    },
    "KeyRegistry": {
        "EIP712DomainChanged": _NOTHING_DONE,
        "KeyRegistered": Rule(("account", "keyholder")),
        "KeyRevoked": Rule(("account", "keyholder")),
    },
    "VisaRegistry": {
        "EIP712DomainChanged": _NOTHING_DONE,
        # Anybody may say whom it trusts, also for what is another's.
        "IssuerTrusted": Rule(("owner", "account"), names=(("issuer", "issuer"),)),
        "ValueRequired": Rule(("owner", "account")),
        "VisaRevoked": Rule(("issuer", "issuer")),
    },
}
_RULES: Final = {(contract, name): rule for contract, of in RULES.items() for name, rule in of.items()}


def accounts(draft: Draft, contract: str, name: str, args: Args) -> tuple[Account, ...]:
    """Who called first, then who is credited, then who is named besides; each account of an event once.

    `draft` has what the log says up to this event. An event that no rule knows has none.
    """
    rule = _RULES.get((contract, name))
    if rule is None:
        return ()
    # Of most events everybody's role is known.
    state = _State(draft, args) if rule.is_open else None
    credited = [
        Account("credits", address, role, _money(draft, args, args[amount]))
        for field, amount, role in rule.credits
        if args[amount]
        for address in addresses(args, field)
    ]
    named = []
    for field, fixed in rule.names:
        for address in addresses(args, field):
            role = fixed or (state and state.role(address)) or rule.otherwise
            named.append(Account("names", address, role))
    caller = []
    if rule.by is not None:
        field, fixed = rule.by
        for address in addresses(args, field):
            found = fixed or (state and state.role(address))
            found = found or next((one.role for one in (*named, *credited) if one.address == address), None)
            caller.append(Account("by", address, found or rule.otherwise))
    if not named:
        return (*caller, *credited)
    shown = {one.address for one in (*caller, *credited)}
    return (*caller, *credited, *[one for one in named if one.address not in shown])


def addresses(args: Args, field: str) -> list[str]:
    """The accounts of a field, which holds one or several."""
    value: Any = args
    for part in field.split(".") if "." in field else (field,):
        value = value.get(part) if value is not None else None
    several = value if isinstance(value, list) else (value,)
    return [address for address in several if address is not None and address != NOBODY]


def _money(draft: Draft, args: Args, units: int) -> Money:
    """Of an event about a licence in what its offer was paid in; ether where nothing else is named."""
    address = args.get("currency", NOBODY)
    if (license := _row(draft, licenses, args.get("licenseId"))) is not None:
        offer = _row(draft, offers, license["offer_id"])
        address = NOBODY if offer is None else offer["currency"]
    return Money(str(units), address)


def _row(draft: Draft, table: Any, *key: Any) -> Mapping[str, Any] | None:
    return None if None in key else draft.find(table, *key)


class _State:
    """What accounts are to the things that an event is about."""

    def __init__(self, draft: Draft, args: Args) -> None:
        self._draft = draft
        self._proposed: Role | None = None
        if "role" in args and "account" in args:
            self._proposed = DATASET_ROLES[DatasetRole(args["role"])]
        self._holder = args.get("account")
        self._args = args
        self._license = _row(draft, licenses, args.get("licenseId"))
        dataset = self._license["dataset_id"] if self._license is not None else args.get("datasetId")
        self._dataset = _row(draft, datasets, dataset)

    @property
    def _request(self) -> Mapping[str, Any] | None:
        return _row(self._draft, inferences, self._args.get("requestId"))

    @property
    def _round(self) -> Mapping[str, Any] | None:
        return _row(self._draft, rounds_table, self._args.get("roundId") or None)

    @property
    def _model(self) -> Mapping[str, Any] | None:
        about = self._round or self._request or {}
        return _row(self._draft, models, self._args.get("modelId", about.get("model_id")))

    def role(self, address: str) -> Role | None:
        """The first that fits, of what the account is to the dataset, licence, request, round or model."""
        if self._proposed is not None and address == self._holder:
            return self._proposed
        return (
            self._of_dataset(address)
            or self._of_request(address)
            or self._of_round(address)
            or ("owner" if self._model is not None and self._model["owner"] == address else None)
        )

    def _of_dataset(self, address: str) -> Role | None:
        if self._dataset is not None:
            if self._dataset["owner"] == address:
                return "owner"
            for number, word in _NUMBERED:
                key = (self._dataset["id"], self._dataset["handovers"], number, address)
                held = self._draft.find(roles, *key)
                if held is not None and held["state"] == ACCEPTED:
                    return word
        if self._license is not None:
            if self._license["licensee"] == address:
                return "licensee"
            if self._license["arbiter"] == address:
                return "arbiter"
        return None

    def _of_request(self, address: str) -> Role | None:
        if self._request is None:
            return None
        parts: tuple[Role, ...] = ("requester", "worker", "arbiter")
        return next((part for part in parts if self._request[part] == address), None)

    def _of_round(self, address: str) -> Role | None:
        if self._round is None:
            return None
        if self._round["aggregator"] == address:
            return "aggregator"
        enrolment = _row(self._draft, enrolments, self._args["roundId"], address)
        return "site" if enrolment is not None else None
