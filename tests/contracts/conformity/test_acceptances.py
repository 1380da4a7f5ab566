"""The findings of Slither that the contracts accept: `slither-disable-next-line DETECTORS // why`.

`make check` fails on any other finding; this, on an acceptance without a reason or of what is not found.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ACCEPTED = re.compile(r"// slither-disable-next-line [a-z0-9,-]+ // \S.*")


def test_each_has_a_reason():
    lines = [
        line.strip()
        for source in (ROOT / "contracts").rglob("*.sol")
        for line in source.read_text().splitlines()
        if "slither-" in line
    ]
    assert lines
    assert [line for line in lines if not ACCEPTED.fullmatch(line)] == []


def test_each_is_still_found():
    assert (ROOT / ".cache/slither/out/build-info").is_dir(), "no build for Slither: run `make compile`"
    done = subprocess.run(
        ["slither", ".", "--warn-unused-ignores", "--fail-none", "--json", "-"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = json.loads(done.stdout)["results"]["detectors"]
    unused = [
        (comment["file"], comment["line"], comment["unused_detectors"])
        for finding in found
        for comment in finding.get("unused_ignores", [])
        if Path(comment["file"]).is_relative_to(ROOT / "contracts")
    ]
    assert unused == []
