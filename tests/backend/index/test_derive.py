"""Every event is filed under a thing that its own contract keeps."""

from __future__ import annotations

import pytest

from biodesci.chain import contracts
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.index.derive import Subject, subject

KEEPS = {
    "DatasetNFT": {"dataset", "account", ""},
    "AccessLicense": {"dataset", "license", "account", ""},
    "ModelRegistry": {"model", "round", "account", ""},
    "InferenceCommitment": {"inference", "model", "account"},
    "KeyRegistry": {"account", ""},
    "VisaRegistry": {"account", ""},
    "LicenseLens": set(),
    "GuardedCustody": {"dataset", "license", ""},
}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_event_is_about_what_its_contract_keeps(contract):
    for entry in contracts.abi(contract):
        if entry["type"] == "event":
            args = {field["name"]: 1 for field in entry["inputs"]}
            assert subject(contract, entry["name"], args).kind in KEEPS[contract], entry["name"]


@pytest.mark.parametrize("license_id", [0, 5])
def test_an_enrolment_is_about_its_round_with_and_without_a_licence(license_id):
    args = {"roundId": 3, "node": "0x1", "datasetId": 7, "licenseId": license_id}
    assert subject("ModelRegistry", "NodeEnrolled", args) == Subject("round", "3")
