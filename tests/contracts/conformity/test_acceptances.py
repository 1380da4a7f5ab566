"""The findings of Slither that the contracts accept: `slither-disable-next-line DETECTORS // why`.

`make check` fails on any other finding; this, on an acceptance without a reason or of what is not found.
"""

from __future__ import annotations

import re
from pathlib import Path

from slither.__main__ import get_detectors_and_printers

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


def test_each_is_still_found(slither):
    slither.warn_unused_ignores = True
    # In the order of Slither's command line: what a detector finds depends on those before it.
    for detector in sorted(get_detectors_and_printers()[0], key=lambda detector: detector.IMPACT):
        slither.register_detector(detector)
    assert any(slither.run_detectors())
    unused = [
        (comment["file"], comment["line"], comment["unused_detectors"])
        for comment in slither.get_unused_ignore_comments()
        if Path(comment["file"]).is_relative_to(ROOT / "contracts")
    ]
    assert unused == []
