"""Arguments that many commands take, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from biodesci.core.errors import BioDeSciError
from biodesci.core.onchain import LAST_SECOND, UNCOUNTED, utc

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.chain.currency import Currency
    from biodesci.core.visa import VisaType

_LARGEST = 2**63 - 1  # far above every counter on chain, and within every column of the index

Number = Annotated[int, typer.Argument(min=1, max=_LARGEST, help="Its number on chain.")]
Elsewhere = Annotated[
    list[str] | None,
    typer.Option("--from", help="A server that has a private file, where its owner's is away; repeat."),
]
# Those of biodesci.index.activity, which takes long to load; a test compares them.
Thing = Literal["dataset", "license", "model", "round", "inference"]


def address(text: str) -> str:
    """`text` as a checksummed address; InputError where it is none."""
    from eth_utils.address import is_address, to_checksum_address

    from biodesci.core.errors import InputError

    if not is_address(text):
        raise InputError(f"{text!r} is not an address.", "Give 0x followed by 40 hexadecimal digits.")
    return str(to_checksum_address(text))


def account_at(text: str) -> tuple[str, str]:
    """ACCOUNT@URL as the account and the address at which it answers, "" where there is none; InputError
    where the account is none."""
    account, _, url = text.partition("@")
    return address(account), url


def word(text: str, what: str = "commitment") -> bytes:
    """`text` as 32 bytes; InputError where it is none, which calls it by `what` it should be."""
    from biodesci.core.errors import InputError

    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise InputError(f"{text!r} is no {what}.", "Give 0x followed by 64 hexadecimal digits.")
    return value


def token(chain: Chain, text: str) -> Currency:
    """ETH, or the ERC-20 at an address; InputError where it is neither."""
    from biodesci.chain import currency
    from biodesci.core.errors import InputError

    paid_in = currency.read(chain, currency.ETHER if text.upper() == "ETH" else address(text))
    if not paid_in.is_ether and not chain.has_code(paid_in.address):
        raise InputError(f"There is no token at {paid_in.address} on this chain.", "Check the address.")
    return paid_in


def new_file(path: Path) -> Path:
    """`path`, if nothing is there that would be lost."""
    from biodesci.core.errors import StateError

    if path.exists():
        raise StateError(f"There is a file {path} already.", "Name another one.")
    return path


def when(seconds: int) -> str | None:
    """A time on chain as people read it; None where there is none, "never" where there is no end."""
    if not seconds:
        return None
    return "never" if seconds > LAST_SECOND else utc(seconds).isoformat()


def uses(left: int) -> int | None:
    """A licence's count of uses; None where they are not counted."""
    return None if left == UNCOUNTED else left


def within(least: int, most: int) -> Callable[[object], int]:
    """A parser for options that take a length of time from `least` to `most` seconds."""

    def parse(text: object) -> int:
        from biodesci.core import duration

        try:
            seconds = duration.parse(str(text))
        except BioDeSciError as exc:
            raise typer.BadParameter(str(exc)) from exc
        if not least <= seconds <= most:
            raise typer.BadParameter(
                f"{text} is not between {duration.show(least)} and {duration.show(most)}."
            )
        return seconds

    return parse


def wei(ether: str) -> int:
    """An amount of ether, written like 0.01, in wei; InputError where it is none."""
    from biodesci.core import amount

    return amount.parse(ether, 18, "ether")


def visa_type(name: str) -> VisaType:
    """One type of visa by its name."""
    from biodesci.core import visa
    from biodesci.core.errors import InputError

    types = visa.mask([name])
    if types.bit_count() != 1:
        raise InputError(f"{name!r} stands for several types of visa.", "Name one; repeat the command.")
    return visa.VisaType(types.bit_length() - 1)
