"""Which training is the same under which keys: the table of optimizers and modes, and conditions beside it.

A key moves a weight by W' = L W R. Training under it equals plaintext training if each step commutes with
that: gradients move by L⁻ᵀ and R⁻ᵀ, the same map for orthogonal L and R, and another one for all others.

| optimizer | permutation | orthogonal | general |
| --- | --- | --- | --- |
| SGD with momentum, Muon, Shampoo: steps by whole matrices | exact | exact | refused |
| AdamW, Lion: steps by each coordinate's own size or sign | exact | refused | refused |

Exact means in exact arithmetic, and of the optimizers here. In fp32 AdamW lets the biases of attention keys
wander by rounding alone (their gradient is zero, and it divides by its size), which no output sees.

Beside the table, `check_model` refuses what a step cannot be the same for: dropout, trainable folded norms,
tied heads that the key unties; `check_parts` refuses trainable tensors that a key stretches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee.groups import MODES
from biodesci.ee.layout import Layout, Rule
from biodesci.ee.parts import Part

BY_MATRIX = ("sgd", "muon", "shampoo")
BY_COORDINATE = ("adamw", "lion")
OPTIMIZERS = (*BY_MATRIX, *BY_COORDINATE)
# Wrappers of PEFT and Opacus put these around a module's own name.
WRAPPED = re.compile(r"^(_module\.)?(base_model\.model\.)?")
ADAPTER = re.compile(r"\.lora_[AB]\.")


def refusal(optimizer: str, mode: str) -> str | None:
    """Why training with `optimizer` under keys of `mode` is not plaintext training; None where it is.

    Mode "plain" is no key at all.
    """
    if optimizer not in OPTIMIZERS:
        return f"how {optimizer or 'it'} steps is not known here"
    if mode == "general":
        return "general keys stretch weights, and a gradient step on stretched weights is another step"
    if optimizer in BY_COORDINATE and mode not in ("plain", "permutation"):
        return "it scales every coordinate by itself, and these keys mix coordinates"
    return None if mode in ("plain", *MODES) else "there is no such mode"


# optimizer -> key modes under which encrypted training equals plaintext training; "plain" is no key at all
EXACT: dict[str, frozenset[str]] = {
    name: frozenset(mode for mode in ("plain", *MODES) if refusal(name, mode) is None) for name in OPTIMIZERS
}


def check_combination(optimizer: str, mode: str) -> None:
    """Raises InputError, with the reason, unless training with `optimizer` under keys of `mode` equals
    plaintext training."""
    if optimizer not in OPTIMIZERS:
        raise InputError(
            f"There is no optimizer {optimizer!r}: how it steps is not known here.",
            f"Use one of: {', '.join(OPTIMIZERS)}.",
        )
    reason = refusal(optimizer, mode)
    if reason is not None:
        exact = sorted(name for name, modes in EXACT.items() if mode in modes)
        raise InputError(
            f"Training with {optimizer} under {mode} keys is not equivalent to plaintext training: {reason}.",
            f"Use one of: {', '.join(exact)}."
            if exact
            else "Create the model with an orthogonal or a permutation key.",
        )


def own_name(name: str) -> str:
    """A parameter's name in the model itself, without what PEFT or Opacus wrapped around it."""
    return WRAPPED.sub("", name).replace(".base_layer.", ".")


def lets_train(layout: Layout, rule: Rule) -> str | None:
    """Why a tensor must stay as it is under this layout; None if it may be trained."""
    if layout.mode == "general":
        return "general keys are for inference only"
    if rule.ones:
        return "its values are folded into the next layer, and only the key keeps them"
    return None


def check_model(model: nn.Module, layout: Layout) -> None:
    """Raises InputError, with the reason, unless what the model would train trains alike under the key."""
    for where, share in _dropouts(model):
        raise InputError(
            f"{where} drops {share:g} of its values while training: the encrypted model would drop others, "
            "because moving the masks along takes the key, which whoever trains does not have.",
            "Set every dropout of config.json, and lora_dropout, to 0.",
        )
    trained = trainable(model)
    for name in trained:
        rule = layout.rules.get(name)
        reason = "the key has no rule for it" if rule is None else lets_train(layout, rule)
        if name in layout.extra:
            continue  # told below, with its source
        if reason is not None and not (rule is None and ADAPTER.search(name)):
            raise InputError(
                f"{name} cannot be trained under this key: {reason}.", "Freeze it: freeze_for(model, layout)."
            )
    for name, (source, _) in layout.extra.items():
        if name in trained or source in trained:
            raise InputError(
                f"{source} and {name} are one tensor in the plain model, and two under this key: trained, "
                "they would part, which is another training.",
                "Untie the plain model before it is encrypted (training.untied), or freeze both.",
            )


def check_parts(model: nn.Module, layout: Layout, parts: Mapping[str, Part]) -> None:
    """Raises InputError if a trainable tensor is moved by a part that is not orthogonal (general linear, or
    with factors): exact for inference, not for training. For the key's owner: who trains has no parts."""
    for name in trainable(model):
        rule = layout.rules.get(name)
        places = {f.place for axis in (rule.axes if rule else ()) for span in axis for f in span.factors}
        stretched = sorted(place for place in places if not parts[place].orthogonal)
        if stretched:
            raise InputError(
                f"{name} cannot be trained under this key: its part {stretched[0]} stretches it.",
                "Freeze that tensor, or draw the key in orthogonal mode.",
            )


def trainable(model: nn.Module) -> dict[str, Tensor]:
    """The parameters that require gradients, by their own names."""
    return {own_name(n): p for n, p in model.named_parameters() if p.requires_grad}


def _dropouts(model: nn.Module) -> Iterator[tuple[str, float]]:
    for name, module in model.named_modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
            yield own_name(name), float(module.p)
        for attribute, value in vars(module).items():  # attention layers keep theirs as a number
            if "drop" in attribute and isinstance(value, float) and value > 0:
                yield own_name(f"{name}.{attribute}"), value
