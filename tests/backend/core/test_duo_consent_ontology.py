"""The cases of DataBiosphere's consent-ontology, the matcher of a data use oversight system, in our terms.

Source: https://github.com/DataBiosphere/consent-ontology, src/test: DataUseMatcherTest.java (version 2),
DataUseMatcherV3Test.java, DataUseMatcherV4Test.java, and MethodsResearchMatchTest.java (a truth table of
version 1). Their APPROVE and "true" are APPROVE, DENY and "false" DENY, ABSTAIN (no decision) REVIEW.

Below them is what DUOS does with a request where its committee lets it approve by rule, with nobody voting:
https://github.com/DataBiosphere/consent, src/main/.../http/rules (`RuleImplementationInterface`). "Yes" to
any of its questions leaves a request to a person. An APPROVE of ours is such an approval; the matcher's is
advice to a committee.

Left out: their cases on aggregate analyses and control sets, of which DUO knows nothing. Where we decide
otherwise the table says how, and why.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from biodesci.core import disease, duo
from biodesci.core.duo import Decision
from biodesci.core.errors import InputError

OBO: Final = (Path(__file__).parents[2] / "vectors/mondo_heart.obo").read_text()
APPROVE, DENY, REVIEW = Decision.APPROVE, Decision.DENY, Decision.REVIEW

# A disease and one that descends from it, as their cancer and intestinal cancer.
DISEASES: Final = {"disease": "MONDO:0005068", "narrower disease": "MONDO:0004781"}
KINDS: Final = {"general": "GRU", "health": "HMB", "ancestry": "POA", **dict.fromkeys(DISEASES, "DS")}
# What their form asks about the subjects of a study. "No health": of ethnicity or gender, for another end
# than health. Addiction is asked in the rules alone.
SENSITIVE: Final = (
    "children",
    "vulnerable people",
    "illegal behaviour",
    "sexual diseases",
    "psychological traits",
    "no health",
    "stigmatizing diseases",
    "addiction",
)
IN_TERMS: Final = {
    **KINDS,
    "not-for-profit only": "NPU",
    "not commercial": "NCU",
    "no methods": "NMDS",
    "children only": "RS",
    "men only": "RS",
    "women only": "RS",
}
IN_PURPOSE: Final = {
    **KINDS,
    "methods": "METHODS",
    # Theirs asks one question for both: a commercial purpose, or one of a commercial entity.
    "commercial": "COMMERCIAL FOR_PROFIT",
    "for profit": "FOR_PROFIT",
    "collaboration": "COL",
    "ethics approval": "IRB",
    **dict.fromkeys(SENSITIVE, "SENSITIVE"),
}

# Why we decide otherwise.
PERSON_COMPARES: Final = "Descent that is not proved goes to a person; theirs looks it up, and denies."
METHODS_ALONE: Final = "Their rules approve no methods that serve no health research (see DuoPolicy.sol)."
FOR_PROFIT: Final = "Their rules leave who is for profit, by its own word, to a person (see DuoPolicy.sol)."
NO_METHODS: Final = (
    "DUO:0000015 rules methods out; in the older Consent Codes NMDS kept them within the permission."
)
NO_KIND: Final = "A purpose that names no kind of research is refused before anybody pays."
NO_TERM: Final = "DUO has no term for this property of a study; an owner who wants it judged adds RS."
NEXT_VERSION: Final = "Their version 4 dropped this abstention: it decides such cases by profit alone."
ANY_RESEARCH: Final = "Methods are research, all of which GRU permits; their matcher agrees."
LATER_VERSIONS: Final = "Their versions 3 and 4 abstain from any purpose about children."
RESEARCH_TYPE: Final = "RS is words, not bits: a person compares them."


@dataclass(frozen=True)
class Case:
    versions: tuple[int, ...]
    name: str
    dataset: tuple[str, ...]
    purpose: tuple[str, ...]
    theirs: Decision
    ours: Decision
    why: str = ""


def case(
    versions: str,
    name: str,
    dataset: str,
    purpose: str,
    theirs: Decision,
    ours: Decision | None = None,
    why: str = "",
) -> Case:
    def words(text: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in text.split(",") if word.strip())

    numbers = tuple(int(version) for version in versions)
    return Case(numbers, name, words(dataset), words(purpose), theirs, theirs if ours is None else ours, why)


# fmt: off
CASES: Final = [
    case("234", "DS, narrower", "disease", "narrower disease", APPROVE),
    case("234", "DS, wider", "narrower disease", "disease", DENY, REVIEW, PERSON_COMPARES),
    case("2", "DS, no disease", "disease", "", DENY),
    case("4", "DS on GRU (the matcher's comment)", "general", "disease", APPROVE),
    case("4", "DS on HMB (the matcher's comment)", "health", "disease", APPROVE),
    case("234", "HMB on GRU", "general", "health", APPROVE),
    case("34", "HMB on HMB", "health", "health", APPROVE),
    case("234", "GRU on HMB", "health", "general", DENY),
    case("34", "HMB on DS", "disease", "health", DENY),
    case("34", "HMB on POA", "ancestry", "health", DENY),
    case("234", "POA on GRU", "general", "ancestry", APPROVE),
    case("34", "POA on POA", "ancestry", "ancestry", APPROVE),
    case("234", "POA on HMB", "health", "ancestry", DENY),
    case("34", "POA on DS", "disease", "ancestry", DENY),
    case("234", "methods on GRU", "general", "methods", APPROVE),
    case("34", "methods on POA", "ancestry", "methods", APPROVE, REVIEW, METHODS_ALONE),
    case("34", "methods on DS", "disease", "methods", APPROVE, REVIEW, METHODS_ALONE),
    case("34", "methods on HMB", "health", "methods", APPROVE, REVIEW, METHODS_ALONE),
    case("2", "methods and a disease on NMDS", "no methods", "disease, methods", DENY),
    case("4", "not for profit on NPU", "not-for-profit only", "", APPROVE),
    case("4", "for profit on terms without NPU", "", "for profit", APPROVE, REVIEW, FOR_PROFIT),
    case("4", "not for profit on terms without NPU", "", "", APPROVE),
    case("4", "for profit on NPU", "not-for-profit only", "for profit", DENY),
    case("23", "commercial on terms without NCU", "", "commercial", APPROVE, REVIEW, FOR_PROFIT),
    case("23", "commercial on GRU", "general", "commercial", APPROVE, REVIEW, FOR_PROFIT),
    case("3", "commercial on NPU", "not-for-profit only", "commercial", DENY),
    case("23", "commercial on NCU", "not commercial", "commercial", DENY),
    case("3", "not for profit on terms without NCU", "", "", REVIEW, APPROVE, NEXT_VERSION),
    case("3", "for profit on NCU", "not commercial", "for profit", REVIEW),
    case("34", "collaboration alone", "health", "collaboration", REVIEW, DENY, NO_KIND),
    case("34", "ethics approval alone", "health", "ethics approval", REVIEW, DENY, NO_KIND),
    case("34", "another purpose, in words", "health", "", REVIEW, DENY, NO_KIND),
    case("34", "a second purpose, in words", "health", "", REVIEW, DENY, NO_KIND),
    *(case("34", subject, "health", f"health, {subject}", REVIEW) for subject in SENSITIVE[:-1]),
    *(
        case("34", studied, "health", "health", REVIEW, APPROVE, NO_TERM)
        for studied in ("controls", "a population", "a gender")
    ),
    case("2", "children on children only", "children only", "children", APPROVE, REVIEW, RESEARCH_TYPE),
    case("2", "children on GRU", "general", "children", APPROVE, REVIEW, LATER_VERSIONS),
    case("2", "adults on GRU", "general", "", APPROVE),
    case("2", "adults on children only", "children only", "", DENY, REVIEW, RESEARCH_TYPE),
    case("2", "men or women on GRU", "general", "", APPROVE),
    case("2", "men or women on any gender", "", "", APPROVE),
    case("2", "men on women only", "women only", "", DENY, REVIEW, RESEARCH_TYPE),
    case("2", "women on men only", "men only", "", DENY, REVIEW, RESEARCH_TYPE),
    # Each row of the truth table is there twice, once with "not for profit" added.
    case("11", "MRPA, UC1", "disease", "disease, methods", APPROVE),
    case("11", "MRPA, UC2", "disease, no methods", "disease, methods", APPROVE, DENY, NO_METHODS),
    case("11", "MRPA, UC3", "general, no methods", "disease, methods", APPROVE, DENY, NO_METHODS),
    case("11", "MRPA, UC4", "disease", "disease, methods", APPROVE),
    case("11", "MRPB, UC1", "disease", "disease", APPROVE),
    case("11", "MRPB, UC2", "disease, no methods", "disease", APPROVE),
    case("11", "MRPB, UC3", "general, no methods", "disease", APPROVE),
    case("11", "MRPB, UC4", "disease", "disease", APPROVE),
    case("11", "MRPC, UC1", "disease", "methods", APPROVE, REVIEW, METHODS_ALONE),
    case("11", "MRPC, UC2", "disease, no methods", "methods", DENY),
    case("11", "MRPC, UC3", "general, no methods", "methods", DENY),
    case("11", "MRPC, UC4", "disease", "methods", APPROVE, REVIEW, METHODS_ALONE),
]
# fmt: on

# Their rules GRU_V1 and HMB_V1, and those with diseases. REVIEW is what no rule approves.
RULES: Final = [
    case("9", "health on GRU", "general", "health", APPROVE),
    case("9", "health on HMB", "health", "health", APPROVE),
    case("9", "health and a disease on GRU", "general", "health, disease", APPROVE),
    case("9", "health and a disease on HMB", "health", "health, disease", APPROVE),
    case("9", "methods alone on HMB", "health", "methods", REVIEW),
    case("9", "methods alone on POA", "ancestry", "methods", REVIEW),
    case("9", "methods alone on DS", "disease", "methods", REVIEW),
    case("9", "methods alone on GRU", "general", "methods", REVIEW, APPROVE, ANY_RESEARCH),
    *(
        case("9", f"for profit on {terms}", terms, "health, for profit", REVIEW)
        for terms in ("general", "health")
    ),
    *(
        case("9", f"{subject} on {terms}", terms, f"health, {subject}", REVIEW)
        for terms in ("general", "health")
        for subject in SENSITIVE
    ),
    *(
        case("9", f"{studied} on {terms}", terms, "health", REVIEW, APPROVE, NO_TERM)
        for terms in ("general", "health")
        for studied in ("controls", "a population", "a gender")
    ),
]


def bits(words: tuple[str, ...], table: dict[str, str]) -> int:
    """Cases about one clause leave the kind of research out, and theirs looks no further: it is general."""
    value = duo.bits(name for word in words for name in table[word].split())
    return value if value & duo.bits([*KINDS.values(), "METHODS"]) else value | duo.bits(["GRU"])


def is_shown(dataset: tuple[str, ...], purpose: tuple[str, ...]) -> bool:
    """Whether the purpose's disease has a proof under the root of the dataset's."""
    named = [disease.parse(DISEASES[word]) for word in dataset if word in DISEASES]
    studied = [disease.parse(DISEASES[word]) for word in purpose if word in DISEASES]
    if not named or not studied:
        return False
    permitted = disease.descendants(OBO, named)
    try:
        proof = disease.prove(permitted, studied[0])
    except InputError:
        return False
    disease.check(disease.root(permitted), studied[0], proof)
    return True


def decide(dataset: tuple[str, ...], purpose: tuple[str, ...]) -> Decision:
    return duo.match(bits(dataset, IN_TERMS), bits(purpose, IN_PURPOSE), is_shown(dataset, purpose))


@pytest.mark.parametrize("given", [*CASES, *RULES], ids=lambda given: given.name)
def test_case(given: Case) -> None:
    assert decide(given.dataset, given.purpose) is given.ours
    assert bool(given.why) == (given.ours is not given.theirs)


def test_how_many_agree() -> None:
    """A case counts once for each version that has it."""
    cases = [given for given in CASES for _ in given.versions]
    assert (len(cases), sum(given.ours is given.theirs for given in cases)) == (114, 72)
    assert Counter(given.why for given in cases if given.why) == {
        METHODS_ALONE: 10,
        NO_KIND: 8,
        NO_TERM: 6,
        FOR_PROFIT: 5,
        NO_METHODS: 4,
        RESEARCH_TYPE: 4,
        PERSON_COMPARES: 3,
        NEXT_VERSION: 1,
        LATER_VERSIONS: 1,
    }
    assert (len(RULES), sum(given.ours is given.theirs for given in RULES)) == (32, 25)
    assert Counter(given.why for given in RULES if given.why) == {NO_TERM: 6, ANY_RESEARCH: 1}


def test_where_duo_has_a_term_and_no_proof_is_wanting_we_are_the_more_cautious() -> None:
    order = (APPROVE, REVIEW, DENY)
    for given in CASES:
        if given.why not in (PERSON_COMPARES, NO_TERM, NEXT_VERSION, RESEARCH_TYPE):
            assert order.index(given.ours) >= order.index(given.theirs), given.name


@pytest.mark.parametrize(
    "given", [c for c in CASES + RULES if c.why == NO_TERM], ids=lambda given: given.name
)
def test_an_owner_can_ask_for_a_person(given: Case) -> None:
    """With RS among the terms the cases that theirs abstains from, for want of a term, agree."""
    terms = bits(given.dataset, IN_TERMS) | duo.bits(["RS"])
    assert duo.match(terms, bits(given.purpose, IN_PURPOSE)) is given.theirs


@pytest.mark.parametrize("given", [c for c in CASES if c.why == METHODS_ALONE], ids=lambda given: given.name)
def test_methods_for_what_is_permitted_need_nobody(given: Case) -> None:
    """Once the purpose says what the methods are for, these cases agree."""
    assert decide(given.dataset, given.purpose + given.dataset) is given.theirs


@pytest.mark.parametrize("given", [c for c in CASES if c.why == NO_KIND], ids=lambda given: given.name)
def test_without_a_kind_of_research_nothing_is_permitted(given: Case) -> None:
    """Not even where the terms permit everything."""
    said = duo.bits(IN_PURPOSE[word] for word in given.purpose)
    assert duo.match(duo.bits(["NRES"]), said) is DENY
