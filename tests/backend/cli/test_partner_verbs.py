"""A partner is named, keeps a copy, and gives it to a licensee, by the commands that people type."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from biodesci.ipfs.client import Ipfs
from biodesci.market.custody import Custodian
from biodesci.party.member import Member
from tests.backend.cli.conftest import PASS
from tests.backend.market.private import serving


def test_a_partner_keeps_a_copy_from_which_a_licensee_downloads(
    crowd: Any, chain_for: Any, ipfs_node: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = crowd("ann", "bob", "carl", keyed=("carl",))
    bob, file = people.address("bob"), tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    with ExitStack() as owners, serving(chain_for(), people.home("bob")) as copies:
        served = owners.enter_context(serving(chain_for(), people.home("ann")))
        monkeypatch.setenv("BIODESCI_CONTAINERS_URL", served.origin)
        said = ("--name", "Cohort", "--term", "HMB", "--price", "0.01")
        made = people.run("ann", "dataset", "publish", file, *said)
        dataset = made["dataset_id"]

        assert people.run("ann", "dataset", "partners", dataset) == []
        assert people.try_("bob", "dataset", "keep", dataset)[0] == 1
        for wrong in (bob, f"{bob}@http://far.example"):
            assert people.try_("ann", "dataset", "partners", dataset, "--add", wrong)[0] != 0
        [row] = people.run("ann", "dataset", "partners", dataset, "--add", f"{bob}@{copies.origin}")
        assert (row["partner"], row["kept"], row["places"]) == (bob, None, 0)
        assert people.try_("ann", "dataset", "partners", dataset)[0] == 1
        [kept] = people.run("bob", "dataset", "keep", dataset)
        assert (kept["version"], kept["signed"]) == (1, True)
        [row] = people.run("ann", "dataset", "partners", dataset, "--places", 3)
        assert (row["problem"], row["version"]) == ("", 1)
        assert datetime.fromisoformat(row["kept"])
        assert row["places"] > 1

        terms = ("--purpose", "HMB", "--yes")
        bought = people.run("carl", "license", "buy", made["offer_id"], *terms)["license_id"]
        assert Custodian(
            Member(people.chain("ann"), Ipfs(ipfs_node.api), people.home("ann"), PASS)
        ).poll() == [bought]
        owners.close()  # the owner's server goes
        code, _, err = people.try_("carl", "license", "download", bought, tmp_path / "copy")
        assert code == 3
        assert "--from" in err
        people.run("carl", "license", "download", bought, tmp_path / "copy", "--from", copies.origin)
        assert (tmp_path / "copy").read_bytes() == file.read_bytes()
        for named in (("--from", copies.origin), ()):  # the partner gave its owner's list: it is remembered
            checked = people.run("carl", "license", "check", bought, tmp_path / "copy", *named)
            assert checked["size"] == file.stat().st_size
            code, _, err = people.try_("carl", "license", "files", bought, *named)
            assert (code, "folder" in err) == (2, True), "it was fetched, and is a single file"
        assert people.run("ann", "dataset", "partners", dataset, "--remove", bob) == []
