"""An owner delivers the key that it committed to, and what it sold cannot be read all the same."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from biodesci.chain.currency import ETHER
from biodesci.core import container
from biodesci.core.errors import BioDeSciError
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import evidence, judgement, license, licensed_copy, publish
from tests.attacks.at_work import custodian_of, delivered
from tests.backend import calls
from tests.backend.acting import acting

PRICE = 10**15


def under_another_key(_ipfs, patch):
    real = container.seal
    patch.setattr(
        container,
        "seal",
        lambda source, sink, _key, **more: real(source, sink, os.urandom(32), **more),
    )


def damaged(_ipfs, patch):
    """The content root is of a container in which a later segment was never sealed by any key."""
    real = container.seal

    def seal(source, sink, key, readers, **more):
        # What was inspected is read, as publishing asks.
        real(source, io.BytesIO(), key, readers=replace(readers, sealed=()), **more)
        sealed = io.BytesIO()
        info = real(io.BytesIO(os.urandom(3 << 16)), sealed, key, segment_size=1 << 16)
        raw = bytearray(sealed.getvalue())
        raw[-1] ^= 1
        sink.write(raw)
        for read in readers.sealed:
            read(raw)
        return replace(info, content_root=container.content_root(io.BytesIO(raw)))

    patch.setattr(container, "seal", seal)


def card_that(change):
    """The card is what `change(ipfs, arguments of compose)` makes of it."""

    def trick(ipfs, patch):
        real = publish.compose
        patch.setattr(publish, "compose", lambda *given: change(ipfs, real, list(given)))
        patch.setattr(publish, "require_valid", lambda _card: None)  # who cheats checks nothing

    return trick


def names_junk(ipfs, compose, given):
    sealed = io.BytesIO()
    container.encrypt(io.BytesIO(b"junk"), sealed, os.urandom(32))
    return compose(*given[:2], ipfs.add(sealed.getvalue()), *given[3:])


def names_text(ipfs, compose, given):
    return compose(*given[:2], ipfs.add(b"no container at all"), *given[3:])


def of_another_file(_ipfs, compose, given):
    return compose(*given[:3], replace(given[3], content_root=os.urandom(32)), given[4])


def without_a_file(_ipfs, _compose, _given):
    return SimpleNamespace(to_bytes=lambda: json.dumps({"name": "Cohort"}).encode(), schema_files=[])


def no_card_on_ipfs(_ipfs, patch):
    patch.setattr(Ipfs, "add", lambda _self, data, _why: unixfs.digest_of(io.BytesIO(data)))


def no_container_on_ipfs(_ipfs, patch):
    def add_file(_self, path, *_more, **_options):
        with path.open("rb") as source:
            return unixfs.digest_of(source)

    patch.setattr(Ipfs, "add_file", add_file)


TRICKS = [
    pytest.param(under_another_key, "KEY_DOES_NOT_OPEN", "licensee", id="container under another key"),
    pytest.param(damaged, "OTHER_CONTAINER", "licensee", id="a damaged container"),
    pytest.param(card_that(names_junk), "OTHER_CONTAINER", "licensee", id="card names another container"),
    pytest.param(card_that(names_text), "OTHER_CONTAINER", "licensee", id="card names no container"),
    pytest.param(card_that(of_another_file), "CARD_OF_ANOTHER_FILE", "licensee", id="card of another file"),
    pytest.param(card_that(without_a_file), "CARD_NAMES_NO_CONTAINER", "licensee", id="card without a file"),
    pytest.param(no_card_on_ipfs, "CARD_NOT_FETCHED", "nobody", id="no card on IPFS"),
    pytest.param(no_container_on_ipfs, "CONTAINER_NOT_FETCHED", "nobody", id="no container on IPFS"),
]


@pytest.mark.parametrize(("trick", "finding", "favours"), TRICKS)
def test_an_owner_delivers_the_key_that_it_committed_to_and_it_opens_nothing(
    sale_of, judge, localnet, tmp_path, monkeypatch, trick, finding, favours
):
    with monkeypatch.context() as patch:
        trick(judge.ipfs, patch)
        sale = sale_of(arbiter=judge.chain.address)
    license_id = sale.buy().license_id
    with custodian_of(sale, localnet):
        delivered(sale, license_id)
    target = tmp_path / "file.csv"
    with pytest.raises(BioDeSciError) as caught:
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert not target.exists()
    assert f"ispute it before the window ends: biodesci license dispute {license_id}" in caught.value.hint
    license.dispute(sale.buyer, license_id, "I cannot read it")

    file = tmp_path / "shown"
    evidence.show(acting(sale.owner, sale.ipfs, sale.home), license_id, judge.chain.address, file)
    judged = judgement.judge(judge, license_id, file)
    assert (judged.finding.name, judged.favours.value) == (finding, favours)
    assert f"license resolve {license_id} buyer" in judged.says
    assert "owner." not in judged.says
    assert judged.until == license.get(sale.buyer, license_id).deadline
    if favours == "nobody":
        assert "not checked" in judged.says
        assert "The data owner has to keep it where it can be fetched" in judged.says
        assert "If nothing comes, decide for the licensee" in judged.says
    else:
        assert caught.value.message == judged.finding.value
    assert not [path for path in (judge.home / "judging").glob("*") if path.is_file()]
    judge.chain.send(calls.resolve(judge.chain, license_id, pay_owner=False))
    assert judge.chain.call(judge.chain.licenses.functions.owed(sale.buyer.address, ETHER)) == PRICE
