"""Whether the blocks of an audit trail are the chain's: by a chain node that the verifier trusts."""

from __future__ import annotations

from typing import Final

from biodesci.chain import blocks
from biodesci.chain.client import Chain
from biodesci.chain.encoded import HeaderRead
from biodesci.core.errors import IntegrityError

_AT_ONCE: Final = 100


class Comparing:
    """Compares blocks with those of a chain node, many at a time; `finish` compares the last ones."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._counted = chain.counted_head()
        self._waiting: list[HeaderRead] = []

    def seen(self, header: HeaderRead) -> None:
        """Takes a block. Raises IntegrityError where the chain has another one at its place."""
        self._waiting.append(header)
        if len(self._waiting) == _AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """Raises as `seen`."""
        late = next((header for header in self._waiting if header.number > self._counted), None)
        if late is not None:
            raise IntegrityError(
                f"Block {late.number} of the trail does not count yet by this chain node.",
                "Wait until it does, or use a node that is not behind.",
            )
        numbers = [header.number for header in self._waiting]
        for header, shown in zip(self._waiting, blocks.headers(self._chain, numbers), strict=True):
            if shown.hash != "0x" + header.hash.hex():
                raise IntegrityError(
                    f"Block {header.number} of the trail is not the chain's: the chain node has another one.",
                    "Do not rely on this trail.",
                )
        self._waiting.clear()
