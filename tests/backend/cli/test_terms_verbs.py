"""Visas, tokens, diseases, orders and prices earned over time by commands alone, by five people."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.documents.visa import SignedVisa

MONDO = Path(__file__).parents[2] / "vectors" / "mondo_heart.obo"
ROWS = "age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60))
ANGINA = "MONDO:0006021"
pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def people(crowd: Any) -> Any:
    return crowd("owner", "issuer", "buyer", "relayer", "newcomer", keyed=("buyer",))


@pytest.fixture
def sale(people: Any, dollar: Any, tmp_path: Path) -> dict[str, Any]:
    """A cohort that is sold for 25 dollars and a month, to bona fide researchers of coronary disease."""
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    run = people.run
    done = run(
        "owner", "dataset", "publish", file, "--name", "Cohort", "--term", "DS", "--disease", "MONDO:0005010",
        "--mondo", MONDO, "--price", "25", "--currency", dollar.address, "--duration", 30 * 86_400,
        "--visas", "registered-access", "--pro-rata", "--public",
    )  # fmt: skip
    issuer = people.address("issuer")
    trusted = run("owner", "visa", "trust", issuer, "--type", "registered-access")
    assert trusted["types"] == ["AcceptedTermsAndPolicies", "ResearcherStatus"]
    assert run("buyer", "visa", "trusted", people.address("owner"))["issuers"] == [
        f"{issuer}: AcceptedTermsAndPolicies, ResearcherStatus"
    ]
    dollar.mint(people.address("buyer"), 100_000_000)
    return done


def visas(people: Any, folder: Path, subject: str = "buyer") -> list[str]:
    """As options of `license buy`."""
    options: list[str] = []
    for name in ("ResearcherStatus", "AcceptedTermsAndPolicies"):
        file = folder / f"{subject}-{name}.json"
        said = people.run("issuer", "visa", "issue", people.address(subject), "--type", name, "-o", file)
        assert said["type"] == name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        options += ["--visa", str(file)]
    return options


def test_registered_access_to_a_disease_in_dollars(
    people: Any, sale: Any, dollar: Any, localnet: Any, tmp_path: Path
) -> None:
    run, dataset, offer = people.run, sale["dataset_id"], sale["offer_id"]
    shown = run("buyer", "dataset", "show", dataset)
    assert "25 TUSD" in shown["offers"][0]
    assert "ResearcherStatus" in shown["offers"][0]
    asked = ("license", "buy", "--yes", offer, "--purpose", "DS", "--disease", ANGINA)
    code, _, err = people.try_("buyer", *asked)
    assert code == 1
    assert "AcceptedTermsAndPolicies, ResearcherStatus" in err

    shown_visas = visas(people, tmp_path)
    assert run("buyer", "visa", "check", shown_visas[1], dataset)["type"] == "ResearcherStatus"
    plan = tmp_path / "plan.txt"
    plan.write_text("Does ST depression predict the finding?")
    code, out, err = people.try_("buyer", *asked, "--mondo", MONDO, "--statement", plan, *shown_visas)
    assert code == 0, err
    bought = json.loads(out)
    assert "Total: 25 TUSD" in err
    assert dollar.address in err
    assert not bought["needs_review"], "the disease was proved, so nobody has to judge"
    assert plan.read_text() not in out + err
    (kept,) = (people.home("buyer") / "statements").iterdir()
    assert json.loads(kept.read_text())["text"] == plan.read_text()

    number = bought["license_id"]
    assert number in run("owner", "dataset", "release")["delivered"]
    target = tmp_path / "received.csv"
    run("buyer", "license", "download", number, target)
    assert target.read_text() == ROWS
    run("buyer", "license", "confirm", "--yes", number)
    localnet.pass_time(3 * 86_400)
    claimed = run("relayer", "license", "claim-earned", number)
    assert 2_490_000 < int(claimed["to_owner"]["units"]) < 2_510_000, "a tenth of the month"
    collected = run("owner", "account", "collect", "--currency", dollar.address)["collected"]
    assert int(claimed["to_owner"]["units"]) <= int(collected["units"]) < 2_510_000
    shown = run("buyer", "license", "show", number)
    assert (shown["purpose"], shown["pro_rata"]) == (["DS"], True)
    assert "earned second by second over 30 days" in " ".join(shown["conditions"])
    assert int(shown["earned"]["units"]) + int(shown["back_if_it_ended_now"]["units"]) == 25_000_000
    revoked = run("owner", "license", "revoke", "--yes", number, "ended")
    assert 22_400_000 < int(revoked["paid_back"]["units"]) <= int(shown["back_if_it_ended_now"]["units"])
    assert run("buyer", "license", "show", number)["state"] == "revoked"


def test_a_visa_that_was_taken_back_counts_no_more(people: Any, sale: Any, tmp_path: Path) -> None:
    options = visas(people, tmp_path)
    assert people.run("buyer", "visa", "show", options[1])["revoked"] is False
    assert people.run("issuer", "visa", "revoke", options[1])["sent"]
    assert people.run("buyer", "visa", "show", options[1])["revoked"] is True
    code, _, err = people.try_("buyer", "visa", "check", options[1], sale["dataset_id"])
    assert code == 1
    assert "revoked by its issuer" in err
    code, _, err = people.try_(
        "buyer", "license", "buy", "--yes", sale["offer_id"], "--purpose", "DS", *options
    )
    assert code == 1
    assert "revoked by its issuer" in err


def test_a_newcomer_without_ether_gets_key_and_licence(
    people: Any, sale: Any, dollar: Any, localnet: Any, tmp_path: Path
) -> None:
    dollar.mint(people.address("newcomer"), 25_000_000)
    localnet.rpc("anvil_setBalance", people.address("newcomer"), "0x0")
    key, order, proof = tmp_path / "key.json", tmp_path / "order.json", tmp_path / "proof.json"
    run = people.run
    assert run("newcomer", "key", "register", "--sign", key)["sent"] is False
    assert run("relayer", "key", "relay", key)["sent"] is True
    assert run("relayer", "key", "relay", key)["sent"] is False
    options = visas(people, tmp_path, "newcomer")
    asked = (
        "license",
        "order",
        "--yes",
        sale["offer_id"],
        "--purpose",
        "DS",
        "--disease",
        ANGINA,
        "--mondo",
        MONDO,
    )
    assert run("newcomer", *asked, *options, "-o", order)["payment"] == "authorization"
    assert stat.S_IMODE(order.stat().st_mode) == 0o600
    assert people.try_("newcomer", *asked, *options, "-o", order)[0] == 1, "the file is there already"
    bought = run("relayer", "license", "relay", "--yes", order)
    held = run("newcomer", "license", "show", bought["license_id"])
    assert (held["licensee"], held["price"]["amount"]) == (people.address("newcomer"), "25")
    assert people.try_("relayer", "license", "relay", "--yes", order)[0] == 1
    localnet.rpc("anvil_setBalance", people.address("newcomer"), hex(10**18))
    assert run("newcomer", "license", "cancel-orders")["cancelled"]

    run("buyer", "dataset", "prove", sale["dataset_id"], ANGINA, "--mondo", MONDO, "-o", proof)
    written = json.loads(proof.read_text())
    assert written["disease"] == ANGINA
    assert all(len(step) == 66 for step in written["proof"])


def test_a_required_value_is_the_hash_of_a_text(people: Any, sale: Any, tmp_path: Path) -> None:
    run, terms = people.run, "https://example.org/terms/1"
    wanted = run("owner", "visa", "require-value", "--type", "AcceptedTermsAndPolicies", "--value", terms)
    listed = run("buyer", "visa", "trusted", people.address("owner"))["required_values"]
    assert listed == [f"AcceptedTermsAndPolicies: {wanted['value']}"]
    for value, code in (("another", 1), (terms, 0)):
        file = tmp_path / f"{code}.json"
        asked = ("visa", "issue", people.address("buyer"), "--type", "AcceptedTermsAndPolicies")
        run("issuer", *asked, "--value", value, "-o", file)
        assert people.try_("buyer", "visa", "check", file, sale["dataset_id"])[0] == code
    grant = tmp_path / "grant.json"
    asked = ("visa", "issue", people.address("buyer"), "--type", "ControlledAccessGrants", "-o", grant)
    assert people.try_("issuer", *asked)[0] == 2, "a grant names its dataset"
    run("issuer", *asked, "--dataset", sale["dataset_id"])
    assert SignedVisa.parse(grant.read_bytes()).visa.type == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dataset", "offer", 1, "--price", "1", "--currency", "0x" + "11" * 20), "no token at"),
        (("dataset", "offer", 1, "--price", "1", "--currency", "dollar"), "not an address"),
        (("dataset", "offer", 1, "--price", "1", "--visas", "Doctor"), "no type of visa"),
        (("dataset", "offer", 1, "--price", "1", "--pro-rata"), "not earned over time"),
        (("visa", "require-value", "--type", "registered-access"), "stands for several"),
        (("visa", "show", __file__), "no visa"),
        (("license", "relay", "--yes", __file__), "no order"),
        (("key", "relay", __file__), "no registration"),
    ],
)
def test_bad_input_is_named(people: Any, arguments: tuple[object, ...], said: str) -> None:
    code, _, err = people.try_("owner", *arguments)
    assert code == 2, err
    assert said in err
