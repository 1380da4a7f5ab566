"""Who may act for a dataset besides its owner: proposed by the owner, accepted by the account, on chain."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain.client import Chain
from biodesci.chain.records import Mandate
from biodesci.core.errors import InputError
from biodesci.core.onchain import Role


@dataclass(frozen=True)
class Holder:
    """An account that the owner proposed for a role, and whether it accepted."""

    role: Role
    account: str
    accepted: bool

    def __str__(self) -> str:
        return f"{self.role.name.lower()} {self.account}, {'accepted' if self.accepted else 'proposed only'}"


def parse(name: str) -> Role:
    """The role of this name; InputError where there is none."""
    try:
        return Role[name.upper()]
    except KeyError as exc:
        names = ", ".join(role.name.lower() for role in Role)
        raise InputError(f"There is no role {name!r}.", f"One of: {names}.") from exc


def holders(chain: Chain, dataset_id: int) -> tuple[Holder, ...]:
    """Who holds a role of the dataset now, or is proposed for one.

    The log says whom to ask the chain about; what the chain answers counts.
    """
    first = chain.deployment.contracts["DatasetNFT"].block
    logs = chain.events(chain.datasets, "RoleGranted", first, filters={"datasetId": dataset_id})
    accounts = dict.fromkeys(str(log["args"]["account"]) for log in logs)
    mandates = {account: chain.read(Mandate, dataset_id, account) for account in accounts}
    return tuple(
        Holder(role, account, bool(mandate.accepted >> role & 1))
        for role in Role
        for account, mandate in mandates.items()
        if mandate.granted >> role & 1
    )


def grant(chain: Chain, dataset_id: int, role: Role, account: str) -> None:
    """Proposes a role to an account, as the dataset's owner."""
    chain.send(chain.datasets.functions.grantRole(dataset_id, role, account))


def accept(chain: Chain, dataset_id: int, role: Role) -> None:
    """Takes a role that was proposed to this account."""
    chain.send(chain.datasets.functions.acceptRole(dataset_id, role))


def revoke(chain: Chain, dataset_id: int, role: Role, account: str) -> None:
    """Ends a role or its proposal: as the dataset's owner, or this account's own."""
    chain.send(chain.datasets.functions.revokeRole(dataset_id, role, account))
