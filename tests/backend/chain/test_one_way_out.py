"""No transaction leaves but by the outbox: no other code signs or sends one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLACES = ("backend", "examples", "scripts", "benchmarks", "ape_console_extras.py")

# By these, web3 and eth-account sign or send; by their names in JSON-RPC, anybody does.
ACTS = {
    *("send_raw_transaction", "send_transaction", "replace_transaction", "modify_transaction", "transact"),
    *("sign_transaction", "sign_typed_transaction", "sign_transaction_dict"),
    *("eth_sendRawTransaction", "eth_sendTransaction", "eth_signTransaction", "eth_sendRawTransactionSync"),
}
ALLOWED = {
    # Called by the outbox alone: .importlinter keeps others from importing it.
    ("backend/biodesci/chain/transactions.py", "send_raw_transaction"),
    ("backend/biodesci/chain/transactions.py", "sign_transaction"),
    # Names the refusal that it passes on.
    ("backend/biodesci/chain/answers.py", "eth_sendRawTransaction"),
    # Names what an answer to it looks like.
    ("backend/biodesci/chain/shapes.py", "eth_sendRawTransaction"),
}
# Measurements fill a development chain of their own, whose node has the keys.
FILLS = {("benchmarks/crowd.py", "eth_sendTransaction")}
# Ape has accounts of its own, and sends by itself: in the deployment script, and in its console.
APE = {("scripts/deploy.py", "ape")}


def acts(source: str) -> Iterator[str]:
    """What the code does, or names, that signs or sends; "ape" where it imports that."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Constant(value=str(name)) if name in ACTS:
                yield name
            case ast.ImportFrom(module=module, names=names):
                yield from (alias.name for alias in names if alias.name in ACTS)
                if (module or "").partition(".")[0] == "ape":
                    yield "ape"
            case ast.Import(names=names) if any(alias.name.partition(".")[0] == "ape" for alias in names):
                yield "ape"


def sources() -> list[Path]:
    return [
        path
        for place in PLACES
        for path in ((ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else (ROOT / place,))
    ]


def test_no_other_code_signs_or_sends_a_transaction():
    done = {(str(path.relative_to(ROOT)), act) for path in sources() for act in acts(path.read_text())}
    assert done == ALLOWED | FILLS | APE


@pytest.mark.parametrize(
    "code",
    [
        "chain.web3.eth.send_raw_transaction(raw)",
        "send = web3.eth.send_raw_transaction",
        "getattr(web3.eth, 'send_raw_transaction')(raw)",
        "contract.functions.purchase(1).transact({'from': account})",
        "web3.eth.send_transaction(fields)",
        "signed = account.sign_transaction(fields)",
        "from eth_account._utils.signing import sign_transaction_dict",
        "web3.provider.make_request('eth_sendRawTransaction', [raw])",
        "from ape import accounts",
        "import ape.api",
    ],
)
def test_whoever_goes_another_way_is_noticed(code):
    assert list(acts(code))


@pytest.mark.parametrize(
    "code",
    [
        "account.sign_message(encode_typed_data(full_message=document))",
        "intent.send(function, value)",
        "'how a transaction is sent: send_raw_transaction'",
    ],
)
def test_signing_a_message_is_none(code):
    assert not list(acts(code))
