"""How many functions a masked update passes on its way into the sum; `make figures` reports the number."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from eth_account import Account

from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.fl.aggregation import Aggregator
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector
from biodesci.fl.protocol import Node
from biodesci.fl.roster import Member
from biodesci.rounds import signatures
from biodesci.rounds.plan import BINS, COUNTS, Scores, Update
from tests.backend.stops import counted

MOST = 40
NODES, PARAMETERS, SCALE = 3, 50, 18
WHERE = Context(31337, bytes(20), 7)


def test_a_masked_update_passes_few_functions(record_property) -> None:
    accounts = [Account.create() for _ in range(NODES)]
    nodes = [Node.create(WHERE, bytes.fromhex(account.address[2:])) for account in accounts]
    roster = tuple(Member(node.address, node.round_keys[:32], node.round_keys[32:]) for node in nodes)
    machine = Aggregator(WHERE, roster, 3, NODES, COUNTS + PARAMETERS)
    for node in nodes:
        machine.add_shares(node.address, Shares.parse(node.deal(roster, 3)))
    machine.close_shares()
    for node in nodes:
        node.receive(Inbox.parse(machine.inbox(node.address).to_bytes()), machine.dealt)
    scores = Scores(1, np.ones(BINS, dtype=np.int64), np.ones(BINS, dtype=np.int64))
    update = Update(20, 2, scores, scores, np.full(PARAMETERS, 0.5))

    stops: set[str] = set()
    bodies: dict[bytes, bytes] = {}
    for node, account in zip(nodes, accounts, strict=True):
        with counted() as seen:
            body = node.mask(update.encode(SCALE, NODES), machine.dealt)
            signature = signatures.sign(account, WHERE, "masked", body)
            sender = signatures.signer(WHERE, "masked", sha256(body).digest(), signature)
            machine.add_masked(sender, MaskedVector.from_bytes(body))
        stops |= seen
        bodies[sender] = body
    machine.close(bodies)
    for node in nodes:
        machine.add_answer(node.address, UnmaskAnswer.parse(node.answer(list(bodies), machine.dealt)))
    with counted() as seen:
        total = Update.decode(machine.total(bodies.__getitem__), SCALE)
    stops |= seen

    assert (total.records, total.delta.tolist()) == (60, [1.5] * PARAMETERS)
    record_property("house.stops_masked_update", len(stops))
    assert len(stops) <= MOST, sorted(stops)
