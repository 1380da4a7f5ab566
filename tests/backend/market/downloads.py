"""What a licence gives its holder, by the way that every licensee goes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from biodesci.chain.client import Chain
from biodesci.ipfs.client import Ipfs
from biodesci.market import licensed_copy


def downloaded(chain: Chain, ipfs: Ipfs, seed: bytes, license_id: int) -> bytes:
    """The file: the envelope opened, the key compared with its commitment, the container decrypted."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "file"
        licensed_copy.download(chain, ipfs, seed, license_id, target)
        return target.read_bytes()
