"""The card of a model that somebody registered: each thing that is needed of it is read by itself.

Cards are for ever, and were written by earlier versions and by strangers. So what is needed must be right,
and whatever else stands in a card, or is amiss there, keeps nobody from the model (docs/protocol.md).
`model_card.py` is what this version writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from biodesci.core import canonical
from biodesci.core.documents import strangers
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError

_NAME: Final = 300  # characters


@dataclass(frozen=True)
class RegisteredCard:
    """The bytes of a model's card; what it says is the owner's word until it is compared with the chain."""

    model_id: int
    raw: bytes = field(repr=False)

    @cached_property
    def fields(self) -> dict[str, Any]:
        """All that stands in it. Raises IntegrityError for what is no JSON object."""
        try:
            return strangers.fields(self.raw)
        except ValueError as exc:
            raise self._refused("is no JSON object") from exc

    @property
    def architecture(self) -> dict[str, Any]:
        """The document whose hash is on chain. Raises IntegrityError without one that has a hash."""
        document = self.fields.get("architecture")
        try:
            if isinstance(document, dict):
                canonical.dumps(document)
                return document
        except InputError:
            pass
        raise self._refused("does not describe an architecture")

    @property
    def key_id(self) -> str:
        """The id of the key that the weights are encrypted under. Raises IntegrityError without one."""
        return self._text("keyId", "names no key")

    @property
    def mode(self) -> str:
        """The mode of that key. Raises IntegrityError without one."""
        return self._text("mode", "names no mode of its key")

    @property
    def name(self) -> str:
        """What lists show, the first characters; empty where the card has none."""
        name = self.fields.get("name", "")
        return strangers.shown(name[:_NAME]) if isinstance(name, str) else ""

    def _text(self, name: str, otherwise: str) -> str:
        text = self.fields.get(name)
        if not isinstance(text, str):
            raise self._refused(otherwise)
        return text

    def _refused(self, why: str) -> BioDeSciError:
        return IntegrityError(
            f"The card of model {self.model_id} {why}.", "Ask the model owner for a correct card."
        )
