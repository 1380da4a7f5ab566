"""Amounts of money: whole units as people write them, smallest units as contracts count. Never floats."""

from __future__ import annotations

from decimal import Decimal, Inexact, InvalidOperation, localcontext

from biodesci.core.errors import InputError

_MOST = 2**128  # what an offer has room for
_DIGITS = 200


def parse(text: str, decimals: int, symbol: str) -> int:
    """Smallest units of an amount written like 0.01; InputError where it is none, or finer than the unit."""
    with localcontext(prec=_DIGITS) as context:
        context.traps[Inexact] = True
        try:
            amount = Decimal(text).scaleb(decimals)
            if not amount.is_finite() or not 0 <= amount < _MOST or amount != amount.to_integral_value():
                raise InvalidOperation
        except ArithmeticError as exc:
            raise InputError(
                f"{text[:40]!r} is not an amount of {symbol}.",
                f"Write it like 0.01, with {decimals} decimals at most.",
            ) from exc
        return int(amount)


def show(amount: int, decimals: int) -> str:
    """Whole units, exact: "0.01"."""
    with localcontext(prec=_DIGITS):
        whole = f"{Decimal(amount).scaleb(-decimals):f}"
    return whole.rstrip("0").rstrip(".") if "." in whole else whole
