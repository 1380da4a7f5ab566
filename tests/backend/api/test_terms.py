"""Currency, visas, pro rata, disease and what is due, as the API says it and the contract has it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from biodesci.api.app import create
from biodesci.api.present.licenses import license_item
from biodesci.api.schemas.licenses import Shares as SharesSaid
from biodesci.chain.records import Shares
from biodesci.config import Settings
from biodesci.core import croissant, disease, visa
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import IdentifierCheck, NamedDisease, PermittedDiseases
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.onchain import Role
from biodesci.core.visa import VisaType
from biodesci.index import queries, tables
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market import arbitration, license, offers, roles, settlement
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.market.visa import issue, revoke, trust
from tests.backend import calls
from tests.backend.sql import derived

DS = 1 << 3
PRICE = 25_000_000
HOUR = 3_600
PERMITTED = [5010, 6021]
DISEASES = PermittedDiseases(
    named=(NamedDisease(id=5010, name="coronary artery disorder"),),
    ontology="2026-05-05",
    permitted=tuple(PERMITTED),
    root=disease.root(PERMITTED),
)


class World:
    """A dataset with diseases; an offer in dollars, against a visa, pro rata; index and API."""

    def __init__(self, chain_for, keyed, dollar, ipfs, store, client, folder) -> None:
        self.owner, self.issuer, self.buyer = chain_for(), chain_for(), keyed()
        self.ipfs, self.store, self.client, self.folder = ipfs, store, client, folder
        self.permitted = PERMITTED
        info = ContainerInfo(os.urandom(32), 42, 10, 1 << 16, os.urandom(32))
        card = croissant.build(
            croissant.About("Cohort", "", DS, diseases=DISEASES),
            croissant.StoredFile(os.urandom(32), info, "text/csv"),
            IdentifierCheck(findings=()),
            croissant.Edition(1, date(2026, 11, 30)),
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

    def same_shares(self, license_id: int) -> None:
        """What the index makes of its rows, at the time of the last block, is what the contract says."""
        sync(self.owner, self.ipfs, self.store)
        shares = self.owner.read(Shares, license_id)
        said = license_item(queries.license(self.store, license_id), self.owner.now()).shares
        assert said == SharesSaid(to_owner=str(shares.to_owner), to_licensee=str(shares.to_licensee))

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
    with Store(settings.index_location) as store, TestClient(create(settings)) as client:
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


def test_an_offer_says_how_its_money_goes_before_anything_is_paid(world):
    sync(world.owner, world.ipfs, world.store)
    (offer,) = world.client.get(f"/v1/datasets/{world.dataset}").json()["offers"]
    assert offer["arbiter"] is None
    assert offer["conditions"] == offers.get(world.owner, world.offer).conditions
    assert "No arbiter is named: nothing can be disputed after delivery" in " ".join(offer["conditions"])


def test_a_licence_follows_visas_earnings_and_revocation(world, localnet):
    first = world.visa(50 * HOUR)
    proof = tuple(disease.prove(world.permitted, 6021))
    purpose = Purpose(duo=DS, disease=6021, statement=b"\x07" * 32)
    evidence = Evidence(disease_proof=tuple(proof), visas=(first,))
    license_id = purchase(world.buyer, world.offer, purpose, evidence).license_id
    body = world.license(license_id)
    assert (body["state"], body["disease"], body["statement"]) == (
        "purchased", "MONDO:0006021", "0x" + "07" * 32,
    )  # fmt: skip
    assert body["currency"]["symbol"] == "TUSD"
    assert (body["shares"], body["earned"], body["envelope"]) == (None, "0", None)
    assert "signature" not in str(body).lower()

    world.owner.send(calls.deliver(world.owner, license_id, b"\5" * 32))
    license.confirm(world.buyer, license_id)
    body = world.license(license_id)
    on_chain = license.get(world.buyer, license_id)
    ends = datetime.fromtimestamp(on_chain.expires_at, UTC)
    assert datetime.fromisoformat(body["expiresAt"]) == ends
    assert body["active"] is license.is_active(world.buyer, license_id) is True
    assert body["envelope"]["digest"] == "0x" + "05" * 32
    world.owner.send(calls.redeliver(world.owner, license_id, b"\6" * 32))
    assert world.license(license_id)["envelope"]["digest"] == "0x" + "06" * 32
    world.same_shares(license_id)

    localnet.pass_time(HOUR // 4)
    done = settlement.claim_earned(world.owner, license_id)
    body = world.license(license_id)
    assert int(body["earned"]) == license.get(world.owner, license_id).earned >= done.to_owner
    world.same_shares(license_id)

    revoke(world.issuer, first)
    body = world.license(license_id)
    assert body["active"] is license.is_active(world.buyer, license_id) is False
    assert body["state"] == "settled"
    localnet.pass_time(HOUR // 4)
    world.same_shares(license_id)
    assert license.refund(world.buyer, license_id) is not None
    body = world.license(license_id)
    assert (body["state"], body["shares"]) == ("refunded", None)
    assert int(body["earned"]) == license.get(world.owner, license_id).earned


def test_licences_are_found_by_who_decides_their_disputes(world, chain_for):
    arbiter = chain_for()
    arbitration.accept(arbiter, accepted=True)
    judged = offers.create(world.owner, world.dataset, OfferTerms(arbiter=arbiter.address))
    bought = purchase(world.buyer, judged, Purpose(duo=DS), again=True)
    sync(world.owner, world.ipfs, world.store)
    for asked, numbers in ((arbiter.address.lower(), [bought.license_id]), (world.owner.address, [])):
        page = world.client.get("/v1/licenses", params={"arbiter": asked}).json()
        assert [one["id"] for one in page["items"]] == numbers
    (one,) = world.client.get("/v1/licenses", params={"arbiter": arbiter.address}).json()["items"]
    assert one["arbiter"] == arbiter.address
    assert f"Disputes are decided by {arbiter.address}" in " ".join(one["conditions"])


def test_no_visa_is_in_the_index(world):
    shown = world.visa(1_000)
    evidence = Evidence(visas=(shown,))
    purchase(world.buyer, world.offer, Purpose(duo=DS), evidence)
    revoke(world.issuer, shown)
    sync(world.owner, world.ipfs, world.store)
    told = str(world.store.rows(select(tables.events))) + str(derived(world.store))
    assert shown.signature.hex() not in told
    assert shown.visa.value.hex() not in told
