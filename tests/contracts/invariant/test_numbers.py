"""The README's table of invariants and the functions that check them agree, and each function is called."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROW = re.compile(r"^\| (\d+) \| .+ \| `(_inv(\d+)_\w+)` \|$", re.MULTILINE)
DEFINED = re.compile(r"/// @notice (\d+)\. (?:[^\n]*\n\s*///)*[^\n]*\n\s*function (_inv(\d+)_\w+)\(")


def test_the_readme_names_each_check():
    rows = ROW.findall((HERE.parent / "README.md").read_text())
    sources = "".join(path.read_text() for path in sorted(HERE.glob("*.t.sol")))
    checks = DEFINED.findall(sources)
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
    assert rows == sorted(checks, key=lambda check: int(check[0]))
    assert all(number == in_name for number, _, in_name in rows)
    for _, name, _ in rows:
        assert len(re.findall(rf"\b{name}\(", sources)) >= 2, f"{name} is never called"
    assert len(rows) == len(re.findall(r"function _inv\d+_", sources))
