"""All kinds of document: their schemas are exported from here, and their tests go through all of them."""

from __future__ import annotations

from typing import Final

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
from biodesci.core.documents.receipt import Receipt
from biodesci.core.documents.registration import SignedRegistration
from biodesci.core.documents.report import Report
from biodesci.core.documents.result import StatisticsResult, TrainingResult
from biodesci.core.documents.round_messages import Inbox, RoundStatus, Shares, UnmaskAnswer
from biodesci.core.documents.security_card import SecurityCard
from biodesci.core.documents.trail import TrailBlock, TrailEnd, TrailHead
from biodesci.core.documents.tuning import AdapterMark, PrivateTuningReport, TuningReport, TuningState
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.features import FeaturePlan

KINDS: Final[tuple[type[Document], ...]] = (
    DatasetCard,
    InspectionReport,
    DeidentificationReport,
    FolderManifest,
    SignedVisa,
    IssuerTrust,
    SignInTerms,
    VisaRequest,
    VisaAnswer,
    SignedOrder,
    SignedRegistration,
    SignedAcceptance,
    SignedContentRequest,
    InstitutionFile,
    KnownInstitutions,
    SplitFile,
    ReleasedShare,
    SharedKey,
    ShareEvidence,
    DeliveryApproval,
    GuardianAnswer,
    Deployment,
    Receipt,
    BundleFile,
    Report,
    FeaturePlan,
    Plan,
    StatisticsResult,
    TrainingResult,
    Statement,
    DiseaseProof,
    Shares,
    Inbox,
    UnmaskAnswer,
    RoundStatus,
    ModelCard,
    SecurityCard,
    TuningState,
    TuningReport,
    PrivateTuningReport,
    AdapterMark,
    PartnerList,
    CopyReceipt,
    DeletionRequest,
    DeletionReceipt,
    TrailHead,
    TrailBlock,
    TrailEnd,
)
