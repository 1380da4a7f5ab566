"""The README's table of invariants and the functions that check them agree, and each function is called."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROW = re.compile(r"^\| (\d+) \| .+ \| `(_inv(\d+)_\w+)` \|$", re.MULTILINE)
STEP = re.compile(r"^\| (\d+) \| .+ \| `\w+\.(\w+)` \|$", re.MULTILINE)  # checked as the step is taken
DEFINED = re.compile(r"/// @notice (\d+)\. (?:[^\n]*\n\s*///)*[^\n]*\n\s*function (_inv(\d+)_\w+)\(")


def test_the_readme_names_each_check():
    readme = (HERE.parent / "README.md").read_text()
    rows, steps = ROW.findall(readme), STEP.findall(readme)
    sources = "".join(path.read_text() for path in sorted(HERE.glob("*.t.sol")))
    checks = DEFINED.findall(sources)
    numbers = sorted(int(number) for number, *_ in (*rows, *steps))
    assert numbers == list(range(1, len(rows) + len(steps) + 1))
    for number, step in steps:
        assert f"function {step}(" in sources
        assert f'"inv{number}: ' in sources
    assert rows == sorted(checks, key=lambda check: int(check[0]))
    assert all(number == in_name for number, _, in_name in rows)
    for _, name, _ in rows:
        assert len(re.findall(rf"\b{name}\(", sources)) >= 2, f"{name} is never called"
    assert len(rows) == len(re.findall(r"function _inv\d+_", sources))
