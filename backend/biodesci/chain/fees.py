"""What a unit of gas costs, on any EVM chain: with a base fee (EIP-1559), without one, and for nothing.

Networks differ in what they tell. A chain without EIP-1559 has no `baseFeePerGas`, and takes transactions
with one price. A node may not know `eth_maxPriorityFeePerGas`. A consortium chain may ask 0 wei, an L2 a few.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from eth_account._utils.legacy_transactions import Transaction as Legacy
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from web3 import Web3
from web3.types import RPCEndpoint

from biodesci.chain import shapes

GWEI: Final = 10**9
_LEAST_LEGACY_BYTE: Final = 0xC0  # an RLP list; typed transactions begin with their type (EIP-2718)


@dataclass(frozen=True)
class Fees:
    """Wei for a unit of gas: at `most`, of which `tip` goes to whoever makes the block.

    On a chain without EIP-1559 there is one price, and `is_legacy`: `most` and `tip` are that price.
    """

    most: int
    tip: int
    is_legacy: bool = False

    @classmethod
    def of(cls, raw: bytes) -> Fees:
        """Those of a signed transaction."""
        fields = decoded(raw)
        if "gasPrice" in fields:
            return cls(int(fields["gasPrice"]), int(fields["gasPrice"]), is_legacy=True)
        return cls(int(fields["maxFeePerGas"]), int(fields["maxPriorityFeePerGas"]))

    @property
    def fields(self) -> dict[str, int]:
        """As a transaction names them."""
        if self.is_legacy:
            return {"gasPrice": self.most}
        return {"maxFeePerGas": self.most, "maxPriorityFeePerGas": self.tip}

    def raised(self, *, twice: bool = False) -> Fees:
        """By an eighth, or by as much again; always by one wei at least.

        Nodes replace a pending transaction for a tenth more in both (geth, erigon, reth, Nethermind, Besu),
        some networks for an eighth, and few want twice as much.
        """

        def more(amount: int) -> int:
            return 2 * amount + 1 if twice else amount + amount // 8 + 1

        return Fees(more(self.most), more(self.tip), self.is_legacy)

    def at_most(self, highest: int) -> Fees:
        """Neither above `highest`."""
        return Fees(min(self.most, highest), min(self.tip, highest), self.is_legacy)


@dataclass(frozen=True)
class Market:
    """What gas costs as of the block `number`. `base_fee` is None on a chain without EIP-1559."""

    web3: Web3
    number: int
    base_fee: int | None

    @classmethod
    def now(cls, web3: Web3) -> Market:
        """As of the latest block. Raises UnavailableError."""
        block = web3.eth.get_block("latest")
        base_fee = block.get("baseFeePerGas")
        return cls(web3, int(block["number"]), None if base_fee is None else int(base_fee))

    @cached_property
    def usual(self) -> Fees:
        """What lets a transaction into one of the next blocks, as the node says."""
        if self.base_fee is None:
            price = int(self.web3.eth.gas_price)
            return Fees(price, price, is_legacy=True)
        tip = _tip(self.web3, self.base_fee)
        return Fees(2 * self.base_fee + tip, tip)

    @property
    def asked(self) -> int:
        """Wei below which no transaction gets into a block."""
        return self.usual.most if self.base_fee is None else self.base_fee

    def is_above(self, fees: Fees) -> bool:
        """Whether a transaction with these fees gets into no block as long as the market stays as it is.

        Without a base fee that is a guess: what offers less than half of what the node suggests.
        """
        if self.base_fee is None:
            return 2 * fees.most < self.usual.most
        return fees.most < self.base_fee


def decoded(raw: bytes) -> dict[str, Any]:
    """The fields of a signed transaction without its signature, as they are signed."""
    if raw[:1] and raw[0] >= _LEAST_LEGACY_BYTE:
        legacy = dict(Legacy.from_bytes(HexBytes(raw)).as_dict())
        v = int(legacy["v"])
        fields = {name: legacy[name] for name in ("nonce", "gasPrice", "gas", "to", "value", "data")}
        return fields | {"chainId": (v - 35) // 2}  # EIP-155
    typed = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    return {name: value for name, value in typed.items() if name not in {"v", "r", "s"}}


def _tip(web3: Web3, base_fee: int) -> int:
    """The node's suggestion; where it has none, what its gas price leaves above the base fee."""
    method = RPCEndpoint("eth_maxPriorityFeePerGas")
    answer = web3.provider.make_request(method, [])
    result = answer.get("result")
    if isinstance(result, str) and shapes.QUANTITY.fullmatch(result):
        return int(result, 16)
    return max(int(web3.eth.gas_price) - base_fee, 0)
