"""What each operation costs, whole transactions, compared exactly with gas.json.

`UPDATE_GAS=1 ape test tests/contracts/test_gas.py` writes the file anew; then look at the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typed import authorization, permit, sign_order
from vocabulary import (
    DAY,
    DOLLARS,
    NO_EVIDENCE,
    PRICE,
    ZERO,
    Duo,
    Right,
    application,
    opening,
    word,
)

SNAPSHOT = Path(__file__).with_name("gas.json")
# Ceilings: raise one only with its reason in CHANGELOG.md.
CEILINGS = {
    "publish": 200_000,
    "purchase": 120_000,
    "purchase_erc20_permit": 190_000,
    "consume": 40_000,
    "deliver": 44_000,  # it names for whom, and of what data
    "deliver_by_owner": 42_000,
    "request": 145_000,
    "commit": 58_000,
    "revoke": 41_000,  # the token is burnt, too
    "withdraw": 35_000,
    "finalize_round": 135_000,
}


@pytest.fixture
def measured(
    chain,
    keys,
    visas,
    datasets,
    licenses,
    models,
    inferences,
    lens,
    dollar,
    actors,
    publication,
    terms_of_sale,
    order,
    offer_hash,
    register_key,
):
    """One life of everything, on a clock that is set: a time in calldata has its price too."""
    a = actors
    start = 2_000_000_000
    chain.mine(timestamp=start)
    deployed = {
        "key_registry": keys,
        "visa_registry": visas,
        "dataset_nft": datasets,
        "access_license": licenses,
        "model_registry": models,
        "inference_commitment": inferences,
        "license_lens": lens,
    }
    gas = {
        f"deploy.{name}": contract.creation_metadata.receipt.gas_used for name, contract in deployed.items()
    }
    gas["deploy"] = sum(gas.values())

    def spend(name: str, tx) -> None:
        gas[name] = tx.gas_used

    # A first dataset by somebody else: counters are not zero in the life of a registry.
    datasets.publishWithOffer(publication("other"), [], terms_of_sale(), sender=a.second)
    for account in (a.stranger, a.researcher, a.worker):
        register_key(account)
    licenses.purchase(1, offer_hash(1), 1, Duo.HMB, False, value=PRICE, sender=a.stranger)

    spend("register_key", keys.register(b"\x07" * 1216, sender=a.hospital))
    spend("publish", datasets.publishWithOffer(publication(), [], terms_of_sale(uses=9), sender=a.hospital))
    spend("publish_version", datasets.publishVersion(2, publication("revised"), sender=a.hospital))
    spend("grant_role", datasets.grantRole(2, 0, a.custodian, sender=a.hospital))
    spend("accept_role", datasets.acceptRole(2, 0, sender=a.custodian))
    spend(
        "purchase", licenses.purchase(2, offer_hash(2), 2, Duo.HMB, False, value=PRICE, sender=a.researcher)
    )
    data = datasets.versionOf(2, 2).commitments
    spend("deliver", licenses.deliver(2, word("envelope"), data, a.researcher, sender=a.custodian))
    spend("confirm", licenses.confirm(2, sender=a.researcher))
    spend("consume_first", licenses.consume(2, sender=a.researcher))
    spend("consume", licenses.consume(2, sender=a.researcher))
    spend("collect", licenses.collect(a.hospital, ZERO, sender=a.hospital))
    spend("revoke", licenses.revoke(2, word("misuse"), a.researcher, sender=a.hospital))

    licenses.createOffer(terms_of_sale(2, right=Right.TRAIN), sender=a.hospital)
    spend("register_model", models.register(*map(word, "abcd"), sender=a.model_owner))
    spend(
        "open_round",
        models.openRound(
            1,
            opening(word("plan"), a.aggregator, *(start + days * DAY for days in (1, 2, 3))),
            sender=a.model_owner,
        ),
    )
    models.enrol(1, application(1, word("plan"), "second"), sender=a.second)
    spend("enrol", models.enrol(1, application(2, word("plan"), "first"), sender=a.hospital))
    spend("start_round", models.startRound(1, sender=a.aggregator))
    spend("fix_dealers", models.fixDealers(1, 3, word("dealt"), sender=a.aggregator))
    models.commitUpdate(1, word("dealt"), word("masked"), sender=a.second)
    spend("commit_update", models.commitUpdate(1, word("dealt"), word("masked"), sender=a.hospital))
    spend("close_commits", models.closeCommits(1, word("dealt"), 3, sender=a.aggregator))
    result = map(word, ("dealt", "r", "root", "w"))
    spend("finalize_round", models.finalize(1, *result, sender=a.aggregator))

    inferences.acceptArbitration(True, sender=a.arbiter)
    wish = (1, 2, a.worker, a.arbiter, start + DAY, DAY, word("in"), word("blob"))
    inferences.request(wish, value=PRICE, sender=a.stranger)
    spend("request", inferences.request(wish, value=PRICE, sender=a.researcher))
    spend("commit", inferences.commit(2, *map(word, ("in", "out", "blob")), sender=a.worker))
    spend("name_auditor", inferences.nameAuditors(2, [a.stranger], sender=a.researcher))
    spend("attest_audit", inferences.attestAudit(2, True, word("report"), word("out"), sender=a.stranger))
    spend("finalize_inference", inferences.finalize(2, sender=a.researcher))

    # The same with a dollar: a cold buyer again, of a token that the contract holds some of already.
    priced = terms_of_sale(2, currency=dollar.address, price=DOLLARS, duration=30 * DAY, proRata=True)
    spend("create_offer_erc20", licenses.createOffer(priced, sender=a.hospital))
    bought = lens.offerCount()
    for account in (a.model_owner, a.aggregator, a.worker):
        dollar.mint(account, 9 * DOLLARS, sender=a.deployer)
    for account in (a.model_owner, a.aggregator):
        register_key(account)
    dollar.approve(licenses, DOLLARS, sender=a.model_owner)
    licenses.purchase(bought, offer_hash(bought), 2, Duo.HMB, False, sender=a.model_owner)
    paid = permit(a.aggregator, dollar, licenses.address, DOLLARS)
    own = order(bought, buyer=a.aggregator.address, version=2, currency=dollar.address, price=DOLLARS)
    spend("purchase_erc20_permit", licenses.purchaseFor(own, b"", NO_EVIDENCE, paid, sender=a.aggregator))
    license_id = lens.licenseCount()
    paid = authorization(a.worker, dollar, licenses.address, DOLLARS, word("once"))
    theirs = order(bought, buyer=a.worker.address, version=2, currency=dollar.address, price=DOLLARS)
    signature = sign_order(a.worker, licenses, theirs)
    relayed = licenses.purchaseFor(theirs, signature, NO_EVIDENCE, paid, sender=a.stranger)
    spend("purchase_erc20_relayed", relayed)
    by_owner = licenses.deliver(license_id, word("envelope"), data, a.aggregator, sender=a.hospital)
    spend("deliver_by_owner", by_owner)
    licenses.confirm(license_id, sender=a.aggregator)
    chain.mine(timestamp=start + 5 * DAY)
    spend("claim_earned_erc20", licenses.claimEarned(license_id, sender=a.hospital))
    # Else it would depend on the machine whether a second, which earns something more, lies between the two.
    chain.mine(timestamp=start + 6 * DAY)
    spend(
        "revoke_erc20_pro_rata", licenses.revoke(license_id, word("misuse"), a.aggregator, sender=a.hospital)
    )

    spend("withdraw", datasets.withdraw(2, 2, sender=a.hospital))
    return gas


@pytest.fixture
def guarded(
    measured,
    custody,
    guarded_delivery,
    datasets,
    licenses,
    lens,
    actors,
    publication,
    terms_of_sale,
    offer_hash,
):
    """After all that: a dataset in the custody of the contract, of which two of three guardians deliver."""
    a = actors
    guardians = sorted((a.second, a.worker, a.aggregator), key=lambda one: int(one.address, 16))
    named = (2, [one.address for one in guardians])
    datasets.publishWithOffer(publication("guarded"), [], terms_of_sale(), sender=a.hospital)
    (dataset_id, offer_id) = (datasets.datasetCount(), lens.offerCount())
    datasets.grantRole(dataset_id, 0, custody, sender=a.hospital)
    naming = custody.nameGuardians(dataset_id, 1, named, sender=a.hospital)
    renaming = custody.nameGuardians(dataset_id, 1, named, sender=a.hospital)
    licenses.purchase(offer_id, offer_hash(offer_id), 1, Duo.HMB, False, value=PRICE, sender=a.researcher)
    delivery, signatures = guarded_delivery(lens.licenseCount(), named, guardians[:2])
    delivered = custody.deliver(delivery, named, signatures, sender=a.stranger)
    return {
        **measured,
        "deploy.guarded_custody": custody.creation_metadata.receipt.gas_used,
        "name_guardians": naming.gas_used,
        "name_guardians_again": renaming.gas_used,
        "deliver_guarded": delivered.gas_used,
    }


def test_gas(guarded):
    if os.environ.get("UPDATE_GAS"):
        SNAPSHOT.write_text(json.dumps(guarded, indent=2, sort_keys=True) + "\n")
    over = {name: guarded[name] for name, limit in CEILINGS.items() if guarded[name] > limit}
    assert not over, f"over the ceiling: {over}"
    assert guarded == json.loads(SNAPSHOT.read_text()), "run with UPDATE_GAS=1 and look at the difference"
