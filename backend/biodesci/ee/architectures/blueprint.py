"""What a model of BioDeSci's own is made of: architecture and sizes, as its document on chain has them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.sampling import Stream

HINT = "Use the weights that belong to the model's architecture."


class Blueprint(ABC):
    """A frozen dataclass whose fields are the sizes; a model takes records x (n, features) and gives logits
    (n, classes)."""

    name: ClassVar[str]  # of the document on chain
    kind: ClassVar[str]  # model_type in config.json
    features: int
    classes: int

    @abstractmethod
    def module(self, dtype: torch.dtype = torch.float64) -> nn.Module:
        """The model, with whatever weights it begins with."""

    @abstractmethod
    def traced_numbers(self) -> int:
        """How many numbers go into, and come out of, the products with weights that one record takes."""

    def sizes(self) -> dict[str, Any]:
        """The fields, as JSON has them."""
        return {name: list(x) if isinstance(x, tuple) else x for name, x in asdict(self).items()}  # type: ignore[call-overload]

    def settings(self) -> dict[str, Any]:
        """What config.json holds: the form that keys are made for."""
        return {"model_type": self.kind, **self.sizes()}

    def document(self) -> dict[str, Any]:
        """The architecture document; its canonical SHA-256 is the architecture hash on chain."""
        return {"name": self.name, **self.sizes()}

    @classmethod
    def from_settings(cls, config: Mapping[str, Any]) -> Self:
        """The inverse of `settings`; what else a config.json holds is left aside. InputError for sizes that
        are missing or out of bounds."""
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        try:
            return cls(**{name: config[name] for name in names if name in config})
        except TypeError as exc:
            raise InputError(
                f"config.json lacks a size of {cls.kind}.", f"It has to have {', '.join(names)}."
            ) from exc

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `document`; InputError for any other."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        if document.get("name") != cls.name or set(document) != names | {"name"}:
            raise InputError(
                f"This is not the description of a {cls.kind} model that this version knows.",
                f"Expected the name {cls.name} and exactly the fields {', '.join(sorted(names))}.",
            )
        return cls(**{name: document[name] for name in names})

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the architecture's tensors."""
        with torch.device("meta"):
            model = self.module()
        return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}

    def check_state(self, state: Mapping[str, Tensor]) -> None:
        """Raises InputError unless `state` holds exactly the architecture's tensors, floating and finite."""
        expected = self.shapes()
        if set(state) != set(expected):
            odd = sorted(set(state) ^ set(expected))
            raise InputError(
                f"These weights are not of this architecture: missing or unknown are {', '.join(odd[:4])}.",
                HINT,
            )
        for name, shape in expected.items():
            tensor = state[name]
            if tuple(tensor.shape) != shape or not tensor.is_floating_point():
                raise InputError(
                    f"The tensor {name} is {tensor.dtype} {tuple(tensor.shape)}, not floating {shape}.", HINT
                )
            if not bool(torch.isfinite(tensor).all()):
                raise InputError(
                    f"The tensor {name} holds NaN or infinite values.",
                    "Train again with a smaller learning rate.",
                )

    def build(self, state: Mapping[str, Tensor], dtype: torch.dtype = torch.float64) -> nn.Module:
        """The model with these weights (encrypted or not), checked as `check_state` does."""
        self.check_state(state)
        model = self.module(dtype)
        model.load_state_dict({name: tensor.to(dtype) for name, tensor in state.items()})
        return model

    def initial_weights(self, seed: bytes) -> dict[str, NDArray[np.float64]]:
        """Fresh plaintext weights, fp64, from 32 secret bytes: N(0, 1 / fan-in), and zero biases."""
        return {
            name: np.zeros(shape)
            if len(shape) == 1
            else Stream(seed, f"init/{name}").gaussian(*shape) * float(shape[1]) ** -0.5
            for name, shape in self.shapes().items()
        }
