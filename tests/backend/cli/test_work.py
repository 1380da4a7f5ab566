"""`biodesci work`: what failed is shown with its reason, and tried again when a person says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from biodesci.chain.entries import Book, Entry
from biodesci.cli import main
from biodesci.store.jobs import Jobs
from biodesci.store.tables import outbox
from biodesci.store.work import Work


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """The work database of a home in which two things failed."""
    path = tmp_path / "home" / "work.sqlite"
    with Work(path) as work:
        Jobs(work, "custodian of 0xA").failed("licence", 7, "its visas lapsed")
        Jobs(work, "inference_worker of 0xA").failed("request", 3, "no\x1b[2J model\nhere", again=False)
    return path


def due(path: Path) -> set[str]:
    with Work(path) as work:
        schedules = (Jobs(work, f"{one} of 0xA") for one in ("custodian", "inference_worker"))
        return {
            subject
            for one in schedules
            for kind in ("licence", "request")
            for subject in one.schedule(kind).due
        }


def test_what_failed_is_listed_with_its_reason(owner: Any, failing: Path) -> None:
    code, out, _ = owner("work", "list")
    first, second = json.loads(out)
    assert code == 0
    assert (first["id"], first["attempts"], first["reason"]) == ("licence-7", 1, "its visas lapsed")
    assert (second["id"], second["next"]) == ("request-3", "when you say so")


def test_a_terminal_shows_a_table_and_obeys_nothing(
    owner: Any, failing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner("work", "list")  # reads the settings of this test
    with pytest.raises(SystemExit, match="0"):
        main(["work", "list"])
    out = capsys.readouterr().out
    assert "its visas lapsed" in out
    assert "\x1b" not in out


def test_a_person_has_it_tried_again(owner: Any, failing: Path) -> None:
    assert due(failing) == {"7"}
    code, out, _ = owner("work", "retry", "request-3")
    assert (code, json.loads(out)) == (0, {"due": 1})
    assert due(failing) == {"7", "3"}
    code, out, _ = owner("work", "retry", "--all")
    assert (code, json.loads(out)) == (0, {"due": 2})


def test_what_there_is_not_and_nothing_at_all_are_said(owner: Any, failing: Path) -> None:
    code, _, err = owner("work", "retry", "licence-8")
    assert (code, "There is no job licence-8" in err) == (1, True)
    code, _, err = owner("work", "retry", "licence-8", "nosuch", "licence-7")
    assert (code, "There are no jobs licence-8, nosuch" in err) == (1, True)
    code, _, err = owner("work", "retry")
    assert (code, "Say what to try again" in err) == (2, True)
    code, _, err = owner("work", "retry", "licence-7", "--all")
    assert (code, "either ids or --all" in err) == (2, True)


def test_without_failures_there_is_nothing_to_see(owner: Any) -> None:
    assert owner("work", "list")[1] == "[]\n"


def test_a_damaged_entry_of_the_outbox_is_listed_and_left(owner: Any, failing: Path) -> None:
    entry = Entry(network="1:0x1:0x2", account="0x" + "11" * 20, kind="delivery", about="licence 4")
    columns = {name: getattr(entry, name) for name in ("name", "network", "account", "kind", "about")}
    with Work(failing) as work, work.transaction() as connection:
        connection.execute(insert(outbox).values(**columns, document="{}", changed_at=1))
    rows = json.loads(owner("work", "list")[1])
    (row,) = [row for row in rows if row["kind"] == "delivery"]
    assert (row["id"], row["subject"], row["worker"]) == (
        entry.name,
        "licence 4",
        f"outbox of {entry.account}",
    )
    assert "is damaged" in row["reason"]
    assert "look at what the account sent last" in row["reason"]
    code, _, err = owner("work", "retry", entry.name)
    assert (code, "is damaged" in err) == (1, True), err
    assert owner("work", "retry", "--all")[0] == 0
    assert len(Book(failing).damaged()) == 1
