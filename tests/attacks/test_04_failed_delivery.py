"""A delivery that fails shows its calldata to everybody: the buyer has the price back, and looks for the key.

So does a commitment to an answer, and the requester for the answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from biodesci.chain.client import Chain
from biodesci.chain.currency import ETHER
from biodesci.chain.outbox import Intent
from biodesci.core import envelope
from biodesci.core.errors import NotFoundError, RevertedError
from biodesci.core.onchain import LicenseState, RequestState
from biodesci.inference import answers
from biodesci.inference import requester as infer
from biodesci.inference import worker as serve
from biodesci.inference.policy import Policy
from biodesci.inference.requests import read_request
from biodesci.ipfs.client import Ipfs
from biodesci.market import license
from biodesci.market.custody import Custodian
from biodesci.market.redelivery import redeliver
from tests.backend import calls
from tests.backend.acting import acting
from tests.backend.inference.conftest import FEE, world, x  # noqa: F401
from tests.children import die, killed
from tests.waiting import LATE_S

PRICE = 10**15


@contextmanager
def held_back(localnet: Any) -> Iterator[None]:
    """No block is made: what is sent waits where everybody sees it, and others go in front."""
    localnet.rpc("evm_setAutomine", False)
    try:
        yield
    finally:
        localnet.rpc("evm_setAutomine", True)


def waiting_call(localnet: Any, sender: str) -> bytes:
    """The calldata of the transaction that an account has sent, and that is in no block yet."""
    give_up = time.monotonic() + LATE_S
    while time.monotonic() < give_up:
        pool = localnet.rpc("txpool_content")["pending"]
        for account, sent in pool.items():
            if account.lower() == sender.lower():
                (transaction,) = sent.values()
                return bytes.fromhex(transaction["input"][2:])
        time.sleep(0.02)
    raise AssertionError("nothing was sent")


def overtaken(localnet: Any, sender: str, work: Any, seconds: int) -> bytes:
    """The calldata that `work` sends; it comes into a block that many seconds later."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as exc:  # noqa: BLE001
            failed.append(exc)

    with held_back(localnet):
        worker = threading.Thread(target=run)
        worker.start()
        call = waiting_call(localnet, sender)
        localnet.rpc("evm_increaseTime", seconds)
        localnet.rpc("evm_mine")
        worker.join(LATE_S)
    assert not worker.is_alive()
    assert not failed, failed
    return call


def opened(sale: Any, license_id: int, digest: bytes) -> bytes:
    """What the buyer reads by a digest that it saw."""
    chain = sale.buyer
    context = envelope.info("license", chain.chain_id, str(chain.licenses.address), license_id, chain.address)
    return envelope.open_(sale.seed, sale.ipfs.cat(digest), context)


def test_a_buyer_opens_a_delivery_that_came_too_late(sale_of, localnet):
    """The deadline passes between the custodian's look and the block."""
    sale = sale_of(delivery_window=3_600)
    license_id = sale.buy().license_id
    call = overtaken(localnet, sale.owner.address, sale.release, 3_601)
    digest = sale.owner.licenses.decode_function_input(call)[1]["envelope"]
    assert license.get(sale.buyer, license_id).state is LicenseState.PURCHASED
    assert license.refund(sale.buyer, license_id) is not None
    assert sale.buyer.call(sale.buyer.licenses.functions.owed(sale.buyer.address, ETHER)) == PRICE
    with pytest.raises(NotFoundError):
        opened(sale, license_id, digest)
    sale.release()
    with pytest.raises(NotFoundError):
        opened(sale, license_id, digest)


def in_front(monkeypatch: Any, chain: Chain, name: str, deed: Any) -> list[bytes]:
    """Does something right before `chain` sends a call `name`; the digests in what it then sent."""
    real, seen = Intent.begin, []

    def begin(self: Intent, function: Any, value: int = 0) -> None:
        if function.address == chain.licenses.address and function.fn_name == name:
            monkeypatch.setattr(Intent, "begin", real)
            _, envelope_digest, *_ = function.args
            seen.append(envelope_digest)
            deed()
        real(self, function, value)

    monkeypatch.setattr(Intent, "begin", begin)
    return seen


def test_a_committee_rejects_in_front_of_the_delivery(sale, monkeypatch):
    license_id, chain = sale.buy().license_id, sale.owner
    rejecting = chain.licenses.functions.reject(license_id, bytes(32))
    seen = in_front(monkeypatch, chain, "deliver", lambda: chain.send(rejecting))
    assert sale.release() == []
    assert license.get(sale.buyer, license_id).state is LicenseState.REJECTED
    assert sale.buyer.call(sale.buyer.licenses.functions.owed(sale.buyer.address, ETHER)) == PRICE
    with pytest.raises(NotFoundError):
        opened(sale, license_id, *seen)
    sale.release()
    with pytest.raises(NotFoundError):
        opened(sale, license_id, *seen)


def with_a_new_key(sale: Any) -> None:
    """The buyer lost its key, and registered another: what it has opens no more."""
    sale.seed = envelope.generate_seed()
    sale.buyer.send(sale.buyer.keys.functions.register(envelope.public_key(sale.seed)))


def test_a_licence_is_revoked_in_front_of_the_second_delivery(sale, monkeypatch):
    license_id, chain = sale.buy().license_id, sale.owner
    sale.release()
    with_a_new_key(sale)
    revoking = calls.revoke(chain, license_id, bytes(32))
    seen = in_front(monkeypatch, chain, "redeliver", lambda: chain.send(revoking))
    with pytest.raises(RevertedError) as caught:
        redeliver(acting(chain, sale.ipfs, sale.home), license_id)
    assert caught.value.name == "AccessLicense_NotActive"
    sale.release()
    with pytest.raises(NotFoundError):
        opened(sale, license_id, *seen)


def test_a_delivery_shortly_before_the_end_is_not_sealed(sale_of, localnet, monkeypatch, caplog):
    sale = sale_of(delivery_window=3_600)
    sale.buy()
    localnet.pass_time(3_600 - 200)
    sealed: list[object] = []
    monkeypatch.setattr(envelope, "seal_shown", lambda *made: sealed.append(made))
    assert sale.release() == []
    assert sealed == []
    assert "less than 300 seconds away" in caplog.text


@pytest.mark.parametrize("again", [False, True], ids=["delivered", "delivered again"])
def test_what_was_delivered_before_a_crash_is_added_after_it(sale, chain_for, localnet, again):
    """Killed between the receipt and IPFS; the licensee has a new key meanwhile, and the block is old."""
    license_id, account = sale.buy().license_id, sale.owner.account
    if again:
        sale.release()
        with_a_new_key(sale)

    def run() -> None:
        Ipfs.add = die  # type: ignore[method-assign, assignment]
        member = acting(chain_for(account), Ipfs(sale.ipfs.api), sale.home)
        redeliver(member, license_id) if again else Custodian(member).poll()

    killed(run)
    digest = license.envelope_of(sale.buyer, license_id)
    with pytest.raises(NotFoundError):
        sale.ipfs.cat(digest)
    sale.buyer.send(sale.buyer.keys.functions.register(envelope.public_key(envelope.generate_seed())))
    localnet.rpc("anvil_mine", hex(100))
    chain = chain_for(account)
    custodian = Custodian(acting(chain, sale.ipfs, sale.home))
    custodian._next_block = chain.block_number() + 1
    assert custodian.poll() == ([] if again else [license_id])
    assert len(opened(sale, license_id, digest)) == 64
    assert not list(sale.home.rglob("*.unpublished"))


def test_an_ipfs_node_that_was_away_gets_the_envelope_later(sale, monkeypatch):
    from biodesci.core.errors import UnavailableError

    def away(_self: Ipfs, *_: object) -> bytes:
        raise UnavailableError("The IPFS node does not answer.", "Wait.")

    license_id = sale.buy().license_id
    custodian = Custodian(acting(sale.owner, sale.ipfs, sale.home))
    with monkeypatch.context() as patched:
        patched.setattr(Ipfs, "add", away)
        with pytest.raises(UnavailableError):
            custodian.poll()
    custodian.poll()
    assert len(opened(sale, license_id, license.envelope_of(sale.buyer, license_id))) == 64


# Inference


def answer(world: Any, request_id: int, digest: bytes) -> bytes:
    """What the requester reads by a digest that it saw."""
    c = world.client
    info = envelope.info(
        "inference-output", c.chain.chain_id, c.chain.inferences.address, request_id, c.address
    )
    return envelope.open_(c.seed, Ipfs(world.ipfs.api, timeout=2.0).cat(digest), info)


def test_a_requester_opens_an_answer_that_came_too_late(world: Any, x: np.ndarray, localnet: Any) -> None:
    request_id, c = world.request(x, deadline_seconds=600), world.client.chain
    call = overtaken(localnet, world.worker.address, world.serve, 601)
    digest = c.inferences.decode_function_input(call)[1]["output"]
    assert read_request(c, request_id).state is RequestState.REQUESTED
    assert infer.reclaim(c, request_id) >= FEE
    for _ in range(2):
        with pytest.raises(NotFoundError):
            answer(world, request_id, digest)
        world.serve()


def test_a_requester_leaves_no_time_for_the_answer(world: Any, x: np.ndarray, caplog: Any) -> None:
    request_id, w = world.request(x, deadline_seconds=100), world.worker
    assert request_id not in world.serve()
    assert "this worker takes 120 or more" in caplog.text
    assert not serve.journal(w.home, w.chain, request_id).exists()
    willing = Policy(arbiters=frozenset({world.arbiter.address}), least_time=10)
    assert request_id in world.serve(willing)


@pytest.mark.parametrize("death", ["sent", "added"])
def test_an_answer_that_was_committed_before_a_crash_is_added_after_it(
    world: Any, x: np.ndarray, death: str
) -> None:
    request_id, w = world.request(x), world.worker

    def run() -> None:
        real = Ipfs.add

        def add_and_die(self: Ipfs, *data: Any) -> None:
            if death == "added":
                real(self, *data)
            die()

        Ipfs.add = add_and_die  # type: ignore[method-assign, assignment]
        chain = Chain(w.chain.rpc_url, w.chain.deployment, w.chain.account, w.home)
        serve.serve_pending(chain, Ipfs(world.ipfs.api), w.home, w.seed, world.policy)

    killed(run)
    assert read_request(w.chain, request_id).state is RequestState.COMMITTED
    assert world.serve() == [request_id], "what the run before sent is collected"
    assert world.serve() == []
    events = w.chain.events(w.chain.inferences, "InferenceCommitted", 0, filters={"requestId": request_id})
    assert len(events) == 1
    assert world.collect(request_id).logits.shape == (7, 2)
    assert request_id not in answers.unpublished(serve.journal(w.home, w.chain, 0).parent)
