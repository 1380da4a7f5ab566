"""Roles of a dataset, and its keys in another house, by the commands that people type."""

from __future__ import annotations


def test_a_custodian_is_proposed_accepts_takes_over_and_resigns(crowd, tmp_path):
    people = crowd("ann", "bob", "eve", keyed=("bob", "eve"))
    file, sealed = tmp_path / "cohort.csv", tmp_path / "keys"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    dataset = people.run("ann", "dataset", "publish", file, "--name", "Cohort", "--term", "HMB")["dataset_id"]
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
