"""A dataset with a long life, told by the real contracts, and its audit trail in files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.reading import Reading
from biodesci.chain.sending import Sending
from biodesci.core import envelope
from biodesci.core import visa as visas
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.visa import VisaType
from biodesci.market import arbitration, license, offers, visa
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.market.trail.exporting import export
from tests.backend import calls

HMB, DAY = 1 << 2, 86_400
FORMULA = "=cmd|'/C calc'!A0"


@pytest.fixture(scope="module")
def client(localnet: Any, senders_home: Path) -> Callable[[], Chain]:
    """client() has an account of its own."""

    def connect() -> Chain:
        deployment = load_deployment(localnet.deployment_file)
        return Chain(
            localnet.rpc_url, deployment, localnet.account(), senders_home,
            reading=Reading(0), sending=Sending(block_timeout=15),
        )  # fmt: skip

    return connect


@dataclass
class Life:
    """A dataset, whose it is, and a chain to read it from."""

    chain: Chain
    dataset: int
    buyer: str


def publish(chain: Chain, *parents: tuple[int, int]) -> int:
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, list(parents)))
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


@pytest.fixture(scope="module")
def life(client: Callable[[], Chain]) -> Life:
    owner, custodian, buyer, other, issuer, arbiter = (client() for _ in range(6))
    arbitration.accept(arbiter, accepted=True)
    buyer.send(buyer.keys.functions.register(envelope.public_key(envelope.generate_seed())))
    before = publish(other)  # another dataset, of which nothing belongs to the trail
    stranger = offers.create(other, before, OfferTerms(duration=DAY))
    purchase(buyer, stranger, HMB)
    dataset = publish(owner)
    granting = owner.datasets.functions
    owner.send(granting.grantRole(dataset, 0, custodian.address))
    custodian.send(custodian.datasets.functions.acceptRole(dataset, 0))
    plain = offers.create(
        owner, dataset, OfferTerms(duration=DAY, uses=3, dispute_window=DAY, arbiter=arbiter.address)
    )
    used = purchase(buyer, plain, HMB).license_id
    custodian.send(calls.deliver(custodian, used, b"\5" * 32))
    license.confirm(buyer, used)
    buyer.send(buyer.licenses.functions.consume(used))
    disputed = purchase(buyer, plain, HMB, again=True).license_id
    owner.send(calls.deliver(owner, disputed, b"\6" * 32))
    license.dispute(buyer, disputed, FORMULA)
    arbiter.send(calls.resolve(arbiter, disputed, pay_owner=False))
    owner.send(owner.licenses.functions.closeOffer(plain))
    registered = OfferTerms(duration=DAY, visas=visas.REGISTERED_ACCESS)
    asking = offers.create(owner, dataset, registered)
    visa.trust(owner, issuer.address, visas.REGISTERED_ACCESS)
    visa.trust(owner, issuer.address, visas.REGISTERED_ACCESS, dataset)
    shown = [
        visa.issue(issuer, buyer.address, kind, bytes(32), issuer.now() + 30 * DAY)
        for kind in (VisaType.ACCEPTED_TERMS_AND_POLICIES, VisaType.RESEARCHER_STATUS)
    ]
    purchase(buyer, asking, Purpose(duo=HMB), Evidence(visas=tuple(shown)), again=True)
    issuer.send(issuer.visas.functions.revoke(visa.hash_of(issuer, shown[0])))
    issuer.send(issuer.visas.functions.revoke(b"\7" * 32))  # which nobody was shown here
    publish(other, (dataset, 0))
    owner.send(owner.models.functions.releaseStatistics(dataset, True))
    owner.send(granting.publishVersion(dataset, (b"\4" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32))))
    owner.send(granting.revokeRole(dataset, 0, custodian.address))
    owner.send(granting.transferFrom(owner.address, other.address, dataset))
    other.send(other.datasets.functions.withdraw(dataset, 1))
    return Life(client(), dataset, buyer.address)


@pytest.fixture(scope="module")
def exported(life: Life, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the files trail.csv, trail.fhir.json and trail.proofs.jsonl, and those of all.*, which
    is complete."""
    folder = tmp_path_factory.mktemp("trail")
    export(life.chain, life.dataset, folder / "trail.csv")
    export(life.chain, life.dataset, folder / "all", complete=True)
    return folder
