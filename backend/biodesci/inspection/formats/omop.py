"""A folder of tables by the OMOP Common Data Model 5.4 (ohdsi.github.io/CommonDataModel/cdm54.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Declared, Item, Member, Table
from biodesci.inspection.finding import Level
from biodesci.inspection.formats import tree
from biodesci.inspection.formats.tally import Tally
from biodesci.inspection.source import Source

TABLES: Final = frozenset(
    {
        "person",
        "observation_period",
        "visit_occurrence",
        "visit_detail",
        "condition_occurrence",
        "drug_exposure",
        "device_exposure",
        "procedure_occurrence",
        "measurement",
        "observation",
        "death",
        "note",
        "note_nlp",
        "specimen",
        "location",
        "care_site",
        "provider",
        "payer_plan_period",
        "cost",
        "condition_era",
        "drug_era",
        "dose_era",
        "episode",
        "episode_event",
        "fact_relationship",
        "cohort",
        "cohort_definition",
        "metadata",
        "cdm_source",
    }
)
_VOCABULARY: Final = frozenset(
    {
        "concept",
        "vocabulary",
        "domain",
        "concept_class",
        "concept_relationship",
        "relationship",
        "concept_synonym",
        "concept_ancestor",
        "source_to_concept_map",
        "drug_strength",
    }
)
_NUMBERS: Final = re.compile(
    r"(?!specimen_source_id)\w+_id|(?:year|month|day)_of_birth|value_as_number|range_(?:low|high)|quantity|"
    r"days_supply|refills|\w+_count|gap_days|dose_value|episode_number|total_\w+|paid_\w+|amount_allowed",
    re.IGNORECASE,
)
# The first line that fits the table and the column counts: table, column, kind, level, reason.
_COLUMNS: Final = tuple(
    (re.compile(table), re.compile(column, re.IGNORECASE), kind, level, reason)
    for table, column, kind, level, reason in (
        ("person", r"birth_datetime|day_of_birth", "date of birth", Level.STOP, "it is a person's birthday"),
        ("person", r"month_of_birth", "date of birth", Level.ASK, "with the year it narrows down who it is"),
        ("person|provider", r"\w*person_source_value|provider_source_value", "record number", Level.STOP,
         "it is the number in the system that the data come from"),
        ("provider", r"provider_name", "name", Level.STOP, "it is a person's name"),
        ("provider", r"npi|dea", "record number", Level.STOP, "registers name the person of this number"),
        ("location", r"address_[12]|city|zip|latitude|longitude|location_source_value", "address", Level.STOP,
         "it says where a person lives"),
        ("location", r"county", "address", Level.ASK, "few people live in some counties"),
        ("note", r"note_text", "free text", Level.STOP, "clinical notes name people"),
        ("note_nlp", r"snippet|lexical_variant", "free text", Level.STOP, "it is a part of a clinical note"),
        ("death", r"death_date(time)?", "date of death", Level.STOP, "deaths are published by day"),
        ("care_site", r"care_site_name|care_site_source_value", "institution or device", Level.ASK,
         "it names an institution"),
        (".*", r"unique_device_id|production_id|lot_number", "institution or device", Level.STOP,
         "a device's number leads to who has it"),
        (".*", r"value_as_string|sig|stop_reason|note_title|specimen_source_id", "free text", Level.ASK,
         "people may be named in it"),
        (".*", r"\w+_source_value", "source value", Level.ASK, "codes of the source are meant; confirm it"),
        (".*", r"\w+_(date|datetime)", "date", Level.ASK, "days lead to a person unless they are shifted"),
    )
)  # fmt: skip


class Omop:
    """Tables of a common data model, in files of whichever table format."""

    name = "OMOP CDM"
    media_type = "application/x-omop-cdm"

    def recognises(self, source: Source) -> bool:
        """A folder with a table of persons and at least one other, by the names that the model gives."""
        if source.path is None or not source.is_folder:
            return False
        names = {named(entry.name) for entry in source.path.iterdir() if entry.is_file()}
        return "person" in names and len(names & TABLES) > 1

    def read(self, source: Source, declared: Declared) -> Iterator[Item]:
        """The tables, and findings of the columns in which the model keeps what identifies people."""
        from biodesci.inspection.formats import recognise  # noqa: PLC0415  # which has this format, too

        tally = Tally(source.where)
        yield from tree.names(source)
        for file in tree.members(source):
            name = named(file.name)
            format_ = recognise(file) if name in TABLES else None
            if format_ is None:
                yield Member(file)
                continue
            with tree.placed(file):
                for item in format_.read(file, declared):
                    yield _watched(item, file, tally) if isinstance(item, Table) else item
        yield from tally.findings()


def is_number(table: str, column: str) -> bool:
    """Whether a column of an OMOP folder is of a vocabulary, or holds numbers of concepts, visits, amounts:
    some are like a person's id by chance."""
    return table in _VOCABULARY or _NUMBERS.fullmatch(column) is not None


def named(name: str) -> str:
    """The table that a file is, by its name."""
    return name.lower().split(".", 1)[0]


def _watched(table: Table, file: Source, tally: Tally) -> Table:
    """The same table; as its batches are read, values in columns that identify people are counted."""
    name, rules = named(file.name), {}
    for column in table.schema.names:
        for tables, columns, kind, level, reason in _COLUMNS:
            if tables.fullmatch(name) and columns.fullmatch(column):
                rules[column] = (kind, level, reason)
                break

    def batches() -> Iterator[pa.RecordBatch]:
        # The caller reads them, when the block around this table's making has long been left.
        with tree.placed(file):
            yield from counted()

    def counted() -> Iterator[pa.RecordBatch]:
        for batch in table.batches:
            for column, (kind, level, reason) in rules.items():
                values = batch.column(column)
                present = len(values) - values.null_count
                if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                    present -= pc.sum(pc.equal(pc.utf8_trim_whitespace(values), "")).as_py() or 0
                if present:
                    tally.add(f"table {name}, column {column!r}", kind, level, reason, present)
            yield batch

    return replace(table, name=name, batches=batches())
