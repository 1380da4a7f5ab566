"""What answers a finding: a reason what stops, a confirmation what is asked, and neither the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.inspection.mends import NAMED_CREATOR
from biodesci.market.admission import public_texts, require_admitted
from biodesci.market.card import DatasetMeta

META = DatasetMeta("Cohort", "", 1 << 2)
STOP = Finding("column 'contact'", "e-mail", Level.STOP, "by the values' form", 20)
ASK = Finding("columns 'age', 'sex'", "rare combination", Level.ASK, "9% of rows share theirs with few")
NOTE = Finding("table", "encoding", Level.NOTE, "the text was read as Latin-1")


@pytest.mark.parametrize(
    ("findings", "reason", "confirmed", "open_"),
    [
        ([STOP], None, True, ["--accept-risk"]),
        ([STOP], "  ", True, ["--accept-risk"]),
        ([STOP], "invented", False, []),
        ([ASK], "invented", False, ["--confirm"]),
        ([ASK], None, True, []),
        ([STOP, ASK], None, False, ["--accept-risk", "--confirm"]),
        ([STOP, ASK], "invented", False, ["--confirm"]),
        ([STOP, ASK], None, True, ["--accept-risk"]),
        ([STOP, ASK], "invented", True, []),
        ([NOTE], None, False, []),
    ],
)
def test_each_level_is_answered_by_its_own_option(
    findings: list[Finding], reason: str | None, confirmed: bool, open_: list[str]
) -> None:
    meta = replace(META, accept_risk=reason, confirmed=confirmed)
    if not open_:
        require_admitted(Inspection(findings=findings), meta)
        return
    with pytest.raises(InputError) as refused:
        require_admitted(Inspection(findings=findings), meta)
    assert [option for option in ("--accept-risk", "--confirm") if option in refused.value.hint] == open_
    assert ("column 'contact'" in refused.value.message) == ("--accept-risk" in open_)
    assert ("'age', 'sex'" in refused.value.message) == ("--confirm" in open_)


def test_each_finding_is_a_line_with_what_answers_it() -> None:
    with pytest.raises(InputError) as refused:
        require_admitted(Inspection(findings=[STOP] * 14), META)
    lines = refused.value.message.splitlines()
    assert len(lines) == 14
    assert all("--deidentify COPY" in line for line in lines[1:13])
    assert "2 more" in lines[-1]


@pytest.mark.parametrize("creator", ["Prof. Anna Schmidt", "Anna Schmidt", "Dr. med. Karl Weber, Charité"])
def test_a_creator_may_be_a_person_who_agreed(creator: str) -> None:
    meta = replace(META, creator=creator)
    inspection = Inspection(findings=public_texts(meta))
    assert {(one.kind, one.level) for one in inspection.findings} == {(NAMED_CREATOR, Level.ASK)}
    with pytest.raises(InputError) as refused:
        require_admitted(inspection, meta)
    assert "names a person, who will be public for ever" in refused.value.message
    assert "--confirm" in refused.value.message
    assert "Leave it out" not in refused.value.message
    require_admitted(inspection, replace(meta, confirmed=True))


def test_a_creators_telephone_number_and_another_texts_name_stop_still() -> None:
    meta = DatasetMeta("Dr. Anna Weber", "", 1 << 2, creator="anna.weber@hospital.example")
    found = public_texts(meta)
    assert {(one.place, one.kind, one.level) for one in found} >= {
        ("the public name", "name", Level.STOP),
        ("the public creator", "e-mail", Level.STOP),
    }
    with pytest.raises(InputError, match="Change this text"):
        require_admitted(Inspection(findings=found), replace(meta, confirmed=True))


def test_a_licences_address_is_no_finding() -> None:
    assert public_texts(replace(META, license="https://spdx.org/licenses/CC-BY-4.0")) == []


def test_a_header_may_be_declared_and_names_nobody_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("1,2\n3,4\n5,6\n7,8\n")
    assert [one.kind for one in inspect(file).of(Level.ASK)] == ["first line that seems a record"]
    yes, no = inspect(file, Declared(header=True)), inspect(file, Declared(header=False))
    assert [column.name for column in yes.tables[0].table.columns] == ["1", "2"]
    assert [column.name for column in no.tables[0].table.columns] == ["column_1", "column_2"]
    assert (yes.tables[0].records, no.tables[0].records) == (3, 4)
    assert not yes.of(Level.ASK)
    assert not no.of(Level.ASK)
    file.write_text("Anna Weber,anna.weber@example.org,1\nKarl Meier,karl@example.org,2\n")
    stops = inspect(file, Declared(header=True)).of(Level.STOP)
    assert "identifier as a column's name" in {one.kind for one in stops}
