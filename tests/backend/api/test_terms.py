"""Currency, visas, pro rata, disease and what is due, as the API says it and the contract has it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.core import croissant, disease, visa
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import IdentifierCheck, NamedDisease, PermittedDiseases
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.onchain import Role
from biodesci.core.visa import VisaType
from biodesci.index import tables
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market import license, offers, renewal, roles
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.market.visa import issue, revoke, trust
from tests.backend.sql import derived

DS = 1 << 3
PRICE = 25_000_000
HOUR = 3_600


class World:
    """A dataset with diseases; an offer in dollars, against a visa, pro rata; index and API."""

    def __init__(self, chain_for, keyed, dollar, ipfs, store, client, folder) -> None:
        self.owner, self.issuer, self.buyer = chain_for(), chain_for(), keyed()
        self.ipfs, self.store, self.client, self.folder = ipfs, store, client, folder
        self.permitted = [5010, 6021]
        info = ContainerInfo(os.urandom(32), 42, 10, 1 << 16, os.urandom(32))
        card = croissant.build(
            croissant.About("Cohort", "", DS),
            croissant.StoredFile(os.urandom(32), info, "c.csv", "text/csv"),
            IdentifierCheck(checked="file name", findings=()),
            diseases=PermittedDiseases(
                named=(NamedDisease(id=5010, name="coronary artery disorder"),),
                ontology="2026-05-05",
                permitted=tuple(self.permitted),
                root=disease.root(self.permitted),
            ),
        )
        digest = ipfs.add(card.to_bytes())
        publication = (digest, os.urandom(32), os.urandom(32), DS, disease.root(self.permitted))
        receipt = self.owner.send(self.owner.datasets.functions.publish(publication, []))
        self.dataset = self.owner.event(receipt, self.owner.datasets, "DatasetPublished")["datasetId"]
        self.offer = offers.create(
            self.owner, self.dataset,
            OfferTerms(
                price=PRICE, currency=dollar.address, duration=HOUR, uses=4, pro_rata=True,
                visas=1 << VisaType.RESEARCHER_STATUS,
            ),
        )  # fmt: skip
        dollar.mint(self.buyer.address, 10 * PRICE)
        trust(self.owner, self.issuer.address, visa.REGISTERED_ACCESS)

    def visa(self, seconds: int):
        later = self.issuer.now() + seconds
        kind = VisaType.RESEARCHER_STATUS
        return issue(self.issuer, self.buyer.address, kind, b"\x5a" * 32, later)

    def license(self, license_id: int) -> dict:
        sync(self.owner, self.ipfs, self.store)
        answer = self.client.get(f"/v1/licenses/{license_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def world(chain_for, keyed, dollar, ipfs_node, localnet, tmp_path):
    settings = Settings(
        rpc_url=localnet.rpc_url, deployment=localnet.deployment_file, ipfs_api=ipfs_node.api,
        ipfs_gateway=ipfs_node.gateway, home=tmp_path / "home",
    )  # fmt: skip
    with Store(settings.database_path) as store, TestClient(create(settings)) as client:
        ipfs = Ipfs(ipfs_node.api, timeout=2.0)
        yield World(chain_for, keyed, dollar, ipfs, store, client, tmp_path)


def test_an_offer_says_what_a_buyer_pays_and_shows(world, dollar):
    roles.grant(world.owner, world.dataset, Role.CUSTODIAN, world.buyer.address)
    sync(world.owner, world.ipfs, world.store)
    body = world.client.get(f"/v1/datasets/{world.dataset}").json()
    (offer,) = body["offers"]
    assert offer["currency"] == {"address": dollar.address, "symbol": "TUSD", "decimals": 6}
    assert (offer["price"], offer["proRata"]) == (str(PRICE), True)
    assert offer["visas"] == ["ResearcherStatus"]
    assert body["roles"] == [{"role": "custodian", "account": world.buyer.address, "accepted": False}]
    assert body["versions"][0]["diseases"] == {
        "root": "0x" + disease.root(world.permitted).hex(),
        "named": [{"id": "MONDO:0005010", "name": "coronary artery disorder"}],
        "ontology": "2026-05-05",
    }


def test_a_licence_follows_visas_renewal_and_revocation(world, dollar):
    first = world.visa(1_000)
    proof = tuple(disease.prove(world.permitted, 6021))
    purpose = Purpose(duo=DS, disease=6021, statement=b"\x07" * 32)
    bought = purchase(world.buyer, world.offer, purpose, Evidence(disease_proof=tuple(proof), visas=(first,)))
    license_id = bought.license_id
    body = world.license(license_id)
    assert (body["state"], body["disease"], body["statement"]) == (
        "purchased", "MONDO:0006021", "0x" + "07" * 32,
    )  # fmt: skip
    assert body["currency"]["symbol"] == "TUSD"
    assert body["refundDue"] is None
    assert "signature" not in str(body).lower()

    world.owner.send(world.owner.licenses.functions.deliver(license_id, b"\5" * 32))
    license.confirm(world.buyer, license_id)
    body = world.license(license_id)
    on_chain = license.get(world.buyer, license_id)
    assert on_chain.expires_at == first.visa.expires
    assert datetime.fromisoformat(body["expiresAt"]) == datetime.fromtimestamp(first.visa.expires, UTC)
    assert body["active"] is license.is_active(world.buyer, license_id) is True
    assert body["envelope"]["digest"] == "0x" + "05" * 32
    due, _ = renewal.refund_due(world.owner, license_id)
    # The contract goes by the last block's time, the answer by the time of day.
    passed = max(time.time() - world.owner.now(), 0) + 1
    assert 0 <= due - int(body["refundDue"]) <= PRICE / HOUR * passed

    second = world.visa(50 * HOUR)
    done = renewal.renew(world.buyer, license_id, (second,))
    body = world.license(license_id)
    assert datetime.fromisoformat(body["expiresAt"]) == datetime.fromtimestamp(done.expires_at, UTC)
    assert body["usesLeft"] == 8
    assert body["active"]

    revoke(world.issuer, second)
    body = world.license(license_id)
    assert body["active"] is license.is_active(world.buyer, license_id) is False
    assert body["state"] == "settled"
    renewal.renew(world.buyer, license_id, (world.visa(HOUR),))
    assert world.license(license_id)["active"], "a renewal comes with new visas"

    due, paid_in = renewal.refund_due(world.owner, license_id)
    dollar.mint(world.owner.address, due)
    assert due <= 3 * PRICE
    assert paid_in.address == dollar.address
    renewal.revoke(world.owner, license_id, "moved away")
    body = world.license(license_id)
    assert (body["state"], body["active"], body["refundDue"]) == ("revoked", False, None)


def test_no_visa_is_in_the_index(world):
    shown = world.visa(1_000)
    evidence = Evidence(visas=(shown,))
    purchase(world.buyer, world.offer, Purpose(duo=DS), evidence)
    revoke(world.issuer, shown)
    sync(world.owner, world.ipfs, world.store)
    told = str(world.store.rows(select(tables.events))) + str(derived(world.store))
    assert shown.signature.hex() not in told
    assert shown.visa.value.hex() not in told
