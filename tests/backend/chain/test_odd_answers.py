"""What a node says that no list has: odd refusals, and results that are none. Another node is asked, and what
all of them say becomes an error of ours, without the key in the node's address."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hexbytes import HexBytes

from biodesci.chain import receipts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.provider import Provider
from biodesci.chain.reading import Reading
from biodesci.chain.sending import Sending
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import BioDeSciError, UnavailableError
from tests.faults.faults import Call, Fault, Proxy, refusal
from tests.faults.proxy import FaultProxy

KEY = "abcdef0123456789abcdef0123456789"
# Of Alchemy, dRPC, Cloudflare, op-geth's proxyd, geth, and of nobody.
ODD: dict[str, dict[str, Any]] = {
    "proxyd": refusal(-32011, "no backend is currently healthy to serve traffic", http=503),
    "drpc": refusal(19, "Temporary internal error. Please retry, trace-id: 1", http=500),
    "drpc's balancer": refusal(35, "Can't route your request to suitable provider", http=400),
    "cloudflare": refusal(-32046, "Cannot fulfill request"),
    "geth": refusal(-32000, "header not found"),
    "a node that lost state": refusal(-32000, "missing trie node 5c1a (path ) state 0x5c is not available"),
    "a plan": refusal(-32601, "the method is not available on this plan", http=403),
    "no code": {"error": {"code": "E1", "message": None}, "http": 200},
    "a text": {"error": "out of service", "http": 200},
}
OF_A_SALE = ("eth_call", "eth_estimateGas", "eth_sendRawTransaction", "eth_getLogs")
NO_RESULTS: tuple[Any, ...] = (None, "zz", {"number": None})


class Instead(Fault):
    """Each of these methods is answered with `told`."""

    def __init__(self, methods: tuple[str, ...], told: dict[str, Any]) -> None:
        super().__init__()
        self.methods, self.told = methods, told

    def instead(self, proxy: Proxy, call: Call) -> dict[str, Any] | None:
        return dict(self.told) if call["method"] in self.methods else None


@pytest.fixture
def proxy(localnet: Any) -> Iterator[FaultProxy]:
    with FaultProxy(localnet.rpc_url) as proxy:
        yield proxy


@pytest.fixture
def behind(localnet: Any, tmp_path: Path) -> Callable[..., Chain]:
    """A client of these nodes, with an account."""

    def connect(*urls: str) -> Chain:
        return Chain(
            " ".join(urls), load_deployment(localnet.deployment_file), localnet.account(), tmp_path,
            reading=Reading(patience=20.0), sending=Sending(block_timeout=60, sure_after=0.1),
        )  # fmt: skip

    return connect


def act(chain: Chain) -> None:
    """Reads, simulates, sends, and looks for what came of it."""
    public = public_key(generate_seed())
    chain.send(chain.keys.functions.register(public))
    assert chain.key_of(chain.address) == public


@pytest.mark.parametrize("words", ODD)
def test_what_one_node_refuses_in_words_of_its_own_another_is_asked(
    words: str, behind: Any, proxy: FaultProxy, localnet: Any
) -> None:
    chain = behind(proxy.url, localnet.rpc_url)
    with proxy.fault(Instead(("eth_blockNumber", "eth_getBalance", *OF_A_SALE), ODD[words])):
        act(chain)


def test_a_node_that_offers_one_method_less_than_another_is_no_hindrance(
    behind: Any, proxy: FaultProxy, localnet: Any
) -> None:
    chain = behind(proxy.url, localnet.rpc_url)
    for method in OF_A_SALE:
        with proxy.fault(Instead((method,), ODD["a plan"])):
            act(chain)


@pytest.mark.parametrize("method", OF_A_SALE[:3])
def test_what_all_nodes_refuse_names_no_key(method: str, behind: Any, proxy: FaultProxy) -> None:
    chain = behind(f"{proxy.url}/v2/{KEY}")
    told = refusal(-32000, f"{KEY} has no such plan: see https://node.example/v2/{KEY}")
    with (
        proxy.fault(Instead((method,), told)),
        pytest.raises(BioDeSciError, match="has no such plan") as raised,
    ):
        act(chain)
    assert KEY not in str(raised.value)


def test_what_a_contract_says_is_not_asked_of_another_node(
    behind: Any, proxy: FaultProxy, localnet: Any
) -> None:
    with FaultProxy(localnet.rpc_url) as second:
        chain = behind(proxy.url, second.url)
        with pytest.raises(BioDeSciError, match="no licence 999"):
            chain.send(chain.licenses.functions.confirm(999))
        assert second.requests == 0, second.calls


@pytest.mark.parametrize(
    "method",
    [
        "eth_blockNumber", "eth_getBlockByNumber", "eth_call", "eth_getTransactionCount", "eth_getBalance",
        "eth_estimateGas", "eth_maxPriorityFeePerGas", "eth_sendRawTransaction", "eth_getTransactionReceipt",
        "eth_getTransactionByHash", "eth_getBlockReceipts", "eth_getLogs",
    ],
)  # fmt: skip
def test_a_result_that_is_none_is_an_error_of_ours_and_another_node_is_asked(
    method: str, behind: Any, proxy: FaultProxy, localnet: Any
) -> None:
    alone, two = behind(proxy.url), behind(proxy.url, localnet.rpc_url)
    alone = Chain(
        proxy.url, alone.deployment, alone.account, alone.home,
        reading=Reading(patience=0.2), sending=Sending(block_timeout=0.3, sure_after=0.1),
    )  # fmt: skip
    for result in NO_RESULTS:
        with proxy.fault(Instead((method,), {"result": result})):
            with contextlib.suppress(BioDeSciError):
                act(alone)
            if result is not None or method != "eth_getTransactionReceipt":  # what is in no block has none
                act(two)


def test_a_publication_that_a_node_shows_without_its_receipt_is_looked_for_again(
    behind: Any, proxy: FaultProxy
) -> None:
    """Of nodes behind one address, one lags: that is no unexpected error."""
    with (
        proxy.fault(Instead(("eth_getTransactionReceipt",), {"result": None})),
        pytest.raises(UnavailableError, match="no receipt"),
    ):
        receipts.of_transaction(behind(proxy.url), HexBytes(b"\x01" * 32))


def test_of_a_batch_that_is_cut_the_rest_is_asked_for(proxy: FaultProxy) -> None:
    """By a gateway that also writes numbers as texts."""

    class Cut(Fault):
        def batch(self, answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**answer, "id": str(answer["id"])} for answer in super().batch(answers)[:3]]

    provider = Provider(proxy.url, patience=4.0)
    with proxy.fault(Cut()):
        balances = provider.batch([("eth_getBalance", [f"0x{n:040x}", "latest"]) for n in range(60)])
    assert len(balances) == 60
    with proxy.fault(Instead(("eth_getBalance",), {"result": None})), pytest.raises(UnavailableError):
        provider.batch([("eth_getBalance", [f"0x{n:040x}", "latest"]) for n in range(60)])
