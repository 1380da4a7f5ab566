"""What a trail holds, and how it is written down."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from biodesci.chain.contracts import abi
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.errors import IntegrityError, NotFoundError, StateError, UnavailableError
from biodesci.market.trail import exporting
from biodesci.market.trail.exporting import export
from biodesci.market.trail.following import CONTRACTS as FOLLOWED
from biodesci.market.trail.meaning import MEANINGS
from biodesci.market.trail.spreadsheet import COLUMNS
from tests.backend.market.trail.conftest import FORMULA, Life

# Every event that names neither a dataset nor an offer or licence of one. ModelRegistry's tokens are models.
NAMES_NONE = {
    *((name, "EIP712DomainChanged") for name in FOLLOWED),
    *((name, "ApprovalForAll") for name in FOLLOWED),
    ("DatasetNFT", "BatchMetadataUpdate"),  # which the contract never emits
    ("AccessLicense", "ArbitrationAccepted"), ("AccessLicense", "OrdersCancelled"),
    ("AccessLicense", "Collected"),
}  # fmt: skip
DATASET_FIELDS = {"datasetId", "licenseId", "offerId"}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as source:
        return list(csv.DictReader(source))


def test_every_event_that_can_name_a_dataset_has_a_meaning() -> None:
    for contract in CONTRACTS:
        for entry in abi(contract):
            event = (contract, entry.get("name", ""))
            if entry["type"] != "event" or event in NAMES_NONE:
                continue
            names_one = bool(DATASET_FIELDS & {field["name"] for field in entry["inputs"]})
            has_meaning = contract in {"DatasetNFT", "AccessLicense"} or names_one
            assert (event in MEANINGS) == (has_meaning or event == ("VisaRegistry", "VisaRevoked")), event


def test_the_life_of_a_dataset_is_told_in_order_and_nothing_else(exported: Path, life: Life) -> None:
    listed = rows(exported / "trail.csv")
    assert tuple(listed[0]) == COLUMNS
    assert [row["event"] for row in listed if row["group"] not in {"purchase", "payment"}] == [
        "Transfer", "DatasetPublished", "RoleGranted", "RoleAccepted", "OfferCreated", "LicenseDelivered",
        "LicenseConsumed", "LicenseDelivered", "LicenseDisputed", "DisputeResolved", "OfferClosed",
        "OfferCreated", "IssuerTrusted", "VisaRevoked", "DatasetPublished", "StatisticsReleased",
        "VersionPublished", "MetadataUpdate", "RoleRevoked", "Transfer", "VersionWithdrawn",
    ]  # fmt: skip
    assert [row["event"] for row in listed].count("LicensePurchased") == 3
    assert [row["event"] for row in listed].count("VisasShown") == 1
    assert {row["dataset"] for row in listed} == {str(life.dataset), "3"}  # the third has it as its parent
    bought = next(row for row in listed if row["event"] == "LicensePurchased")
    assert (bought["by"], bought["purpose"], bought["licence"]) == (life.buyer, "HMB", "2")
    assert json.loads(bought["arguments"])["datasetId"] == life.dataset


def test_a_row_says_where_its_event_is(exported: Path, life: Life) -> None:
    for row in rows(exported / "trail.csv"):
        receipt = life.chain.web3.eth.get_transaction_receipt(row["transaction"])
        assert receipt["blockHash"].to_0x_hex() == row["block_hash"]
        assert receipt["transactionIndex"] == int(row["transaction_index"])
        log = receipt["logs"][int(row["log"])]
        assert log["address"] == life.chain.deployment.contracts[row["contract"]].address


def test_no_cell_begins_a_formula(exported: Path) -> None:
    listed = rows(exported / "trail.csv")
    assert FORMULA[0] == "="
    assert [row["reason"] for row in listed if row["reason"]] == ["'" + FORMULA]
    assert all(not value.startswith(("=", "+", "-", "@")) for row in listed for value in row.values())


def test_fhir_reads_the_bundle(exported: Path) -> None:
    raw = (exported / "trail.fhir.json").read_bytes()
    bundle = Bundle.model_validate_json(raw)
    listed = rows(exported / "trail.csv")
    assert len(bundle.entry) == len(listed) == len({entry.fullUrl for entry in bundle.entry})
    for entry, row in zip(bundle.entry, listed, strict=True):
        event = entry.resource
        assert f"{event.recorded:%Y-%m-%dT%H:%M:%SZ}" == row["time"]
        assert event.subtype[0].code == f"{row['contract']}.{row['event']}"
        assert [agent.altId for agent in event.agent if agent.requestor] == [row["by"]] * bool(row["by"])
    disputed = json.loads(raw)["entry"][[row["event"] for row in listed].index("LicenseDisputed")]["resource"]
    assert {"type": "reasonText", "valueString": FORMULA} in disputed["entity"][0]["detail"]


def test_an_export_of_the_same_blocks_is_the_same(exported: Path, life: Life, tmp_path: Path) -> None:
    export(life.chain, life.dataset, tmp_path / "again")
    for ending in (".csv", ".fhir.json", ".proofs.jsonl"):
        assert (tmp_path / f"again{ending}").read_bytes() == (exported / f"trail{ending}").read_bytes()
    assert (exported / "all.csv").read_bytes() == (exported / "trail.csv").read_bytes()


def test_one_format_is_one_file_and_its_proofs(life: Life, tmp_path: Path) -> None:
    done = export(life.chain, life.dataset, tmp_path / "one.json", "fhir")
    assert {path.name for path in done.files} == {"one.fhir.json", "one.proofs.jsonl"}
    assert {path.name for path in tmp_path.iterdir()} == {"one.fhir.json", "one.proofs.jsonl"}


def test_nothing_is_overwritten_and_nothing_half_is_left(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFoundError):
        export(life.chain, 99, tmp_path / "trail")
    (tmp_path / "trail.csv").write_text("mine")
    with pytest.raises(StateError, match=r"trail\.csv already"):
        export(life.chain, life.dataset, tmp_path / "trail")
    (tmp_path / "trail.csv").unlink()
    monkeypatch.setattr(exporting._Writer, "end", lambda self: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        export(life.chain, life.dataset, tmp_path / "trail")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["status", "logsBloom", "gasUsed", "input", "withdrawn"])
def test_a_node_that_shows_something_else_than_its_block_commits_to_is_noticed(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The second node of two that differ, or one whose database is damaged: nothing of it is proven."""
    real = life.chain.provider.batch

    def lying(calls):
        answers = real(calls)
        for (method, params), answer in zip(calls, answers, strict=True):
            if method == "eth_getBlockReceipts" and what == "status":
                answer[-1]["status"] = "0x0"
            elif method == "eth_getBlockByNumber" and what in {"logsBloom", "gasUsed"} and params[1]:
                answer[what] = answer[what][:-1] + ("1" if answer[what][-1] != "1" else "2")
            elif method == "eth_getBlockByNumber" and what == "input" and params[1]:
                answer["transactions"][0]["input"] += "00"
            elif method == "eth_getBlockByNumber" and what == "withdrawn" and params[1]:
                answer["transactions"] = answer["transactions"][:-1]
        return answers

    monkeypatch.setattr(life.chain.provider, "batch", lying)
    with pytest.raises((IntegrityError, UnavailableError)):
        export(life.chain, life.dataset, tmp_path / "trail")
    assert list(tmp_path.iterdir()) == []
