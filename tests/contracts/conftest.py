"""Actors, contracts, and what their public verbs are tried on.

Run: `ape test tests/contracts`. Ape starts and stops an anvil; every test starts from the same snapshot.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ape.contracts import ContractContainer
from ethpm_types import ContractType
from typed import sign_delivery, sign_visa
from vocabulary import DAY, DOLLARS, EMPTY, PRICE, ZERO, Duo, Right, purpose, word

from biodesci.chain.records import Listing, fill

FORGE_OUT = Path(__file__).parents[2] / ".cache/forge/out"


@pytest.fixture(scope="session")
def actors(accounts):
    names = (
        "deployer",
        "hospital",
        "custodian",
        "researcher",
        "arbiter",
        "stranger",
        "model_owner",
        "aggregator",
        "worker",
    )
    return SimpleNamespace(**{name: accounts[i] for i, name in enumerate(names)}, second=accounts[9])


@pytest.fixture(scope="session")
def hospital(actors):
    return actors.hospital


@pytest.fixture(scope="session")
def researcher(actors):
    return actors.researcher


@pytest.fixture(scope="session")
def arbiter(actors):
    return actors.arbiter


@pytest.fixture(scope="session")
def stranger(actors):
    return actors.stranger


@pytest.fixture(scope="session")
def model_owner(actors):
    return actors.model_owner


@pytest.fixture(scope="session")
def aggregator(actors):
    return actors.aggregator


@pytest.fixture(scope="session")
def worker(actors):
    return actors.worker


@pytest.fixture(scope="session")
def issuer(actors):
    """Signs visas: the inference worker, who has no other part where visas are shown."""
    return actors.worker


@pytest.fixture(scope="session")
def forge_contract():
    """A contract of tests/contracts/tokens: forge compiles it, Ape has the product's alone."""

    def load(name: str) -> ContractContainer:
        path = FORGE_OUT / f"{name}.sol" / f"{name}.json"
        if not path.is_file():
            pytest.fail(f"forge has not compiled {name} yet: run `make compile` first.", pytrace=False)
        built = json.loads(path.read_text())
        return ContractContainer(
            ContractType(
                contractName=name,
                abi=built["abi"],
                deploymentBytecode={"bytecode": built["bytecode"]["object"]},
            )
        )

    return load


@pytest.fixture(scope="session")
def dollar(forge_contract, actors, inferences):
    """An ERC-20 with permits and authorizations. The researcher and the hospital have 1,000 of it."""
    token = actors.deployer.deploy(forge_contract("MeasuredDollar"))
    for account in (actors.researcher, actors.hospital):
        token.mint(account, 4 * DOLLARS, sender=actors.deployer)
    return token


@pytest.fixture(scope="session")
def keys(project, actors):
    return actors.deployer.deploy(project.KeyRegistry)


@pytest.fixture(scope="session")
def datasets(project, actors, keys, visas, networks):
    licenses = networks.ecosystem.get_deployment_address(actors.deployer.address, actors.deployer.nonce + 1)
    return actors.deployer.deploy(project.DatasetNFT, licenses)


@pytest.fixture(scope="session")
def visas(project, actors):
    return actors.deployer.deploy(project.VisaRegistry)


@pytest.fixture(scope="session")
def licenses(project, actors, keys, visas, datasets, networks):
    models = networks.ecosystem.get_deployment_address(actors.deployer.address, actors.deployer.nonce + 1)
    contract = actors.deployer.deploy(project.AccessLicense, datasets, keys, visas, models)
    assert datasets.LICENSES() == contract.address
    contract.acceptArbitration(True, sender=actors.arbiter)
    return contract


@pytest.fixture(scope="session")
def models(project, actors, datasets, licenses):
    contract = actors.deployer.deploy(project.ModelRegistry, datasets, licenses)
    assert licenses.MODELS() == contract.address
    return contract


@pytest.fixture(scope="session")
def inferences(project, actors, models, keys):
    return actors.deployer.deploy(project.InferenceCommitment, models, keys)


@pytest.fixture(scope="session")
def lens(project, actors, licenses, datasets, inferences):
    return actors.deployer.deploy(project.LicenseLens, licenses, datasets)


@pytest.fixture
def custody(project, actors, licenses, datasets):
    """Where it is used alone, and after the others, whose addresses are in the prices of gas.json."""
    return actors.deployer.deploy(project.GuardedCustody, licenses, datasets)


@pytest.fixture
def guarded_delivery(custody, datasets, lens):
    """A delivery that guardians sign, and the signatures of some of them in the order of all."""

    def make(license_id: int, guardians: tuple[int, list], signers, **changes):
        sold = lens.licenseOf(license_id)
        delivery = {
            "licenseId": license_id,
            "licensee": sold.licensee,
            "envelope": word("envelope"),
            "commitments": datasets.versionOf(sold.datasetId, sold.version).commitments,
            "again": 0,
            "deadline": 2**40 - 1,
            **changes,
        }
        named = custody.setOf(sold.datasetId, sold.version, guardians)
        signed = {signer.address: sign_delivery(signer, custody, delivery, named) for signer in signers}
        return delivery, [signed.get(account, b"") for account in guardians[1]]

    return make


@pytest.fixture(scope="session", autouse=True)
def everything(
    hospital, stranger, model_owner, aggregator, worker, inferences, lens, dollar, publication, terms_of_sale,
    publish, order, signed_visa,
):  # fmt: skip
    """Makes what lasts for the session before the first snapshot; made later, it would cost a new one."""


@pytest.fixture(scope="session")
def now(chain):
    """The time that the next view or transaction sees, give or take a second."""
    return lambda: chain.pending_timestamp


@pytest.fixture(scope="session")
def publication():
    def make(name: str = "cohort", terms: int = Duo.HMB | Duo.NCU, **changes):
        fields = {
            "card": word(name + " card"),
            "contentRoot": word(name + " content"),
            "keyCommitment": word(name + " key"),
            "terms": terms,
            "diseases": bytes(32),
        }
        return {**fields, **changes}

    return make


@pytest.fixture(scope="session")
def terms_of_sale(arbiter):
    def make(dataset_id: int = 0, **changes):
        fields = {
            "datasetId": dataset_id,
            "price": PRICE,
            "currency": ZERO,
            "duration": 30 * DAY,
            "uses": 0,
            "deliveryWindow": 2 * DAY,
            "disputeWindow": 3 * DAY,
            "right": Right.DOWNLOAD,
            "visas": 0,
            "proRata": False,
            "arbiter": arbiter.address,
        }
        return {**fields, **changes}

    return make


@pytest.fixture(scope="session")
def offer_hash(lens):
    """Of what an offer says now."""
    return lambda offer_id: fill(Listing, lens.offerOf(offer_id), offer_id).offer.hash


@pytest.fixture(scope="session")
def order(researcher, offer_hash):
    """An order of the researcher's, to be signed."""

    def make(offer_id: int, **changes):
        fields = {
            "buyer": researcher.address,
            "offerId": offer_id,
            "offerHash": offer_hash(offer_id),
            "version": 1,
            "purpose": purpose(Duo.HMB),
            "currency": ZERO,
            "price": PRICE,
            "mayReview": True,
            "visasUntil": 0,
            "nonce": 0,
            "deadline": 2**40,
        }
        return {**fields, **changes}

    return make


@pytest.fixture(scope="session")
def signed_visa(visas, researcher, issuer, now):
    """A visa of the researcher's for 60 days, and its signature: a SignedVisa, as Ape wants it in a list."""

    def make(visa_type: int):
        visa = {
            "subject": researcher.address,
            "visaType": visa_type,
            "value": EMPTY,
            "issuer": issuer.address,
            "asserted": now() - DAY,
            "expires": now() + 60 * DAY,
        }
        return tuple(visa.values()), sign_visa(issuer, visas, visa)

    return make


@pytest.fixture(scope="session")
def publish(datasets, licenses, publication):
    def go(owner, terms: int = Duo.HMB | Duo.NCU) -> int:
        datasets.publish(publication(terms=terms), [], sender=owner)
        return datasets.datasetCount()

    return go


@pytest.fixture
def dataset(publish, hospital):
    """A dataset for non-commercial biomedical research."""
    return publish(hospital)


@pytest.fixture
def offer(licenses, lens, terms_of_sale, hospital, dataset):
    licenses.createOffer(terms_of_sale(dataset), sender=hospital)
    return lens.offerCount()


@pytest.fixture
def register_key(keys):
    def go(account) -> None:
        keys.register(hashlib.shake_256(account.address.encode()).digest(1216), sender=account)

    return go


@pytest.fixture
def buy(licenses, lens, researcher, register_key, offer_hash):
    def go(offer_id: int) -> int:
        register_key(researcher)
        licenses.purchase(offer_id, offer_hash(offer_id), 1, Duo.HMB, False, value=PRICE, sender=researcher)
        return lens.licenseCount()

    return go


@pytest.fixture
def deliver(licenses, lens, datasets, hospital):
    def go(license_id: int) -> int:
        sold = lens.licenseOf(license_id)
        data = datasets.versionOf(sold.datasetId, sold.version).commitments
        licenses.deliver(license_id, word("envelope"), data, sold.licensee, sender=hospital)
        return license_id

    return go
