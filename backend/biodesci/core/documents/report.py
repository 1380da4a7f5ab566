"""The report of an audit: what was checked, what was found, and how much the method can say.

It goes to IPFS, and its content identifier on chain. `proof/report.py` gathers it.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, model_validator

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Uint256, Version1
from biodesci.core.errors import IntegrityError


class Check(Part):
    """One thing that was checked. `detail` says what was compared, or why it failed."""

    name: str
    passed: bool
    detail: str


class Verdict(Part):
    """`reason` says why it failed: the first check that did not pass."""

    passed: bool
    reason: str

    @classmethod
    def of(cls, checks: tuple[Check, ...]) -> Verdict:
        """What follows from checks; a report that checked nothing passed nothing."""
        reason = next((f"{check.name}: {check.detail}" for check in checks if not check.passed), "")
        return cls(passed=bool(checks) and all(check.passed for check in checks), reason=reason)


class Report(Document):
    """`subject` is "model" or "inference"; `limits` is what a passed report does not say; `findings` are
    worth knowing and fail nothing. `auditor` is an address, or empty where the auditor has no account."""

    model_config = ConfigDict(alias_generator=None)
    title: ClassVar = "audit report"
    remedy: ClassVar = "Use the report as it was published."
    limit: ClassVar = 4 << 20

    kind: Literal["biodesci/audit-report"] = "biodesci/audit-report"
    version: Version1 = 1
    verdict: Verdict
    subject: str
    chain_id: Uint256
    contract: Address
    subject_id: Uint256
    model_id: Uint256
    model_version: Uint256
    auditor: Address | Literal[""]
    method: str
    limits: str
    checks: tuple[Check, ...]
    findings: tuple[str, ...]
    figures: dict[str, int | float]

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if self.verdict != Verdict.of(self.checks):
            raise IntegrityError(
                "The report's verdict does not follow from its checks.", "Do not rely on this report."
            )
        return self
