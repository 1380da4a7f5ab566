"""Which rounds are over, or somebody else's, so that they are not read with each step for ever."""

from __future__ import annotations

from biodesci.chain.blocks import headers
from biodesci.chain.client import Chain
from biodesci.chain.follow import Trail
from biodesci.core.onchain import DEEPEST_REORG


class Ended:
    """Rounds of which nothing is to be done. A reorganization may bring them back, or give their numbers to
    others: what was learnt from blocks that it replaces is forgotten."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._trail = Trail()
        self._at: dict[int, int] = {}  # rounds, and the block up to which the chain was seen then

    def __contains__(self, round_id: int) -> bool:
        return round_id in self._at

    def add(self, round_id: int) -> None:
        """The chain says so now."""
        head = self._chain.block_number()
        if not self._trail.ends or self._trail.ends[-1][0] < head:
            self._trail.add(head, headers(self._chain, [head])[0].hash)
        self._at[round_id] = head

    def look(self) -> None:
        """To be called before they are relied upon: one question while there is no new block."""
        head = self._chain.block_number()
        if not self._trail.ends or head - self._trail.ends[-1][0] > DEEPEST_REORG:
            return
        last = self._trail.ends[-1][0]
        reached = self._trail.reached(self._chain, head)
        if reached != last:
            self._at = {id_: at for id_, at in self._at.items() if reached is not None and at <= reached}
