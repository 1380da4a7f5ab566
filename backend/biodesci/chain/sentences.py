"""What a contract's error means, in a sentence, and what to do about it.

errors.json is the one source: the page's sentences are generated from the same file (frontend/generate.mjs).
A template names an argument as {until}, or says how to show it: {until:time}, {got:state}, {amount:ether},
{currency:currency}, {visaType:visa}, {types:visas}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from biodesci.core import amount, visa
from biodesci.core.onchain import LAST_SECOND, NOBODY, utc

_FIELD: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SIGNATURE: Final = re.compile(r"error (\w+)\((.*)\)")


@cache
def source() -> dict[str, Any]:
    """errors.json: `errors` by name, `states` by the error that names one, `tokens` for tokens' errors."""
    loaded: dict[str, Any] = json.loads((files("biodesci.chain") / "errors.json").read_text("utf-8"))
    return loaded


def token_errors() -> dict[str, list[tuple[str, str]]]:
    """The errors of tokens (ERC-6093, ERC-2612), which a payment passes through: type and name of each
    argument, by the error's name."""
    errors = {}
    for line in source()["tokens"]:
        match = _SIGNATURE.fullmatch(line)
        assert match is not None, line
        pairs = (argument.split(" ") for argument in match[2].split(", "))
        errors[match[1]] = [(kind, name) for kind, name in pairs]
    return errors


def sentence(error: str, arguments: Mapping[str, object]) -> str | None:
    """What happened and why; None for an error that has no sentence."""
    entry = source()["errors"].get(error)
    if entry is None:
        return None
    return _FIELD.sub(lambda field: _show(error, field[2], arguments[field[1]]), entry["says"])


def hint(error: str) -> str:
    """What to do about it at a terminal; nothing for an error that has no sentence."""
    entry = source()["errors"].get(error)
    return "" if entry is None else str(entry["terminal"])


def _show(error: str, how: str | None, value: object) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int):
        return _number(error, how, value)
    return "ETH" if how == "currency" and value == NOBODY else str(value)


def _number(error: str, how: str | None, value: int) -> str:
    named = {"state": source()["states"].get(error, ()), "visa": visa.NAMES}.get(how or "", ())
    if value < len(named):
        return str(named[value])
    match how:
        case "time" if value <= LAST_SECOND:
            return utc(value).strftime("%Y-%m-%d %H:%M:%S UTC")
        case "ether":
            return f"{amount.show(value, 18)} ETH"
        case "visas":
            return ", ".join(visa.names(value)) or "none"
    return str(value)
