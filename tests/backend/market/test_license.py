"""From purchase to plaintext, and every way it must not go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from biodesci.chain import transactions
from biodesci.chain.currency import ETHER
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import (
    AccessDeniedError,
    FundsError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.core.onchain import LicenseState
from biodesci.ipfs.client import Ipfs
from biodesci.market import license, licensed_copy
from biodesci.market.custody import Custodian
from biodesci.market.purchase import purchase
from biodesci.party import keys
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.downloads import downloaded
from tests.children import die, killed

HMB, DS, COMMERCIAL = 1 << 2, 1 << 3, 1 << 34
IRB = 1 << 21
NCU = 1 << 12
PRICE = 10**15


def test_purchase_delivery_download_confirm(sale, tmp_path):
    bought = sale.buy()
    assert bought.bought
    assert not bought.needs_review
    assert bought.license_id in sale.release()
    target, seen = tmp_path / "out" / "cohort.csv", []
    with pytest.raises(InputError, match="There is no folder"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought.license_id, target)
    assert not target.parent.exists()
    target.parent.mkdir()
    for download in (licensed_copy.download, licensed_copy.download_over):
        with pytest.raises(InputError, match="is a folder"):
            download(sale.buyer, sale.ipfs, sale.seed, bought.license_id, target.parent)
    done = licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought.license_id, target, seen.append)
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == sale.file.read_bytes()
    assert done.size == target.stat().st_size
    assert seen
    assert [p.name for p in target.parent.iterdir()] == ["cohort.csv"]
    assert license.confirm(sale.buyer, bought.license_id) is not None
    assert license.confirm(sale.buyer, bought.license_id) is None
    owed = sale.owner.call(sale.owner.licenses.functions.owed(sale.owner.address, ETHER))
    assert owed == PRICE
    with pytest.raises(StateError, match="already"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, bought.license_id, target)


def test_bought_once_though_asked_twice(sale):
    first, second = sale.buy(), sale.buy()
    assert second.license_id == first.license_id
    assert not second.bought
    sale.release()
    assert not sale.buy().bought
    assert sale.buy(again=True).license_id != first.license_id


@pytest.mark.parametrize("after", [False, True], ids=["before sending", "after sending"])
def test_killed_purchase_pays_once(sale, chain_for, after):
    real, account = transactions.send, sale.buyer.account

    def send_and_die(web3, raw, *_stop):
        if after:
            real(web3, raw)
        die()

    def run() -> None:
        transactions.send = send_and_die
        purchase(chain_for(account), sale.offer, HMB)

    killed(run)
    sale.buy()
    assert sale.buyer.call(sale.buyer.licenses.functions.balanceOf(sale.buyer.address)) == 1
    assert not sale.buy().bought


def test_unlicensed_account_is_refused_at_every_step(sale, chain_for, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    thief, seed = chain_for(), generate_seed()
    with pytest.raises(StateError, match="no encryption key on chain"):
        purchase(thief, sale.offer, HMB)
    thief.send(thief.keys.functions.register(public_key(seed)))
    with pytest.raises(AccessDeniedError, match="don't allow this purpose"):
        purchase(thief, sale.offer, HMB | COMMERCIAL)
    with pytest.raises(AccessDeniedError, match="not held by"):
        licensed_copy.download(thief, sale.ipfs, seed, license_id, tmp_path / "stolen")
    with pytest.raises(AccessDeniedError, match="not held by"):
        license.confirm(thief, license_id)
    with pytest.raises(AccessDeniedError, match="not held by"):
        license.dispute(thief, license_id, "mine")
    with pytest.raises(RevertedError, match="or its custodian delivers keys"):
        other = sale.buy(again=True).license_id
        thief.send(calls.deliver(thief, other, b"\x01" * 32))
    with pytest.raises(WrongKeyError):
        downloaded(sale.buyer, sale.ipfs, seed, license_id)
    assert not (tmp_path / "stolen").exists()


def test_expired_license_opens_nothing(sale_of, tmp_path, localnet):
    sale = sale_of(duration=50)
    license_id = sale.buy().license_id
    sale.release()
    localnet.pass_time(51)
    with pytest.raises(AccessDeniedError, match="has expired"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "late")


def test_revoked_license_opens_nothing(sale, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    sale.owner.send(calls.revoke(sale.owner, license_id, b"\x01" * 32))
    with pytest.raises(AccessDeniedError, match="revoked"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "late")


@pytest.mark.parametrize("judged", [True, False], ids=["arbiter", "no arbiter"])
def test_wrong_key_in_the_envelope_is_found_and_disputed(sale_of, arbiter, tmp_path, judged):
    """The owner delivers a well-formed envelope with another key."""
    from biodesci.core import envelope

    sale = sale_of(arbiter=arbiter.address) if judged else sale_of()
    license_id = sale.buy().license_id
    info = envelope.info(
        "license", sale.owner.chain_id, sale.owner.licenses.address, license_id, sale.buyer.address
    )
    digest = sale.ipfs.add(envelope.seal(public_key(sale.seed), os.urandom(64), info))
    sale.owner.send(calls.deliver(sale.owner, license_id, digest))
    with pytest.raises(IntegrityError, match="delivered key") as caught:
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "x")
    if not judged:
        assert "names no arbiter" in caught.value.hint
        with pytest.raises(StateError, match="nothing can be disputed"):
            license.dispute(sale.buyer, license_id, "wrong key")
        return
    assert f"license dispute {license_id}" in caught.value.hint
    assert license.dispute(sale.buyer, license_id, "wrong key") is not None
    assert license.dispute(sale.buyer, license_id, "wrong key") is None
    assert license.get(sale.buyer, license_id).state is LicenseState.DISPUTED
    with pytest.raises(StateError, match="no access until its arbiter decides"):
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    arbiter.send(calls.resolve(arbiter, license_id, pay_owner=False))
    assert license.get(sale.buyer, license_id).state is LicenseState.REFUNDED


def test_envelope_of_another_license_does_not_pass(sale):
    first, second = sale.buy().license_id, sale.buy(again=True).license_id
    assert sale.owner.send(calls.deliver(sale.owner, first, b"\x07" * 32))
    sale.release()
    theirs = license.envelope_of(sale.buyer, second)
    third = sale.buy(again=True).license_id
    sale.owner.send(calls.deliver(sale.owner, third, theirs))
    with pytest.raises(WrongKeyError):
        downloaded(sale.buyer, sale.ipfs, sale.seed, third)


def test_tampered_container_leaves_no_plaintext(sale, tmp_path, monkeypatch):
    license_id = sale.buy().license_id
    sale.release()
    real = Ipfs.download

    def tampered(self, digest, target, progress=None):
        real(self, digest, target, progress)
        raw = bytearray(target.read_bytes())
        raw[60] ^= 1
        target.write_bytes(bytes(raw))

    target = tmp_path / "out" / "x.csv"
    target.parent.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Ipfs, "download", tampered)
        with pytest.raises((IntegrityError, WrongKeyError)) as caught:
            licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert caught.value.message
    assert list(target.parent.iterdir()) == []
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.file.read_bytes()


def test_interrupted_download_goes_on(sale, tmp_path, monkeypatch):
    license_id = sale.buy().license_id
    sale.release()
    target = tmp_path / "x.csv"
    with monkeypatch.context() as patch:
        patch.setattr(Ipfs, "download", _half)
        with pytest.raises(UnavailableError):
            licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert not target.exists()
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.file.read_bytes()


def _half(self, digest, target, progress=None):
    raise UnavailableError("connection lost", "Try again.")


def test_no_funds(sale, localnet):
    localnet.rpc("anvil_setBalance", sale.buyer.address, hex(PRICE // 2))
    with pytest.raises(FundsError) as caught:
        sale.buy()
    assert "needs 0.001 ETH" in caught.value.message


def test_unknown_numbers(sale, tmp_path):
    with pytest.raises(NotFoundError, match="no offer"):
        purchase(sale.buyer, 10**6, HMB)
    with pytest.raises(NotFoundError, match="no licence"):
        license.get(sale.buyer, 10**6)


def test_closed_offer(sale):
    sale.owner.send(sale.owner.licenses.functions.closeOffer(sale.offer))
    with pytest.raises(StateError, match="is closed"):
        sale.buy()


def test_ipfs_down_stops_release_and_download_without_loss(sale, tmp_path):
    down = Ipfs("http://127.0.0.1:9")
    license_id = sale.buy().license_id
    with pytest.raises(UnavailableError) as caught:
        Custodian(acting(sale.owner, down, sale.home)).poll()
    assert "127.0.0.1:9" in caught.value.message
    assert license_id in sale.release()
    with pytest.raises(UnavailableError):
        licensed_copy.download(sale.buyer, down, sale.seed, license_id, tmp_path / "x")


def test_key_is_registered_once(chain_for, tmp_path):
    chain = chain_for()
    assert keys.register(chain, tmp_path, PASSPHRASE).sent
    assert not keys.register(chain, tmp_path, PASSPHRASE).sent
    assert keys.path(tmp_path).stat().st_mode & 0o777 == 0o600
    with pytest.raises(StateError, match="already"):
        keys.create(tmp_path, PASSPHRASE)
    with pytest.raises(NotFoundError, match="no key"):
        keys.load_seed(tmp_path / "none", PASSPHRASE)


def test_what_cannot_be_delivered_any_more_is_told_with_the_way_to_the_refund(sale_of):
    sale = sale_of()
    license_id = sale.buy().license_id
    with pytest.raises(StateError, match="not delivered yet") as waits:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert waits.value.hint == "Try again shortly."
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    with pytest.raises(StateError, match="can't be any more") as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert f"biodesci license refund {license_id}" in caught.value.hint
    assert license.refund(sale.buyer, license_id) is not None


@pytest.mark.parametrize(("right", "whose"), [("train", "for training"), ("infer", "for inference")])
def test_a_right_without_a_key_says_where_it_is_served(sale_of, tmp_path, right, whose):
    sale = sale_of(right=right)
    license_id = sale.buy().license_id
    assert sale.release() == [license_id]
    assert license.envelope_of(sale.buyer, license_id) == bytes(32)
    with pytest.raises(AccessDeniedError, match=rf"{whose}.*no key is delivered"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "x")
    assert list(tmp_path.glob("*x*")) == []


def test_a_training_licence_ends_with_the_consent(sale_of):
    sale = sale_of(right="train")
    license_id = sale.buy().license_id
    sale.release()
    assert license.is_active(sale.buyer, license_id)
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert not license.is_active(sale.buyer, license_id)
    assert license.refund(sale.buyer, license_id) is not None, (
        "nothing was used of it, so it comes back whole"
    )


def test_a_counted_download_counts_and_settles_when_the_file_is_right(sale_of, tmp_path):
    sale = sale_of(uses=2)
    license_id = sale.buy().license_id
    sale.release()
    for left in (1, 0):
        target = tmp_path / f"copy-{left}.csv"
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
        held = license.get(sale.buyer, license_id)
        assert (held.uses_left, held.state) == (left, LicenseState.SETTLED)
    with pytest.raises(AccessDeniedError, match=r"uses of licence \d+ are spent") as caught:
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "third")
    assert f"biodesci license buy {sale.offer} --again" in caught.value.hint
    assert not (tmp_path / "third").exists()


def test_a_download_that_was_killed_after_it_was_counted_is_not_counted_again(sale_of, chain_for, tmp_path):
    sale = sale_of(uses=1)
    license_id = sale.buy().license_id
    sale.release()
    target, account = tmp_path / "copy.csv", sale.buyer.account

    def run() -> None:
        Path.replace = die  # the file's last step
        licensed_copy.download(chain_for(account), Ipfs(sale.ipfs.api), sale.seed, license_id, target)

    killed(run)
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    assert target.read_bytes() == sale.file.read_bytes()
    assert license.get(sale.buyer, license_id).uses_left == 0


def test_a_second_delivery_helps_where_the_first_envelope_is_lost(sale):
    """And one that is no key does not spoil a first that opens."""
    license_id = sale.buy().license_id
    sale.release()
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()
    good = license.envelope_of(sale.buyer, license_id)
    junk = sale.ipfs.add(b"no envelope")
    sale.owner.send(calls.redeliver(sale.owner, license_id, junk))
    assert license.envelopes_of(sale.buyer, license_id) == [junk, good]
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()


def test_only_a_purchase_in_review_is_cancelled(sale):
    license_id = sale.buy().license_id
    with pytest.raises(StateError, match="is purchased; only a purchase in review"):
        license.cancel(sale.buyer, license_id)
