"""What the work of a thread is about just now: log lines carry it as fields of their own.

with about(licence=12):
    _log.info("delivered")      # in JSON: {"licence": 12, "message": "delivered", ...}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NOTHING: Final[Mapping[str, int | str]] = MappingProxyType({})
_fields: ContextVar[Mapping[str, int | str]] = ContextVar("about", default=_NOTHING)


@contextmanager
def about(**fields: int | str) -> Iterator[None]:
    """Within the `with`, log lines are about these ids too. Never a secret, or a text of somebody else's."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def fields() -> Mapping[str, int | str]:
    """What the work is about, by name."""
    return _fields.get()
