"""Values of a column of codes, which a card prints: a login or a name among them does not pass unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from biodesci.inspection.mends import PUBLIC_CODE

CODES = """
HIV flu dx1 stage_ii Metformin metformin aspirin Adenocarcinoma BRCA1 TP53 nurse teacher smoker
never former white asian hispanic married single widowed Hodgkin non-Hodgkin Barthel January Montag
Bayern france berlin T1N0M0 rs1042522 E11.9 I10 C50.9 placebo treatment control armA arm_b Siemens
ICU ward_3 Levetiracetam Valproate Pfizer mild moderate severe cardiology oncology Parkinson Crohn
Escherichia_coli klebsiella tumor metastatic high low positive unknown male left bilateral surgery
chemo insulin warfarin heparin simvastatin diabetes asthma stroke sepsis pneumonia covid19 alive
dead relapse remission inpatient elective ischemic lung liver colon breast prostate blood plasma
serum biopsy ductal lobular papillary squamous astrocytoma glioma lymphoma sarcoma melanoma
asymptomatic fixed flat upsloping
"""


def levels(folder: Path, *values: str) -> set[Level]:
    """What is found of values of 30 people each."""
    file = folder / "cohort.csv"
    rows = (f"P{i},{values[i // 30]}\n" for i in range(30 * len(values)))
    file.write_text("patient_id,doc\n" + "".join(rows))
    found = inspect(file, Declared(codes=frozenset({"doc"}))).findings
    return {one.level for one in found if one.kind == PUBLIC_CODE}


@pytest.mark.parametrize(
    "value", ["weber_anna_1950", "anna.weber", "weber-anna", "WeberAnna1950", "Anna Weber"]
)
def test_a_code_that_names_a_person_stops(tmp_path: Path, value: str) -> None:
    assert levels(tmp_path, "HIV", value) == {Level.STOP}


@pytest.mark.parametrize(
    "value", ["jsmith", "smithj", "j.smith", "asmith2", "kmueller", "weber", "dr_weber", "Weber"]
)
def test_a_code_that_may_be_a_login_is_asked_about(tmp_path: Path, value: str) -> None:
    assert levels(tmp_path, "HIV", value) == {Level.ASK}


def test_codes_of_medicine_are_neither(tmp_path: Path) -> None:
    codes = CODES.split()
    for first in range(0, len(codes), 15):
        assert not levels(tmp_path, *codes[first : first + 15])


def test_what_is_not_printed_is_not_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "cohort.csv"
    rows = (f"P{i},{'jsmith' if i < 5 else 'HIV'}\n" for i in range(90))
    file.write_text("patient_id,doc\n" + "".join(rows))
    inspection = inspect(file, Declared(codes=frozenset({"doc"})))
    assert PUBLIC_CODE not in {one.kind for one in inspection.findings}
