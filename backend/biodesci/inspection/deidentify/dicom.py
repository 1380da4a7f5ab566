"""DICOM by the basic profile of PS3.15 Annex E, dates moved (option 113107). Pixels stay as they are."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag
from pydicom.sequence import Sequence

from biodesci.core.errors import InputError
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import OF_PERSON, Making
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.dicom import dataset as datasets
from biodesci.inspection.formats.dicom import pixels, profile
from biodesci.inspection.formats.tally import Tally

_IDS: Final = ("PatientID", "OtherPatientIDs", "OtherPatientIDsSequence")
_DUMMY: Final = "ANONYMIZED"
_TEXTS: Final = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_CODED: Final = frozenset({"CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning"})
_DAY: Final = re.compile(r"\d{8}")
_DEEPEST: Final = 32
_META: Final = (
    "SourceApplicationEntityTitle",
    "SendingApplicationEntityTitle",
    "ReceivingApplicationEntityTitle",
    "PrivateInformationCreatorUID",
    "PrivateInformation",
)
_METHODS: Final = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)


def ids(path: Path) -> list[str]:
    """The ids of the person in a DICOM file; none of one that can't be read, which is refused later."""
    with datasets.lenient():
        try:
            dataset = dcmread(path, force=True, stop_before_pixels=True, specific_tags=list(_IDS))
            within = [dataset, *(dataset.get("OtherPatientIDsSequence") or ())]
            values = [of.get(keyword) for of in within for keyword in _IDS[:2]]
        except datasets.BROKEN:
            return []
    return [str(one) for value in values if value for one in _several(value)]


def mend(path: Path, target: Path, making: Making) -> None:
    """Writes a de-identified copy of a DICOM file.

    Raises InputError for pixels that may show who it is, for a medium's directory, and for a damaged file.
    """
    with datasets.lenient():
        datasets.read(path)  # refuses what is cut off or hostile
        try:
            _mended(dcmread(path, force=True), making).save_as(target)
        except datasets.BROKEN:
            raise InputError("An element of this DICOM file can't be read.", "Export it again.") from None


def _mended(dataset: Dataset, making: Making) -> Dataset:
    if "DirectoryRecordSequence" in dataset:
        raise InputError("A DICOMDIR names the people of its medium.", "Leave it out; tools make it anew.")
    _require_clean_pixels(dataset)
    person = str(dataset.get("PatientID", "") or "") or str(dataset.get("StudyInstanceUID", ""))
    _Mending(making, person).dataset(dataset, 0)
    _declare(dataset)
    dataset.preamble = bytes(128)
    for keyword in _META:
        if keyword in dataset.file_meta:
            del dataset.file_meta[keyword]
            making.mends.add(f"meta information {keyword}", Action.REMOVED, "it names a computer")
    if "SOPInstanceUID" in dataset:
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _require_clean_pixels(dataset: Dataset) -> None:
    tally = Tally()
    pixels.look(dataset, tally)
    grave = [finding for finding in tally.findings() if finding.level is Level.STOP]
    if grave:
        raise InputError(
            f"The picture may show who it is of ({grave[0].kind}), and pixels are not cleaned here.",
            "Clean them with an imaging program that sets BurnedInAnnotation to NO, or leave it out.",
        )


class _Mending:
    def __init__(self, making: Making, person: str) -> None:
        self._secret, self._mends, self._person = making.secret, making.mends, person
        self._shared = making.shared

    def dataset(self, dataset: Dataset, depth: int, within_dummy: bool = False) -> None:
        """Mends each element. Within a sequence that the profile wants replaced, texts go, too."""
        if depth > _DEEPEST:
            raise InputError("Sequences of this DICOM file are nested too deep.", "Leave it out.")
        for tag in list(dataset.keys()):
            element = dataset[tag]
            if element.tag.is_private:
                self._private(dataset, element)
                continue
            number = f"({element.tag.group:04X},{element.tag.element:04X})"
            place = f"tag {number} {keyword_for_tag(element.tag)}".rstrip()
            action = profile.action(int(element.tag))
            if element.VR == "SQ":
                self._sequence(dataset, element, action, place, depth)
            elif action is not None or element.VR in {"PN", "DA", "DT", "UN"}:
                self._element(dataset, element, action or "", place)
            elif within_dummy and element.VR in _TEXTS and element.keyword not in _CODED:
                self._element(dataset, element, "D", place)
            elif self._is_of_person(element):
                element.value = _dummy(element.VR)
                self._mends.add(place, Action.EMPTIED, OF_PERSON)

    def _is_of_person(self, element: Any) -> bool:
        """Whether a text that would stay holds an id of a person."""
        is_text = element.VR in _TEXTS or element.VR == "CS"
        return is_text and any(self._shared.holds(str(one)) for one in _several(element.value))

    def _private(self, dataset: Dataset, element: Any) -> None:
        group, number = element.tag.group, element.tag.element
        if element.tag.is_private_creator:
            block = [tag for tag in list(dataset.keys()) if tag.group == group and tag.element >> 8 == number]
            if any(profile.is_safe_private(str(element.value), int(tag)) for tag in block):
                return
        else:
            creator = dataset.get((group, number >> 8))
            is_safe = creator is not None and profile.is_safe_private(str(creator.value), int(element.tag))
            if is_safe and not self._is_of_person(element):
                return
        del dataset[element.tag]
        self._mends.add(
            f"private tags ({group:04X},xxxx)", Action.REMOVED, "private attributes are not known as safe"
        )

    def _sequence(self, dataset: Dataset, element: Any, action: str | None, place: str, depth: int) -> None:
        if action == "X":
            del dataset[element.tag]
            self._mends.add(place, Action.REMOVED, f"basic profile, {action}")
        elif action in {"Z", "X/Z"}:
            element.value = Sequence()
            self._mends.add(place, Action.EMPTIED, f"basic profile, {action}")
        else:
            for item in element.value or ():
                self.dataset(item, depth + 1, within_dummy=action is not None)

    def _element(self, dataset: Dataset, element: Any, action: str, place: str) -> None:
        text = str(element.value or "")
        if not text:
            return
        reason = (
            f"basic profile, {action}" if action else "persons and days, whichever attribute they stand in"
        )
        if element.VR == "UI":
            element.value = [self._secret.uid(str(value)) for value in _several(element.value)]
            self._mends.add("UIDs", Action.REPLACED, "basic profile, U")
        elif element.VR in {"DA", "DT"} and not element.keyword.endswith("BirthDate") and _DAY.match(text):
            element.value = self._moved(element)
            self._mends.add(place, Action.SHIFTED, "all dates of a person by the same number of days")
        elif action == "X" or element.VR == "UN":
            del dataset[element.tag]
            self._mends.add(place, Action.REMOVED, reason)
        elif element.keyword == "PatientID":
            element.value = self._secret.pseudonym(text)
            self._mends.add(place, Action.REPLACED, reason)
        elif "D" not in action:
            element.value = None
            self._mends.add(place, Action.EMPTIED, reason)
        else:
            element.value = _dummy(element.VR)
            self._mends.add(place, Action.EMPTIED, reason)

    def _moved(self, element: Any) -> list[str] | str:
        moved = [self._day(str(value)) for value in _several(element.value)]
        return moved if len(moved) > 1 else moved[0]

    def _day(self, text: str) -> str:
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            return ""
        return self._secret.moved(day, self._person).strftime("%Y%m%d")


def _several(value: Any) -> list[Any]:
    """The values of an element, which may have several."""
    return list(value) if hasattr(value, "append") else [value]


def _dummy(vr: str) -> Any:
    """A value that says nothing, of the type."""
    if vr in _TEXTS:
        return _DUMMY
    return {"TM": "000000", "DT": "19000101", "DA": "19000101", "AS": "000Y", "CS": "ANONYMIZED"}.get(vr)


def _declare(dataset: Dataset) -> None:
    """Says in the file what was done to it (PS3.15 E.1.1, PS3.3 C.7.1.1)."""
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"Basic profile of PS3.15 {profile.EDITION}"
    codes = []
    for value, meaning in _METHODS:
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
        codes.append(code)
    dataset.DeidentificationMethodCodeSequence = Sequence(codes)
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
