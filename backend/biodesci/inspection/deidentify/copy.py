"""Makes the de-identified copy of a file or folder, each file by its format."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared, MovedColumn
from biodesci.inspection.deidentify import member
from biodesci.inspection.deidentify.mend import Action, Deidentified, Mends
from biodesci.inspection.deidentify.names import Names
from biodesci.inspection.deidentify.plan import Change, Making
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import omop, recognise, tree
from biodesci.inspection.inspect import Inspection
from biodesci.inspection.source import Source


def deidentify(path: Path, target: Path, inspection: Inspection, declared: Declared) -> Deidentified:
    """Writes the copy of `path`, a file or folder, to `target`, which must not be there; says what was done.

    `inspection` is the one of `path`. Ids of persons are replaced alike in all files of a folder. Files of a
    folder whose names may name people get numbers; a file of a format that is not de-identified here is
    copied where nothing in it stops. Raises InputError for a file that stops and can't be mended; then there
    is no copy.
    """
    if target.exists():
        raise InputError(f"There is a file {target} already.", "Name another for the copy.")
    if target.resolve().is_relative_to(path.resolve()):
        raise InputError("The copy would be within what it is made of.", "Name another place for it.")
    secret, mends = Secret(), Mends()
    making = Making(secret, mends, secret.pseudonym, declared.person is not None)
    # Under another name until it is whole, beside the target, for its owner's eyes (mode 0700).
    moved: set[MovedColumn] = set()
    with tempfile.TemporaryDirectory(prefix=".biodesci-", dir=target.absolute().parent) as folder:
        copy = Path(folder, "copy")
        if inspection.format == "BIDS dataset":
            from biodesci.inspection.deidentify import bids  # noqa: PLC0415  # for such folders alone

            moved |= bids.mend(path, copy, declared, making)
        elif path.is_dir():
            moved |= _folder(path, copy, inspection, declared, making)
        else:
            member.gather(Source.of(path), inspection, declared, making)
            moved |= member.mend(Source.of(path), copy, inspection, declared, making)
        copy.rename(target)
    return Deidentified(mends.all(), frozenset(moved))


def _folder(
    path: Path, copy: Path, inspection: Inspection, declared: Declared, making: Making
) -> set[MovedColumn]:
    """Each file by its format. DICOM files get numbers for names. Gives the columns whose days moved."""
    copy.mkdir()
    moved: set[MovedColumn] = set()
    is_omop = inspection.format == "OMOP CDM"
    files = tree.members(Source.of(path))
    own_of = _gathered(files, declared, making, inspection.findings if is_omop else None)
    inner_of = [file.path.relative_to(path) for file in files if file.path is not None]
    names = Names(making.mends, making.shared, inner_of)
    for number, file in enumerate(files, 1):
        assert file.path is not None, "a folder's files are on disk"
        format_ = recognise(file)
        inner = names.of(file.path.relative_to(path))
        if format_ is not None and format_.name == "DICOM file":
            if file.path.name.upper() == "DICOMDIR":
                making.mends.add("DICOMDIR", Action.LEFT_OUT, "it names people, and tools make it anew")
                continue
            inner = Path(f"{number:06}.dcm")
            making.mends.add("names of DICOM files", Action.REPLACED, "they often are a patient's")
        destination = copy / inner
        destination.parent.mkdir(parents=True, exist_ok=True)
        with tree.placed(file):
            known = own_of.pop(file.path, None)
            own, narrowed, of_file = known or (*member.inspected(file.path, declared), making)
            days = member.mend(file, destination, own, narrowed, of_file)
        moved |= {_placed(day, inner, is_omop=is_omop) for day in days}
    return moved


def _placed(day: MovedColumn, inner: Path, *, is_omop: bool) -> MovedColumn:
    """The column as the inspection of the copy calls it: tables of the OMOP model are such of the folder."""
    table = omop.named(inner.name)
    if is_omop and table in omop.TABLES:
        return MovedColumn("", table, day.column)
    return day._replace(file=(inner / day.file).as_posix())


def _gathered(
    files: list[Source], declared: Declared, making: Making, of_model: list[Finding] | None
) -> dict[Path, tuple[Inspection, Declared, Making]]:
    """Takes in the ids of all files: each file needs those of all. Gives what is known of files of tables;
    `of_model` are the findings of an OMOP folder."""
    own_of = {}
    for file in files:
        assert file.path is not None, "a folder's files are on disk"
        with tree.placed(file):
            if not member.holds_tables(file):
                member.gather_untabled(file, making)
            else:
                (own, narrowed), of_file = member.inspected(file.path, declared), making
                if of_model is not None:
                    own, of_file = _by_model(own, omop.named(file.name), of_model, making)
                member.gather(file, own, narrowed, of_file)
                own_of[file.path] = own, narrowed, of_file
    return own_of


def _by_model(
    own: Inspection, table: str, findings: list[Finding], making: Making
) -> tuple[Inspection, Making]:
    """The same for a table of the OMOP Common Data Model, in whose light columns are what the model says.

    Its ids are whole numbers, its days are days, and both stay so. A fact may be a person's relation to
    another, by their ids.
    """
    start = f"table {table}, "
    known = [
        replace(finding, place=finding.place.removeprefix(start))
        for finding in findings
        if finding.place.startswith(start)
    ]
    names = [name for inspected in own.tables for name in inspected.schema.names]
    stopped = {finding.place: finding.kind for finding in known if finding.level is Level.STOP}
    given = {
        name: Change(Action.REMOVED, stopped[f"column {name!r}"])
        for name in names
        if f"column {name!r}" in stopped
    }
    if table == "fact_relationship":
        facts = Change(Action.REMOVED, "a fact may be a person")
        given |= {name: facts for name in names if name.lower() in {"fact_id_1", "fact_id_2"}}
    by_model = replace(
        making,
        replaced=making.secret.number,
        moves=True,
        numbers=True,
        given=given,
        may_tell=lambda column: not omop.is_number(table, column),
    )
    return replace(own, findings=[*own.findings, *known]), by_model
