"""Who may act for a dataset besides its owner: proposed by the owner, accepted by the account, on chain."""

from __future__ import annotations

from dataclasses import dataclass

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import Mandate
from biodesci.core import typed_data
from biodesci.core.documents.acceptance import RoleAcceptance, SignedAcceptance
from biodesci.core.errors import InputError, StateError
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


def sign_acceptance(chain: Chain, dataset_id: int, role: Role, *, seconds: int) -> SignedAcceptance:
    """As `accept`, for somebody else to send within `seconds`: costs no gas.

    Raises StateError where the owner proposed no such role to this account, or it is accepted already.
    """
    mandate = chain.read(Mandate, dataset_id, chain.address)
    if not mandate.granted & ~mandate.accepted & 1 << role:
        raise StateError(
            f"The owner of dataset {dataset_id} has no open proposal of the role {role.name.lower()} to "
            f"{chain.address}.",
            "The owner proposes it first: biodesci dataset grant-role.",
        )
    functions, contract = chain.datasets.functions, str(chain.datasets.address)
    acceptance = RoleAcceptance.model_validate(
        {
            "dataset_id": dataset_id,
            "role": role.name.lower(),
            "account": chain.address,
            "owner": str(chain.call(functions.ownerOf(dataset_id))),
            "nonce": int(chain.call(functions.proposalOf(dataset_id, role, chain.address))),
            "deadline": chain.now() + seconds,
        }
    )
    document = typed_data.role_acceptance(chain.chain_id, contract, acceptance)
    signature = signatures.sign(chain, document)
    return SignedAcceptance(
        chain_id=chain.chain_id, contract=contract, acceptance=acceptance, signature=signature
    )


def relay_acceptance(chain: Chain, signed: SignedAcceptance) -> None:
    """Has another account take its role, from this one, which pays the gas.

    Raises InputError for one that was signed for another chain or DatasetNFT.
    """
    if (signed.chain_id, signed.contract) != (chain.chain_id, str(chain.datasets.address)):
        raise InputError(
            f"It is for chain {signed.chain_id}, DatasetNFT {signed.contract}: another network.",
            "Set BIODESCI_DEPLOYMENT to that network's file.",
        )
    chain.send(chain.datasets.functions.acceptRoleFor(signed.acceptance.struct(), signed.signature))


def revoke(chain: Chain, dataset_id: int, role: Role, account: str) -> None:
    """Ends a role or its proposal: as the dataset's owner, or this account's own."""
    chain.send(chain.datasets.functions.revokeRole(dataset_id, role, account))
