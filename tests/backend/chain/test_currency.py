"""What tokens say of themselves is not believed further than it can be, and stops nobody."""

from __future__ import annotations

import json

import pytest

from biodesci.chain import currency
from biodesci.core.errors import ChainError, InputError

WHERE = "0x" + "c0" * 20
# Each answers every call with the same bytes.
NOT_TEXT = "0x6020600052600260205261fffe60f01b60405260606000f3"  # a string of 2 bytes that is not UTF-8
ESCAPE = "0x6020600052600260205261071b60f01b60405260606000f3"  # a string of two control characters
LARGEST = "0x60001960005260606000f3"  # 2**256 - 1 first
NOTHING = "0x00"
REVERT = "0x60006000fd"


@pytest.mark.parametrize("code", [NOT_TEXT, ESCAPE, LARGEST, NOTHING, REVERT])
def test_nonsense_is_taken_for_silence(chain_for, localnet, code):
    chain = chain_for()
    localnet.rpc("anvil_setCode", WHERE, code)
    found = currency.read(chain, WHERE)
    assert found.symbol is None
    assert found.decimals in {None, 32}
    assert found.address.lower() == WHERE
    assert currency.domain(chain, WHERE) is None
    assert WHERE in found.show(5).lower()
    localnet.rpc("anvil_setCode", WHERE, "0x")


ENDLESS = "0x5b600056"  # jumps to its own start
NODES_ALLOW = 30_000_000  # gas of a call that says no limit, at geth and anvil at least
MEGABYTES = "0x623000006000f3"  # 3 MiB of nothing, which costs less than the gas that nodes allow


def test_a_token_that_never_ends_takes_next_to_no_time(chain_for, localnet, monkeypatch):
    """At the gas that nodes allow, one such token holds up whoever reads offers for 0.75 s each time.

    What a node does for a call is bounded by the call's gas: seconds would say how busy the machine is.
    """
    chain = chain_for()
    localnet.rpc("anvil_setCode", WHERE, ENDLESS)
    (node,) = chain.provider.endpoints
    ask, gas = node.ask, []

    def noted(body):
        asked = json.loads(body)
        if asked["method"] == "eth_call":
            gas.append(int(asked["params"][0].get("gas", hex(NODES_ALLOW)), 16))
        return ask(body)

    monkeypatch.setattr(node, "ask", noted)
    with pytest.raises(ChainError):
        chain.call(currency.erc20(chain, WHERE).functions.symbol())
    assert gas == [NODES_ALLOW]
    gas.clear()
    assert currency.read(chain, WHERE).symbol is None
    assert len(gas) == 2
    assert sum(gas) <= NODES_ALLOW / 30
    localnet.rpc("anvil_setCode", WHERE, "0x")


def test_of_a_token_that_answers_with_megabytes_nothing_is_taken(chain_for, localnet, monkeypatch):
    chain = chain_for()
    localnet.rpc("anvil_setCode", WHERE, MEGABYTES)
    (node,) = chain.provider.endpoints
    ask, answers = node.ask, []

    def noted(body):
        answer = ask(body)
        answers.append(len(str(answer)))
        return answer

    monkeypatch.setattr(node, "ask", noted)
    chain.provider.make_request("eth_call", [{"to": WHERE}, "latest"])
    assert max(answers) > 6_000_000
    answers.clear()
    assert currency.read(chain, WHERE).symbol is None
    assert len(answers) >= 2
    assert max(answers) < 1_000
    localnet.rpc("anvil_setCode", WHERE, "0x")


def test_ether_and_amounts(chain_for):
    ether = currency.read(chain_for(), currency.ETHER)
    assert ether.is_ether
    assert ether.show(10**16) == "0.01 ETH"
    assert ether.show(0) == "0 ETH"
    assert ether.show(10**20) == "100 ETH"
    assert ether.show(2**128 - 1) == "340282366920938463463.374607431768211455 ETH"
    assert ether.parse("0.01") == 10**16
    for text in (
        "",
        "x",
        "-1",
        "1e999999999",
        "nan",
        "0." + "0" * 18 + "1",
        str(2**128),
        "1." + "0" * 300 + "1",
    ):
        with pytest.raises(InputError, match="not an amount of ETH"):
            ether.parse(text)
