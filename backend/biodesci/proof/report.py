"""The report of an audit: what was checked, what was found, and how much the method can say. Goes to IPFS;
its CID on chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from biodesci.core import canonical
from biodesci.core.errors import InputError, IntegrityError

KIND = "biodesci/audit-report"
VERSION = 1


@dataclass(frozen=True)
class Check:
    """One thing that was checked. `detail` says what was compared, or why it failed."""

    name: str
    passed: bool
    detail: str


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
        return bool(self.checks) and all(c.passed for c in self.checks)

    @property
    def reason(self) -> str:
        """Why it failed: the first check that did not pass."""
        return next((f"{c.name}: {c.detail}" for c in self.checks if not c.passed), "")

    @contextmanager
    def check(self, name: str, detail: str) -> Iterator[None]:
        """Records a check: passed with `detail`, or failed with what the IntegrityError said, which goes on
        to the caller.
        """
        try:
            yield
        except IntegrityError as exc:
            self.checks.append(Check(name, False, exc.message))
            raise
        self.checks.append(Check(name, True, detail))

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        verdict = {"passed": self.passed, "reason": self.reason}
        return canonical.dumps({"kind": KIND, "version": VERSION, "verdict": verdict, **asdict(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> AuditReport:
        hint = "Use the report as it was published."
        try:
            document: dict[str, Any] = json.loads(data)
            verdict = document.pop("verdict")
            if (document.pop("kind"), document.pop("version")) != (KIND, VERSION):
                raise InputError("This document is not an audit report of this version.", hint)
            report = cls(**{**document, "checks": [Check(**c) for c in document["checks"]]})
        except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise InputError("This document is not an audit report.", hint) from exc
        if verdict != {"passed": report.passed, "reason": report.reason}:
            raise IntegrityError(
                "The report's verdict does not follow from its checks.", "Do not rely on this report."
            )
        return report
