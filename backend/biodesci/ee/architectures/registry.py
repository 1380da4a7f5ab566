"""Which architecture a configuration names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from biodesci.core.errors import InputError
from biodesci.ee.architectures import bert, gpt2, llama, mlp, resnet, tabular, vit
from biodesci.ee.groups import MODES, Mode
from biodesci.ee.layout import Layout

KNOWN = {kind: module for module in (bert, gpt2, llama, mlp, resnet, tabular, vit) for kind in module.TYPES}


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode, *, shuffle: bool = False) -> Layout:
    """The layout for a config.json and the names of the checkpoint's tensors.

    Raises InputError for an architecture, a variant, a mode or a tensor that has no exact key here.
    """
    kind = config.get("model_type")
    if kind not in KNOWN:
        raise InputError(
            f"The architecture {kind!r} is not known, so no exact key is.",
            f"Known are: {', '.join(sorted(KNOWN))}.",
        )
    for name in ("num_hidden_layers", "n_layer"):
        if int(config.get(name) or 0) > len(names):
            raise InputError(
                f"config.json says {name} {config[name]}, and the checkpoint has {len(names)} tensors.",
                "Use the weights and the config.json of one model.",
            )
    if mode not in MODES:
        raise InputError(f"There is no mode {mode!r}.", f"The modes are {', '.join(MODES)}.")
    if kind in bert.TYPES:
        found = bert.layout(config, names, mode, shuffle)
    elif shuffle:
        raise InputError(f"{kind} has no sequence shuffle: it is for BERT.", "Leave it out.")
    else:
        found = KNOWN[kind].layout(config, names, mode)
    missing, unknown = set(found.rules) - set(names), set(names) - set(found.rules)
    if missing or unknown:
        told = [f"missing: {', '.join(sorted(missing)[:4])}"] if missing else []
        told += [f"not known: {', '.join(sorted(unknown)[:4])}"] if unknown else []
        raise InputError(
            f"The checkpoint does not fit its config.json ({'; '.join(told)}).",
            "Use the weights and the config.json of one model, without adapters or optimizer states.",
        )
    return found
