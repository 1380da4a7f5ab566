"""What an answer stands for, what it costs, and what it does not tell."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from biodesci.api import readiness
from biodesci.api.app import create
from biodesci.api.present.datasets import dataset_summaries
from biodesci.api.server import serve
from biodesci.chain.client import Chain
from biodesci.chain.records import Listing
from biodesci.core.errors import ConfigurationError
from biodesci.index import queries
from biodesci.index.database import Block, Store
from biodesci.index.sync import sync
from biodesci.ipfs.client import Ipfs
from tests.backend.sql import heard

HMB = 1 << 2
NOBODY, EMPTY = "0x" + "0" * 40, bytes(32)


@pytest.fixture
def changed(world, tmp_path):
    """An API with other settings."""

    def start(**settings) -> TestClient:
        return TestClient(create(world.settings.model_copy(update=settings)))

    return start


@pytest.fixture
def index_at(world, tmp_path):
    """An index file of our own: of which chain, read up to which block."""

    def write(identity: str, block: int):
        path = tmp_path / f"{block}.sqlite"
        with Store(path) as store:
            store.begin(identity)
            store.apply([], Block(block, "0x", 0))
        return path

    return write


def test_rows_and_block_are_of_one_moment(world, monkeypatch):
    """The indexer goes on between two questions of an answer."""
    read, later = queries.licenses, world.client.get("/v1/licenses").json()["asOf"] + 1

    def then_a_block_comes(*args, **kwargs):
        rows = read(*args, **kwargs)
        world.store.apply([], Block(later, "0x", 0))
        return rows

    monkeypatch.setattr(queries, "licenses", then_a_block_comes)
    try:
        # Another question: the first one's answer is remembered.
        assert world.client.get("/v1/licenses?limit=7").json()["asOf"] == later - 1
        assert world.client.get("/v1/datasets").json()["asOf"] == later
    finally:
        world.store.roll_back(later - 1)


def test_a_page_costs_as_many_questions_as_a_single_dataset(world):
    def asked(limit: int) -> int:
        rows = queries.datasets(world.store, before=2**62, limit=limit, text="", owner=world.owner.address)
        assert len(rows) == limit
        with heard() as statements:
            found = dataset_summaries(world.store, rows, "")
        assert [one.offers[0].dataset_id for one in found] == [row["id"] for row in rows]
        return len(statements)

    assert asked(1) == asked(3) == 2  # for the offers, and for who is behind the owners


def test_a_disease_that_mondo_does_not_know_can_be_shown(world):
    """The contract takes any number, and a committee may approve it."""
    offer = world.client.get(f"/v1/datasets/{world.datasets[0]}").json()["allOffers"][0]
    sold = world.buyer.read(Listing, offer["id"]).offer.hash
    order = (
        world.buyer.address, offer["id"], sold, 1, (HMB, 2**32 - 1, EMPTY), NOBODY, int(offer["price"]), True,
        0, 0, 2**40 - 1,
    )  # fmt: skip
    function = world.buyer.licenses.functions.purchaseFor(
        order, b"", ([], []), (0, 0, EMPTY, EMPTY, 0, 0, EMPTY)
    )
    receipt = world.buyer.send(function, int(offer["price"]))
    license_id = world.buyer.event(receipt, world.buyer.licenses, "LicensePurchased")["licenseId"]
    sync(world.owner, world.ipfs, world.store)
    page = world.client.get("/v1/licenses", params={"licensee": world.buyer.address})
    assert page.status_code == 200, page.text
    assert page.json()["items"][0]["disease"] == "MONDO:4294967295"
    assert world.client.get(f"/v1/licenses/{license_id}").status_code == 200


def test_amounts_in_details_are_texts(world):
    activity = world.client.get(f"/v1/datasets/{world.datasets[2]}").json()["activity"]
    details = {one["name"]: one["details"] for one in activity}
    assert details["OfferCreated"]["offer"]["price"] == str(10**16 + 2)
    assert details["DatasetPublished"]["terms"] == str(HMB)
    assert details["DatasetPublished"]["datasetId"] == world.datasets[2]


def test_an_unexpected_error_has_the_headers_and_is_counted(world, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ValueError("inner detail")

    monkeypatch.setattr(queries, "models", fail)
    with TestClient(create(world.settings), raise_server_exceptions=False, client=("127.0.0.1", 1)) as client:
        answer = client.get("/v1/models")
        figures = client.get("/metrics").text
    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(figures)
        for sample in family.samples
        if sample.name == "biodesci_http_requests_total"
    }
    assert counted["/v1/models", "500"] >= 1


def test_an_index_that_cannot_be_read_is_unavailable(world, changed, tmp_path):
    path = tmp_path / "broken.sqlite"
    with changed(database=path) as client, Store(path) as store:
        with store.transaction() as connection:
            connection.execute(text("ALTER TABLE models RENAME TO older"))
        answer = client.get("/v1/models")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"] == "/problems/unavailable"


def test_a_refused_method_says_which_are_allowed(world):
    answer = world.client.post("/v1/datasets", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/" + "a" * 300, "/" + "a/" * 3000, "//etc/passwd", "/%ff", "/a%00b"])
def test_any_path_has_an_answer(world, path):
    answer = world.client.get(path)
    assert answer.status_code in {200, 404}
    assert "root:" not in answer.text


@pytest.mark.parametrize("cursor", ["1٣", "0", "-1", "1" * 19, "1.0", " 1"])
def test_a_cursor_that_is_not_ours(world, cursor):
    assert world.client.get("/v1/datasets", params={"cursor": cursor}).status_code == 400


def test_no_path_of_the_server_is_told(world, changed, tmp_path, caplog):
    secret = tmp_path / "secret-place" / "none.json"
    with changed(deployment=secret) as client:
        config, ready = client.get("/v1/config"), client.get("/ready")
    assert (config.status_code, ready.status_code) == (500, 503)
    assert config.json()["type"] == "/problems/configuration"
    for answer in (config, ready):
        assert "secret-place" not in answer.text
        assert "Whoever runs it" in answer.text
    assert str(secret) in caplog.text


def test_an_index_of_another_chain_is_not_ready(world, changed, index_at):
    head = world.owner.block_number()
    with changed(database=index_at("31337:0xother:0xother", head)) as client:
        answer = client.get("/ready")
    assert answer.status_code == 503
    assert "not of this chain" in answer.text


@pytest.mark.parametrize("away", [-51, 51])
def test_an_index_far_from_the_head_is_not_ready(world, changed, index_at, localnet, away):
    if world.owner.block_number() < 60:
        localnet.rpc("anvil_mine", hex(60))
    head = world.owner.block_number()
    with changed(database=index_at(world.owner.identity, head + away)) as client:
        answer = client.get("/ready")
    assert answer.status_code == 503
    assert f"the chain at {head}" in answer.text


@pytest.mark.parametrize(("behind", "status"), [(55, 200), (60, 200), (61, 503)])
def test_an_index_may_be_as_far_behind_as_it_waits_for_confirmations(
    world, changed, index_at, localnet, behind, status
):
    if world.owner.block_number() < 70:
        localnet.rpc("anvil_mine", hex(70))
    head = world.owner.block_number()
    with changed(database=index_at(world.owner.identity, head - behind), confirmations=10) as client:
        answer = client.get("/ready")
    assert answer.status_code == status, answer.text


def test_readiness_is_said_each_time(world, changed):
    with changed(ipfs_api="http://127.0.0.1:9") as client:
        for _ in range(2):
            answer = client.get("/ready", headers={"If-None-Match": "*"})
            assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_where_the_nodes_are_is_told_to_the_log_alone(world, changed, caplog):
    assert world.settings.ipfs_api not in world.client.get("/ready").text
    with changed(ipfs_api="http://127.0.0.1:9", rpc_url="http://127.0.0.1:9") as client:
        answer = client.get("/ready")
    assert [c["message"] for c in answer.json()["checks"]] == ["does not answer"] * 2
    assert "127.0.0.1:9" in caplog.text


def test_many_who_ask_cost_the_nodes_one_call(world, changed, monkeypatch):
    """The nodes answer; who asks them is counted."""
    sync(world.owner, world.ipfs, world.store)
    asked: list[str] = []
    block_number, ready = Chain.block_number, Ipfs.ready
    monkeypatch.setattr(Chain, "block_number", lambda chain: (asked.append("chain"), block_number(chain))[1])
    monkeypatch.setattr(Ipfs, "ready", lambda ipfs: (asked.append("ipfs"), ready(ipfs))[1])
    clock = SimpleNamespace(monotonic=lambda: 1_000.0)
    monkeypatch.setattr(readiness, "time", clock)
    with changed() as client, ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda _: client.get("/ready").status_code, range(8)))
        assert (first, sorted(asked)) == ([200] * 8, ["chain", "ipfs"])
        clock.monotonic = lambda: 1_002.1
        assert client.get("/ready").status_code == 200
    assert sorted(asked) == ["chain", "chain", "ipfs", "ipfs"]


def test_a_node_that_hangs_holds_a_few_of_the_servers_threads():
    """Strangers may ask how a node does: most of them are told what it said last."""
    hangs, asked = threading.Event(), threading.Event()

    def ask():
        asked.set()
        hangs.wait(100)
        return "well"

    node = readiness._Asked("chain", ask)
    with ThreadPoolExecutor(readiness._MOST_WAITING) as pool:
        first = [pool.submit(node.told) for _ in range(readiness._MOST_WAITING)]
        try:
            assert asked.wait(60)
            while node._places._value:
                time.sleep(0.01)
            assert node.told() == (None, "does not answer")
        finally:
            hangs.set()
        assert [one.result() for one in first] == [("well", "")] * len(first)
    assert node.told() == ("well", "")


@pytest.mark.parametrize("setting", ["public_rpc_url", "ipfs_gateway", "visa_issuers"])
def test_a_password_is_not_told_to_browsers(world, setting):
    settings = world.settings.model_copy(update={setting: "http://user:secret@127.0.0.1:1"})
    with pytest.raises(ConfigurationError, match="password") as caught:
        create(settings)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("port", [-1, 1 << 16, 10**6])
def test_a_port_that_is_none(world, port):
    with pytest.raises(ConfigurationError, match="no port"):
        serve(world.settings, port)
