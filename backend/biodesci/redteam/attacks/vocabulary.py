"""Attack 1: vocabulary matching on hidden states (Thomas et al. 2025, arXiv:2505.18332).

A server that computes on permuted states knows the public model's state for every token that could stand at a
place, and takes the one with the same values in another order. Against a turned stream sorted values do not
help, but lengths, and angles between the states of one text do: these no orthogonal key changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from biodesci.core.errors import InputError
from biodesci.ee.architectures import registry

Invariant = Literal["sorted", "absolute", "angles"]
# States (V, d) that the public model has at a place of a text, one for each token that could stand there.
States = Callable[[int], Tensor]


def decode(
    seen: Tensor, candidates: States, invariant: Invariant, beam: int = 8, shuffled: bool = False
) -> Tensor:
    """Tokens of texts (m, n) from their encoded states (m, n, d).

    `candidates` as `kept` gives them. "sorted": the stream is permuted; "absolute": with signs; "angles":
    turned. `beam` prefixes are kept, where what stands before matters. `shuffled`: the client has reordered
    each text, and the attacker does not know which place a state is from; it tries all, and returns the
    tokens in their own order.
    """
    if invariant == "angles":
        return torch.stack([_by_angles(text.double(), candidates, beam) for text in seen])
    places = seen.shape[1]
    wanted = _ordered(seen, invariant)  # (m, n, d)
    token = torch.zeros(places, seen.shape[0], places, dtype=torch.int64)
    cost = torch.full(token.shape, torch.inf)
    for place in range(places):
        options = candidates(place)
        for at in range(places) if shuffled else (place,):
            gap = torch.cdist(wanted[:, at], options, p=1)
            best = gap.min(dim=1)
            token[place, :, at], cost[place, :, at] = best.indices, best.values.float()
    # For each place of a text the state that fits it best; unshuffled ones fit in one place alone.
    own = torch.arange(places)[:, None].expand(places, len(seen))
    where = cost.argmin(dim=2) if shuffled else own
    return token.gather(2, where[:, :, None])[:, :, 0].T


def _ordered(states: Tensor, invariant: Invariant) -> Tensor:
    values = states.float().abs() if invariant == "absolute" else states.float()
    return torch.from_numpy(np.sort(values.numpy(), axis=-1))


def _by_angles(seen: Tensor, candidates: States, beam: int) -> Tensor:
    kept: list[tuple[float, list[int], Tensor]] = [(0.0, [], seen[:0])]
    for place, target in enumerate(seen):
        options = candidates(place).double()
        alone = (options.square().sum(1) - target.square().sum()).abs()
        longer: list[tuple[float, list[int], Tensor]] = []
        for cost, prefix, states in kept:
            costs = alone + (options @ states.T - (seen[:place] @ target)[None]).abs().sum(1)
            best = costs.topk(min(beam, len(costs)), largest=False)
            for value, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                longer.append(
                    (cost + value, [*prefix, token], torch.cat([states, options[token : token + 1]]))
                )
        kept = sorted(longer, key=lambda entry: entry[0])[:beam]
    return torch.tensor(kept[0][1])


def invariant_for(permutes: bool, signed: bool) -> Invariant:
    """Which values survive the key of the stream."""
    if not permutes:
        return "angles"
    return "absolute" if signed else "sorted"


def share(guess: Tensor, truth: Tensor) -> float:
    """Share of all tokens named right."""
    return float((guess == truth).double().mean())


def embedding_states(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> States:
    """The states that enter the first block, plain or encrypted: each place's depend on its own token alone,
    so no forward pass is needed."""
    table, stem = embedding(config, state), registry.of(config).stem
    positions, types = (_find(config, state, stem.tables.get(name)) for name in ("positions", "types"))
    weight, bias = (_find(config, state, stem.norm and f"{stem.norm}.{w}") for w in ("weight", "bias"))

    def states(place: int) -> Tensor:
        x = table if positions is None else table + positions[place].double()
        if types is not None:
            x = x + types[0].double()
        if weight is None or bias is None:
            return x
        x = F.layer_norm(x, x.shape[-1:], eps=float(config.get("layer_norm_eps", 1e-12)))
        return x * weight.double() + bias.double()

    return states


def observed(config: Mapping[str, Any], encrypted: Mapping[str, Tensor], texts: Tensor) -> Tensor:
    """What a server sees of texts (m, n) of encrypted token ids: (m, n, d)."""
    states = embedding_states(config, encrypted)
    return torch.stack([states(place)[texts[:, place]] for place in range(texts.shape[1])], dim=1)


def embedding(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> Tensor:
    """The token embedding (V, d), fp64; InputError for a model without tokens."""
    table = _find(config, state, registry.of(config).stem.tables.get("tokens"))
    if table is None:
        raise InputError("This model has no token embedding.", "Attack its records instead.")
    return table.double()


def kept(states: States, invariant: Invariant) -> States:
    """What the attacker compares with, from its own states: each place computed once, for many texts."""
    memory: dict[int, Tensor] = {}

    def remembered(place: int) -> Tensor:
        if place not in memory:
            seen = states(place)
            memory[place] = seen if invariant == "angles" else _ordered(seen, invariant)
        return memory[place]

    return remembered


def _find(config: Mapping[str, Any], state: Mapping[str, Tensor], name: str | None) -> Tensor | None:
    """The base model's tensor of this name, in a checkpoint with a head or without."""
    return state.get(f"{registry.of(config).base(state)}{name}") if name else None


def words(texts: Sequence[Tensor], count: int, length: int) -> Tensor | None:
    """The first `length` tokens of up to `count` texts that are long enough: (m, n), or None."""
    long = [t[:length] for t in texts if len(t) >= length][:count]
    return torch.stack(long) if long else None
