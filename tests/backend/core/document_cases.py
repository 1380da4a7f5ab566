"""The documents in tests/vectors/documents/, and of each what about it is free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from biodesci.core.documents.acceptance import SignedAcceptance
from biodesci.core.documents.base import Document
from biodesci.core.documents.bundle import BundleFile
from biodesci.core.documents.content_request import SignedContentRequest
from biodesci.core.documents.copies import CopyReceipt, PartnerList
from biodesci.core.documents.custody import DeliveryApproval, GuardianAnswer
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.documents.declared import DiseaseProof, Statement
from biodesci.core.documents.deidentification import DeidentificationReport
from biodesci.core.documents.deletion import DeletionReceipt, DeletionRequest
from biodesci.core.documents.deployment import Deployment
from biodesci.core.documents.guarding import ReleasedShare, SharedKey, ShareEvidence, SplitFile
from biodesci.core.documents.inspection_report import InspectionReport
from biodesci.core.documents.institution import InstitutionFile, KnownInstitutions
from biodesci.core.documents.manifest import FolderManifest
from biodesci.core.documents.model_card import ModelCard
from biodesci.core.documents.order import SignedOrder
from biodesci.core.documents.passport import IssuerTrust, SignInTerms, VisaAnswer, VisaRequest
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.receipt import OPENINGS, Receipt
from biodesci.core.documents.registration import SignedRegistration
from biodesci.core.documents.report import Report
from biodesci.core.documents.result import StatisticsResult, TrainingResult
from biodesci.core.documents.round_messages import Inbox, RoundStatus, Shares, UnmaskAnswer
from biodesci.core.documents.security_card import SecurityCard
from biodesci.core.documents.trail import TrailBlock, TrailEnd, TrailHead
from biodesci.core.documents.tuning import AdapterMark, PrivateTuningReport, TuningReport, TuningState
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.features import FeaturePlan

VECTORS = Path(__file__).parents[2] / "vectors" / "documents"
PROOFS = json.loads((VECTORS.parent / "proofs.json").read_text())
DEEP = b"[" * 200_000
Path_ = tuple[str | int, ...]


class Case(NamedTuple):
    """A document as it is on disk. Below the paths `free` (* is any step) there are other rules, which tests
    of their own hold; the fields in `optional` (so, too) may be absent, and those in `nullable` null. An
    object in `named` holds, beside these fields, others of one type, whose names are free."""

    kind: type[Document]
    file: str
    free: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def raw(self) -> bytes:
        return (VECTORS / self.file).read_bytes()

    @property
    def fields(self) -> Any:
        return json.loads(self.raw)

    def is_free(self, path: Path_) -> bool:
        return any(_matches(pattern, path) for pattern in self.free)

    def may_lack(self, path: Path_) -> bool:
        if self.is_free(path) or any(_is(pattern, path) for pattern in self.optional):
            return True
        fixed = self.fixed_names(path[:-1])
        return fixed is not None and path[-1] not in fixed

    def fixed_names(self, path: Path_) -> tuple[str, ...] | None:
        """Of an object in `named`."""
        return next((names for pattern, names in self.named.items() if _is(pattern, path)), None)

    def may_be(self, path: Path_, value: Any) -> bool:
        return value is None and any(_is(pattern, path) for pattern in self.nullable)


SCORES = {
    "alignment.*": ("drift",),
    "splitMode.*": ("drift",),
    "alignmentLowRank.*": ("drift", "rank"),
    "dummyNeurons.*": ("dummies", "noise", "stripped", "caught"),
    "alignmentUnrelated": (),
    "linkage": (),
    "actualBase.alignment": (),
    "actualBase.drift": (),
}
ATTACKS = (
    *(
        "actualBase",
        "actualBase.tokensRight",
        "dummyNeurons",
        "frequency",
        "inversion",
        "key",
        "knownPlaintext",
    ),
    *("noise", "sessions", "tokenLeak", "vocabularyMatching"),
    *("frequency.*.placesRestored", "vocabularyMatching.*.shuffled"),
    *("knownPlaintext.*.inputKeyError", "knownPlaintext.*.streamKeyError"),
)
MEASURED = tuple(
    f"security.measured.{place}.{score}"
    for place in ("alignmentWithPublicBase.*", "linkable", "knownPlaintext.*")
    for score in ("neuronsMatched", "streamKeyError", "inputKeyError", "headsByInvariants")
)
COLUMN = "recordSet.*.field.*.biodesci:"
CARD = (
    "creator",
    "creator.url",
    "keywords",
    "biodesci:records",
    "biodesci:diseases",
)
CASES = (
    Case(SignedVisa, "visa.json", free=("warning",)),
    Case(SignedOrder, "order.json", free=("warning", "evidence.visas.*.warning")),
    Case(SignedRegistration, "registration.json"),
    Case(SignedAcceptance, "acceptance.json"),
    Case(SignedContentRequest, "content-request.json"),
    Case(InstitutionFile, "institution.json", optional=("network", "institution.ror")),
    Case(
        KnownInstitutions,
        "known-institutions.json",
        optional=("asked.*.proven", "asked.*.proven.ror", "asked.*.proven.rorListed", "asked.*.why"),
    ),
    Case(SplitFile, "key-split.json", optional=("signed.split.guardians.*.url",)),
    Case(ReleasedShare, "released-share.json"),
    Case(SharedKey, "shared-key.json", optional=("signed.split.guardians.*.url",)),
    Case(ShareEvidence, "share-evidence.json"),
    Case(DeliveryApproval, "delivery-approval.json"),
    Case(GuardianAnswer, "guardian-answer.json"),
    Case(PartnerList, "partners.json"),
    Case(CopyReceipt, "copy-receipt.json"),
    Case(DeletionRequest, "deletion-request.json"),
    Case(DeletionReceipt, "deletion-receipt.json"),
    Case(Deployment, "deployment.json"),
    Case(Receipt, "receipt.json", optional=OPENINGS),
    Case(Receipt, "receipt-closed.json"),
    Case(BundleFile, "bundle.json", optional=tuple(f"receipt.{name}" for name in OPENINGS)),
    Case(Report, "report.json", free=("figures",), optional=("signature",), nullable=("answer",)),
    Case(FeaturePlan, "features.json"),
    Case(Plan, "plan-training.json", free=("architecture.*",)),
    Case(Plan, "plan-statistics.json", free=("architecture.*",)),
    Case(StatisticsResult, "result-statistics.json"),
    Case(TrainingResult, "result-training.json"),
    Case(Statement, "statement.json"),
    Case(DiseaseProof, "disease-proof.json"),
    Case(Shares, "shares.json", free=("sealed.*",)),
    Case(Inbox, "inbox.json", free=("sealed.*", "digests.*")),
    Case(UnmaskAnswer, "unmask-answer.json", free=("seeds.*", "keys.*")),
    Case(RoundStatus, "round-status.json"),
    Case(
        DatasetCard,
        "dataset-card.json",
        optional=(
            *(
                *CARD,
                "recordSet.*.biodesci:rows",
                "recordSet.*.biodesci:people",
                "recordSet.*.biodesci:counted",
            ),
            *(f"{COLUMN}{name}" for name in ("unit", "statistics")),
            *(f"{COLUMN}statistics.{name}" for name in ("nullShare", "distinct", "mean", "std", "histogram")),
        ),
        nullable=(f"{COLUMN}statistics.histogram.*.count",),
    ),
    Case(DatasetCard, "dataset-card-opaque.json"),
    Case(
        InspectionReport,
        "inspection-report.json",
        optional=("acceptedRisk", "declared.header", "declared.person", "signature"),
    ),
    Case(DeidentificationReport, "deidentification-report.json"),
    Case(FolderManifest, "folder-manifest.json"),
    Case(
        ModelCard,
        "model-card.json",
        free=("architecture.*",),
        optional=("security.key.places", *MEASURED),
        named={"security.key.places": ()},
    ),
    Case(SecurityCard, "security-card-tokens.json", optional=ATTACKS, named=SCORES),
    Case(SecurityCard, "security-card-records.json", optional=ATTACKS, named=SCORES),
    Case(TuningState, "tuning-state.json", nullable=("run.lora", "run.privacy")),
    Case(TuningState, "tuning-state-adapter.json", nullable=("run.lora", "run.privacy")),
    Case(TuningReport, "tuning-report.json", nullable=("lora", "privacy", "spent")),
    Case(TuningReport, "tuning-report-adapter.json", free=("frozen",), nullable=("lora", "privacy", "spent")),
    Case(PrivateTuningReport, "tuning-report-private.json"),
    Case(AdapterMark, "adapter-mark.json"),
    Case(AdapterMark, "adapter-mark-own-key.json", optional=("key_id",)),
    Case(IssuerTrust, "issuer.json", optional=("rules.*.dataset",)),
    Case(SignInTerms, "sign-in.json"),
    Case(VisaRequest, "visa-request.json"),
    Case(VisaAnswer, "visa-answer.json", free=("visas.*.warning", "ignored.*")),
    Case(TrailHead, "trail-head.json", named={"contracts": ()}),
    Case(TrailBlock, "trail-block.json", optional=("allReceipts",)),
    Case(TrailEnd, "trail-end.json"),
)


def _matches(pattern: str, path: Path_) -> bool:
    steps = pattern.split(".")
    return len(path) >= len(steps) and all(
        step in ("*", str(own)) for step, own in zip(steps, path, strict=False)
    )


def _is(pattern: str, path: Path_) -> bool:
    return _matches(pattern, path) and len(path) == len(pattern.split("."))
