"""The DRS endpoint against the specification's schemas, a real index, and passports of a real broker."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from biodesci.api.app import create
from biodesci.api.server import policy
from biodesci.core import container
from biodesci.core.errors import ConfigurationError
from biodesci.index.sync import sync
from biodesci.index.tables import wanted
from biodesci.market.card import DatasetMeta
from biodesci.market.publish import publish
from tests.backend.acting import acting
from tests.backend.passports.conftest import BONA_FIDE, GRANTED, Broker, trust_in

DRS = "/ga4gh/drs/v1"
SCHEMAS = json.loads((Path(__file__).parent / "drs_1_5.json").read_text())["$defs"]


def valid(kind: str, answer: Any) -> Any:
    """The JSON of an answer, held against the specification's schema of that name."""
    body = answer.json()
    schema = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMAS}
    jsonschema_rs.validate(schema, body, validate_formats=True)
    return body


def refused(answer: Any, status: int) -> str:
    body = valid("Error", answer)
    assert answer.status_code == body["status_code"] == status
    return body["msg"]


def id_of(world, dataset: int, version: int = 1) -> str:
    return f"{world.owner.chain_id}-{world.owner.datasets.address}-{dataset}-{version}"


def at(world, dataset: int, version: int = 1) -> str:
    return f"{DRS}/objects/{id_of(world, dataset, version)}"


@pytest.fixture(scope="module")
def broker() -> Broker:
    return Broker("https://broker.example")


@pytest.fixture(scope="module")
def guarded(world, broker, tmp_path_factory) -> Iterator[TestClient]:
    """A service that tells where the second dataset is to who holds a grant for it."""
    folder = tmp_path_factory.mktemp("trust")
    rules = [
        {"type": "ResearcherStatus", "values": [BONA_FIDE], "by": ["so"]},
        {"type": "ControlledAccessGrants", "values": [GRANTED], "by": ["dac"], "dataset": world.datasets[1]},
    ]
    (folder / "trust.json").write_bytes(trust_in(broker, rules=rules).to_bytes())
    (folder / "0.json").write_text(json.dumps(broker.jwks()))
    settings = world.settings.model_copy(update={"drs_trust": folder / "trust.json"})
    with TestClient(create(settings), raise_server_exceptions=False) as client:
        yield client


def grant(broker: Broker, **changes: Any) -> str:
    return broker.passport(
        broker.visa("ControlledAccessGrants", **{"value": GRANTED, "by": "dac", **changes})
    )


def test_the_service_says_what_it_is(world) -> None:
    body = valid("ServiceInfo", world.client.get(f"{DRS}/service-info"))
    assert body["drs"]["objectCount"] == 3
    assert body["id"] == "1.0.0.127.drs"


def test_an_object_is_a_version(world) -> None:
    detail = world.client.get(f"/v1/datasets/{world.datasets[0]}").json()
    file = detail["versions"][0]["container"]
    body = valid("DrsObject", world.client.get(at(world, world.datasets[0])))
    assert body["id"] == id_of(world, world.datasets[0])
    assert body["self_uri"] == f"drs://127.0.0.1:8600/{body['id']}"
    assert body["size"] == file["size"]
    assert body["checksums"] == [{"checksum": file["sha256"].removeprefix("0x"), "type": "sha-256"}]
    (method,) = body["access_methods"]
    assert method["access_url"] == {"url": file["url"]}
    assert method["available"]
    assert method["authorizations"]["supported_types"] == ["None"]
    assert body["aliases"] == [f"ipfs://{file['content']['cid']}"]
    assert "a licence" in body["description"]
    given = valid("AccessURL", world.client.get(f"{at(world, world.datasets[0])}/access/container"))
    assert given == method["access_url"]
    # Any case of the contract's address names it, and what is answered is the one id.
    lower = world.client.get(at(world, world.datasets[0]).replace("0x", "0X").lower())
    assert lower.json()["id"] == body["id"]
    posted = world.client.post(at(world, world.datasets[0]), json={"expand": True})
    assert valid("DrsObject", posted) == body
    asked = world.client.options(at(world, world.datasets[0]))
    assert valid("Authorizations", asked) == method["authorizations"]


@pytest.mark.parametrize("name", ["x", "1-0x12-1-1", "%00", "é", "a" * 300])
def test_what_is_no_id_is_not_found(world, name) -> None:
    for path in (f"{DRS}/objects/{name}", f"{DRS}/objects/{name}/access/container"):
        answer = world.client.get(path)
        assert valid("Error", answer)["status_code"] == answer.status_code
        assert answer.status_code in {400, 404}


def test_what_is_not_there_is_said_as_drs_says_it(world) -> None:
    known = id_of(world, world.datasets[0])
    for other in (
        known[:-1] + "7",
        known.replace("-1-1", "-99-1"),
        f"1{known}",
        known.replace("0x", "0xa", 1),
    ):
        refused(world.client.get(f"{DRS}/objects/{other}"), 404)
        refused(world.client.options(f"{DRS}/objects/{other}"), 404)
    refused(world.client.get(f"{DRS}/objects/{known}/access/other"), 404)
    refused(world.client.get(f"{DRS}/nothing"), 404)
    refused(world.client.delete(f"{DRS}/objects/{known}"), 405)
    refused(world.client.post(f"{DRS}/objects/{known}", content="x"), 415)
    refused(world.client.post(f"{DRS}/objects/{known}", json={"passports": "x"}), 400)


def test_where_a_dataset_is_guarded_only_a_grant_tells(world, guarded, broker) -> None:
    where, open_ = at(world, world.datasets[1]), at(world, world.datasets[0])
    (method,) = valid("DrsObject", guarded.get(where))["access_methods"]
    assert "access_url" not in method
    assert method["authorizations"] == {
        "drs_object_id": id_of(world, world.datasets[1]),
        "supported_types": ["PassportAuth"],
        "passport_auth_issuers": [broker.issuer],
    }
    assert guarded.get(where).json()["aliases"] == []
    assert valid("Authorizations", guarded.options(where)) == method["authorizations"]
    way = f"{where}/access/container"
    answer = guarded.get(way)
    refused(answer, 401)
    assert answer.headers["www-authenticate"] == "Passport"
    refused(guarded.post(way, json={}), 401)
    good = grant(broker)
    url = valid("AccessURL", guarded.post(way, json={"passports": [good]}))
    assert url["url"].startswith(world.settings.ipfs_gateway)
    told = valid("DrsObject", guarded.post(where, json={"passports": ["x.y.z", good]}))
    assert told["access_methods"][0]["access_url"] == url
    # What is not guarded is as before, with a passport or without.
    assert guarded.get(f"{open_}/access/container").status_code == 200
    assert guarded.post(f"{open_}/access/container", json={"passports": ["x"]}).status_code == 200


def test_passports_that_do_not_grant_it(world, guarded, broker) -> None:
    way = f"{at(world, world.datasets[1])}/access/container"
    researcher = broker.passport(broker.visa())
    expired = broker.passport(
        broker.visa("ControlledAccessGrants", value=GRANTED, by="dac", claims={"exp": 1_700_000_000})
    )
    for passport, status in (
        (researcher, 403),
        (expired, 403),
        (grant(broker, value="https://ega.example/datasets/EGAD2"), 403),
        (grant(broker, source="https://other.example"), 403),
        (grant(Broker("https://stranger.example")), 401),
        (grant(Broker(broker.issuer)), 401),  # the same name, another key
        ("no token", 401),
        (grant(broker)[:-8] + "AAAAAAAA", 401),
    ):
        message = refused(guarded.post(way, json={"passports": [passport]}), status)
        assert passport not in message
        assert "researcher" not in message  # who somebody is, is nobody's business
        refused(guarded.post(way.removesuffix("/access/container"), json={"passports": [passport]}), status)


def test_several_at_once(world, guarded, broker) -> None:
    ids = [id_of(world, dataset) for dataset in world.datasets]
    body = valid("BulkObjects", guarded.post(f"{DRS}/objects", json={"bulk_object_ids": [*ids, "x"]}))
    assert body["summary"] == {"requested": 4, "resolved": 3, "unresolved": 1}
    assert [one["id"] for one in body["resolved_drs_object"]] == ids
    assert body["unresolved_drs_objects"] == [{"error_code": 404, "object_ids": ["x"]}]
    ways = [{"bulk_object_id": one, "bulk_access_ids": ["container"]} for one in ids]
    asked = {"bulk_object_access_ids": ways}
    body = valid("BulkAccess", guarded.post(f"{DRS}/objects/access", json=asked))
    assert body["summary"] == {"requested": 3, "resolved": 2, "unresolved": 1}
    assert body["unresolved_drs_objects"] == [{"error_code": 401, "object_ids": [ids[1]]}]
    asked["passports"] = [grant(broker)]
    body = valid("BulkAccess", guarded.post(f"{DRS}/objects/access", json=asked))
    assert body["summary"]["resolved"] == 3
    refused(guarded.post(f"{DRS}/objects", json={"bulk_object_ids": ids * 34}), 413)
    refused(guarded.post(f"{DRS}/objects", json={"bulk_object_ids": []}), 400)


def test_a_long_passport_passes_the_server_and_other_routes_take_no_more(world) -> None:
    most = policy(world.settings)
    assert most.most(f"{DRS}/objects/x") == 256 << 10
    assert most.most("/v1/session") == 16 << 10


def test_a_file_of_trust_that_is_not_there_stops_the_server(world, tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="There is no file"):
        create(world.settings.model_copy(update={"drs_trust": tmp_path / "none.json"}))


def test_a_private_container_is_told_to_nobody(world) -> None:
    """Its owner's server gives it to those whom the chain entitles: no gateway and no passport does."""
    owner = world.owner
    (version,) = world.client.get(f"/v1/datasets/{world.datasets[0]}").json()["versions"]
    card = json.loads(world.ipfs.cat(bytes.fromhex(version["card"]["digest"][2:])))
    found = []
    for at_ in ("https://data.hospital.example", "file:///etc"):
        card["distribution"][0]["biodesci:servedAt"] = at_
        publication = (world.ipfs.add(json.dumps(card).encode()), b"\1" * 32, b"\2" * 32, 1 << 2, bytes(32))
        receipt = owner.send(owner.datasets.functions.publish(publication, []))
        found.append(owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"])
    sync(owner, world.ipfs, world.store)
    body = valid("DrsObject", world.client.get(at(world, found[0])))
    assert body["access_methods"] == [{"type": "https", "access_id": "container", "available": True}]
    assert body["aliases"] == []
    assert "https://data.hospital.example gives them to holders of a licence" in body["description"]
    for answer in (
        world.client.get(f"{at(world, found[0])}/access/container"),
        world.client.post(f"{at(world, found[0])}/access/container", json={"passports": ["x"]}),
    ):
        assert "for a request that their account signs" in refused(answer, 403)
    assert "where its container is served" in refused(world.client.get(at(world, found[1])), 404)


def test_the_bytes_are_what_the_object_says(world, chain_for, tmp_path) -> None:
    """As a DRS client does: from the id to the object, to its address, to bytes of that size and checksum."""
    file = tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    owner = acting(chain_for(), world.ipfs, tmp_path / "owner")
    done = publish(owner, file, DatasetMeta("Cohort", "", 1 << 2))
    sync(world.owner, world.ipfs, world.store)
    body = valid("DrsObject", world.client.get(at(world, done.dataset_id)))
    given = httpx.get(body["access_methods"][0]["access_url"]["url"], timeout=30).content
    assert len(given) == body["size"]
    assert body["checksums"] == [{"checksum": hashlib.sha256(given).hexdigest(), "type": "sha-256"}]
    assert container.content_root(io.BytesIO(given)) == bytes.fromhex(done.content_root[2:])


def test_a_card_that_says_nothing_and_one_that_is_still_fetched(world) -> None:
    owner = world.owner
    cards = [world.ipfs.add(b"{}"), b"\7" * 32]  # the second is nowhere
    datasets = []
    for card in cards:
        publication = (card, b"\1" * 32, b"\2" * 32, 1 << 2, bytes(32))
        receipt = owner.send(owner.datasets.functions.publish(publication, []))
        datasets.append(owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"])
    sync(owner, world.ipfs, world.store)
    for dataset in datasets:
        assert "does not tell what its file is" in refused(world.client.get(at(world, dataset)), 404)
    with world.store.transaction() as connection:  # as before the first attempt
        connection.execute(update(wanted).values(reason=None))
    for answer in (
        world.client.get(at(world, datasets[1])),
        world.client.options(at(world, datasets[1])),
        world.client.post(f"{at(world, datasets[1])}/access/container", json={}),
    ):
        assert (answer.status_code, answer.headers["retry-after"], answer.content) == (202, "5", b"")
    body = {"bulk_object_ids": [id_of(world, datasets[1])]}
    unresolved = valid("BulkObjects", world.client.post(f"{DRS}/objects", json=body))[
        "unresolved_drs_objects"
    ]
    assert unresolved == [{"error_code": 202, "object_ids": body["bulk_object_ids"]}]


def test_what_was_withdrawn_stays_described_and_is_not_released(world) -> None:
    owner, dataset = world.owner, world.datasets[2]
    owner.send(owner.datasets.functions.withdraw(dataset, 1))
    sync(owner, world.ipfs, world.store)
    body = valid("DrsObject", world.client.get(at(world, dataset)))
    (method,) = body["access_methods"]
    assert not method["available"]
    assert "access_url" not in method
    assert "consent was withdrawn" in body["description"]
    refused(world.client.get(f"{at(world, dataset)}/access/container"), 403)
