"""Files of SAS, SPSS, Stata and Excel as they write them (tests/data/programs), whole and damaged."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection import apart
from biodesci.inspection.finding import Level
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.contents import read

DATA = Path(__file__).parents[3] / "data" / "programs"
IRIS = {"iris.sas7bdat.gz": "SAS", "iris.sav": "SPSS", "iris.dta": "Stata"}


def _bytes(name: str) -> bytes:
    data = (DATA / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


@pytest.mark.parametrize("name", IRIS)
def test_a_table_of_a_statistics_program_is_read(tmp_path, name):
    (tmp_path / "data").write_bytes(_bytes(name))
    content = read(tmp_path / "data")
    assert content.formats == [IRIS[name]]
    rows = content.rows[0]
    assert len(rows) == 150 and list(rows[0].values())[:4] == ["5.1", "3.5", "1.4", "0.2"]
    assert inspect(tmp_path / "data").of(Level.STOP) == []


@pytest.mark.parametrize("name", IRIS)
def test_a_name_in_its_unused_bytes_stops(tmp_path, name):
    data = _bytes(name)
    (tmp_path / "data").write_bytes(data + bytes(64) + b"Patient: Anna Weber, Marburg" + bytes(64))
    try:
        kinds = {stop.kind for stop in inspect(tmp_path / "data").of(Level.STOP)}
    except InputError:
        return
    assert kinds == {"name"}


def test_the_author_of_an_old_workbook_is_found_in_its_properties(tmp_path):
    (tmp_path / "data").write_bytes(_bytes("clippy.xls.gz"))
    inspection = inspect(tmp_path / "data")
    assert len(inspection.tables) == 2
    assert "name" in {stop.kind for stop in inspection.of(Level.STOP) if "beside the data" in stop.place}


def _damaged(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    match chance.randrange(3):
        case 0:
            del changed[chance.randrange(len(data)) :]
        case 1:
            for _ in range(20):
                changed[chance.randrange(min(len(data), 3_000))] = chance.randrange(256)
        case _:
            at = chance.randrange(len(data))
            del changed[at : at + 50]
    return bytes(changed)


@pytest.mark.parametrize("rounds", [20, pytest.param(400, marks=pytest.mark.deep)])
@pytest.mark.parametrize("name", [*IRIS, "clippy.xls.gz"])
def test_a_damaged_one_is_read_refused_or_stops(tmp_path, name, rounds):
    data, chance = _bytes(name), random.Random(1)
    refused = 0
    for _ in range(rounds):
        (tmp_path / "data").write_bytes(_damaged(data, chance))
        try:
            apart.inspect(tmp_path / "data")  # some of these crash the library that reads them
        except InputError as error:
            assert error.message and error.hint
            refused += 1
    assert refused or name == "clippy.xls.gz"  # an .xls that doesn't open is an unread format, and stops
