"""A registered model as chain and IPFS have it: card, architecture and weights, checked against the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.core import canonical, commitment
from biodesci.core.documents.model_card import ModelCard
from biodesci.core.documents.registered_card import RegisteredCard
from biodesci.ee.architectures import registry as architectures
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ipfs.client import Ipfs
from biodesci.registry import versions


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
    """The architecture hash on chain, and the architecture that the model card describes, which has it.

    Raises IntegrityError for a card that does not describe the architecture with that hash.
    """
    registered = bytes(chain.call(chain.models.functions.architectureOf(model_id)))
    document = load_card(chain, ipfs, model_id).architecture
    commitment.check(registered, canonical.sha256(document), f"architecture of model {model_id}")
    return registered, architectures.described(document)


def load_card(chain: Chain, ipfs: Ipfs, model_id: int) -> RegisteredCard:
    """The model card from IPFS; what it says of the architecture is for `load_architecture` to check."""
    digest = bytes(chain.call(chain.models.functions.cardOf(model_id)))
    return RegisteredCard(model_id, ipfs.cat(digest, max_size=ModelCard.limit))
