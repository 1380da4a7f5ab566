"""Who sends on which network, and what waiting and paying is worth to them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from web3 import Web3

from biodesci.chain.fees import GWEI
from biodesci.chain.transactions import pause
from biodesci.core.errors import UnavailableError
from biodesci.store.engine import Location


@dataclass(frozen=True)
class Sending:
    """How long a client waits, in seconds, what it pays, in wei for a unit of gas, and where it notes that.

    `work` is the work database of the outbox; without one, the one in the client's home.
    """

    block_timeout: float = 120.0  # for the transaction's block, and for each one upon that
    stuck_after: float = 60.0  # without a block the fee is raised
    highest_fee: int = 500 * GWEI
    # For so long the chain must show another transaction with the nonce, before this one counts as lost.
    sure_after: float = 1.0
    work: Location | None = None

    @classmethod
    def chosen(cls, stuck_after: float, highest_fee_gwei: float, work: Location) -> Sending:
        """As BIODESCI_STUCK_AFTER (seconds), BIODESCI_HIGHEST_FEE_GWEI and the work database say."""
        return cls(stuck_after=stuck_after, highest_fee=round(highest_fee_gwei * GWEI), work=work)


@dataclass(frozen=True)
class Sender:
    """An account on one network (`Chain.identity`). Once `stop` is set, nothing of it waits any more."""

    web3: Web3
    signer: LocalAccount
    network: str
    stop: threading.Event | None = None

    @property
    def address(self) -> str:
        """The account's checksummed address."""
        return str(self.signer.address)

    @property
    def chain(self) -> str:
        """Tells the chain from others: nonces count on all of it, whichever contracts are meant."""
        return self.network.rpartition(":")[0]

    def wait(self, seconds: float) -> None:
        """Raises UnavailableError where this process is to stop."""
        if pause(seconds, self.stop):
            raise UnavailableError(
                "This process is stopping.", "What it has sent is noted; the next start goes on with it."
            )
