"""Every answer of the API is the same, byte for byte, whether the index is SQLite's or PostgreSQL's."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from biodesci.api.app import create
from biodesci.index.database import Store
from biodesci.index.sync import sync


@pytest.fixture(scope="module")
def clients(world, postgres):
    name = postgres.database()
    settings = world.settings.model_copy(update={"database_url": SecretStr(postgres.url(name))})
    with Store(settings.index_location) as store:
        sync(world.owner, world.ipfs, store)
        with TestClient(create(settings), raise_server_exceptions=False) as client:
            yield world.client, client
    postgres.drop(name)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/status",
        "/v1/datasets",
        "/v1/datasets?limit=2",
        "/v1/datasets?q=cohort",
        "/v1/datasets?q=COHORT%202",
        "/v1/datasets?q=heart%20disease&limit=1",
        "/v1/datasets?q=ar",
        "/v1/datasets?q=%25",
        "/v1/datasets?q=nothing%20of%20the%20kind",
        "/v1/datasets?owner={owner}",
        "/v1/datasets?owner={stranger}&q=cohort",
        "/v1/datasets/{dataset}",
        "/v1/datasets/999",
        "/v1/licenses",
        "/v1/licenses?licensee={buyer}",
        "/v1/licenses?arbiter={owner}",
        "/v1/licenses?dataset={dataset}",
        "/v1/licenses/{license}",
        "/v1/models",
        "/v1/models/1",
        "/v1/inferences?account={owner}",
        "/v1/activity",
        "/v1/activity?limit=3",
        "/v1/activity?kind=license",
    ],
)
def test_both_engines_give_the_same_answer(world, clients, path):
    filled = path.format(
        owner=world.owner.address, buyer=world.buyer.address, stranger="0x" + "0f" * 20,
        dataset=world.datasets[-1], license=world.license_id,
    )  # fmt: skip
    one, other = (client.get(filled) for client in clients)
    assert one.status_code == other.status_code, other.text
    assert one.content == other.content
    while one.status_code == 200 and (cursor := one.json().get("nextCursor")):
        separator = "&" if "?" in filled else "?"
        one, other = (client.get(f"{filled}{separator}cursor={cursor}") for client in clients)
        assert one.content == other.content
