"""Makes the de-identified copy of a file or folder, each file by its format."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify.mend import Action, Mend, Mends
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import recognise, tree
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.inspection.source import Source

_TABLES = frozenset({"delimited table", "Parquet"})


def deidentify(path: Path, target: Path, inspection: Inspection, declared: Declared) -> list[Mend]:
    """Writes the copy of `path`, a file or folder, to `target`, which must not be there; says what was done.

    `inspection` is the one of `path`. In a folder DICOM files are renamed by number, as their names often are
    a patient's; a file of a format that is not de-identified here is copied where nothing in it stops.
    Raises InputError for a file that stops and can't be mended; then there is no copy.
    """
    if target.exists():
        raise InputError(f"There is a file {target} already.", "Name another for the copy.")
    if target.resolve().is_relative_to(path.resolve()):
        raise InputError("The copy would be within what it is made of.", "Name another place for it.")
    mends = Mends()
    # Under another name until it is whole, beside the target, for its owner's eyes (mode 0700).
    with tempfile.TemporaryDirectory(prefix=".biodesci-", dir=target.absolute().parent) as folder:
        copy = Path(folder, "copy")
        making = _Copying(inspection.findings, declared, Secret(), mends)
        if path.is_dir():
            copy.mkdir()
            making.folder(path, copy)
        else:
            making.file(Source.of(path), copy)
        copy.rename(target)
    return mends.all()


class _Copying:
    def __init__(self, findings: list[Finding], declared: Declared, secret: Secret, mends: Mends) -> None:
        self._findings, self._declared, self._secret, self._mends = findings, declared, secret, mends

    def folder(self, path: Path, copy: Path) -> None:
        """Each file by its format. DICOM files get numbers for names."""
        for number, file in enumerate(tree.members(Source.of(path)), 1):
            assert file.path is not None, "a folder's files are on disk"
            inner = file.path.relative_to(path)
            format_ = recognise(file)
            if format_ is not None and format_.name == "DICOM file":
                if file.path.name.upper() == "DICOMDIR":
                    self._mends.add("DICOMDIR", Action.LEFT_OUT, "it names people, and tools make it anew")
                    continue
                inner = Path(f"{number:06}.dcm")
                self._mends.add("names of DICOM files", Action.REPLACED, "they often are a patient's")
            destination = copy / inner
            destination.parent.mkdir(parents=True, exist_ok=True)
            with tree.placed(file):
                self.file(file, destination)

    def file(self, file: Source, destination: Path) -> None:
        """One file. Raises InputError where it stops and can't be mended."""
        assert file.path is not None, "it is on disk"
        format_ = recognise(file)
        match format_.name if format_ is not None else "":
            case "DICOM file":
                from biodesci.inspection.deidentify import dicom  # noqa: PLC0415  # pydicom is slow to load

                dicom.mend(file.path, destination, self._secret, self._mends)
            case "FHIR R4":
                from biodesci.inspection.deidentify import fhir  # noqa: PLC0415  # as above

                fhir.mend(file.path, destination, self._secret, self._mends)
            case name if name in _TABLES:
                from biodesci.inspection.deidentify import tables  # noqa: PLC0415  # as above

                tables.mend(file, destination, self._of(file), self._declared, self._secret, self._mends)
            case _:
                self._unchanged(file.path, destination)

    def _of(self, file: Source) -> list[Finding]:
        """A table's findings: in a folder its own, and what the folder's model knows of it."""
        if not file.where:
            return self._findings
        assert file.path is not None, "a folder's files are on disk"
        stem = file.name.lower().split(".", 1)[0]
        by_model = [finding for finding in self._findings if finding.place.startswith(f"table {stem}, ")]
        return inspect(file.path, self._declared).findings + by_model

    def _unchanged(self, path: Path, destination: Path) -> None:
        grave = inspect(path, self._declared).of(Level.STOP)
        if grave:
            raise InputError(
                f"A file of this format can't be de-identified here, and {grave[0].kind} stops it.",
                "Leave it out, or mend it with a program for its format.",
            )
        shutil.copyfile(path, destination)
