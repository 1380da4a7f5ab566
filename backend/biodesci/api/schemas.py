"""What the API answers: every response model, in camelCase on the wire.

Conventions: amounts are in the smallest unit of their currency (wei of ether), as decimal strings; DUO bit
sets are decimal strings; digests, roots and commitments are 0x-prefixed hex; times are ISO 8601 in UTC;
`asOf` is the last block the index has read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Right = Literal["none", "download", "train", "infer"]
LicenseState = Literal[
    "inReview", "purchased", "delivered", "settled", "disputed", "refunded", "rejected", "revoked"
]
RoundKind = Literal["statistics", "training"]
RoundState = Literal["enrolling", "running", "unmasking", "finalized", "aborted"]
VisaType = Literal[
    "AffiliationAndRole", "AcceptedTermsAndPolicies", "ResearcherStatus", "ControlledAccessGrants"
]
InferenceState = Literal["requested", "committed", "challenged", "finalized", "refused", "expired"]


class Schema(BaseModel):
    """Base of all answers: snake_case in Python, camelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Problem(Schema):
    """Problem document (RFC 9457), sent as application/problem+json."""

    type: str = Field(examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no dataset 7 in the index as of block 42."])
    instance: str = Field(examples=["/v1/datasets/7"])
    hint: str = Field(examples=["List what there is with GET /v1/datasets."])


class Content(Schema):
    """A blob on IPFS: the digest that is on chain, and its CIDv1 text form."""

    digest: str = Field(examples=["0x" + "5a" * 32])
    cid: str = Field(examples=["bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"])


class DuoTerm(Schema):
    """A term of the GA4GH Data Use Ontology."""

    id: str = Field(examples=["DUO:0000042"])
    code: str = Field(examples=["GRU"])
    label: str = Field(examples=["general research use"])


class Duo(Schema):
    """A set of DUO terms: as bits, as on chain, and spelled out."""

    bits: str = Field(examples=["1"])
    terms: list[DuoTerm]


class Activity(Schema):
    """One event on chain, for timelines."""

    name: str = Field(examples=["KeyDelivered"])
    contract: str = Field(examples=["AccessLicense"])
    block: int
    time: datetime
    tx_hash: str
    details: dict[str, Any]


class Health(Schema):
    status: Literal["ok"]
    version: str


class Check(Schema):
    name: str = Field(examples=["chain"])
    ok: bool
    message: str


class Readiness(Schema):
    ready: bool
    checks: list[Check]
    as_of: int


class Config(Schema):
    """What a wallet and a browser need to know."""

    version: str
    network: str = Field(examples=["local"])
    chain_id: int = Field(examples=[31337])
    rpc_url: str = Field(examples=["http://127.0.0.1:8545"])
    ipfs_gateway_url: str = Field(examples=["http://127.0.0.1:8080"])
    contracts: dict[str, str] = Field(
        examples=[{"DatasetNFT": "0x5FbDB2315678afecb367f032d93F642f64180aa3"}],
        description="address by name of the six contracts",
    )
    deployment_block: int
    as_of: int


class Currency(Schema):
    """What a price is in. A token says its symbol and decimals itself: go by the address."""

    address: str | None = Field(description="of the ERC-20; null: ether")
    symbol: str | None = Field(examples=["ETH"], description="null: the token says none")
    decimals: int | None = Field(examples=[18], description="null: the token says none; show smallest units")


class Offer(Schema):
    id: int
    dataset_id: int
    right: Right
    price: str = Field(examples=["10000000000000000"], description="in the currency's smallest unit")
    currency: Currency
    visas: list[VisaType] = Field(description="a buyer shows one of each")
    pro_rata: bool = Field(description="an owner who revokes pays back the part that was not used")
    duration: int = Field(description="seconds of access from delivery; 0: no end")
    uses: int = Field(description="0: not counted")
    delivery_window: int = Field(description="seconds the custodian has to deliver")
    dispute_window: int = Field(description="seconds the licensee has to dispute")
    arbiter: str | None = Field(description="null: the buyer's dispute refunds at once")
    open: bool


class Container(Schema):
    """The encrypted file, as the card describes it; null fields until the card could be read."""

    content: Content
    url: str = Field(description="on the IPFS gateway")
    size: int = Field(description="bytes of the encrypted container")
    plaintext_size: int | None
    segment_size: int | None
    encoding_format: str = Field(examples=["text/csv"], description="of the plaintext")
    file_name: str = Field(examples=["cleveland.csv"])
    sha256: str = Field(description="of the container")


class Disease(Schema):
    id: str = Field(examples=["MONDO:0005068"])
    name: str | None = Field(examples=["myocardial infarction"])


class PermittedDiseases(Schema):
    """What the term DS permits: `root` is on chain, the rest is the card's account of it."""

    root: str = Field(description="Merkle root over the diseases named and all that descend from them")
    named: list[Disease] = Field(description="empty where the card names none, or could not be read")
    ontology: str | None = Field(examples=["releases/2025-06-03"], description="release of MONDO")


class DatasetVersion(Schema):
    version: int
    card: Content
    content_root: str
    key_commitment: str
    terms: Duo
    diseases: PermittedDiseases | None = Field(description="null: a person judges a disease")
    published_at: datetime
    withdrawn_at: datetime | None
    container: Container | None
    unreadable: str | None = Field(description="why the card could not be read, if so")
    block: int
    tx_hash: str


class DatasetSummary(Schema):
    id: int
    owner: str
    name: str
    description: str
    keywords: list[str]
    records: int | None
    encoding_format: str | None
    size: int | None = Field(description="bytes of the encrypted container")
    latest_version: int
    withdrawn: bool = Field(description="consent for the latest version is withdrawn")
    terms: Duo
    published_at: datetime
    updated_at: datetime
    offers: list[Offer] = Field(description="open offers")
    unreadable: str | None


class DatasetDetail(DatasetSummary):
    custodian: str | None = Field(
        description="who delivers keys besides the owner; at first the owner itself"
    )
    card: dict[str, Any] | None = Field(description="the Croissant JSON-LD of the latest version, from IPFS")
    versions: list[DatasetVersion]
    all_offers: list[Offer]
    parents: list[int]
    children: list[int]
    licenses: int = Field(description="licences bought so far")
    rounds: list[int] = Field(description="training rounds it took part in")
    activity: list[Activity]


class License(Schema):
    id: int
    offer_id: int
    dataset_id: int
    dataset_name: str
    version: int
    licensee: str
    owner: str = Field(description="the dataset's owner now")
    state: LicenseState
    right: Right
    active: bool = Field(description="delivered, not expired, revoked or refunded, as of the last block read")
    price: str = Field(description="in the currency's smallest unit")
    currency: Currency
    visas: list[VisaType] = Field(description="that were shown, as the offer requires")
    pro_rata: bool
    refund_due: str | None = Field(
        description="what an owner who revoked now would pay back, about (ask `refundDue`); null: nothing"
    )
    purpose: Duo
    disease: str | None = Field(examples=["MONDO:0005068"], description="declared by the buyer")
    statement: str | None = Field(description="salted hash of the research plan")
    uses_left: int | None = Field(description="null: not counted")
    purchased_at: datetime
    delivered_at: datetime | None
    deadline: datetime | None = Field(description="delivery deadline, or end of the dispute window")
    expires_at: datetime | None = Field(
        description="null: not delivered, or no end; never later than the visas' end"
    )
    envelope: Content | None
    block: int
    tx_hash: str


class LicenseDetail(License):
    container: Container | None
    content_root: str
    key_commitment: str
    activity: list[Activity]


class ModelVersion(Schema):
    version: int
    weights_root: str
    weights: Content
    round_id: int | None = Field(description="the round that made it; null: published by the owner")
    published_at: datetime
    block: int
    tx_hash: str


class ModelSummary(Schema):
    id: int
    owner: str
    name: str
    description: str
    architecture: str
    latest_version: int
    rounds: int
    inferences: int
    registered_at: datetime
    unreadable: str | None


class CodecGrant(Schema):
    account: str
    kind: Literal["training", "inference"]
    envelope: Content
    block: int


class Lineage(Schema):
    """Where a model version comes from."""

    version: int
    base_version: int | None
    round_id: int | None
    datasets: list[int]
    nodes: list[str]


class RoundSummary(Schema):
    id: int
    model_id: int
    kind: RoundKind
    state: RoundState
    base_version: int
    version: int | None = Field(description="the model version it made")
    enrolled: int
    committed: int
    opened_at: datetime
    closed_at: datetime | None


class Enrolment(Schema):
    index: int
    node: str
    dataset_id: int
    commitment: str | None
    enrolled_at: datetime
    committed_at: datetime | None


class RoundDetail(RoundSummary):
    aggregator: str
    min_nodes: int
    enrol_by: datetime | None
    commit_by: datetime | None
    finalize_by: datetime | None
    plan: Content
    plan_document: dict[str, Any] | None
    result: Content | None
    result_document: dict[str, Any] | None
    enrolments: list[Enrolment]
    activity: list[Activity]


class ModelDetail(ModelSummary):
    card: Content
    card_document: dict[str, Any] | None
    versions: list[ModelVersion]
    round_list: list[RoundSummary]
    codecs: list[CodecGrant]
    lineage: list[Lineage]
    activity: list[Activity]


class Attestation(Schema):
    auditor: str
    passed: bool
    report: Content
    block: int
    time: datetime
    tx_hash: str


class Inference(Schema):
    id: int
    model_id: int
    version: int
    requester: str
    worker: str
    state: InferenceState
    fee: str = Field(description="wei")
    input_commitment: str
    output_commitment: str | None
    requested_at: datetime
    committed_at: datetime | None
    deadline: datetime | None
    block: int
    tx_hash: str


class InferenceDetail(Inference):
    arbiter: str | None
    challenge_window: int
    input: Content
    output: Content | None
    weights_root: str | None
    attestations: list[Attestation]
    activity: list[Activity]


class DatasetPage(Schema):
    items: list[DatasetSummary]
    next_cursor: str | None
    as_of: int


class LicensePage(Schema):
    items: list[License]
    next_cursor: str | None
    as_of: int


class ModelPage(Schema):
    items: list[ModelSummary]
    next_cursor: str | None
    as_of: int


class InferencePage(Schema):
    items: list[Inference]
    next_cursor: str | None
    as_of: int


class DatasetAnswer(DatasetDetail):
    as_of: int


class LicenseAnswer(LicenseDetail):
    as_of: int


class ModelAnswer(ModelDetail):
    as_of: int


class RoundAnswer(RoundDetail):
    as_of: int


class InferenceAnswer(InferenceDetail):
    as_of: int
