"""Settings are read in one place, by name, and what is mistyped is said."""

from __future__ import annotations

import ast
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from biodesci import config
from biodesci.core.errors import ConfigurationError
from biodesci.inference.policy import Policy
from biodesci.market.spending import Terms
from biodesci.party.allowance import Bounds
from biodesci.store import engine

PACKAGE = Path(config.__file__).parent
# The environment of child processes is passed on by the local network; Kubo's Go library reads its own.
# Besides the settings: who starts a process hands a part of its own environment on.
ALLOWED = {"config.py", "inspection/apart.py", "ipfs/kubo.py", "localnet/stack.py"}
WORKERS = ("aggregator", "custodian", "guardian", "indexer", "inference_worker", "training_node")


def environment_reads(source: str) -> bool:
    """Whether a module looks at os.environ or calls os.getenv."""
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
        for node in ast.walk(ast.parse(source))
    )


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if environment_reads(path.read_text(encoding="utf-8"))
    }
    assert readers == ALLOWED


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    table = tmp_path / "cohort.csv"
    table.write_text("age\n50\n")
    for name, value in {"MODEL_ID": "3", "DATASET_ID": "4", "DATA": str(table)}.items():
        monkeypatch.setenv(f"BIODESCI_{name}", value)
    return monkeypatch


def test_a_setting_of_several_kinds_is_named_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIODESCI_CONFIRMATIONS", "save")
    with pytest.raises(
        ConfigurationError, match=r"BIODESCI_CONFIRMATIONS is not valid: .* integer.* 'safe' or 'finalized'"
    ) as caught:
        config.load(config.Settings)
    assert caught.value.hint == "Correct or unset BIODESCI_CONFIRMATIONS."


def test_a_node_reads_its_own(node: pytest.MonkeyPatch) -> None:
    node.setenv("BIODESCI_APPROVE_ANY", "yes")
    node.setenv("OMP_NUM_THREADS", "3")
    settings = config.load(config.NodeSettings)
    assert (settings.model_id, settings.dataset_id, settings.approve_any) == (3, 4, True)
    assert settings.threads == 3
    assert settings.held_out is None
    node.setenv("BIODESCI_THREADS", "2")
    assert config.load(config.NodeSettings).threads == 2


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BIODESCI_MODEL_ID", None, "is not set"),
        ("BIODESCI_MODEL_ID", "x", "valid integer"),
        ("BIODESCI_MODEL_ID", "0", "greater than or equal to 1"),
        ("BIODESCI_DATA", "/nowhere/cohort.csv", "it names no file"),
        ("BIODESCI_HELD_OUT", "/nowhere/cohort.csv", "it names no file"),
        ("BIODESCI_APPROVE_ANY", "perhaps", "valid boolean"),
        ("BIODESCI_CONFIRMATIONS", "-1", "greater than or equal to 0"),
        ("BIODESCI_CONFIRMATIONS", "9" * 20, "less than or equal to"),
        ("BIODESCI_POLL_INTERVAL", "inf", "less than or equal to"),
        ("BIODESCI_IDLE_INTERVAL", "1e300", "less than or equal to"),
        ("BIODESCI_STUCK_AFTER", "nan", "Input should be"),
        ("BIODESCI_HIGHEST_FEE_GWEI", "inf", "less than or equal to"),
    ],
)
def test_what_is_wrong_is_named(node: pytest.MonkeyPatch, name: str, value: str | None, reason: str) -> None:
    node.delenv(name, raising=False)
    if value is not None:
        node.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        config.load(config.NodeSettings)
    assert name in caught.value.message
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "http://visas.example.org",
        "http://localhost.example.org",
        "ftp://visas.example.org",
        "visas.example.org",
        "https://",
        "javascript:alert(1)",
    ],
)
def test_a_passport_is_sent_nowhere_but_by_https(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    fine = "https://visas.example.org http://localhost:8800 http://127.0.0.1:8800 http://[::1]:8800"
    monkeypatch.setenv("BIODESCI_VISA_ISSUERS", fine)
    assert config.load(config.Settings).visa_issuers == fine
    monkeypatch.setenv("BIODESCI_VISA_ISSUERS", f"{fine} {url}")
    with pytest.raises(ConfigurationError, match=r"BIODESCI_VISA_ISSUERS is not valid: .* https addresses"):
        config.load(config.Settings)


def test_the_passphrase_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIODESCI_PASSPHRASE", "correct horse")
    monkeypatch.setenv("BIODESCI_API_PORT", "many")
    with pytest.raises(ConfigurationError) as caught:
        config.load(config.Settings)
    assert "correct horse" not in str(caught.value)
    monkeypatch.delenv("BIODESCI_API_PORT")
    assert "correct horse" not in repr(config.load(config.Settings))


def test_a_mistyped_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BIODESCI_PASPHRASE", "secret words")
    with caplog.at_level(logging.WARNING):
        config.load(config.Settings)
    assert "BIODESCI_PASPHRASE is no setting" in caplog.text
    assert "secret words" not in caplog.text


def test_a_checkout_is_found_from_any_folder(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BIODESCI_")}
    program = "from biodesci import config; print(config.load(config.Settings).deployment)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == PACKAGE.parents[1] / "deployments" / "local.json"


@pytest.mark.parametrize("worker", WORKERS)
def test_every_worker_says_what_it_does_and_reads(
    worker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `python -m` runs it, in this process: what the workers import is imported once for all of them."""
    name = f"biodesci.workers.{worker}"
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert name in said
    assert "BIODESCI_RPC_URL" in said
    assert ("BIODESCI_MODEL_ID" in said) == (worker == "training_node")
    assert "must be set" in said or worker != "training_node"


def test_an_inference_worker_serves_nobody_unless_told_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.load(config.InferenceSettings)
    assert (settings.arbiters, settings.unpaid, settings.requesters, settings.models) == ((), False, (), ())
    assert settings.minimum_fee_wei > 0
    first, second = "0x" + "ab" * 20, "0x" + "CD" * 20
    monkeypatch.setenv("BIODESCI_ARBITERS", f"{first}, {second},")
    monkeypatch.setenv("BIODESCI_MODELS", "1,23")
    settings = config.load(config.InferenceSettings)
    assert [address.lower() for address in settings.arbiters] == [first, second.lower()]
    assert settings.arbiters[0] != first  # checksummed, as the chain's answers are
    assert settings.models == (1, 23)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BIODESCI_ARBITERS", "0x12", "it should be addresses"),
        ("BIODESCI_REQUESTERS", f"0x{'ab' * 20} 0x{'cd' * 20}", "it should be addresses"),
        ("BIODESCI_MODELS", "1,two", "it should be numbers"),
        ("BIODESCI_MINIMUM_FEE_WEI", "-1", "greater than or equal to 0"),
        ("BIODESCI_UNPAID", "perhaps", "valid boolean"),
    ],
)
def test_a_mistaken_policy_of_an_inference_worker_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        config.load(config.InferenceSettings)
    assert name in caught.value.message
    assert reason in caught.value.message


def test_what_is_given_away_without_settings_is_what_they_say() -> None:
    """The bounds stand twice: in the settings, and where a custodian or a policy is made without any."""

    def default(kind: type[config.Settings], name: str) -> Any:
        return kind.model_fields[name].default

    own, names = config.CustodianSettings, ("deliveries_a_day", "unpaid_a_day", "unpaid_each", "paying_wei")
    assert Terms.chosen(*(default(own, name) for name in names)) == Terms()
    unpaid = (default(config.InferenceSettings, name) for name in ("unpaid_a_day", "unpaid_each"))
    assert Bounds(None, *unpaid) == Policy().bounds


def test_a_database_url_is_of_postgresql_alone_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings = config.load(config.Settings).model_copy(update={"home": tmp_path})
    assert settings.index_location == tmp_path / "index.sqlite"
    assert settings.work_location == tmp_path / "work.sqlite"
    url = "postgresql://biodesci:hidden@127.0.0.1/biodesci"
    monkeypatch.setenv("DATABASE_URL", url)
    settings = config.load(config.Settings)
    assert settings.index_location == settings.work_location == url
    assert "hidden" not in repr(settings) + str(settings)
    for wrong in ("mysql://biodesci:hidden@127.0.0.1/biodesci", "hidden"):
        monkeypatch.setenv("DATABASE_URL", wrong)
        with pytest.raises(ConfigurationError, match="DATABASE_URL is not valid") as caught:
            config.load(config.Settings)
        assert "hidden" not in str(caught.value)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("BIODESCI_DATABASE", str(tmp_path / "index.sqlite"))
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not valid: BIODESCI_DATABASE is set too"):
        config.load(config.Settings)


@pytest.mark.parametrize(
    "rest",
    [
        "127.0.0.1:five/x",
        "127.0.0.1:99999/x",
        "127.0.0.1/x?sslmode=perhaps",
        "127.0.0.1/x?port=0",
        "a/x?odd=1",
        "a%zz/x",
    ],
)
def test_no_worker_waits_for_a_database_that_cannot_be(rest: str) -> None:
    with pytest.raises(ConfigurationError, match="no URL of a PostgreSQL database") as raised:
        engine.check(f"postgresql://biodesci:hidden@{rest}")
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///x?host=/run/postgresql",
        "postgres://a:1,b:2/x?sslmode=verify-full",
        "postgresql://a,b:5432/x",
    ],
)
def test_what_libpq_takes_is_a_database(url: str) -> None:
    engine.check(url)


def test_a_variable_that_is_empty_is_as_if_unset(node: pytest.MonkeyPatch) -> None:
    """As a unit's file or a shell leaves one whose value is missing. A path would be the working folder."""
    required = {"model_id", "dataset_id", "data"}
    names = {name for kind in config.CLASSES for name in kind.model_fields} - required
    variables = {*map(config.variable, names), "OMP_NUM_THREADS"}
    for name in variables:
        node.delenv(name, raising=False)
    unset = [config.load(kind) for kind in config.CLASSES]
    for name in variables:
        node.setenv(name, "")
    assert [config.load(kind) for kind in config.CLASSES] == unset
    assert unset[0].account_path.name == "account.json"
    node.setenv("BIODESCI_DATA", "")
    with pytest.raises(ConfigurationError, match="BIODESCI_DATA is not set"):
        config.load(config.NodeSettings)
