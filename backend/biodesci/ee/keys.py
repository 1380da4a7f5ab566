"""The EE key of one model: a part for each place of its architecture, and the norm weights that it folds
away.

Secret as a whole. `key_id` is a public random name that says which key an encrypted checkpoint or a codec
belongs to."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import torch
from torch import Tensor

from biodesci.core.documents.model_card import KeyDescription, KeyOfPlace
from biodesci.core.errors import InputError, WrongKeyError
from biodesci.ee.architectures import registry
from biodesci.ee.basis import Basis
from biodesci.ee.codec import Codec, Kind
from biodesci.ee.details import KeyDetails
from biodesci.ee.folding import check_fold, readers_of, require_finite
from biodesci.ee.groups import Entropy, Mode
from biodesci.ee.layout import Axis, Layout, Rule
from biodesci.ee.partfile import dump_parts, load_parts
from biodesci.ee.parts import HINT, Blocks, Monomial, Part, from_tensors, identity
from biodesci.ee.sampling import Stream

FORMAT = "biodesci/ee-key/v1"


@dataclass(frozen=True)
class PlainTensors:
    """What a new key has to know of a checkpoint: the plain norm weights by name (others may be among them),
    and how each tensor is stored (those that are not named: as the norm weights)."""

    norms: Mapping[str, Tensor] = field(repr=False)
    types: Mapping[str, torch.dtype]


@dataclass(frozen=True, eq=False)
class ModelKey:
    """`config` is the plain config.json, `names` the plain checkpoint's tensors, `plain` the folded norm
    weights in their own type, `shifts` the vectors δ and ε (fp64)."""

    config: Mapping[str, Any]
    names: tuple[str, ...]
    mode: Mode
    key_id: str
    parts: Mapping[str, Part] = field(repr=False)
    plain: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    shifts: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    shuffle: bool = False
    generation: Mapping[str, Any] | None = None  # the plain generation_config.json, if there is one

    def __post_init__(self) -> None:
        self.layout.check_parts(self.parts)
        if set(self.plain) != set(self.layout.folded) or set(self.shifts) != set(self.layout.shifts):
            raise InputError("This is not a complete model key.", HINT)

    @cached_property
    def layout(self) -> Layout:
        """The layout of this key's architecture, made again from its configuration, tensor names and mode."""
        return registry.layout(self.config, self.names, self.mode, shuffle=self.shuffle)

    @cached_property
    def basis(self) -> Basis:
        """Parts, norm weights and shifts beside the layout: what moves tensors between plain and
        encrypted."""
        return Basis(self.layout, self.parts, self.plain, self.shifts)

    @classmethod
    def generate(
        cls,
        config: Mapping[str, Any],
        names: Collection[str],
        mode: Mode = "orthogonal",
        weights: PlainTensors | None = None,
        *,
        shuffle: bool = False,
        generation: Mapping[str, Any] | None = None,
    ) -> ModelKey:
        """A fresh key from the operating system's random numbers. `weights` are needed where the mode folds
        norm weights (`Layout.folded` names them)."""
        layout = registry.layout(config, names, mode, shuffle=shuffle)
        weights = weights or PlainTensors({}, {})
        folded = {name: weights.norms[name].detach().clone() for name in layout.folded}
        for name, weight in folded.items():
            check_fold(name, weight, *readers_of(layout, name, weights.types))
        seed = os.urandom(32)
        parts = {place: group.sample(Stream(seed, place), mode) for place, group in layout.places.items()}
        shifts = {
            name: torch.from_numpy(Stream(seed, f"shift/{name}").gaussian(count))
            for name, count in layout.shifts.items()
        }
        return cls(
            config,
            tuple(sorted(names)),
            mode,
            os.urandom(16).hex(),
            parts,
            folded,
            shifts,
            shuffle,
            generation,
        )

    @classmethod
    def for_model(
        cls,
        config: Mapping[str, Any],
        state: Mapping[str, Tensor],
        mode: Mode = "orthogonal",
        *,
        shuffle: bool = False,
    ) -> ModelKey:
        """A fresh key for the plain weights `state`."""
        types = {name: tensor.dtype for name, tensor in state.items()}
        return cls.generate(config, state.keys(), mode, PlainTensors(state, types), shuffle=shuffle)

    def renewed(self) -> ModelKey:
        """Another key for the same model."""
        return ModelKey.generate(
            self.config,
            self.names,
            self.mode,
            PlainTensors(self.plain, {}),
            shuffle=self.shuffle,
            generation=self.generation,
        )

    def check(self, key_id: str) -> None:
        """Raises WrongKeyError unless this is the key with this id."""
        if self.key_id != key_id:
            raise WrongKeyError(
                "This key belongs to another model, or to another encryption of it.",
                "Open the key file that was written when this very checkpoint was encrypted.",
            )

    def encrypt(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Plain weights -> encrypted weights of the same types, names and shapes, but for what `Layout.extra`
        adds."""
        _require_names(state, self.names)
        result = {}
        for name, source, rule in self.encrypted_tensors():
            result[name] = self.encrypt_tensor(name, state[source], rule, state.__getitem__).to(
                state[source].dtype
            )
        return result

    def decrypt(self, state: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """The inverse; `dtype` float64 keeps what rounding to the weights' own type would lose."""
        _require_names(state, (name for name, _, _ in self.encrypted_tensors()))
        return {
            name: self.decrypt_tensor(name, state[name], rule, state.__getitem__).to(
                dtype or state[name].dtype
            )
            for name, rule in self.layout.rules.items()
        }

    def encrypted_tensors(self) -> list[tuple[str, str, Rule]]:
        """(name in the encrypted checkpoint, name of the plain tensor that it comes from, rule)."""
        same = [(name, name, rule) for name, rule in self.layout.rules.items()]
        return same + [(name, source, rule) for name, (source, rule) in self.layout.extra.items()]

    def encrypt_tensor(self, name: str, x: Tensor, rule: Rule, look: Any) -> Tensor:
        """One plain tensor -> encrypted, fp64 if anything was rounded. InputError for NaN and Inf."""
        require_finite(name, x)
        return self.basis.encrypt(name, rule, x, look)

    def decrypt_tensor(self, name: str, x: Tensor, rule: Rule, look: Any) -> Tensor:
        """One encrypted tensor -> plain, fp64 if anything was rounded. InputError for NaN and Inf."""
        require_finite(name, x)
        return self.basis.decrypt(name, rule, x, look)

    def codec(self, kind: Kind, *, inputs: bool = True, outputs: bool = True) -> Codec:
        """The part of the key that a data holder gets. Training codecs only where training is equivalent.

        Without `inputs` it only decodes answers, without `outputs` it only encodes; where a model writes the
        tokens that it reads, the two are the same order."""
        if kind == "training" and self.mode == "general":
            raise InputError(
                "This key is for inference only: training under it would not equal plaintext training.",
                "Create the model with an orthogonal or a permutation key to train it encrypted.",
            )
        parts: dict[str, Part] = {}
        vectors: dict[str, Tensor] = {}
        settings = dict(self.layout.settings)
        for name, moved in self.layout.inputs.items() if inputs else ():
            parts[f"input:{name}"] = self._composed(moved)
            if name in self.shifts:
                vectors[f"input:{name}"] = self.shifts[name]
        for name, output in self.layout.outputs.items() if outputs else ():
            parts[f"output:{name}"] = self._composed(output.axis)
            if output.dimension != -1:
                settings["state_axis"] = output.dimension
            if output.shift is not None:
                vectors[f"output:{name}"] = self.shifts[output.shift]
            if output.fold is not None:
                vectors[f"fold:{name}"] = self.plain[output.fold].double()
        named = self._class_names() if "classes" in self.layout.places and outputs else ()
        return Codec(kind, self.key_id, parts, vectors, settings, named)

    def _class_names(self) -> tuple[str, ...]:
        """Those of config.json's id2label, unless they are transformers' own LABEL_0, ..."""
        labels = {str(number): str(name) for number, name in (self.config.get("id2label") or {}).items()}
        names = tuple(labels.get(str(number), "") for number in range(len(labels)))
        size = self.layout.places["classes"].n
        stock = all(name == f"LABEL_{number}" for number, name in enumerate(names))
        return names if len(names) == size and all(names) and not stock else ()

    def _composed(self, moved: Axis) -> Part:
        """All that acts on an axis, one after the other, as one part. InputError where no single part does
        it."""
        whole: Part | None = identity(moved[0].size) if len(moved) == 1 else None
        for factor in moved[0].factors:
            whole = None if whole is None else _then(whole, factor.expand(self.parts[factor.place]))
        if whole is None:
            raise InputError(
                "What this key does to an input or an answer is not one part, so no codec can hold it.",
                "Encrypt this model in permutation mode.",
            )
        return whole

    def describe(self) -> KeyDescription:
        """What the key consists of, without any of it: continuous dimensions and bits of finite choices per
        place, in all, and the 256 bits of the seed that it is drawn from, which bound them."""
        places = {
            place: KeyOfPlace(group=type(group).__name__, size=group.n, **_counted(group.entropy(self.mode)))
            for place, group in self.layout.places.items()
        }
        total = _counted(self.layout.entropy())
        return KeyDescription(mode=self.mode, key_id=self.key_id, seed_bits=256, places=places, **total)

    def to_bytes(self) -> bytes:
        """Secret: seal it before it touches a disk."""
        tensors = {
            f"part:{p}:{n}": t.numpy() for p, part in self.parts.items() for n, t in part.tensors().items()
        }
        tensors |= {f"shift:{name}": vector.numpy() for name, vector in self.shifts.items()}
        # numpy has no bfloat16; every type's values are exact in fp64, and the type is kept beside them.
        tensors |= {f"plain:{name}": weight.double().numpy() for name, weight in self.plain.items()}
        document = {
            "config": self.config,
            "names": self.names,
            "mode": self.mode,
            "keyId": self.key_id,
            "shuffle": self.shuffle,
            "generation": self.generation,
            "plain": {name: str(weight.dtype).removeprefix("torch.") for name, weight in self.plain.items()},
        }
        return dump_parts(FORMAT, tensors, {"key": json.dumps(document)})

    @classmethod
    def from_bytes(cls, data: bytes) -> ModelKey:
        """The key that `to_bytes` wrote; raises InputError if it is incomplete or of another format."""
        loaded, metadata = load_parts(FORMAT, data)
        details = KeyDetails.parse(metadata.get("key", "").encode())
        try:
            groups: dict[str, dict[str, Tensor]] = {"part": {}, "shift": {}, "plain": {}}
            for name, array in loaded.items():
                what, _, rest = name.partition(":")
                groups[what][rest] = torch.from_numpy(array)
            pieces: dict[str, dict[str, Tensor]] = {}
            for name, tensor in groups["part"].items():
                place, _, piece = name.rpartition(":")
                pieces.setdefault(place, {})[piece] = tensor
            plain = {n: groups["plain"][n].to(getattr(torch, t)) for n, t in details.plain.items()}
            return cls(
                details.config,
                details.names,
                cast(Mode, details.mode),  # what is no mode has no layout
                details.key_id,
                {place: from_tensors(tensors) for place, tensors in pieces.items()},
                plain,
                groups["shift"],
                details.shuffle,
                details.generation,
            )
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as exc:
            raise InputError("This is not a complete model key.", HINT) from exc


def vocabulary(key: ModelKey) -> Monomial | None:
    """The order of the token numbers, where the architecture reads tokens: id' = argsort(order)[id]."""
    part = key.parts.get("vocabulary")
    return part if isinstance(part, Monomial) else None


def _then(one: Part, other: Part) -> Part | None:
    """Both, one after the other; None where their shapes have no common one."""
    if isinstance(one, Monomial) and isinstance(other, Monomial):
        return one.then(other)
    if isinstance(one, Monomial):  # nothing has acted yet, or an order has, which blocks don't commute with
        return other if one.scale is None and torch.equal(one.order, torch.arange(one.size)) else None
    return one.then(other) if isinstance(other, Blocks) and one.width == other.width else None


def _require_names(state: Mapping[str, Tensor], names: Iterable[str]) -> None:
    odd = sorted(set(state) ^ set(names))
    if odd:
        raise InputError(
            f"These weights do not fit the key: missing or unknown are {', '.join(odd[:4])}.",
            "Use the weights that belong to the key's model.",
        )


def _counted(entropy: Entropy) -> dict[str, Any]:
    return {"continuous_dimensions": entropy.dimensions, "order_bits": round(entropy.bits, 1)}
