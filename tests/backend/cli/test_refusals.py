"""What commands refuse, before anything is asked, paid, overwritten or lost; and what they say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.client import Chain
from biodesci.cli import output, session
from biodesci.market import offers
from biodesci.market.offers import OfferTerms
from tests.backend import calls

PLAN = "Does ST depression predict the finding? " * 8  # longer than the name of a file can be
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def people(crowd: Any) -> Any:
    return crowd("owner", "buyer", "arbiter", "stranger", keyed=("buyer",))


def sale(people: Any, **terms: Any) -> int:
    """The number of an offer of the owner's; its dataset has nothing behind it."""
    owner: Chain = people.chain("owner")
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, 1 << 2, bytes(32))
    receipt = owner.send(owner.datasets.functions.publish(publication, []))
    dataset = owner.event(receipt, owner.datasets, "DatasetPublished")["datasetId"]
    return offers.create(owner, dataset, OfferTerms(**terms))


def delivered(people: Any, license_id: int) -> None:
    owner = people.chain("owner")
    owner.send(calls.deliver(owner, license_id, b"\5" * 32))


def test_a_long_statement_is_no_file_and_a_short_one_that_names_none_is_said(people: Any) -> None:
    offer = sale(people)
    code, _, err = people.try_(
        "buyer", "license", "buy", "--yes", offer, "--purpose", "HMB", "--statement", PLAN
    )
    assert code == 0, err
    (kept,) = (people.home("buyer") / "statements").iterdir()
    assert json.loads(kept.read_text())["text"] == PLAN
    code, _, err = people.try_(
        "buyer", "license", "buy", "--yes", offer, "--purpose", "HMB", "--statement", "plam.txt"
    )
    assert code == 0, err
    assert "no file of that name" in err


def test_terms_without_a_price_offer_nothing_so_they_are_refused(people: Any, tmp_path: Path) -> None:
    file = tmp_path / "cohort.csv"
    file.write_text("age\n1\n")
    asked = ("dataset", "publish", file, "--name", "C", "--term", "HMB", "--public")
    for terms in (("--visas", "registered-access"), ("--duration", 60), ("--arbiter", "0x" + "11" * 20)):
        code, _, err = people.try_("owner", *asked, *terms)
        assert (code, "but no price" in err) == (2, True), err
    assert not (people.home("owner") / "publications").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("key", "register", "--sign"),
        ("license", "order", "--yes", 1, "--purpose", "HMB", "-o"),
        ("visa", "issue", "0x" + "11" * 20, "--type", "ResearcherStatus", "-o"),
        ("dataset", "prove", 1, "MONDO:0006021", "--mondo", __file__, "-o"),
    ],
    ids=lambda command: " ".join(map(str, command[:2])),
)
def test_no_file_is_overwritten(people: Any, tmp_path: Path, command: tuple[object, ...]) -> None:
    file = tmp_path / "kept.json"
    file.write_text("precious")
    code, _, err = people.try_("buyer", *command, file)
    assert (code, "already" in err) == (1, True), err
    assert file.read_text() == "precious"


def test_an_order_for_another_network_is_refused_before_its_offer_is_looked_up(
    people: Any, tmp_path: Path
) -> None:
    file = tmp_path / "order.json"
    people.run("buyer", "license", "order", "--yes", sale(people), "--purpose", "HMB", "-o", file)
    document = json.loads(file.read_text())
    file.write_text(json.dumps({**document, "chainId": 1, "order": {**document["order"], "offerId": 10**9}}))
    code, _, err = people.try_("stranger", "license", "relay", "--yes", file)
    assert code == 2
    assert "another network" in err


def test_a_dispute_is_decided_by_the_offers_arbiter(people: Any) -> None:
    run, owner = people.run, people.chain("owner")
    asked = ("--price", "0.001", "--arbiter", people.address("arbiter"))
    dataset = offers.get(owner, sale(people)).terms.dataset_id
    code, _, err = people.try_("owner", "dataset", "offer", dataset, *asked)
    assert (code, "has not agreed to decide disputes" in err) == (2, True), err
    assert run("arbiter", "account", "accept-arbitration")["sent"] is True
    assert run("arbiter", "account", "accept-arbitration")["sent"] is False
    windows = ("--delivery-window", 60, "--dispute-window", 60)
    made = run("owner", "dataset", "offer", dataset, *asked, *windows)
    assert f"disputes decided by {people.address('arbiter')}" in made["offer"]
    assert f"Disputes are decided by {people.address('arbiter')}" in " ".join(made["conditions"])
    for side, state in (("owner", "settled"), ("buyer", "refunded")):
        buy = ("license", "buy", "--yes", made["offer_id"], "--purpose", "HMB", "--again")
        code, out, err = people.try_("buyer", *buy)
        assert code == 0, err
        assert "the arbiter says who gets the whole price" in err
        number = json.loads(out)["license_id"]
        delivered(people, number)
        said = run("buyer", "license", "dispute", "--yes", number, "wrong key")
        assert (said["state"], said["arbiter"]) == ("disputed", people.address("arbiter"))
        assert people.try_("arbiter", "license", "resolve", "--yes", number, "nobody")[0] == 2
        other = ("--licensee", people.address("owner"))
        code, _, err = people.try_("arbiter", "license", "resolve", "--yes", number, side, *other)
        assert (code, "its number was given anew" in err) == (1, True), err
        code, _, err = people.try_("owner", "license", "resolve", "--yes", number, side)
        assert (code, "Only the arbiter that the offer names" in err) == (1, True), err
        assert run("arbiter", "license", "resolve", "--yes", number, side)["state"] == state
        assert run("buyer", "license", "show", number)["state"] == state


def test_without_an_arbiter_nothing_can_be_disputed_and_the_buyer_is_told_first(people: Any) -> None:
    code, out, err = people.try_("buyer", "license", "buy", "--yes", sale(people), "--purpose", "HMB")
    assert code == 0, err
    assert "No arbiter is named: nothing can be disputed after delivery, even if it is wrong." in err
    number = json.loads(out)["license_id"]
    delivered(people, number)
    code, _, err = people.try_("buyer", "license", "dispute", number, "wrong key")
    assert (code, "nothing can be disputed" in err) == (1, True), err
    assert people.run("buyer", "license", "show", number)["state"] == "delivered"


def test_a_purchase_in_review_is_cancelled_by_its_buyer(people: Any) -> None:
    owner = people.chain("owner")
    offer = sale(people, price=1000)
    dataset = offers.get(owner, offer).terms.dataset_id
    irb = (b"\1" * 32, b"\2" * 32, b"\3" * 32, 1 << 2 | 1 << 21, bytes(32))
    owner.send(owner.datasets.functions.publishVersion(dataset, irb))
    code, out, err = people.try_(
        "buyer", "license", "buy", "--yes", offer, "--purpose", "HMB", "--purpose", "IRB"
    )
    assert code == 0, err
    assert "The data access committee decides on this purpose first." in err
    bought = json.loads(out)
    assert bought["needs_review"]
    assert people.run("buyer", "license", "cancel", bought["license_id"])["state"] == "refunded"
    assert people.run("buyer", "account", "collect")["collected"]["units"] == "1000"


def test_a_purchase_is_approved_of_whoever_was_seen_and_no_other(people: Any) -> None:
    owner = people.chain("owner")
    offer = sale(people, price=1000)
    irb = (b"\1" * 32, b"\2" * 32, b"\3" * 32, 1 << 2 | 1 << 21, bytes(32))
    owner.send(owner.datasets.functions.publishVersion(offers.get(owner, offer).terms.dataset_id, irb))
    buy = ("license", "buy", "--yes", offer, "--purpose", "HMB", "--purpose", "IRB", "--again")
    number, buyer = people.run("buyer", *buy)["license_id"], people.address("buyer")
    approve = ("license", "approve", number)
    code, _, err = people.try_("owner", *approve)
    assert (code, "This needs consent" in err) == (2, True), err
    assert f"{buyer} gets the right download" in err
    assert "for the purpose HMB, IRB" in err
    code, _, err = people.try_("owner", *approve, "--yes", "--licensee", people.address("arbiter"))
    assert (code, "its number was given anew" in err) == (1, True), err
    assert people.run("buyer", "license", "show", number)["state"] == "in_review"
    assert people.run("owner", *approve, "--yes", "--licensee", buyer)["state"] == "purchased"


def test_nobody_is_asked_about_what_will_be_refused(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    number = people.run(
        "buyer",
        "license",
        "buy",
        "--yes",
        sale(people, price=1000, duration=600, pro_rata=True),
        "--purpose",
        "HMB",
    )["license_id"]
    delivered(people, number)
    people.run("buyer", "license", "confirm", "--yes", number)
    asked: list[str] = []

    def consent(text: str, *, yes: bool) -> None:
        assert not yes
        asked.append(text)

    monkeypatch.setattr(output, "consent", consent)
    for who, reason, code in (("stranger", "why not", 1), ("owner", "x" * 33, 2)):
        assert people.try_(who, "license", "revoke", number, reason)[0] == code
    assert people.try_("stranger", "license", "confirm", number)[0] == 1
    assert people.try_("stranger", "license", "dispute", number, "mine")[0] == 1
    assert asked == []
    assert people.run("owner", "license", "revoke", number, "moved away")["state"] == "revoked"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "private", ["", "12", "zz", "00" * 32, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141"]
)
def test_what_is_no_private_key_is_not_imported(
    people: Any, monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    monkeypatch.setenv("BIODESCI_PRIVATE_KEY", private)
    code, out, err = people.try_("newcomer", "account", "create", "--import")
    assert (code, out) == (2, "")
    assert "not a private key" in err
    assert not private or private not in err
    assert not people.home("newcomer").exists()


@pytest.mark.parametrize("verb", [("account", "create"), ("key", "create")], ids=" ".join)
def test_a_new_passphrase_is_asked_for_twice(
    people: Any, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    monkeypatch.delenv("BIODESCI_PASSPHRASE")
    monkeypatch.setattr(session.sys.stdin, "isatty", lambda: True)
    typed = ["correct horse", "corect horse", "correct horse", "correct horse"]
    monkeypatch.setattr("getpass.getpass", lambda _prompt: typed.pop(0))
    code, _, err = people.try_("newcomer", *verb)
    assert (code, "differ" in err) == (2, True), err
    assert not people.home("newcomer").exists()
    assert people.try_("newcomer", *verb)[0] == 0
    assert typed == []


def test_nothing_owed_is_said(people: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert people.run("stranger", "account", "collect") == {
        "collected": {"amount": "0", "units": "0", "currency": "ETH"}
    }
    code, _, err = people.try_("stranger", "account", "collect", "--to", "0x" + "00" * 20)
    assert (code, "zero address" in err) == (2, True)
