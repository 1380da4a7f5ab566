"""What one attribute of a DICOM dataset may say of a person: by the basic profile, its type and keyword."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from biodesci.inspection.finding import Level
from biodesci.inspection.formats.dicom import profile

_DUMMY: Final = re.compile(
    r"(anon\w*|de-?identified\w*|removed|redacted|unknown|none|null|n/?a|no ?name|not? (given|known)"
    r"|x+|0+|-+)",
    re.IGNORECASE,
)
# Makers are called as people are (Philip, Siemens), so their names are not looked for among people's.
_MAKERS: Final = re.compile(
    r"^(philips|siemens|ge |g\.?e\.? medical|toshiba|canon|hitachi|hologic|fuji|agfa|carestream|varian|elekta"
    r"|bruker|samsung|esaote|shimadzu|kodak|leica|hamamatsu|offis|gdcm|merge)[\w .,&()-]{0,40}$",
    re.IGNORECASE,
)
_OLD: Final = 90  # years; of people above 89 there are few
_CODES: Final = frozenset({"CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion"})
_TEXT: Final = frozenset({"LT", "ST", "UT", "UC", "UR"})
_WORDS: Final = frozenset({"LO", "SH", "CS"})
_BYTES: Final = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})

# Of an attribute that the profile removes or replaces, the first line that fits its type (all, where none is
# named) and its keyword says what it is: types, pattern, kind, level, reason.
_RULES: Final = tuple(
    (frozenset(types.split()), re.compile(pattern), kind, level, reason)
    for types, pattern, kind, level, reason in (
        ("", r"BirthDate", "date of birth", Level.STOP, "it is a person's birthday"),
        ("DA DT", r"", "date", Level.STOP, "days of a visit or a treatment lead to a person"),
        ("TM", r"", "time of day", Level.ASK, "the basic profile removes or replaces it"),
        ("", r"Timezone", "time of day", Level.ASK, "the basic profile removes or replaces it"),
        ("UI", r"", "unique identifiers", Level.NOTE, "they lead to the images in the archive"),
        ("AE", r"", "institution or device", Level.ASK, "it names a computer of the institution"),
        (
            "",
            r"Address|Telephone|Telecom|Residence|PatientLocation",
            "address or telephone number",
            Level.STOP,
            "it says where a person lives or is reached",
        ),
        (
            "",
            r"PatientID|AccessionNumber|AdmissionID|ServiceEpisodeID|OrderNumber|InsurancePlan|RecordLocator"
            r"|ClinicalTrialSubject|MilitaryRank|IdentificationCode",
            "record number",
            Level.STOP,
            "the basic profile removes or replaces it",
        ),
        ("", r"^StudyID$", "record number", Level.ASK, "the basic profile removes or replaces it"),
        (
            "",
            r"Names?$|Institution|Station|Device|Detector|Serial|Organization|Department|Scanner|Gantry|Source"
            r"|Cassette|Plate|Network|Location|Machine",
            "institution or device",
            Level.ASK,
            "the basic profile removes what leads to one institution or scanner",
        ),
        (
            "",
            r"^Patient(Age|Sex|Size|Weight)$|^(SmokingStatus|PregnancyStatus)$",
            "characteristic of a person",
            Level.NOTE,
            "with others it narrows down who it is",
        ),
        (" ".join(_BYTES), r"", "bytes that the profile removes", Level.STOP, "nobody looked into them"),
        (" ".join(_TEXT | _WORDS), r"", "free text", Level.ASK, "the basic profile removes it"),
        ("", r"", "attribute that the profile removes", Level.ASK, "it may lead to a person"),
    )
)


@dataclass(frozen=True)
class Verdict:
    """What an attribute is found to be. `check_text` says whether its text is worth reading, too."""

    kind: str
    level: Level
    reason: str
    check_text: bool = False


@dataclass(frozen=True)
class Attribute:
    """A standard attribute with its text.

    `is_deidentified` is the file's word that its identity was removed (0012,0062),
    `dates_shifted` is the file's word that its dates were modified or removed (0028,0303).
    """

    tag: int
    vr: str
    keyword: str
    text: str
    is_deidentified: bool
    dates_shifted: bool

    def verdict(self) -> Verdict | None:
        """None for one that says nothing of a person. Sequences are looked into by the caller."""
        if self.vr == "SQ" or not self.text.strip(" ^\\\0") or self._is_dummy:
            return None
        action = profile.action(self.tag)
        if self.vr == "PN":
            return self._softened(Verdict("name", Level.STOP, "it is a person's name"), action)
        if action is None:
            return self._unlisted()
        return self._softened(self._listed(), action)

    @property
    def _is_dummy(self) -> bool:
        parts = [part for part in re.split(r"[\^\\=]", self.text.strip(" \0")) if part]
        return self.vr not in _BYTES and all(_DUMMY.fullmatch(part.strip()) for part in parts)

    def _listed(self) -> Verdict:
        if self.keyword == "PatientAge" and self._years >= _OLD:
            return Verdict("age over 89", Level.STOP, "few people are as old")
        kind, level, reason = next(
            (kind, level, reason)
            for types, pattern, kind, level, reason in _RULES
            if self.vr in (types or {self.vr}) and pattern.search(self.keyword)
        )
        if kind == "date":
            return self._date()
        return Verdict(kind, level, reason, self.vr in _TEXT | _WORDS and level is Level.ASK)

    def _unlisted(self) -> Verdict | None:
        if self.vr in {"DA", "DT"}:
            return self._date()
        if self.vr == "AE":
            return Verdict("institution or device", Level.ASK, "it names a computer of the institution")
        if self.keyword in _CODES:
            return None
        if self.vr in _TEXT | {"LO", "SH"} and not _MAKERS.search(self.text):
            return Verdict("", Level.NOTE, "", check_text=True)
        if self.vr == "UN":
            return Verdict(
                "attribute of unknown type", Level.ASK, "the standard's edition here lacks it", True
            )
        return None

    def _date(self) -> Verdict:
        if self.dates_shifted:
            return Verdict("date", Level.NOTE, "the file says that its dates were modified")
        return Verdict("date", Level.STOP, "days of a visit or a treatment lead to a person")

    def _softened(self, verdict: Verdict, action: str | None) -> Verdict:
        """A dummy that a de-identified file has in place of a name or an id can't be told from a real one."""
        if not self.is_deidentified or verdict.level is not Level.STOP or verdict.kind == "age over 89":
            return verdict
        if action is not None and set(action) & {"D", "Z"} and verdict.kind in {"name", "record number"}:
            reason = "the file says that identities were removed; confirm that it is a pseudonym"
            return Verdict(verdict.kind, Level.ASK, reason)
        return verdict

    @property
    def _years(self) -> int:
        return int(self.text[:3]) if re.fullmatch(r"\d{3}Y", self.text.strip()) else 0
