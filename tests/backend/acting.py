"""Who acts in a test: a member of the network, with a passphrase that all of them share."""

from __future__ import annotations

from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.ipfs.client import Ipfs
from biodesci.party.member import Member

PASSPHRASE = "a long passphrase"


def acting(chain: Chain, ipfs: Ipfs, home: Path) -> Member:
    """The member with the account of `chain`, whose keys lie in `home`."""
    return Member(chain, ipfs, home, PASSPHRASE)
