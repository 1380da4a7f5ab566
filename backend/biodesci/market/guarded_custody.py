"""A contract as the custodian of a dataset (contracts/GuardedCustody.sol).

It delivers what a threshold of the guardians signed, so that none of them alone has a custodian's power.

The owner proposes the contract as custodian and names the guardians of a version; the contract keeps a hash
of them. Guardians sign the digest of what is delivered (EIP-712 `Approval`, or ERC-1271 for a contract), and
whoever has enough signatures sends them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from eth_account.messages import encode_typed_data
from web3.contract.contract import ContractFunction

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion, License, Mandate
from biodesci.core import typed_data
from biodesci.core.documents.custody import Approval, SignedApproval
from biodesci.core.documents.guarding import Split
from biodesci.core.errors import RevertedError
from biodesci.core.onchain import LicenseState, Role
from biodesci.market import roles

_NOT_NAMED: Final = "GuardedCustody_OtherGuardians"
Named = tuple[int, list[str]]
"""Threshold and accounts, as the contract takes them: in ascending order."""


def named(accounts: Iterable[str], threshold: int) -> Named:
    """Guardians as the contract takes them."""
    return threshold, sorted(accounts, key=lambda account: int(account, 16))


def of_split(split: Split) -> Named:
    """The guardians of a split as the contract takes them."""
    return named((one.account for one in split.guardians), split.threshold)


def set_of(chain: Chain, dataset_id: int, version: int, guardians: Named) -> bytes | None:
    """What guardians sign with a delivery: the hash by which the contract keeps them; None where they are not
    the ones whom the dataset's present owner named last for this version."""
    try:
        return bytes(chain.call(chain.custody.functions.setOf(dataset_id, version, guardians)))
    except RevertedError as exc:
        if exc.name == _NOT_NAMED:
            return None
        raise


def appoint(owner: Chain, dataset_id: int, version: int, accounts: Sequence[str], threshold: int) -> None:
    """As the dataset's owner: makes the contract custodian, if it is not, and names a version's guardians.
    What those before them signed, and was not delivered yet, is void.

    Raises RevertedError for a threshold that is not possible, an account that is named twice, and an account
    that does not own the dataset.
    """
    custody = str(owner.custody.address)
    if not owner.read(Mandate, dataset_id, custody).granted >> Role.CUSTODIAN & 1:
        roles.grant(owner, dataset_id, Role.CUSTODIAN, custody)
    owner.send(owner.custody.functions.nameGuardians(dataset_id, version, named(accounts, threshold)))


def ever_named(chain: Chain, dataset_id: int, version: int) -> list[str]:
    """Whoever was named a guardian of this version at any time, and may have a share of its key still; the
    contract has none."""
    events = _namings(chain, {"datasetId": dataset_id, "version": version})
    return list(dict.fromkeys(str(account) for event in events for account in event["accounts"]))


def appointed(chain: Chain, dataset_id: int) -> dict[int, Named]:
    """The guardians of each version of a dataset that the contract delivers: those whom its present owner
    named last."""
    events = _namings(chain, {"datasetId": dataset_id})
    last = {event["version"]: (event["threshold"], list(event["accounts"])) for event in events}
    return {
        version: guardians
        for version, guardians in sorted(last.items())
        if set_of(chain, dataset_id, version, guardians) is not None
    }


def approval(
    chain: Chain, licence: License, version: DatasetVersion, digest: bytes, guardians: bytes
) -> Approval:
    """What each guardian signs to deliver `digest` for a licence: for the first time, which counts until the
    delivery is due, or once more, until access ends or another delivery has its place."""
    is_first = licence.state is LicenseState.PURCHASED
    return Approval(
        chain_id=chain.chain_id,
        contract=str(chain.custody.address),
        license_id=licence.id,
        licensee=licence.licensee,
        envelope=digest,
        commitments=version.commitments,
        again=0 if is_first else chain.call(chain.custody.functions.redeliveries(licence.id)) + 1,
        deadline=licence.deadline if is_first else licence.expires_at,
        guardians=guardians,
    )


def sign(chain: Chain, approved: Approval) -> SignedApproval:
    """Signed by `chain`'s account, a guardian."""
    signature = signatures.sign(chain, typed_data.delivery_approval(approved))
    return SignedApproval(approval=approved, guardian=chain.address, signature=signature)


def sifted(
    chain: Chain, wanted: Approval, guardians: Named, given: Iterable[SignedApproval]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The signatures of `wanted` by guardians, by account; and by account why others do not count."""
    good: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    message = encode_typed_data(full_message=typed_data.delivery_approval(wanted))
    for one in given:
        if one.guardian not in guardians[1]:
            refused[one.guardian] = "it is no guardian of this key"
        elif one.approval != wanted:
            refused[one.guardian] = "it approved another delivery"
        elif not one.signature or not signatures.is_by(chain, one.guardian, message, one.signature):
            refused[one.guardian] = "its approval is not signed by it"
        else:
            good[one.guardian] = one.signature
    return good, refused


def delivery(
    chain: Chain, approved: Approval, guardians: Named, signed: Mapping[str, bytes]
) -> ContractFunction:
    """The call by which the contract delivers what was signed; anybody may send it."""
    called = (
        *(approved.license_id, approved.licensee, approved.envelope, approved.commitments),
        *(approved.again, approved.deadline),
    )
    given = [signed.get(account, b"") for account in guardians[1]]
    return chain.custody.functions.deliver(called, guardians, given)


def _namings(chain: Chain, filters: dict[str, int]) -> list[dict[str, Any]]:
    """What the contract's log says of guardians who were named, the oldest first."""
    first = chain.deployment.contracts["GuardedCustody"].block
    logs = chain.events(chain.custody, "GuardiansNamed", first, filters=filters)
    return [dict(log["args"]) for log in logs]
