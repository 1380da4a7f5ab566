"""Running a model so that its matrix products are seen: the worker records them, the auditor replays around
them.

Every product with a weight goes through `torch.nn.functional.linear`; a `TorchFunctionMode` stands in its
way, so that the model code is the same as for any other run. What lies between the products (attention,
GELU, LayerNorm) the auditor computes itself, from the claimed products: that also proves which result was
fed into which product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.overrides import TorchFunctionMode

from biodesci.core.errors import IntegrityError
from biodesci.ee import runtime
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.proof.freivalds import COLUMNS, check_product, largest_difference
from biodesci.proof.trace import Product, Trace

Array = NDArray[np.float64]
Tensors = Mapping[str, NDArray[Any]]


@dataclass
class _Site:
    """One weight, and the rows that went through it."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    x: list[Array] = field(default_factory=list)
    y: list[Array] = field(default_factory=list)
    taken: int = 0


class _Linear(TorchFunctionMode):
    """Hands every linear(x, w, b) to `product`, which returns its rows."""

    def __init__(self, product: Callable[[_Site, int, Array], Array | None]) -> None:
        super().__init__()
        self.sites: dict[int, _Site] = {}
        self._product = product

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is not torch.nn.functional.linear:
            return func(*args, **kwargs)
        x, w, b = (*args, *kwargs.values(), None)[:3]
        site = self.sites.setdefault(w.data_ptr(), _Site(w, b))
        number = list(self.sites).index(w.data_ptr())
        rows = x.reshape(-1, x.shape[-1]).numpy().astype(np.float64)
        claimed = self._product(site, number, rows)
        site.x.append(rows)
        if claimed is not None:
            return torch.from_numpy(claimed.copy()).reshape(*x.shape[:-1], w.shape[0])
        y = func(*args, **kwargs)
        site.y.append(y.reshape(-1, y.shape[-1]).numpy().astype(np.float64))
        return y


def record(config: Blueprint, tensors: Tensors, x: Array, context: bytes) -> tuple[Array, Trace]:
    """Logits (n, classes) as of `runtime.infer`, and the trace of all matrix products with weights."""
    with _Linear(lambda site, number, rows: None) as seen:
        logits = runtime.infer(config, tensors, x)
    products = tuple(Product(np.concatenate(s.x), np.concatenate(s.y)) for s in seen.sites.values())
    return logits, Trace(context, products)


@dataclass(frozen=True)
class Replay:
    """What a replay found: logits that follow from the trace, and how far everything was off."""

    logits: Array
    products: int
    rows: int
    wiring: float  # largest relative difference between a claimed and a recomputed factor
    tolerance: float  # of Freivalds' test, the largest over all products


def replay(
    config: Blueprint, tensors: Tensors, x: Array, trace: Trace, tolerance: float, columns: int = COLUMNS
) -> Replay:
    """Checks a trace against the registered `tensors` and the input without computing any traced product.

    Raises IntegrityError naming the product that is not what its weight gives, or whose factor is not what
    precedes it.
    """

    def claimed(site: _Site, number: int, rows: Array) -> Array:
        if number >= len(trace.products):
            raise IntegrityError(f"The trace has {len(trace.products)} products; the model has more.")
        y = trace.products[number].y[site.taken : site.taken + len(rows)]
        if y.shape != (len(rows), site.weight.shape[0]):
            raise IntegrityError(
                f"Product {number} of the trace has the wrong shape for this model and input."
            )
        site.taken += len(rows)
        return y

    with _Linear(claimed) as seen:
        logits = runtime.infer(config, tensors, x)
    if len(seen.sites) != len(trace.products):
        raise IntegrityError(
            f"The trace has {len(trace.products)} products; the model has {len(seen.sites)}."
        )
    wiring, allowed = 0.0, 0.0
    for number, (site, product) in enumerate(zip(seen.sites.values(), trace.products, strict=True)):
        mine = np.concatenate(site.x)
        gap = largest_difference(product.x, mine) / max(1.0, float(np.abs(mine).max(initial=0.0)))
        if gap > tolerance:
            raise IntegrityError(
                f"What went into matrix product {number} is not what came before it "
                f"(relative difference {gap:.3g}).",
                "The worker fed other values than the model's; dispute the result.",
            )
        weight = site.weight.detach().numpy().astype(np.float64)
        bias = None if site.bias is None else site.bias.detach().numpy().astype(np.float64)
        test = check_product(
            product.x, weight, product.y, bias, columns=columns, what=f"matrix product {number}"
        )
        wiring, allowed = max(wiring, gap), max(allowed, test.tolerance)
    return Replay(logits, len(trace.products), trace.size() - 1, wiring, allowed)
