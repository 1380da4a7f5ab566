"""Counts lines for rule 9 of docs/style.md: a file holds one concept (`python -m scripts.lengths`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

LONGEST: Final = 350
# Tests list cases one below the other: they are read one by one, and not as a whole.
LONGEST_TEST: Final = 500
CHECKED: Final = ("*.py", "*.ts", "*.tsx", "*.sol")
EXCEPTED: Final = {
    "frontend/src/generated/*": "generated; nobody reads or writes it by hand",
    "backend/biodesci/chain/records.py": "a list: one record for each struct of the contracts",
    "tests/vectors/make.py": "computes every format a second time; one file, so that nothing of it is shared",
}


def too_long(files: Iterable[tuple[str, int]]) -> list[str]:
    """What is wrong with each of these files (path, lines) that is too long, in words."""
    faults = []
    for path, lines in files:
        most = LONGEST_TEST if path.startswith("tests/") else LONGEST
        if lines > most and not any(fnmatch(path, pattern) for pattern in EXCEPTED):
            faults.append(f"{path} has {lines} lines, and {most} at most are read well.")
    return faults


def main(root: Path = Path()) -> int:
    """1 if a file that is tracked, or would be, is too long."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *CHECKED],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    files = [
        (path, len((root / path).read_bytes().splitlines())) for path in listed if (root / path).exists()
    ]
    faults = too_long(files)
    if faults:
        advice = "Split each by what its parts do (docs/style.md, rule 9)."
        print("\n".join([*faults, advice]), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
