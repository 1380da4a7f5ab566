"""The model owner's side: create and encrypt a model, register it, grant codecs, decrypt a version.

The key lies in `home/models/<key id>.key`, sealed under the
passphrase, and is written before anything is published: a registered model without its key would be lost.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from web3 import Web3

from biodesci.core import canonical, checkpoint, cid, envelope
from biodesci.core.documents.model_card import ModelCard, Security, Weights
from biodesci.core.errors import InputError
from biodesci.core.public_text import require_printable
from biodesci.ee.architectures import registry as architectures
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.checkpoint.moving import check_key
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.codec import Kind
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.training import EXACT
from biodesci.models.encrypted_folder import Marks
from biodesci.party.member import Member
from biodesci.party.model_keys import open_key, seal_key
from biodesci.redteam.attacks import records as red_team
from biodesci.registry.codecs import CodecKind, codec_info, granted
from biodesci.registry.models import load_card, load_registered


@dataclass(frozen=True)
class CreatedModel:
    """What registration gave. Digests are CID digests on IPFS."""

    model_id: int
    key_id: str
    weights_root: bytes
    weights: bytes
    card: bytes
    gas: int


@dataclass(frozen=True)
class NewModel:
    """A model to register. `weights`: plaintext ones to begin with, which others may know; None: fresh
    ones."""

    config: Blueprint
    name: str
    description: str = ""
    mode: Mode = "orthogonal"
    weights: Mapping[str, NDArray[Any]] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Encrypted:
    """What is registered: encrypted weights in fp32, whose key is sealed in the home, and what the owner says
    of them."""

    key: ModelKey
    config: Blueprint
    tensors: Mapping[str, NDArray[Any]] = field(repr=False)
    name: str
    description: str
    weights_drawn_privately: bool


@dataclass(frozen=True)
class Grantee:
    """Who may use which model, by which kind of codec."""

    model_id: int
    account: str
    kind: Kind


def create_model(owner: Member, model: NewModel) -> CreatedModel:
    """Encrypts the model under a fresh key, which is sealed in the owner's home, and registers it.

    Raises InputError for a model without a name, and for weights that are not the architecture's."""
    if not model.name.strip():
        raise InputError("A model needs a name.", "Pass --name.")
    require_printable("name", model.name)
    require_printable("description", model.description, lines=True)
    config = model.config
    plain = config.initial_weights(os.urandom(32)) if model.weights is None else model.weights
    key = ModelKey.generate(config.settings(), config.shapes(), model.mode)
    state = {n: torch.from_numpy(np.asarray(w, dtype=np.float64)) for n, w in plain.items()}
    config.check_state(state)
    encrypted = {n: t.float().numpy() for n, t in key.encrypt(state).items()}
    seal_key(owner.home, owner.passphrase, key)
    privately = model.weights is None
    return _register(owner, _Encrypted(key, config, encrypted, model.name, model.description, privately))


def register_folder(owner: Member, folder: Path, name: str, description: str = "") -> CreatedModel:
    """Registers the encrypted checkpoint in `folder` (of `model encrypt`), in fp32, as workers read weights;
    its key is in the home. Stopped at any point and run again, it registers one model.

    The card says that others may know the plaintext it began from, as nothing here can tell.
    Raises InputError for a model without a name, for weights that are not finite, and for an architecture
    that no worker runs yet; StateError for a plain checkpoint, NotFoundError without its key, and
    WrongKeyError where the weights are not of it.
    """
    if not name.strip():
        raise InputError("A model needs a name.", "Pass --name.")
    require_printable("name", name)
    require_printable("description", description, lines=True)
    source = Checkpoint.open(folder)
    key = open_key(owner.home, owner.passphrase, Marks.read(folder).key_id)
    check_key(source, key)
    blueprint = architectures.of(source.config).blueprint
    if blueprint is None:
        able = sorted(kind for kind, known in architectures.known().items() if known.blueprint is not None)
        raise InputError(
            f"No worker runs {source.config['model_type']} from the chain yet.",
            f"What can be registered is {', '.join(able)}; anything that was encrypted can be asked from its "
            "folder (`biodesci model ask`).",
        )
    config = blueprint.from_settings(source.config)
    state = {n: source.tensor(n) for n in source.tensors}
    config.check_state(state)
    encrypted = {n: t.float().numpy() for n, t in state.items()}
    return _register(owner, _Encrypted(key, config, encrypted, name, description, False))


def _register(owner: Member, model: _Encrypted) -> CreatedModel:
    security = security_of(model.key, model.config, weights_drawn_privately=model.weights_drawn_privately)
    root, document = checkpoint.root(model.tensors), model.config.document()
    architecture = canonical.sha256(document)
    weights = owner.ipfs.add(
        checkpoint.dump(model.tensors, {"architecture": architecture.hex()}), "weights of a model"
    )
    card = ModelCard(
        name=model.name,
        description=model.description,
        architecture=document,
        key_id=model.key.key_id,
        mode=model.key.mode,
        optimizers=tuple(sorted(name for name, modes in EXACT.items() if model.key.mode in modes)),
        security=security,
        weights=Weights(cid=cid.from_digest(weights), root=root),
    )
    card_digest = owner.ipfs.add(card.to_bytes(), "card of a model")
    chain = owner.chain
    with chain.intent("registration", f"weights root 0x{root.hex()}") as intent:
        register = chain.models.functions.register(architecture, card_digest, root, weights)
        receipt = intent.resume() or intent.send(register)
        event = chain.event(receipt, chain.models, "ModelRegistered")
    # A run before may have sent another card: its attacks draw anew.
    card_digest = bytes(event["card"])
    gas = int(receipt["gasUsed"])
    return CreatedModel(int(event["modelId"]), model.key.key_id, root, weights, card_digest, gas)


def security_of(key: ModelKey, config: Blueprint, *, weights_drawn_privately: bool) -> Security:
    """What the model card says of the encryption: what it holds and what not, measured on fresh keys of the
    same mode. `weights_drawn_privately`: nobody else may know the plaintext that the model began from."""
    return Security(
        key=key.describe(),
        weights_drawn_privately=weights_drawn_privately,
        measured=red_team.measure(config, key.mode),
        holds=(
            "Encrypted weights and encoded records alone do not give the plaintext weights' basis, "
            "if no earlier plaintext of the weights is public.",
        ),
        does_not_hold=(
            f"Whoever has {config.features} records together with their encodings solves the input "
            "key; whoever holds a codec has it.",
            "All codecs of this model share one input key: a codec holder who works with the compute "
            "node reads the other clients' records there.",
            "Weights fine-tuned from a public base can be aligned with it; small drift is no defence.",
            "Two encryptions of the same weights can be linked: a new key alone does not help.",
            "Orthogonal encoding keeps norms and angles of records; it is no defence against an attacker "
            "who knows the population well.",
        ),
    )


def load_key(owner: Member, model_id: int) -> ModelKey:
    """The model's key from the owner's home."""
    key_id = load_card(owner.chain, owner.ipfs, model_id).key_id
    return open_key(owner.home, owner.passphrase, key_id)


def grant_codec(owner: Member, grantee: Grantee, *, renew: bool = False) -> bytes:
    """Seals a codec to the grantee's registered key and records it; the envelope's CID digest.

    A codec that was granted before is left as it is, unless `renew` (the account changed its key).
    """
    chain = owner.chain
    model_id, kind = grantee.model_id, grantee.kind
    before = granted(chain, model_id, grantee.account, kind)
    if before is not None and not renew:
        return before
    account = Web3.to_checksum_address(grantee.account)
    public = chain.key_of(account)
    key = load_key(owner, model_id)
    codec = key.codec(kind)
    digest: bytes = owner.ipfs.add(
        envelope.seal(public, codec.to_bytes(), codec_info(chain, model_id, account)),
        f"codec of model {model_id}, for who was granted it",
    )
    chain.send(chain.models.functions.grantCodec(model_id, account, CodecKind.of(kind), digest))
    return digest


def decrypt_model(owner: Member, model_id: int, version: int | None = None) -> dict[str, NDArray[np.float64]]:
    """Plaintext weights (fp64) of a version (default: the latest), checked against the chain first."""
    chain = owner.chain
    number = version or int(chain.call(chain.models.functions.latestVersion(model_id)))
    registered = load_registered(chain, owner.ipfs, model_id, number)
    key = load_key(owner, model_id)
    if key.config != registered.config.settings():
        raise InputError(
            f"The key is of another architecture than model {model_id}.", "Use the model's own key file."
        )
    state = {n: torch.from_numpy(np.asarray(t)) for n, t in registered.tensors.items()}
    return {n: t.numpy() for n, t in key.decrypt(state, torch.float64).items()}
