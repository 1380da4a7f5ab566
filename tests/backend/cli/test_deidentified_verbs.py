"""A steward de-identifies, checks the copy and publishes it, by commands alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.documents.deidentification import DeidentificationReport
from biodesci.core.documents.inspection_report import InspectionReport

pytestmark = pytest.mark.timeout(120)
ROWS = "patient_id,patient_name,visit_date,hb\n" + "".join(
    f"{4800000 + i // 2},Anna Weber,2019-03-{1 + i % 28:02},{10 + i % 7}\n" for i in range(120)
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(ROWS)
    return path


def test_moved_days_are_confirmed_and_published_with_what_said_so(
    crowd: Any, export: Path, tmp_path: Path
) -> None:
    people, copy = crowd("owner"), tmp_path / "copy.csv"
    report = tmp_path / "copy.csv.deidentified.json"
    made = people.run("owner", "dataset", "check", export, "--person", "patient_id", "--deidentify", copy)
    assert made["report"] == str(report)
    assert report.stat().st_mode & 0o777 == 0o600
    assert "Weber" not in report.read_text()
    (moved,) = [finding for finding in made["findings"] if finding["place"] == "column 'visit_date'"]
    assert (moved["level"], moved["kind"]) == ("ask", "moved date")
    assert "moved when this copy was made" in moved["why"]
    again = people.run("owner", "dataset", "check", copy, "--person", "patient_id")
    assert again["findings"] == made["findings"]

    publish = ("dataset", "publish", copy, "--name", "Visits", "--term", "HMB", "--public",
               "--person", "patient_id")  # fmt: skip
    code, _, err = people.try_("owner", *publish)
    assert code != 0
    assert "moved date" in err
    assert "--accept-risk" not in err
    people.run("owner", *publish, "--confirm")
    (path,) = people.home("owner").rglob("inspection.json")
    signed = InspectionReport.parse(path.read_bytes())
    assert signed.confirmed
    (finding,) = [finding for finding in signed.findings if finding.kind == "moved date"]
    assert hashlib.sha256(report.read_bytes()).hexdigest() in finding.reason


def test_a_report_is_of_its_own_copy_alone(crowd: Any, export: Path, tmp_path: Path) -> None:
    people, copy = crowd("owner"), tmp_path / "copy.csv"
    report = tmp_path / "copy.csv.deidentified.json"
    people.run("owner", "dataset", "check", export, "--person", "patient_id", "--deidentify", copy)
    raw = report.read_bytes()

    copy.write_text(copy.read_text().replace(",10\n", ",11\n", 1))
    for command in (("check", copy), ("publish", copy, "--name", "C", "--term", "HMB", "--public")):
        code, _, err = people.try_("owner", "dataset", *command)
        assert code != 0
        assert "it changed since it was made" in err
        assert "remove the report" in err
    report.unlink()
    code, _, _ = people.try_("owner", "dataset", "check", copy)
    assert code == 1, "without a report moved days stop as any others do"

    export.with_name("export.csv.deidentified.json").write_bytes(raw)
    code, _, err = people.try_("owner", "dataset", "check", export)
    assert code != 0
    assert "is not the copy" in err
    other = ("--person", "patient_id", "--deidentify", tmp_path / "copy")
    made = people.run("owner", "dataset", "check", export, *other)
    assert "moved date" in {one["kind"] for one in made["findings"]}, (
        "the original isn't looked at in its light"
    )
    report.write_text("{}")
    code, _, err = people.try_("owner", "dataset", "check", export, "--deidentify", tmp_path / "copy.csv")
    assert code != 0
    assert "already" in err


def test_a_column_that_the_report_does_not_name_stops(crowd: Any, export: Path, tmp_path: Path) -> None:
    """Also where a report was made up: it answers for the columns that it names, and is recorded."""
    people, copy = crowd("owner"), tmp_path / "copy.csv"
    copy.write_text("visit_date,seen,e_mail\n" + "2019-03-01,2019-03-02,a@b.example\n" * 30)
    report = DeidentificationReport.model_validate({
        "copySha256": hashlib.sha256(copy.read_bytes()).hexdigest(),
        "mends": (),
        "moved": tuple(
            {"file": file, "table": "", "column": column}
            for file, column in (("", "visit_date"), ("", "e_mail"), ("other.csv", "seen"))
        ),
    })  # fmt: skip
    (tmp_path / "copy.csv.deidentified.json").write_bytes(report.to_bytes())
    code, out, _ = people.try_("owner", "dataset", "check", copy)
    assert code == 1
    levels = {one["place"]: (one["level"], one["kind"]) for one in json.loads(out)["findings"]}
    assert levels["column 'visit_date'"] == ("ask", "moved date")
    assert levels["column 'seen'"] == ("stop", "date")
    assert levels["column 'e_mail'"] == ("stop", "e-mail")
