"""DUO terms: the ontology's list, the table in DuoPolicy.sol, and a second, slow reading of its rules."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from biodesci.core import duo
from biodesci.core.errors import InputError

ROOT: Final = Path(__file__).parents[3]
# Every term of https://github.com/EBISPOT/DUO that concerns use: all of its list but the two classes, data
# use permission (DUO:0000001) and data use modifier (DUO:0000017).
ONTOLOGY: Final = {
    "DUO:0000004": "NRES",
    "DUO:0000006": "HMB",
    "DUO:0000007": "DS",
    "DUO:0000011": "POA",
    "DUO:0000012": "RS",
    "DUO:0000015": "NMDS",
    "DUO:0000016": "GSO",
    "DUO:0000018": "NPUNCU",
    "DUO:0000019": "PUB",
    "DUO:0000020": "COL",
    "DUO:0000021": "IRB",
    "DUO:0000022": "GS",
    "DUO:0000024": "MOR",
    "DUO:0000025": "TS",
    "DUO:0000026": "US",
    "DUO:0000027": "PS",
    "DUO:0000028": "IS",
    "DUO:0000029": "RTN",
    "DUO:0000042": "GRU",
    "DUO:0000043": "CC",
    "DUO:0000044": "NPOA",
    "DUO:0000045": "NPU",
    "DUO:0000046": "NCU",
}

# The rules once more, as lists of words: which uses a permission covers, what a modifier forbids or asks for.
COVERS: Final = {
    "NRES": {"GRU", "HMB", "DS", "POA", "CC", "general methods"},
    "GRU": {"GRU", "HMB", "DS", "POA", "general methods"},
    "HMB": {"HMB", "DS", "methods for that"},
    "DS": {"DS if shown", "methods for that"},
    "POA": {"POA", "methods for that"},
    "CC": {"CC"},
}
FORBIDS: Final = {
    "NMDS": {"METHODS"},
    "NPOA": {"POA"},
    "NPUNCU": {"COMMERCIAL", "FOR_PROFIT"},
    "NPU": {"FOR_PROFIT"},
    "NCU": {"COMMERCIAL"},
}
ASKS: Final = {name: name for name in ("PUB", "COL", "MOR", "TS", "RTN", "IRB")} | {"GSO": "GENETIC"}
NEEDS_A_PERSON: Final = {"IRB", "RS", "GS", "US", "PS", "IS"}
ALWAYS_A_PERSON: Final = {"SENSITIVE"}
A_PERSON_UNLESS_UNRESTRICTED: Final = {"COMMERCIAL", "FOR_PROFIT"}
USES: Final = {"GRU", "HMB", "DS", "POA", "CC"}


@cache
def solidity() -> str:
    return (ROOT / "contracts/libraries/DuoPolicy.sol").read_text()


@cache
def table() -> list[tuple[int, str, str, bool, bool]]:
    """Bit, name, id, whether a dataset and whether a purpose can say it: as the contract's natspec."""
    lines = [line for line in solidity().splitlines() if line.startswith("/// |")]
    rows = [[cell.strip() for cell in line.split("|")[1:6]] for line in lines]
    return [
        (int(bit), name, id_, in_terms != "-", in_purpose != "-")
        for bit, name, id_, in_terms, in_purpose in rows
        if bit.isdigit()
    ]


@cache
def names(value: int, column: int) -> frozenset[str] | None:
    """What a number says on that side, or None where it says what that side can't."""
    said = {row[1] for row in table() if value >> row[0] & 1 and row[column]}
    return frozenset(said) if len(said) == value.bit_count() else None


def read(terms: int, purpose: int, disease_shown: bool) -> str:
    """Decides by the lists above, use by use."""
    said, wanted = names(terms, 3), names(purpose, 4)
    if not said or not wanted or not said & COVERS.keys():
        return "deny"
    covered = set().union(*(COVERS[name] for name in said & COVERS.keys()))
    outcomes = set()
    for use in wanted & USES:
        if use in covered:
            outcomes.add("approve")
        elif f"{use} if shown" in covered:
            outcomes.add("approve" if disease_shown else "review")
        else:
            outcomes.add("deny")
    if not wanted & USES:
        if "METHODS" in wanted and "general methods" in covered:
            outcomes.add("approve")
        elif "METHODS" in wanted and "methods for that" in covered:
            outcomes.add("review")
        else:
            outcomes.add("deny")
    for name in said:
        if FORBIDS.get(name, set()) & wanted or (name in ASKS and ASKS[name] not in wanted):
            outcomes.add("deny")
    if needs_a_person(said, wanted):
        outcomes.add("review")
    return next(outcome for outcome in ("deny", "review", "approve") if outcome in outcomes)


def needs_a_person(said: frozenset[str], wanted: frozenset[str]) -> bool:
    """Whatever kind of use it is."""
    if said & NEEDS_A_PERSON or wanted & ALWAYS_A_PERSON:
        return True
    return bool(wanted & A_PERSON_UNLESS_UNRESTRICTED) and "NRES" not in said


@cache
def vectors() -> list[tuple[int, int, bool, str]]:
    found = json.loads((ROOT / "tests/vectors/duo.json").read_text())
    return [(int(t, 16), int(p, 16), bool(shown), found["decisions"][n]) for t, p, shown, n in found["cases"]]


def test_every_term_of_the_ontology_is_a_bit() -> None:
    assert {term.id: term.name for term in duo.TERMS if term.id} == ONTOLOGY
    for id_, name in ONTOLOGY.items():
        assert duo.bits([id_]) == duo.bits([name])
        assert duo.ids(duo.bits([id_])) == [id_]
    assert len({term.bit for term in duo.TERMS}) == len(duo.TERMS)


def test_python_has_the_table_of_the_contract() -> None:
    ours = [(t.bit, t.name, t.id, bool(t.words), bool(t.purpose_words)) for t in duo.TERMS]
    assert ours == table()
    constants = re.findall(r"uint64 internal constant (\w+) = 1 << (\d+);", solidity())
    assert [(name, int(bit)) for name, bit in constants] == [(t.name, t.bit) for t in duo.TERMS]


def test_vectors() -> None:
    assert len(set(vectors())) == len(vectors()) >= 5000
    for terms, purpose, shown, decision in vectors():
        assert duo.match(terms, purpose, shown).name.lower() == decision
        assert read(terms, purpose, shown) == decision, (names(terms, 3), names(purpose, 4), shown)


def test_vectors_cover_each_decision_and_each_bit() -> None:
    count = Counter(decision for *_, decision in vectors())
    assert min(count["deny"], count["approve"], count["review"]) > 500
    for column in (3, 4):
        said = [(t if column == 3 else p, decision) for t, p, _, decision in vectors()]
        assert {bit for value, _ in said for bit in range(64) if value >> bit & 1} == set(range(64))
        # A bit that is not in the table never passes.
        known = sum(1 << row[0] for row in table() if row[column])
        assert {decision for value, decision in said if value & ~known} == {"deny"}


@pytest.mark.parametrize("row", table(), ids=lambda row: row[1])
def test_each_term_decides_a_vector(row: tuple[int, str, str, bool, bool]) -> None:
    """For either side that can say the term there is a vector whose decision changes without it."""
    bit = 1 << row[0]
    if row[3]:
        assert any(t & bit and read(t ^ bit, p, shown) != decision for t, p, shown, decision in vectors())
    if row[4]:
        assert any(p & bit and read(t, p ^ bit, shown) != decision for t, p, shown, decision in vectors())


def test_a_shown_disease_decides_vectors() -> None:
    changed = [(t, p) for t, p, shown, decision in vectors() if shown and read(t, p, False) != decision]
    assert len(changed) > 20
    for terms, purpose in changed:
        assert duo.match(terms, purpose) is duo.Decision.REVIEW
        assert duo.match(terms, purpose, disease_shown=True) is duo.Decision.APPROVE


def test_methods_alone_are_left_to_a_person_on_narrow_terms() -> None:
    methods = duo.parse_purpose(["METHODS"])
    for name, decision in (("NRES", 1), ("GRU", 1), ("HMB", 2), ("DS", 2), ("POA", 2), ("CC", 0)):
        assert duo.match(duo.parse_terms([name]), methods, disease_shown=True) == decision
    assert duo.match(duo.parse_terms(["HMB"]), duo.parse_purpose(["METHODS", "HMB"])) is duo.Decision.APPROVE
    assert duo.match(duo.parse_terms(["HMB", "NMDS"]), methods) is duo.Decision.DENY


@pytest.mark.parametrize("name", ["NRES", "GRU", "HMB", "POA"])
def test_a_sensitive_subject_is_left_to_a_person_whatever_the_terms_permit(name: str) -> None:
    terms, kind = duo.parse_terms([name]), "HMB" if name != "POA" else "POA"
    assert duo.match(terms, duo.parse_purpose([kind])) is duo.Decision.APPROVE
    assert duo.match(terms, duo.parse_purpose([kind, "SENSITIVE"])) is duo.Decision.REVIEW


@pytest.mark.parametrize("said", ["COMMERCIAL", "FOR_PROFIT"])
def test_profit_that_nothing_rules_out_is_left_to_a_person_unless_nothing_is_restricted(said: str) -> None:
    purpose = duo.parse_purpose(["HMB", said])
    for terms, decision in (("GRU", 2), ("HMB", 2), ("NRES", 1), ("GRU NPUNCU", 0), ("NRES NPUNCU", 0)):
        assert duo.match(duo.parse_terms(terms.split()), purpose) == decision


@pytest.mark.parametrize("name", ["DUO:0000001", "DUO:0000017", "DUO:0000005", ""])
def test_classes_and_obsolete_terms_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="Unknown data use term"):
        duo.bits([name])
