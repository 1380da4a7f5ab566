"""What a node or a contract of somebody's says, is said on as an error of ours, and not believed."""

from __future__ import annotations

import json
import re
import threading
from contextlib import nullcontext

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from biodesci.chain import currency, sentences
from biodesci.chain.client import Chain
from biodesci.chain.contracts import _errors, decode_revert, reverted
from biodesci.chain.deployment import load_deployment
from biodesci.chain.endpoint import Endpoint
from biodesci.chain.reading import Reading
from biodesci.chain.sending import Sending
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import BioDeSciError, ConfigurationError, RevertedError, UnavailableError
from biodesci.core.onchain import NOBODY, LicenseState, RequestState, RoundState

ERROR = bytes.fromhex("08c379a0")
PANIC = bytes.fromhex("4e487b71")
TEXT_OF_2 = encode(["uint256", "uint256"], [32, 2])


@pytest.mark.parametrize(
    "body",
    [
        TEXT_OF_2 + b"\xff\xfe" + bytes(30),
        encode(["uint256"], [2**256 - 1]),
        encode(["uint256", "uint256"], [32, 2**255]),
        b"",
    ],
    ids=["not UTF-8", "far offset", "endless", "empty"],
)
def test_a_reason_that_is_none_is_called_undecodable(body):
    assert decode_revert(ERROR + body).name == "undecodable"


def test_a_reason_cannot_steer_a_terminal():
    found = decode_revert(ERROR + encode(["string"], ["\x1b[2Jpaid"]))
    assert "\x1b" not in found.message
    assert "paid" in found.message


def test_endless_data_is_shown_in_part():
    assert len(decode_revert(b"\1\2\3\4" + bytes(1 << 20)).message) < 1_000


def revert_data(name, *values):
    ((head, inputs),) = ((head, inputs) for head, (known, inputs) in _errors().items() if known == name)
    return head + encode([kind for kind, _ in inputs], values)


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("AccessLicense_WrongState", (4, 8), "Licence 4 is revoked,"),
        ("AccessLicense_WrongState", (4, 1), "Licence 4 is in review,"),
        ("ModelRegistry_WrongState", (2, 3), "Round 2 is unmasking,"),
        ("InferenceCommitment_WrongState", (7, 5), "Request 7 is refused,"),
        ("AccessLicense_WrongState", (4, 200), "Licence 4 is 200,"),
        ("AccessLicense_TooEarly", (4, 1_700_000_000), "2023-11-14 22:13:20 UTC"),
        ("AccessLicense_TooLate", (4, 2**40 - 1), f"{2**40 - 1}"),
        ("InferenceCommitment_FeeTooHigh", (10**16,), "0.01 ETH"),
        ("AccessLicense_VisasRequired", (1, 6), "(AcceptedTermsAndPolicies, ResearcherStatus)"),
        ("AccessLicense_WrongCurrency", (NOBODY, "0x" + "11" * 20), "not in ETH"),
    ],
)
def test_states_are_shown_by_name_times_as_times_and_amounts_with_their_currency(name, values, shown):
    refused = decode_revert(revert_data(name, *values))
    assert shown in refused.message
    assert name not in refused.message


SAMPLES = {"address": "0x" + "11" * 20, "string": "price", "bytes32": b"\x5a" * 32}


@pytest.mark.parametrize(
    ("name", "inputs"), _errors().values(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_error_has_a_sentence_and_says_what_to_do(name, inputs):
    refused = decode_revert(revert_data(name, *(SAMPLES.get(kind, 1) for kind, _ in inputs)))
    assert refused.name == name
    for text in (refused.message, refused.hint):
        assert re.fullmatch(r"[A-Z].*\.", text), text
        assert not re.search(r"[{}]|[.,]{2}|[a-z]_[A-Z]|\., ", text), text


def test_no_sentence_is_for_an_error_that_nobody_raises():
    assert set(sentences.source()["errors"]) == {name for name, _ in _errors().values()}


def test_states_are_those_of_the_contracts():
    named = {
        "AccessLicense_WrongState": LicenseState,
        "ModelRegistry_WrongState": RoundState,
        "InferenceCommitment_WrongState": RequestState,
    }
    assert sentences.source()["states"] == {
        name: [state.name.lower().replace("_", " ") for state in states] for name, states in named.items()
    }


@pytest.mark.parametrize("reason", ["3 are needed.", "3 are needed", " . "])
def test_a_foreign_reason_ends_once(reason):
    message = decode_revert(ERROR + encode(["string"], [reason])).message
    assert message.endswith(".")
    assert ".." not in message


_WORDS = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.sampled_from([n.to_bytes(32) for n in (0, 1, 2, 32, 64, 2**255, 2**256 - 1)]),
)


@given(head=st.sampled_from([*_errors(), ERROR, PANIC]), words=st.lists(_WORDS, max_size=5))
def test_no_return_data_breaks_the_decoder(head, words):
    assert isinstance(decode_revert(head + b"".join(words)), RevertedError)


@pytest.mark.parametrize("data", ["0x08c379a", "0xzz000000", "0x", None, {"data": 5}, 7])
def test_data_that_is_no_hexadecimal_leaves_the_nodes_words(data):
    assert "out of luck" in reverted(ContractLogicError("out of luck", data)).message


@pytest.fixture
def refusing(chain_for, monkeypatch):
    """A chain whose node refuses everything from now on, as one does that is asked too often."""
    chain = chain_for(reading=Reading(patience=0.2))

    def refuse(_self, _body):
        return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit exceeded"}}

    monkeypatch.setattr(Endpoint, "ask", refuse)
    return chain


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.block_number(),
        lambda c: c.now(),
        lambda c: c.balance(c.address),
        lambda c: c.has_code(c.address),
        lambda c: c.events(c.datasets, "DatasetPublished", 0),
        lambda c: c.send(c.keys.functions.revoke()),
        lambda c: c.call(c.datasets.functions.datasetCount()),
        # A token that could not be asked is not one that says nothing.
        lambda c: currency.read(c, c.datasets.address),
    ],
)
def test_a_node_that_refuses_is_unavailable(refusing, ask):
    with pytest.raises(UnavailableError, match="limit exceeded") as caught:
        ask(refusing)
    assert "another node" in caught.value.hint


def test_a_refusal_while_waiting_does_not_lose_a_transaction(chain_for, monkeypatch):
    chain = chain_for()
    real, refused = Endpoint.ask, []

    def twice(self, body):
        if b"eth_getTransactionReceipt" in body and len(refused) < 2:
            refused.append(body)
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit exceeded"}}
        return real(self, body)

    monkeypatch.setattr(Endpoint, "ask", twice)
    receipt = chain.send(chain.keys.functions.register(public_key(generate_seed())))
    assert (receipt["status"], len(refused)) == (1, 2)


def test_waiting_asks_less_and_less(chain_for, localnet, monkeypatch):
    chain = chain_for(sending=Sending(block_timeout=4.0))
    real, asked = Endpoint.ask, []

    def count(self, body):
        asked.append(json.loads(body)["method"])
        return real(self, body)

    monkeypatch.setattr(Endpoint, "ask", count)
    localnet.rpc("evm_setAutomine", False)
    try:
        with pytest.raises(UnavailableError, match="not in a block yet"):
            chain.send(chain.keys.functions.register(public_key(generate_seed())))
    finally:
        localnet.rpc("evm_setAutomine", True)
        localnet.rpc("evm_mine")
    assert 2 <= asked.count("eth_getTransactionCount") < 40


@pytest.mark.parametrize(
    ("every", "patience", "said"),
    [(1.6, 6.0, None), (60.0, 2.0, "was sent, but is 0 blocks deep, not 4 yet")],
)
def test_confirmations_may_take_longer_than_one_block_may(chain_for, localnet, every, patience, said):
    chain = chain_for(reading=Reading(4), sending=Sending(block_timeout=patience))
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(every):
            localnet.rpc("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        with nullcontext() if said is None else pytest.raises(UnavailableError, match=said):
            chain.send(chain.keys.functions.register(public_key(generate_seed())))
    finally:
        stop.set()
        miner.join()


@pytest.mark.parametrize("port", [9, "chain"])
def test_a_nodes_password_and_key_are_in_no_message(localnet, port):
    deployment = load_deployment(localnet.deployment_file)
    if port == "chain":
        port = localnet.rpc_url.rpartition(":")[2]
        deployment = deployment.model_copy(update={"chain_id": 1})
    with pytest.raises(BioDeSciError) as caught:
        Chain(f"http://user:secret@127.0.0.1:{port}/v3/paidkey", deployment)
    assert f"http://127.0.0.1:{port}" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "paidkey" not in str(caught.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8545", "", "http://[::1", "localhost"])
def test_an_address_that_is_none_is_called_by_its_setting(localnet, url):
    with pytest.raises(ConfigurationError, match="BIODESCI_RPC_URL"):
        Chain(url, load_deployment(localnet.deployment_file))
