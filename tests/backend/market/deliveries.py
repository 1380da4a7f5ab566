"""Deliveries as a custodian makes them by hand, honest or not, with their evidence."""

from __future__ import annotations

import io
from typing import Any

from biodesci.chain.records import DatasetVersion
from biodesci.core import envelope
from biodesci.core.envelope import public_key
from biodesci.ipfs import unixfs
from biodesci.market import evidence
from biodesci.market.evidence import Evidence
from biodesci.party import dataset_keys
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting


def custodian(sale: Any) -> Member:
    """The owner, who keeps the evidence of its deliveries."""
    return acting(sale.owner, sale.ipfs, sale.home)


def deliver_by_hand(
    sale: Any, license_id: int, content: bytes, *, public: bytes | None = None, withheld: bool = False
) -> Evidence:
    """What a dishonest custodian does: the envelope is well-formed, its evidence kept; it may lie nowhere."""
    chain = sale.owner
    context = envelope.info(
        "license", chain.chain_id, str(chain.licenses.address), license_id, sale.buyer.address
    )
    sealed, randomness = envelope.seal_shown(public or public_key(sale.seed), content, context)
    digest = unixfs.digest_of(io.BytesIO(sealed)) if withheld else sale.ipfs.add(sealed)
    made = Evidence(digest, randomness, content)
    chain.send(calls.deliver(chain, license_id, made.digest))
    evidence.keep(sale.home, PASSPHRASE, chain, license_id, made)
    return made


def right_content(sale: Any) -> bytes:
    """Dataset key and salt, as they were committed to."""
    version = sale.owner.read(DatasetVersion, sale.dataset, 1)
    key, salt = dataset_keys.load(sale.home, PASSPHRASE, sale.owner, version)
    return key + salt
