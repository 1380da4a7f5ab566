"""The report of an audit: what was checked, what was found, and how much the method can say.

It goes to IPFS, and its content identifier on chain. `proof/report.py` gathers it.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, Self

from eth_utils.crypto import keccak
from pydantic import ConfigDict, model_validator

from biodesci.core import canonical
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import (
    Address,
    Bytes32,
    HexBytes,
    Text,
    Uint256,
    UnixSeconds,
    Version1,
    Version3,
)
from biodesci.core.errors import IntegrityError

Subject = Literal["inference", "model"]
Method = Literal["re-execution", "freivalds", "lineage"]
_INFERENCE: Final = ("chain", "commitments", "weights", "input", "output")
CHECKLISTS: Final = {
    ("inference", "re-execution", 1): _INFERENCE,
    ("inference", "freivalds", 1): _INFERENCE,
    ("model", "lineage", 1): ("weights", "lineage"),
}
"""Which checks an audit consists of: by subject, method and edition of the list. A list
never changes; another one is another edition."""


class Check(Part):
    """One thing that was checked. `detail` says what was compared, or why it failed."""

    name: Text
    passed: bool
    detail: Text


class Verdict(Part):
    """`reason` says why it failed: the first check that did not pass."""

    passed: bool
    reason: Text

    @classmethod
    def of(cls, checks: tuple[Check, ...]) -> Verdict:
        """What follows from checks; a report that checked nothing passed nothing."""
        reason = next((f"{check.name}: {check.detail}" for check in checks if not check.passed), "")
        return cls(passed=bool(checks) and all(check.passed for check in checks), reason=reason)


class Report(Document):
    """`limits` is what a passed report does not say; `findings` are worth knowing and fail nothing.
    `auditor` is an address, or empty where the auditor has no account. `checklist` is the edition of the
    list of checks that subject and method stand for: these are all checks in their order, up to the first
    that fails. `answer` is the commitment to the output that was audited, as the chain had it: a request's
    number may be another's after a reorganization. A model has none. `signature` is the auditor's, over
    everything else (core/typed_data.py).
    """

    model_config = ConfigDict(alias_generator=None)
    title: ClassVar = "audit report"
    remedy: ClassVar = "Use the report as it was published."
    limit: ClassVar = 4 << 20

    kind: Literal["biodesci/audit-report"] = "biodesci/audit-report"
    version: Version3 = 3
    verdict: Verdict
    subject: Subject
    method: Method
    checklist: Version1 = 1
    chain_id: Uint256
    contract: Address
    subject_id: Uint256
    answer: Bytes32 | None
    model_id: Uint256
    model_version: Uint256
    auditor: Address | Literal[""]
    audited_at: UnixSeconds
    limits: Text
    checks: tuple[Check, ...]
    findings: tuple[Text, ...]
    figures: dict[Text, int | float]
    signature: HexBytes | None = None

    @model_validator(mode="after")
    def _follows(self) -> Self:
        required = CHECKLISTS.get((self.subject, self.method, self.checklist))
        if required is None:
            raise IntegrityError(
                f"There is no audit of {self.subject} by {self.method}.", "Do not rely on this report."
            )
        if (self.subject == "inference") != (self.answer is not None):
            raise IntegrityError(
                "The report of an inference names the answer that was audited, and no other does.",
                "Do not rely on this report.",
            )
        if self.verdict != Verdict.of(self.checks):
            raise IntegrityError(
                "The report's verdict does not follow from its checks.", "Do not rely on this report."
            )
        names = tuple(check.name for check in self.checks)
        stopped = [check.passed for check in self.checks] == [True] * (len(names) - 1) + [False]
        if names != (required[: len(names)] if stopped else required):
            raise IntegrityError(
                f"The report's checks are not those of an audit of {self.subject} by {self.method}: "
                f"{', '.join(required)}.",
                "One was removed, added, renamed or moved: do not rely on this report.",
            )
        return self

    @property
    def checks_hash(self) -> bytes:
        """keccak-256 of the checks as canonical JSON."""
        return keccak(canonical.dumps([check.model_dump(mode="json") for check in self.checks]))

    @property
    def content_hash(self) -> bytes:
        """keccak-256 of the whole report but for its signature, as canonical JSON."""
        return keccak(self.model_copy(update={"signature": None}).to_bytes())
