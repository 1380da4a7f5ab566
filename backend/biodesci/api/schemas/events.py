"""What is told of each new state of the index."""

from __future__ import annotations

from pydantic import Field

from biodesci.api.schemas.values import Schema


class Changed(Schema):
    """A thing that events of the new blocks are about."""

    kind: str = Field(examples=["dataset"])
    id: str = Field(examples=["7"], description="its number on chain, or an account")


class StateChange(Schema):
    """The index has read on."""

    as_of: int = Field(examples=[42])
    changed: list[Changed] | None = Field(
        description="null: anything may have changed (many events, blocks taken back, or cards read)"
    )
