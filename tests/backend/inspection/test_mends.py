"""Every kind of finding that there is has a sentence that says what answers it."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

import biodesci.inspection
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import deidentify
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import omop
from biodesci.inspection.formats.dicom import attributes
from biodesci.inspection.formats.fhir import elements
from biodesci.inspection.formats.unread import OLD_OFFICE, UNREAD
from biodesci.inspection.identifiers import forms, headings
from biodesci.inspection.inspect import inspect
from biodesci.inspection.mends import (
    FALSE_ROWS,
    MENDS,
    MOVED_DATE,
    NAMED_CREATOR,
    PUBLIC,
    PUBLIC_CODE,
    UNCLEAR_IDS,
    UNKNOWN_ROWS,
    mend,
)

PACKAGE = Path(biodesci.inspection.__file__).parent
# Where the kind of a finding stands among the arguments.
CALLS = {"Finding": 1, "add": 1, "Verdict": 0}
# Expressions that are a kind of another finding, or of one of the tables below.
PASSED_ON = {
    "kind", "_KIND", "name", "of.kind", "verdict.kind", "first.kind", "f'{self.name} that is not read'",
    "FALSE_ROWS", "PUBLIC_CODE", "UNCLEAR_IDS", "UNKNOWN_ROWS",
}  # fmt: skip
TABLES = {
    *(kind for _, _, kind, _, _ in omop._COLUMNS),
    *(kind for _, _, kind, _, _ in attributes._RULES),
    *(kind for _, kind in elements._TOLD_BY_URL),
    *headings._PLAIN, *headings._DOUBTFUL,
    *(form.kind for form in forms.FORMS),
}  # fmt: skip


def kinds() -> Iterator[tuple[str, str]]:
    """Each kind that the code writes, with the file: as an argument, or as what a variable `kind` is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "deidentify" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for expression in _expressions(node):
                parts = (
                    [expression.body, expression.orelse]
                    if isinstance(expression, ast.IfExp)
                    else [expression]
                )
                for part in parts:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                        yield part.value, path.name
                    elif not isinstance(part, ast.Constant):
                        yield f"<{ast.unparse(part)}>", path.name


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name in CALLS and len(node.args) >= 3:
            yield node.args[CALLS[name]]
    if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_KIND" and node.value:
        yield node.value
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == "kind" and _says(node.value):
                yield node.value
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                names = [getattr(one, "id", "") for one in target.elts]
                if names == ["kind", "reason"]:
                    yield node.value.elts[0]


def _says(value: ast.expr) -> bool:
    parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    return all(isinstance(part, ast.Constant) for part in parts)


def test_every_kind_of_finding_has_its_mend() -> None:
    written = set(kinds())
    assert len(written) > 80
    dynamic = {kind.strip("<>") for kind, _ in written if kind.startswith("<")}
    assert dynamic <= PASSED_ON, "a kind that is made otherwise: add its table here"
    constant = {kind for kind, _ in written if not kind.startswith("<")} | TABLES
    assert constant - MENDS.keys() == set()
    assert (
        MENDS.keys()
        - constant
        - {
            MOVED_DATE,
            NAMED_CREATOR,
            UNKNOWN_ROWS,
            FALSE_ROWS,
            PUBLIC_CODE,
            UNCLEAR_IDS,
            "year",
        }
        == set()
    )


@pytest.mark.parametrize("format_", [*UNREAD, OLD_OFFICE], ids=lambda format_: format_.name)
def test_a_format_that_is_not_read_is_to_be_saved_in_another(format_) -> None:
    assert "Parquet" in mend(Finding("file", f"{format_.name} that is not read", Level.STOP, ""))


def test_a_public_text_is_to_be_changed_and_not_the_data() -> None:
    assert "Change this text" in mend(Finding(f"{PUBLIC}description", "e-mail", Level.STOP, ""))
    assert "--confirm" in mend(Finding(f"{PUBLIC}creator", NAMED_CREATOR, Level.ASK, ""))


def test_a_mend_is_one_line_of_whole_sentences() -> None:
    for sentence in MENDS.values():
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) <= 180


def test_what_is_promised_of_dates_is_what_a_copy_does_with_them(tmp_path: Path) -> None:
    """With a column of persons a visit moves, and a date of birth becomes its year."""
    file, copy = tmp_path / "visits.csv", tmp_path / "copy.csv"
    born, visited = "1961-03-14", "2020-05-17"
    rows = (f"P{i:03},{born[:8]}{10 + i % 9},{visited[:8]}{10 + i % 9}\n" for i in range(60))
    file.write_text("patient,dob,visit\n" + "".join(rows))
    declared = Declared(person="patient")
    inspection = inspect(file, declared)
    by_kind = {finding.kind: mend(finding) for finding in inspection.of(Level.STOP)}
    assert "--person" in by_kind["date"]
    assert "Keep the year alone" in by_kind["date of birth"]
    assert "--person" not in by_kind["date of birth"]
    deidentify(file, copy, inspection, declared)
    with copy.open(newline="") as stream:
        made = list(csv.DictReader(stream))
    assert {row["dob"] for row in made} == {"1961"}
    assert len({row["visit"] for row in made}) > 9
    assert all(len(row["visit"]) == len(visited) for row in made)
