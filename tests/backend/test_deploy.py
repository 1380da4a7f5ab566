"""What deploy/ ships: units that systemd takes, settings that exist, packages that are the lock's."""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from biodesci import cli, config
from biodesci.party import keys
from scripts import locked

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "deploy/systemd"
UNITS = sorted([*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
WORKERS = ("custodian", "guardian", "training_node", "inference_worker", "aggregator")
_NOBODY = 65_534
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _settings() -> set[str]:
    return {config.ROOT, "DATABASE_URL"} | {
        config.variable(name) for each in config.CLASSES for name in each.model_fields
    }


def _mentioned(text: str) -> set[str]:
    return set(re.findall(r"\b(BIODESCI_[A-Z0-9_]+|DATABASE_URL)=", text))


def _installable(unit: Path, folder: Path) -> Path:
    """An instance of the unit, with programs that are there: its own are on the machine that has it."""
    copy = folder / unit.name.replace("@", "@custodian")
    text = unit.read_text()
    for program in ("python", "biodesci"):
        text = text.replace(f"/opt/biodesci/bin/{program}", str(Path(sys.executable).parent / program))
    copy.write_text(text.replace("/usr/local/sbin/", f"{SYSTEMD}/"))
    return copy


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    copies = [_installable(each, tmp_path) for each in UNITS]  # a timer names the service that it starts
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copies[UNITS.index(unit)])],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "biodesci" in line]
    assert not ours, ours


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_a_program_of_ours_with_settings_that_exist(unit: Path) -> None:
    text = unit.read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, *words = line.split()
    if program.endswith("/python"):
        assert words[0] == "-m"
        for name in WORKERS if "%i" in words[1] else ("",):
            assert importlib.util.find_spec(words[1].replace("%i", name)) is not None
    elif program.endswith("/biodesci"):
        app: Any = typer.main.get_command(cli.app)
        for verb in itertools.takewhile(str.isalpha, words):
            app = app.commands[verb]
        assert {word for word in words if word.startswith("--")} <= {o for p in app.params for o in p.opts}
    else:
        assert os.access(SYSTEMD / Path(program).name, os.X_OK)
    assert _mentioned(text) <= _settings()


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_runs_without_rights_of_its_own(unit: Path, tmp_path: Path) -> None:
    """systemd's own measure, from 0 (shut off) to 10; it calls 2.0 OK, and what is not confined 9.6."""
    done = subprocess.run(
        [
            "systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20",
            str(_installable(unit, tmp_path)),
        ],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_COLORS": "0"},
    )  # fmt: skip
    assert "Overall exposure level" in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout.splitlines()[-1]
    assert "\nLimitCORE=0\n" in unit.read_text(), "a core dump would hold keys"


def test_the_index_has_one_file_of_settings() -> None:
    """`biodesci-as index` reads it, too: with another DATABASE_URL it would look at another index."""
    for name in ("biodesci-indexer", "biodesci-api"):
        files = re.findall(
            r"^EnvironmentFile=-?/etc/biodesci/(.*)$", (SYSTEMD / f"{name}.service").read_text(), re.M
        )
        assert files[:2] == ["biodesci.env", "index.env"]
    assert '"$etc/biodesci.env" "$etc/$role.env"' in (SYSTEMD / "biodesci-as").read_text()


def test_what_computes_sees_which_processor_it_has() -> None:
    """Without /proc/cpuinfo torch takes kernels for any processor, whose last bits differ from others'."""
    assert "\nProcSubset=" not in (SYSTEMD / "biodesci@.service").read_text()


def test_the_server_of_containers_finds_of_a_home_its_containers_alone() -> None:
    """It shares the Unix account of whose files it reads, so what else that account may read is shut off."""
    text = (SYSTEMD / "biodesci-containers@.service").read_text()
    assert "\nTemporaryFileSystem=/var/lib:ro\nBindReadOnlyPaths=/var/lib/biodesci/%i/containers\n" in text
    assert not re.search(r"^(LoadCredential|StateDirectory|ReadWritePaths|BindPaths)", text, re.MULTILINE)
    (shut,) = re.findall(r"^InaccessiblePaths=(.*)$", text, re.MULTILINE)
    assert {"-/run/credentials", "-/var/backups", "-/dev/shm"} <= set(shut.split())
    assert "\nPrivateUsers=yes\n" in text, "/proc of the account's other processes would lead to their files"
    (families,) = re.findall(r"^RestrictAddressFamilies=(.*)$", text, re.MULTILINE)
    assert "AF_UNIX" not in families.split(), "PostgreSQL would let it in as the role of its account"
    (unset,) = re.findall(r"^UnsetEnvironment=(.*)$", text, re.MULTILINE)
    secret = {config.variable(name) for each in config.CLASSES for name in each.model_fields
              if name in {"passphrase", "passphrase_file", "ipfs_auth_file"}}  # fmt: skip
    assert set(unset.split()) == secret | {"DATABASE_URL"}


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


def _unix_accounts() -> set[str]:
    return set(re.findall(r"^u (\S+)", (SYSTEMD / "sysusers.conf").read_text(), re.MULTILINE))


def test_each_role_has_a_unix_account() -> None:
    assert {f"biodesci-{name}" for name in (*WORKERS, "index", "issuer")} == _unix_accounts()


def test_postgresql_lets_each_unix_account_in_as_the_page_says() -> None:
    """The server's own rule for `peer`: a name after a slash is a regular expression."""
    page = (ROOT / "docs/deployment.md").read_text()
    lines = page.partition("# pg_ident.conf\n")[2].partition("```")[0].splitlines()
    ((every, role), (index, reads)) = (line.split()[1:] for line in lines)
    assert all(re.search(every.removeprefix("/"), name) for name in _unix_accounts())
    assert not re.search(every.removeprefix("/"), "another-biodesci-index")
    assert (role, reads) == ("biodesci", "biodesci_api") and index in _unix_accounts()


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
    script = SYSTEMD / "biodesci-as"
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
    script = SYSTEMD / "biodesci-as"
    done = subprocess.run(
        [script, "aggregator", "doctor"], capture_output=True, text=True, check=False, env=installed
    )
    assert done.returncode == 1
    assert "there is no home" in done.stderr


OLD = [f"home-2026-01-0{day}T023000Z.backup" for day in (1, 2, 3)]


@pytest.fixture
def night(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Where `biodesci-backup` writes to, with backups of three nights before, and what its unit gives it."""
    home, kept, words = tmp_path / "home", tmp_path / "backups", tmp_path / "passphrase"
    for folder in (home, kept):
        folder.mkdir(mode=0o700)
    words.write_text("a long passphrase")
    keys.create(home, words.read_text(), n=1 << 10)
    for name in (*OLD, "notes.txt", "home-of-mine.backup"):
        (kept / name).write_text(name)
    given = {"BIODESCI_HOME": str(home), "BIODESCI_PASSPHRASE_FILE": str(words)}
    return kept, {**os.environ, **given, "PROGRAM": str(Path(sys.executable).parent / "biodesci")}


def _backed_up(folder: Path, number: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SYSTEMD / "biodesci-backup", folder, number], capture_output=True, text=True, check=False, env=env
    )


def test_each_night_leaves_one_more_backup_and_the_oldest_goes(night: tuple[Path, dict[str, str]]) -> None:
    folder, env = night
    done = _backed_up(folder, "2", env)
    assert done.returncode == 0, done.stderr
    (made,) = {path.name for path in folder.iterdir()} - {OLD[2], "notes.txt", "home-of-mine.backup"}
    assert made > OLD[2] and (folder / made).stat().st_mode & 0o777 == 0o600
    assert "The backup is whole." in done.stdout
    assert Path(env["BIODESCI_HOME"], "key.bin").read_bytes() not in (folder / made).read_bytes()


def test_a_backup_that_cannot_be_read_back_takes_the_place_of_none(
    night: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, env = night
    before = {path.name for path in folder.iterdir()}
    faulty = tmp_path / "faulty"
    faulty.write_text(
        f'#!/bin/sh\n"{env["PROGRAM"]}" "$@" || exit 1\n[ "$2" != create ] || truncate -s -1 "$3"\n'
    )
    faulty.chmod(0o755)
    done = _backed_up(folder, "1", {**env, "PROGRAM": str(faulty)})
    assert done.returncode == 1
    assert "could not be read back" in done.stderr
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("number", ["", "0", "-1", "two", "07"])
def test_a_number_of_backups_that_is_none_removes_nothing(
    night: tuple[Path, dict[str, str]], number: str
) -> None:
    folder, env = night
    before = sorted(folder.iterdir())
    assert _backed_up(folder, number, env).returncode == 2
    assert sorted(folder.iterdir()) == before


def test_the_examples_settings_exist() -> None:
    for file in (ROOT / "deploy").rglob("*"):
        if file.is_file():
            assert _mentioned(file.read_text()) <= _settings(), file


@pytest.mark.parametrize("extras", [[], ["api"], ["node", "api"], ["api", "publish"], ["localnet"], ["test"]])
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
