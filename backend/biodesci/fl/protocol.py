"""Secure aggregation: a node's state machine, without transport, chain or clock. See aggregation.py too.

Bonawitz et al. 2017 (CCS), double masking over a complete graph, n <= 100, malicious setting. The roster
(with the round keys), the digest of what was dealt and the survivors are arguments: whoever drives the
machines reads them from the chain, so all nodes see one view (the paper's consistency round). A node masks
against the dealers that the chain's digest names and no others, answers one unmask question per round, and
never gives both shares of one peer; t > (n + c) / 2, so that with c colluding nodes no two sets of t answers
to different questions exist: two sets of t have more than c nodes in common, and an honest one answers once.

    Node:       create -> deal(roster) -> receive(inbox) -> mask(vector) -> answer(survivors)
    Aggregator: add_shares* -> close_shares -> add_masked* -> close(survivors) -> add_answer* -> total

The driver stores `Node.to_bytes()` before it sends what a step returned; each step is idempotent, so after a
restart it returns the same bytes again, and never a second vector under the same masks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from biodesci.core import shamir
from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.core.errors import IntegrityError, StateError
from biodesci.fl import masking
from biodesci.fl.masking import Context
from biodesci.fl.messages import Address, MaskedVector, dealt_digest, hex_address, inbox_digest, seed_hash
from biodesci.fl.node_state import NodeState
from biodesci.fl.quantize import Ring
from biodesci.fl.roster import Member, Roster, check_roster, require_threshold

SEED_SIZE: Final = 32


@dataclass(slots=True)
class Node:
    """One node's side of one round. It holds secrets: store `to_bytes()` privately, destroy it after."""

    context: Context
    address: Address
    _mask_key: bytes
    _share_key: bytes
    _seed: bytes
    _roster: Roster = ()
    _threshold: int = 0
    _dealt: bytes = b""
    _own: bytes = b""  # this node's shares of its own secrets
    _received: dict[Address, bytes] = field(default_factory=dict)
    _agreed: bytes = b""  # digest of what was dealt, as it stands on chain
    _masked: bytes = b""  # digest of the masked vector that left, or will leave, this node
    _answer: bytes = b""
    _question: tuple[Address, ...] = ()

    def __repr__(self) -> str:
        return f"Node(round {self.context.round_id}, {hex_address(self.address)})"

    @classmethod
    def create(cls, context: Context, address: Address) -> Node:
        """A node at the start of a round, with two fresh X25519 keys and a fresh seed (32 bytes each)."""
        return cls(context, address, masking.generate_key(), masking.generate_key(), os.urandom(SEED_SIZE))

    @property
    def round_keys(self) -> bytes:
        """Mask key ‖ share-encryption key (64 bytes), as the enrolment transaction carries them."""
        return masking.public_key(self._mask_key) + masking.public_key(self._share_key)

    @property
    def has_received(self) -> bool:
        """Whether the peers' bundles have been opened, so that `mask` can be called."""
        return bool(self._received)

    def deal(self, roster: Roster, threshold: int) -> bytes:
        """Shares of this node's two secrets, for every peer of the roster (a `Shares` message).

        Raises:
            IntegrityError: the roster names an account twice, or a key that is unusable.
            InputError: the threshold is too low for one colluder.
            StateError: the roster lacks this node's keys, or is another than the one it dealt to.
        """
        if self._dealt:
            if (roster, threshold) != (self._roster, self._threshold):
                raise StateError(
                    "The roster changed after the shares were dealt.", "The chain was reorganised."
                )
            return self._dealt
        positions = check_roster(roster)
        me = positions.get(self.address)
        if me is None or roster[me].mask_key + roster[me].share_key != self.round_keys:
            raise StateError(
                "The roster does not hold this node with the keys it made.",
                "Its round state was lost, or another process enrolled with the same account.",
            )
        require_threshold(threshold, len(roster))
        for member in roster:
            masking.require_usable(member.mask_key)
            masking.require_usable(member.share_key)
        seeds = shamir.split(self._seed, threshold, len(roster))
        keys = shamir.split(self._mask_key, threshold, len(roster))
        sealed = {
            peer.address: masking.seal_shares(
                self.context, self._share_key, peer.share_key, self.address, peer.address, seeds[i] + keys[i]
            )
            for i, peer in enumerate(roster)
            if i != me
        }
        self._roster, self._threshold = roster, threshold
        self._dealt = Shares(
            seed_hash=seed_hash(self.context, self.address, self._seed), sealed=sealed
        ).to_bytes()
        self._own = seeds[me] + keys[me]
        return self._dealt

    def receive(self, inbox: Inbox, dealt: bytes) -> None:
        """Open the bundles of all peers that shared; they are the ones this node masks against.

        `dealt` is the digest (32 bytes) that stands on chain: all nodes that mask are shown dealers and
        bundles of that digest.

        Raises:
            IntegrityError: the digest is of other dealers or bundles than the inbox; a bundle is not from a
                peer, does not open, or holds shares of another node.
            StateError: this node has not dealt, fewer than the threshold shared, or the bundles changed.
        """
        if not self._dealt:
            raise StateError("Shares came in before this node dealt its own.", "Deal first.")
        self._require_agreed(inbox, dealt)
        positions = check_roster(self._roster)
        opened: dict[Address, bytes] = {}
        for sender, sealed in inbox.sealed.items():
            if sender not in positions or sender == self.address:
                raise IntegrityError(f"{hex_address(sender)} is no peer of this round.", "Abort the round.")
            public = self._roster[positions[sender]].share_key
            data = masking.open_shares(self.context, self._share_key, public, sender, self.address, sealed)
            if len(data) != 2 * shamir.SHARE_SIZE or {shamir.index_of(s) for s in _halves(data)} != {
                positions[self.address] + 1
            }:
                raise IntegrityError(
                    f"The shares from {hex_address(sender)} are malformed.", "Abort the round."
                )
            opened[sender] = data
        if self._received:
            if opened != self._received:
                raise StateError("The aggregator relayed different shares than before.", "Do not answer it.")
            return
        if len(opened) + 1 < self._threshold:
            raise StateError(
                f"Only {len(opened) + 1} nodes shared, {self._threshold} are needed.",
                "Wait for the next round.",
            )
        self._received, self._agreed = opened, dealt

    def _require_agreed(self, inbox: Inbox, dealt: bytes) -> None:
        own = inbox.digests.get(self.address)
        if (
            dealt_digest(self.context, inbox.digests) != dealt
            or own != inbox_digest(inbox.sealed)
            or inbox.digests.keys() != inbox.sealed.keys() | {self.address}
        ):
            raise IntegrityError(
                "The aggregator relayed other shares, or shares of other nodes, than the chain names.",
                "Send it nothing more: it may try to read this site's update.",
            )

    def mask(self, vector: Ring, dealt: bytes) -> bytes:
        """The vector (P,) under this node's masks, as a `MaskedVector` message; `dealt` as the chain has it.

        Raises StateError before the shares have come in, after the unmask answer, where the chain names
        other shares than came in, and for a second vector that is not the first.
        """
        if not self._received:
            raise StateError("The peers' shares have not come in.", "Receive them first.")
        self._require_same(dealt)
        if self._question:
            raise StateError("This node already answered the unmask question.", "The round is over for it.")
        positions = check_roster(self._roster)
        me = positions[self.address]
        masked = vector.astype(np.uint32, copy=True)
        masking.apply_mask(masked, masking.self_key(self.context, self._seed, self.address), 1)
        for peer in self._received:
            i = positions[peer]
            key = masking.pair_key(self.context, self._mask_key, self._roster[i].mask_key, self.address, peer)
            masking.apply_mask(masked, key, 1 if me < i else -1)
        message = MaskedVector(self._agreed, masked)
        digest = message.digest()
        if self._masked and digest != self._masked:
            raise StateError(
                "Another vector was already masked in this round.",
                "Send the stored one: masks are used once.",
            )
        self._masked = digest
        return message.to_bytes()

    def resume(self, message: MaskedVector) -> None:
        """Take over a masked vector that was stored before a crash, in place of making one.

        Raises StateError when it is masked against other peers, or is not the vector that was masked.
        """
        if message.dealt != self._agreed:
            raise StateError("The stored vector is masked against other peers.", "Sit this round out.")
        if self._masked and message.digest() != self._masked:
            raise StateError("The stored vector is not the one that was masked.", "Sit this round out.")
        self._masked = message.digest()

    def answer(self, survivors: Sequence[Address], dealt: bytes) -> bytes:
        """The one unmask answer (an `UnmaskAnswer` message) to the survivors that the chain fixed.

        `dealt` is the digest that all of them committed to, as the chain has it.

        Raises:
            IntegrityError: a survivor is named twice, or is no peer of this node.
            StateError: this node is not among them or answered for others before, they are below the
                threshold, or they committed to other shares than this node masked against.
        """
        self._require_same(dealt)
        asked = tuple(sorted(survivors))
        if self._question:
            if asked != self._question:
                raise StateError(
                    "This node already answered for another set of survivors.", "It answers once in a round."
                )
            return self._answer
        peers = {self.address, *self._received}
        if self.address not in asked or not self._masked:
            raise StateError("This node is not among the survivors.", "It has nothing to answer.")
        if len(set(asked)) != len(asked) or not set(asked) <= peers:
            raise IntegrityError("The survivors are not all peers of this round.", "Do not answer.")
        if len(asked) < self._threshold:
            raise StateError(
                f"{len(asked)} survivors are fewer than the threshold of {self._threshold}.",
                "The round must abort.",
            )
        bundles = {**self._received, self.address: self._own}
        message = UnmaskAnswer(
            seeds={a: _halves(bundles[a])[0] for a in asked},
            keys={a: _halves(bundles[a])[1] for a in peers.difference(asked)},
        )
        self._question, self._answer = asked, message.to_bytes()
        return self._answer

    def _require_same(self, dealt: bytes) -> None:
        if dealt != self._agreed:
            raise StateError(
                "The chain names other shares than those that this node masks against.",
                "The chain was reorganised, or its node lies: sit this round out.",
            )

    def to_bytes(self) -> bytes:
        """All state, secrets included."""
        return NodeState(
            chain_id=self.context.chain_id,
            registry=self.context.registry,
            round_id=self.context.round_id,
            address=self.address,
            mask_key=self._mask_key,
            share_key=self._share_key,
            seed=self._seed,
            roster=tuple((node.address, node.mask_key, node.share_key) for node in self._roster),
            threshold=self._threshold,
            dealt=self._dealt,
            own=self._own,
            received=self._received,
            agreed=self._agreed,
            masked=self._masked,
            question=self._question,
            answer=self._answer,
        ).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Node:
        """The node that `to_bytes` stored. Raises IntegrityError when the bytes are damaged."""
        state = NodeState.parse(data)
        return cls(
            context=Context(state.chain_id, state.registry, state.round_id),
            address=state.address,
            _mask_key=state.mask_key,
            _share_key=state.share_key,
            _seed=state.seed,
            _roster=tuple(Member(*node) for node in state.roster),
            _threshold=state.threshold,
            _dealt=state.dealt,
            _own=state.own,
            _received=state.received,
            _agreed=state.agreed,
            _masked=state.masked,
            _answer=state.answer,
            _question=state.question,
        )


def _halves(bundle: bytes) -> tuple[bytes, bytes]:
    return bundle[: shamir.SHARE_SIZE], bundle[shamir.SHARE_SIZE :]
