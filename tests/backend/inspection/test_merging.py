"""Very many findings of one kind are one, and no other finding is lost in it."""

from __future__ import annotations

import io
import zipfile

from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.inspect import inspect
from biodesci.inspection.merging import merged


def finding(place: str, level: Level = Level.STOP, rows: int = 2) -> Finding:
    return Finding(place, "name", level, "by the column's name", rows)


def test_findings_that_differ_in_the_members_number_alone_are_one():
    members = [finding(f"member {n}, member 1: column 'x'") for n in range(1, 31)]
    others = [finding("member 3, member 1: column 'y'"), finding("member 3: column 'x'", Level.ASK)]
    assert merged([*members, *others]) == [
        finding("member 1, member 1: column 'x', and 29 other places like it", rows=60),
        *others,
    ]
    assert merged(members[:20]) == members[:20]


def test_many_members_with_one_fault_are_one_line(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.csv", "e-mail,kg\nanna@example.org,60\nben@example.org,70\n")
    (tmp_path / "data").write_bytes(stream.getvalue())
    stops = inspect(tmp_path / "data").of(Level.STOP)
    assert {stop.place for stop in stops} == {"member 1: column 'e-mail', and 299 other places like it"}
    assert len(stops) <= 2 and all(stop.rows == 600 for stop in stops)
