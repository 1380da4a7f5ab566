"""Plates of vehicles in texts: behind a word for a plate or a car, or where somebody had an accident."""

from __future__ import annotations

import re
from typing import Final

from biodesci.inspection.identifiers.form import Form

_LONGEST: Final = 9  # characters
_SHORTEST: Final = 4  # or three with hyphens: V-X-6
_ANY: Final = (
    r"(?:[A-ZÄÖÜ]{1,4}|\d[A-Z0-9]{0,5}|[A-Z]{1,3}\d[A-Z0-9]{0,6})(?:[ ·-]{1,3}[A-Z0-9]{1,6}){0,3}(?![\w-])"
)
_AT_END: Final = re.compile(rf"{_ANY}$")
# What plates look like and little else: XX 123 XX, 1234 XXX, XXX 12X, X-XX 123, XX12 XXX.
_USUAL: Final = (
    r"(?:[A-Z]{2}[ -]?\d{3}[ -]?[A-Z]{2}|\d{4}[ -]?[B-DF-HJ-NP-TV-Z]{3}|[A-Z]{3}[ -]?\d{2}[A-Z0-9]|"
    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ -]?\d{1,4}|[A-Z]{2}\d{2} ?[A-Z]{3}|[A-Z]{3}-?\d[A-Z0-9]\d{2}|"
    # Three parts of six characters, as in the Netherlands and Portugal: 81-SY-FQ, 83-TYG-0.
    r"(?=[A-Z\d-]{8}(?![\w-]))(?:\d{1,3}-[A-Z]{1,3}-(?:\d{1,3}|[A-Z]{1,3})|"
    r"[A-Z]{1,3}-(?:\d{1,3}-[A-Z]{1,3}|[A-Z]{1,3}-\d{1,3}))|"
    r"[A-Z]{2}[ -]\d{2,3}[ ']?\d{3}|\d{2} [A-Z]{1,3} \d{2,4})(?![\w-])"
)
_PLATE: Final = (
    r"(?:licen[cs]e|number|registration|with) plates?|placas?|plaka(?:sı|lı|li)?|targat[ao]|targa|"
    r"matr[ií]cula|immatricul\w{0,8}|immat|kennzeichen|kontrollschild(?:er)?|nummernschild|kenteken|"
    r"registreringsskylt|nummerplade|rekisteritunnus|(?:car|veh(?:icle)?) reg(?:istration)?|vrm|"
    r"rego|spz|rendsz[aá]m|skiltnummer|kjennemerke|[iî]nmatricul\w{0,6}|"
    r"reg(?:nr|nummer)|n[ru]m?(?:er)? rej(?:\.|estracyjny)?|pkw|lkw|motorrad|turismo|coche|carro"
)
_CAR: Final = (
    r"car|vehicle|truck|van|auto|wagen|voiture|v[eé]hicule|moto|macchina|bil|samoch[oó]d|autem|suv|pickup|"
    r"sedan|motorcycle|driver|driving|pov|ute|lorry|taxi|scooter|moped|transporter|lieferwagen|camion|"
    r"camionnette|camioneta|furgone|motorino|caminh[aã]o|vrachtwagen|bestelbus|lastbil|personbil|"
    r"motocykl|ci[eę][zż]ar[oó]wka"
)
_ACCIDENT: Final = (
    r"VU|RTC|RTA|MVC|MVA|AVP|(?:Selbst|Verkehrs|Auto)?unfall(?:gegner(?:in)?)?|"
    r"(?:road|car|traffic) accident|collision|"
    r"incidente|sinistro|choque|acidente|accident de la (?:route|voie publique)|accidente|trafikolycka|"
    r"collisione|colisão|colisión|atropelamento|atropello|investimento|kolizja|potrącenie|"
    r"trafikk?ulykke|wypadek|kaza|aanrijding|verkeersongeval|"
    r"v[eé]hicule adverse|third party|contraparte|controparte|tegenpartij|motpart(?:en)?|"
    r"liikenneonnettomuus|nehoda"
)


def _is_plate(text: str) -> bool:
    """Whether what stands behind the word for a plate has letters, digits and their usual number."""
    written = _AT_END.search(text)
    plate = [c for c in written[0] if c.isalnum()] if written else []
    shortest = _SHORTEST - 1 if written and "-" in written[0] else _SHORTEST
    has_both = any(map(str.isdigit, plate)) and any(map(str.isalpha, plate))
    return shortest <= len(plate) <= _LONGEST and has_both


PLATES: Final = (
    Form(
        "a vehicle's plate behind a word for it",
        "device or vehicle",
        re.compile(
            rf"(?i:\b(?:{_PLATE}|"
            rf"(?:{_CAR})(?:, | with | met | avec | con | z | )"
            r"(?:plates?|tags?|plaque|plaka|tablic\w+|kenteken|skylt|skilt|nr)|"
            rf"(?:{_CAR})\b[^.;\n]{{0,20}}[, ]tags?|"
            rf"(?:{_CAR}|fahrzeug)[ -](?:no?|nr|num(?:ber|mer|ero|éro)?|número)|"
            rf"(?:{_ACCIDENT}|AVM)\b[^.;\n]{{0,40}}[ ,](?:plaques?|plates?|tags?|tablic\w+|skylt|skilt))"
            r"\b[ .:#°]{1,3}(?:n[ro°º]\.? )?)"
            rf"{_ANY}"
        ),
        check=_is_plate,
        digits=1,
    ),
    Form(
        "a vehicle's plate behind a car or an accident",
        "device or vehicle",
        re.compile(
            rf"(?:(?i:\b(?:{_CAR}|bilen|fordon|araç|автомобиль)\b)(?:,? (?:(?i:reg|with|med|met)\b\.? )?)|"
            rf"(?:\b(?i:{_ACCIDENT})\b[^.;\n]{{0,40}}[ ,]))"
            rf"{_USUAL}"
        ),
        digits=1,
    ),
    Form(
        "a Chinese, Korean or Japanese plate",
        "device or vehicle",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-Z][ ·-]?[A-Z0-9]{5}(?![A-Z0-9])|"
            r"(?<!\d)\d{2,3}[가-힣] ?\d{4}(?!\d)|"
            r"[一-龥]{1,3} ?\d{2,3} ?[ぁ-ん] ?(?:\d{2}-\d{2}|・{1,3} ?\d{1,3})"
        ),
        digits=3,
    ),
)
