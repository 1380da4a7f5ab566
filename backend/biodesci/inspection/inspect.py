"""One pass over what is to be published: its format, what a card may tell, and what may name people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from biodesci.core.airlock.overlap import Sketch
from biodesci.core.errors import InputError
from biodesci.inspection import residues
from biodesci.inspection.content import Declared, Member, Passage, Residue, Rows, Table, require_width
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import recognise
from biodesci.inspection.identifiers import TableCheck, check_text
from biodesci.inspection.identifiers.codes import check_codes
from biodesci.inspection.likeness import Likeness
from biodesci.inspection.mends import FALSE_ROWS, MOVED_DATE, UNCLEAR_IDS, UNKNOWN_ROWS
from biodesci.inspection.merging import merged
from biodesci.inspection.source import Source
from biodesci.inspection.summary import Summary, TableSummary

_DEEPEST: Final = 4  # archives within archives
_LISTED: Final = 40  # names of columns or tables in an error
_ENDS: Final = re.compile(r"[:,] ")  # after what calls a file or member, in a place

_NOBODY_KNOWS: Final = (
    "nobody said whose the rows are, so the card releases no count of this table: name the column of persons "
    "(--person COLUMN), or declare that each row is another person (--rows-are-people)"
)


def nothing(_: object) -> None:
    """For who wants to know nothing of the progress."""


@dataclass
class Inspection:
    """What a file or folder holds. `media_type` is None for a format that is not read. `names` are those by
    which a steward may name a table, each with how many tables have it, `full_names` the one of each table
    that says it in full, and `files` the names of files and members, by what findings call them, where
    something was found; the data's owner alone sees them."""

    media_type: str | None = None
    format: str | None = None
    tables: list[TableSummary] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter, repr=False, compare=False)
    full_names: list[str] = field(default_factory=list, repr=False, compare=False)
    files: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    root: Path = field(default=Path(), repr=False, compare=False)
    progress: Callable[[int], None] = field(default=nothing, repr=False, compare=False)
    sketch_key: bytes | None = field(default=None, repr=False, compare=False)
    reading: Callable[[str], None] = field(default=nothing, repr=False, compare=False)

    @property
    def sketches(self) -> tuple[Sketch, ...] | None:
        """Of the tables; None where they were made by no key."""
        if self.sketch_key is None:
            return None
        return tuple(one.table.sketch for one in self.tables if one.table.sketch is not None)

    def without_sketches(self) -> Inspection:
        """The same, as if there had been no key of sketches."""
        tables = [replace(one, table=replace(one.table, sketch=None)) for one in self.tables]
        return replace(self, tables=tables, sketch_key=None)

    def with_file(self, finding: Finding) -> Finding:
        """A finding with its file's name beside the number, for the data's owner alone."""
        return replace(finding, place=self.place_with_file(finding.place))

    def place_with_file(self, place: str) -> str:
        """The same of a place alone."""
        where = next((start for start in _starts(place) if start in self.files), None)
        return place if where is None else f"{_called(where, self.files[where])}{place[len(where) :]}"

    def of(self, level: Level) -> list[Finding]:
        """The findings of one level."""
        return [finding for finding in self.findings if finding.level is level]


def inspect(
    path: Path,
    declared: Declared | None = None,
    progress: Callable[[int], None] | None = None,
    sketch_key: bytes | None = None,
    reading: Callable[[str], None] | None = None,
) -> Inspection:
    """Looks into a file or folder. `progress` is told how many more bytes of tables were looked at, `reading`
    which file or member comes next. With the home's `sketch_key` tables have sketches, by which later ones of
    the same people are recognised. Libraries in C read the file in this process: apart.py has one for them.

    Raises InputError where there is none, for a file of a known format that is damaged, and for a declared
    column or table that is not there: a mistyped name must not pass for one that was looked at.
    """
    if not path.exists():
        raise InputError(f"There is no file {path}.", "Check the path.")
    inspection = Inspection(progress=progress or nothing, sketch_key=sketch_key, root=path)
    inspection.reading = reading or inspection.reading
    source = Source.of(path)
    format_ = recognise(source)
    if format_ is not None:
        inspection.format, inspection.media_type = format_.name, format_.media_type
    declared = declared or Declared()
    _read(source, declared, inspection)
    _require_columns(declared, inspection)
    _require_tables(declared, inspection)
    inspection.findings = merged(inspection.findings)
    numbered = {start for finding in inspection.findings for start in _starts(finding.place)}
    inspection.files = {where: name for where, name in inspection.files.items() if where in numbered}
    return inspection


def within(declared: Declared, inspection: Inspection) -> Declared:
    """What is declared of the columns and tables that data hold, of which `inspection` is: of a copy without
    some of the columns, or of one file of many."""
    names = {name for table in inspection.tables for name in table.schema.names}
    return replace(
        declared,
        person=declared.person if declared.person in names else None,
        codes=declared.codes & names,
        quasi=tuple(name for name in declared.quasi if name in names),
        pseudonyms=declared.pseudonyms & names,
        rows_are_people=declared.rows_are_people and _is_one_table(inspection),
        people_tables=declared.people_tables & inspection.names.keys(),
    )


def _is_one_table(inspection: Inspection) -> bool:
    return sum(table.rows is not Rows.THINGS for table in inspection.tables) == 1


def _require_columns(declared: Declared, inspection: Inspection) -> None:
    named = {*declared.codes, *declared.quasi, *declared.pseudonyms}
    if declared.person is not None:
        named.add(declared.person)
    there = dict.fromkeys(name for table in inspection.tables for name in table.schema.names)
    if missing := sorted(named - there.keys()):
        listed = ", ".join(list(there)[:_LISTED]) + (" ..." if len(there) > _LISTED else "")
        raise InputError(
            f"There is no column {', '.join(map(repr, missing))} in the data.",
            f"The columns are: {listed or 'none, as it holds no table'}.",
        )


def _require_tables(declared: Declared, inspection: Inspection) -> None:
    tables = list(dict.fromkeys(inspection.full_names))
    listed = ", ".join(tables[:_LISTED]) + (" ..." if len(tables) > _LISTED else "")
    if missing := sorted(declared.people_tables - inspection.names.keys()):
        raise InputError(
            f"There is no table {', '.join(map(repr, missing))} in the data.",
            f"The tables are: {listed or 'none'}.",
        )
    if several := sorted(name for name in declared.people_tables if inspection.names[name] > 1):
        raise InputError(
            f"Several tables are called {', '.join(map(repr, several))}.",
            f"Name the one that is meant in full. The tables are: {listed}.",
        )
    if declared.rows_are_people and not _is_one_table(inspection):
        raise InputError(
            "The data are not one table, so that nobody knows the rows of which are people.",
            f"Say it of each that is meant: --people-table TABLE. The tables are: {listed or 'none'}.",
        )


def _read(source: Source, declared: Declared, inspection: Inspection) -> None:
    place = source.where or "file"
    inspection.reading(place)
    if source.where:
        inspection.files[source.where] = _file(source, inspection.root)
    format_ = recognise(source) if source.depth <= _DEEPEST else None
    if format_ is None:
        reason = "no reader here knows this format, so nobody looked into it"
        inspection.findings.append(Finding(place, "format that is not read", Level.STOP, reason))
        return
    for item in format_.read(source, declared):
        match item:
            case Table():
                _take_table(item, source, declared, inspection)
            case Passage():
                inspection.findings += check_text(item.place, item.text, is_list=item.is_list)
            case Member():
                _read(item.source, declared, inspection)
            case Residue():
                inspection.findings += residues.look(item)
            case Finding():
                inspection.findings.append(item)


def _take_table(table: Table, source: Source, declared: Declared, inspection: Inspection) -> None:
    place = ", ".join(part for part in (source.where, table.name) if part)
    require_width(len(table.schema), source.begins or "The table")
    # Of 300,000 columns each step takes a minute: whoever waits is shown that it was taken.
    check = TableCheck(table.schema, declared, place, lambda: inspection.progress(0))
    inspection.progress(0)
    file = _file(source, inspection.root)
    names = _names(table, source, file)
    inspection.names.update(names)
    inspection.full_names.append(names[0])
    is_declared = table.rows is not Rows.THINGS and (
        declared.rows_are_people or not declared.people_tables.isdisjoint(names)
    )
    summary = Summary(
        _label(table, source, file), table.schema, declared, Rows.PEOPLE if is_declared else table.rows
    )
    inspection.progress(0)
    key = inspection.sketch_key
    likeness = None if key is None else Likeness(table.schema, declared.person, key)
    for batch in table.batches:
        check.feed(batch)
        inspection.progress(0)
        summary.feed(batch)
        if likeness is not None:
            likeness.feed(batch)
        inspection.progress(batch.nbytes)
    inspection.progress(0)
    inspection.findings += [
        _of_moved(finding, place, declared, _moved(table, source, declared, inspection.root))
        for finding in check.finish()
    ]
    inspection.progress(0)
    summed = summary.finish()
    if likeness is not None:
        summed = replace(summed, table=replace(summed.table, sketch=likeness.finish()))
    inspection.tables.append(summed)
    for column in summed.table.columns:
        if column.name in declared.codes:
            printed = [bar.value for bar in column.released.bars if bar.value is not None]
            inspection.findings += check_codes(printed, f"{place + ': ' * bool(place)}column {column.name!r}")
    amiss = (
        _of_rows(summed, place or "table", is_declared=is_declared),
        _of_ids(summed, place or "table", is_declared=is_declared or summed.person is not None),
    )
    inspection.findings += [one for one in amiss if one is not None]


def _moved(table: Table, source: Source, declared: Declared, root: Path) -> set[str]:
    """The columns of a table of which the report of a de-identified copy says that it moved their days. Of
    files within archives no report says anything."""
    if declared.moved is None or source.path is None:
        return set()
    where = ("" if source.path == root else _file(source, root), table.name)
    return {column for *of, column in declared.moved.columns if tuple(of) == where}


def _of_moved(finding: Finding, place: str, declared: Declared, moved: set[str]) -> Finding:
    """The finding; of days that moved one that asks."""
    places = {f"{place + ': ' * bool(place)}column {name!r}" for name in moved}
    if declared.moved is None or finding.place not in places:
        return finding
    if (finding.kind, finding.level) != ("date", Level.STOP):
        return finding
    reason = (
        "its days moved when this copy was made, says the de-identification report beside it "
        f"(SHA-256 {declared.moved.report.hex()})"
    )
    return replace(finding, kind=MOVED_DATE, level=Level.ASK, reason=reason)


def _of_rows(table: TableSummary, place: str, *, is_declared: bool) -> Finding | None:
    """What is amiss with what is known of the rows."""
    if is_declared and table.repeat and table.person is not None:
        reason = f"column {table.person!r} has one person in several rows, so the rows are not people"
        return Finding(place, FALSE_ROWS, Level.STOP, reason)
    if is_declared and table.repeat:
        reason = f"column {table.doubtful!r} may be of persons, and has one of them in several rows"
        return Finding(place, FALSE_ROWS, Level.ASK, reason)
    if table.rows is not Rows.UNKNOWN or table.is_counted:
        return None
    hint = table.unclear
    if hint is None and table.doubtful is not None:
        hint = f"column {table.doubtful!r} may be of persons, or of something else"
    return Finding(place, UNKNOWN_ROWS, Level.NOTE, "; ".join(filter(None, (_NOBODY_KNOWS, hint))))


def _of_ids(table: TableSummary, place: str, *, is_declared: bool) -> Finding | None:
    """What is amiss with the ids of persons of a table of which people were declared."""
    if table.unclear is None or not is_declared:
        return None
    return Finding(place, UNCLEAR_IDS, Level.ASK, table.unclear)


def _starts(place: str) -> list[str]:
    """What a place may begin with that calls a file or member, the longest first."""
    return [place, *(place[: end.start()] for end in reversed(list(_ENDS.finditer(place))))]


def _called(where: str, file: str) -> str:
    return f"{where} ({file})"


def _label(table: Table, source: Source, file: str) -> str:
    """What its owner is shown as a table's name: the number and name of its file, and its own name."""
    return ", ".join(part for part in (source.where and _called(source.where, file), table.name) if part)


def _file(source: Source, root: Path) -> str:
    """A file's name; in a folder with the folders below that one before it."""
    if source.path is not None and source.path != root and source.path.is_relative_to(root):
        return source.path.relative_to(root).as_posix()
    return source.name


def _names(table: Table, source: Source, file: str) -> list[str]:
    """By which a table is named, the one that says it in full first: its own name, in a file among others
    with that file's before it; or its file's, with folder and ending or without."""
    if table.name:
        return [f"{file}, {table.name}" if source.where else table.name]
    path = PurePosixPath(file)
    return list(dict.fromkeys((file, path.name, path.stem)))
