"""The card of a model, which its owner publishes when it is registered: what it is, and what its encryption
holds and does not hold. Its hash is on chain.

The card names no format, as the first ones did not; cards that are on chain are read by `registered_card.py`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from biodesci.core.documents.attack_figures import RecordFigures
from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Bytes32, Count, Json


class KeySpace(Part):
    """How many keys there are: dimensions, and bits of the finite choices beside them."""

    continuous_dimensions: Count
    order_bits: float


class KeyOfPlace(KeySpace):
    """The part of a key that moves one place of the model, such as the residual stream."""

    group: str
    size: Count


class KeyDescription(KeySpace):
    """What a key consists of, without any of it. `seed_bits` bounds it all: the key is drawn from a seed."""

    mode: str
    key_id: str
    seed_bits: Count
    places: dict[str, KeyOfPlace] | None = None


class Security(Part):
    """What the red team measured, and what that means in sentences."""

    key: KeyDescription
    weights_drawn_privately: bool
    measured: RecordFigures
    holds: tuple[str, ...]
    does_not_hold: tuple[str, ...]


class Weights(Part):
    """Where version 1 is on IPFS, and the root that is on chain."""

    cid: str
    root: Bytes32
    dtype: Literal["F32"] = "F32"


class ModelCard(Document):
    """`optimizers`: with which training under this key equals plaintext training."""

    title: ClassVar = "model card"
    remedy: ClassVar = "Ask the model owner for a correct card."
    limit: ClassVar = 4 << 20

    name: str
    description: str
    architecture: dict[str, Json]
    key_id: str
    mode: str
    optimizers: tuple[str, ...]
    security: Security
    weights: Weights
