"""`biodesci doctor` says where private containers lie that nobody gets, and where their server is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from biodesci.cli import main, private_files, session
from biodesci.core.errors import BioDeSciError, ConfigurationError, InputError, StateError, UnavailableError
from biodesci.localnet.processes import free_port
from biodesci.party import keys
from biodesci.party.containers import Containers, HeldContainer
from biodesci.serving.guard import Policy
from tests.backend.cli.conftest import PASS
from tests.backend.market.private import serving
from tests.backend.serving.raw import running

DATASET = 7


def put(home: Path, *, noted: bool = True, there: bool = True) -> bytes:
    """A container of one MiB in a home, as a publication leaves it; without its note, or without itself."""
    content = os.urandom(32)
    held = HeldContainer(
        content=content, size=1 << 20, network="31337:0x11", dataset_id=DATASET, version=2, card=bytes(32)
    )
    path = Containers(home).path(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    if there:
        path.write_bytes(bytes(1 << 20))
    if noted:
        path.with_suffix(".json").write_bytes(held.to_bytes())
    return content


def amiss(home: Path, url: str = "") -> BioDeSciError:
    with pytest.raises(BioDeSciError) as caught:
        private_files.containers(home, url)
    assert caught.value.hint
    return caught.value


def test_of_a_home_without_any_nothing_is_said(tmp_path: Path) -> None:
    assert private_files.containers(tmp_path, "") is None


def test_what_lies_here_and_is_served_is_counted(tmp_path: Path) -> None:
    put(tmp_path)
    put(tmp_path)
    with serving(None, tmp_path) as server:
        found = private_files.containers(tmp_path, server.origin)
    assert found is not None
    assert found.says == f"2 private, {2 << 20} bytes; {server.origin} answers"


def test_containers_that_nobody_serves_are_said(tmp_path: Path) -> None:
    put(tmp_path)
    found = amiss(tmp_path)
    assert isinstance(found, ConfigurationError)
    assert "1 private containers lie in this home, and BIODESCI_CONTAINERS_URL is not set" in found.message
    assert "biodesci.workers.containers" in found.hint


def test_one_that_was_published_and_not_noted_is_said(tmp_path: Path) -> None:
    put(tmp_path)
    content = put(tmp_path, noted=False)
    found = amiss(tmp_path)
    assert isinstance(found, StateError)
    assert f"1 private containers are nobody's, so that nobody gets them; the first: {content.hex()}" in (
        found.message
    )
    assert "biodesci dataset publish" in found.hint


def test_one_that_is_noted_and_not_here_is_said(tmp_path: Path) -> None:
    """So it is after a backup was restored, which has the notes alone."""
    put(tmp_path)
    put(tmp_path, there=False)
    found = amiss(tmp_path)
    assert isinstance(found, ConfigurationError)
    assert f"the first: dataset {DATASET}, version 2" in found.message
    assert "put the home's containers/ back" in found.hint


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    origin = f"http://127.0.0.1:{free_port()}"
    found = amiss(tmp_path, origin)
    assert isinstance(found, UnavailableError)
    assert f"Nothing answers at {origin}" in found.message


def test_a_server_of_something_else_is_said(tmp_path: Path) -> None:
    app = FastAPI()
    app.get("/health")(lambda: {"status": "ok"})
    with running(app, Policy(hosts=None, body=0)) as port:
        found = amiss(tmp_path, f"http://127.0.0.1:{port}")
    assert "is no server of containers (status 200)" in found.message


def test_a_server_that_takes_itself_for_another_is_said(tmp_path: Path) -> None:
    """Every request that a licensee signs for the address in the card would be refused."""
    with serving(None, tmp_path) as server, other_name(server.origin) as asked:
        found = amiss(tmp_path, asked)
    assert isinstance(found, ConfigurationError)
    assert f"takes itself for {server.origin}" in found.message


@contextmanager
def other_name(origin: str) -> Iterator[str]:
    """An address that leads to what `origin` answers, as a proxy does that rewrites the name."""
    app = FastAPI()
    app.get("/health")(lambda: {"status": "ok", "origin": origin})
    with running(app, Policy(hosts=None, body=0)) as port:
        yield f"http://127.0.0.1:{port}"


def test_an_address_that_is_none_is_said(tmp_path: Path) -> None:
    assert isinstance(amiss(tmp_path, "http://data.hospital.example"), InputError)


def test_doctor_has_a_row_for_it_which_no_role_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path))
    monkeypatch.setenv("BIODESCI_RPC_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("BIODESCI_CONTAINERS_URL", raising=False)
    assert "containers" not in _rows(capsys)
    put(tmp_path)
    row = _rows(capsys)["containers"]
    assert (row["ok"], row["needed"]) == (False, False)
    assert "BIODESCI_CONTAINERS_URL is not set" in row["says"]


def test_who_backs_up_is_told_what_to_copy_besides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    home, file = tmp_path / "home", tmp_path / "home.backup"
    put(home)
    keys.create(home, PASS, n=1 << 10)
    monkeypatch.setenv("BIODESCI_HOME", str(home))
    monkeypatch.setenv("BIODESCI_PASSPHRASE", PASS)
    session.settings.cache_clear()
    with suppress(SystemExit):
        main(["backup", "create", str(file)])
    told = " ".join(capsys.readouterr().err.split())
    assert f"1 private containers ({1 << 20} bytes) are not in the file" in told
    assert file.stat().st_size < 1 << 20


def _rows(capsys: Any) -> dict[str, Any]:
    session.settings.cache_clear()
    capsys.readouterr()
    with suppress(SystemExit):
        main(["doctor", "--json"])
    return {row["check"]: row for row in json.loads(capsys.readouterr().out)}
