"""A licensee's copy into a pipe, from which nothing can be taken back.

Only at its end is a container known to be the one that was sold. So it is decrypted twice: first to nowhere,
by which all of it is checked, key included; then into the pipe. The container alone is on disk meanwhile.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from biodesci.chain.client import Chain
from biodesci.ipfs.client import Ipfs
from biodesci.market import licensed_copy
from biodesci.market.licensed_copy import Progress


@dataclass(frozen=True)
class Pipe:
    """Where the file goes, as Crypt4GH where there are `readers`; the container waits in `home`, a folder."""

    sink: BinaryIO
    home: Path
    readers: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Streamed:
    """A copy that went into a pipe, after it was checked against `content_root`; `size` is of the plain file
    in bytes."""

    size: int
    dataset_id: int
    version: int
    content_root: str


class _Nowhere(io.RawIOBase):
    """Takes bytes, and keeps none."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        return memoryview(data).nbytes  # type: ignore[arg-type]  # bytes, or a view of a buffer


def stream(
    chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int, pipe: Pipe, progress: Progress | None = None
) -> Streamed:
    """As `licensed_copy.download`, into a pipe: no byte goes there before all of the file was checked.

    A use that is counted is counted right before the first byte. A run that broke off after that is not
    counted again when it is repeated.
    """
    licence = licensed_copy.to_download(chain, license_id)
    with licensed_copy.use(chain, licence) as count:
        key = licensed_copy.key_of(chain, ipfs, seed, licence)
        waiting = pipe.home / f"licence-{licence.id}"
        with licensed_copy.fetched(chain, ipfs, key, waiting, progress) as decrypt:
            size = decrypt(cast("BinaryIO", _Nowhere()))
            count()
            with licensed_copy.written(pipe.sink, key, pipe.readers) as plain:
                decrypt(plain)
            pipe.sink.flush()
    return Streamed(size, licence.dataset_id, licence.version, "0x" + key.content_root.hex())
