"""Asked of the aggregator and the training node: a stranger's round names them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from biodesci.core.errors import AccessDeniedError
from biodesci.core.onchain import RoundState
from biodesci.registry import rounds
from biodesci.rounds import signatures
from tests.attacks.sites import SitesOf


def test_01_a_stranger_names_an_aggregator_in_a_round(
    sites_of: SitesOf, chain_for: Callable[..., Any]
) -> None:
    """It reads nothing of it, sends nothing for it, and takes no message; the site takes no part either."""
    sites = sites_of(3)
    stranger = chain_for()
    words = [bytes([i]) * 32 for i in range(1, 5)]
    registered = stranger.send(stranger.models.functions.register(*words))
    model_id = stranger.event(registered, stranger.models, "ModelRegistered")["modelId"]
    now = stranger.now()
    opening = (0, b"\7" * 32, bytes(32), sites.aggregating.address, 3, 1, now + 600, now + 1_200, now + 2_400)
    opened = stranger.send(stranger.models.functions.openRound(model_id, opening))
    round_id = int(stranger.event(opened, stranger.models, "RoundOpened")["roundId"])
    with sites.aggregator() as aggregator:
        sent = stranger.web3.eth.get_transaction_count(sites.aggregating.address)
        assert not aggregator.step()
        assert "does not serve" in aggregator.status(round_id).note
        assert stranger.web3.eth.get_transaction_count(sites.aggregating.address) == sent
        with pytest.raises(AccessDeniedError, match="does not serve the owner"):
            signature = signatures.sign(stranger.signer(), rounds.context(stranger, round_id), "masked", b"")
            aggregator.admit(round_id, "masked", hashlib.sha256(b"").digest(), signature)
        assert "has no open round" in sites.nodes[0].step()
    assert rounds.read(stranger, round_id).state is RoundState.ENROLLING
