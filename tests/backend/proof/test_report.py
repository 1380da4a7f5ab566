"""Audit reports: the verdict follows from the checks and from nothing else."""

from __future__ import annotations

import json

import pytest

from biodesci.core.documents.report import Report
from biodesci.core.errors import InputError, IntegrityError
from biodesci.proof.report import AuditReport


def report() -> AuditReport:
    return AuditReport(
        "inference", 31337, "0x" + "cc" * 20, 4, 2, 1, "0x" + "aa" * 20, "re-execution", "limits"
    )


def test_a_report_without_checks_has_not_passed() -> None:
    assert not report().passed


def test_a_failed_check_is_recorded_and_goes_on_to_the_caller() -> None:
    found = report()
    with found.check("chain", "as on chain"):
        pass
    assert found.passed
    with pytest.raises(IntegrityError), found.check("output", "as computed"):
        raise IntegrityError("the output is wrong.", "Dispute it.")
    assert not found.passed
    assert found.reason == "output: the output is wrong."
    assert [c.passed for c in found.checks] == [True, False]


def test_it_comes_back_from_its_bytes() -> None:
    found = report()
    with found.check("chain", "as on chain"):
        pass
    found.figures["rows"] = 3.0
    again = Report.parse(found.document().to_bytes())
    assert again == found.document()
    assert again.figures == {"rows": 3.0}


def test_a_verdict_that_does_not_follow_is_refused() -> None:
    found = report()
    with pytest.raises(IntegrityError), found.check("output", ""):
        raise IntegrityError("wrong.")
    document = json.loads(found.document().to_bytes())
    document["verdict"] = {"passed": True, "reason": ""}
    with pytest.raises(IntegrityError, match="does not follow"):
        Report.parse(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"kind": "biodesci/audit-report", "version": 1}'])
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no audit report"):
        Report.parse(data)
