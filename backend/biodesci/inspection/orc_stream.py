"""Reads an ORC file in a process of its own, and writes its batches as an Arrow stream to standard output.

The library that reads ORC crashes on some damaged files; so it takes this process with it alone.
"""

from __future__ import annotations

import sys

import pyarrow as pa
from pyarrow import orc


def main(path: str) -> None:
    """Writes the file's stripes, one batch each."""
    file = orc.ORCFile(path)
    with pa.ipc.new_stream(sys.stdout.buffer, file.schema) as stream:
        for index in range(file.nstripes):
            stream.write_batch(file.read_stripe(index))


if __name__ == "__main__":
    main(sys.argv[1])
