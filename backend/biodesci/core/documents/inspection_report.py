"""What was found in a dataset before it was published, and what its steward said to it. It stays at home:
findings name columns and files, and reasons may name more."""

from __future__ import annotations

from typing import ClassVar, Literal

from eth_utils.crypto import keccak

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import (
    Address,
    BareBytes32,
    Count,
    HexBytes,
    Text,
    Uint256,
    UnixSeconds,
    Version1,
)


class ReportedFinding(Part):
    """One finding (inspection/finding.py); `rows` is of how many values it is, or 0."""

    place: Text
    kind: Text
    level: Literal["stop", "ask", "note"]
    reason: Text
    rows: Count


class ReportedDeclaration(Part):
    """What the steward declared of the data (inspection/content.py). Of `rows_are_people` and `people_tables`
    much depends: the card tells counts, on the word of the steward that each row is another person."""

    person: Text | None = None
    codes: tuple[Text, ...]
    quasi: tuple[Text, ...]
    pseudonyms: tuple[Text, ...]
    header: bool | None = None
    rows_are_people: bool
    people_tables: tuple[Text, ...]


class InspectionReport(Document):
    """Signed by the account that publishes, in the domain of the DatasetNFT at `contract`.

    `plaintext_sha256` is of the file that was looked at, which is the one that was encrypted.
    `file_format` is empty for one that is not read. `accepted_risk` is why it was published in spite of what
    stops, and `confirmed` whether a person confirmed what was asked.
    """

    title: ClassVar = "inspection report"
    remedy: ClassVar = "Inspect the file again: biodesci dataset check."
    limit: ClassVar = 64 << 20
    readable: ClassVar = True

    kind: Literal["biodesci/inspection-report"] = "biodesci/inspection-report"
    version: Version1 = 1
    chain_id: Uint256
    contract: Address
    account: Address
    inspected_at: UnixSeconds
    plaintext_sha256: BareBytes32
    file_format: Text
    findings: tuple[ReportedFinding, ...]
    declared: ReportedDeclaration
    confirmed: bool
    accepted_risk: Text | None = None
    signature: HexBytes | None = None

    @property
    def content_hash(self) -> bytes:
        """keccak-256 of the whole report but for its signature."""
        return keccak(self.model_copy(update={"signature": None}).to_bytes())
