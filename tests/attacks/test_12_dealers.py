"""An aggregator and one site of the round want to read an honest site's update.

It shows the victim other dealers than the others: the colluder, and sites that never get an inbox, so that
they look like dropouts. Their mask keys and the victim's self mask are then among the answers of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from biodesci.core import shamir
from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.core.errors import IntegrityError, StateError
from biodesci.core.onchain import RoundState
from biodesci.fl import aggregation, masking, protocol
from biodesci.fl.aggregation import Aggregator
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector, dealt_digest, inbox_digest
from biodesci.fl.protocol import Node
from biodesci.fl.quantize import Ring
from biodesci.fl.roster import Member, Roster, threshold_of
from biodesci.registry import rounds
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.progress import result_of
from tests.attacks.sites import SitesOf, masked, wait_past

WHERE = Context(31337, bytes(range(20)), 7)
SECRET = np.random.default_rng(1).integers(0, 1 << 32, 64, dtype=np.uint32)
cohorts = pytest.mark.parametrize("n", [5, 7])


def only(inbox: Inbox, receiver: bytes, shown: set[bytes]) -> Inbox:
    """Of an inbox what these nodes dealt, with digests that fit it."""
    sealed = {a: s for a, s in inbox.sealed.items() if a in shown}
    digests = {a: inbox.digests[a] for a in shown}
    return Inbox(sealed=sealed, digests={**digests, receiver: inbox_digest(sealed)})


class Split:
    """A cohort that dealt: the victim, the colluder, sites that get no inbox, and the others."""

    def __init__(self, n: int, threshold: int = 0) -> None:
        self.threshold = threshold or threshold_of(n)
        self.nodes = [Node.create(WHERE, (i + 1).to_bytes(20, "big")) for i in range(n)]
        self.roster: Roster = tuple(
            Member(node.address, node.round_keys[:32], node.round_keys[32:]) for node in self.nodes
        )
        self.aggregator = Aggregator(WHERE, self.roster, self.threshold, 3, SECRET.size)
        for node in self.nodes:
            dealt = Shares.parse(node.deal(self.roster, self.threshold))
            self.aggregator.add_shares(node.address, dealt)
        self.aggregator.close_shares()
        self.victim, self.colluder = self.nodes[:2]
        self.starved, self.others = self.nodes[2 : self.threshold], self.nodes[self.threshold :]
        shown = {node.address for node in (self.colluder, *self.starved)}
        self.split = only(self.aggregator.inbox(self.victim.address), self.victim.address, shown)

    def answers(self) -> list[UnmaskAnswer]:
        """Of all but the victim, who is shown to them as a survivor, with the starved as dropouts."""
        talking = [self.colluder, *self.others]
        for node in talking:
            node.receive(self.aggregator.inbox(node.address), self.aggregator.dealt)
            node.mask(np.zeros(SECRET.size, dtype=np.uint32), self.aggregator.dealt)
        survivors = [node.address for node in (self.victim, *talking)]
        return [UnmaskAnswer.parse(node.answer(survivors, self.aggregator.dealt)) for node in talking]

    def strip(self, vector: Ring, answers: Sequence[UnmaskAnswer]) -> Ring:
        """Takes every mask off the victim's vector that the answers and the colluder's keys give away."""
        stripped, victim = vector.copy(), self.victim.address
        seed = shamir.combine([a.seeds[victim] for a in answers][: self.threshold], self.threshold)
        masking.apply_mask(stripped, masking.self_key(WHERE, seed, victim), -1)
        private = {self.colluder.address: self.colluder._mask_key}
        for peer in self.starved:
            shares = [a.keys[peer.address] for a in answers][: self.threshold]
            private[peer.address] = shamir.combine(shares, self.threshold)
        for address, key in private.items():
            pair = masking.pair_key(WHERE, key, self.roster[0].mask_key, address, victim)
            masking.apply_mask(stripped, pair, -1)
        return stripped


@cohorts
def test_12_a_site_is_shown_other_dealers_than_the_rest(n: int) -> None:
    attack = Split(n)
    whole = attack.aggregator.inbox(attack.victim.address)
    for shown in (attack.split, Inbox(sealed=attack.split.sealed, digests=whole.digests)):
        with pytest.raises(IntegrityError, match="than the chain names"):
            attack.victim.receive(shown, attack.aggregator.dealt)
    with pytest.raises(StateError, match="have not come in"):
        attack.victim.mask(SECRET, attack.aggregator.dealt)


@cohorts
def test_12_the_chain_names_the_dealers_that_the_victim_is_shown(n: int) -> None:
    """Then the victim masks, and nobody else does: no one else's inbox is of that digest."""
    attack = Split(n)
    dealt = dealt_digest(WHERE, attack.split.digests)
    attack.victim.receive(attack.split, dealt)
    attack.victim.mask(SECRET, dealt)
    for node in attack.others:
        with pytest.raises(IntegrityError, match="than the chain names"):
            node.receive(attack.aggregator.inbox(node.address), dealt)
    with pytest.raises(StateError, match="fewer than the threshold"):
        attack.victim.answer([attack.victim.address, attack.colluder.address], dealt)


def two_views(attack: Split) -> Ring:
    """The victim's vector, once its chain node has lied to it, with what the others' answers take off."""
    dealt = dealt_digest(WHERE, attack.split.digests)
    attack.victim.receive(attack.split, dealt)
    vector = MaskedVector.from_bytes(attack.victim.mask(SECRET, dealt)).vector
    return attack.strip(vector, attack.answers())


@cohorts
def test_12_the_victim_even_sees_another_chain_than_the_rest(n: int) -> None:
    """The second line: with t > (n + c) / 2 too few sites are left to answer."""
    with pytest.raises(StateError, match="fewer than the threshold"):
        two_views(Split(n))


@cohorts
def test_12_a_bare_majority_would_be_read_bit_for_bit(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack takes off every mask where it finds enough answers, as while t was n // 2 + 1."""
    for module in (protocol, aggregation):
        monkeypatch.setattr(module, "require_threshold", lambda *_: None)
    assert np.array_equal(two_views(Split(n, n // 2 + 1)), SECRET)


class Splitting(RoundAggregator):
    """Deals honestly, but shows one site the shares of some of its peers only."""

    victim = ""
    shown = 0

    def inbox(self, round_id: int, address: str) -> bytes | None:
        body = super().inbox(round_id, address)
        if body is None or address != self.victim:
            return body
        whole, receiver = Inbox.parse(body), rounds.raw(address)
        return only(whole, receiver, set(sorted(whole.sealed)[: self.shown])).to_bytes()


@cohorts
def test_12_a_whole_round_with_an_aggregator_that_splits_it(
    sites_of: SitesOf, ipfs: Any, localnet: Any, n: int
) -> None:
    sites = sites_of(n)
    round_id = sites.open()
    with sites.aggregator(Splitting) as aggregator:
        assert isinstance(aggregator, Splitting)
        aggregator.victim, aggregator.shown = sites.chains[0].address, threshold_of(n) - 1
        sites.deal(aggregator)
        assert rounds.read(sites.owner, round_id).has_dealers
        with pytest.raises(IntegrityError, match="other dealers than the chain"):
            sites.nodes[0].step()
        for node in sites.nodes[1:]:
            node.step()
        assert sites.chains[0].address[2:].lower() not in masked(sites, round_id)
        assert len(masked(sites, round_id)) == n - 1
        wait_past(localnet, sites, rounds.read(sites.owner, round_id).commit_by)
        aggregator.step()
        for node in sites.nodes[1:]:
            node.step()
        aggregator.step()
        assert rounds.read(sites.owner, round_id).state is RoundState.FINALIZED
        # Site i has i + 2 records: the sum is over all but the victim.
        result = result_of(sites.owner, ipfs, round_id).document
        assert result.records == sum(i + 2 for i in range(1, n))
