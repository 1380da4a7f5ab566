"""Ape takes the contracts from forge. Where it compiles them itself, it makes the same bytes of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def without_metadata(code: str) -> bytes:
    """Without what the compiler appends: a hash of sources' paths and settings, and its length."""
    whole = bytes.fromhex(code.removeprefix("0x"))
    return whole[: -2 - int.from_bytes(whole[-2:])] if whole else whole


@pytest.mark.deep
def test_ape_compiles_each_contract_to_the_bytes_that_forge_made(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "ape-config.yaml", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    compile_all = [str(Path(sys.executable).with_name("ape")), "compile", "--force"]
    done = subprocess.run(
        compile_all, cwd=tmp_path, env={**os.environ, "BIODESCI_ROOT": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    made, handed = (
        json.loads((folder / ".build/__local__.json").read_text())["contractTypes"]
        for folder in (tmp_path, ROOT)
    )
    assert made.keys() == handed.keys()
    for name in made:
        for code in ("deploymentBytecode", "runtimeBytecode"):
            compiled = without_metadata(made[name][code]["bytecode"])
            assert compiled == without_metadata(handed[name][code]["bytecode"]), f"{code} of {name}"
