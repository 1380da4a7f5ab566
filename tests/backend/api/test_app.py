"""The API over a real index of a real chain."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from fastapi.testclient import TestClient

from biodesci.api import written
from biodesci.api.app import create
from biodesci.core import cid, problems
from biodesci.localnet.processes import free_port
from tests.waiting import wait_for

HMB = 1 << 2
SECRET = "seven quiet herons at dawn"


def test_health_and_readiness(world):
    assert world.client.get("/health").json()["status"] == "ok"
    ready = world.client.get("/ready")
    assert ready.status_code == 200, ready.text
    assert [c["ok"] for c in ready.json()["checks"]] == [True, True]


def test_readiness_names_what_is_down(world, tmp_path):
    down = world.settings.model_copy(
        update={"rpc_url": "http://127.0.0.1:9", "ipfs_api": "http://127.0.0.1:9"}
    )
    with TestClient(create(down)) as client:
        answer = client.get("/ready")
    assert answer.status_code == 503
    body = answer.json()
    assert body["ready"] is False
    assert [(c["name"], c["ok"]) for c in body["checks"]] == [("chain and index", False), ("ipfs", False)]


class Rude(BaseHTTPRequestHandler):
    """A chain node that quotes what it was told once, and writes a line of its own."""

    def do_POST(self):
        error = {"code": -32000, "message": f"no funds for {SECRET}\nforged line"}
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        return


def test_a_line_of_the_log_is_one_line_without_a_secret(world, tmp_path):
    """Of the real process, as systemd starts it."""
    port = free_port()
    with ThreadingHTTPServer(("127.0.0.1", 0), Rude) as node:
        threading.Thread(target=node.serve_forever).start()
        environment = {
            **os.environ,
            "BIODESCI_HOME": str(tmp_path),
            "BIODESCI_DEPLOYMENT": str(world.settings.deployment),
            "BIODESCI_RPC_URL": f"http://127.0.0.1:{node.server_port}",
            "BIODESCI_PASSPHRASE": SECRET,
        }
        command = [sys.executable, "-m", "biodesci.api", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
                wait_for(lambda: is_up(http), 60)
                assert http.get("/ready").status_code == 503
        finally:
            process.terminate()
            _, said = process.communicate(timeout=60)
            node.shutdown()
    (line,) = [line for line in said.splitlines() if "no funds" in line]
    assert "no funds for [secret]\\nforged line" in line
    assert SECRET not in said


def is_up(http):
    with contextlib.suppress(httpx.TransportError):
        return http.get("/health").status_code == 200


def test_who_hears_of_no_commits_takes_nothing_for_unchanged_and_listens_again(monkeypatch):
    """The waiting for PostgreSQL's word ends by an error that nobody foresaw."""
    known: list[bool] = []  # where the index stands, at each beginning and before each end

    class Broken:
        said = False

        async def __aenter__(self):
            known.append(index.standing() is not None)
            return self

        async def __aexit__(self, *_):
            return None

        async def wait(self, _timeout):
            if not self.said:
                self.said = True
                return True
            known.append(index.standing() is not None)
            if len(known) == 2:
                raise RuntimeError("unforeseen")
            again.set()
            await asyncio.sleep(60)
            return False

    class Elsewhere:
        location = "postgresql://nowhere/none"

        def standing(self):
            return object()

    async def story():
        async with index.follow():
            await asyncio.wait_for(again.wait(), 50)
        assert index.standing() is None

    monkeypatch.setattr(written, "changes", lambda *_: Broken())
    monkeypatch.setattr(written, "_AGAIN_S", 0.01)
    index, again = written.Written(Elsewhere()), asyncio.Event()
    asyncio.run(story())
    assert known == [False, True, False, True]


def test_config_has_what_a_wallet_needs(world):
    config = world.client.get("/v1/config").json()
    assert config["chainId"] == 31337
    assert config["rpcUrl"] == world.settings.rpc_url
    assert config["ipfsGatewayUrl"] == world.settings.ipfs_gateway
    assert config["visaIssuers"] == []
    assert config["contracts"]["AccessLicense"] == world.owner.licenses.address
    assert config["asOf"] == world.owner.block_number()


def test_pages_follow_the_cursor_to_the_end(world):
    seen, cursor = [], ""
    while cursor is not None:
        page = world.client.get(
            "/v1/datasets", params={"limit": 2, "cursor": cursor, "owner": world.owner.address}
        ).json()
        seen += [d["id"] for d in page["items"]]
        cursor = page["nextCursor"]
    assert seen == sorted(world.datasets, reverse=True)


@pytest.mark.parametrize(
    ("q", "expected"),
    [("lung", [0]), ("heart", [2, 1]), ("CARDIOLOGY", [2, 1, 0]), ("%", []), ("cohort_1", [])],
)
def test_search_takes_text_literally(world, q, expected):
    page = world.client.get("/v1/datasets", params={"q": q, "owner": world.owner.address}).json()
    assert [d["id"] for d in page["items"]] == [world.datasets[i] for i in expected]


def test_dataset_has_card_versions_offers_and_provenance(world):
    first, second, third = world.datasets
    body = world.client.get(f"/v1/datasets/{third}").json()
    assert body["name"] == "Cohort 2"
    assert body["card"]["description"] == "Heart disease"
    assert body["terms"]["bits"] == str(HMB)
    assert body["terms"]["terms"][0]["code"] == "HMB"
    assert body["offers"][0]["price"] == str(10**16 + 2)
    assert body["licenses"] == 1
    assert body["parents"] == [{"id": first, "proven": True}]
    container = body["versions"][0]["container"]
    assert container["size"] == 99
    assert container["url"] == f"{world.settings.ipfs_gateway}/ipfs/{container['content']['cid']}"
    assert cid.to_digest(container["content"]["cid"]).hex() == container["content"]["digest"][2:]
    assert [a["name"] for a in body["activity"]] == ["OfferCreated", "DatasetPublished"]
    assert body["publishedAt"].endswith("Z")
    assert world.client.get(f"/v1/datasets/{first}").json()["children"] == [
        {"id": second, "proven": True},
        {"id": third, "proven": True},
    ]


def test_licenses_of_an_account_in_any_case(world):
    for address in (world.buyer.address, world.buyer.address.lower()):
        page = world.client.get("/v1/licenses", params={"licensee": address}).json()
        assert [one["id"] for one in page["items"]] == [world.license_id]
    (one,) = page["items"]
    assert (one["state"], one["active"], one["right"]) == ("delivered", True, "download")
    assert one["expiresAt"] is None
    assert one["usesLeft"] is None
    body = world.client.get(f"/v1/licenses/{world.license_id}").json()
    assert [a["name"] for a in body["activity"]] == ["LicenseDelivered", "LicensePurchased"]
    assert body["container"]["fileName"] == "data.csv"  # of the format: the owner's name for it is not public
    nobody = world.client.get("/v1/licenses", params={"licensee": "0x" + "12" * 20}).json()
    assert nobody["items"] == []


def test_etag_saves_the_body_until_something_changes(world):
    first = world.client.get("/v1/datasets")
    tag = first.headers["etag"]
    again = world.client.get("/v1/datasets", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""
    other = world.client.get("/v1/datasets", headers={"If-None-Match": '"0000"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["datasets", "licenses", "models", "rounds", "inferences"])
def test_what_is_not_there_is_a_problem_document(world, path):
    answer = world.client.get(f"/v1/{path}/9999")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "/problems/not-found"
    assert body["instance"] == f"/v1/{path}/9999"
    assert "9999" in body["detail"]
    assert body["hint"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/datasets/zero", 400), ("/v1/datasets/-1", 400), (f"/v1/datasets/{10**30}", 400),
        ("/v1/datasets?limit=1000", 400), ("/v1/datasets?cursor=x", 400), ("/v1/licenses?licensee=bob", 400),
        ("/v1/nothing", 404),
    ],
)  # fmt: skip
def test_bad_input_is_a_problem_document(world, path, status):
    answer = world.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "hint"}
    kind = next(kind for kind in problems.KINDS if kind.type == body["type"])
    assert (body["status"], body["title"]) == (status, kind.title)
    assert kind.status == status, "one table says which status a type has"


def test_writing_is_not_possible(world):
    answer = world.client.post("/v1/datasets", json={})
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_unexpected_error_tells_nothing_of_the_inside(world, monkeypatch):
    from biodesci.index import queries

    def fail(*_args, **_kwargs):
        raise ValueError("inner detail")

    monkeypatch.setattr(queries, "models", fail)
    answer = world.client.get("/v1/models")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "inner detail" not in answer.text


def test_security_headers_and_no_cors(world):
    answer = world.client.get("/v1/config", headers={"Origin": "http://evil.example"})
    policy = answer.headers["content-security-policy"]
    assert world.settings.rpc_url in policy
    assert world.settings.ipfs_gateway in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [h for h in answer.headers if h.startswith("access-control-")]


def test_page_is_served_and_nothing_outside_its_folder(world):
    assert "<title>page" in world.client.get("/").text
    assert "<title>page" in world.client.get("/datasets/3").text
    script = world.client.get("/assets/app-1a2b.js")
    assert "javascript" in script.headers["content-type"]
    assert "immutable" in script.headers["cache-control"]
    outside = world.client.get("/%2e%2e/secret.txt")
    assert "outside" not in outside.text
    assert world.client.get("/a%00b").status_code == 404


def test_metrics_are_for_this_machine_alone(world):
    with TestClient(create(world.settings), client=("127.0.0.1", 1)) as here:
        here.get("/v1/models")
        text = here.get("/metrics").text
        assert 'biodesci_http_requests_total{route="/v1/models",status="200"}' in text
        assert f"biodesci_index_block {float(world.owner.block_number())}" in text
        for passed_on in ("X-Forwarded-For", "Forwarded", "Via"):
            assert here.get("/metrics", headers={passed_on: "198.51.100.7"}).status_code == 404
    with TestClient(create(world.settings), client=("198.51.100.7", 1)) as elsewhere:
        answer = elsewhere.get("/metrics")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_openapi_names_every_route(world):
    spec = world.client.get("/openapi.json").json()
    assert {"/health", "/ready", "/metrics", "/v1/config", "/v1/rounds/{id}"} <= set(spec["paths"])
    assert "DatasetAnswer" in spec["components"]["schemas"]
