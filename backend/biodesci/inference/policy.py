"""Whom an inference worker serves, and for what: a stranger's request that names it gives no right to work.

What is refused here is left alone on chain and at home, so that a worker with another policy may serve it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from biodesci.chain.records import Request
from biodesci.core.errors import AccessDeniedError, ConfigurationError
from biodesci.core.onchain import NOBODY
from biodesci.party.allowance import Bounds


@dataclass(frozen=True)
class Policy:
    """`arbiters` may decide about this worker's fees: a paid request names one of them, and nobody else.
    `minimum_fee` is in wei. `unpaid` requests are served only where that is said, and then `bounds` says how
    many a day: work and gas are the worker's. Empty `requesters` and `models`: all of them. `least_time` is
    how many seconds a request's deadline is away at least: an answer that is committed to after it is paid
    by nobody.
    """

    arbiters: frozenset[str] = frozenset()
    minimum_fee: int = 0
    unpaid: bool = False
    requesters: frozenset[str] = frozenset()
    models: frozenset[int] = frozenset()
    least_time: int = 120
    bounds: Bounds = field(default_factory=lambda: Bounds(all=None))

    def require_any(self) -> None:
        """ConfigurationError for a policy by which nothing would ever be served."""
        if not self.arbiters and not self.unpaid:
            raise ConfigurationError(
                "This worker would serve nobody: it accepts no arbiter, and no unpaid requests.",
                "Set BIODESCI_ARBITERS to the arbiters that you accept, or BIODESCI_UNPAID=1.",
            )

    def check(self, request: Request, now: int) -> None:
        """AccessDeniedError says why this worker does not serve the request. `now` is the chain's time."""
        if (left := request.deadline - now) < self.least_time:
            raise AccessDeniedError(
                f"Its deadline is {left} seconds away; this worker takes {self.least_time} or more."
            )
        if self.requesters and request.requester not in self.requesters:
            raise AccessDeniedError(f"{request.requester} is none of the requesters that this worker serves.")
        if self.models and request.model_id not in self.models:
            raise AccessDeniedError(f"Model {request.model_id} is none of those that this worker serves.")
        if request.fee == 0:
            if not self.unpaid:
                raise AccessDeniedError("The request pays nothing.")
        elif request.fee < self.minimum_fee:
            raise AccessDeniedError(f"The fee of {request.fee} wei is below {self.minimum_fee} wei.")
        # Unpaid, an arbiter decides about nothing.
        if request.fee and (request.arbiter == NOBODY or request.arbiter not in self.arbiters):
            raise AccessDeniedError(f"The arbiter {request.arbiter} is none that this worker accepts.")
