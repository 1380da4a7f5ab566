"""Gathers the report of an audit while its checks are made, has it signed, and verifies one that was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature

from biodesci.core import typed_data
from biodesci.core.documents.report import Check, Method, Report, Subject, Verdict
from biodesci.core.errors import InputError, IntegrityError, StateError

_SIGNATURE_SIZE: Final = 65  # r, s and v of ECDSA
Accepts = Callable[[str, bytes, bytes], bool | None]
_UNSIGNED = "Ask the auditor for the report that it signed: `biodesci audit inference --attest`."


@dataclass
class AuditReport:
    """`subject` is what was audited and `method` how; they say which checks there are to make. `limits` is
    what a passed report does not say, `audited_at` Unix seconds. `answer` is the commitment on chain to the
    output that is audited; None for a model.
    """

    subject: Subject
    chain_id: int
    contract: str
    subject_id: int
    model_id: int
    model_version: int
    auditor: str
    method: Method
    limits: str
    audited_at: int
    answer: bytes | None = None
    checks: list[Check] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)  # what is worth knowing and fails nothing
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """A report that checked nothing passed nothing."""
        return Verdict.of(tuple(self.checks)).passed

    @property
    def reason(self) -> str:
        """Why it failed: the first check that did not pass."""
        return Verdict.of(tuple(self.checks)).reason

    @contextmanager
    def check(self, name: str, detail: str) -> Iterator[None]:
        """Records a check: passed with `detail`, or failed with what the IntegrityError said, which goes on
        to the caller.
        """
        try:
            yield
        except IntegrityError as exc:
            self.checks.append(Check(name=name, passed=False, detail=exc.message))
            raise
        self.checks.append(Check(name=name, passed=True, detail=detail))

    def document(self) -> Report:
        """The report, unsigned: for its auditor's own eyes."""
        return Report(
            verdict=Verdict.of(tuple(self.checks)),
            subject=self.subject,
            chain_id=self.chain_id,
            contract=self.contract,
            subject_id=self.subject_id,
            answer=self.answer,
            model_id=self.model_id,
            model_version=self.model_version,
            auditor=self.auditor,
            audited_at=self.audited_at,
            method=self.method,
            limits=self.limits,
            checks=tuple(self.checks),
            findings=tuple(self.findings),
            figures=dict(self.figures),
        )


def sign(report: Report, account: LocalAccount) -> Report:
    """The report with the signature of `account`; StateError where the report names another auditor."""
    if report.auditor != account.address:
        raise StateError(
            f"The report names {report.auditor or 'no auditor'}, and {account.address} would sign it.",
            "Make the audit with the account that signs it.",
        )
    message = encode_typed_data(full_message=typed_data.audit_report(report))
    return report.model_copy(update={"signature": bytes(account.sign_message(message).signature)})


def verify(report: Report, accepts: Accepts) -> None:
    """Checks that the auditor whom the report names signed all of it.

    `accepts(account, hash, signature)` asks an account's code (ERC-1271), and says None of an account without
    code, whose key then has to have signed. Raises InputError for an unsigned report, and IntegrityError for
    one that was changed, or signed by somebody else.
    """
    if report.signature is None or not report.auditor:
        raise InputError("The report is not signed: anybody may have written it.", _UNSIGNED)
    document = typed_data.audit_report(report)
    accepted = accepts(report.auditor, typed_data.digest(document), report.signature)
    if accepted:
        return
    signer = "" if accepted is False else _signer(document, report.signature)
    if signer != report.auditor:
        by = f"The signature is of {signer}" if signer else "The signature does not hold"
        raise IntegrityError(
            f"The report is not signed by the auditor that it names, {report.auditor}. {by}.",
            "The report, or its auditor's name, was changed after it was signed: do not rely on it.",
        )


def by_key_alone(_account: str, _hash: bytes, _signature: bytes) -> None:
    """For `verify` without a chain: every account counts as one without code."""
    return


def _signer(document: typed_data.Document, signature: bytes) -> str:
    if len(signature) != _SIGNATURE_SIZE:
        return ""
    try:
        return str(Account.recover_message(encode_typed_data(full_message=document), signature=signature))
    except (BadSignature, ValueError):
        return ""
