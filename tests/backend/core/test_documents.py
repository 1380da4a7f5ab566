"""Every kind of document: its form is fixed byte for byte, and what does not fit is refused in words.

The files in tests/vectors/documents/ are the documents as they were written before they had types.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core.documents.base import Document
from biodesci.core.documents.declared import DiseaseProof, Statement
from biodesci.core.documents.kinds import KINDS
from biodesci.core.documents.order import Purpose, SignedOrder
from biodesci.core.documents.registration import SignedRegistration
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, RevertedError
from tests.backend.core.document_cases import CASES, VECTORS, Case, Path_

PROOFS = json.loads((VECTORS.parent / "proofs.json").read_text())
DEEP = b"[" * 200_000


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
