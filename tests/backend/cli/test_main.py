"""One message and an exit code for what goes wrong; JSON where asked for, before or after the verb."""

from __future__ import annotations

import json
import logging
import sqlite3
from importlib.metadata import version

import pytest
from sqlalchemy import text

from biodesci.chain import accounts
from biodesci.cli import main, output, session
from biodesci.core.errors import UnavailableError
from biodesci.index.database import Store


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, localnet):
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BIODESCI_PASSPHRASE", "a passphrase")
    monkeypatch.setenv("BIODESCI_RPC_URL", localnet.rpc_url)
    monkeypatch.setenv("BIODESCI_DEPLOYMENT", str(localnet.deployment_file))

    def invoke(*arguments: str) -> tuple[int, str, str]:
        session.settings.cache_clear()
        session.passphrase.cache_clear()
        try:
            main(arguments)
            code = 0
        except SystemExit as exc:
            code = int(exc.code or 0)
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return invoke


def test_list_as_json_before_and_after_the_verb(run):
    for arguments in (("--json", "dataset", "list"), ("dataset", "list", "--json")):
        code, out, _ = run(*arguments)
        assert code == 0
        assert isinstance(json.loads(out), list)


def test_bad_input_is_2_and_named(run):
    code, out, err = run("license", "buy", "1", "--purpose", "NOPE")
    assert (code, out) == (2, "")
    assert "Unknown data use term 'NOPE'" in err
    assert "One of:" in err


def test_chain_down_is_3(run, monkeypatch):
    monkeypatch.setenv("BIODESCI_RPC_URL", "http://127.0.0.1:9")
    code, _, err = run("dataset", "list")
    assert code == 3
    assert "does not answer" in err
    assert "BIODESCI_RPC_URL" in err


def test_what_is_not_there_is_1_as_json_too(run):
    code, _, err = run("license", "show", "999999", "--json")
    assert code == 1
    assert json.loads(err)["error"]["type"] == "NotFoundError"


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "create"),
        ("backup",),
        (),
        ("--bogus",),
        ("dataset", "shw", "1"),
        ("dataset", "show", "x"),
        ("dataset", "list", "--bogus"),
    ],
)
def test_a_wrong_usage_is_json_too_and_ends_as_without(run, arguments):
    code, _, _ = run(*arguments)
    assert code == 2
    code, out, err = run("--json", *arguments)
    assert (code, out) == (2, "")
    problem = json.loads(err)["error"]
    assert problem["message"]
    assert "--help" in problem["hint"]


def test_help_and_version_are_given_with_json_too(run):
    for asked in ("--help", "--version"):
        code, out, _ = run("--json", asked)
        assert code == 0
        assert "biodesci" in out


def test_what_a_library_logs_is_shown_once_on_stderr_and_is_json_where_asked(run, monkeypatch):
    def chain(**_options):
        for _ in range(3):
            logging.getLogger("biodesci.store.engine").warning("PostgreSQL: %s", "connection\nrefused")
        raise UnavailableError("The database does not answer.")

    monkeypatch.setattr(session, "chain", chain)
    code, out, err = run("dataset", "list")
    assert (code, out) == (3, "")
    assert err.count("PostgreSQL: connection\\nrefused\n") == 1
    code, out, err = run("dataset", "list", "--json")
    assert (code, out) == (3, "")
    logged, problem = map(json.loads, err.splitlines())
    assert logged["log"]["message"] == "PostgreSQL: connection\\nrefused"
    assert problem["error"]["type"] == "UnavailableError"


def test_missing_deployment_and_wrong_setting(run, monkeypatch, tmp_path):
    monkeypatch.setenv("BIODESCI_DEPLOYMENT", str(tmp_path / "none.json"))
    code, _, err = run("dataset", "list")
    assert code == 1
    assert "none.json" in err
    monkeypatch.setenv("BIODESCI_API_PORT", "many")
    code, _, err = run("dataset", "list")
    assert code == 1
    assert "BIODESCI_API_PORT" in err


def test_account_is_needed_and_the_passphrase_never_shown(run, tmp_path, monkeypatch):
    code, _, err = run("account", "collect")
    assert code == 1
    assert "biodesci account create" in err
    accounts.create(tmp_path / "home" / "account.json", "another one")
    code, _, err = run("account", "collect")
    assert code == 1
    assert "does not open the account" in err
    assert "a passphrase" not in err


def test_doctor_names_what_to_mend(run):
    code, out, _ = run("doctor", "--json")
    assert code == 1
    rows = {row["check"]: row for row in json.loads(out)}
    assert rows["chain"]["ok"]
    assert not rows["account"]["ok"]
    assert "biodesci account create" in rows["account"]["mend"]


def test_doctor_finds_a_healthy_home_well_without_what_only_other_roles_need(crowd, monkeypatch):
    people = crowd("ann", keyed=("ann",))
    monkeypatch.setenv("PATH", "/nowhere")
    rows = {row["check"]: row for row in people.run("ann", "doctor")}
    assert {name for name, row in rows.items() if not row["ok"]} == {"index"}
    assert not rows["index"]["needed"]


def test_doctor_looks_at_an_index_of_another_version_and_leaves_it(run, tmp_path):
    (tmp_path / "home").mkdir()
    file = tmp_path / "home" / "index.sqlite"
    with Store(file) as store, store.transaction() as connection:
        connection.execute(text("UPDATE index_version SET version_num = '9999'"))
    rows = {row["check"]: row for row in json.loads(run("doctor", "--json")[1])}
    assert "another version" in rows["index"]["says"]
    assert "biodesci index sync" in rows["index"]["mend"]
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT version_num FROM index_version").fetchone() == ("9999",)
    database.close()


def test_what_only_reads_asks_for_no_passphrase(crowd, monkeypatch):
    people = crowd("ann", keyed=("ann",))
    monkeypatch.delenv("BIODESCI_PASSPHRASE")
    for verb in (
        ("account", "show"), ("key", "show"), ("license", "list"), ("dataset", "list"), ("model", "list"),
        ("inference", "list"), ("visa", "trusted"),
    ):  # fmt: skip
        people.run("ann", *verb)


def test_the_version_is_that_of_the_package(run):
    code, out, err = run("--version")
    assert (code, out, err) == (0, f"biodesci {version('biodesci')}\n", "")


def test_sentences_in_a_list_are_parted_by_their_full_stops(capsys):
    output.use_json(False)
    output.record({"terms": ["Of ancestry.", "Only for research."], "codes": ["POA", "NCU"]})
    shown = capsys.readouterr().out
    assert "Of ancestry. Only for research." in shown
    assert "POA, NCU" in shown


def test_a_strangers_name_is_shown_as_it_is_and_the_terminal_obeys_nothing_in_it(capsys):
    output.use_json(False)
    names = ["[/x]", "[GSE123] cohort", "\x1b]0;mine\x07", "\ud800"]
    output.table([{"name": name} for name in names], ["name"], "none")
    output.record({"name": "\x1b[2J"})
    shown = capsys.readouterr().out
    assert all(name in shown for name in names[:2])
    assert not any(code in shown for code in ("\x1b", "\x07", "\ud800"))


def test_an_interrupt_says_that_the_command_can_be_repeated(run, monkeypatch):
    def interrupted(**_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "chain", interrupted)
    code, out, err = run("dataset", "list")
    assert (code, out) == (130, "")
    assert err.startswith("Stopped. Repeat the command")
