"""What the header says of the pixels, which nobody here reads: burnt-in words, faces, labels."""

from __future__ import annotations

from typing import Final

from pydicom import Dataset

from biodesci.inspection.finding import Level
from biodesci.inspection.formats.tally import Tally

# Devices that write names into the picture, and pictures that are screenshots, scans and photographs.
_WRITTEN_INTO: Final = {
    "US",
    "SC",
    "XC",
    "OT",
    "ES",
    "GM",
    "RF",
    "XA",
    "ECG",
    "DOC",
    "IVUS",
    "OP",
    "DX",
    "CR",
    "",
}
_SCREENSHOTS: Final = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture Image Storage, and what begins with it
_VOLUMES: Final = {"CT", "MR", "PT"}
_FACES: Final = (
    "HEAD",
    "BRAIN",
    "SKULL",
    "FACE",
    "NECK",
    "ORBIT",
    "SINUS",
    "JAW",
    "MAXILL",
    "MANDIB",
    "EYE",
    "EAR",
)


def look(dataset: Dataset, tally: Tally) -> None:
    """Says of a dataset with pixels what they may show."""
    if "PixelData" not in dataset:
        return
    modality = str(dataset.get("Modality", "") or "").strip().upper()
    place = "pixels"
    burnt = str(dataset.get("BurnedInAnnotation", "") or "").strip().upper()
    is_screenshot = str(dataset.get("SOPClassUID", "") or "").startswith(_SCREENSHOTS)
    if burnt == "YES":
        tally.add(place, "burnt-in text", Level.STOP, "the file says that words are part of the picture")
    elif burnt != "NO" and (modality in {"US", "SC", "XC", "ES", "OT"} or is_screenshot):
        reason = "pictures of this kind often show names, and the file doesn't say that this one shows none"
        tally.add(place, "burnt-in text", Level.STOP, reason)
    elif burnt != "NO" and modality in _WRITTEN_INTO:
        reason = "the file doesn't say whether words are part of the picture"
        tally.add(place, "burnt-in text", Level.ASK, reason)
    kinds = [str(part).upper() for part in dataset.get("ImageType", None) or []]
    if "LABEL" in kinds or str(dataset.get("SpecimenLabelInImage", "")).upper() == "YES":
        tally.add(place, "label image", Level.STOP, "a slide's label shows who it is of")
    _faces(dataset, modality, tally)


def _faces(dataset: Dataset, modality: str, tally: Tally) -> None:
    recognizable = str(dataset.get("RecognizableVisualFeatures", "") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined", "") or "").strip().upper()
    if recognizable == "YES" or (modality == "XC" and recognizable != "NO"):
        tally.add("pixels", "recognisable person", Level.STOP, "the picture may show a face")
    elif modality in _VOLUMES and recognizable != "NO" and (not part or any(f in part for f in _FACES)):
        reason = (
            "a face can be reconstructed from images of a head; confirm that it was removed or isn't shown"
        )
        tally.add("pixels", "recognisable person", Level.ASK, reason)
