"""A registered model as chain and IPFS have it: card, architecture and weights, checked against the chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.core import canonical, commitment
from biodesci.core.errors import IntegrityError
from biodesci.ee.architectures import registry as architectures
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ipfs.client import Ipfs
from biodesci.registry import versions

MAX_CARD: Final = 4 << 20


@dataclass(frozen=True)
class Registered:
    """A model version whose weights were checked against the chain."""

    model_id: int
    version: int
    weights_root: bytes
    architecture: bytes
    config: Blueprint
    tensors: Mapping[str, NDArray[Any]] = field(repr=False)


def weights_root(chain: Chain, model_id: int, version: int) -> bytes:
    """The registered root of a version's encrypted weights."""
    return versions.read(chain, model_id, version).weights_root


def load_registered(chain: Chain, ipfs: Ipfs, model_id: int, version: int) -> Registered:
    """A version's architecture and encrypted weights from IPFS, both checked against the chain.
    IntegrityError if not equal.
    """
    on_chain = versions.read(chain, model_id, version)
    architecture, config = load_architecture(chain, ipfs, model_id)
    tensors = versions.fetch_weights(chain, ipfs, model_id, version)
    return Registered(model_id, version, on_chain.weights_root, architecture, config, tensors)


def load_architecture(chain: Chain, ipfs: Ipfs, model_id: int) -> tuple[bytes, Blueprint]:
    """The architecture hash on chain, and the document of the model card that has it.

    Raises IntegrityError for a card that does not describe the architecture with that hash.
    """
    registered = bytes(chain.call(chain.models.functions.architectureOf(model_id)))
    try:
        card = ipfs.cat(bytes(chain.call(chain.models.functions.cardOf(model_id))), max_size=MAX_CARD)
        document = json.loads(card)["architecture"]
        digest = canonical.sha256(document)
        if not isinstance(document, dict):
            raise TypeError("not an object")
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError) as exc:
        raise IntegrityError(
            f"The card of model {model_id} does not describe an architecture.",
            "Ask the model owner for a correct card.",
        ) from exc
    commitment.check(registered, digest, f"architecture of model {model_id}")
    return registered, architectures.described(document)


def load_card(chain: Chain, ipfs: Ipfs, model_id: int) -> dict[str, Any]:
    """The model card. What it says of the architecture is checked by whoever uses it against the chain.

    Raises IntegrityError for one that is not JSON or names no key.
    """
    data = ipfs.cat(bytes(chain.call(chain.models.functions.cardOf(model_id))), max_size=MAX_CARD)
    try:
        card = json.loads(data)
    except ValueError as exc:
        raise IntegrityError(f"The card of model {model_id} is not JSON.", "Ask its owner for one.") from exc
    if not isinstance(card, dict) or not isinstance(card.get("keyId"), str):
        raise IntegrityError(f"The card of model {model_id} names no key.", "Ask its owner for one.")
    return card
