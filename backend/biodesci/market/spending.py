"""What a custodian spends on deliveries: gas and storage are its own, whoever buys."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from biodesci.chain.currency import ETHER
from biodesci.chain.records import License
from biodesci.party.allowance import Bounds, Limit

_PAYING: Final = 10**14  # wei
_OVER: Final = {
    Limit.ALL: "this custodian makes {all} deliveries a day (BIODESCI_DELIVERIES_A_DAY), and today's are "
    "made",
    Limit.UNPAID: "this custodian serves {unpaid} licences a day that do not pay for their delivery "
    "(BIODESCI_UNPAID_A_DAY), and today's are served",
    Limit.EACH: "a licence that does not pay for its delivery: this custodian serves {unpaid_each} of them a "
    "day to one account (BIODESCI_UNPAID_EACH), and {account} had today's",
}


@dataclass(frozen=True)
class Terms:
    """What a custodian spends on deliveries: `bounds` a day, and the price in wei from which on a licence
    pays for its own. A price in a token always does: the owner, who chose the token, knows its worth."""

    bounds: Bounds = field(default_factory=Bounds)
    paying: int = _PAYING

    @classmethod
    def chosen(cls, deliveries: int, unpaid: int, each: int, paying: int) -> Terms:
        """As settings name them: licences a day, those that do not pay, these for one account; wei."""
        return cls(Bounds(deliveries, unpaid, each), paying)

    def pays(self, licence: License) -> bool:
        """Whether a licence pays for its delivery."""
        return licence.price >= (self.paying if licence.currency == ETHER else 1)

    def why(self, limit: Limit, licence: License) -> str:
        """Why a licence waits that is over a bound."""
        over = _OVER[limit].format(**asdict(self.bounds), account=licence.licensee)
        return (
            f"{over}; it waits for tomorrow (UTC), and the buyer gets a refund where the delivery deadline "
            "is before that"
        )
