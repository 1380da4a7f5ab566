"""LoRA adapters (Hu et al. 2021, arXiv:2106.09685) as PEFT stores them, moved by the key of their base model.

A base weight moves by W' = L W R, with a folded norm weight γ on its input axis. The adapter ΔW = B A moves
with it if A' = C⁻¹ A diag(γ) R and B' = L B C, for any invertible C on the rank. C is signed permutations,
orthogonal or general as the mode says, drawn anew for each pair (`adapter_key.py`). PEFT stores A (r, in) and
B (out, r) the same for Linear and for GPT-2's transposed Conv1D."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.groups import Invertibles
from biodesci.ee.layout import Factor, Layout, Rule, axis, dual

NAME = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<which>[AB])\.weight$")
# What PEFT adds to an adapter that is not a product of two matrices beside a weight.
REFUSED = {
    "use_dora": "DoRA scales rows by their norms, which are other numbers in another basis",
    "modules_to_save": "it trains whole modules beside the adapter: save and encrypt those with the model",
    "trainable_token_indices": "it trains rows of the embedding: train the model itself instead",
    "target_parameters": "it adapts bare parameters, for which the key has no layer",
    "layer_replication": "it repeats layers, which the base model's key does not know",
    "lora_bias": "it trains a bias in B",
    "alora_invocation_tokens": "it looks for token numbers, which the key reorders",
}


def read_ranks(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> dict[str, int]:
    """The rank of each adapted module, by the module's name in the base model.

    `config` is adapter_config.json, `state` adapter_model.safetensors. Raises InputError, with the reason,
    for adapters that do not move with a key.
    """
    if config.get("peft_type") != "LORA":
        raise InputError(f"A {config.get('peft_type')} adapter does not move with a key here.", "Use LoRA.")
    for setting, why in REFUSED.items():
        if config.get(setting):
            raise InputError(f"The adapter sets {setting}: {why}.", "Train the adapter without it.")
    if config.get("bias", "none") != "none":
        raise InputError("The adapter trains biases of the base model.", 'Train it with bias="none".')
    pairs: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        matched = NAME.match(name)
        if matched is None or tensor.ndim != 2:
            raise InputError(
                f"{name} {tuple(tensor.shape)} is no matrix A or B of a linear layer.",
                "Adapt linear layers only (no embeddings, no convolutions).",
            )
        pairs.setdefault(matched["module"], {})[matched["which"]] = tensor
    if not pairs:
        raise InputError("The adapter is empty.", "Use adapter_model.safetensors as PEFT saved it.")
    known = {config.get("r"), *(config.get("rank_pattern") or {}).values()}
    for module, pair in pairs.items():
        if set(pair) != {"A", "B"}:
            raise InputError(f"{module} has half an adapter.", "Use the file as PEFT saved it.")
        down, up = pair["A"].shape[0], pair["B"].shape[1]
        if down != up or down not in known:
            raise InputError(
                f"{module}: A has rank {down}, B has rank {up}, the configuration {config.get('r')}.",
                "Use the adapter_config.json that belongs to these weights.",
            )
    return {module: pair["A"].shape[0] for module, pair in sorted(pairs.items())}


def adapter_layout(base: Layout, ranks: Mapping[str, int]) -> Layout:
    """The rules of A and B for each module, on the base model's places and a new place for each rank.

    Raises InputError for modules that the base layout has no linear layer for."""
    places, rules = dict(base.places), {}
    for module, rank in ranks.items():
        rule = base.rules.get(f"{module}.weight")
        if rule is None or len(rule.axes) != 2 or rule.view:
            why = (
                "its head is tied to the embedding" if f"{module}.weight" in base.extra else "no linear layer"
            )
            raise InputError(
                f"The adapter's target {module} cannot be moved: {why} in the base model's layout.",
                "Choose target_modules among the base model's linear layers.",
            )
        out, read = rule.axes[::-1] if rule.transposed else rule.axes
        rows, columns = rule.shape[::-1] if rule.transposed else rule.shape
        place = f"{module}.rank"
        places[place] = Invertibles(rank)
        between = axis(rank, Factor(place))
        name = f"base_model.model.{module}"
        rules[f"{name}.lora_A.weight"] = Rule((between, read), (rank, columns), fold=rule.fold)
        rules[f"{name}.lora_B.weight"] = Rule((out, dual(between)), (rows, rank))
    return Layout(f"{base.architecture}+lora", base.mode, places, rules)
