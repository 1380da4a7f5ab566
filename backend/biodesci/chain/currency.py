"""What offers are paid in: ether, or an ERC-20 by what it says of itself.

Standards: ERC-20, ERC-2612 (permits), ERC-3009 (authorizations), ERC-5267 (a token's EIP-712 domain).
A token's words are its own: people go by its address, and nothing here is believed that cannot be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from web3 import Web3
from web3.contract.contract import Contract

from biodesci.chain import records
from biodesci.chain.client import Chain
from biodesci.chain.records import SigningDomain
from biodesci.core import amount, typed_data
from biodesci.core.errors import ChainError
from biodesci.core.onchain import NOBODY

ETHER: Final = NOBODY
_MOST_DECIMALS: Final = 36
_LONGEST_SYMBOL: Final = 32
# Bounds time (a loop without an end) and size (memory costs gas: it suffices for half a MiB).
# Tokens behind a proxy take a tenth of it.
_GAS: Final = 500_000


@dataclass(frozen=True)
class Currency:
    """`symbol` and `decimals` are None where the token says none that make sense."""

    address: str
    symbol: str | None
    decimals: int | None

    @property
    def is_ether(self) -> bool:
        """Whether this is the chain's own coin, and no ERC-20 token."""
        return self.address == ETHER

    @property
    def name(self) -> str:
        """The symbol, or the address of a token that says no readable one."""
        return self.symbol or self.address

    def parse(self, text: str) -> int:
        """Smallest units of an amount in whole ones; of a token without decimals both are the same."""
        return amount.parse(text, self.decimals or 0, self.name)

    def show(self, units: int) -> str:
        """As "0.01 ETH"."""
        if self.decimals is None:
            return f"{units} smallest units of {self.name}"
        return f"{amount.show(units, self.decimals)} {self.name}"


@dataclass(frozen=True)
class Money:
    """An amount of a currency, in smallest units: "0.01 ETH" to people, exact fields to programs."""

    units: int
    currency: Currency

    def __str__(self) -> str:
        return self.currency.show(self.units)

    def document(self) -> dict[str, str]:
        """For JSON: whole units and smallest units as decimal digits, and ETH or the token's address."""
        whole = amount.show(self.units, self.currency.decimals or 0)
        paid_in = "ETH" if self.currency.is_ether else self.currency.address
        return {"amount": whole, "units": str(self.units), "currency": paid_in}


def ether(wei: int) -> Money:
    """So much ether, given in wei."""
    return Money(wei, Currency(ETHER, "ETH", 18))


def read(chain: Chain, address: str) -> Currency:
    """The currency at an address, by what the token says of itself; ETHER is the chain's own coin.

    A symbol that cannot be shown and decimals that no token has are None: strangers write tokens.
    """
    if address == ETHER:
        return Currency(ETHER, "ETH", 18)
    functions = erc20(chain, address).functions
    symbol, decimals = _said(chain, functions.symbol()), _said(chain, functions.decimals())
    if not isinstance(symbol, str) or not symbol.isprintable() or not 1 <= len(symbol) <= _LONGEST_SYMBOL:
        symbol = None
    if not isinstance(decimals, int) or decimals > _MOST_DECIMALS:
        decimals = None
    return Currency(Web3.to_checksum_address(address), symbol, decimals)


def erc20(chain: Chain, address: str) -> Contract:
    """The token at an address, with the functions of ERC-20, ERC-2612 and ERC-3009 that we call."""
    return chain.web3.eth.contract(address=Web3.to_checksum_address(address), abi=_ABI)


def domain(chain: Chain, address: str) -> typed_data.Domain | None:
    """The token's EIP-712 domain, by its own separator; None where it has none that we can tell."""
    functions = erc20(chain, address).functions
    separator = _said(chain, functions.DOMAIN_SEPARATOR())
    if not isinstance(separator, bytes):
        return None
    name, version = _said(chain, functions.name()), _said(chain, functions.version())
    candidates = [(name, version or "1")]
    if described := _said(chain, functions.eip712Domain()):
        own = records.fill(SigningDomain, described)
        candidates.append((own.name, own.version))
    for name, version in candidates:
        if isinstance(name, str) and isinstance(version, str):
            tried = typed_data.domain(name, version, chain.chain_id, Web3.to_checksum_address(address))
            if typed_data.separator(tried) == separator:
                return tried
    return None


def has_authorizations(chain: Chain, address: str) -> bool:
    """Whether the token takes ERC-3009 authorizations to receive."""
    state = erc20(chain, address).functions.authorizationState(ETHER, bytes(32))
    return isinstance(_said(chain, state), bool)


def _said(chain: Chain, function: Any) -> Any:
    """None where the token has no such function, or answers nonsense, or not within `_GAS`."""
    try:
        return chain.call(function, gas=_GAS)
    except (ChainError, UnicodeDecodeError):
        # Anybody may make offers in a token of theirs: what it says must not stop whoever reads it.
        return None


def _view(name: str, inputs: str, outputs: str) -> dict[str, Any]:
    return _function(name, inputs, outputs, "view")


def _function(name: str, inputs: str, outputs: str, mutability: str = "nonpayable") -> dict[str, Any]:
    def fields(types: str) -> list[dict[str, str]]:
        return [{"name": f"_{i}", "type": kind} for i, kind in enumerate(types.split())]

    return {
        "type": "function",
        "name": name,
        "stateMutability": mutability,
        "inputs": fields(inputs),
        "outputs": fields(outputs),
    }


_ABI: Final = [
    _view("name", "", "string"),
    _view("symbol", "", "string"),
    _view("decimals", "", "uint8"),
    _view("version", "", "string"),
    _view("balanceOf", "address", "uint256"),
    _view("allowance", "address address", "uint256"),
    _view("nonces", "address", "uint256"),
    _view("DOMAIN_SEPARATOR", "", "bytes32"),
    _view("eip712Domain", "", "bytes1 string string uint256 address bytes32 uint256[]"),  # as SigningDomain
    _view("authorizationState", "address bytes32", "bool"),
    _function("approve", "address uint256", ""),  # some tokens answer nothing: what counts is the allowance
    _function("permit", "address address uint256 uint256 uint8 bytes32 bytes32", ""),
]
