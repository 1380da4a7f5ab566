"""Identifiers that their form, and where there is one their checksum, gives away.

Checksums are python-stdnum's. `chance` is the share of arbitrary values of the form that pass, so that a
column of lab numbers, of which one in ten has a valid check digit, is not taken for one of national ids.
"""

from __future__ import annotations

import importlib
import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Form:
    """A kind of identifier by its form. `needs` are characters of which a text has at least one.

    `digits` is how many digits a text has at least; `check` tells whether a value of the form is valid.
    `bare` forms are digits without separators, which count in a sentence only beside a word that names them.
    """

    label: str
    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None
    chance: float = 0.0
    digits: int = 0
    needs: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text has a form's pattern, and whether it is valid."""

    form: Form
    start: int
    end: int
    valid: bool


def scan(text: str, digits: int) -> Iterator[Match]:
    """Each place of a text that has a form's pattern. `digits` is how many digits the text has."""
    for form in FORMS:
        if digits < form.digits or (form.needs and not any(c in text for c in form.needs)):
            continue
        for match in form.pattern.finditer(text):
            valid = form.check is None or form.check(match[0])
            yield Match(form, match.start(), match.end(), valid)


@cache
def _module(name: str) -> Check:
    return importlib.import_module(f"stdnum.{name}").is_valid  # type: ignore[no-any-return]


def _stdnum(name: str) -> Check:
    """A check that loads its module when it is first needed."""
    return lambda text: bool(_module(name)(text))


def _form(label: str, kind: str, pattern: str, **more: object) -> Form:
    # A form stands by itself: neither within a word nor within a longer number.
    bounded = re.compile(rf"(?<![0-9A-Za-z_.-])(?<!\d )(?:{pattern})(?![0-9A-Za-z_-]|\.\d| \d)")
    return Form(label, kind, bounded, **more)  # type: ignore[arg-type]


def _national(country: str, pattern: str, module: str, digits: int, **more: object) -> Form:
    return _form(
        f"{country}, valid checksum", "national id", pattern, check=_stdnum(module), digits=digits, **more
    )


def _is_ip(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # Dotted versions look like addresses: their numbers are small.
    return address.version == 6 or max(address.packed) > 31


def _is_udi(text: str) -> bool:
    return bool(_module("ean")(text[4:18]))


def _is_vin(text: str) -> bool:
    """ISO 3779 with North America's check digit (49 CFR 565.15)."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    if text.isdigit() or text.isalpha():
        return False
    total = sum(int(values.get(c, c)) * weight for c, weight in zip(text.upper(), weights, strict=True))
    return "0123456789X"[total % 11] == text[8].upper()


def _is_nino(text: str) -> bool:
    return text[:2].upper() not in {"BG", "GB", "NK", "KN", "TN", "NT"}


def _is_svnr(text: str) -> bool:
    """The German pension insurance number (VKVV §2): weighted sums of digits, the letter as two digits."""
    number = re.sub(r"\s", "", text).upper()
    digits = number[:8] + f"{ord(number[8]) - 64:02d}" + number[9:]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits[:12], weights, strict=False))
    return total % 10 == int(digits[12])


def _is_kvnr(text: str) -> bool:
    """The German health insurance number (§290 SGB V): Luhn's sum over the letter as two digits."""
    digits = f"{ord(text[0].upper()) - 64:02d}" + text[1:9]
    total = sum(sum(divmod(int(d) * (1 + i % 2), 10)) for i, d in enumerate(digits))
    return total % 10 == int(text[9])


def _is_card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    known = re.match(
        r"4|5[1-5]|2[2-7]|3[47]|6(?:011|5|4[4-9])|35(?:2[89]|[3-8])|3(?:0[0-5]|[68])|50|5[6-9]|6[37]", digits
    )
    return known is not None and len(set(digits)) > 1 and bool(_module("luhn")(digits))


_D: Final = r"(?:0[1-9]|[12]\d|3[01])"
_M: Final = r"(?:0[1-9]|1[0-2])"

FORMS: Final[tuple[Form, ...]] = (
    Form(
        "an address of electronic mail",
        "e-mail",
        re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
        needs="@",
    ),
    Form(
        "a web address",
        "web address",
        re.compile(r"\b(?:https?|ftp)://[^\s<>\"]+|\bwww\.[\w-]+\.[\w./-]+", re.I),
        needs=".:",
    ),
    _form(
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
    _form(
        "MAC",
        "device or vehicle",
        r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
        needs=":-",
    ),
    _form(
        "UUID",
        "UUID",
        r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
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
    _form(
        "vehicle identification number",
        "device or vehicle",
        r"[A-HJ-NPR-Z0-9]{8}[\dX][A-HJ-NPR-Z0-9]{4}\d{4}",
        check=_is_vin,
        chance=0.09,
        digits=5,
    ),
    _form(
        "IBAN, valid checksum",
        "account or insurance",
        r"[A-Z]{2}\d\d ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{1,4}",
        check=_stdnum("iban"),
        chance=0.01,
        digits=8,
    ),
    _form(
        "payment card, valid checksum",
        "account or insurance",
        r"\d{4}(?:[ -]\d{4}){3}|3[47]\d\d[ -]\d{6}[ -]\d{5}",
        check=_is_card,
        chance=0.05,
        digits=15,
    ),
    _form(
        "payment card, valid checksum",
        "account or insurance",
        r"\d{13,19}",
        check=_is_card,
        chance=0.05,
        digits=13,
        bare=True,
    ),
    _national("US social security", r"\d{3}-\d\d-\d{4}", "us.ssn", 9, needs="-"),
    _national("US individual taxpayer", r"9\d\d-[5-9]\d-\d{4}", "us.itin", 9, needs="-"),
    _form(
        "US Medicare beneficiary",
        "account or insurance",
        r"[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d\d",
        digits=4,
    ),
    _national("GB NHS", r"\d{3}[ -]\d{3}[ -]\d{4}", "gb.nhs", 10, chance=0.09, needs=" -"),
    _national("GB NHS", r"\d{10}", "gb.nhs", 10, chance=0.09, bare=True),
    _form(
        "GB national insurance",
        "national id",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-DFMPT]",
        check=_is_nino,
        digits=6,
    ),
    _national("DE tax id", r"\d\d \d{3} \d{3} \d{3}", "de.idnr", 11, chance=0.05),
    _national("DE tax id", r"[1-9]\d{10}", "de.idnr", 11, chance=0.03, bare=True),
    _form(
        "DE pension insurance",
        "national id",
        rf"\d\d ?{_D}{_M}\d\d ?[A-Z] ?\d{{3}}",
        check=_is_svnr,
        chance=0.02,
        digits=11,
    ),
    _form("DE health insurance", "account or insurance", r"[A-Z]\d{9}", check=_is_kvnr, chance=0.1, digits=9),
    _national(
        "FR social security",
        r"[1-478] ?\d\d ?[0-9]\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d",
        "fr.nir",
        13,
        chance=0.01,
    ),
    _form(
        "FR social security",
        "national id",
        rf"[12] ?\d\d ?{_M} ?(?:[013-9]\d|2[\dAB]) ?\d{{3}} ?\d{{3}}",
        digits=12,
        chance=0.1,
        bare=True,
    ),
    _national("ES DNI", r"\d{8}[- ]?[A-HJ-NP-TV-Z]|\d\d\.\d{3}\.\d{3}-?[A-Z]", "es.dni", 8, chance=0.04),
    _national("ES NIE", r"[XYZ]-?\d{7}-?[A-Z]", "es.nie", 7, chance=0.04),
    _national(
        "IT codice fiscale",
        r"[A-Z]{6}\d[\dLMNP-V][ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]|"
        r"[a-z]{6}\d\d[a-z]\d\d[a-z]\d{3}[a-z]",
        "it.codicefiscale",
        5,
        chance=0.04,
    ),
    _national("JP individual number", r"\d{4}[ -]\d{4}[ -]\d{4}", "jp.in_", 12, chance=0.1),
    _national("JP individual number", r"\d{12}", "jp.in_", 12, chance=0.1, bare=True),
    _national("NL BSN", r"\d{9}", "nl.bsn", 9, chance=0.1, bare=True),
    _national("SE personnummer", rf"(?:19|20)?\d\d{_M}{_D}[-+]\d{{4}}", "se.personnummer", 10, chance=0.1),
    _national("SE personnummer", rf"(?:19|20)\d\d{_M}{_D}\d{{4}}", "se.personnummer", 12, chance=0.1),
    _national("PL PESEL", r"\d{11}", "pl.pesel", 11, chance=0.02, bare=True),
    _national("CH AHV", r"756\.\d{4}\.\d{4}\.\d\d|756\d{10}", "ch.ssn", 13, chance=0.1),
    _national("AT social insurance", rf"\d{{4}} ?{_D}{_M}\d\d", "at.vnr", 10, chance=0.05),
    _national(
        "BE national number", rf"\d\d\.{_M}\.{_D}-\d{{3}}\.\d\d|\d\d{_M}{_D}\d{{5}}", "be.nn", 11, chance=0.01
    ),
    _national("DK CPR", rf"{_D}{_M}\d\d-\d{{4}}", "dk.cpr", 10),
    _national("FI HETU", rf"{_D}{_M}\d\d[-+A-FU-Y]\d{{3}}[0-9A-Y]", "fi.hetu", 9, chance=0.03),
    _national("NO birth number", rf"{_D}{_M}\d\d ?\d{{5}}", "no.fodselsnummer", 11, chance=0.01),
    _national("BR CPF", r"\d{3}\.\d{3}\.\d{3}-\d\d", "br.cpf", 11, chance=0.01),
    _national("BR CPF", r"\d{11}", "br.cpf", 11, chance=0.01, bare=True),
    _national("CA social insurance", r"\d{3}[ -]\d{3}[ -]\d{3}", "ca.sin", 9, chance=0.1),
    _national("AU Medicare or tax file", r"\d{3} \d{3} \d{3}", "au.tfn", 9, chance=0.1),
    _national("KR resident", rf"\d\d{_M}{_D}-[1-8]\d{{6}}", "kr.rrn", 13, chance=0.1),
    _national("CN resident", rf"\d{{6}}(?:19|20)\d\d{_M}{_D}\d{{3}}[\dX]", "cn.ric", 17, chance=0.01),
    _national("IN Aadhaar", r"[2-9]\d{3} \d{4} \d{4}", "in_.aadhaar", 12, chance=0.1),
    _national("ZA identity", rf"\d\d{_M}{_D}\d{{7}}", "za.idnr", 13, chance=0.05),
    _national("TR identity", r"[1-9]\d{10}", "tr.tckimlik", 11, chance=0.01, bare=True),
    _national("IE PPS", r"\d{7}[A-W][A-IW]?", "ie.pps", 7, chance=0.04),
    _form(
        "a record number's prefix",
        "record number",
        r"(?i:MRN|PID|PAT|NHC|IPP|KIS|Fall(?:nr|nummer)?|Pat(?:ient)?(?:en)?-?(?:id|nr|no)|"
        r"Hosp(?:ital)?-?(?:id|nr|no))[ .:#_/-]{0,3}[A-Z]{0,3}-?\d{4,}(?:[-/]\d+)?",
        digits=4,
    ),
)
