"""Each contract through its public verbs, as Ape's users call it: what it emits, answers and refuses.

Every branch is forge's (a `.tree` beside each `.t.sol`); this holds that Ape reads the contracts right.
"""

from __future__ import annotations

from eth_utils import keccak
from reverting import reverts
from vocabulary import (
    DAY,
    EMPTY,
    PRICE,
    UNCOUNTED,
    ZERO,
    Duo,
    License,
    Request,
    Right,
    Round,
    Visa,
    application,
    opening,
    word,
)

KEY = bytes(range(256)) * 4 + bytes(192)


def test_key_registry(keys, researcher):
    tx = keys.register(KEY, sender=researcher)
    assert tx.events == [keys.KeyRegistered(account=researcher, index=1, keyHash=keccak(KEY), publicKey=KEY)]
    key = keys.keyOf(researcher)
    assert (key.keyHash, key.index, key.since) == (keccak(KEY), 1, tx.timestamp)
    keys.revoke(sender=researcher)
    with reverts(keys.KeyRegistry_NoKey, account=researcher):
        keys.revoke(sender=researcher)


def test_visa_registry(visas, hospital, issuer, researcher, signed_visa):
    tx = visas.trust(issuer, Visa.bits(Visa.RESEARCHER), sender=hospital)
    assert tx.events == [
        visas.IssuerTrusted(owner=hospital, datasetId=0, issuer=issuer, types=Visa.bits(Visa.RESEARCHER))
    ]
    visa = signed_visa(Visa.RESEARCHER)
    visa_hash = visas.hashOf(visa[0])
    question = (hospital, 1, EMPTY, researcher, Visa.bits(Visa.RESEARCHER))
    ids, expires = visas.check(question, [visa])
    assert (ids, expires) == ([visas.idOf(issuer, visa_hash)], visa[0][-1])
    visas.revoke(visa_hash, sender=issuer)
    with reverts(visas.VisaRegistry_AlreadyRevoked, issuer=issuer, visaHash=visa_hash):
        visas.revoke(visa_hash, sender=issuer)


def test_dataset_nft(datasets, publication, hospital, stranger):
    p = publication(terms=Duo.DS | Duo.NPU, diseases=word("root"))
    tx = datasets.publish(p, [], sender=hospital)
    assert tx.events == [
        datasets.Transfer(**{"from": ZERO, "to": hospital, "tokenId": 1}),
        datasets.DatasetPublished(datasetId=1, owner=hospital, parents=[], **p),
    ]
    v = datasets.versionOf(1, 1)
    assert v.commitments == keccak(p["contentRoot"] + p["keyCommitment"])
    assert (v.card, v.terms, v.diseases, v.publisher) == (p["card"], p["terms"], p["diseases"], hospital)
    with reverts(datasets.DatasetNFT_NotOwner, datasetId=1, got=stranger):
        datasets.withdraw(1, 1, sender=stranger)


def test_access_license(licenses, lens, dataset, offer, buy, deliver, researcher, hospital):
    license_id = deliver(buy(offer))
    tx = licenses.confirm(license_id, sender=researcher)
    assert tx.events == [
        licenses.LicenseSettled(
            licenseId=license_id, by=researcher, owner=hospital, amount=PRICE, publisher=ZERO, royalty=0
        )
    ]
    got = lens.licenseOf(license_id)
    assert (got.offerId, got.datasetId, got.licensee) == (offer, dataset, researcher)
    assert (got.state, got.right, got.usesLeft) == (License.SETTLED, Right.DOWNLOAD, UNCOUNTED)
    assert licenses.isActive(license_id)
    assert licenses.ownerOf(license_id) == researcher
    licenses.collect(hospital, ZERO, sender=researcher)
    with reverts(licenses.AccessLicense_NothingOwed, account=hospital, currency=ZERO):
        licenses.collect(hospital, ZERO, sender=researcher)


def test_guarded_custody(
    custody, guarded_delivery, datasets, licenses, lens, dataset, offer, buy, actors, hospital, stranger
):
    guardians = sorted(
        (actors.second, actors.worker, actors.aggregator), key=lambda one: int(one.address, 16)
    )
    named = (2, [one.address for one in guardians])
    with reverts(custody.GuardedCustody_NotDatasetOwner, datasetId=dataset, got=stranger):
        custody.nameGuardians(dataset, 1, named, sender=stranger)
    datasets.grantRole(dataset, 0, custody, sender=hospital)
    tx = custody.nameGuardians(dataset, 1, named, sender=hospital)
    of = custody.setOf(dataset, 1, named)
    assert tx.events == [
        custody.GuardiansNamed(
            datasetId=dataset, version=1, set=of, threshold=2, accounts=named[1], by=hospital
        ),
        datasets.RoleAccepted(datasetId=dataset, role=0, account=custody),
    ]
    license_id = buy(offer)
    delivery, signatures = guarded_delivery(license_id, named, guardians[1:2])
    with reverts(custody.GuardedCustody_TooFew, got=1, required=2):
        custody.deliver(delivery, named, signatures, sender=stranger)
    delivery, signatures = guarded_delivery(license_id, named, guardians[1:])
    tx = custody.deliver(delivery, named, signatures, sender=stranger)
    assert tx.events == [
        custody.DeliveryApproved(
            licenseId=license_id, set=of, envelope=word("envelope"), approvers=0b110, by=stranger
        ),
        licenses.LicenseDelivered(licenseId=license_id, by=custody, envelope=word("envelope")),
    ]
    assert lens.licenseOf(license_id).state == License.DELIVERED


def test_model_registry(models, model_owner, aggregator, publish, hospital, stranger, now):
    values = {field: word(field) for field in ("architecture", "card", "weightsRoot", "weights")}
    tx = models.register(*values.values(), sender=model_owner)
    assert tx.events == [
        models.Transfer(**{"from": ZERO, "to": model_owner, "tokenId": 1}),
        models.ModelRegistered(modelId=1, owner=model_owner, **values),
    ]
    ends = (now() + days * DAY for days in (1, 2, 3))
    models.openRound(1, opening(word("plan"), aggregator, *ends), sender=model_owner)
    dataset_id = publish(hospital, terms=Duo.GRU)
    models.enrol(1, application(dataset_id, word("plan"), "hospital"), sender=hospital)
    assert [(seat.node, seat.datasetId) for seat in models.rosterOf(1)] == [(hospital, dataset_id)]
    assert models.roundOf(1).state == Round.ENROLLING
    with reverts(models.ModelRegistry_NotAggregator, roundId=1, got=stranger):
        models.startRound(1, sender=stranger)


def test_inference_commitment(
    inferences, models, model_owner, researcher, worker, arbiter, register_key, now
):
    models.register(*map(word, "abcd"), sender=model_owner)
    for account in (researcher, worker):
        register_key(account)
    inferences.acceptArbitration(True, sender=arbiter)
    wish = (1, 1, worker, arbiter, now() + DAY, DAY, word("in"), word("blob"))
    inferences.request(wish, value=PRICE, sender=researcher)
    tx = inferences.commit(1, word("in"), word("out"), word("blob"), sender=worker)
    assert tx.events == [
        inferences.InferenceCommitted(
            requestId=1, worker=worker, outputCommitment=word("out"), output=word("blob")
        )
    ]
    with reverts(inferences.InferenceCommitment_NotRequester, requestId=1, got=worker):
        inferences.challenge(1, word("evidence"), sender=worker)
    inferences.finalize(1, sender=researcher)
    assert (inferences.stateOf(1), inferences.owed(worker)) == (Request.FINALIZED, PRICE)
