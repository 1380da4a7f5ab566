"""Telephone numbers, by libphonenumber's plans of the countries."""

from __future__ import annotations

import re
from typing import Final

REGIONS: Final = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "JP",
    "NL",
    "PT",
    "PL",
    "SE",
    "AT",
    "CH",
    "BE",
    "DK",
    "BR",
    "NO",
    "FI",
    "CZ",
    "TR",
    "RU",
    "CN",
    "KR",
    "MX",
)

_INTERNATIONAL: Final = re.compile(
    r"(?<![0-9A-Za-z_+.,])(?:\+|00)[1-9][\d ().\-/‐–]{6,22}\d(?: ?x ?\d{1,5})?(?![0-9A-Za-z_])"
)
# Groups apart, with a leading zero, brackets or at least two separators; or Spain's and France's groups.
_NATIONAL: Final = re.compile(
    r"(?<![0-9A-Za-z_.,:+-])(?:"
    r"\(0?\d{1,5}\)[ -]?\d{2,5}(?:[ .-]?\d{2,5}){0,3}"
    r"|\d{3}([-. ])\d{3}\1\d{4}|\d{2,3}-\d{4}-\d{4}"
    r"|1[-. ]\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}"
    r"|\(?\d{2}\)? 9?\d{4}-\d{4}"
    r"|0\d{1,5}[ ./-]{1,3}\d{2,8}(?:[ .-]\d{2,5}){0,4}"
    r"|[36789]\d{2}[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}"
    r"|[36789]\d{2}[ .-]\d{3}[ .-]\d{3,4}"
    r"|0\d(?:[ .-]?\d\d){4}"
    r"|01[5-7]\d{8,9}|07\d{9}|0[789]0\d{8}"
    r")(?:(?: ?x| ?ext\.? ?|-)\d{1,5})?(?![0-9A-Za-z_]|[.,:/-]\d)"
)
# North America's, Brazil's and Japan's notations, whether the number is given out or not.
_NOTED: Final = re.compile(
    r"\d{2,3}-\d{4}-\d{4}|\(?\d{2}\)? 9?\d{4}-\d{4}|"
    r"(?:(?:\+?1|001)[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:(?: ?x|"
    r" ?ext\.? ?)\d{1,5})?"
)
_LABEL: Final = re.compile(
    r"(?i)(?:\b(?:tel|fon|phone|mobile?|handy|cell|fax|call|rufnummer|telef\w*|móvil|portable|"
    r"cellulare|numero|number"
    r"|reach|contact|appel\w*|llamar?|chiamare?|rückruf|erreichbar|anruf\w*)\b|電話|携帯|連絡先)[^\d+(]{0,25}"
    r"(\+?[\d(][\d ().\-/]{5,20}\d)"
)
_PRECHECK: Final = re.compile(r"\d[ ().\-/‐–\d]{5,}\d")


def find(text: str) -> tuple[int, int] | None:
    """Where the first telephone number stands that its form gives away; None where there is none."""
    if not _PRECHECK.search(text):
        return None
    for match in _INTERNATIONAL.finditer(text):
        if _possible(match[0]):
            return match.span()
    for match in _NATIONAL.finditer(text):
        if sum(map(str.isdigit, match[0])) < 8:
            continue
        if _NOTED.fullmatch(match[0]) or any(_valid(match[0], region) for region in REGIONS):
            return match.span()
    labelled = _LABEL.search(text)
    if labelled and 6 <= sum(map(str.isdigit, labelled[1])) <= 15:
        return labelled.span(1)
    return None


def regions(digits: str) -> tuple[str, ...]:
    """The countries in which digits without separators are a number (of a column, most have to agree)."""
    return tuple(region for region in REGIONS if _valid(digits, region))


def _possible(text: str) -> bool:
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", re.sub(r" ?x.*", "", text.replace("(0)", ""))), None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))


def _valid(text: str, region: str) -> bool:
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number_for_region(number, region))
