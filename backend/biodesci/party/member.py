"""Who acts: an account on chain, with the private folder and the IPFS node that it works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.ipfs.client import Ipfs


@dataclass(frozen=True)
class Member:
    """A member of the network, as whom this process acts.

    `chain` signs with its account; its keys lie sealed under `passphrase` in `home`.
    """

    chain: Chain
    ipfs: Ipfs
    home: Path
    passphrase: str = field(repr=False)
