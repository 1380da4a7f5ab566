"""`biodesci dataset check`: what would be found, and what a card would tell, without account or chain."""

from __future__ import annotations

import json
import os
import sys
import zipfile

import pytest

import biodesci
import biodesci.inspection
from biodesci.cli import main, session

ROWS = "age,sex,chol\n" + "".join(f"{30 + i % 40},{i % 2},{180 + i}\n" for i in range(120))


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BIODESCI_RPC_URL", "http://127.0.0.1:9")

    def invoke(*arguments: str) -> tuple[int, str, str]:
        session.settings.cache_clear()
        try:
            main(arguments)
            code = 0
        except SystemExit as exc:
            code = int(exc.code or 0)
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return invoke


def test_what_names_people_is_shown_with_its_place_and_ends_with_1(run, tmp_path):
    file = tmp_path / "export.txt"
    file.write_text("patient_name,age\n" + "".join(f"Anna Weber,{40 + i}\n" for i in range(30)))
    code, out, _ = run("dataset", "check", str(file))
    assert code == 1
    assert "or give a reason: --accept-risk REASON" in out.replace("\n", " ")
    assert "patient_name" in out
    assert "Weber" not in out
    code, out, _ = run("--json", "dataset", "check", str(file))
    assert code == 1
    shown = json.loads(out)
    assert shown["records"] == [30]
    assert {"stop"} <= {finding["level"] for finding in shown["findings"]}


def test_a_clean_table_passes_and_shows_what_a_card_would_tell(run, tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    code, out, _ = run("--json", "dataset", "check", str(file))
    shown = json.loads(out)
    assert code == 0
    assert shown["verdict"].startswith(("Nothing was recognised", "What is asked needs"))
    assert [column["column"] for column in shown["card"]] == ["age", "sex", "chol"]
    assert not (tmp_path / "home").exists()


def test_tables_of_an_archive_are_shown_as_the_card_would_have_them(run, tmp_path):
    """Compared with each other, and not with what was published: it says so."""
    file = tmp_path / "cohort.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for first in (0, 1):
            rows = (f"P{i:03d},{'HIV' if i < 25 else 'flu'}\n" for i in range(first, 65))
            archive.writestr(f"{first}.csv", "patient_id,dx\n" + "".join(rows))
    _, out, _ = run("dataset", "check", str(file), "--code", "dx")
    assert "HIV: 30" in out
    assert "HIV: 20" not in out
    assert "Nothing is compared here with what you published before" in out
    _, out, _ = run("--json", "dataset", "check", str(file), "--code", "dx")
    assert "publishing withholds" in json.loads(out)["notCompared"]


def test_a_file_that_is_not_there_is_said(run, tmp_path):
    code, _, err = run("dataset", "check", str(tmp_path / "none.csv"))
    assert code == 2
    assert "There is no file" in err


def test_a_package_that_is_missing_is_said_with_what_brings_it(run, tmp_path, monkeypatch):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    monkeypatch.setattr(biodesci, "inspection", biodesci.inspection)  # what is imported anew here ends here
    for name in [name for name in sys.modules if name.startswith("biodesci.inspection")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = run("dataset", "check", str(file))
    assert code == 1
    assert "needs the package pyarrow" in err
    assert "biodesci[publish]" in err


def test_publishing_is_private_unless_a_public_copy_is_asked_for(run, tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    code, _, err = run("dataset", "publish", str(file), "--name", "C", "--term", "HMB")
    assert code == 1
    assert "Nothing says who gives the encrypted file" in err
    assert "can't be called back" in err


def test_a_de_identified_copy_is_written_and_checked(run, tmp_path):
    file, copy = tmp_path / "export.csv", tmp_path / "copy.csv"
    rows = "".join(f"Anna Weber,{40 + i % 60},{i % 7}\n" for i in range(120))
    file.write_text("patient_name,age,hb\n" + rows)
    code, out, _ = run("--json", "dataset", "check", str(file), "--deidentify", str(copy))
    shown = json.loads(out)
    assert code == 0
    assert {mend["place"]: mend["done"] for mend in shown["mended"]} == {
        "column 'patient_name'": "removed",
        "column 'age'": "generalised",
    }
    assert not [finding for finding in shown["findings"] if finding["level"] == "stop"]
    assert copy.read_text().startswith("age,hb")
    assert "Weber" not in copy.read_text() + out
    assert file.read_text().endswith(rows)
    code, _, err = run("dataset", "check", str(file), "--deidentify", str(copy))
    assert code != 0
    assert "already" in err


@pytest.mark.parametrize("option", ["--person", "--code", "--quasi", "--pseudonym"])
def test_a_column_that_is_not_there_is_refused(run, tmp_path, option):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    code, _, err = run("dataset", "check", str(file), option, "Age")
    assert code == 2
    assert "There is no column 'Age' in the data" in err
    assert "age, sex, chol" in err


def test_it_says_whose_counts_they_are_and_what_becomes_public(run, tmp_path):
    file = tmp_path / "visits.csv"
    file.write_text("patient,sex\n" + "".join(f"p{i // 3},{'fm'[i // 3 % 2]}\n" for i in range(180)))
    _, out, _ = run("--json", "dataset", "check", str(file), "--person", "patient")
    shown = json.loads(out)
    assert shown["counted"] == ["people, by column 'patient'"]
    assert {"f: 30; m: 30"} <= set(shown["card"][1]["released"].split(", "))
    file.write_text(ROWS)
    _, out, _ = run("--json", "dataset", "check", str(file), "--rows-are-people")
    shown = json.loads(out)
    assert shown["counted"] == ["people, a row each"]
    assert shown["card"][1]["released"].startswith("share missing 0, 0: 60; 1: 60")
    _, out, _ = run("--json", "dataset", "check", str(file))
    shown = json.loads(out)
    assert shown["counted"] == ["nothing, as it is not known whose the rows are"]
    assert [column["released"] for column in shown["card"]] == [None, None, None]
    assert any("--rows-are-people" in finding["why"] for finding in shown["findings"])


def test_each_finding_is_shown_with_what_answers_it_and_each_table_by_its_files_name(run, tmp_path):
    packed = tmp_path / "data.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/cohort.csv", ROWS)
        archive.writestr("b/names.csv", "patient_name,hb\n" + "Anna Weber,7\n" * 30)
    code, out, _ = run("dataset", "check", str(packed))
    assert code == 1
    lines = out.splitlines()
    at = lines.index("stop  member 2 (b/names.csv): column 'patient_name': name in 30 values")
    assert "--deidentify COPY" in lines[at + 1]
    assert "Table member 1 (a/cohort.csv): 120 rows." in out
    assert "--people-table TABLE" in out
    assert ", 0 rows" not in out
    code, out, _ = run("--json", "dataset", "check", str(packed), "--people-table", "a/cohort.csv")
    shown = json.loads(out)
    assert all(finding["mend"].endswith(".") for finding in shown["findings"])
    assert shown["counted"][0] == "people, a row each"
    assert {column["table"] for column in shown["card"]} == {
        "member 1 (a/cohort.csv)",
        "member 2 (b/names.csv)",
    }


def test_a_header_is_declared_where_it_was_seen_wrongly(run, tmp_path):
    file = tmp_path / "years.csv"
    file.write_text("1,2\n" + "".join(f"{i},{i % 9}\n" for i in range(60)))
    _, out, _ = run("--json", "dataset", "check", str(file))
    assert any("--header yes" in finding["mend"] for finding in json.loads(out)["findings"])
    for header, names in (("yes", ["1", "2"]), ("no", ["column_1", "column_2"])):
        _, out, _ = run("--json", "dataset", "check", str(file), "--header", header)
        assert [column["column"] for column in json.loads(out)["card"]] == names


def test_a_licence_is_checked_before_anything_else(run, tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    code, _, err = run(
        "dataset", "publish", str(file), "--name", "C", "--term", "HMB", "--license", "MIT-ish"
    )
    assert code == 2
    assert "no licence that is known here" in err
    assert "CC-BY-4.0" in err


def test_a_pipe_is_refused_at_once(run, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code, _, err = run("dataset", "check", str(pipe))
    assert code == 2
    assert "neither a file nor a folder" in err


def test_a_help_has_no_line_breaks_of_the_source(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    _, out, _ = run("dataset", "check", "--help")
    assert "With --deidentify COPY what is recommended is applied to a copy" in out
    (line,) = [line for line in out.splitlines() if "With --deidentify COPY" in line]
    assert "is looked at in its turn." in line


def test_of_a_copy_without_a_column_that_something_was_declared_of_the_rest_holds(run, tmp_path):
    file, copy = tmp_path / "export.csv", tmp_path / "copy.csv"
    rows = "".join(f"{4711 + i},Anna Weber,W{i % 4},{i % 7}\n" for i in range(120))
    file.write_text("Pat.-Nr.,patient_name,ward,hb\n" + rows)
    declared = ("--person", "Pat.-Nr.", "--code", "patient_name", "--code", "ward")
    code, out, err = run("--json", "dataset", "check", str(file), *declared, "--deidentify", str(copy))
    assert code == 0, err
    shown = json.loads(out)
    assert shown["counted"] == ["people, by column 'person_pseudonym'"]
    assert any("W0: 30" in (column["released"] or "") for column in shown["card"])
