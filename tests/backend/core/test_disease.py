"""Diseases of MONDO: ids, descent, and proofs that the contract and OpenZeppelin's tree agree with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core import disease
from biodesci.core.errors import InputError, IntegrityError

VECTORS = Path(__file__).parents[2] / "vectors"
OBO = (VECTORS / "mondo_heart.obo").read_text()
CASES: list[dict[str, Any]] = json.loads((VECTORS / "disease.json").read_text())["cases"]
INFARCTION, ACUTE_INFARCTION, CORONARY, HEART = 5068, 4781, 5010, 5267


def plain(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize("text", ["MONDO:0005068", " mondo:0005068\n"])
def test_parse(text: str) -> None:
    assert disease.parse(text) == INFARCTION
    assert disease.format_id(INFARCTION) == "MONDO:0005068"


@pytest.mark.parametrize(
    "text", ["", "5068", "MONDO:5068", "MONDO:00005068", "DOID:0005068", "MONDO:0000000", "MONDO:٠٠٠٥٠٦٨"]
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(InputError, match="is no MONDO id"):
        disease.parse(text)


@pytest.mark.parametrize("number", [0, -1, 10_000_000, 2**32])
def test_numbers_out_of_range(number: int) -> None:
    for call in (
        lambda: disease.format_id(number),
        lambda: disease.root([number]),
        lambda: disease.prove([INFARCTION], number),
        lambda: disease.check(bytes(32), number, []),
    ):
        with pytest.raises(InputError, match="not the number of a MONDO id"):
            call()


def test_descendants() -> None:
    found = disease.descendants(OBO, [INFARCTION])
    assert found == sorted(found)
    assert len(found) == 21
    assert {INFARCTION, ACUTE_INFARCTION, disease.parse("MONDO:0041656")} <= set(found)
    assert not {HEART, CORONARY} & set(found)
    # A term with two parents is there once, and lines do as well as a text.
    assert disease.descendants(OBO.splitlines(keepends=True), [INFARCTION, ACUTE_INFARCTION]) == found
    assert set(found) < set(disease.descendants(OBO, [HEART]))


def test_descendants_refuse_what_cannot_be_named() -> None:
    with pytest.raises(InputError) as unknown:
        disease.descendants(OBO, [INFARCTION, 5015])
    assert unknown.value.message == "MONDO:0005015 is not in the ontology."
    with pytest.raises(InputError) as obsolete:
        disease.descendants(OBO, [16])
    assert obsolete.value.message == "MONDO:0000016 is obsolete."
    assert obsolete.value.hint == "Name MONDO:0005010 instead."


def test_obo_lines() -> None:
    obo = """format-version: 1.2
[Term]
id: MONDO:0000002 ! child

[Term]
id: MONDO:0000003
is_a: MONDO:0000002 {source="a!b", is_inferred="true"} ! child
is_a: HP:0000001 ! of another ontology

[Term]
id: MONDO:0000004
is_a: MONDO:0000003
is_obsolete: true

[Term]
id: HP:0000001
is_a: MONDO:0000002

[Typedef]
id: MONDO:0000005
is_a: MONDO:0000002
"""
    assert disease.descendants(obo, [2]) == [2, 3]
    with pytest.raises(InputError, match=r"MONDO:0000004 is obsolete. Name another instead"):
        disease.descendants(obo, [4])
    with pytest.raises(InputError, match="MONDO:0000005 is not in the ontology"):
        disease.descendants(obo, [5])


@pytest.mark.parametrize("circle", [[2], [2, 3], [2, 3, 4]])
def test_a_circle_is_refused(circle: list[int]) -> None:
    edges = zip(circle, [*circle[1:], circle[0]], strict=True)
    terms = [f"[Term]\nid: MONDO:{a:07}\nis_a: MONDO:{b:07}" for a, b in edges]
    with pytest.raises(InputError, match="The ontology has a circle: MONDO:000000"):
        disease.descendants("\n".join(terms), [2])


@pytest.mark.parametrize("case", CASES, ids=lambda case: "+".join(case["named"]))
def test_vectors(case: dict[str, Any]) -> None:
    permitted = disease.descendants(OBO, map(disease.parse, case["named"]))
    root = disease.root(permitted)
    assert "0x" + root.hex() == case["root"]
    assert [member["disease"] for member in case["members"]] == permitted
    for member in case["members"]:
        proof = [plain(step) for step in member["proof"]]
        assert disease.prove(permitted, member["disease"]) == proof
        disease.check(root, member["disease"], proof)


def test_roots_are_those_of_openzeppelin() -> None:
    """Made by @openzeppelin/merkle-tree 1.0.8: `StandardMerkleTree.of([[5068], ...], ["uint32"]).root`."""
    assert {"+".join(case["named"]): case["root"] for case in CASES} == {
        "MONDO:0005010": "0x272ea846ec92f3d82b073550a8a1f737250f5baf85e2fa0f15e3103d59ac65d4",
        "MONDO:0005068": "0x0055811516b80fb3004d32771160fd73436f39bd8b0b51f9d4e511d572eed721",
        "MONDO:0005252": "0x7654bccacfbc5b7905f4eb2ea0893acda75a74de63484db99e0168fdca656ce3",
        "MONDO:0005010+MONDO:0005068": "0xb51e214efb8a8e97c228a8b1f25f4ba9a6888185bf773fa6ebaaa83315460d7e",
        "MONDO:0041656": "0x99ca2184bbd09bc838d82d68bf3a03cfc846c3daecdf25da7b28ee25f1f41033",
    }


def test_order_and_repetition_do_not_matter() -> None:
    assert disease.root([3, 1, 2, 2]) == disease.root([1, 2, 3])


def test_what_is_not_permitted_has_no_proof() -> None:
    with pytest.raises(InputError, match="MONDO:0005267 is not among"):
        disease.prove(disease.descendants(OBO, [INFARCTION]), HEART)
    with pytest.raises(InputError, match="name no disease"):
        disease.root([])


@given(st.sets(st.integers(1, 9_999_999), min_size=1, max_size=40), st.data())
def test_proofs(diseases: set[int], data: st.DataObject) -> None:
    root = disease.root(diseases)
    member = data.draw(st.sampled_from(sorted(diseases)))
    proof = disease.prove(diseases, member)
    disease.check(root, member, proof)
    outsider = data.draw(st.integers(1, 9_999_999).filter(lambda n: n not in diseases))
    damaged = [
        (bytes(32), member, proof),
        (root, outsider, proof),
        (root, member, [*proof, bytes(32)]),
        (root, member, [*proof, b""]),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        damaged.append((root, member, proof[:at] + proof[at + 1 :]))
        damaged.append((root, member, [*proof[:at], bytes(b ^ 1 for b in proof[at]), *proof[at + 1 :]]))
        # The two children of the root, handed over as one word that is no word.
        damaged.append((root, member, [*proof[:-1], proof[-1] + b"\0"]))
    for case in damaged:
        with pytest.raises(IntegrityError, match="The proof does not show"):
            disease.check(*case)
