"""Counts the functions of ours that a value passes on its way: how many doors a reader has to open."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from types import FrameType

from pydantic import BaseModel
from web3.contract.contract import ContractFunction

DEEPEST = 8  # levels of values within values


@contextmanager
def counted(passes: Callable[[FrameType], bool] = lambda _frame: True) -> Iterator[set[str]]:
    """The functions of the package that run within, on this thread, and that the value passes: all of them
    where no test is given. Lambdas and comprehensions stand apart."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        module = str(frame.f_globals.get("__name__", ""))
        if event != "call" or not module.startswith("biodesci.") or frame.f_code.co_name.startswith("<"):
            return
        name = f"{module}.{frame.f_code.co_qualname}"
        if name not in seen and passes(frame):
            seen.add(name)

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def is_given(number: int) -> Callable[[FrameType], bool]:
    """Whether a function gets `number` with its arguments: by itself, within another value, or among the
    bytes of a call or a signed transaction (as a word of the ABI, or as RLP writes it)."""
    short = number.to_bytes((number.bit_length() + 7) // 8, "big")

    def holds(value: object, level: int) -> bool:
        if isinstance(value, bytes):
            return short in value
        if isinstance(value, str):
            return short.hex() in value or str(number) in value
        if isinstance(value, int):
            return value == number
        return level < DEEPEST and any(holds(part, level + 1) for part in _parts(value))

    def passes(frame: FrameType) -> bool:
        given = inspect.getargvalues(frame)
        names = [*given.args, *(name for name in (given.varargs, given.keywords) if name)]
        return any(holds(given.locals[name], 0) for name in names if name in given.locals)

    return passes


def _parts(value: object) -> list[object]:
    """What a record, a document, a container or a contract's call consists of; nothing of other objects."""
    if isinstance(value, ContractFunction):
        return [value.args, value.kwargs]
    if isinstance(value, BaseModel):
        return list(vars(value).values())
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name, None) for field in fields(value)]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple | set | frozenset) else []
