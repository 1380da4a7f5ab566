"""Behind one address are several nodes, and one lags: what it says of nonces loses and doubles nothing.

A nonce that it gives may be used already. Then the call is signed anew, as soon as the chain shows by what.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from biodesci.core.errors import UnavailableError
from tests.backend.chain.bare import Bare, Sent, bare_chain
from tests.backend.chain.crooked import CrookedNode, crooked_node
from tests.faults.lies import Lag
from tests.faults.proxy import FaultProxy
from tests.waiting import wait_for

SENDING = {"block_timeout": 1.0, "sure_after": 0.1}


@pytest.fixture(scope="module")
def chain() -> Iterator[Bare]:
    """A block for each transaction, so that the newest blocks are the account's."""
    with bare_chain() as started:
        started.rpc("anvil_mine", hex(8))
        yield started


@pytest.fixture
def node(chain) -> Iterator[CrookedNode]:
    with crooked_node(chain.url) as crooked:
        yield crooked


def is_sent(outbox, number: int) -> bool:
    """Whether the call has taken effect, as one run of a worker says."""
    try:
        return bool(Sent(outbox, number).end()["status"] == 1)
    except UnavailableError:
        return False


def sent_behind(node: CrookedNode, rule, outbox, number: int) -> None:
    """Sent while a node lags, and brought to its end by honest ones where need be."""
    with node.telling(rule):
        is_done = is_sent(outbox, number)
    if not is_done:
        send(outbox, number)


def send(outbox, number: int) -> None:
    """By honest nodes; machines may be slower than the outbox is patient."""
    wait_for(lambda: is_sent(outbox, number))


@pytest.mark.parametrize("before", [0, 1], ids=["first", "second"])
def test_each_call_takes_effect_once(chain, tmp_path, before):
    """Every other question goes to the node that lags, whichever question that is."""
    with FaultProxy(chain.url) as proxy:
        outbox = chain.outbox(tmp_path / "work.sqlite", url=proxy.url, **SENDING)
        for number in range(3):
            send(outbox, number)
        with proxy.fault(Lag(3, whole=True)):
            for _ in range(before):
                outbox.sender.web3.eth.chain_id  # noqa: B018 - it is asked
            late = [number for number in range(3, 6) if not is_sent(outbox, number)]
        for number in late:
            send(outbox, number)
    assert sorted(chain.calls(outbox)) == list(range(6))
    assert chain.mined(outbox) == 6, "no nonce went to anything else"


def older_count(_chain: Bare):
    """Of the node that lags are the counts at the newest block and of what is in none."""

    def rule(method, params, result):
        is_count = method == "eth_getTransactionCount" and params[1] == "pending"
        return hex(max(0, int(result, 16) - 1)) if is_count else result

    return rule


def older_blocks(chain: Bare):
    """The whole node lags, by one block."""

    def rule(method, params, result):
        if method == "eth_getTransactionCount" and params[1] in ("pending", "latest"):
            return chain.rpc(method, params[0], hex(chain.web3.eth.block_number - 1))
        if method == "eth_getBlockByNumber" and params[0] == "latest":
            return chain.rpc(method, hex(chain.web3.eth.block_number - 1), params[1])
        return result

    return rule


@pytest.mark.parametrize("lagging", [older_count, older_blocks])
def test_a_nonce_that_is_used_already_is_given_up_for_another(chain, node, tmp_path, lagging):
    outbox = chain.outbox(tmp_path / "work.sqlite", url=node.url, **SENDING)
    send(outbox, 1)
    sent_behind(node, lagging(chain), outbox, 2)
    assert chain.calls(outbox) == [1, 2]


def test_the_same_call_wanted_twice_is_not_taken_for_the_first(chain, node, tmp_path):
    """From the block at which the first was signed, the second would be signed to the same bytes."""
    one = chain.outbox(tmp_path / "one.sqlite", url=node.url, **SENDING)
    other = chain.outbox(tmp_path / "other.sqlite", one.sender.signer.key.hex(), url=node.url, **SENDING)
    send(one, 5)
    sent_behind(node, older_blocks(chain), other, 5)
    assert chain.calls(one) == [5, 5]
