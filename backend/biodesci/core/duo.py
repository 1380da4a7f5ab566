"""GA4GH Data Use Ontology (DUO) terms as bits, and how a declared purpose is matched against them.

The mirror of contracts/libraries/DuoPolicy.sol, whose table says what each bit means on either side; shared
vectors hold the two together. Ontology: https://github.com/EBISPOT/DUO (Lawson et al., Cell Genomics 2021).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from biodesci.core.errors import InputError


class Decision(IntEnum):
    """As `DuoPolicy.Decision`."""

    DENY = 0
    APPROVE = 1
    REVIEW = 2


@dataclass(frozen=True)
class Term:
    """One bit. `words` say it to a reader of the terms, `purpose_words` to one who declares a purpose."""

    bit: int
    name: str
    id: str
    words: str
    purpose_words: str = ""


TERMS: Final = (
    Term(0, "NRES", "DUO:0000004", "Any use, without restriction."),
    Term(1, "GRU", "DUO:0000042", "Any research.", "General research."),
    Term(
        2,
        "HMB",
        "DUO:0000006",
        "Health, medical and biomedical research; not population origins or ancestry.",
        "Health, medical or biomedical research.",
    ),
    Term(3, "DS", "DUO:0000007", "Research on the disease that the card names.", "Research on a disease."),
    Term(
        4,
        "POA",
        "DUO:0000011",
        "Research on population origins or ancestry.",
        "Research on population origins or ancestry.",
    ),
    Term(5, "CC", "DUO:0000043", "Clinical care.", "Clinical care."),
    Term(8, "NMDS", "DUO:0000015", "No development of methods, such as software or algorithms."),
    Term(9, "NPOA", "DUO:0000044", "No research on population origins or ancestry."),
    Term(
        10, "NPUNCU", "DUO:0000018", "Only by not-for-profit organisations, and only for non-commercial use."
    ),
    Term(11, "NPU", "DUO:0000045", "Only by not-for-profit organisations."),
    Term(12, "NCU", "DUO:0000046", "Only for non-commercial use."),
    Term(13, "GSO", "DUO:0000016", "Only for genetic studies."),
    Term(16, "PUB", "DUO:0000019", "Results have to be published.", "Will publish the results."),
    Term(
        17,
        "COL",
        "DUO:0000020",
        "Collaboration with the study's investigators is required.",
        "Will collaborate with the study's investigators.",
    ),
    Term(
        18,
        "MOR",
        "DUO:0000024",
        "No publication before the date that the card names.",
        "Will not publish before that date.",
    ),
    Term(
        19, "TS", "DUO:0000025", "Use ends after the time of the licence.", "Will stop when the licence ends."
    ),
    Term(
        20,
        "RTN",
        "DUO:0000029",
        "Derived or enriched data have to be returned.",
        "Will return derived or enriched data.",
    ),
    Term(
        21,
        "IRB",
        "DUO:0000021",
        "An ethics committee's approval has to be shown.",
        "Has an ethics committee's approval.",
    ),
    Term(24, "RS", "DUO:0000012", "Only for the type of research that the card names."),
    Term(25, "GS", "DUO:0000022", "Only in the region that the card names."),
    Term(26, "US", "DUO:0000026", "Only by approved users."),
    Term(27, "PS", "DUO:0000027", "Only for an approved project."),
    Term(28, "IS", "DUO:0000028", "Only within an approved institution."),
    Term(32, "METHODS", "", "", "Develops methods, such as software or algorithms."),
    Term(33, "GENETIC", "", "", "Is a genetic study."),
    Term(34, "COMMERCIAL", "", "", "Is commercial."),
    Term(35, "FOR_PROFIT", "", "", "Is done by an organisation for profit."),
    Term(
        36,
        "SENSITIVE",
        "",
        "",
        "Is about children, a vulnerable population, or what stigmatizes (addiction, illegal or sexual "
        "behaviour, mental traits and illnesses), or relates ethnicity or gender to anything but health.",
    ),
)
_BY_NAME: Final = {key: term for term in TERMS for key in (term.name, term.id) if key}


def _mask(*names: str) -> int:
    return sum(1 << _BY_NAME[name].bit for name in names)


_PERMISSIONS: Final = _mask("NRES", "GRU", "HMB", "DS", "POA")
_AGREEMENTS: Final = _mask("PUB", "COL", "MOR", "TS", "RTN", "IRB")
_JUDGED: Final = _mask("RS", "GS", "US", "PS", "IS")
_KINDS: Final = _mask("GRU", "HMB", "DS", "POA", "CC")
_ALL_TERMS: Final = sum(1 << term.bit for term in TERMS if term.words)
_ALL_PURPOSES: Final = sum(1 << term.bit for term in TERMS if term.purpose_words)
# terms bit -> purpose bits that rule the purpose out
_EXCLUSIONS: Final = (
    (_mask("NMDS"), _mask("METHODS")),
    (_mask("NPOA"), _mask("POA")),
    (_mask("NPUNCU"), _mask("COMMERCIAL", "FOR_PROFIT")),
    (_mask("NPU"), _mask("FOR_PROFIT")),
    (_mask("NCU"), _mask("COMMERCIAL")),
)


def bits(names: Iterable[str]) -> int:
    """Bits of names ("HMB") or DUO ids ("DUO:0000006"), in any case. Raises InputError for an unknown one."""
    value = 0
    for name in names:
        term = _BY_NAME.get(name.strip().upper().replace("-", "_"))
        if term is None:
            known = ", ".join(t.name for t in TERMS)
            raise InputError(f"Unknown data use term {name[:40]!r}.", f"One of: {known}, or a DUO id.")
        value |= 1 << term.bit
    return value


def parse_terms(names: Iterable[str]) -> int:
    """Bits of a dataset's terms. Raises InputError unless they are valid (see `is_valid`)."""
    value = bits(names)
    if value & ~_ALL_TERMS:
        raise InputError(
            f"Only a purpose can say {', '.join(codes(value & ~_ALL_TERMS))}, not a dataset's terms."
        )
    if not is_valid(value):
        raise InputError("The terms permit nothing.", "Add a permission: NRES, GRU, HMB, DS, POA or CC.")
    return value


def parse_purpose(names: Iterable[str]) -> int:
    """Bits of a declared purpose. Raises InputError for a term that only a dataset can have."""
    value = bits(names)
    if value & ~_ALL_PURPOSES:
        raise InputError(
            f"A purpose cannot say {', '.join(codes(value & ~_ALL_PURPOSES))}.",
            f"It can say: {', '.join(codes(_ALL_PURPOSES))}.",
        )
    if not value & (_KINDS | _mask("METHODS")):
        raise InputError("The purpose names no kind of use.", "Add GRU, HMB, DS, POA, CC or METHODS.")
    return value


def codes(value: int) -> list[str]:
    """Short names of the bits that are set."""
    return [term.name for term in TERMS if value >> term.bit & 1]


def ids(terms: int) -> list[str]:
    """DUO ids of a dataset's terms, for its card."""
    return [term.id for term in TERMS if term.id and terms >> term.bit & 1]


def describe(terms: int) -> list[str]:
    """A dataset's terms in words, a sentence a term."""
    return [term.words for term in TERMS if term.words and terms >> term.bit & 1]


def describe_purpose(purpose: int) -> list[str]:
    """A purpose in words, a sentence a term."""
    return [term.purpose_words for term in TERMS if term.purpose_words and purpose >> term.bit & 1]


def is_valid(terms: int) -> bool:
    """Whether terms hold at least one permission (CC alone counts) and nothing that is not a term."""
    return bool(terms & (_PERMISSIONS | _mask("CC"))) and not terms & ~_ALL_TERMS


def match(terms: int, purpose: int, disease_shown: bool = False) -> Decision:
    """Decides as `DuoPolicy.decide`: kinds of use, exclusions, agreements, then what a person must judge.

    `disease_shown` says that the purpose's disease was proved to be one that the terms' DS permits
    (`core/disease.py`).
    """
    if not is_valid(terms) or purpose & ~_ALL_PURPOSES:
        return Decision.DENY
    kinds, permitted = purpose & _KINDS, _permitted(terms)
    only_methods = not kinds
    # Clinical care is no research, so it leaves no room for methods alone.
    if only_methods and (not purpose & _mask("METHODS") or permitted == _mask("CC")):
        return Decision.DENY
    ruled_out = any(terms & term and purpose & excluded for term, excluded in _EXCLUSIONS)
    needed = terms & (_AGREEMENTS | _mask("GSO"))
    # The purpose states a genetic study by a bit of its own.
    agreed = purpose | (_mask("GSO") if purpose & _mask("GENETIC") else 0)
    if kinds & ~permitted or ruled_out or needed & ~agreed:
        return Decision.DENY
    of_given_disease = kinds & _mask("DS") and not terms & _mask("NRES", "GRU", "HMB")
    narrow_methods = only_methods and not permitted & _mask("GRU")
    said_of_profit = purpose & _mask("COMMERCIAL", "FOR_PROFIT") and not terms & _mask("NRES")
    judged = terms & (_JUDGED | _mask("IRB")) or purpose & _mask("SENSITIVE") or said_of_profit
    if (of_given_disease and not disease_shown) or narrow_methods or judged:
        return Decision.REVIEW
    return Decision.APPROVE


def _permitted(terms: int) -> int:
    permitted = _KINDS if terms & _mask("NRES") else terms & _KINDS
    if terms & _mask("GRU"):
        permitted |= _mask("GRU", "HMB", "DS", "POA")
    if terms & _mask("HMB"):
        permitted |= _mask("HMB", "DS")
    return permitted
