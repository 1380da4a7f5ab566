"""The JSON in the metadata of EE files (docs/protocol.md, "Tensors"), as it is read: whole, or refused.

`config` and `generation` are config.json and generation_config.json, which others define. Numbers in them may
be NaN or infinite, as Python writes them there: a key that holds some must open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Json, JsonValue, ValidationError

from biodesci.core.documents.base import Document, Part, has_duplicates
from biodesci.core.documents.values import Count
from biodesci.core.errors import InputError
from biodesci.core.safetensors_header import LONGEST
from biodesci.ee.architectures.architecture import Reads

_KEEP: Final = "Use the key file as it was written; without it the model cannot be recovered."


class KeyDetails(Document):
    """Of a model's key: what its layout follows from, and the types of the folded norm weights by name."""

    title: ClassVar = "complete model key"
    remedy: ClassVar = _KEEP
    limit: ClassVar = LONGEST

    config: dict[str, JsonValue]
    names: tuple[str, ...]
    mode: str
    key_id: str
    shuffle: bool
    generation: dict[str, JsonValue] | None
    plain: dict[str, str]


class AdapterKeyDetails(Document):
    """Of an adapter's key: the key of its base model, and the rank of each adapted module."""

    title: ClassVar = "complete adapter key"
    remedy: ClassVar = _KEEP
    limit: ClassVar = LONGEST

    base_key_id: str
    key_id: str
    mode: str
    ranks: dict[str, Count]


class HalfDetails(Document):
    """Of a client half: the layers that the client runs, what its head reads, and its tensors' types by
    name."""

    title: ClassVar = "complete client half"
    remedy: ClassVar = "Ask the model owner for a new client half."
    limit: ClassVar = LONGEST

    blocks: Count
    reads: Reads
    config: dict[str, JsonValue]
    types: dict[str, str]


def _named_once(value: object) -> object:
    try:
        is_twice = isinstance(value, str) and has_duplicates(value.encode())
    except (ValueError, RecursionError):
        is_twice = False  # it is no JSON, as the type says next
    if is_twice:
        raise ValueError("a field stands in it twice")
    return value


class CodecMetadata(Part):
    """All metadata of a codec: `settings` and `classes` are JSON texts, left out where they are empty."""

    model_config = ConfigDict(alias_generator=None)

    format: str
    kind: Literal["training", "inference"]
    key_id: str
    settings: Annotated[Json[dict[str, Count]], BeforeValidator(_named_once)] | None = None
    classes: Json[tuple[str, ...]] | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, str]) -> Self:
        """InputError for metadata of anything else."""
        try:
            return cls.model_validate(dict(metadata))
        except ValidationError:
            raise InputError("The codec is damaged.", "Ask the model owner for a new codec.") from None
