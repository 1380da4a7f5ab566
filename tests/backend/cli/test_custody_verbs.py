"""Roles of a dataset, and its keys in another house, by the commands that people type."""

from __future__ import annotations


def test_an_arbiter_judges_what_was_delivered(crowd, tmp_path, monkeypatch):
    people = crowd("ann", "bea", "art", keyed=("bea", "art"))
    file, shown = tmp_path / "cohort.csv", tmp_path / "shown"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    art = people.address("art")
    terms = ("--name", "Cohort", "--term", "HMB", "--price", "0.01", "--arbiter", art, "--public")
    assert people.run("art", "account", "accept-arbitration")["is_arbiter"] is True
    offer = people.run("ann", "dataset", "publish", file, *terms)["offer_id"]
    bought = people.run("bea", "license", "buy", offer, "--purpose", "HMB", "--yes")["license_id"]
    monkeypatch.setenv("BIODESCI_DELIVERIES_A_DAY", "0")
    held = people.run("ann", "dataset", "release")
    assert held["delivered"] == []
    assert held["waiting"][0].startswith(f"{bought}: this custodian makes 0 deliveries a day")
    monkeypatch.delenv("BIODESCI_DELIVERIES_A_DAY")
    assert people.run("ann", "dataset", "release") == {"delivered": [bought], "waiting": []}

    code, _, err = people.try_("ann", "license", "evidence", bought, "-o", shown)
    assert code == 2
    assert f"{art} will know the key" in err
    assert not shown.exists()
    assert people.run("ann", "license", "evidence", bought, "-o", shown, "--yes")["arbiter"] == art
    judged = people.run("art", "license", "judge", bought, shown)
    assert (judged["finding"], judged["favours"], judged["decide_until"]) == ("right key", "owner", None)
    assert "the licensee can fetch them from there" in judged["says"]
    _, _, err = people.try_("art", "license", "judge", bought, shown, "--at-most", "1")
    assert "up to 1 GiB, and decrypted in memory" in err
    assert "You learn the dataset key" in err
    code, _, err = people.try_("bea", "license", "judge", bought, shown)
    assert code == 1
    assert "does not open" in err


def test_a_custodian_is_proposed_accepts_takes_over_and_resigns(crowd, tmp_path):
    people = crowd("ann", "bob", "eve", keyed=("bob", "eve"))
    file, sealed = tmp_path / "cohort.csv", tmp_path / "keys"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    dataset = people.run("ann", "dataset", "publish", file, "--name", "Cohort", "--term", "HMB", "--public")[
        "dataset_id"
    ]
    bob = people.address("bob")

    code, _, err = people.try_("bob", "dataset", "accept-role", dataset, "custodian")
    assert code == 1
    assert "did not propose this role" in err
    proposed = people.run("ann", "dataset", "grant-role", dataset, "custodian", bob)
    assert proposed["accepted"] is False
    (shown,) = people.run("ann", "dataset", "show", dataset)["roles"]
    assert shown == f"custodian {bob}, proposed only"
    code, _, err = people.try_("ann", "dataset", "hand-over", dataset, bob, "-o", sealed)
    assert code == 1
    assert "has accepted its custody" in err

    people.run("bob", "dataset", "accept-role", dataset, "custodian")
    assert people.run("ann", "dataset", "show", dataset)["roles"] == [f"custodian {bob}, accepted"]
    assert people.run("ann", "dataset", "hand-over", dataset, bob, "-o", sealed)["versions"] == [1]
    code, _, err = people.try_("eve", "dataset", "take-over", dataset, sealed)
    assert code == 1
    assert "has accepted its custody" in err
    assert people.run("bob", "dataset", "take-over", dataset, sealed)["versions"] == [1]

    people.run("bob", "dataset", "revoke-role", dataset, "custodian")
    assert people.run("ann", "dataset", "show", dataset)["roles"] == []
    code, _, err = people.try_("ann", "dataset", "grant-role", dataset, "janitor", bob)
    assert code == 2
    assert "no role 'janitor'" in err
