"""An event as those see it who derive rows from it.

Numbers of enums are those of the contract interfaces (State, Right, RoundState, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from biodesci.index.changes.draft import Draft
from biodesci.index.tables import wanted

NONE: Final = "0x" + "0" * 64


class At(NamedTuple):
    """Where an event stands."""

    block: int
    time: int
    tx_hash: str
    log_index: int


Args = dict[str, Any]
Handler = Callable[[Draft, At, Args], None]


class Changes:
    """What the events of one contract change. Functions of the event log alone, called in its order."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def on(self, name: str) -> Callable[[Handler], Handler]:
        """Registers what the event `name` changes."""

        def register(handler: Handler) -> Handler:
            self._handlers[name] = handler
            return handler

        return register

    def apply(self, draft: Draft, at: At, name: str, args: Args) -> None:
        """Nothing, where the index has no use for events of this name."""
        if (handler := self._handlers.get(name)) is not None:
            handler(draft, at, args)


def want(draft: Draft, digest: str, kind: str) -> None:
    """A document that the chain names is to be read from IPFS."""
    draft.want(wanted, digest, kind, reason=None, attempts=0, retry_at=0)


def unless(value: Any, nothing: Any) -> Any:
    """None, where `value` is the contract's word for "none"."""
    return None if value == nothing else value
