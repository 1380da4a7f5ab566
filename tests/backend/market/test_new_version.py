"""A new version has a key of its own: a licence is for the version that it was bought for, and no other."""

from __future__ import annotations

import io
from typing import Any

import pytest

from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import container
from biodesci.core.errors import WrongKeyError
from biodesci.market import content, license, licensed_copy
from biodesci.market.card import DatasetMeta
from biodesci.market.publish import publish
from tests.backend.market.conftest import HMB, NCU, seller
from tests.backend.market.downloads import downloaded


def encrypted(sale: Any, version: int) -> bytes:
    """A version's container, as anybody has it who was given the ciphertext."""
    on_chain = sale.owner.read(DatasetVersion, sale.dataset, version)
    root = commitments(sale.owner, on_chain).content_root
    return b"".join(sale.ipfs.stream(content.locate(sale.ipfs, on_chain.card, root).content))


def test_the_key_of_an_old_licence_does_not_open_a_new_version(sale: Any) -> None:
    first = sale.file.read_bytes()
    old = sale.buy().license_id
    sale.release()
    sale.file.write_bytes(first.replace(b"age,", b"years,"))
    done = publish(seller(sale), sale.file, DatasetMeta("Cohort", "", HMB | NCU), dataset_id=sale.dataset)
    assert done.version == 2

    held = licensed_copy.key_of(sale.buyer, sale.ipfs, sale.seed, license.get(sale.buyer, old))
    plain = io.BytesIO()
    with pytest.raises(WrongKeyError):
        root = commitments(sale.owner, sale.owner.read(DatasetVersion, sale.dataset, 2)).content_root
        container.decrypt(io.BytesIO(encrypted(sale, 2)), plain, held.dataset_key, expected_root=root)
    assert plain.getvalue() == b""
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, old) == first, "what was bought stays open"

    new = sale.buy(again=True).license_id
    sale.release()
    assert license.get(sale.buyer, new).version == 2
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, new) == sale.file.read_bytes()
    other = licensed_copy.key_of(sale.buyer, sale.ipfs, sale.seed, license.get(sale.buyer, new))
    assert other.dataset_key != held.dataset_key
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, old) == first
