"""Guardians by the commands that people type, each with a home of its own."""

from __future__ import annotations

from pathlib import Path


def test_two_of_three_guardians_deliver_while_the_owner_and_the_third_are_away(crowd, tmp_path: Path):
    guardians = ("gus", "gina", "gwen")
    people = crowd("ann", "bea", *guardians, keyed=("bea", *guardians))
    file, split, copy = tmp_path / "cohort.csv", tmp_path / "split", tmp_path / "copy.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    terms = ("--name", "Cohort", "--term", "HMB", "--price", "0.01", "--public")
    published = people.run("ann", "dataset", "publish", file, *terms)
    dataset, offer = published["dataset_id"], published["offer_id"]
    named = []
    for who in guardians:
        people.run("ann", "dataset", "grant-role", dataset, "custodian", people.address(who))
        people.run(who, "dataset", "accept-role", dataset, "custodian")
        named += ["--guardian", people.address(who)]
    made = people.run("ann", "dataset", "guard", dataset, 1, *named, "--threshold", 2, "-o", split)
    assert made["guardians"] == [people.address(who) for who in guardians]
    for who in guardians:
        assert people.run(who, "dataset", "take-share", split)["threshold"] == 2
    (people.home("ann") / "datasets").rename(tmp_path / "away")

    bought = people.run("bea", "license", "buy", offer, "--purpose", "HMB", "--yes")["license_id"]
    shares = {who: tmp_path / f"{who}.share" for who in guardians[:2]}
    for who, target in shares.items():
        released = people.run(who, "dataset", "release-share", bought, "-o", target)
        assert released["guardian"] == people.address(who)
    code, _, err = people.try_("gus", "dataset", "deliver-shares", bought, shares["gus"])
    assert code == 2
    assert "1 of 2 shares that are needed count." in err
    delivered = people.run("gina", "dataset", "deliver-shares", bought, *shares.values())
    assert delivered["license_id"] == bought
    people.run("bea", "license", "download", bought, copy)
    assert copy.read_bytes() == file.read_bytes()

    code, _, err = people.try_("gwen", "dataset", "release-share", bought, "-o", tmp_path / "late")
    assert code == 1
    assert "No key is due" in err
    assert not (tmp_path / "late").exists()
    code, _, err = people.try_("bea", "dataset", "take-share", split)
    assert code == 1
    assert "accepted its custody" in err


def test_guardians_without_a_role_deliver_by_the_contract(crowd, tmp_path: Path):
    guardians = ("gus", "gina", "gwen")
    people = crowd("ann", "bea", *guardians, keyed=("bea", *guardians))
    file, split, copy = tmp_path / "cohort.csv", tmp_path / "split", tmp_path / "copy.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    terms = ("--name", "Cohort", "--term", "HMB", "--price", "0.01", "--public")
    published = people.run("ann", "dataset", "publish", file, *terms)
    named = [option for who in guardians for option in ("--guardian", people.address(who))]
    guarding = (published["dataset_id"], 1, *named, "--threshold", 2, "-o", split)
    guarded = people.run("ann", "dataset", "guard", *guarding, "--contract")
    shown = people.run("bea", "dataset", "show", published["dataset_id"])
    assert shown["roles"] == [f"custodian {guarded['contract']}, accepted (the contract GuardedCustody)"]
    (line,) = shown["guardians"]
    start, _, accounts = line.rpartition(": ")
    assert start == "version 1: any 2 of 3 deliver its key"
    assert set(accounts.split(", ")) == {people.address(who) for who in guardians}
    for who in guardians:
        people.run(who, "dataset", "take-share", split)
    bought = people.run("bea", "license", "buy", published["offer_id"], "--purpose", "HMB", "--yes")[
        "license_id"
    ]
    shares = [tmp_path / f"{who}.share" for who in guardians[:2]]
    for who, target in zip(guardians, shares, strict=False):
        people.run(who, "dataset", "release-share", bought, "-o", target)
    approvals = []
    for who in guardians[1:]:
        approvals += ["--approval", tmp_path / f"{who}.approval"]
        approved = people.run(who, "dataset", "approve-delivery", bought, *shares, "-o", approvals[-1])
        assert approved["guardian"] == people.address(who)
    code, _, err = people.try_("gus", "dataset", "deliver-shares", bought, *shares, *approvals[:2])
    assert code == 2
    assert "1 of 2 approvals that are needed count." in err
    delivered = people.run("gus", "dataset", "deliver-shares", bought, *shares, *approvals)
    assert delivered["delivered"] == approved["approved"]
    people.run("bea", "license", "download", bought, copy)
    assert copy.read_bytes() == file.read_bytes()

    # She loses her key, and asks again.
    (people.home("bea") / "key.bin").unlink()
    assert people.run("bea", "key", "register")["sent"]
    shares = [tmp_path / f"{who}.new.share" for who in guardians[1:]]
    for who, target in zip(guardians[1:], shares, strict=True):
        people.run(who, "dataset", "release-share", bought, "-o", target)
    approvals = []
    for who in guardians[:2]:
        approvals += ["--approval", tmp_path / f"{who}.new.approval"]
        people.run(who, "dataset", "approve-delivery", bought, *shares, "-o", approvals[-1])
    people.run("gwen", "dataset", "deliver-shares", bought, *shares, *approvals)
    people.run("bea", "license", "download", bought, tmp_path / "second.csv")
    assert (tmp_path / "second.csv").read_bytes() == file.read_bytes()
