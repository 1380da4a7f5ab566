"""Audit reports: the verdict follows from the checks and from nothing else."""

from __future__ import annotations

import json

import pytest
from eth_account import Account

from biodesci.core.documents.report import CHECKLISTS, Report
from biodesci.core.errors import InputError, IntegrityError, StateError
from biodesci.proof.report import AuditReport, by_key_alone, sign, verify

AUDITOR = Account.from_key(b"\x01" * 32)


def report() -> AuditReport:
    return AuditReport(
        subject="inference",
        chain_id=31337,
        contract="0x" + "cc" * 20,
        subject_id=4,
        model_id=2,
        model_version=1,
        auditor=AUDITOR.address,
        method="re-execution",
        limits="limits",
        audited_at=1_800_000_000,
        answer=b"\xaa" * 32,
    )


def passed() -> AuditReport:
    found = report()
    for name in CHECKLISTS["inference", "re-execution", 1]:
        with found.check(name, "as it should be"):
            pass
    return found


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
    found = passed()
    found.figures["rows"] = 3.0
    again = Report.parse(found.document().to_bytes())
    assert again == found.document()
    assert again.figures == {"rows": 3.0}


def test_the_report_of_an_inference_names_its_answer_and_no_other_does() -> None:
    without = {**json.loads(passed().document().to_bytes()), "answer": None}
    with pytest.raises(IntegrityError, match="names the answer"):
        Report.parse(json.dumps(without).encode())
    of_model = AuditReport("model", *(1, "0x" + "cc" * 20, 2, 2, 1), AUDITOR.address, "lineage", "", 1)
    for name in CHECKLISTS["model", "lineage", 1]:
        with of_model.check(name, "as it should be"):
            pass
    assert of_model.document().answer is None
    of_model.answer = bytes(32)
    with pytest.raises(IntegrityError, match="names the answer"):
        of_model.document()


def test_a_verdict_that_does_not_follow_is_refused() -> None:
    found = report()
    with pytest.raises(IntegrityError), found.check("chain", ""):
        raise IntegrityError("wrong.")
    document = json.loads(found.document().to_bytes())
    document["verdict"] = {"passed": True, "reason": ""}
    with pytest.raises(IntegrityError, match="does not follow"):
        Report.parse(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"kind": "biodesci/audit-report", "version": 3}'])
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no audit report"):
        Report.parse(data)


def test_checks_stop_at_the_first_that_fails() -> None:
    found = report()
    with found.check("chain", ""):
        pass
    with pytest.raises(IntegrityError, match="checks are not those of an audit"):
        found.document()
    with pytest.raises(IntegrityError), found.check("commitments", ""):
        raise IntegrityError("wrong.")
    assert found.document().verdict.reason == "commitments: wrong."


def test_a_signed_report_is_its_auditors() -> None:
    signed = sign(passed().document(), AUDITOR)
    verify(signed, by_key_alone)
    verify(Report.parse(signed.to_bytes()), by_key_alone)
    with pytest.raises(StateError, match="would sign it"):
        sign(passed().document(), Account.from_key(b"\x02" * 32))
    with pytest.raises(InputError, match="not signed"):
        verify(passed().document(), by_key_alone)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 65, b"\xff" * 65, b"\x01" * 64])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    signed = passed().document().model_copy(update={"signature": signature})
    with pytest.raises(IntegrityError, match="not signed by the auditor that it names"):
        verify(signed, by_key_alone)


@pytest.mark.parametrize("accepted", [True, False])
def test_an_account_with_code_answers_by_its_code_alone(accepted: bool) -> None:
    """A key that signed does not count for an account whose code says no (EIP-7702)."""
    signed = sign(passed().document(), AUDITOR)
    asked = []

    def accepts(account: str, digest: bytes, signature: bytes) -> bool:
        asked.append((account, len(digest), signature))
        return accepted

    if accepted:
        verify(signed, accepts)
    else:
        with pytest.raises(IntegrityError, match="The signature does not hold"):
            verify(signed, accepts)
    assert asked == [(AUDITOR.address, 32, signed.signature)]
