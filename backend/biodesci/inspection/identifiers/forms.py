"""Identifiers that their form, and where there is one their checksum, gives away.

Checksums are python-stdnum's. `chance` is the share of arbitrary values of the form that pass, so that a
column of lab numbers, of which one in ten has a valid check digit, is not taken for one of national ids.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from biodesci.inspection.identifiers import joined, lists
from biodesci.inspection.identifiers.form import Form, Match, bounded, module, stdnum
from biodesci.inspection.identifiers.national_ids import NATIONAL_IDS
from biodesci.inspection.identifiers.plates import PLATES

_MARKS: Final = "@.:-/( "  # what forms need one of
_MOST_DIGITS: Final = 17  # that a form needs
_POLE: Final = 90.0
_DATE_LINE: Final = 180.0
UUID: Final = re.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_FAR: Final = 10.0  # degrees; p-values, ratios and most intervals are smaller


def scan(text: str, digits: int, *, bare: bool = True) -> Iterator[Match]:
    """Each place of a text that has a form's pattern. `digits` is how many digits the text has.

    Without `bare`, digits alone are left out.
    """
    for form in _possible(min(digits, _MOST_DIGITS), bare, *(mark in text for mark in _MARKS)):
        for match in form.pattern.finditer(text):
            valid = form.check is None or form.check(match[0])
            yield Match(form, match.start(), match.end(), valid)


@cache
def _possible(digits: int, bare: bool, *marks: bool) -> tuple[Form, ...]:
    """The forms that a text with so many digits and those marks may have."""
    there = {mark for mark, is_there in zip(_MARKS, marks, strict=True) if is_there}
    return tuple(
        form
        for form in FORMS
        if digits >= form.digits
        and (bare or not form.bare)
        and (not form.needs or there.intersection(form.needs))
    )


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # Dotted versions look like addresses: their numbers are small.
    return address.version == 6 or max(address.packed) > 31


def _is_udi(text: str) -> bool:
    """Whether a GTIN has its check digit, or one of GS1's further fields behind it: dates, lot, serial."""
    return text[18:22] in {"(10)", "(11)", "(17)", "(21)"} or bool(module("ean")(text[4:18]))


def _is_persons(mailbox: str) -> bool:
    """Whether a part before the @ is a family name and nothing else, with an initial before it at most."""
    words = joined.split(mailbox.partition("@")[0])
    return any(
        lists.is_only(name, lists.LAST) for word in words for name in (word, word[1:]) if len(name) > 4
    )


def _is_vin(text: str) -> bool:
    """ISO 3779 with North America's check digit (49 CFR 565.15)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    if text.isdigit() or text.isalpha():
        return False
    total = sum(int(values.get(c, c)) * weight for c, weight in zip(text.upper(), weights, strict=True))
    return "0123456789X"[total % 11] == text[8].upper()


def _is_kvnr(text: str) -> bool:
    """The German health insurance number (§290 SGB V): Luhn's sum over the letter as two digits."""
    digits = f"{ord(text[0].upper()) - 64:02d}" + text[1:9]
    total = sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(digits))
    return total % 10 == int(text[9])


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    known = re.match(
        r"4|5[1-5]|2[2-7]|3[47]|6(?:011|2|5|4[4-9])|35(?:2[89]|[3-8])|3(?:0[0-5]|[68])|50|5[6-9]|6[37]",
        digits,
    )
    return known is not None and len(set(digits)) > 1 and bool(module("luhn")(digits))


def _is_orcid(text: str) -> bool:
    return bool(module("iso7064.mod_11_2")(text.replace("-", "")))


def _are_degrees(text: str) -> bool:
    """Whether two numbers may be a latitude and a longitude, and are too far apart for an interval's ends."""
    first, second = (float(number) for number in re.findall(r"-?\d+\.\d+", text))
    apart = first != second and max(abs(first), abs(second)) >= _FAR
    return apart and abs(first) <= _POLE and abs(second) <= _DATE_LINE


FORMS: Final[tuple[Form, ...]] = (
    Form(
        "an address of electronic mail",
        "e-mail",
        re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
        needs="@",
    ),
    Form(
        "a person's mailbox of a house",
        "e-mail",
        re.compile(r"(?<![\w@.+-])[^\W\d_][\w.+-]{2,40}@[^\W\d_][\w-]{2,40}(?![\w.@-])"),
        check=_is_persons,
        needs="@",
    ),
    Form(
        "a person's folder",
        "name",
        re.compile(
            r"(?i)(?:[/\\](?:home|users)|documents and settings)[/\\]+"
            r"(?!(?:user|users|public|shared|ubuntu|root|default|runner|admin\w*|data)\b)[\w.-]{3,40}"
        ),
    ),
    Form(
        "a web address",
        "web address",
        re.compile(r"\b(?:https?|ftp)://[^\s<>\"]+|\bwww\.[\w-]+\.[\w./-]+", re.I),
        needs=".:",
    ),
    bounded(
        "IPv4",
        "IP address",
        r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)",
        check=_is_ip,
        digits=4,
        needs=".",
    ),
    Form(
        "IPv6",
        "IP address",
        re.compile(
            r"(?<![\w:])(?=[0-9a-f:]*\d)(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|"
            r"(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![\w:])",
            re.I,
        ),
        check=_is_ip,
        digits=1,
        needs=":",
    ),
    bounded(
        "MAC",
        "device or vehicle",
        r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
        needs=":-",
    ),
    bounded(
        "UUID",
        "UUID",
        UUID.pattern,
        needs="-",
    ),
    Form(
        "UDI of a device",
        "device or vehicle",
        re.compile(r"\(01\)\d{14}(?:\(\d\d\)[\w/.-]+)*"),
        check=_is_udi,
        digits=14,
        needs="(",
    ),
    bounded(
        "vehicle identification number",
        "device or vehicle",
        r"[A-HJ-NPR-Z0-9]{8}[\dX][A-HJ-NPR-Z0-9]{4}\d{4}",
        check=_is_vin,
        chance=0.09,
        digits=5,
    ),
    bounded(
        "IBAN, valid checksum",
        "account or insurance",
        r"[A-Z]{2}\d\d ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}",
        check=stdnum("iban"),
        chance=0.01,
        digits=8,
    ),
    bounded(
        "payment card, valid checksum",
        "account or insurance",
        r"\d{4}(?:[ -]\d{4}){3}|3[47]\d\d[ -]\d{6}[ -]\d{5}",
        check=_is_card,
        chance=0.05,
        digits=15,
    ),
    bounded(
        "payment card, valid checksum",
        "account or insurance",
        r"\d{13,19}",
        check=_is_card,
        chance=0.05,
        digits=13,
        bare=True,
    ),
    bounded(
        "US Medicare beneficiary",
        "account or insurance",
        r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d\d",
        digits=4,
    ),
    bounded(
        "DE health insurance", "account or insurance", r"[A-Z]\d{9}", check=_is_kvnr, chance=0.1, digits=9
    ),
    bounded(
        "a record number's prefix",
        "record number",
        r"(?i:MRN|PID|PAT|NHC|IPP|KIS|Fall(?:nr|nummer)?|Pat(?:ient)?(?:en)?-?(?:id|nr|no)|"
        r"Hosp(?:ital)?-?(?:id|nr|no))[ .:#_/-]{0,3}[A-Z]{0,3}-?\d{4,}(?:[-/]\d+)?",
        digits=4,
    ),
    bounded(
        "ORCID iD, valid checksum",
        "web address",
        r"0000-000[1-9]-\d{4}-\d{3}[\dX]|0009-\d{4}-\d{4}-\d{3}[\dX]",
        check=_is_orcid,
        digits=15,
        needs="-",
    ),
    Form(
        "a handle of a social network",
        "web address",
        re.compile(
            r"(?<![\w@/.+-])@(?!(?:home|work|rest|baseline|attribute|relation|data)\b)[A-Za-z_][\w.]{2,29}(?!@)"
        ),
        needs="@",
    ),
    Form(
        "a profile in a social network",
        "web address",
        re.compile(
            r"(?i)(?<![\w.-])(?:(?:www|m|[a-z]{2})\.)?(?:(?:facebook|instagram|twitter|tiktok|threads|vk|xing|"
            r"researchgate|academia|github|snapchat|pinterest|youtube|weibo|bsky)\.[a-z]{2,4}|linkedin\.com/in|"
            r"x\.com|t\.me|wa\.me|fb\.com|fb\.me|orcid\.org)/@?[\w.%-]{3,}"
        ),
        needs=".",
    ),
    Form(
        "a page of a web site",
        "web address",
        re.compile(
            r"(?<![A-Za-z0-9@/_.-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,40}\.){1,4}(?:com?|org|net|edu|gov|info|eu|io|de|"
            r"at|ch|fr|be|es|mx|it|br|pt|nl|pl|se|dk|fi|cz|tr|ru|jp|kr|cn|uk|ie|us|ca|au)/~?[A-Za-z0-9][\w.~-]{2,}"
        ),
        needs="/",
    ),
    *PLATES,
    Form(
        "a Japanese postcode",
        "postcode",
        re.compile(
            r"〒 ?\d{3}-?\d{4}(?!\d)|"
            r"(?<![\d-])\d{3}-\d{4}(?=から|より|在住|に住|に転居|へ転居|に引|へ引|の自宅)"
        ),
        digits=7,
    ),
    Form(
        "a postcode in front of a word for a removal",
        "postcode",
        re.compile(
            r"(?<![\w.,-])\d{4,5}(?: [A-Z]{2})?(?= (?:(?:zu|um|weg|her|hin)?gezogen|verzogen|"
            r"(?:zu|an)gereist|umgesiedelt|[üu]bersiedelt|verhuisd|afkomstig|"
            r"bölgesi(?:ne|nden)|posta kodlu|지역(?:으로|에서)|flyttade?|지역 거주))"
        ),
        digits=4,
    ),
    # Serial numbers are written s/n in English, n/s in Romance languages; n.s. is "not significant".
    Form(
        "a serial number behind its sign",
        "device or vehicle",
        re.compile(r"(?<![\w/])(?i:n/s)[ .:#]{0,3}(?=[A-Z-]*\d)[A-Z]{0,4}-?\d{4,}"),
        digits=4,
    ),
    Form(
        "latitude and longitude",
        "coordinates",
        re.compile(
            r"(?i)\b(?:POINT ?Z? ?\(|geo:|(?:lat(?:itude)?|gps|coord\w*|koord\w*|location|position)"
            r"[ .:=]{1,3}\(?)"
            r"-?\d{1,3}\.\d{2,}|"
            r"\d{1,3} ?° ?\d{1,2}(?:\.\d+)? ?['´]? ?(?:\d{1,2}(?:[.,]\d+)? ?(?:\"|''|'))? ?[NS]\b|"
            r"\d{1,2}\.\d{3,} ?°? ?[NS],? \d{1,3}\.\d{3,} ?°? ?[EWO]\b"
        ),
        digits=4,
    ),
    bounded(
        "a pair of decimal degrees",
        "coordinates",
        r"[(\[]?-?\d{1,2}\.\d{4,}(?:, ?|; ?|/)-?\d{1,3}\.\d{4,}[)\]]?",
        check=_are_degrees,
        digits=10,
        needs=".",
    ),
    *NATIONAL_IDS,
)
