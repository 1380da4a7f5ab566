"""Who is behind an account, by the commands that people type; the web is real, and on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from biodesci.cli import session
from biodesci.core import duo
from biodesci.core.documents.institution import PATH
from biodesci.ipfs.client import Ipfs
from tests.backend import sites
from tests.backend.sites import Web, running_web

NAMES = ("hospital.example", *(f"site{number}.example" for number in range(8)))
CARD = Path(__file__).parents[2] / "vectors/documents/dataset-card-opaque.json"
WHO = ("account", "who")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("web"), *NAMES) as web:
        yield web


@pytest.fixture
def web(running: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    running.sites = {name: lambda q: q.answer(b"", 404) for name in NAMES}
    running.asked.clear()
    monkeypatch.setattr(session, "web", running.client)
    return running


def publish(people: Any, who: str, domain: str | None, node: Any) -> int:
    """A dataset whose card names that domain as its creator's."""
    card = json.loads(CARD.read_bytes())
    if domain is not None:
        card["creator"] = {"@type": "sc:Organization", "name": "Anybody", "url": f"https://{domain}"}
    digest = Ipfs(node.api).add(json.dumps(card).encode(), "card")
    chain = people.chain(who)
    publication = (digest, b"\2" * 32, b"\3" * 32, duo.bits(["HMB"]), bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


def test_an_institution_proves_its_domain(crowd, web, tmp_path, ipfs_node):
    people, file = crowd("ann", "bob"), tmp_path / "biodesci.json"
    ann, node = people.address("ann"), ipfs_node
    dataset, other = (publish(people, who, NAMES[0], node) for who in ("ann", "bob"))
    nameless = publish(people, "ann", None, node)
    unproven = people.run("bob", "dataset", "show", dataset)
    assert unproven["institution"] == f"unproven: hospital.example has no proof at {PATH} (404)."

    described = ("--name", "Example Hospital", "--ror", "05gq02987", "-o", file)
    made = people.run("ann", "account", "prove-domain", "Hospital.example", *described)
    assert made["url"] == f"https://hospital.example{PATH}"
    assert made["account"] == ann
    web.sites["hospital.example"] = sites.file(file.read_bytes())

    proven = people.run("bob", *WHO, "hospital.example")
    assert proven["account"] == ann
    words = proven["institution"]
    assert words.startswith("hospital.example (Example Hospital), proven by HTTPS on 20")
    assert words.endswith("; https://ror.org/05gq02987, claimed by the domain")
    assert people.run("bob", *WHO, ann)["institution"] == words
    assert people.run("bob", "dataset", "show", dataset)["institution"] == words
    shown = {row["id"]: row["institution"] for row in people.run("bob", "dataset", "list")}
    assert shown[dataset] == words
    assert shown[other] == "unproven: hospital.example names another account"
    assert shown[nameless] == "unproven: its card names no domain"
    bob = people.run("ann", *WHO, people.address("bob"))
    assert bob["institution"] == "unproven"
    assert bob["why"] == ["hospital.example names another account."]


def test_a_dataset_is_published_with_the_domain_that_proves_its_owner(crowd, web, tmp_path):
    people, file, cohort = crowd("ann"), tmp_path / "biodesci.json", tmp_path / "cohort.csv"
    cohort.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    people.run("ann", "account", "prove-domain", NAMES[0], "--name", "Example", "-o", file)
    web.sites[NAMES[0]] = sites.file(file.read_bytes())
    terms = ("--name", "Cohort", "--term", "HMB", "--domain", "Hospital.example", "--public")
    dataset = people.run("ann", "dataset", "publish", cohort, *terms)["dataset_id"]
    shown = people.run("ann", "dataset", "show", dataset)["institution"]
    assert shown.startswith("hospital.example (Example), proven by HTTPS on ")
    code, _, err = people.try_("ann", "dataset", "publish", cohort, *terms[:4], "--domain", "10.0.0.1")
    assert code == 2
    assert "no domain's name" in err


def test_a_licence_says_who_is_behind_its_dataset(crowd, web, tmp_path, ipfs_node):
    people, file = crowd("ann", "bea", keyed=("bea",)), tmp_path / "biodesci.json"
    dataset = publish(people, "ann", NAMES[0], ipfs_node)
    people.run("ann", "account", "prove-domain", NAMES[0], "--name", "Example", "--all-chains", "-o", file)
    web.sites[NAMES[0]] = sites.file(file.read_bytes())
    offer = people.run("ann", "dataset", "offer", dataset, "--price", "0")["offer_id"]
    bought = people.run("bea", "license", "buy", offer, "--purpose", "HMB", "--yes")["license_id"]
    shown = people.run("bea", "license", "show", bought)
    assert shown["owner"] == people.address("ann")
    assert shown["institution"].startswith("hospital.example (Example), proven by HTTPS on ")


def test_a_home_remembers_what_it_asked(crowd, web, tmp_path, ipfs_node):
    people, file = crowd("ann", "bob"), tmp_path / "biodesci.json"
    dataset = publish(people, "ann", NAMES[0], ipfs_node)
    for _ in range(3):
        assert people.run("bob", "dataset", "show", dataset)["institution"].startswith("unproven")
    assert len(web.asked) == 1  # it rests after a failure
    people.run("ann", "account", "prove-domain", NAMES[0], "--name", "Example", "-o", file)
    web.sites[NAMES[0]] = sites.file(file.read_bytes())
    assert people.run("bob", *WHO, NAMES[0])["name"] == "Example"  # which asks anew
    for _ in range(3):
        assert "proven by" in people.run("bob", "dataset", "show", dataset)["institution"]
    assert len(web.asked) == 2
    # A server that is away does not unprove it; one that has no proof any more does.
    web.sites[NAMES[0]] = lambda q: q.answer(b"", 503)
    assert people.try_("bob", *WHO, NAMES[0])[0] == 1
    assert "proven by" in people.run("bob", "dataset", "show", dataset)["institution"]
    web.sites[NAMES[0]] = lambda q: q.answer(b"", 404)
    assert people.try_("bob", *WHO, NAMES[0])[0] == 1
    assert people.run("bob", "dataset", "show", dataset)["institution"].startswith("unproven")
    for known in (people.home("bob") / "institutions").iterdir():
        known.write_bytes(b"damaged")
    assert people.run("bob", "dataset", "show", dataset)["institution"].startswith("unproven")


def test_a_list_asks_few_domains(crowd, web, ipfs_node):
    people = crowd("ann", "bob")
    ids = [publish(people, "ann", name, ipfs_node) for name in NAMES]
    listed = people.run("bob", "dataset", "list")
    assert len(web.asked) == 5
    said = {row["id"]: row["institution"] for row in listed if row["id"] in ids}
    assert sum("is not asked yet (biodesci account who " in words for words in said.values()) == 4
    people.run("bob", "dataset", "list")
    assert len(web.asked) == 9


def test_a_card_that_names_a_private_machine_has_none_asked(crowd, web, ipfs_node):
    people = crowd("ann", "bob")
    web.moved["hospital.example"] = [["169.254.169.254"]]
    hidden = publish(people, "ann", "hospital.example", ipfs_node)
    assert "private network" in people.run("bob", "dataset", "show", hidden)["institution"]
    for name in ("127.0.0.1", "localhost", "metadata.internal", "hospital.example:22"):
        told = people.run("bob", "dataset", "show", publish(people, "ann", name, ipfs_node))
        assert told["institution"] == "unproven: its card names no domain"
    assert web.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("127.0.0.1", "--name", "A"),
        ("hospital", "--name", "A"),
        ("hospital.example", "--name", "A\u202eB"),
        ("hospital.example", "--name", "A", "--ror", "https://ror.org/05gq02978"),
        ("hospital.example", "--name", "A", "--days", "401"),
    ],
)
def test_what_cannot_be_proven_is_not_signed(owner, tmp_path, arguments):
    file = tmp_path / "biodesci.json"
    code, _, err = owner("account", "prove-domain", *arguments, "-o", file)
    assert code == 2, err
    assert not file.exists()


def test_a_file_that_is_there_stays(owner, tmp_path):
    file = tmp_path / "biodesci.json"
    file.write_text("mine")
    assert owner("account", "prove-domain", "hospital.example", "--name", "A", "-o", file)[0] == 1
    assert file.read_text() == "mine"
