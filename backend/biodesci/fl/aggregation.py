"""Secure aggregation: the aggregator's state machine. It holds nothing secret and is trusted by nobody.

Built again from the stored messages after a restart: every `add_*` is idempotent and checks its message
against the roster. Who deals is fixed by `close_shares`, who is summed by `close` with the
survivors from the chain.
Bonawitz et al. 2017, rounds 1 to 4 of figure 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, islice
from typing import Final

import numpy as np

from biodesci.core import shamir
from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.core.errors import BioDeSciError, IntegrityError, StateError
from biodesci.fl import masking
from biodesci.fl.masking import Context
from biodesci.fl.messages import Address, MaskedVector, dealt_digest, hex_address, inbox_digest, seed_hash
from biodesci.fl.quantize import Ring
from biodesci.fl.roster import Roster, check_roster, require_threshold

MAX_TRIES: Final = 200  # subsets of shares tried when some node answered with damaged ones


class Aggregator:
    """The sum of one round, from the messages of its nodes."""

    def __init__(self, context: Context, roster: Roster, threshold: int, minimum: int, size: int) -> None:
        """`minimum`: never sum fewer nodes than this. `size`: ring elements of a vector."""
        require_threshold(threshold, len(roster))
        self.context, self.roster, self.threshold, self.size = context, roster, threshold, size
        self.minimum = max(minimum, threshold)
        self._positions = check_roster(roster)
        self._shares: dict[Address, Shares] = {}
        self._dealers: tuple[Address, ...] = ()
        self._inboxes: dict[Address, bytes] = {}
        self._dealt = b""
        self._digests: dict[Address, bytes] = {}
        self._survivors: tuple[Address, ...] = ()
        self._answers: dict[Address, UnmaskAnswer] = {}

    @property
    def dealers(self) -> tuple[Address, ...]:
        """Who takes part, once sharing is over; empty before."""
        return self._dealers

    @property
    def dealt(self) -> bytes:
        """The digest (32 bytes) of who dealt what, which goes on chain. StateError until sharing is over."""
        if not self._dealers:
            raise StateError("Sharing is not over.", "Close it first.")
        return self._dealt

    @property
    def survivors(self) -> tuple[Address, ...]:
        """Whose vectors are summed, in ascending order, once `close` has fixed them; empty before."""
        return self._survivors

    @property
    def answered(self) -> frozenset[Address]:
        """The survivors whose unmask answers have come in."""
        return frozenset(self._answers)

    @property
    def can_sum(self) -> bool:
        """Whether the survivors are fixed and at least `threshold` of them answered."""
        return bool(self._survivors) and len(self._answers) >= self.threshold

    def shared(self) -> frozenset[Address]:
        """The nodes whose shares have come in."""
        return frozenset(self._shares)

    def masked(self, sender: Address) -> bytes | None:
        """The digest (32 bytes) of a node's masked vector; None until it has come in."""
        return self._digests.get(sender)

    def add_shares(self, sender: Address, message: Shares) -> None:
        """Take in one node's shares; the same message again changes nothing.

        Raises:
            IntegrityError: there is not one bundle for every other node.
            StateError: the sender is not enrolled or sent other shares before, or sharing is over.
        """
        self._member(sender)
        peers = self._positions.keys() - {sender}
        if message.sealed.keys() != peers:
            raise IntegrityError(
                "Shares must hold one bundle for every other node.", "Deal to the whole roster."
            )
        if sender in self._shares:
            if self._shares[sender] != message:
                raise StateError("This node already sent other shares.", "Send the stored ones again.")
            return
        if self._dealers:
            raise StateError("Sharing is over.", "This node sits this round out.")
        self._shares[sender] = message

    def close_shares(self, dealers: Sequence[Address] | None = None) -> tuple[Address, ...]:
        """Fix who takes part: all who shared so far, or on replay the stored set.

        Returns them in the roster's order. Raises StateError when they are fewer than the minimum, or when
        one of the stored set did not share.
        """
        if not self._dealers:
            chosen = tuple(
                a for a in self._positions if a in (self._shares if dealers is None else set(dealers))
            )
            if len(chosen) < self.minimum or not set(chosen) <= self._shares.keys():
                raise StateError(
                    f"{len(chosen)} of {len(self.roster)} nodes shared, {self.minimum} are needed.",
                    "Abort the round.",
                )
            self._dealers = chosen
            self._inboxes = {a: inbox_digest(self._sealed_for(a)) for a in chosen}
            self._dealt = dealt_digest(self.context, self._inboxes)
        return self._dealers

    def inbox(self, receiver: Address) -> Inbox:
        """The bundles that the other dealers sealed for `receiver`.

        Raises StateError until sharing is over, and for a node that did not share in time.
        """
        if receiver not in self._dealers:
            raise StateError("Sharing is not over, or this node did not share.", "Ask again later.")
        return Inbox(sealed=self._sealed_for(receiver), digests=self._inboxes)

    def _sealed_for(self, receiver: Address) -> dict[Address, bytes]:
        return {a: self._shares[a].sealed[receiver] for a in self._dealers if a != receiver}

    def add_masked(self, sender: Address, message: MaskedVector) -> bytes:
        """Note a masked vector's digest and return it; the vector itself stays with the caller.

        Raises:
            IntegrityError: the vector has not `size` entries, or is not masked against the dealers.
            StateError: the sender is not enrolled, did not share in time, or sent another vector before.
        """
        self._member(sender)
        if sender not in self._dealers:
            raise StateError("This node did not share in time.", "It sits this round out.")
        if message.vector.size != self.size:
            raise IntegrityError(
                f"A masked vector has {message.vector.size} entries, not {self.size}.",
                "Use the model's layout.",
            )
        if message.dealt != self._dealt:
            raise IntegrityError("The vector is masked against other peers.", "Fetch the inbox again.")
        digest = message.digest()
        if self._digests.setdefault(sender, digest) != digest:
            raise StateError("This node already sent another masked vector.", "Send the stored one again.")
        return digest

    def close(self, survivors: Iterable[Address]) -> None:
        """Take over the survivors that the chain fixed.

        Raises StateError when they changed or are fewer than the minimum, or a masked vector is missing.
        """
        fixed = tuple(sorted(set(survivors)))
        if self._survivors and self._survivors != fixed:
            raise StateError("The survivors changed.", "The chain was reorganised: abort the round.")
        if len(fixed) < self.minimum:
            raise StateError(
                f"{len(fixed)} nodes committed an update, {self.minimum} are needed.", "Abort the round."
            )
        lacking = [hex_address(a) for a in fixed if a not in self._digests]
        if lacking:
            raise StateError(f"No masked vector came from {', '.join(lacking)}.", "Abort the round.")
        self._survivors = fixed

    def add_answer(self, sender: Address, message: UnmaskAnswer) -> None:
        """Take in one survivor's unmask answer; the same answer again changes nothing.

        Raises:
            IntegrityError: it does not hold the sender's own share of each survivor's seed and of each
                dropout's mask key, and no others.
            StateError: the sender is not a survivor, or answered differently before.
        """
        self._member(sender)
        if sender not in self._survivors:
            raise StateError("Only survivors answer the unmask question.", "Nothing is to be done.")
        dropped = set(self._dealers) - set(self._survivors)
        if message.seeds.keys() != set(self._survivors) or message.keys.keys() != dropped:
            raise IntegrityError("The answer is not for this round's survivors.", "Read them from the chain.")
        expected = {self._positions[sender] + 1}
        if {shamir.index_of(s) for s in (*message.seeds.values(), *message.keys.values())} != expected:
            raise IntegrityError("The answer holds shares of another node.", "Send this node's own shares.")
        if self._answers.setdefault(sender, message) != message:
            raise StateError("This node already answered differently.", "Send the stored answer again.")

    def total(self, load: Callable[[Address], bytes]) -> Ring:
        """The sum (size,) of the survivors' vectors; `load` gives back a stored `MaskedVector` message.

        Raises:
            IntegrityError: a stored vector is not the one noted, or shares do not give back the committed
                secret.
            StateError: fewer than `threshold` nodes answered.
        """
        if not self.can_sum:
            raise StateError(
                f"{len(self._answers)} nodes answered, {self.threshold} are needed.", "Wait for more answers."
            )
        unmasked = np.zeros(self.size, dtype=np.uint32)
        for address in self._survivors:
            message = MaskedVector.from_bytes(load(address))
            if message.digest() != self._digests[address]:
                raise IntegrityError(
                    f"The stored vector of {hex_address(address)} was changed.", "Abort the round."
                )
            unmasked += message.vector
            seed = self._reconstruct(
                {a: m.seeds[address] for a, m in self._answers.items()}, self._is_seed_of(address), address
            )
            masking.apply_mask(unmasked, masking.self_key(self.context, seed, address), -1)
        for address in set(self._dealers) - set(self._survivors):
            self._remove_dropout(unmasked, address)
        return unmasked

    def _remove_dropout(self, unmasked: Ring, address: Address) -> None:
        me = self._positions[address]
        private = self._reconstruct(
            {a: m.keys[address] for a, m in self._answers.items()},
            lambda secret: len(secret) == 32 and masking.public_key(secret) == self.roster[me].mask_key,
            address,
        )
        for peer in self._survivors:
            i = self._positions[peer]
            key = masking.pair_key(self.context, private, self.roster[i].mask_key, address, peer)
            masking.apply_mask(unmasked, key, -1 if i < me else 1)

    def _is_seed_of(self, address: Address) -> Callable[[bytes], bool]:
        return lambda secret: seed_hash(self.context, address, secret) == self._shares[address].seed_hash

    def _reconstruct(
        self, shares: Mapping[Address, bytes], fits: Callable[[bytes], bool], whose: Address
    ) -> bytes:
        """The secret from the first t shares that give the committed one: up to n - t may be damaged."""
        ordered = [shares[a] for a in sorted(shares)]
        for subset in islice(combinations(ordered, self.threshold), MAX_TRIES):
            try:
                secret = shamir.combine(subset, self.threshold)
            except BioDeSciError:
                continue
            if fits(secret):
                return secret
        raise IntegrityError(
            f"Spoilt shares of {hex_address(whose)[:10]}. They do not give back the secret of "
            f"{hex_address(whose)}: it dealt shares of another, or nodes answered with damaged ones.",
            "Wait for more answers; if none come, the round ends without a sum.",
        )

    def _member(self, sender: Address) -> None:
        if sender not in self._positions:
            raise StateError(f"{hex_address(sender)} is not enrolled in this round.", "Enrol first.")
