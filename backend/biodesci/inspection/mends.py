"""What answers a finding: the option, or what has to be changed in the data. One sentence or two a kind."""

from __future__ import annotations

from typing import Final

from biodesci.inspection.finding import Finding, Level

PUBLIC: Final = "the public "
"""How the place of a finding begins that is of a card's text and not of the data."""
BESIDE: Final = "beside the data"
"""How the place of a finding ends that is of bytes which no reader of the format gives."""
UNKNOWN_ROWS: Final = "rows of unknown persons"
FALSE_ROWS: Final = "rows declared to be people"
PUBLIC_CODE: Final = "code that names a person"
UNCLEAR_IDS: Final = "ids that may not be persons'"
MOVED_DATE: Final = "moved date"
NAMED_CREATOR: Final = "person named as creator"

_COPY: Final = "biodesci dataset check FILE --deidentify COPY"
_NOTHING: Final = "Nothing has to be done."
_PUBLIC_TEXT: Final = "Change this text: it stands on the card, which is public for ever."
_BESIDE: Final = "Write the data to a new file: export them, or save them under another name."
_UNREAD: Final = (
    "Save it in a format that is looked into, such as CSV, Parquet or text (docs/tables.md, "
    "docs/formats.md), or leave it out."
)
_BY_SENTENCE: Final[dict[str, tuple[str, ...]]] = {
    f"Leave it out, or have a copy made without it: {_COPY}.": (
        "IP address", "account or insurance", "address", "address of a server",
        "address or telephone number", "attached document", "attribute of unknown type",
        "attribute that the profile removes", "biometric or photo", "bytes that the profile removes",
        "city", "coordinates", "device or vehicle", "e-mail", "institution or device", "name",
        "national id", "phone or fax", "photograph", "place", "private attribute",
        "telephone number or e-mail address", "time of day", "unique identifiers",
        "user name in a path", "web address",
    ),
    f"Where these ids lead to nobody outside: --pseudonym COLUMN. Else leave them out: {_COPY}.": (
        "UUID", "pseudonymous id", "record number", "resource id", "source value",
    ),
    f"Move the dates, or keep the year alone: {_COPY}; with --person COLUMN a person's dates move by "
    "one number of days.": ("date",),
    "Where you made this copy, or trust who made it and the report beside it: --confirm.": (MOVED_DATE,),
    f"Keep the year alone, or leave it out: {_COPY}. A date of birth never moves.": ("date of birth",),
    f"Leave it out, or have a copy made without it, or with the day moved: {_COPY}.": ("date of death",),
    f"Group those over 89 together: {_COPY}.": ("age over 89",),
    "Coarsen it (five years, the first digits), or leave it out.": (
        "characteristic of a person", "postcode", "year", "year of birth",
    ),
    "Coarsen or leave out one of these columns. --quasi COLUMN says which ones somebody could know.": (
        "group of one kind", "rare combination",
    ),
    f"Read it, or leave it out: {_COPY}. A column of codes and not of words: --code COLUMN.": (
        "attached text", "free text", "narrative",
    ),
    "Give one of the two; of one table among several the second is --people-table TABLE.": (UNKNOWN_ROWS,),
    "If that column is of persons, give --person COLUMN, and neither --rows-are-people nor --people-table.": (
        FALSE_ROWS,
    ),
    "Name the column of which one person has one value: --person COLUMN; write one where there is none. If "
    "this one is, look at its ids, and give it and --confirm.": (UNCLEAR_IDS,),
    "Write other codes, or give this column without --code. If they name nobody: --confirm.": (PUBLIC_CODE,),
    "If this person agreed to be named: --confirm. Else name the institution: --creator.": (NAMED_CREATOR,),
    "Where the first line is a record: --header no. Where it names the columns: --header yes.": (
        "first line that seems a record",
    ),
    "Give the columns names that name nobody. Where the first line is a record: --header no.": (
        "identifier as a column's name",
    ),
    "Name each column, and each differently, if this matters to those who read it.": (
        "column name used twice", "unnamed column",
    ),
    "Save numbers with a decimal point and nothing between thousands, if who reads the data should not have "
    "to say how they are written.": ("decimal comma", "thousands separator"),
    "Save it as UTF-8, if letters look wrong.": ("encoding",),
    "Remove the lines above the header.": ("text before the header",),
    "Remove it, or unhide it and look at it.": ("hidden sheet",),
    "Save the values alone, without formulas or macros.": ("formula", "macros"),
    "Save it as .xlsx, or as CSV.": ("old workbook", "formulas that are not read"),
    "Write the database anew, without what was deleted: VACUUM.": ("deleted rows",),
    "Save the values as text or numbers, or leave them out.": (
        "array that is not read", "attribute that is not read", "column that is not read",
        "text that is not read", "texts that are not read", "values that are not read",
    ),
    "Remove them, for example by saving the file anew.": (
        "DICOM header", "NUL byte", "bytes that are not read", "extra field that is not read",
    ),
    "Copy into the file what it leads to.": ("data in another file", "link to another file"),
    "Replace it by what it leads to, if that is meant.": ("link in an archive",),
    "Pack it again without a password.": ("encrypted member",),
    "Leave it out.": ("empty file",),
    "Export it again, if it should be valid.": ("resource that is not valid",),
    "Blank the writing in the image, or leave the image out.": (
        "burnt-in text", "label image", "words or faces in a picture",
    ),
    "Have the face removed from the images (defacing), or leave them out.": ("recognisable person",),
    "Publish what was computed of them (counts, frequencies) instead, or make sure that everybody in them "
    "consented: no genome is anonymous.": (
        "genetic sequences", "individual genotypes", "individual reads", "reads", "sample or pedigree",
    ),
    "Rename the reads, so that they name neither instrument nor run.": ("instrument and run",),
    _UNREAD: ("format that is not read", "pickle", "sheet that is not read"),
}  # fmt: skip
MENDS: Final = {kind: sentence for sentence, kinds in _BY_SENTENCE.items() for kind in kinds}


def mend(finding: Finding) -> str:
    """What answers a finding, besides the reason or the confirmation that its level asks for."""
    if finding.place.startswith(PUBLIC) and finding.kind != NAMED_CREATOR:
        return _PUBLIC_TEXT
    if finding.place.endswith(BESIDE):
        return _BESIDE
    # Formats that are known and not read have their name in the kind.
    sentence = MENDS.get(finding.kind) or _UNREAD
    # What is noted of persons was looked at: a year, a pseudonym, a date that was moved.
    return _NOTHING if finding.level is Level.NOTE and _COPY in sentence else sentence
