"""National ids of persons, by their form and their checksum.

Checksums are python-stdnum's; those that it lacks are here, with their source. The chance is the share of
arbitrary values of the form that are valid.
"""

from __future__ import annotations

import re
from typing import Final

from biodesci.inspection.identifiers.form import Form, bounded, stdnum

_D: Final = r"(?:0[1-9]|[12]\d|3[01])"
_M: Final = r"(?:0[1-9]|1[0-2])"


def _national(country: str, pattern: str, check: str, digits: int, **more: object) -> Form:
    label = f"{country}, digits alone" if more.get("bare") else f"{country}, valid checksum"
    return _form(label, pattern, check=stdnum(check), digits=digits, **more)


def _form(label: str, pattern: str, **more: object) -> Form:
    return bounded(label, "national id", pattern, **more)


def _is_nino(text: str) -> bool:
    return text[:2].upper() not in {"BG", "GB", "NK", "KN", "TN", "NT"}


def _is_svnr(text: str) -> bool:
    """The German pension insurance number (VKVV §2): weighted sums of digits, the letter as two digits."""
    number = re.sub(r"\s", "", text).upper()
    digits = number[:8] + f"{ord(number[8]) - 64:02d}" + number[9:]
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    total = sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits[:12], weights, strict=False))
    return total % 10 == int(digits[12])


def _is_nric(text: str) -> bool:
    """Singapore's NRIC and FIN (Immigration & Checkpoints Authority): a weighted sum of the digits mod 11."""
    total = sum(int(d) * w for d, w in zip(text[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    total += {"T": 4, "G": 4, "M": 3}.get(text[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(text[0], "XWUTRQPNMLK")
    return letters[10 - total % 11 if text[0] == "M" else total % 11] == text[8]


def _is_hkid(text: str) -> bool:
    """Hong Kong's identity card: letters from 10 on, a blank as 36, weights 9 to 1, divisible by 11."""
    plain = re.sub(r"[ ()]", "", text)
    values = [36] * (9 - len(plain)) + [int(character, 36) for character in plain]
    return sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def _is_taiwanese(text: str) -> bool:
    """Taiwan's identity card: the letter as two digits, weights 1, 9 to 1 and 1, divisible by 10."""
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    total = code // 10 + code % 10 * 9
    weights = (8, 7, 6, 5, 4, 3, 2, 1, 1)
    return (total + sum(int(d) * w for d, w in zip(text[1:], weights, strict=True))) % 10 == 0


def _is_taj(text: str) -> bool:
    """Hungary's health insurance number: digits by 3 and 7 in turn, mod 10."""
    digits = [int(d) for d in text if d.isdigit()]
    return sum(d * (3 if i % 2 == 0 else 7) for i, d in enumerate(digits[:8])) % 10 == digits[8]


NATIONAL_IDS: Final[tuple[Form, ...]] = (
    _national("US social security", r"\d{3}-\d\d-\d{4}", "us.ssn", 9, needs="-"),
    _form(
        "US social security, with spaces",
        r"\d{3} \d\d \d{4}",
        check=lambda text: stdnum("us.ssn")(text.replace(" ", "-")),
        digits=9,
        needs=" ",
    ),
    _national("US individual taxpayer", r"9\d\d-[5-9]\d-\d{4}", "us.itin", 9, needs="-"),
    _national("GB NHS", r"\d{3}[ -]\d{3}[ -]\d{4}", "gb.nhs", 10, chance=0.09, needs=" -"),
    _national("GB NHS", r"\d{10}", "gb.nhs", 10, chance=0.09, bare=True),
    _form(
        "GB national insurance",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-DFMPT]",
        check=_is_nino,
        digits=6,
    ),
    _national("DE tax id", r"\d\d \d{3} \d{3} \d{3}", "de.idnr", 11, chance=0.05),
    _national("DE tax id", r"[1-9]\d{10}", "de.idnr", 11, chance=0.03, bare=True),
    _form(
        "DE pension insurance", rf"\d\d ?{_D}{_M}\d\d ?[A-Z] ?\d{{3}}", check=_is_svnr, chance=0.02, digits=11
    ),
    _national(
        "FR social security",
        r"[1-478] ?\d\d ?[0-9]\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d",
        "fr.nir",
        13,
        chance=0.01,
    ),
    _form(
        "FR social security",
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
    _form(
        "AU healthcare identifier, valid checksum",
        r"8003 ?6[0-2]\d\d ?\d{4} ?\d{4}",
        check=lambda text: stdnum("luhn")(text.replace(" ", "")),
        digits=16,
        chance=0.1,
    ),
    # Since 2020 Korea's has no check digit; the date, the hyphen and the digit behind it are enough.
    _form("KR resident", rf"\d\d{_M}{_D}-[1-8]\d{{6}}", digits=13, needs="-"),
    _form(
        "CN resident, its form",
        rf"[1-8]\d{{5}}(?:19|20)\d\d{_M}{_D}\d{{3}}[\dX]",
        digits=17,
        chance=0.1,
        bare=True,
    ),
    _national("CN resident", rf"\d{{6}}(?:19|20)\d\d{_M}{_D}\d{{3}}[\dX]", "cn.ric", 17, chance=0.01),
    _national("IN Aadhaar", r"[2-9]\d{3} \d{4} \d{4}", "in_.aadhaar", 12, chance=0.1),
    _national("ZA identity", rf"\d\d{_M}{_D}\d{{7}}", "za.idnr", 13, chance=0.05),
    _national("TR identity", r"[1-9]\d{10}", "tr.tckimlik", 11, chance=0.01, bare=True),
    _national("IE PPS", r"\d{7}[A-W][A-IW]?", "ie.pps", 7, chance=0.04),
    # Of numbers without separators each is looked at, so that their share says how many are valid by chance.
    _national("CL RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dKk]", "cl.rut", 8, chance=0.1, needs="-"),
    _national("CL RUT", r"\d{7,8}-[\dKk]", "cl.rut", 7, chance=0.1, needs="-", bare=True),
    _national("AR CUIL", r"(?:20|23|24|27)-\d{8}-\d", "ar.cuit", 11, chance=0.1, needs="-"),
    _national("DO cédula", r"\d{3}-\d{7}-\d", "do.cedula", 11, chance=0.1, needs="-"),
    _national("EC cédula", r"\d{9}-\d", "ec.ci", 10, chance=0.1, needs="-"),
    _national("EC cédula", r"\d{10}", "ec.ci", 10, chance=0.02, bare=True),
    _national("MX CURP", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", "mx.curp", 7, chance=0.05),
    _national("MX RFC", r"[A-ZÑ&]{4}\d{6}[A-Z\d]{3}", "mx.rfc", 6, chance=0.05),
    _national("VE RIF", r"[VE]-\d{8}-?\d", "ve.rif", 9, chance=0.1, needs="-"),
    _national("CZ or SK birth number", r"\d{6}/\d{3,4}", "cz.rc", 9, chance=0.01, needs="/"),
    _national("CZ or SK birth number", r"\d{10}", "cz.rc", 10, chance=0.02, bare=True),
    _national("BG EGN", r"\d{10}", "bg.egn", 10, chance=0.01, bare=True),
    _national("DK CPR", r"\d{10}", "dk.cpr", 10, chance=0.04, bare=True),
    _national("SE personnummer", r"\d{10}", "se.personnummer", 10, chance=0.01, bare=True),
    _national("IS kennitala", rf"{_D}{_M}\d\d-\d{{4}}", "is_.kennitala", 10, chance=0.1, needs="-"),
    _national("IS kennitala", r"\d{10}", "is_.kennitala", 10, chance=0.01, bare=True),
    _national("EE or LT personal code", r"[1-8]\d{10}", "ee.ik", 11, chance=0.01, bare=True),
    _national(
        "LV personal code", rf"{_D}{_M}\d\d-\d{{5}}|32\d{{4}}-\d{{5}}", "lv.pvn", 11, chance=0.1, needs="-"
    ),
    _national("GR AMKA", rf"{_D}{_M}\d\d[ -]\d{{5}}", "gr.amka", 11, chance=0.1),
    _national("GR AMKA", r"\d{11}", "gr.amka", 11, chance=0.01, bare=True),
    _national("HR OIB", r"\d{11}", "hr.oib", 11, chance=0.1, bare=True),
    _national("RO CNP", r"[1-9]\d{12}", "ro.cnp", 13, chance=0.01, bare=True),
    _national("SI or RS JMBG", r"\d{13}", "si.emso", 13, chance=0.01, bare=True),
    _national("PT citizen card", r"\d{8} ?\d ?[A-Z]{2}\d", "pt.cc", 10, chance=0.05),
    _national("PT NIF", r"[123]\d{2} \d{3} \d{3}", "pt.nif", 9, chance=0.1),
    _national("PT NIF", r"[123]\d{8}", "pt.nif", 9, chance=0.1, bare=True),
    _national("IL identity", r"\d{9}", "il.idnr", 9, chance=0.1, bare=True),
    _national("CA social insurance", r"\d{9}", "ca.sin", 9, chance=0.1, bare=True),
    _national("ZA identity", r"\d{6} \d{4} \d{3}", "za.idnr", 13, chance=0.05),
    _national("TH identity", r"\d-\d{4}-\d{5}-\d\d-\d", "th.pin", 13, chance=0.1, needs="-"),
    _national("TH identity", r"[1-8]\d{12}", "th.pin", 13, chance=0.1, bare=True),
    _national("MY NRIC", rf"\d\d{_M}{_D}-\d\d-\d{{4}}", "my.nric", 12, needs="-"),
    _national("PK CNIC", r"\d{5}-\d{7}-\d", "pk.cnic", 13, needs="-"),
    _national("ID NIK", r"\d{16}", "id.nik", 16, chance=0.03, bare=True),
    _national("IN Aadhaar", r"[2-9]\d{3}-\d{4}-\d{4}", "in_.aadhaar", 12, chance=0.1, needs="-"),
    _national("IN Aadhaar", r"[2-9]\d{11}", "in_.aadhaar", 12, chance=0.1, bare=True),
    _national("IN PAN", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", "in_.pan", 4, chance=0.05),
    _national("KR resident", r"\d{13}", "kr.rrn", 13, chance=0.01, bare=True),
    _national("MU identity", rf"[A-Z]{_D}{_M}\d{{8}}[\dA-Z]", "mu.nid", 12, chance=0.05),
    _form("SG NRIC, valid checksum", r"[STFGM]\d{7}[A-Z]", check=_is_nric, chance=0.04, digits=7),
    _form(
        "HK identity card, valid checksum",
        r"[A-Z]{1,2}\d{6} ?\([\dA]\)",
        check=_is_hkid,
        chance=0.1,
        digits=6,
        needs="(",
    ),
    _form(
        "TW identity card, valid checksum",
        r"[A-Z][1289]\d{8}",
        check=_is_taiwanese,
        chance=0.1,
        digits=9,
        bare=True,
    ),
    _form("HU TAJ, valid checksum", r"\d{3}[ -]\d{3}[ -]\d{3}", check=_is_taj, chance=0.1, digits=9),
)
