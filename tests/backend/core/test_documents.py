"""Every kind of document: its form is fixed byte for byte, and what does not fit is refused in words.

The files in tests/vectors/documents/ are the documents as they were written before they had types.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core.documents.acceptance import SignedAcceptance
from biodesci.core.documents.base import Document
from biodesci.core.documents.bundle import BundleFile
from biodesci.core.documents.dataset_card import DatasetCard
from biodesci.core.documents.declared import DiseaseProof, Statement
from biodesci.core.documents.deployment import Deployment
from biodesci.core.documents.inspection_report import InspectionReport
from biodesci.core.documents.institution import InstitutionFile, KnownInstitutions
from biodesci.core.documents.kinds import KINDS
from biodesci.core.documents.manifest import FolderManifest
from biodesci.core.documents.model_card import ModelCard
from biodesci.core.documents.order import Purpose, SignedOrder
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
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, RevertedError
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
CARD = ("creator", "keywords", "biodesci:records", "biodesci:diseases", "biodesci:identifierCheck.counted")
CASES = (
    Case(SignedVisa, "visa.json", free=("warning",)),
    Case(SignedOrder, "order.json", free=("warning", "evidence.visas.*.warning")),
    Case(SignedRegistration, "registration.json"),
    Case(SignedAcceptance, "acceptance.json"),
    Case(InstitutionFile, "institution.json", optional=("network", "institution.ror")),
    Case(
        KnownInstitutions,
        "known-institutions.json",
        optional=("asked.*.proven", "asked.*.proven.ror", "asked.*.proven.rorListed", "asked.*.why"),
    ),
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
            *(*CARD, "recordSet.*.biodesci:rows", "recordSet.*.biodesci:people"),
            *(f"{COLUMN}{name}" for name in ("unit", "statistics")),
            *(f"{COLUMN}statistics.{name}" for name in ("nullShare", "distinct", "mean", "std", "histogram")),
        ),
        nullable=(f"{COLUMN}statistics.histogram.*.count",),
    ),
    Case(DatasetCard, "dataset-card-opaque.json"),
    Case(InspectionReport, "inspection-report.json", optional=("acceptedRisk", "signature")),
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
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_every_kind_has_a_vector():
    assert {case.kind for case in CASES} == set(KINDS)
    assert {case.file for case in CASES} == {file.name for file in VECTORS.iterdir()}


@kinds
def test_every_kind_says_what_it_is(kind):
    assert kind.title
    assert kind.remedy.endswith(".")
    assert 1 << 10 <= kind.limit <= 1 << 30
    assert kind.__doc__
    assert issubclass(kind.refusal, BioDeSciError)


@cases
def test_what_was_written_before_is_read_and_written_byte_for_byte(case):
    document = case.kind.parse(case.raw)
    assert document.to_bytes() == case.raw
    assert case.kind.parse(document.to_bytes()) == document


@cases
def test_no_field_shows_in_the_repr(case):
    assert repr(case.kind.parse(case.raw)) == f"{case.kind.__name__}()"


@cases
def test_an_unknown_field_is_refused_in_every_object(case):
    for path, value in walk(case.fields):
        if isinstance(value, dict) and not case.is_free((*path, "surplus")):
            surplus = 1 if case.fixed_names(path) is None else "of another type"
            refused(case, changed(case.fields, (*path, "surplus"), surplus), path)


@cases
def test_a_missing_field_is_refused_in_every_object(case):
    for path, _ in walk(case.fields):
        if path and isinstance(path[-1], str) and not case.may_lack(path):
            refused(case, without(case.fields, path), path)


@cases
def test_nothing_is_converted(case):
    for path, value in walk(case.fields):
        if path and not case.is_free(path):
            for other in others(value):
                if case.may_be(path, other):
                    continue
                refused(case, changed(case.fields, path, other), (*path, repr(other)))


@cases
def test_a_field_that_stands_twice_is_refused_in_every_object(case):
    for path, value in walk(case.fields):
        if isinstance(value, dict) and value:
            name = next(iter(value))
            twice = {**value, f"{name}#": value[name]}
            fields = changed(case.fields, path, twice) if path else twice
            raw = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
            with pytest.raises(BioDeSciError):
                case.kind.parse(raw.replace(b'#":', b'":'))


@cases
def test_no_number_is_nan_or_infinite(case):
    for path, value in walk(case.fields):
        if path and isinstance(value, int | float) and not isinstance(value, bool):
            for other in (math.nan, math.inf, -math.inf):
                refused(case, changed(case.fields, path, other), (*path, str(other)))


@kinds
def test_what_readers_would_refuse_for_its_size_is_not_written(kind, monkeypatch):
    case = next(case for case in CASES if case.kind is kind)
    document = kind.parse(case.raw)
    monkeypatch.setattr(kind, "limit", len(case.raw) - 1)
    with pytest.raises(InputError, match="of which readers take"):
        document.to_bytes()


@cases
def test_a_document_over_its_size_is_refused_unread(case):
    with pytest.raises(case.kind.refusal, match="more than"):
        case.kind.parse(case.raw + b" " * case.kind.limit)


@kinds
@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", DEEP], ids=["empty", "bytes", "cut off", "deep"])
def test_what_is_no_json_is_refused(kind, raw):
    with pytest.raises(kind.refusal, match=r"This is no [\w ]+: it (is not JSON|has more)") as caught:
        kind.parse(raw)
    assert caught.value.hint


@kinds
@pytest.mark.parametrize("document", [None, 1, "text", [], {}, {"format": {}}, {"kind": []}], ids=str)
def test_what_is_another_document_is_refused(kind, document):
    with pytest.raises(kind.refusal, match=r"This is no [\w ]+: "):
        kind.parse(json.dumps(document).encode())


@cases
def test_a_newer_format_asks_for_a_newer_program(case):
    fields = case.fields
    if "format" in fields:
        fields["format"] = fields["format"][:-1] + "9"
    elif isinstance(fields.get("version"), int):
        fields["version"] = 9
    else:
        return
    fields["whatItHasThen"] = True
    with pytest.raises(case.kind.refusal) as caught:
        case.kind.parse(json.dumps(fields).encode())
    assert caught.value.hint.startswith("Update the program")


@cases
def test_a_kind_that_must_be_canonical_has_one_layout(case):
    if case.kind.must_be_canonical:
        with pytest.raises(IntegrityError, match="not in canonical form"):
            case.kind.parse(json.dumps(case.fields, indent=1).encode())


@cases
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_stands_in_a_document_is_read_or_refused_in_words(case, data):
    fields = case.fields
    path = data.draw(st.sampled_from([path for path, _ in walk(fields) if path]))
    read_or_refused(case.kind, json.dumps(changed(fields, path, data.draw(JSON))).encode())


@kinds
@settings(max_examples=40)
@given(raw=st.binary(max_size=64) | st.deferred(lambda: JSON).map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_come_are_read_or_refused_in_words(kind, raw):
    read_or_refused(kind, raw)


def test_a_refusal_names_the_place_and_never_the_value():
    fields = CASES[0].fields
    fields["visa"]["subject"] = "Dr Secret Name"
    with pytest.raises(InputError) as caught:
        SignedVisa.parse(json.dumps(fields).encode())
    assert caught.value.message == (
        "This is no visa: the field visa.subject: it should be an address: 0x and 40 hexadecimal digits."
    )
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_made_here_is_checked_too():
    for wrong in (-1, 2**64, True, "4", 4.0):
        with pytest.raises(InputError, match="makes no Purpose: the field duo: "):
            Purpose(duo=wrong)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "01", "1_0", " 1", "１", "1.0", "0x1", "9" * 5_000, str(2**64)],
    ids=lambda text: text[:8],
)
def test_a_number_in_a_text_is_plain_digits(text):
    fields = changed(CASES[1].fields, ("order", "purpose", "duo"), text)
    with pytest.raises(InputError, match=r"order\.purpose\.duo"):
        SignedOrder.parse(json.dumps(fields).encode())
    fields["order"]["purpose"]["duo"] = str(2**64 - 1)
    assert SignedOrder.parse(json.dumps(fields).encode()).order.purpose.duo == 2**64 - 1


def test_a_statement_whose_hash_is_of_another_text_is_refused():
    fields = json.loads((VECTORS / "statement.json").read_bytes())
    with pytest.raises(IntegrityError, match="text and salt do not give its hash") as caught:
        Statement.parse(json.dumps(changed(fields, ("text",), "Another plan.")).encode())
    assert "Another plan" not in str(caught.value)


@pytest.mark.parametrize("id_", ["mondo:0005068", "MONDO:5068", "MONDO:0000000", " MONDO:0005068", 5068])
def test_a_disease_is_written_in_one_way(id_):
    fields = json.loads((VECTORS / "disease-proof.json").read_bytes())
    with pytest.raises(InputError, match="the field disease: it should be a MONDO id"):
        DiseaseProof.parse(json.dumps(changed(fields, ("disease",), id_)).encode())


def test_a_proof_has_no_more_steps_than_a_tree_can_have():
    fields = json.loads((VECTORS / "disease-proof.json").read_bytes())
    with pytest.raises(InputError, match="the field proof"):
        DiseaseProof.parse(json.dumps(changed(fields, ("proof",), ["0x" + "11" * 32] * 33)).encode())


@pytest.mark.parametrize("proof", PROOFS["cases"], ids=lambda proof: proof["name"])
def test_a_proof_file_is_read_or_refused_as_the_page_does(proof):
    raw = proof["text"].encode()
    if proof["steps"] is None:
        with pytest.raises(InputError, match=f"This is no {DiseaseProof.title}: "):
            DiseaseProof.parse(raw)
        return
    read = DiseaseProof.parse(raw)
    assert (read.disease, len(read.proof)) == (PROOFS["disease"], proof["steps"])


def test_a_name_of_python_is_no_name_in_json():
    fields = CASES[2].fields
    fields["public_key"] = fields.pop("publicKey")
    with pytest.raises(InputError, match="publicKey"):
        SignedRegistration.parse(json.dumps(fields).encode())


def test_a_refusal_shows_bytes_as_they_are_written_elsewhere():
    shown = RevertedError("VisaRegistry_Revoked", ("0x12", b"\x0a" * 4))
    assert shown.message == "The contract refused: VisaRegistry_Revoked(0x12, 0x0a0a0a0a)."


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def read_or_refused(kind: type[Document], raw: bytes) -> None:
    try:
        document = kind.parse(raw)
    except BioDeSciError as exc:
        assert exc.message
        return
    assert kind.parse(document.to_bytes()) == document


def refused(case: Case, fields: Any, what: Path_) -> None:
    raw = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    try:
        case.kind.parse(raw)
    except BioDeSciError:
        return
    pytest.fail(f"{case.file} was read with {dotted(what)}")


def others(value: Any) -> list[Any]:
    """What is no such value, and looks like it."""
    match value:
        case bool():
            return [int(value), str(value).lower(), None]
        case int():
            return [str(value), value + 0.5, bool(value), None, [value]]
        case float():
            return [str(value), True, None]
        case str():
            hexadecimal = [value + "?", value[:-1], value[2:]] if value.startswith("0x") else []
            return [1, None, [value], {"": value}, *hexadecimal]
        case list():
            return [{}, None, "", {"0": value}]
        case _:
            return [[], "", *([None] if value is not None else [])]


def walk(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Each place in a document; of a list the first element of each form, as those of one are read alike."""
    yield path, value
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        first: dict[object, int] = {}
        for number, child in enumerate(value):
            first.setdefault(form_of(child), number)
        steps = [(number, value[number]) for number in first.values()]
    else:
        return
    for step, child in steps:
        yield from walk(child, (*path, step))


def form_of(value: Any) -> object:
    """Equal for values that differ in texts and numbers alone, or in how often their lists hold a form."""
    if isinstance(value, dict):
        return tuple(sorted((name, hash(form_of(child))) for name, child in value.items()))
    if isinstance(value, list):
        return frozenset(form_of(child) for child in value)
    return type(value)


def changed(fields: Any, path: Path_, value: Any) -> Any:
    fields = copy.deepcopy(fields)
    inner = fields
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return fields


def without(fields: Any, path: Path_) -> Any:
    fields = copy.deepcopy(fields)
    inner = fields
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return fields


def dotted(path: Path_) -> str:
    return ".".join(map(str, path))


def _is(pattern: str, path: Path_) -> bool:
    return _matches(pattern, path) and len(path) == len(pattern.split("."))


def _matches(pattern: str, path: Path_) -> bool:
    steps = pattern.split(".")
    return len(path) >= len(steps) and all(
        step in ("*", str(own)) for step, own in zip(steps, path, strict=False)
    )
