"""The key of a LoRA adapter: a secret C on the rank of each pair A, B, beside the key of the base model
(`architectures/lora.py` says how they move).

An adapter that was started on the encrypted model has no C of its own: whatever C the key holds then only
chooses among the pairs with the same product."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.architectures.lora import adapter_layout, read_ranks
from biodesci.ee.basis import Basis
from biodesci.ee.details import AdapterKeyDetails
from biodesci.ee.folding import require_finite
from biodesci.ee.groups import Invertibles, Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.layout import Layout
from biodesci.ee.partfile import dump_parts, load_parts
from biodesci.ee.parts import HINT, Part, from_tensors, identity
from biodesci.ee.sampling import Stream

FORMAT = "biodesci/adapter-key/v1"


@dataclass(frozen=True, eq=False)
class AdapterKey:
    """The secret C of each adapted module, beside the base model's key, which it names by `base_key_id`."""

    base_key_id: str
    key_id: str
    mode: Mode
    ranks: Mapping[str, int]
    parts: Mapping[str, Part] = field(repr=False)

    def __post_init__(self) -> None:
        if set(self.parts) != set(self.ranks):
            raise InputError("This is not a complete adapter key.", HINT)
        for module, rank in self.ranks.items():
            Invertibles(rank).admit(f"{module}.rank", self.parts[module])

    @classmethod
    def generate(cls, base: ModelKey, config: Mapping[str, Any], state: Mapping[str, Tensor]) -> AdapterKey:
        """A fresh key for an adapter of the base model, plain or trained on the encrypted model; InputError,
        with the reason, for adapters that do not move with it."""
        ranks = read_ranks(config, state)
        adapter_layout(base.layout, ranks)  # refuses unknown targets
        seed = os.urandom(32)
        parts = {m: Invertibles(r).sample(Stream(seed, f"{m}.rank"), base.mode) for m, r in ranks.items()}
        return cls(base.key_id, os.urandom(16).hex(), base.mode, ranks, parts)

    @classmethod
    def of_started(cls, base: ModelKey, config: Mapping[str, Any], state: Mapping[str, Tensor]) -> AdapterKey:
        """For an adapter that was started on the encrypted model, and has no C of its own: C = 1."""
        ranks = read_ranks(config, state)
        adapter_layout(base.layout, ranks)  # refuses unknown targets
        parts = {module: identity(rank) for module, rank in ranks.items()}
        return cls(base.key_id, os.urandom(16).hex(), base.mode, ranks, parts)

    def basis(self, base: ModelKey) -> Basis:
        """Where the adapter's tensors live; WrongKeyError for another base key than the adapter was made
        for."""
        base.check(self.base_key_id)
        layout = adapter_layout(base.layout, self.ranks)
        own = {f"{module}.rank": part for module, part in self.parts.items()}
        return Basis(layout, {**base.parts, **own}, base.plain)

    def encrypt(self, base: ModelKey, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Plain adapter -> encrypted, of the same names, shapes and types."""
        basis = self.basis(base)
        _check(state, basis.layout)
        return {
            name: basis.encrypt(name, rule, state[name], state.__getitem__).to(state[name].dtype)
            for name, rule in basis.layout.rules.items()
        }

    def decrypt(
        self, base: ModelKey, state: Mapping[str, Tensor], dtype: torch.dtype | None = None
    ) -> dict[str, Tensor]:
        """The inverse; `dtype` float64 keeps what rounding to the adapter's own type would lose."""
        basis = self.basis(base)
        _check(state, basis.layout)
        return {
            name: basis.decrypt(name, rule, state[name], state.__getitem__).to(dtype or state[name].dtype)
            for name, rule in basis.layout.rules.items()
        }

    def to_bytes(self) -> bytes:
        """Secret: seal it before it touches a disk."""
        tensors = {f"{m}:{n}": t.numpy() for m, part in self.parts.items() for n, t in part.tensors().items()}
        document = {
            "baseKeyId": self.base_key_id,
            "keyId": self.key_id,
            "mode": self.mode,
            "ranks": dict(self.ranks),
        }
        return dump_parts(FORMAT, tensors, {"key": json.dumps(document)})

    @classmethod
    def from_bytes(cls, data: bytes) -> AdapterKey:
        """The key that `to_bytes` wrote; raises InputError if it is incomplete or of another format."""
        loaded, metadata = load_parts(FORMAT, data)
        details = AdapterKeyDetails.parse(metadata.get("key", "").encode())
        pieces: dict[str, dict[str, Tensor]] = {}
        for name, array in loaded.items():
            module, _, piece = name.rpartition(":")
            pieces.setdefault(module, {})[piece] = torch.from_numpy(array)
        try:
            parts = {module: from_tensors(tensors) for module, tensors in pieces.items()}
            mode = cast(Mode, details.mode)
            return cls(details.base_key_id, details.key_id, mode, details.ranks, parts)
        except (KeyError, TypeError, ValueError) as exc:
            raise InputError("This is not a complete adapter key.", HINT) from exc


def _check(state: Mapping[str, Tensor], layout: Layout) -> None:
    odd = sorted(set(state) ^ set(layout.rules))
    if odd:
        raise InputError(
            f"The adapter does not fit its key: missing or unknown are {', '.join(odd[:4])}.",
            "Use the adapter that the key was made for.",
        )
    for name, tensor in state.items():
        require_finite(name, tensor)
