"""Gathers the report of an audit while its checks are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from biodesci.core.documents.report import Check, Report, Verdict
from biodesci.core.errors import IntegrityError


@dataclass
class AuditReport:
    """`subject` is "model" or "inference"; `method` how; `limits` what a passed report does not say."""

    subject: str
    chain_id: int
    contract: str
    subject_id: int
    model_id: int
    model_version: int
    auditor: str
    method: str
    limits: str
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
        """The report that is published."""
        return Report(
            verdict=Verdict.of(tuple(self.checks)),
            subject=self.subject,
            chain_id=self.chain_id,
            contract=self.contract,
            subject_id=self.subject_id,
            model_id=self.model_id,
            model_version=self.model_version,
            auditor=self.auditor,
            method=self.method,
            limits=self.limits,
            checks=tuple(self.checks),
            findings=tuple(self.findings),
            figures=dict(self.figures),
        )
