"""Commands of README.md that the other suites don't run; tests/README.md says which test runs which."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from biodesci.localnet.processes import free_port
from tests.make import make


def test_what_is_measured_is_written_beside_what_was_measured_before(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    before = {"an.older_figure": {"value": 1, "unit": "s", "peer": "none", "how": "once"}}
    figures.write_text(json.dumps(before))
    command = make("figures", "proof", "--to", str(figures))
    output, _ = command.communicate(timeout=200)
    assert command.returncode == 0, output
    measured = json.loads(figures.read_text())
    assert measured.pop("an.older_figure") == before["an.older_figure"]
    assert measured.keys() == {"audit.freivalds_ratio", "receipt.verify_ms"}
    assert all(figure["value"] > 0 for figure in measured.values())
    assert f"written to {figures}" in output


def test_a_figure_that_there_is_not_stops_before_anything_is_measured(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = make("figures", "prof", "--to", str(figures))
    output, _ = command.communicate(timeout=120)
    assert command.returncode != 0
    assert "there is no benchmark prof: choose from gas," in output
    assert not figures.exists()


def test_a_console_with_no_chain_says_so() -> None:
    port = free_port()
    console = make("console", environment={"NETWORK": f"ethereum:local:http://127.0.0.1:{port}"})
    output, _ = console.communicate(timeout=120)
    assert console.returncode != 0
    assert f"Nothing answers at 127.0.0.1:{port}. Start it: make up." in output
    assert "Traceback" not in output


def test_the_help_names_every_noun(tmp_path: Path) -> None:
    biodesci = Path(sys.executable).parent / "biodesci"
    shown = subprocess.run([biodesci, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(noun in shown.stdout for noun in ("dataset", "license", "model", "round", "inference", "up"))
