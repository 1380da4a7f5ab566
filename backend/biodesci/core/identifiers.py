"""The identifier check before publishing: does a table look as if it names people?

Column names and value patterns for the identifiers of HIPAA's Safe Harbor (45 CFR §164.514(b)(2)). A finding
names the column, the kind and the number of rows, never a value. A pass is evidence, not anonymity: it says
that nothing was recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_FREE_TEXT_SHARE: Final = 0.02  # of a column's values that are long, before they count as free text
_FREE_TEXT_WORDS: Final = 8
_LOOKED_AT: Final = 400


@dataclass(frozen=True)
class Finding:
    """Where a table may name people. `rows` is how many values were recognised."""

    column: str
    kind: str
    rows: int
    reason: str

    def __str__(self) -> str:
        return (
            f"column {self.column!r}: {self.kind} in {self.rows} row{'s' * (self.rows != 1)} ({self.reason})"
        )


def _words(text: str) -> str:
    return rf"(?:^|_)(?:{text})(?:_|$)"


# kind -> pattern over a column's name in snake case
_NAMES: Final = {
    "name": re.compile(
        _words(
            "(?:first|last|middle|given|family|full|patient|maiden|birth|mother|father|doctor|physician)_?names?"
        )
        + "|^(?:names?|surname|forename|initials|vorname|nachname|nom|prenom|nombre|apellidos?)$"
    ),
    "address": re.compile(
        _words("address|street|postcode|postal|postal_code|zip|zip_?code|city|town|county|plz|geo")
    ),
    "coordinates": re.compile(_words("lat|latitude|lon|lng|longitude|gps|coordinates?|geocode")),
    "phone or fax": re.compile(_words("phone|telephone|tel|mobile|cell|fax|pager|contact")),
    "e-mail": re.compile(_words("e_?mail|mail")),
    "national id": re.compile(
        _words(
            "ssn|sin|nin|nino|nhs|nhs_?(?:no|number)|national_?id|social_security(?:_number)?|passport|tax_?id|cpr|dni"
        )
    ),
    "record number": re.compile(
        _words(
            "mrn|medical_record(?:_number)?|(?:patient|subject|person|participant|hospital|case|chart|record|sample)_?(?:id|no|num|number|nr)|pid|hadm_id|encounter_id"
        )
    ),
    "account or insurance": re.compile(
        _words(
            "account|account_?(?:no|number)|iban|insurance|insurance_?(?:no|id|number)|policy_?(?:no|number)|beneficiary|health_plan|credit_?card|license_?(?:no|number)|licence_?(?:no|number)"
        )
    ),
    "date": re.compile(
        _words(
            "dob|birth_?date|birthday|date_?of_?(?:birth|death)|death_?date|dod|admission|admission_?date|discharge_?date|admitted|discharged|date|timestamp|datetime|visit_?date"
        )
    ),
    "device or vehicle": re.compile(
        _words(
            "device_?(?:id|serial)|serial|serial_?(?:no|number)|imei|mac_?address|vin|license_?plate|plate"
        )
    ),
    "web address": re.compile(_words("url|uri|website|homepage|twitter|facebook|instagram|linkedin")),
    "IP address": re.compile(_words("ip|ip_?address|ipv4|ipv6")),
    "biometric or photo": re.compile(
        _words("fingerprint|retina|iris_scan|voice_?print|face|photo|photograph|portrait")
    ),
    "free text": re.compile(
        _words(
            "notes?|comments?|remarks?|free_?text|narrative|anamnesis|clinical_?(?:text|history)|report_?text"
        )
    ),
}

# kind -> pattern over one whole value, of which only the first characters are looked at
_VALUES: Final = {
    "e-mail": re.compile(r"[^@]*[\w+-]@[\w-]{1,63}\.\w[^@]*", re.DOTALL),
    "web address": re.compile(r".*\b(?:https?|ftp)://\S+.*|^www\.\S+\.\S+$", re.DOTALL | re.IGNORECASE),
    "IP address": re.compile(
        r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
        r"|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}",
        re.IGNORECASE,
    ),
    "national id": re.compile(
        r"(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}|[A-CEGHJ-PR-TW-Z]{2}(?: ?\d\d){3} ?[A-D]"
    ),
    "phone or fax": re.compile(
        r"\+\d[\d ().-]{6,18}\d|\(\d{2,5}\) ?\d{3,4}[ -]?\d{3,5}|"
        r"\d{3}[-. ]\d{3}[-. ]\d{4}|0\d{2,4}[ /-]\d{5,9}"
    ),
    "date": re.compile(
        r"(?:18|19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d.*)?"
        r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:(?:18|19|20)\d\d|\d\d)"
        r"|(?:0?[1-9]|[12]\d|3[01])[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
        r"[a-z]{0,6}[ ,-]{1,2}(?:19|20)?\d\d",
        re.IGNORECASE,
    ),
    "record number": re.compile(r"(?:MRN|PID|PAT|NHS)[ :#_-]*\d{4,}", re.IGNORECASE),
    "device or vehicle": re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE),
}
_PERSON: Final = re.compile(
    r"(?:(?:Dr|Prof|Mr|Mrs|Ms)\.? )?[A-ZÀ-Þ][a-zà-ÿ'-]+,? (?:[A-ZÀ-Þ]\.? )?[A-ZÀ-Þ][a-zà-ÿ'-]+"
)
_TITLED: Final = re.compile(r".*\b(?:Dr|Prof|Mr|Mrs|Ms)\.? [A-ZÀ-Þ][a-zà-ÿ'-]+.*", re.DOTALL)
_AGE: Final = re.compile(_words("age|alter|age_?(?:years|at_\\w+)"))
_ROW_NUMBER: Final = re.compile(r"^(?:id|index|idx|row|row_?(?:id|no|number)|no|nr|number)$")


def check(columns: Mapping[str, Sequence[object]]) -> list[Finding]:
    """What looks like an identifier. `columns` maps names to values, of which None and "" are missing."""
    findings: list[Finding] = []
    for name, values in columns.items():
        texts = [
            text for value in values if value is not None and (text := str(value).strip()) and text != "nan"
        ]
        findings += _column(name, texts)
    return findings


def _column(name: str, texts: Sequence[str]) -> list[Finding]:
    snake = re.sub(r"[^0-9a-zA-Z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()
    starts = [text[:_LOOKED_AT] for text in texts]
    findings: dict[str, Finding] = {}

    def note(kind: str, rows: int, reason: str) -> None:
        if rows:
            findings.setdefault(kind, Finding(name, kind, rows, reason))

    for kind, pattern in _NAMES.items():
        # A flag such as "family_history_name_known" holds no name.
        if pattern.search(snake) and not _coded(texts):
            note(kind, len(texts), "by the column's name")
    for kind, pattern in _VALUES.items():
        note(kind, sum(pattern.fullmatch(text) is not None for text in starts), "by the values' form")
    note("name", sum(_TITLED.fullmatch(text) is not None for text in starts), "by the values' form")
    note("name", _persons(texts), "values look like a person's names")
    note("age over 89", _old(snake, texts), "ages over 89 have to be grouped")
    note("free text", _sentences(texts), "long texts can name anybody")
    note("record number", _record_numbers(snake, texts), "a number for each row")
    return list(findings.values())


def _coded(texts: Iterable[str]) -> bool:
    """Whether the values are only flags or small codes, which name nobody."""
    distinct = {text.lower() for text in texts}
    return distinct <= {"0", "1", "0.0", "1.0", "true", "false", "yes", "no", "y", "n", "unknown"}


def _persons(texts: Sequence[str]) -> int:
    """Two capitalised words are common in codes ("Type Two"); many different ones are not."""
    hits = [text for text in texts if _PERSON.fullmatch(text)]
    different = len(set(hits))
    return len(hits) if different > 10 and different > len(hits) / 2 and len(hits) > len(texts) * 0.3 else 0


def _old(snake: str, texts: Sequence[str]) -> int:
    if not _AGE.search(snake):
        return 0
    return sum(number > 89 for text in texts if (number := _number(text)) is not None)


def _sentences(texts: Sequence[str]) -> int:
    hits = [text for text in texts if len(text.split()) >= _FREE_TEXT_WORDS]
    # The same long text in many rows is a category with a long name.
    return len(hits) if len(hits) > len(texts) * _FREE_TEXT_SHARE and len(set(hits)) > len(hits) / 2 else 0


def _record_numbers(snake: str, texts: Sequence[str]) -> int:
    """A column called `id` with long or lettered values; a short running number only counts the rows."""
    if not _ROW_NUMBER.match(snake) or len(set(texts)) < len(texts):
        return 0
    return sum(not text.isdigit() or len(text) > 6 for text in texts)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
