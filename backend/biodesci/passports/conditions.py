"""Conditions on a GA4GH visa: other visas that must be there too (GA4GH Passport 1.2, "conditions").

Alternatives (OR) of clauses (AND); each clause is met by one visa that has no conditions itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_FIELDS: Final = frozenset({"type", "value", "source", "by"})
_MOST: Final = 64  # alternatives, and clauses of one
_LONGEST: Final = 255  # characters of a pattern


def are_met(conditions: object, others: Iterable[Mapping[str, str]]) -> bool:
    """Whether one alternative has all of its clauses met by `others`: the fields of visas that are verified,
    accepted, and without conditions. What has not the form of conditions is not met."""
    if not isinstance(conditions, list) or not 0 < len(conditions) <= _MOST:
        return False
    visas = list(others)
    return any(
        isinstance(clauses, list)
        and 0 < len(clauses) <= _MOST
        and all(any(_fits(clause, visa) for visa in visas) for clause in clauses)
        for clauses in conditions
    )


def matches(pattern: str, text: str) -> bool:
    """The whole text, in its case: `?` is any one character, `*` any number of them. Takes linear space and
    at most the product of both lengths in time, whatever the pattern is."""
    if len(pattern) > _LONGEST:
        return False
    reached = {0}
    for sign in pattern:
        if sign == "*":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(text) and sign in {"?", text[at]}}
    return len(text) in reached


def _fits(clause: object, visa: Mapping[str, str]) -> bool:
    """Correct first, as the specification says: a type and at least one other field, all of them known."""
    if (
        not isinstance(clause, dict)
        or "type" not in clause
        or len(clause) < 2
        or not clause.keys() <= _FIELDS
    ):
        return False
    if clause["type"] != visa["type"]:
        return False
    return all(_field_fits(rule, visa.get(name)) for name, rule in clause.items() if name != "type")


def _field_fits(rule: Any, field: str | None) -> bool:
    if not isinstance(rule, str) or field is None:
        return False
    kind, colon, wanted = rule.partition(":")
    if not colon:
        return False
    match kind:
        case "const":
            return wanted == field
        case "pattern":
            return matches(wanted, field)
        case "split_pattern":
            return any(matches(wanted, part) for part in field.split(";"))
    return False
