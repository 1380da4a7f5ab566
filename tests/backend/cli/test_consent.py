"""What costs money or cannot be undone is asked for; without a terminal only --yes is the consent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.chain.records import Listing
from biodesci.core.onchain import DAY
from biodesci.market import arbitration, offers
from biodesci.market.offers import OfferTerms

COHORT = "age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60))


@pytest.fixture
def sold(crowd: Callable[..., Any], tmp_path: Path) -> tuple[Any, dict[str, Any]]:
    """The people, and what `dataset publish` said of a dataset with an offer of 30 days."""
    people = crowd("owner", "buyer", "arbiter", keyed=("buyer",))
    table = tmp_path / "cohort.csv"
    table.write_text(COHORT)
    terms = ("--term", "HMB", "--price", "0.01", "--duration", "30d", "--delivery-window", "12h", "--public")
    return people, people.run("owner", "dataset", "publish", table, "--name", "Cohort of sixty", *terms)


def test_nothing_is_sent_without_consent(sold: tuple[Any, dict[str, Any]]) -> None:
    people, made = sold
    dataset, offer = made["dataset_id"], made["offer_id"]
    arbiter = people.chain("arbiter")
    arbitration.accept(arbiter, accepted=True)
    owner = people.chain("owner")
    judged = offers.create(owner, dataset, OfferTerms(arbiter=arbiter.address))
    held = people.run("buyer", "license", "buy", judged, "--purpose", "HMB", "--yes")["license_id"]
    counted = offers.create(owner, dataset, OfferTerms(uses=1))
    one = people.run("buyer", "license", "buy", counted, "--purpose", "HMB", "--yes", "--again")["license_id"]
    assert people.run("owner", "dataset", "release")["delivered"] == [held, one]
    attempts = {
        "buyer": [
            ("license", "buy", offer, "--purpose", "HMB"),
            ("license", "order", offer, "--purpose", "HMB", "-o", people.home("buyer") / "order.json"),
            ("license", "confirm", held),
            ("license", "dispute", held, "wrong key"),
            ("license", "download", one, people.home("buyer") / "copy.csv"),
            ("license", "file", one, "cohort.csv", people.home("buyer") / "file.csv"),
            ("key", "revoke"),
        ],
        "owner": [("dataset", "withdraw", dataset, 1)],
    }
    for who, commands in attempts.items():
        chain = people.chain(who)
        before = chain.web3.eth.get_transaction_count(chain.address)
        for command in commands:
            code, out, err = people.try_(who, *command)
            assert (code, out) == (2, ""), command
            assert "--yes" in json.loads(err.splitlines()[-1])["error"]["hint"]
            assert one not in command or "it pays the owner" in err
        assert chain.web3.eth.get_transaction_count(chain.address) == before
    bought = people.run("buyer", "license", "buy", offer, "--purpose", "HMB", "--yes", "--again")
    assert bought["bought"] is True
    assert people.run("owner", "dataset", "withdraw", dataset, 1, "--yes")["withdrawn"] is True


def test_datasets_are_listed_by_name_and_price(sold: tuple[Any, dict[str, Any]]) -> None:
    people, made = sold
    listed = {row["id"]: row for row in people.run("buyer", "dataset", "list")}
    row = listed[made["dataset_id"]]
    assert row["name"] == "Cohort of sixty"
    assert row["price"] == [{"amount": "0.01", "units": "10000000000000000", "currency": "ETH"}]
    shown = people.run("buyer", "dataset", "show", made["dataset_id"])
    assert "30 days of access" in shown["offers"][0]
    terms = people.chain("buyer").read(Listing, made["offer_id"]).offer
    assert (terms.duration, terms.delivery_window) == (30 * DAY, DAY // 2)


@pytest.mark.parametrize("verb", [("account", "create"), ("key", "create"), ("key", "export", "public.bin")])
def test_a_short_passphrase_seals_nothing(
    verb: tuple[str, ...], crowd: Callable[..., Any], monkeypatch: Any
) -> None:
    people = crowd()
    monkeypatch.setenv("BIODESCI_PASSPHRASE", "nine char")
    code, _, err = people.try_("new", *verb)
    assert code == 2
    assert "10 characters" in err
    assert not list(people.home("new").rglob("*.json")) + list(people.home("new").rglob("*.key"))
