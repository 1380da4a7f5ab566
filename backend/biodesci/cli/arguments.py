"""Arguments that many commands take, checked before anything is opened."""

from __future__ import annotations

from typing import Annotated

import typer

_LARGEST = 2**63 - 1  # far above every counter on chain, and within every column of the index

Number = Annotated[int, typer.Argument(min=1, max=_LARGEST, help="Its number on chain.")]


def address(text: str) -> str:
    """`text` as a checksummed address; InputError where it is none."""
    from eth_utils.address import is_address, to_checksum_address

    from biodesci.core.errors import InputError

    if not is_address(text):
        raise InputError(f"{text!r} is not an address.", "Give 0x followed by 40 hexadecimal digits.")
    return str(to_checksum_address(text))


def wei(ether: str) -> int:
    """An amount of ether, written like 0.01, in wei; InputError where it is none."""
    from decimal import Decimal, InvalidOperation

    from biodesci.core.errors import InputError

    try:
        amount = Decimal(ether) * 10**18
        if not amount.is_finite() or not 0 <= amount < 2**128 or amount != amount.to_integral_value():
            raise InvalidOperation
    except InvalidOperation as exc:
        raise InputError(f"{ether!r} is not an amount of ether.", "Write it like 0.01.") from exc
    return int(amount)
