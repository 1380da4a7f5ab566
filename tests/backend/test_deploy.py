"""What deploy/ ships: units that systemd takes, settings that exist, packages that are the lock's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from biodesci import config
from scripts import locked

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
WORKERS = ("custodian", "training_node", "inference_worker", "aggregator")
_NOBODY = 65_534
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _settings() -> set[str]:
    return {config.ROOT, "DATABASE_URL"} | {
        config.variable(name) for each in config.CLASSES for name in each.model_fields
    }


def _mentioned(text: str) -> set[str]:
    return set(re.findall(r"\b(BIODESCI_[A-Z0-9_]+|DATABASE_URL)=", text))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    # An instance, and a program that is there: the unit's own is on the machine that it is installed on.
    name = unit.name.replace("@", "@custodian")
    text = re.sub(r"/opt/biodesci/bin/python", sys.executable, unit.read_text())
    (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "biodesci" in line]
    assert not ours, ours


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_program_of_ours_with_settings_that_exist(unit: Path) -> None:
    text = unit.read_text()
    (module,) = re.findall(r"^ExecStart=\S+ -m (\S+)$", text, re.MULTILINE)
    for name in WORKERS if "%i" in module else ("",):
        assert importlib.util.find_spec(module.replace("%i", name)) is not None
    assert _mentioned(text) <= _settings()


def test_what_computes_sees_which_processor_it_has() -> None:
    """Without /proc/cpuinfo torch takes kernels for any processor, whose last bits differ from others'."""
    assert "\nProcSubset=" not in (ROOT / "deploy/systemd/biodesci@.service").read_text()


def test_a_unit_fails_the_check_when_it_is_wrong(tmp_path: Path) -> None:
    assert shutil.which("systemd-analyze"), "apt-get install systemd"
    (tmp_path / "biodesci-wrong.service").write_text("[Service]\nExecStart=/bin/true\nUMusk=0077\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "biodesci-wrong.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "UMusk" in done.stderr


def test_each_worker_has_an_account_of_the_system() -> None:
    accounts = (ROOT / "deploy/systemd/sysusers.conf").read_text()
    assert {f"biodesci-{name}" for name in (*WORKERS, "index")} == set(
        re.findall(r"^u (\S+)", accounts, re.MULTILINE)
    )


@pytest.fixture
def installed() -> Iterator[dict[str, str]]:
    """What `biodesci-as` reads, with a program that tells what it was given, where any account may look."""
    with tempfile.TemporaryDirectory(prefix="biodesci-deploy-") as folder:
        yield _installed(Path(folder))


def _installed(folder: Path) -> dict[str, str]:
    folder.chmod(0o755)
    etc, home = folder / "etc", folder / "state" / "custodian"
    etc.mkdir()
    home.mkdir(parents=True)
    (etc / "biodesci.env").write_text(
        "# all\nBIODESCI_RPC_URL=http://one http://other\nBIODESCI_CONFIRMATIONS=12\n"
    )
    (etc / "custodian.env").write_text('BIODESCI_CONFIRMATIONS="safe"')
    (etc / "custodian.passphrase").write_text("a long passphrase\n")
    (etc / "custodian.passphrase").chmod(0o600)
    program = folder / "program"
    program.write_text(
        "#!/bin/sh\n"
        'printf "%s\\n" "$(id -u)" "$BIODESCI_HOME" "$BIODESCI_RPC_URL" "$BIODESCI_CONFIRMATIONS" '
        '"$(cat "$BIODESCI_PASSPHRASE_FILE")" "$BIODESCI_PASSPHRASE_FILE" "$*"\nexit 3\n'
    )
    program.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(home, _NOBODY, _NOBODY)
        home.chmod(0o700)
    return {**os.environ, "ETC": str(etc), "STATE": str(folder / "state"), "PROGRAM": str(program)}


def test_the_command_line_has_what_a_unit_has(installed: dict[str, str]) -> None:
    script = ROOT / "deploy/systemd/biodesci-as"
    done = subprocess.run(
        [script, "custodian", "work", "list"], capture_output=True, text=True, check=False, env=installed
    )
    uid, home, url, confirmations, words, file, verbs = done.stdout.splitlines()
    assert int(uid) == (_NOBODY if os.geteuid() == 0 else os.geteuid())
    assert home == f"{installed['STATE']}/custodian"
    assert (url, confirmations) == ("http://one http://other", "safe")
    assert (words, verbs) == ("a long passphrase", "work list")
    assert not Path(file).exists(), "it is gone with the command"
    assert done.returncode == 3, "the command's own"


def test_the_command_line_says_that_a_role_has_no_home(installed: dict[str, str]) -> None:
    script = ROOT / "deploy/systemd/biodesci-as"
    done = subprocess.run(
        [script, "aggregator", "doctor"], capture_output=True, text=True, check=False, env=installed
    )
    assert done.returncode == 1
    assert "there is no home" in done.stderr


def test_the_examples_settings_exist() -> None:
    for file in (ROOT / "deploy").rglob("*"):
        if file.is_file():
            assert _mentioned(file.read_text()) <= _settings(), file


@pytest.mark.parametrize("extras", [[], ["api"], ["node", "api"], ["localnet"], ["test"]])
def test_the_part_of_the_lock_brings_all_that_is_asked_for(extras: list[str]) -> None:
    from importlib.metadata import requires

    part = locked.needed(LOCK, locked.asked(PROJECT, extras))
    names = set(re.findall(r"^([a-z0-9._-]+?)(?:\[.*\])?==", part, re.MULTILINE))
    for name in names - {"atomicwrites", "colorama", "pywin32"}:
        for line in _requires(requires, name):
            requirement = Requirement(line)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            needed = canonicalize_name(requirement.name)
            assert not wanted or needed in names or needed in _APART, f"{name} asks for {needed}"


# These are left out of the lock when it is made (its first lines, and [tool.uv] in pyproject.toml).
_APART = {"torch", "sentence-transformers", "ipfs-tk"}


def _requires(requires, name: str) -> list[str]:
    from importlib.metadata import PackageNotFoundError

    try:
        return requires(name) or []
    except PackageNotFoundError:  # of another platform
        return []


def test_a_part_is_smaller_than_the_whole_and_has_its_hashes() -> None:
    part = locked.needed(LOCK, locked.asked(PROJECT, ["api"]))
    assert "slither-analyzer==" not in part and "eth-ape==" not in part
    for entry in re.split(r"^(?=[a-z0-9])", part, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry, entry


def test_an_extra_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="There is no extra pages: choose from api"):
        locked.asked(PROJECT, ["pages"])
    with pytest.raises(ValueError, match="The lock does not have nothing-like-this"):
        locked.needed(LOCK, {"nothing-like-this"})


def test_the_container_installs_from_the_lock_alone() -> None:
    text = (ROOT / "deploy/container/Containerfile").read_text()
    installs = re.findall(r"pip install (.*?)(?: && |\n| ;;)", text)
    assert installs and all(
        "--require-hashes" in one or "--no-deps" in one or "torch==" in one for one in installs
    )
    (torch,) = [r for r in PROJECT["optional-dependencies"]["node"] if r.startswith("torch")]
    assert torch in text and torch in (ROOT / "scripts/setup.sh").read_text()
