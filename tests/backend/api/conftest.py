"""A real index of a real chain, and the API over it."""

from __future__ import annotations

import os
from datetime import date

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.records import Listing
from biodesci.config import Settings
from biodesci.core import croissant
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import IdentifierCheck
from biodesci.core.envelope import generate_seed, public_key
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from biodesci.market.offers import OfferTerms
from tests.backend import calls

HMB = 1 << 2


class World:
    def __init__(self, client, settings, owner, buyer, datasets, license_id, store, ipfs) -> None:
        self.client, self.settings, self.owner, self.buyer = client, settings, owner, buyer
        self.datasets, self.license_id, self.store, self.ipfs = datasets, license_id, store, ipfs


@pytest.fixture(scope="module")
def world(localnet, ipfs_node, tmp_path_factory, senders_home):
    folder = tmp_path_factory.mktemp("api")
    ipfs = Ipfs(ipfs_node.api, timeout=1.0)
    deployment = load_deployment(localnet.deployment_file)
    owner, buyer = (Chain(localnet.rpc_url, deployment, localnet.account(), senders_home) for _ in range(2))
    datasets = []
    for number in range(3):
        content = os.urandom(32)
        card = croissant.build(
            croissant.About(
                f"Cohort {number}", "Heart disease" if number else "Lung cancer", HMB, keywords=["cardiology"]
            ),
            croissant.StoredFile(
                content, ContainerInfo(os.urandom(32), 99, 10, 1 << 16, os.urandom(32)), "text/csv"
            ),
            IdentifierCheck(findings=()),
            croissant.Edition(1, date(2026, 11, 30)),
        )  # fmt: skip
        publication = (ipfs.add(card.to_bytes()), os.urandom(32), os.urandom(32), HMB, bytes(32))
        offer = OfferTerms(price=10**16 + number, delivery_window=600, dispute_window=600).tuple()
        sources = [(dataset, 0) for dataset in datasets[:1]]
        receipt = owner.send(owner.datasets.functions.publishWithOffer(publication, sources, offer))
        datasets.append(owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"])
        offer_id = owner.event(receipt, owner.licenses, "OfferCreated")["offerId"]
    buyer.send(buyer.keys.functions.register(public_key(generate_seed())))
    sold = buyer.read(Listing, offer_id).offer.hash
    receipt = buyer.send(buyer.licenses.functions.purchase(offer_id, sold, 1, HMB, False), 10**16 + 2)
    license_id = buyer.event(receipt, buyer.licenses, "LicensePurchased")["licenseId"]
    owner.send(calls.deliver(owner, license_id, os.urandom(32)))

    dist = folder / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html><title>page</title>")
    (dist / "assets" / "app-1a2b.js").write_text("export {}")
    (folder / "secret.txt").write_text("outside")
    settings = Settings(
        rpc_url=localnet.rpc_url, deployment=localnet.deployment_file, ipfs_api=ipfs_node.api,
        ipfs_gateway=ipfs_node.gateway, home=folder / "home", web=dist,
    )  # fmt: skip
    with Store(settings.index_location) as store:
        sync(owner, ipfs, store)
        with TestClient(create(settings), raise_server_exceptions=False) as client:
            yield World(client, settings, owner, buyer, datasets, license_id, store, ipfs)
