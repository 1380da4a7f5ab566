"""An audit trail, by the commands that people type: written with a node, checked without one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from biodesci.market import offers
from biodesci.market.offers import OfferTerms

HMB = 1 << 2


def test_a_trail_is_exported_and_checked_on_another_machine(
    crowd: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("BIODESCI_CONFIRMATIONS", "0")
    people = crowd("ann")
    chain = people.chain("ann")
    publication = (b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    dataset = chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"]
    offers.create(chain, dataset, OfferTerms(duration=86_400))

    file = tmp_path / "trail.csv"
    done = people.run("ann", "dataset", "audit-export", dataset, "-o", file, "--format", "csv")
    assert (done["events"], len(done["files"])) == (3, 2)
    code, _, err = people.try_("ann", "dataset", "audit-export", dataset, "-o", file)
    assert code == 1
    assert "already" in err
    whole = people.run("ann", "dataset", "audit-export", dataset, "-o", tmp_path / "all", "--complete")

    for name in ("RPC_URL", "IPFS_API"):
        monkeypatch.setenv(f"BIODESCI_{name}", "http://127.0.0.1:9")
    checked = people.run("nobody", "audit", "verify", file)
    assert (checked["events"], checked["blocks_by_trusted_hash"], checked["nothing_missing"]) == (3, 0, False)
    assert checked["contracts_known"] is True
    known = whole["last_hash"]
    checked = people.run("nobody", "audit", "verify", tmp_path / "all.fhir.json", "--block-hash", known)
    assert checked["blocks_by_trusted_hash"] == checked["blocks"]
    assert checked["nothing_missing"] is True
    code, out, err = people.try_("nobody", "audit", "verify", file, "--block-hash", known)
    assert code == 1
    assert '"blocks_by_trusted_hash": 2' in out  # the last one, and the one right before it
    assert "do not follow from the hashes given" in err
    assert people.try_("nobody", "audit", "verify", file, "--block-hash", "0x12")[0] == 2

    monkeypatch.setenv("BIODESCI_RPC_URL", chain.rpc_url)
    checked = people.run("nobody", "audit", "verify", file, "--online")
    assert checked["blocks_by_node"] == checked["blocks"]
    changed = tmp_path / "changed.csv"
    changed.write_bytes(file.read_bytes().replace(b",HMB,", b",GRU,").replace(b"offer", b"Offer"))
    shutil.copy(tmp_path / "trail.proofs.jsonl", tmp_path / "changed.proofs.jsonl")
    code, _, err = people.try_("nobody", "audit", "verify", changed)
    assert code == 1
    assert "is not what the chain's log says" in err
