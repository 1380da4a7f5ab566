"""What config.json of an encrypted checkpoint says of its encryption, in its field `ee`: the rest of
config.json is what others define."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, ConfigDict, ValidationError

from biodesci.core.documents.base import Part
from biodesci.core.documents.values import Count
from biodesci.core.errors import InputError
from biodesci.core.keyfile import check_key_id

FIELD: Final = "ee"


def _key_id(text: str) -> str:
    check_key_id(text)
    return text


class SplitMark(Part):
    """Of the server's half of a split model: how many of the first blocks the client runs."""

    blocks: Count


class Mark(Part):
    """`key_id` names the key, as codecs do; a `mode` that is not known may be an earlier or later release's;
    `split` is there for the server's half of a split model."""

    model_config = ConfigDict(alias_generator=None)

    key_id: Annotated[str, AfterValidator(_key_id)]
    mode: str
    split: SplitMark | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self | None:
        """The mark in a config.json; None for a plain checkpoint's. Raises InputError for one that no
        release writes."""
        if FIELD not in config:
            return None
        try:
            return cls.model_validate(config[FIELD])
        except ValidationError:
            raise InputError(
                "The mark of this encrypted checkpoint in its config.json is damaged.",
                "Use the checkpoint as `biodesci model encrypt` wrote it, or update BioDeSci.",
            ) from None

    def fields(self) -> dict[str, Any]:
        """What stands in config.json."""
        return {FIELD: self.model_dump(mode="json")}
