"""One reader under atheris: python tests/fuzzing/target.py READER [OPTION ...] [INPUTS]

libFuzzer, whose options these are, makes inputs and keeps those by which other lines of ours run.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["biodesci"]):
    from readers import READERS, refused


def main() -> None:
    """Tries one input after another until the time is up, or one makes the reader fail."""
    read = READERS[sys.argv[1]]

    def one(raw: bytes) -> None:
        refused(read, raw)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


main()
