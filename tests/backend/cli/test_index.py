"""`biodesci index status`: where the index stands and what is amiss, also while no chain node answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from biodesci.cli import main
from biodesci.index.database import Block, Event, Store

OWNER = "0x" + "a1" * 20


@pytest.fixture
def index(owner, location, tmp_path, monkeypatch):
    """An index that met an event of a licence that it knows nothing of, and then a silent node."""
    monkeypatch.setenv("BIODESCI_RPC_URL", "http://127.0.0.1:9")
    if isinstance(location, str):
        monkeypatch.setenv("DATABASE_URL", location)
    with Store(tmp_path / "home" / "index.sqlite" if isinstance(location, Path) else location) as store:
        args: dict[str, Any] = {"licenseId": 7, "by": OWNER, "envelope": "0x" + "02" * 32}
        block = Block(5, "0x5", 1_700_000_000)
        event = Event(block, 3, "0x" + "11" * 32, "AccessLicense", "LicenseDelivered", args)
        other = Event(block, 4, "0x" + "11" * 32, "AccessLicense", "", None, "nobody knows its topic")
        store.apply([event, other], block)
        store.note_trouble("The node is\x1b[2J silent.", 1_700_000_001, None)
        yield store


def test_status_says_where_it_stands_and_what_is_amiss(owner, index):
    code, out, _ = owner("index", "status")
    said = json.loads(out)
    assert code == 0
    assert (said["block"], said["events"], said["lag"]) == (5, 0, None)
    assert isinstance(said["head"], str), "why it is not known"
    assert said["engine"] == index.engine_name
    assert (said["aside"], said["ignored"]) == (1, 1)
    (aside,) = said["events_aside"]
    assert (aside["block"], aside["log_index"], aside["name"]) == (5, 3, "LicenseDelivered")
    assert aside["why"] == "The log names licenses 7, which it did not make."
    (gap,) = said["gaps"]
    assert (gap["first"], gap["last"]) == (0, 5)
    assert said["last_error_at"] == "2023-11-14 22:13:21 UTC"
    assert said["last_error_is_over"] is False
    index.trouble_is_over(1_700_000_002)
    assert json.loads(owner("index", "status")[1])["last_error_is_over"] is True


def test_nothing_is_deleted_for_a_chain_that_cannot_be_read(owner, index):
    code, _, _ = owner("index", "rebuild")
    assert code != 0
    assert json.loads(owner("index", "status")[1])["block"] == 5


def test_a_terminal_shows_tables_and_obeys_nothing(owner, index, capsys):
    owner("index", "status")  # reads the settings of this test
    with pytest.raises(SystemExit, match="0"):
        main(["index", "status"])
    out = capsys.readouterr().out
    assert "The log names licenses 7" in out
    assert "silent." in out
    assert "\x1b" not in out


def test_without_an_index_it_says_how_to_make_one(owner):
    code, _, err = owner("index", "status")
    assert code != 0
    assert "index" in err
    assert "Traceback" not in err
