"""A version is erased, and a custodian confirms it, by the commands that people type."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_version_is_erased_and_its_custodian_answers(crowd: Any, tmp_path: Path) -> None:
    people = crowd("ann", "bob", keyed=("bob",))
    file, sealed, receipt = tmp_path / "cohort.csv", tmp_path / "keys", tmp_path / "receipt"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    said = ("--name", "Cohort", "--term", "HMB", "--public")
    dataset = people.run("ann", "dataset", "publish", file, *said)["dataset_id"]
    bob = people.address("bob")
    people.run("ann", "dataset", "grant-role", dataset, "custodian", bob)
    people.run("bob", "dataset", "accept-role", dataset, "custodian")
    people.run("ann", "dataset", "hand-over", dataset, bob, "-o", sealed)
    people.run("bob", "dataset", "take-over", dataset, sealed)

    code, _, err = people.try_("ann", "dataset", "erase", dataset, 1)
    assert code == 2
    assert "its key destroyed" in err
    assert list((people.home("ann") / "datasets").rglob("*.key"))
    done = people.run("ann", "dataset", "erase", dataset, 1, "--yes")
    assert done["key_files_destroyed"] == 1
    assert done["not_answered"] == [f"{bob}: no signed receipt has come"]
    assert not list((people.home("ann") / "datasets").rglob("*.key"))
    confirmed = ("dataset", "confirm-erasure", done["request"], "-o", receipt)
    assert people.try_("bob", *confirmed)[0] == 2
    assert people.run("bob", *confirmed, "--yes")["holder"] == bob
    assert not list((people.home("bob") / "datasets").rglob("*.key"))
    done = people.run("ann", "dataset", "erase", dataset, 1, "--receipt", receipt, "--yes")
    assert (done["deleted"], done["not_answered"], done["key_files_destroyed"]) == ([bob], [], 0)
    assert people.run("ann", "dataset", "show", dataset)["withdrawn"] is True
